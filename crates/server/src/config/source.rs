//! Where settings are said: flags, the environment, a file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::mistake::{ConfigError, Origin};

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "counterfoil.toml";
/// What the name of each variable begins with.
pub(super) const PREFIX: &str = "COUNTERFOIL_";
/// Names the configuration file.
pub const CONFIG_VARIABLE: &str = "COUNTERFOIL_CONFIG";
/// The secret that keys at rest are encrypted under. It has no key in the file.
pub const SECRET_VARIABLE: &str = "COUNTERFOIL_SECRET";

/// The variables that belong to Counterfoil. An empty one counts as not set.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Of this process. Bytes that are no Unicode are replaced, so that they are refused later rather than overlooked.
    pub fn of_process() -> Self {
        std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value))).collect()
    }

    /// The value of a variable.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(variables: T) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(variables.filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty()).collect())
    }
}

impl fmt::Debug for Environment {
    /// The names alone: one of them holds the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What the command line says about settings: for a setting's full name, the flag and its value.
#[derive(Clone, Default)]
pub struct Flags(BTreeMap<&'static str, (&'static str, String)>);

impl Flags {
    /// Adds a flag, such as `--listen` for `server.listen`, if it was given.
    #[must_use]
    pub fn with(mut self, key: &'static str, flag: &'static str, value: Option<String>) -> Self {
        if let Some(value) = value {
            self.0.insert(key, (flag, value));
        }
        self
    }

    pub(super) fn find(&self, key: &str) -> Option<(&'static str, &str)> {
        self.0.get(key).map(|(flag, value)| (*flag, value.as_str()))
    }
}

impl fmt::Debug for Flags {
    /// The names alone: the address of a store may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A configuration file that has been read and not yet understood.
#[derive(Clone)]
pub struct ConfigFile {
    /// What it is called in messages.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for ConfigFile {
    /// Without the text: somebody may have put a secret there, before being told not to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Where a range of bytes begins.
    pub(super) fn origin(&self, range: &Range<usize>) -> Origin {
        let before = self.text.get(..range.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Origin::File {
            name: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// Everything that is said about settings, strongest first: flags, environment, file.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The command line.
    pub flags: Flags,
    /// The environment.
    pub environment: Environment,
    /// The file, if there is one.
    pub file: Option<ConfigFile>,
}

impl Sources {
    /// Reads the file: the one that is named, else the one that `COUNTERFOIL_CONFIG` names, else `counterfoil.toml` in
    /// `folder` if it is there.
    pub fn discover(
        named: Option<PathBuf>,
        folder: &Path,
        flags: Flags,
        environment: Environment,
    ) -> Result<Self, ConfigError> {
        let named = named.or_else(|| environment.value(CONFIG_VARIABLE).map(PathBuf::from));
        let file = match named {
            Some(path) => Some(read(path.clone(), &folder.join(&path))?.ok_or(ConfigError::Missing { path })?),
            None => read(PathBuf::from(DEFAULT_FILE), &folder.join(DEFAULT_FILE))?,
        };
        Ok(Self { flags, environment, file })
    }
}

fn read(shown: PathBuf, path: &Path) -> Result<Option<ConfigFile>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(ConfigFile { name: shown.display().to_string(), text })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path: shown, source }),
    }
}
