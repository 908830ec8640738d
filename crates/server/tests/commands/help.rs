//! What `--help` and the documentation say is what there is.

use clap::{Command, CommandFactory as _};
use counterfoil::cli::Cli;

use crate::support::Folder;

/// Each command that can be run, by its full name.
fn leaves(command: &Command, before: &str, found: &mut Vec<String>) {
    for inner in command.get_subcommands() {
        let name = format!("{before} {}", inner.get_name());
        if inner.get_subcommands().next().is_none() {
            found.push(name);
        } else {
            leaves(inner, &name, found);
        }
    }
}

fn commands() -> Vec<String> {
    let mut found = Vec::new();
    leaves(&Cli::command(), "counterfoil", &mut found);
    found
}

#[test]
fn every_command_there_is_is_one_of_these() {
    let expected = "serve, demo, init, user add, user list, user show, user disable, user enable, user password, user roles, \
                    user metadata, user import, user delete, session list, session purge, session revoke, revoke, key list, key rotate, \
                    key retire, key revoke, key import, audit list, audit verify, audit repair, store copy, store restored, token decode, token verify, config check, \
                    config show, config schema, doctor";
    let expected: Vec<String> = expected.split(", ").map(|name| format!("counterfoil {name}")).collect();
    assert_eq!(commands(), expected);
}

#[test]
fn every_command_explains_itself_and_exits_with_0() {
    let folder = Folder::new();
    for command in commands() {
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--help"]).collect();
        let help = folder.run(&words).done().out;
        assert!(help.contains(&format!("Usage: {command}")) && help.contains("Example"), "{help}");
    }
    for group in ["user", "session", "key", "store", "audit", "token", "config"] {
        assert_eq!(folder.run(&[group]).code, 2, "{group}");
        assert_eq!(folder.run(&[group, "help"]).code, 2, "{group}");
    }
}

#[test]
fn every_command_that_answers_can_answer_in_json() {
    let root = Cli::command();
    for name in commands() {
        let words = name.split(' ').skip(1);
        let command = words.fold(&root, |command, word| command.find_subcommand(word).unwrap());
        // These two serve until they are stopped, and answer nothing.
        let serves = ["serve", "demo"].contains(&command.get_name());
        assert_eq!(command.get_arguments().any(|argument| argument.get_long() == Some("json")), !serves, "{name}");
    }
    let folder = Folder::new();
    assert_eq!(folder.json(&["config", "schema"]), folder.run(&["config", "schema"]).done().json());
}

#[test]
fn every_command_is_documented_with_an_example() {
    let document = include_str!("../../../../docs/command-line.md");
    for command in commands() {
        let heading = command.trim_start_matches("counterfoil ");
        assert!(document.contains(&format!("### {heading}\n")), "{heading}");
        let example = |line: &str| line.trim_start().starts_with(&command) || line.contains(&format!("| {command}"));
        assert!(document.lines().any(example), "{command}: no example");
    }
    let headings = document.lines().filter_map(|line| line.strip_prefix("### "));
    for heading in headings {
        assert!(commands().contains(&format!("counterfoil {heading}")), "{heading} is no command");
    }
}
