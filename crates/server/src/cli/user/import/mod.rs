//! `counterfoil user import`: accounts that were made elsewhere, read line by line and taken in by the batch.

mod bar;
mod csv;
mod reader;
mod record;
mod report;

pub use reader::{Entry, Format, Reader};
pub use record::Refusal;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use counterfoil_core::authority::{Authority, Foreseen, ImportedUser};
use counterfoil_core::password::FirebaseParameters;
use zeroize::Zeroizing;

use self::bar::Bar;
use self::report::Report;
use super::super::{Failure, args, open, output};
use crate::config::Environment;

/// How many users are added at once: what SQLite commits in one transaction.
const BATCH: usize = 256;
/// The most that the file with Firebase's parameters may have, in bytes.
const MAX_PARAMETERS: u64 = 16 * 1024;

/// Does what the command says. Refused lines make it fail at the end, and stop nothing before.
pub(super) async fn run(command: args::ImportUsers, environment: Environment) -> Result<(), Failure> {
    let firebase = command.firebase.as_deref().map(parameters).transpose()?;
    let (input, size) = input(&command.file)?;
    let format = command.format.unwrap_or_else(|| Format::of(&command.file));
    let reader = Reader::new(BufReader::with_capacity(64 * 1024, input), format, firebase);
    let authority = if command.dry_run {
        open::open(&command.common, environment).await?
    } else {
        open::open_or_make(&command.common, environment).await?
    };
    let bar = Bar::new(size);
    let report = Report::new(command.dry_run, command.output.json);
    let mut run = Run { authority: &authority, bar, report, foreseen: Foreseen::default(), waiting: Vec::new() };
    let done = run.all(reader).await;
    run.bar.finish();
    if let Err(failure) = done {
        output::note(&format!("{}; the same command goes on from there", run.report));
        return Err(failure);
    }
    run.report.print(command.output)
}

/// An import that is under way.
struct Run<'a> {
    authority: &'a Authority,
    bar: Bar,
    report: Report,
    /// Whom a dry run would have added by now. Otherwise the store knows.
    foreseen: Foreseen,
    /// With the number of each one's line.
    waiting: Vec<(u64, ImportedUser)>,
}

impl Run<'_> {
    async fn all(&mut self, mut reader: Reader<impl io::BufRead>) -> Result<(), Failure> {
        while let Some(Entry { line, user }) = reader.next_entry().map_err(|error| unreadable(&error))? {
            match user {
                Err(refusal) => self.bar.beside(|| self.report.refused(line, refusal)),
                Ok(user) => {
                    if self.waiting.iter().any(|(_, other)| is_rival(other, &user)) {
                        self.add().await?;
                    }
                    self.waiting.push((line, user));
                }
            }
            if self.waiting.len() == BATCH {
                self.add().await?;
                self.bar.show(reader.bytes());
            }
        }
        self.add().await
    }

    /// Adds those that wait.
    async fn add(&mut self) -> Result<(), Failure> {
        let (lines, users): (Vec<u64>, Vec<ImportedUser>) = self.waiting.drain(..).unzip();
        let done = if self.report.is_dry() {
            self.authority.would_import(&users, &mut self.foreseen).await
        } else {
            self.authority.import(&users).await
        };
        let done = done.map_err(|error| Failure::because(&error))?;
        for (line, done) in lines.into_iter().zip(done) {
            match done {
                Ok(import) => self.report.taken(import),
                Err(conflict) => self.bar.beside(|| self.report.refused(line, conflict.into())),
            }
        }
        Ok(())
    }
}

/// Whether two users cannot both be added, so that the first in the file must come first in the store.
fn is_rival(one: &ImportedUser, other: &ImportedUser) -> bool {
    one.username == other.username
        || one.email.is_some() && one.email == other.email
        || (one.id.is_some() || other.id.is_some()) && one.user_id() == other.user_id()
}

/// The file or standard input, and how many bytes it has, if that is known.
fn input(path: &Path) -> Result<(Box<dyn Read>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let failed = |error| Failure::Refused(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Failure::Refused(format!("{} is a folder", path.display())));
    }
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::Refused(format!("the file cannot be read any further: {error}"))
}

/// What stands in the file that was copied from Firebase's console.
fn parameters(path: &Path) -> Result<FirebaseParameters, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Refused(format!("{}: {why}", path.display()));
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(|error| failed(&error))?;
    file.take(MAX_PARAMETERS).read_to_string(&mut text).map_err(|error| failed(&error))?;
    text.parse().map_err(|error| failed(&error))
}
