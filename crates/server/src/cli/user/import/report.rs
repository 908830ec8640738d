//! What came of each line.

use std::fmt;

use counterfoil_core::authority::Import;
use serde::Serialize;

use super::super::super::Failure;
use super::super::super::output::{Output, note};
use super::record::Refusal;

/// What has been done, and what was not.
#[derive(Serialize)]
pub(super) struct Report {
    dry_run: bool,
    imported: u64,
    already_there: u64,
    refused: u64,
    /// To be printed with the rest; otherwise each is printed at once.
    refusals: Option<Vec<Refused>>,
}

/// A line that was refused.
#[derive(Serialize)]
struct Refused {
    line: u64,
    field: Option<&'static str>,
    reason: String,
}

impl Report {
    pub(super) fn new(dry_run: bool, json: bool) -> Self {
        Self { dry_run, imported: 0, already_there: 0, refused: 0, refusals: json.then(Vec::new) }
    }

    pub(super) fn is_dry(&self) -> bool {
        self.dry_run
    }

    pub(super) fn taken(&mut self, import: Import) {
        match import {
            Import::Added => self.imported += 1,
            Import::AlreadyThere => self.already_there += 1,
        }
    }

    pub(super) fn refused(&mut self, line: u64, refusal: Refusal) {
        self.refused += 1;
        match &mut self.refusals {
            Some(refusals) => refusals.push(Refused { line, field: refusal.field, reason: refusal.reason }),
            None => note(&format!("line {line}: {refusal}")),
        }
    }

    /// Prints the numbers. A refused line is a failure, which has been said by then.
    pub(super) fn print(mut self, output: Output) -> Result<(), Failure> {
        if let Some(refusals) = &mut self.refusals {
            refusals.sort_by_key(|refused| refused.line);
        }
        output.text(&self, || self.to_string())?;
        if self.refused == 0 { Ok(()) } else { Err(Failure::Said) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { imported, already_there, refused, .. } = self;
        let would = if self.dry_run { "to be imported" } else { "imported" };
        write!(f, "{imported} {would}, {already_there} already there, {refused} refused")
    }
}
