//! A file of accounts, record by record, with no more of it in memory than one record.

use std::io::{self, BufRead, Read as _};
use std::path::Path;

use clap::ValueEnum;
use counterfoil_core::authority::ImportedUser;
use counterfoil_core::jose::json::{self, JsonError};
use counterfoil_core::password::FirebaseParameters;
use serde_json::Value;

use super::csv;
use super::record::{self, FIELDS, Refusal};

/// The longest record, in bytes: room for metadata of 64 KiB however it is escaped.
const MAX_RECORD: usize = 256 * 1024;
/// What some programs begin a file with. It says nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a file of accounts looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object on each line
    Jsonl,
    /// Comma-separated values (RFC 4180), the fields named in the first line
    Csv,
}

impl Format {
    /// By the end of a file's name.
    pub fn of(path: &Path) -> Self {
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if is_csv { Self::Csv } else { Self::Jsonl }
    }
}

/// What stands in one record.
pub struct Entry {
    /// The number of its first line, from 1.
    pub line: u64,
    /// The account, or why there is none.
    pub user: Result<ImportedUser, Refusal>,
}

/// Reads accounts. Empty lines are passed over; each other record gives one [`Entry`].
pub struct Reader<R> {
    input: R,
    format: Format,
    /// The names in the first line of comma-separated values, once that is read.
    columns: Option<Vec<&'static str>>,
    firebase: Option<FirebaseParameters>,
    /// How many lines have been read.
    lines: u64,
    bytes: u64,
    record: Vec<u8>,
    has_ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Of `input`. With Firebase's parameters, every hash is one of Firebase.
    pub fn new(input: R, format: Format, firebase: Option<FirebaseParameters>) -> Self {
        Self { input, format, columns: None, firebase, lines: 0, bytes: 0, record: Vec::new(), has_ended: false }
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record. `None`: there is no more, or the first line names no columns, which was the last entry.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            let line = self.lines + 1;
            if self.has_ended || !self.fill()? {
                return Ok(None);
            }
            if self.record.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let user = if self.record.len() > MAX_RECORD {
                Err(Refusal::of_record(format!("it is longer than {MAX_RECORD} bytes")))
            } else if self.format == Format::Jsonl {
                self.object()
            } else if let Some(columns) = &self.columns {
                csv::row(&self.record, columns).and_then(|fields| record::user(fields, self.firebase.as_ref()))
            } else {
                match csv::columns(&self.record) {
                    Ok(columns) => {
                        self.columns = Some(columns);
                        continue;
                    }
                    // Nothing below it can be understood.
                    Err(refusal) => {
                        self.has_ended = true;
                        Err(refusal)
                    }
                }
            };
            return Ok(Some(Entry { line, user }));
        }
    }

    fn object(&self) -> Result<ImportedUser, Refusal> {
        match json::parse(self.record.trim_ascii_end()) {
            Ok(Value::Object(fields)) => record::user(fields, self.firebase.as_ref()),
            Ok(_) => Err(Refusal::of_record("it is not a JSON object")),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Reads a line, and while a quotation mark of comma-separated values is open, those that follow. `false`: there is none.
    fn fill(&mut self) -> io::Result<bool> {
        self.record.clear();
        let mut quotes = 0;
        loop {
            let begin = self.record.len();
            let room = u64::try_from(MAX_RECORD + 1 - begin).unwrap_or(0);
            let read = self.input.by_ref().take(room).read_until(b'\n', &mut self.record)?;
            if read == 0 {
                return Ok(begin > 0);
            }
            self.bytes += read as u64;
            self.lines += 1;
            if self.lines == 1 && self.record.starts_with(BYTE_ORDER_MARK) {
                self.record.drain(..BYTE_ORDER_MARK.len());
            }
            if self.record.len() > MAX_RECORD {
                if !self.record.ends_with(b"\n") {
                    self.skip_line()?;
                }
                return Ok(true);
            }
            quotes += self.record.iter().skip(begin).filter(|byte| **byte == b'"').count();
            if self.format == Format::Jsonl || quotes % 2 == 0 {
                return Ok(true);
            }
        }
    }

    /// Passes over the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(length);
            self.bytes += length as u64;
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

/// Why a line is no JSON. A member that is there twice is shown if it is a field; it could be anything.
fn unreadable(error: &JsonError) -> Refusal {
    match error {
        JsonError::Malformed { column, .. } => {
            Refusal::of_record(format!("it is not well-formed JSON (column {column})"))
        }
        JsonError::DuplicateMember(name) => {
            let name = name.to_string();
            match FIELDS.iter().find(|field| name.trim_matches('"') == **field) {
                Some(field) => Refusal::new(field, "it is there twice"),
                None => Refusal::of_record("it has a member twice"),
            }
        }
        error => Refusal::of_record(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
