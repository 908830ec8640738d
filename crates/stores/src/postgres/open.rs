//! Opening a database: what may be wrong with it, and what to do about it. Nothing that is not ours is changed.

use std::time::Duration;

use tokio_postgres::{Client, Error};

use super::DIALECT;
use super::connect::Connector;
use super::fault::{self, quoted};
use super::inspection::{self, Found};
use super::transaction::{BEGIN, COMMIT};
use crate::address::ServerUrl;
use crate::server::{Fault, Options, Protocol, ServerError, Shortcoming, Weakness};
use crate::sql::schema;

pub(super) const PRODUCT: &str = "PostgreSQL";
/// "CFOI": whoever changes the tables holds this lock of the database's.
const LOCK: i64 = 0x4346_4F49;
/// For how long another node may change the tables, and for how long this one may.
const PATIENCE: Duration = Duration::from_mins(5);

/// In READ COMMITTED, each statement would look at a moment of its own.
const ONE_MOMENT: &str = "begin isolation level repeatable read, read only";

/// What goes wrong at an opening, and what the driver says about it.
pub(super) struct Trouble {
    fault: Fault,
    error: Option<Error>,
}

/// The way to a database whose tables are ours and of this build's schema.
pub(super) async fn open(url: &ServerUrl, options: &Options) -> Result<Connector, ServerError> {
    let (connector, found) = reach(url, options, true).await?;
    for weakness in weaknesses(&found, url) {
        tracing::warn!("{weakness}");
    }
    Ok(connector)
}

/// A database that is left as it is.
pub(super) struct Look {
    pub(super) connector: Connector,
    /// The version of its tables: 0 where there are none.
    pub(super) version: i64,
    pub(super) weaknesses: Vec<Weakness>,
}

/// The way to a database that is left as it is.
pub(super) async fn look(url: &ServerUrl, options: &Options) -> Result<Look, ServerError> {
    let (connector, found) = reach(url, options, false).await?;
    Ok(Look { connector, version: found.version, weaknesses: weaknesses(&found, url) })
}

fn weaknesses(found: &Found, url: &ServerUrl) -> Vec<Weakness> {
    let weakness = Weakness { product: PRODUCT, place: url.place(), what: Shortcoming::FsyncOff };
    if found.syncs { Vec::new() } else { vec![weakness] }
}

async fn reach(url: &ServerUrl, options: &Options, to_migrate: bool) -> Result<(Connector, Found), ServerError> {
    let opened = async {
        let connector = Connector::new(url, options)?;
        let (client, task) = in_time(options.timeout, connect(&connector, url)).await?;
        let found = in_time(options.timeout, at_one_moment(&client, url)).await?;
        if to_migrate && found.version == 0 && !options.make {
            return Err(Fault::Empty.into());
        }
        if to_migrate && found.version < schema::VERSION {
            in_time(PATIENCE, migrate(&client, url)).await?;
        }
        drop(client);
        drop(task);
        Ok((connector, found))
    };
    match opened.await {
        Ok(opened) => Ok(opened),
        Err(Trouble { fault, error }) => Err(ServerError {
            product: PRODUCT,
            place: url.place(),
            // What the server itself has said, it has said in its protocol.
            fault: match error.as_ref().and_then(Error::code) {
                Some(_) => fault,
                None => Protocol::Postgres.or_stranger(fault, url.host()).await,
            },
            source: error.map(fault::source),
        }),
    }
}

async fn connect(connector: &Connector, url: &ServerUrl) -> Result<(Client, tokio::task::JoinHandle<()>), Trouble> {
    connector.connect().await.map_err(|error| Trouble { fault: fault::of(&error, url), error: Some(error) })
}

async fn in_time<T>(patience: Duration, task: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(patience, task).await.unwrap_or_else(|_| Err(Fault::Silent(patience).into()))
}

/// Looks at the tables as they are at one moment: another node may be changing them.
async fn at_one_moment(client: &Client, url: &ServerUrl) -> Result<Found, Trouble> {
    client.batch_execute(ONE_MOMENT).await?;
    let found = inspection::inspect(client, url).await?;
    client.batch_execute(COMMIT).await?;
    Ok(found)
}

/// Brings the tables up to this build's schema, whole or not at all. One node at a time does it.
async fn migrate(client: &Client, url: &ServerUrl) -> Result<(), Trouble> {
    let patience = PATIENCE.as_millis();
    client.batch_execute(BEGIN).await?;
    client.batch_execute(&format!("set local statement_timeout = 0; set local lock_timeout = {patience}")).await?;
    client.batch_execute(&format!("select pg_advisory_xact_lock({LOCK})")).await?;
    // Under the lock, because another node may have been faster.
    let Found { version, home, may_create, .. } = inspection::inspect(client, url).await?;
    if version < schema::VERSION {
        if !may_create {
            let (home, user) = (quoted(Some(&home)), quoted(url.user.as_deref()));
            return Err(Trouble::from(Fault::Privilege {
                what: format!("make tables in the schema {home}"),
                grant: format!("run `grant usage, create on schema {home} to {user}` as the owner of the database"),
            }));
        }
        client.batch_execute(&schema::migrations(&DIALECT, version).join(";\n")).await?;
    }
    client.batch_execute(COMMIT).await?;
    Ok(())
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self { fault, error: None }
    }
}

/// Of a statement on a connection that was there.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let fault = match error.code().map(tokio_postgres::error::SqlState::code) {
            Some("25006") => Fault::ReadOnly,
            Some("55P03") => {
                Fault::Unfit("another node has been changing its tables for too long: end that one".to_owned())
            }
            Some(_) => Fault::Other,
            None => Fault::Unreachable,
        };
        Self { fault, error: Some(error) }
    }
}
