//! Databases and keys of one test alone. The shared servers are those of the test run.

use super::super::{ServiceError, fresh};

#[test]
fn databases_are_apart_and_go() -> Result<(), ServiceError> {
    for make in [fresh::postgres, fresh::mariadb] {
        let (one, other) = (make()?, make()?);
        assert_ne!(one.url(), other.url());
        one.query("create table t (n int)")?;
        other.query("create table t (n int)")?;
        let databases = "select count(*) from information_schema.schemata where schema_name = 'information_schema'";
        assert_eq!(one.query(databases)?, "1");
        let name = one.name().to_owned();
        drop(one);
        let again = other.query(&format!("create database {name}"));
        assert_eq!(again?, "", "it was still there");
        other.query(&format!("drop database {name}"))?;
    }
    Ok(())
}

#[test]
fn keyspaces_are_apart() -> Result<(), ServiceError> {
    for make in [fresh::redis, fresh::redis_cluster] {
        let (one, other) = (make()?, make()?);
        assert_ne!(one.prefix(), other.prefix());
        assert!(one.url().ends_with(&format!("?prefix={}", one.prefix())));
    }
    Ok(())
}
