//! What a server does less well than it could, although it can be used.

use std::fmt;

/// A server that can be used, and what it does less well than it could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// What kind of server it is, such as `Redis`.
    pub product: &'static str,
    /// Its host; no user, no password.
    pub place: String,
    /// What is weak.
    pub what: Shortcoming,
}

/// What a server does less well than it could. Its text says what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortcoming {
    /// PostgreSQL does not see to it that what it has acknowledged is on the disk.
    FsyncOff,
    /// MySQL or MariaDB writes its own log to the disk later than it acknowledges.
    LogFlushedLate(String),
    /// MySQL or MariaDB does the same with the log that replicas follow.
    BinaryLogUnsynced,
    /// Redis has no file at all.
    Forgetful,
    /// Redis has snapshots alone.
    Snapshots,
    /// Redis leaves it to its machine when what it appends gets to the disk.
    AppendedAtWill,
    /// Redis sees once a second to it that what it appends is on the disk.
    AppendedEachSecond,
    /// Redis Cluster serves nobody while any of its nodes is away.
    AllOrNothing,
}

impl fmt::Display for Shortcoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FsyncOff => "`fsync` is off, so what was stored may be lost when its machine fails",
            Self::LogFlushedLate(value) => {
                return write!(
                    f,
                    "`innodb_flush_log_at_trx_commit` is {value}, so the last second of logins and logouts can be lost when its machine fails"
                );
            }
            Self::BinaryLogUnsynced => {
                "`sync_binlog` is 0, so the last logins and logouts can be lost when its machine fails"
            }
            Self::Forgetful => "it keeps nothing on its disk: a restart of it logs everybody out",
            Self::Snapshots => "it writes to its disk only now and then: a crash of it undoes minutes of logins",
            Self::AppendedAtWill => {
                "its machine decides when it writes to its disk: a crash of that machine can undo half a minute of logins and of their ends"
            }
            Self::AppendedEachSecond => {
                "it writes to its disk once a second: a crash of its machine can undo a second of logins and of their ends"
            }
            Self::AllOrNothing => "while one of its nodes is away, it serves nobody, whichever node has their logins",
        })
    }
}

impl Shortcoming {
    /// The line to write into the server's own configuration.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::FsyncOff => "fsync = on",
            Self::LogFlushedLate(_) => "innodb_flush_log_at_trx_commit = 1",
            Self::BinaryLogUnsynced => "sync_binlog = 1",
            Self::Forgetful | Self::Snapshots => "appendonly yes",
            Self::AppendedAtWill => "appendfsync everysec",
            Self::AppendedEachSecond => "appendfsync always",
            Self::AllOrNothing => "cluster-require-full-coverage no",
        }
    }

    /// Whether it may well be meant, as it is the price of speed, or how such servers come.
    pub const fn is_slight(&self) -> bool {
        matches!(self, Self::AppendedEachSecond | Self::AllOrNothing)
    }
}

impl fmt::Display for Weakness {
    /// In one line, with what to do about it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { product, place, what } = self;
        write!(f, "{product} at {place}: {what}: set `{}` there", what.remedy())
    }
}
