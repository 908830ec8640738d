//! What an error at the opening means to whoever runs the server.

use std::error::Error;
use std::io;

use tokio_postgres::error::SqlState;

use super::error::Failure;
use crate::address::{ServerUrl, Tls};
use crate::server::Fault;

/// How the address says that no TLS is wanted, and which authority is trusted.
const WITHOUT_TLS: &str = "sslmode=disable";
const AUTHORITY: &str = "sslrootcert";

/// The fault that an error of the driver shows.
pub(super) fn of(error: &tokio_postgres::Error, url: &ServerUrl) -> Fault {
    if let Some(said) = error.as_db_error() {
        return of_code(said.code(), said.message(), url);
    }
    if let Some(fault) = of_tls(error) {
        return fault;
    }
    // The driver names what it misses only in words.
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    match words.as_str() {
        "password missing" => Fault::NoPassword,
        "server does not support TLS" => Fault::NoTls(WITHOUT_TLS),
        _ if error.source().is_some_and(<dyn Error>::is::<io::Error>) || error.is_closed() => Fault::Unreachable,
        _ => Fault::Other,
    }
}

fn of_code(code: &SqlState, message: &str, url: &ServerUrl) -> Fault {
    let (user, database) = (quoted(url.user.as_deref()), quoted(url.database.as_deref()));
    match code.code() {
        // In every language the server's words name this file when nobody may come from here.
        "28000" if message.contains("pg_hba.conf") => Fault::Unfit(format!(
            "its pg_hba.conf does not let this user in from here {} TLS: add a line for it there",
            if url.tls == Tls::Off { "without" } else { "by" }
        )),
        "28000" | "28P01" => Fault::Login,
        "3D000" => Fault::NoDatabase(format!("create database {database} owner {user}")),
        "42501" => Fault::Privilege {
            what: "connect to the database".to_owned(),
            grant: format!("run `grant connect on database {database} to {user}`"),
        },
        "53300" => Fault::Full,
        // Feature not supported: a replica's answer to the transaction that writes, which the settings begin with.
        "25006" | "0A000" => Fault::ReadOnly,
        "57P01" | "57P02" | "57P03" => Fault::Starting,
        _ => Fault::Other,
    }
}

/// What is wrong with TLS, if something is.
fn of_tls(error: &tokio_postgres::Error) -> Option<Fault> {
    let source = error.source()?.downcast_ref::<io::Error>()?;
    let rustls::Error::InvalidCertificate(why) = source.get_ref()?.downcast_ref::<rustls::Error>()? else {
        return None;
    };
    Some(Fault::distrust(why, AUTHORITY))
}

/// A name as SQL takes it.
pub(super) fn quoted(name: Option<&str>) -> String {
    format!("\"{}\"", name.unwrap_or_default().replace('"', "\"\""))
}

/// What is shown of the driver's error: its words, without the details, which may quote rows.
pub(super) fn source(error: tokio_postgres::Error) -> Box<dyn Error + Send + Sync> {
    Box::new(Failure::from(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::StoreUrl;

    fn sentence(code: &str, message: &str) -> String {
        let Ok(StoreUrl::Postgres(url)) = "postgres://me@localhost/mine".parse() else { panic!("no address") };
        of_code(&SqlState::from_code(code), message, &url).to_string()
    }

    #[test]
    fn the_servers_codes_become_sentences_that_say_what_to_do() {
        for (code, said) in [
            ("28P01", "it refused the user or the password: correct them in the address"),
            ("3D000", "it has no database of that name: create it by `create database \"mine\" owner \"me\"`"),
            ("42501", "its user may not connect to the database: run `grant connect on database \"mine\" to \"me\"`"),
            ("25006", "it takes no writes: name the primary, not a replica"),
            ("0A000", "it takes no writes: name the primary, not a replica"),
            ("57P03", "it is starting up or shutting down: try again in a moment"),
            ("XX000", "it cannot be used"),
        ] {
            assert_eq!(sentence(code, "words"), said);
        }
    }

    #[test]
    fn a_rule_that_keeps_us_out_is_told_from_a_wrong_password() {
        let said = sentence("28000", "no pg_hba.conf entry for host \"::1\"");
        assert!(said.starts_with("its pg_hba.conf does not let this user in from here without TLS"), "{said}");
        assert!(sentence("28000", "role \"me\" is not permitted to log in").starts_with("it refused the user"));
    }
}
