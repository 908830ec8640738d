//! The arguments of `counterfoil audit`.

use std::time::Duration;

use clap::{Args, Subcommand};
use counterfoil_core::Timestamp;
use counterfoil_core::audit::Event;

use super::Common;
use crate::cli::output::Output;
use crate::config::parse_duration;

/// `counterfoil audit …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Audit {
    /// List who did what, from where, and how it went
    #[command(after_help = "Example:\n  counterfoil audit list --user alice --since 24h")]
    List(AuditList),
    /// Look at every record: exit 0 if all are what was written, 1 with what is not
    #[command(after_help = "Example:\n  counterfoil audit verify --json")]
    Verify {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Let a log that cannot be written any more go on, with a record that says so
    #[command(after_help = "Example:\n  counterfoil audit verify; counterfoil audit repair\n\n\
                            Nothing is removed or changed: `audit verify` goes on naming what is not as it was written.")]
    Repair {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
}

/// `counterfoil audit list`
#[derive(Debug, Clone, Args)]
pub struct AuditList {
    /// Only what is about this user: a username, an e-mail address or an id
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Only this event, such as `authn_login_fail`
    #[arg(long, value_name = "EVENT", value_parser = event)]
    pub event: Option<Event>,
    /// Only from then on: a time such as 2026-11-21T16:00:00Z, or a length of time ago such as 24h
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Since>,
    /// So many at most [default: the newest 50; with --since or --after all]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Only records after this number
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// From that point in time.
    At(Timestamp),
    /// From so long ago.
    Ago(Duration),
}

fn event(text: &str) -> Result<Event, String> {
    let names = || Event::ALL.into_iter().filter(|event| event.is_kept()).map(Event::name);
    Event::parse(text)
        .filter(|event| event.is_kept())
        .ok_or_else(|| format!("it is one of {}", names().collect::<Vec<_>>().join(", ")))
}

fn since(text: &str) -> Result<Since, String> {
    if let Some(length) = parse_duration(text) {
        return Ok(Since::Ago(length));
    }
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(|at| Since::At(Timestamp::from_millis(at.as_millisecond())))
        .map_err(|_| "it is a time such as 2026-11-21T16:00:00Z, or a length of time ago such as 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_point_or_a_length_ago() {
        assert_eq!(since("1h30m"), Ok(Since::Ago(Duration::from_mins(90))));
        assert_eq!(since("1970-01-01T00:00:02Z"), Ok(Since::At(Timestamp::from_millis(2000))));
        assert!(since("yesterday").is_err());
    }

    #[test]
    fn an_event_is_one_that_is_kept() {
        assert_eq!(event("user_created"), Ok(Event::UserCreated));
        assert!(event("session_renewed").is_err() && event("login").unwrap_err().contains("authn_login_fail"));
    }
}
