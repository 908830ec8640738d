//! The schema, the documentation and the starter file say what the reader reads.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::reader::{SHORT_NAMES, variable};
use super::super::{CONFIG_VARIABLE, SECRET_VARIABLE, schema, starter};
use super::round_trip::EVERYTHING;
use super::{Sources, file, settings, warnings};

const DOCUMENTATION: &str = include_str!("../../../../../docs/configuration.md");

/// The full name of every key of the schema; a client's name and a claim's are `NAME`.
fn keys_of(schema: &Json, path: &str, keys: &mut BTreeSet<String>) {
    let name = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let properties = schema["properties"].as_object();
    for (key, inner) in properties.into_iter().flatten() {
        keys_of(inner, &name(key), keys);
    }
    let free = schema["additionalProperties"].as_object();
    if let Some(inner) = free.filter(|inner| inner.contains_key("properties")) {
        keys_of(&Json::Object(inner.clone()), &name("NAME"), keys);
    } else if properties.is_none() {
        keys.insert(path.to_owned());
    }
}

fn schema_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    keys_of(&schema(), "", &mut keys);
    keys
}

#[test]
fn the_schema_names_the_keys_that_are_read() {
    let read = settings(&file(EVERYTHING)).entries.into_iter().map(|entry| match entry.path.as_slice() {
        [clients, _, claims, _] if clients == "clients" && claims == "claims" => "clients.NAME.claims".to_owned(),
        [clients, _, rest @ ..] if clients == "clients" => format!("clients.NAME.{}", rest.join(".")),
        path => path.join("."),
    });
    assert_eq!(schema_keys(), read.collect());
}

#[test]
fn the_schema_says_each_default() {
    let schema = schema();
    for entry in settings(&Sources::default()).entries.iter().filter(|entry| entry.path[0] != "clients") {
        let pointer = format!("/properties/{}/default", entry.path.join("/properties/"));
        let value = entry.value.as_ref().map(|value| serde_json::to_value(value).unwrap());
        assert_eq!(schema.pointer(&pointer), value.as_ref(), "{pointer}");
    }
    assert_eq!(schema.pointer("/additionalProperties"), Some(&Json::Bool(false)));
}

#[test]
fn the_schema_says_what_each_key_means() {
    fn check(schema: &Json, path: &str) {
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            assert!(inner["description"].is_string(), "{path}{key}");
            check(inner, &format!("{path}{key}."));
        }
    }
    check(&schema(), "");
}

#[test]
fn the_documentation_has_every_key_and_every_variable() {
    for key in schema_keys() {
        let path: Vec<String> = key.split('.').map(ToOwned::to_owned).collect();
        let last = path.last().unwrap();
        let table = path[..path.len() - 1].join(".");
        let heading = if table.is_empty() { "# Configuration".to_owned() } else { format!("## `[{table}]`") };
        let section = DOCUMENTATION.split_once(&heading).unwrap_or_else(|| panic!("no section {heading}")).1;
        let section = section.split("\n## ").next().unwrap();
        let row = section.lines().find(|line| line.starts_with(&format!("| `{last}` |")));
        let row = row.unwrap_or_else(|| panic!("{key} is not documented"));
        if last != "claims" {
            assert!(row.contains(&format!("`{}`", variable(&path))), "{key}: {row}");
        }
    }
    for name in SHORT_NAMES.map(|(_, short)| short).into_iter().chain([CONFIG_VARIABLE, SECRET_VARIABLE]) {
        assert!(DOCUMENTATION.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_documentation_says_each_default() {
    for entry in settings(&Sources::default()).entries.iter().filter(|entry| entry.path[0] != "clients") {
        let key = entry.path.last().unwrap();
        let value = entry.value.as_ref().map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
        let name = variable(&entry.path);
        let row = DOCUMENTATION.lines().find(|line| line.starts_with(&format!("| `{key}` |")) && line.contains(&name));
        assert!(row.unwrap().contains(&format!("| {value}")), "{key}: {row:?}");
    }
}

#[test]
fn the_starter_changes_nothing() {
    let values = |text: &str| settings(&file(text)).shown().into_iter().map(|shown| (shown.key, shown.value)).collect();
    let defaults: Vec<_> =
        settings(&Sources::default()).shown().into_iter().map(|shown| (shown.key, shown.value)).collect();
    let as_it_is: Vec<_> = values(starter());
    assert_eq!(as_it_is, defaults);

    // With every line that shows a default switched on it says what holds anyway.
    let is_setting =
        |line: &str| line.strip_prefix("# ").is_some_and(|rest| rest.contains(" = \"") || rest.contains(" = t"));
    let is_bare = |line: &str| line.split(" = ").next().is_some_and(|key| !key.trim_start_matches("# ").contains(' '));
    let switch = |line: &str| if is_setting(line) && is_bare(line) { line[2..].to_owned() } else { line.to_owned() };
    let switched: Vec<String> = starter().lines().map(switch).collect();
    assert!(switched.iter().filter(|line| line.contains(" = ")).count() > 30);
    let text = switched.join("\n").replace("# min_length", "min_length");
    let switched: Vec<_> = values(&text);
    assert_eq!(switched, defaults);
    assert_eq!(warnings(&file(&text)), Vec::<String>::new());
}

#[test]
fn the_starters_example_of_a_client_loads() {
    let (_, example) = starter().split_once("A client of your own:\n").unwrap();
    let lines: Vec<&str> = example.lines().map(|line| line.trim_start_matches('#').trim_start()).collect();
    assert!(settings(&file(&lines.join("\n"))).clients.find("shop").is_some());
}
