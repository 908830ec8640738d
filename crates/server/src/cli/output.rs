//! How answers are printed: aligned for people, or JSON, both from the same value.

use std::io::{self, Write};

use clap::Args;
use counterfoil_core::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Failure;

/// How the answer is printed.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Output {
    /// Prints a list: one line for each row, with these columns, or a JSON array.
    pub fn list<T: Serialize>(self, rows: &[T], columns: &[&str]) -> Result<(), Failure> {
        self.print(&rows, |value| {
            let rows: Vec<&Value> = value.as_array().into_iter().flatten().collect();
            let heads = columns.iter().map(|column| column.to_uppercase().replace('_', " "));
            let cells = rows.iter().map(|row| columns.iter().map(|column| cell(&row[*column])).collect::<Vec<_>>());
            aligned(&std::iter::once(heads.collect()).chain(cells).collect::<Vec<Vec<String>>>())
        })
    }

    /// Prints one thing: a line for each of these members, or a JSON object.
    pub fn record<T: Serialize>(self, record: &T, members: &[&str]) -> Result<(), Failure> {
        self.print(record, |value| {
            let line = |member: &&str| vec![member.replace('_', " "), cell(&value[*member])];
            aligned(&members.iter().map(line).collect::<Vec<_>>())
        })
    }

    /// Prints a text for people, or the value behind it as JSON.
    pub fn text<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.print(value, |_| text())
    }

    fn print<T: Serialize>(self, value: &T, human: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        let value = serde_json::to_value(value).map_err(|error| Failure::Refused(error.to_string()))?;
        answer(&if self.json { format!("{value:#}") } else { human(&value) })
    }
}

/// Writes an answer to standard output. A reader that has gone away wanted no more.
pub fn answer(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout().lock(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Refused(format!("the answer cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a remark beside the answer, to standard error. There is nobody to tell when that fails.
pub fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Says why nothing was done.
pub(super) fn complain(failure: &Failure) {
    match failure {
        Failure::Said => {}
        Failure::Config(_) | Failure::Refused(_) | Failure::WrongUse(_) | Failure::Start(_) | Failure::Operate(_) => {
            note(&format!("error: {failure}"));
        }
    }
}

/// A point in time as RFC 3339, in UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    // What is out of jiff's range is also out of any calendar's.
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_string()
}

/// A value in one cell. What a terminal would act on is shown as a replacement character.
pub(super) fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    text.replace(char::is_control, "\u{fffd}")
}

/// Columns as wide as their widest cell, two spaces apart.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["NAME", "ROLES"], ["alice", "-"], ["Zoë", "admin, user"]];
        let rows: Vec<Vec<String>> = rows.map(|row| row.map(ToOwned::to_owned).to_vec()).to_vec();
        assert_eq!(aligned(&rows), "NAME   ROLES\nalice  -\nZoë    admin, user");
        assert_eq!(aligned(&[]), "");
    }

    #[test]
    fn a_cell_is_one_line_that_no_terminal_acts_on() {
        for (value, text) in [
            (json!(null), "-"),
            (json!(true), "yes"),
            (json!(["a", "b"]), "a, b"),
            (json!([]), "-"),
            (json!(12), "12"),
            (json!("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c"),
        ] {
            assert_eq!(cell(&value), text);
        }
    }
}
