//! What an error at opening means, and what to do about it.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::time::Duration;

use sqlx::Error;

use super::failure::said;
use crate::address::ServerUrl;
use crate::server::{Fault, ServerError};

pub(super) const PRODUCT: &str = "MySQL or MariaDB";
const NO_TLS: &str = "sslmode=disable";
const AUTHORITY: &str = "sslrootcert";

/// Words for what is wrong with the server of one address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults<'u> {
    url: &'u ServerUrl,
}

impl<'u> Faults<'u> {
    pub(super) const fn of(url: &'u ServerUrl) -> Self {
        Self { url }
    }

    /// A fault that we found.
    pub(super) fn found(self, fault: Fault) -> ServerError {
        ServerError { product: PRODUCT, place: self.url.place(), fault, source: None }
    }

    /// No answer in time.
    pub(super) fn silent(self, timeout: Duration) -> ServerError {
        self.found(Fault::Silent(timeout))
    }

    /// What the driver said.
    pub(super) fn said(self, error: &Error) -> ServerError {
        ServerError { source: Some(Box::new(Source::of(error))), ..self.found(self.fault(error)) }
    }

    fn fault(self, error: &Error) -> Fault {
        if let Some(said) = said(error) {
            return self.refusal(said.number(), said.message());
        }
        match error {
            Error::Io(error) => broken(error),
            Error::Tls(error) if error.to_string().contains("does not support TLS") => Fault::NoTls(NO_TLS),
            // sqlx encrypts the password by the server's RSA key only if that is compiled in.
            Error::Configuration(error) if error.to_string().contains("RSA") => Fault::Unfit(format!(
                "it checks the password by `caching_sha2_password`, which needs TLS: name `sslmode=verify-full` in the \
                 address, or run `alter user {} identified with mysql_native_password by '…'` there",
                self.user()
            )),
            Error::Protocol(text) if text.contains("authentication plugin") => self.method(),
            Error::Protocol(_) => {
                Fault::Unfit("it does not speak MySQL's protocol: correct the host and port in the address".to_owned())
            }
            _ => Fault::Other,
        }
    }

    /// What the server says by a number.
    fn refusal(self, number: u16, message: &str) -> Fault {
        match number {
            1045 if self.url.password.is_none() => Fault::NoPassword,
            1045 => Fault::Login,
            1698 => self.method(),
            1049 => Fault::NoDatabase(format!("create database {} character set utf8mb4", self.database())),
            1044 => self.privilege(&format!("use the database {}, or there is none of that name", self.database())),
            1130 => Fault::Privilege {
                what: "connect from this host".to_owned(),
                grant: "create the user there for this host".to_owned(),
            },
            1142 | 1143 | 1227 | 1370 => self.privilege(&denied(message)),
            1040 | 1203 | 1226 => Fault::Full,
            1290 | 1792 | 1836 => Fault::ReadOnly,
            1129 => Fault::Unfit("it has shut this host out after failed attempts: run `flush hosts` there".to_owned()),
            3159 => Fault::Unfit("it demands TLS: name `sslmode=verify-full` in the address".to_owned()),
            1665 => Fault::Unfit("its `binlog_format` is `STATEMENT`: set `binlog_format = ROW`".to_owned()),
            1286 | 3161 => Fault::Unfit("it has no InnoDB: turn that storage engine on".to_owned()),
            _ => Fault::Other,
        }
    }

    /// Such as by the name that it has on the server's machine.
    fn method(self) -> Fault {
        Fault::Unfit(format!(
            "its user does not log in by a password that is known here: run `alter user {} identified by '…'` there",
            self.user()
        ))
    }

    /// The user may not do something.
    fn privilege(self, what: &str) -> Fault {
        let rights = "select, insert, update, delete, create, alter, index, references";
        Fault::Privilege {
            what: what.to_owned(),
            grant: format!("run `grant {rights} on {}.* to {}` there", self.database(), self.user()),
        }
    }

    fn database(self) -> String {
        let name = self.url.database.as_deref().unwrap_or_default();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
    }

    fn user(self) -> String {
        format!("'{}'@'%'", self.url.user.as_deref().unwrap_or_default().replace('\'', "''"))
    }
}

/// "CREATE command denied to user 'u'@'h' for table …": its first word tells what is missing.
fn denied(message: &str) -> String {
    let command = message.split(' ').next().unwrap_or_default();
    if command.chars().all(|c| c.is_ascii_uppercase()) && message.contains("denied") {
        format!("`{}` in its database", command.to_ascii_lowercase())
    } else {
        "do in its database what is needed".to_owned()
    }
}

/// What the connection broke by.
fn broken(error: &io::Error) -> Fault {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidCertificate(why) => Fault::distrust(why, AUTHORITY),
            _ => Fault::Unfit(format!("TLS with it failed ({tls}): correct its TLS settings")),
        };
    }
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            Fault::Passing("it closed the connection: see its log, or correct the host and port".to_owned())
        }
        _ => Fault::Unreachable,
    }
}

/// What the driver said, as text. At opening no value of a record can be in it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Source(String);

impl Source {
    fn of(error: &Error) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            let more = source.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            next = source.source();
        }
        Self(text)
    }
}
