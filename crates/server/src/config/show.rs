//! The settings as they hold, each with where it came from.

use serde::Serialize;
use toml::Value as Toml;

use super::Settings;
use super::mistake::Origin;
use super::reader::{Entry, dotted, toml_key};
use super::value::redact;

/// One setting as it holds. Passwords in URLs are left out; the secret is no setting and never here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its full name.
    pub key: String,
    /// Its value; `null` when it is not set and has no default.
    pub value: Option<Toml>,
    /// Who says so: `default`, a place in a file, a variable or a flag.
    pub origin: String,
}

impl Settings {
    /// Every setting, in the order of the documentation.
    pub fn shown(&self) -> Vec<Shown> {
        let shown = |entry: &Entry| Shown {
            key: dotted(&entry.path),
            value: entry.value.clone().map(without_passwords),
            origin: entry.origin.to_string(),
        };
        self.entries.iter().map(shown).collect()
    }

    /// A configuration file that says all of it, with the origin of each value in a comment. Read again, it makes the
    /// same settings.
    pub fn to_toml(&self) -> String {
        let mut lines = Vec::new();
        let mut table: &[String] = &[];
        for entry in in_tables(&self.entries) {
            let Some((key, path)) = entry.path.split_last() else { continue };
            if path != table {
                table = path;
                lines.extend([String::new(), format!("[{}]", dotted(path))]);
            }
            let key = toml_key(key);
            lines.push(entry.value.clone().map(without_passwords).map_or_else(
                || format!("# {key} is not set"),
                |value| format!("{:<40}  # {}", format!("{key} = {value}"), comment(&entry.origin)),
            ));
        }
        lines.join("\n")
    }
}

/// The same entries, each table's together: a table of TOML is said once.
fn in_tables(entries: &[Entry]) -> Vec<&Entry> {
    let mut ordered: Vec<&Entry> = entries.iter().collect();
    let first = |entry: &Entry| {
        let table = |other: &Entry| other.path.split_last().map(|(_, table)| table.to_vec());
        let own = table(entry);
        // What stands in no table comes before every table.
        if entry.path.len() == 1 { None } else { entries.iter().position(|other| table(other) == own) }
    };
    ordered.sort_by_key(|entry| first(entry));
    ordered
}

/// Control characters would end the comment.
fn comment(origin: &Origin) -> String {
    origin.to_string().replace(char::is_control, " ")
}

fn without_passwords(value: Toml) -> Toml {
    match value {
        Toml::String(text) => Toml::String(redact(&text)),
        other => other,
    }
}
