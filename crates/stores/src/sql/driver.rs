//! What a database must do for [`SqlStore`](super::SqlStore): answer a query, and run a list of statements whole or not at all.

use async_trait::async_trait;
use counterfoil_core::store::StoreError;

/// A connection to a database, or a pool of them.
///
/// `sql` is one of the texts in this crate, with `?` for each parameter. A driver whose database writes them otherwise
/// translates it once (see [`Dialect::query`](super::Dialect::query)) and keeps the prepared statement.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Runs a query. It sees every write that was acknowledged before it began.
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError>;

    /// Runs the statements in one transaction, and commits it durably if each did what was expected of it.
    async fn write(&self, steps: Vec<Step>) -> Result<Outcome, StoreError>;

    /// How it removes a limited number of rows.
    fn limited_delete(&self) -> LimitedDelete {
        LimitedDelete::BySubquery
    }
}

/// How a database removes some of the rows that a condition holds for. One of the few things that no one text says well
/// everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedDelete {
    /// It removes what a limited subquery finds.
    BySubquery,
    /// `delete` has a limit of its own. MySQL looks at the whole table for a subquery's sake.
    Itself,
}

/// What a database can hold. Times are milliseconds since the Unix epoch, booleans 0 and 1.
///
/// Not `Debug`: it may hold what no log should.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text, compared byte for byte.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The columns of a row, in the order of the query.
pub type Row = Vec<Value>;

/// A statement of a transaction, and what is expected of it.
pub struct Step {
    /// The statement: one that changes rows, or a `select`.
    pub sql: &'static str,
    /// Its parameters.
    pub params: Vec<Value>,
    /// How many rows it must concern for the transaction to hold.
    pub expect: Expect,
}

/// How many rows a statement must change or, if it is a `select`, find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// However many.
    Any,
    /// Exactly this many. An `update` counts the rows that it matched, also those that it left as they were.
    Rows(u64),
}

/// What a statement of a committed transaction did.
#[derive(Clone, PartialEq, Eq)]
pub struct Effect {
    /// How many rows it changed or found.
    pub count: u64,
    /// What it found, if it is a `select`.
    pub rows: Vec<Row>,
}

/// How a transaction went.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is committed and durable. One effect for each step.
    Done(Vec<Effect>),
    /// A step did not concern as many rows as expected, or refers to a row that is not there. Nothing has changed.
    Refused {
        /// Which one, counted from nought.
        step: usize,
    },
    /// A step would have made a second row of what is unique. Nothing has changed.
    Conflict {
        /// Which one, counted from nought.
        step: usize,
        /// The name of what is unique. Where one column is, the constraint is called like it.
        constraint: String,
    },
}

/// A constraint that a step ran into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A row like it is there already. Names what is unique: the constraint, or the last of its columns.
    Unique(String),
    /// What it refers to is not there.
    Reference,
}

impl Violation {
    /// How a transaction went whose step, counted from nought, ran into it.
    pub fn outcome(self, step: usize) -> Outcome {
        match self {
            Self::Unique(constraint) => Outcome::Conflict { step, constraint },
            Self::Reference => Outcome::Refused { step },
        }
    }
}

impl Step {
    /// A statement that may concern any number of rows.
    pub const fn any(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql, params, expect: Expect::Any }
    }

    /// A statement that must concern exactly one row.
    pub const fn one(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql, params, expect: Expect::Rows(1) }
    }
}

impl Outcome {
    /// Whether the transaction was committed, where a refusal and a conflict mean the same.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// How many rows the first step concerned; none when nothing was committed.
    pub(super) fn first_count(&self) -> u64 {
        match self {
            Self::Done(effects) => effects.first().map_or(0, |effect| effect.count),
            Self::Refused { .. } | Self::Conflict { .. } => 0,
        }
    }
}

impl Expect {
    /// Whether `count` rows are what was expected.
    pub const fn allows(self, count: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Rows(expected) => count == expected,
        }
    }
}
