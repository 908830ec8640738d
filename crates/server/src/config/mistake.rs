//! What can be wrong with a configuration, and how it is said.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File {
        /// Its name.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong: where, with which key, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub origin: Origin,
    /// The setting's full name, such as `clients.web.idle`; empty when the file is no TOML.
    pub key: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No setting has this name.
    UnknownKey {
        /// A name that looks like it.
        nearest: Option<String>,
        /// Every name that is allowed here.
        expected: Vec<String>,
    },
    /// The value is not of the type, or not among the values, that the setting has.
    Value {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
        /// An allowed value that looks like it.
        nearest: Option<String>,
    },
    /// The value is of no form that the setting has, and this is what is wrong with it.
    Form(String),
    /// The value does not go together with the rest.
    Rule(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        self.problem.fmt(f)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { nearest, expected } => {
                f.write_str("unknown key; ")?;
                did_you_mean(f, nearest.as_deref())?;
                write!(f, "expected one of: {}", expected.join(", "))
            }
            Self::Value { expected, found, nearest } => {
                write!(f, "expected {expected}, found {found}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::Form(text) | Self::Rule(text) => f.write_str(text),
        }
    }
}

fn did_you_mean(f: &mut fmt::Formatter<'_>, nearest: Option<&str>) -> fmt::Result {
    nearest.map_or(Ok(()), |nearest| write!(f, "did you mean `{nearest}`? "))
}

/// Something that is allowed but probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub(super) String);

impl Warning {
    /// Whether it is about the setting of this full name.
    pub(crate) fn is_about(&self, key: &str) -> bool {
        let mut parts = self.0.split(": ");
        parts.any(|part| part == key)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there are no settings. Its text says what to do, and never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was asked for is not there.
    #[error("{}: there is no such file; `counterfoil init` writes one", path.display())]
    Missing {
        /// Its path.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was read, and these things are wrong: never empty, in the order of the file.
    #[error("{}", lines(.0))]
    Mistakes(Vec<Mistake>),
}

impl ConfigError {
    /// Whether something was typed that is no value of its flag. That a value does not go together with the rest is another matter.
    pub fn is_wrong_use(&self) -> bool {
        let Self::Mistakes(mistakes) = self else { return false };
        let typed = |mistake: &Mistake| matches!(mistake.origin, Origin::Flag(_));
        let is_none = |mistake: &Mistake| matches!(mistake.problem, Problem::Value { .. } | Problem::Form(_));
        mistakes.iter().any(|mistake| typed(mistake) && is_none(mistake))
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The candidate that `word` is probably a slip of the pen for.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase());
    let (distance, best) = candidates.into_iter().map(|candidate| (distance(candidate), candidate)).min()?;
    (distance <= (word.chars().count() / 3).max(1)).then_some(best)
}

/// By which mistakes are sorted: the file's first, by line.
pub(super) fn position(mistake: &Mistake) -> (u8, usize, usize) {
    match mistake.origin {
        Origin::File { line, column, .. } => (0, line, column),
        Origin::Variable(_) => (1, 0, 0),
        Origin::Flag(_) => (2, 0, 0),
        Origin::Default => (3, 0, 0),
    }
}
