//! `counterfoil config check|show|schema`.

use serde::Serialize;

use super::output::{self, Output};
use super::{Failure, args, print_warnings};
use crate::config::{ConfigError, Environment, Mistake, Origin, Warning, schema};

/// Does what the command says.
pub(super) fn run(command: &args::Config, environment: Environment) -> Result<(), Failure> {
    match command {
        args::Config::Check { common, output } => check(common, *output, environment),
        args::Config::Show { common, output } => {
            let (settings, warnings) = common.load(environment)?;
            print_warnings(&warnings);
            output.text(&settings.shown(), || settings.to_toml())
        }
        args::Config::Schema { output: _ } => output::answer(&format!("{:#}", schema())),
    }
}

/// What was found.
#[derive(Serialize)]
struct Report {
    ok: bool,
    mistakes: Vec<Place>,
    warnings: Vec<String>,
}

/// A mistake, in parts for programs.
#[derive(Serialize)]
struct Place {
    /// A file, a variable or a flag.
    at: String,
    line: Option<usize>,
    column: Option<usize>,
    key: String,
    problem: String,
}

impl Place {
    fn of(mistake: &Mistake) -> Self {
        let (at, line, column) = match &mistake.origin {
            Origin::File { name, line, column } => (name.clone(), Some(*line), Some(*column)),
            other => (other.to_string(), None, None),
        };
        Self { at, line, column, key: mistake.key.clone(), problem: mistake.problem.to_string() }
    }
}

fn check(common: &args::Common, output: Output, environment: Environment) -> Result<(), Failure> {
    match common.load(environment) {
        Ok((_, warnings)) => {
            if !output.json {
                print_warnings(&warnings);
            }
            let warnings = warnings.iter().map(Warning::to_string).collect();
            output.text(&Report { ok: true, mistakes: Vec::new(), warnings }, || "ok".to_owned())
        }
        // What was typed is wrong: there is nothing to be said of the configuration.
        Err(wrong_use) if wrong_use.is_wrong_use() => Err(wrong_use.into()),
        Err(ConfigError::Mistakes(mistakes)) if output.json => {
            let mistakes = mistakes.iter().map(Place::of).collect();
            output.text(&Report { ok: false, mistakes, warnings: Vec::new() }, String::new)?;
            Err(Failure::Said)
        }
        Err(ConfigError::Mistakes(mistakes)) => {
            // One a line with the place first, as compilers do, so that editors can jump there.
            for mistake in mistakes {
                output::note(&mistake.to_string());
            }
            Err(Failure::Said)
        }
        Err(other) => Err(other.into()),
    }
}
