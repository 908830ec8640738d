//! The files of the repository, as the rules see them.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use super::code::{code_of, without_tests};

/// A text file.
pub(super) struct File {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

/// The files that belong to the repository.
pub(super) struct Tree {
    /// Those that are text, in the order of their paths.
    pub(super) files: Vec<File>,
    /// The paths of those that are no text: pictures.
    others: Vec<String>,
}

/// Where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Tree {
    /// The files that git knows, or would on `git add --all`.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let list = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("git does not start: {error}"))?;
        if !list.status.success() {
            return Err(String::from_utf8_lossy(&list.stderr).into_owned());
        }
        let paths = String::from_utf8(list.stdout).map_err(|error| error.to_string())?;
        let mut tree = Self { files: Vec::new(), others: Vec::new() };
        for path in paths.split_terminator('\0').map(str::to_owned) {
            match std::fs::read_to_string(root.join(&path)) {
                Ok(text) => tree.files.push(File { path, text }),
                Err(error) if error.kind() == ErrorKind::InvalidData => tree.others.push(path),
                // Removed, but git does not know yet; or a link to elsewhere.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{path}: {error}")),
            }
        }
        Ok(tree)
    }

    /// Every Rust file.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_of_type("rs"))
    }

    /// The Rust files of crates, without those of their tests.
    pub(super) fn sources(&self) -> impl Iterator<Item = &File> {
        self.rust().filter(|file| file.is_source())
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The path of every file, text or not.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str()).chain(self.others.iter().map(String::as_str))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect(), others: Vec::new() }
    }
}

impl File {
    /// Whether it is part of a program, and no test: `tests.rs`, what is below a folder `tests`, and the suite that
    /// stores must pass are tests.
    fn is_source(&self) -> bool {
        let mut parts = self.path.split('/');
        let in_a_crate = parts.next() == Some("crates") && parts.nth(1) == Some("src");
        in_a_crate && !parts.any(|part| ["tests", "tests.rs", "conformance"].contains(&part))
    }

    /// Whether its name ends like this.
    pub(super) fn is_of_type(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Its code, without comments, texts and tests, on the same lines.
    pub(super) fn program(&self) -> String {
        without_tests(&code_of(&self.text))
    }

    /// That this is wrong in this line, counted from 0.
    pub(super) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line: line + 1, what: what.into() }
    }

    /// The lines of `text` that hold `wanted`, as findings.
    pub(super) fn lines_with(&self, text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
        let lines = text.lines().zip(self.text.lines()).enumerate();
        let found = lines.filter(|(_, (line, _))| wanted(line));
        found.map(|(number, (_, written))| self.finding(number, written.trim())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_from_tests() {
        let source = |path: &str| File { path: path.to_owned(), text: String::new() }.is_source();
        assert!(source("crates/core/src/lib.rs"));
        assert!(source("crates/server/src/api/login.rs"));
        assert!(!source("crates/server/tests/pages.rs"));
        assert!(!source("crates/core/src/password/hash/tests.rs"));
        assert!(!source("crates/server/src/config/tests/mistakes.rs"));
        assert!(!source("crates/core/src/store/conformance/users.rs"));
        assert!(!source("examples/embedded/src/main.rs"));
    }
}
