//! Opening: whether the server is fit, and what its settings mean for what is stored.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::mysql::MySqlConnection;
use tokio::time::timeout;

use super::connect::Connector;
use super::driver::MySql;
use super::fault::{Faults, PRODUCT};
use super::pool::Pool;
use super::{migrate, statement};
use crate::address::ServerUrl;
use crate::look::Looked;
use crate::server::{Fault, Options, Protocol, ServerError, Shortcoming, Weakness};
use crate::sql::{Row, Value, schema};

/// Foreign keys, and statements that change tables whole or not at all, are older than these.
const OLDEST: [Product; 2] = [
    Product { name: "MariaDB", oldest: "MariaDB 10.6", version: [10, 6, 0] },
    Product { name: "MySQL", oldest: "MySQL 8.0.16", version: [8, 0, 16] },
];
/// The largest record, metadata or data of a session, must fit into a packet.
const SMALLEST_PACKET: i64 = 1 << 20;
const VERSION: &str = "select version()";
const SETTINGS: &str = "show global variables where variable_name in ('read_only', 'max_allowed_packet', 'wsrep_on', \
    'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'binlog_format')";
macro_rules! probes {
    ($($table:literal $column:literal)*) => {
        [$(
            concat!("update ", $table, " set ", $column, " = ", $column, " where 1 = 0"),
            concat!("insert into ", $table, " select * from ", $table, " where 1 = 0"),
            concat!("delete from ", $table, " where 1 = 0"),
        )*]
    };
}

/// They change nothing, yet the server looks whether the user may do each of them, and whether it takes writes at all. Rights
/// may be given table by table.
const PROBES: [&str; 18] = probes! {
    "users" "id" "sessions" "id" "session_references" "hash" "families" "id" "signing_keys" "kid" "facts" "name"
};
/// Nothing else is done to these.
const LOG_PROBES: [&str; 3] = [
    "update log_head set position = position where 1 = 0",
    "insert into revocations select * from revocations where 1 = 0",
    "delete from revocations where 1 = 0",
];

struct Product {
    name: &'static str,
    oldest: &'static str,
    version: [u32; 3],
}

/// A connection that is not used for anything but opening yet.
pub(super) struct Opening<'u> {
    pub(super) connection: MySqlConnection,
    pub(super) faults: Faults<'u>,
    pub(super) options: &'u Options,
}

/// Connects to a server that has this build's tables, or gives them to it.
pub(super) async fn open(url: &ServerUrl, options: &Options) -> Result<MySql, ServerError> {
    let (mut connector, mut opening, settings) = reach(url, options).await?;
    settings.check().map_err(|fault| opening.faults.found(fault))?;
    for weakness in weaknesses(&settings, url) {
        tracing::warn!("{weakness}");
    }
    migrate::migrate(&mut opening).await?;
    opening.probe().await?;
    connector.cluster = settings.is_on("wsrep_on");
    Ok(opening.end(connector).await)
}

/// Connects to a server that is left as it is.
pub(super) async fn look(url: &ServerUrl, options: &Options) -> Result<Looked<MySql>, ServerError> {
    let (mut connector, mut opening, settings) = reach(url, options).await?;
    settings.check().map_err(|fault| opening.faults.found(fault))?;
    let version = migrate::version(&mut opening).await?;
    if version == schema::VERSION {
        opening.probe().await?;
    }
    connector.cluster = settings.is_on("wsrep_on");
    let weaknesses = weaknesses(&settings, url);
    Ok(Looked { version, driver: opening.end(connector).await, weaknesses })
}

fn weaknesses(settings: &Settings, url: &ServerUrl) -> Vec<Weakness> {
    let of = |what| Weakness { product: PRODUCT, place: url.place(), what };
    settings.shortcomings().into_iter().map(of).collect()
}

async fn reach<'u>(
    url: &'u ServerUrl,
    options: &'u Options,
) -> Result<(Connector, Opening<'u>, Settings), ServerError> {
    let faults = Faults::of(url);
    let connector = Connector::new(url).map_err(|fault| faults.found(fault))?;
    let connected = match timeout(options.timeout, connector.connect()).await {
        Ok(connected) => connected.map_err(|error| faults.said(&error)),
        Err(_) => Err(faults.silent(options.timeout)),
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(error) => {
            let fault = Protocol::MySql.or_stranger(error.fault, url.host()).await;
            return Err(ServerError { fault, ..error });
        }
    };
    let mut opening = Opening { connection, faults, options };
    opening.check_version().await?;
    let settings = opening.settings().await?;
    Ok((connector, opening, settings))
}

impl Opening<'_> {
    /// What uses the server from now on.
    async fn end(self, connector: Connector) -> MySql {
        // The pool makes its own: this connection was made before it was known whether it is one to a cluster.
        let _even_if_it_fails = timeout(self.options.timeout, self.connection.close()).await;
        MySql::new(Pool::new(connector, self.options.connections), self.options.timeout)
    }

    /// Runs a statement.
    pub(super) async fn run(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, ServerError> {
        self.run_for(self.options.timeout, sql, params).await
    }

    /// Runs a statement that may take a while.
    pub(super) async fn run_for(
        &mut self,
        patience: Duration,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Vec<Row>, ServerError> {
        match timeout(patience, statement::run(&mut self.connection, sql, params)).await {
            Ok(Ok(effect)) => Ok(effect.rows),
            Ok(Err(error)) => Err(self.faults.said(&error)),
            Err(_) => Err(self.faults.silent(patience)),
        }
    }

    /// Whether the user may do all that is done with the tables. Nothing changes.
    async fn probe(&mut self) -> Result<(), ServerError> {
        for probe in PROBES.into_iter().chain(LOG_PROBES) {
            self.run(probe, &[]).await?;
        }
        Ok(())
    }

    async fn check_version(&mut self) -> Result<(), ServerError> {
        let rows = self.run(VERSION, &[]).await?;
        let version = rows.first().and_then(|row| row.first()).map(text).unwrap_or_default();
        check_version(&version).map_err(|fault| self.faults.found(fault))
    }

    async fn settings(&mut self) -> Result<Settings, ServerError> {
        let rows = self.run(SETTINGS, &[]).await?;
        Ok(Settings(
            rows.iter().filter_map(|row| Some((text(row.first()?).to_lowercase(), text(row.get(1)?)))).collect(),
        ))
    }
}

/// What a column of text holds.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Reads "8.0.36" or "10.11.6-MariaDB-1"; older drivers are shown "5.5.5-" before the latter.
fn check_version(found: &str) -> Result<(), Fault> {
    let [mariadb, mysql] = &OLDEST;
    let product = if found.contains(mariadb.name) { mariadb } else { mysql };
    let numbers = found.strip_prefix("5.5.5-").unwrap_or(found);
    let mut parts = numbers.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = [(); 3].map(|()| parts.next().unwrap_or(0));
    if version < product.version {
        return Err(Fault::TooOld { found: found.to_owned(), needed: product.oldest });
    }
    Ok(())
}

/// Settings of the server, by their names.
struct Settings(Vec<(String, String)>);

impl Settings {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn is_on(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !matches!(value.to_ascii_uppercase().as_str(), "OFF" | "0" | ""))
    }

    fn check(&self) -> Result<(), Fault> {
        if self.is_on("read_only") {
            return Err(Fault::ReadOnly);
        }
        if let Some(size) = self.value("max_allowed_packet").and_then(|size| size.parse::<i64>().ok())
            && size < SMALLEST_PACKET
        {
            return Err(Fault::Unfit(format!(
                "its `max_allowed_packet` is {size} bytes: set `max_allowed_packet = 16M`"
            )));
        }
        // InnoDB refuses to write under read committed then.
        if self.is_on("log_bin") && self.value("binlog_format") == Some("STATEMENT") {
            return Err(Fault::Unfit("its `binlog_format` is `STATEMENT`: set `binlog_format = ROW`".to_owned()));
        }
        Ok(())
    }

    /// What the server may lose although it has acknowledged it.
    fn shortcomings(&self) -> Vec<Shortcoming> {
        let late = self.value("innodb_flush_log_at_trx_commit").filter(|value| *value != "1");
        let unsynced = self.is_on("log_bin") && self.value("sync_binlog") == Some("0");
        let late = late.map(|value| Shortcoming::LogFlushedLate(value.to_owned()));
        late.into_iter().chain(unsynced.then_some(Shortcoming::BinaryLogUnsynced)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_product() {
        for good in
            ["10.6.0-MariaDB", "10.11.6-MariaDB-0+deb12u1", "5.5.5-11.4.2-MariaDB", "8.0.16", "8.4.3", "9.1.0-log"]
        {
            assert_eq!(check_version(good), Ok(()), "{good}");
        }
        for (old, oldest) in [
            ("10.5.99-MariaDB", "MariaDB 10.6"),
            ("8.0.15", "MySQL 8.0.16"),
            ("5.7.44-log", "MySQL 8.0.16"),
            ("", "MySQL 8.0.16"),
        ] {
            assert_eq!(check_version(old), Err(Fault::TooOld { found: old.to_owned(), needed: oldest }));
        }
    }

    #[test]
    fn settings_that_would_refuse_or_lose_writes_are_found() {
        let settings = |pairs: &[(&str, &str)]| {
            Settings(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(settings(&[("read_only", "OFF"), ("max_allowed_packet", "16777216")]).check(), Ok(()));
        assert_eq!(settings(&[("read_only", "ON")]).check(), Err(Fault::ReadOnly));
        assert!(matches!(settings(&[("max_allowed_packet", "1024")]).check(), Err(Fault::Unfit(_))));
        let log = [("log_bin", "ON"), ("binlog_format", "STATEMENT")];
        assert!(matches!(settings(&log).check(), Err(Fault::Unfit(_))));
        assert_eq!(settings(&[("log_bin", "OFF"), ("binlog_format", "STATEMENT")]).check(), Ok(()));
        let late = settings(&[("innodb_flush_log_at_trx_commit", "2"), ("log_bin", "ON"), ("sync_binlog", "0")]);
        let found = [Shortcoming::LogFlushedLate("2".to_owned()), Shortcoming::BinaryLogUnsynced];
        assert_eq!(late.shortcomings(), found);
        assert_eq!(settings(&[("innodb_flush_log_at_trx_commit", "1"), ("sync_binlog", "0")]).shortcomings(), []);
    }
}
