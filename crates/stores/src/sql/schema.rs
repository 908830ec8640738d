//! The tables, and how they came to be.

use super::Dialect;

/// Each version of the schema by the statements that make it from the one before. Only ever appended to.
const MIGRATIONS: &[&[&str]] = &[FIRST, SECOND, THIRD, FOURTH];

/// The version that this build reads and writes.
pub const VERSION: i64 = 4;

/// The version of a database that has tables; the tables themselves say it.
pub const READ_VERSION: &str = "select version from schema_version";

/// The statements that lead from the schema's version `from` (0: nothing there) to [`VERSION`], to be run in one transaction.
pub fn migrations(dialect: &Dialect, from: i64) -> Vec<String> {
    let done = usize::try_from(from).unwrap_or(0);
    let mut statements: Vec<String> =
        MIGRATIONS.iter().skip(done).flat_map(|version| version.iter()).map(|text| dialect.schema(text)).collect();
    statements.push(format!("update schema_version set version = {VERSION}"));
    statements
}

/// The names of the tables that a version has.
pub fn tables(version: i64) -> impl Iterator<Item = &'static str> {
    let versions = usize::try_from(version).unwrap_or(0);
    let name = |text: &&'static str| text.strip_prefix("create table ")?.split_whitespace().next();
    MIGRATIONS.iter().take(versions).flat_map(|statements| statements.iter()).filter_map(name)
}

/// Unique columns are named constraints, so that a database says by name which one a row would have violated.
const FIRST: &[&str] = &[
    "create table schema_version (version {integer} not null{single}) {counted}",
    "insert into schema_version (version) values (0)",
    // `username_key` and `email_key` are what is compared; the others are spelled as their owners spell them.
    "create table users (
        id {id} not null primary key,
        username {word} not null,
        username_key {word} not null,
        email {word},
        email_key {word},
        password {text} not null,
        roles {text} not null,
        metadata {text} not null,
        state {word} not null,
        generation {integer} not null,
        spared {text},
        version {integer} not null,
        created_at {integer} not null,
        constraint username_key unique (username_key),
        constraint email_key unique (email_key)
    ) {keyed}",
    // No foreign key to users: sessions may be kept in another store than users.
    "create table sessions (
        id {id} not null primary key,
        user_id {id} not null,
        client {word} not null,
        kind {word} not null,
        generation {integer} not null,
        scopes {text} not null,
        authenticated_at {integer} not null,
        last_seen_at {integer} not null,
        expires_at {integer} not null,
        ip {word},
        user_agent {text},
        data {text} not null
    ) {keyed}",
    "create index sessions_of_user on sessions (user_id, authenticated_at)",
    "create index sessions_by_expiry on sessions (expires_at)",
    "create table session_references (
        hash {hash} not null primary key,
        session_id {id} not null,
        client {word} not null,
        scopes {text} not null,
        idle {integer},
        idle_expires_at {integer},
        expires_at {integer} not null,
        constraint session_of_reference foreign key (session_id) references sessions (id) on delete cascade
    ) {keyed}",
    "create index references_of_session on session_references (session_id)",
    "create index references_by_expiry on session_references (expires_at)",
    "create table families (
        id {id} not null primary key,
        session_id {id} not null,
        client {word} not null,
        scopes {text} not null,
        generation {integer} not null,
        hash {hash} not null,
        rotated_at {integer} not null,
        expires_at {integer} not null,
        constraint session_of_family foreign key (session_id) references sessions (id) on delete cascade
    ) {keyed}",
    "create index families_of_session on families (session_id)",
    "create index families_by_expiry on families (expires_at)",
    "create table revocations (
        position {integer} not null primary key,
        target {text} not null,
        expires_at {integer} not null
    ) {counted}",
    "create index revocations_by_expiry on revocations (expires_at)",
    // One row. An append raises it in its own transaction, so positions are given in the order of commit.
    "create table log_head (position {integer} not null{single}) {counted}",
    "insert into log_head (position) values (0)",
    // `seat` is the state of a key that is active or next, and null otherwise: nulls are not equal, so they are never unique.
    "create table signing_keys (
        kid {word} not null primary key,
        algorithm {word} not null,
        state {word} not null,
        seat {word},
        sealed {bytes} not null,
        created_at {integer} not null,
        state_since {integer} not null,
        constraint seat unique (algorithm, seat)
    ) {keyed}",
    "create table facts (
        name {word} not null primary key,
        content {text} not null
    ) {keyed}",
];

/// Credentials carry how much of the log their maker knew. Those of before knew nothing of what their end will be.
const SECOND: &[&str] = &[
    "alter table sessions add column position {integer} default 0 not null",
    "alter table session_references add column position {integer} default 0 not null",
    "alter table families add column position {integer} default 0 not null",
];

/// Who follows the log. `lease` is in milliseconds.
const THIRD: &[&str] = &["create table nodes (
        id {id} not null primary key,
        position {integer} not null,
        lease {integer} not null
    ) {keyed}"];

/// Failed attempts: what is nobody's and what is an address's expires; what is a user's does not. And what was written down, each row
/// bound to the one before by its tag, with where it begins and ends in one row that an append moves in its own transaction.
const FOURTH: &[&str] = &[
    "create table attempts (
        budget {hash} not null primary key,
        failures {integer} not null,
        recent {integer} not null,
        noted_at {integer} not null,
        expires_at {integer}
    ) {keyed}",
    "create index attempts_by_expiry on attempts (expires_at)",
    "create table audit (
        number {integer} not null primary key,
        at {integer} not null,
        event {word} not null,
        user_id {id},
        content {text} not null,
        tag {word} not null
    ) {counted}",
    "create index audit_of_user on audit (user_id, number)",
    "create table audit_ends (
        anchor {integer} not null,
        anchor_tag {word} not null,
        anchor_seal {word} not null,
        number {integer} not null,
        tag {word} not null,
        seal {word} not null{single}
    ) {counted}",
    "insert into audit_ends (anchor, anchor_tag, anchor_seal, number, tag, seal) values (0, '', '', 0, '', '')",
];

#[cfg(test)]
#[path = "tests/version_1.rs"]
pub(crate) mod version_1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::DIALECT;

    #[test]
    fn each_version_has_its_migration() {
        assert_eq!(i64::try_from(MIGRATIONS.len()).unwrap(), VERSION);
    }

    #[test]
    fn each_version_has_its_tables() {
        assert_eq!(tables(0).count(), 0);
        assert!(tables(1).any(|name| name == "session_references") && !tables(1).any(|name| name == "nodes"));
        assert!(tables(VERSION).any(|name| name == "nodes"));
    }

    #[test]
    fn a_dialect_spells_every_type() {
        for statement in migrations(&DIALECT, 0) {
            assert!(!statement.contains(['{', '}']), "{statement}");
        }
    }

    #[test]
    fn only_the_missing_migrations_are_run() {
        assert_eq!(migrations(&DIALECT, VERSION).len(), 1, "the version itself");
    }
}
