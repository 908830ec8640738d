//! The writer: groups of changes, and what becomes of them when one fails.

use std::time::Duration;

use rusqlite::Connection;

use super::super::open;
use super::*;
use crate::SqliteOptions;
use crate::sql::Value;

const ADD: &str = "insert into facts (name, content) values (?, ?)";
const REFER: &str = "insert into families values (x'01', x'02', 'a', '', 0, x'03', 0, 0, 0)";

fn connection() -> (Connection, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { busy_timeout: Duration::ZERO, ..SqliteOptions::default() };
    (open::open(&folder.path().join("test.db"), &options).unwrap(), folder)
}

fn add(name: &str) -> Step {
    Step::one(ADD, vec![name.into(), "content".into()])
}

fn never() -> Step {
    Step::one("delete from facts where name = 'nobody'", Vec::new())
}

fn names(connection: &Connection) -> Vec<String> {
    let mut names = connection.prepare("select name from facts order by name").unwrap();
    names.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Runs a group as the thread does, and returns what each job was answered.
fn answers(connection: &Connection, group: Vec<Vec<Step>>) -> Vec<Result<Outcome, StoreError>> {
    let (jobs, mut answered): (Vec<_>, Vec<_>) = group
        .into_iter()
        .map(|steps| {
            let (answer, answered) = oneshot::channel();
            (Job { steps, answer }, answered)
        })
        .unzip();
    commit(connection, jobs);
    answered.iter_mut().map(|answered| answered.try_recv().unwrap()).collect()
}

#[test]
fn a_refused_write_leaves_the_others_of_its_group_alone() {
    let (connection, _folder) = connection();
    let group = vec![
        vec![add("a")],
        vec![add("b"), never(), add("c")],
        vec![add("d"), add("a")],
        vec![add("e"), Step::any(REFER, Vec::new())],
        vec![add("f"), Step::any("insert into nowhere values (1)", Vec::new())],
        vec![add("g"), Step::any("insert into facts values ('h', 1.5)", Vec::new())],
        vec![add("z"), Step::one("select name from facts where name = 'z'", Vec::new())],
    ];
    let answers = answers(&connection, group);
    assert!(matches!(&answers[0], Ok(Outcome::Done(effects)) if effects.len() == 1));
    assert!(matches!(answers[1], Ok(Outcome::Refused { step: 1 })));
    assert!(matches!(&answers[2], Ok(Outcome::Conflict { step: 1, constraint }) if constraint == "name"));
    assert!(matches!(answers[3], Ok(Outcome::Refused { step: 1 })), "what it refers to is not there");
    assert!(matches!(answers[4], Err(StoreError::Damaged { .. })));
    assert!(matches!(answers[5], Ok(Outcome::Done(_))), "a number becomes text in a column of text");
    let Ok(Outcome::Done(effects)) = &answers[6] else { panic!("the last write was refused") };
    assert!(effects[1].rows == [vec![Value::from("z")]], "a select answers within the transaction");
    assert_eq!(names(&connection), ["a", "g", "h", "z"]);
    assert!(connection.is_autocommit(), "the transaction has ended");
}

#[test]
fn when_the_commit_fails_every_write_of_the_group_has_failed() {
    let (connection, _folder) = connection();
    let broken = vec![Step::any("pragma defer_foreign_keys = on", Vec::new()), Step::any(REFER, Vec::new())];
    let failed = answers(&connection, vec![vec![add("a")], broken, vec![add("b")], vec![never()]]);
    assert_eq!(failed.len(), 4);
    assert!(failed.iter().all(Result::is_err));
    assert!(names(&connection).is_empty());
    let good = answers(&connection, vec![vec![add("a")]]);
    assert!(matches!(good[0], Ok(Outcome::Done(_))), "the next group is not harmed");
}

#[test]
fn when_an_error_ends_the_transaction_every_write_of_the_group_has_failed_by_it() {
    let (connection, _folder) = connection();
    let fatal = vec![Step::any("insert or rollback into facts (name, content) values ('x', null)", Vec::new())];
    for answer in answers(&connection, vec![vec![add("a")], fatal, vec![add("b")]]) {
        let text = format!("{:?}", answer.err().unwrap());
        assert!(text.contains("NOT NULL constraint failed"), "{text}");
    }
    assert!(names(&connection).is_empty());
}

#[test]
fn a_full_disk_is_unavailable_and_what_fits_stays_whole() {
    let (connection, _folder) = connection();
    let pages: i64 = connection.query_one("pragma page_count", (), |row| row.get(0)).unwrap();
    connection.query_one(&format!("pragma max_page_count = {}", pages + 2), (), |_| Ok(())).unwrap();
    let big = vec![add("big"), Step::one(ADD, vec!["bigger".into(), "x".repeat(1 << 20).into()])];
    let answers = answers(&connection, vec![vec![add("a")], big, vec![add("b")]]);
    assert!(matches!(answers[1], Err(StoreError::Unavailable(_))));
    let stored = names(&connection);
    assert!(!stored.contains(&"big".to_owned()));
    assert_eq!(stored.contains(&"a".to_owned()), matches!(answers[0], Ok(Outcome::Done(_))));
    assert_eq!(stored.contains(&"b".to_owned()), matches!(answers[2], Ok(Outcome::Done(_))));
    assert!(connection.is_autocommit());
}

#[test]
fn while_another_holds_the_lock_nothing_is_written() {
    let (connection, folder) = connection();
    let other = Connection::open(folder.path().join("test.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let failed = answers(&connection, vec![vec![add("a")], vec![add("b")]]);
    assert!(failed.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))));
    drop(other);
    assert!(names(&connection).is_empty());
}
