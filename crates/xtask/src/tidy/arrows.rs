//! Which crate may know which: server → guard, stores, core; guard → core; stores → core; core → none of ours.

use super::code::has_word;
use super::manifest::section;
use super::tree::{Finding, Tree};

/// A crate's folder, and the crates that it must not know.
const STRANGERS: [(&str, &[&str]); 3] = [
    (
        "crates/core/",
        &[
            "counterfoil",
            "counterfoil_guard",
            "counterfoil_stores",
            "http",
            "http_body_util",
            "axum",
            "hyper",
            "hyper_util",
            "tower",
            "reqwest",
            "rusqlite",
            "sqlx",
            "tokio_postgres",
            "redis",
        ],
    ),
    ("crates/guard/", &["counterfoil", "counterfoil_stores", "rusqlite", "sqlx", "tokio_postgres", "redis"]),
    ("crates/stores/", &["counterfoil", "counterfoil_guard", "axum", "hyper", "tower", "http"]),
];

/// What the domain does not touch: files, sockets, its surroundings. A list (`std::{…}`) could hide one of them.
const WORLD: [&str; 8] =
    ["std::fs", "std::net::Tcp", "std::net::Udp", "std::env", "std::process", "std::{", "tokio::net", "tokio::fs"];

pub(super) fn imports(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.sources() {
        let program = file.program();
        for (_, strangers) in STRANGERS.iter().filter(|(folder, _)| file.path.starts_with(folder)) {
            let known = |line: &str| strangers.iter().any(|stranger| has_word(line, &format!("{stranger}::")));
            findings.extend(file.lines_with(&program, known));
        }
        if file.path.starts_with("crates/core/") {
            let outside =
                |line: &str| WORLD.iter().any(|path| has_word(line, path) || line.contains(&format!(" {path}")));
            findings.extend(file.lines_with(&program, outside));
        }
    }
    findings
}

pub(super) fn dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, strangers) in STRANGERS {
        let Some(manifest) = tree.file(&format!("{folder}Cargo.toml")) else { continue };
        let known = section(manifest, "[dependencies]").filter(|(_, line)| {
            let name = line.split(['.', ' ', '=']).next().unwrap_or(line);
            strangers.contains(&name.replace('-', "_").as_str())
        });
        findings.extend(known.map(|(number, line)| manifest.finding(number, line)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_against_the_arrows_is_found() {
        for (path, line) in [
            ("crates/core/src/a.rs", "use axum::Router;"),
            ("crates/core/src/a.rs", "use std::fs::File;"),
            ("crates/core/src/a.rs", "use std::{fs, io};"),
            ("crates/core/src/a.rs", "let s = std::net::TcpStream::connect(a);"),
            ("crates/core/src/a.rs", "fn f(u: http::Uri) {}"),
            ("crates/guard/src/a.rs", "use counterfoil_stores::open;"),
            ("crates/guard/src/a.rs", "use rusqlite::Connection;"),
            ("crates/stores/src/a.rs", "use counterfoil_guard::Guard;"),
            ("crates/stores/src/a.rs", "use axum::Json;"),
        ] {
            assert_eq!(imports(&Tree::of(&[(path, line)])).len(), 1, "{path}: {line}");
        }
    }

    #[test]
    fn an_import_along_the_arrows_is_not() {
        for (path, line) in [
            ("crates/core/src/a.rs", "use std::net::IpAddr;"),
            ("crates/core/src/a.rs", "use crate::http::Uri; // axum::Router"),
            ("crates/guard/src/a.rs", "use counterfoil_core::verifier::Verifier;"),
            ("crates/stores/src/a.rs", "use std::fs::File;"),
            ("crates/server/src/a.rs", "use counterfoil_stores::open;"),
        ] {
            assert_eq!(imports(&Tree::of(&[(path, line)])), [], "{path}: {line}");
        }
    }

    #[test]
    fn a_dependency_against_the_arrows_is_found() {
        let manifest = "[dependencies]\nserde.workspace = true\ncounterfoil-stores.workspace = true\nhttp = \"1\"\n\
                        [dev-dependencies]\naxum.workspace = true\n";
        let count = |folder: &str| dependencies(&Tree::of(&[(&format!("crates/{folder}/Cargo.toml"), manifest)])).len();
        assert_eq!((count("core"), count("guard"), count("stores"), count("server")), (2, 1, 1, 0));
    }
}
