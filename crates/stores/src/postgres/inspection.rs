//! Whether a server and a database will do, and whose tables are there.

use tokio_postgres::Client;

use super::fault::quoted;
use super::open::Trouble;
use crate::address::ServerUrl;
use crate::server::Fault;
use crate::sql::schema;

/// The oldest version that will do, for people and as the server counts.
const OLDEST: (&str, i32) = ("13", 13_00_00);

const SERVER: &str = "select current_setting('server_version_num')::int4, current_setting('server_version'), \
                      current_setting('server_encoding'), current_setting('fsync') = 'on'";
/// The schema that unqualified names of ours lead to: where our tables are, or else where new ones are made.
const HOME: &str = "select n.nspname::text, has_schema_privilege(n.oid, 'create') from pg_namespace n \
                    where n.oid = coalesce((select relnamespace from pg_class where oid = to_regclass('schema_version')), \
                    (select oid from pg_namespace where nspname = current_schema()))";
/// The tables of that schema but for those of extensions, and whether we may use each.
const TABLES: &str = "select c.relname::text, has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') \
                      and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') \
                      from pg_class c join pg_namespace n on n.oid = c.relnamespace \
                      where n.nspname = $1 and c.relkind in ('r', 'p', 'f') and not exists (select from pg_depend d \
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') order by 1";
/// Other programs keep a table of that name too, with more in it.
const IS_OURS: &str = "select count(*) = 1 and bool_and(attname = 'version' and atttypid = 'int8'::regtype) from pg_attribute \
                       where attrelid = 'schema_version'::regclass and attnum > 0 and not attisdropped";

/// A database that can be used, perhaps when its tables have been made.
pub(super) struct Found {
    /// The version of its schema; 0 if there are no tables yet.
    pub(super) version: i64,
    /// The schema that the tables are in, or will be.
    pub(super) home: String,
    /// Whether tables may be made there.
    pub(super) may_create: bool,
    /// Whether the server sees to it that what it acknowledges is on the disk.
    pub(super) syncs: bool,
}

/// Looks, and changes nothing.
pub(super) async fn inspect(client: &Client, url: &ServerUrl) -> Result<Found, Trouble> {
    let syncs = server(client).await?;
    let user = quoted(url.user.as_deref());
    let Some(row) = client.query_opt(HOME, &[]).await? else {
        return Err(Trouble::from(Fault::Privilege {
            what: "use any schema of the database".to_owned(),
            grant: format!("run `grant usage, create on schema public to {user}` as the owner of the database"),
        }));
    };
    let (home, may_create): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
    let rows = client.query(TABLES, &[&home]).await?;
    let tables: Vec<(String, bool)> =
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, tokio_postgres::Error>>()?;
    let Some((first, _)) = tables.first() else { return Ok(Found { version: 0, home, may_create, syncs }) };
    if !tables.iter().any(|(name, _)| name == "schema_version") {
        return Err(Fault::Foreign(first.clone()).into());
    }
    if !client.query_one(IS_OURS, &[]).await?.try_get::<_, bool>(0)? {
        return Err(Fault::Foreign("schema_version".to_owned()).into());
    }
    let unusable = || {
        let home = quoted(Some(&home));
        Trouble::from(Fault::Privilege {
            what: "read and write its tables".to_owned(),
            grant: format!(
                "run `grant select, insert, update, delete on all tables in schema {home} to {user}` as their owner"
            ),
        })
    };
    if tables.iter().any(|(name, usable)| name == "schema_version" && !usable) {
        return Err(unusable());
    }
    let version = version(client).await?;
    for name in schema::tables(version) {
        match tables.iter().find(|(table, _)| table == name) {
            Some((_, true)) => {}
            Some((_, false)) => return Err(unusable()),
            None => return Err(Fault::Damaged(format!("the table `{name}` is missing")).into()),
        }
    }
    Ok(Found { version, home, may_create, syncs })
}

/// Whether the server is one that will do; and whether it syncs.
async fn server(client: &Client) -> Result<bool, Trouble> {
    let row = client.query_one(SERVER, &[]).await?;
    let (number, version, encoding): (i32, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    fit(number, version, &encoding)?;
    Ok(row.try_get(3)?)
}

fn fit(number: i32, version: String, encoding: &str) -> Result<(), Fault> {
    let (needed, oldest) = OLDEST;
    if number < oldest {
        return Err(Fault::TooOld { found: version, needed });
    }
    if encoding != "UTF8" {
        return Err(Fault::Unfit(format!(
            "its database is encoded in {encoding}: create one with `encoding 'UTF8' template template0`"
        )));
    }
    Ok(())
}

/// The version that the tables say.
async fn version(client: &Client) -> Result<i64, Trouble> {
    let rows = client.query(schema::READ_VERSION, &[]).await?;
    let [row] = rows.as_slice() else {
        return Err(Fault::Damaged("the table `schema_version` has not one row".to_owned()).into());
    };
    match row.try_get(0)? {
        found if found > schema::VERSION => Err(Fault::Newer { found, known: schema::VERSION }.into()),
        found if found > 0 => Ok(found),
        _ => Err(Fault::Damaged("the table `schema_version` has no version".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_encodings_are_told_apart() {
        assert_eq!(fit(13_00_00, "13.0".to_owned(), "UTF8"), Ok(()));
        assert_eq!(fit(17_00_02, "17.2".to_owned(), "UTF8"), Ok(()));
        let old = fit(12_00_22, "12.22".to_owned(), "UTF8").unwrap_err().to_string();
        assert_eq!(old, "it is version 12.22, and 13 or later is needed");
        let latin = fit(15_00_00, "15.0".to_owned(), "LATIN1").unwrap_err().to_string();
        assert!(latin.contains("encoded in LATIN1: create one with `encoding 'UTF8'"), "{latin}");
    }
}
