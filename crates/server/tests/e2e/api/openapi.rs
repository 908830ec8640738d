//! `GET /openapi.json`

use std::collections::BTreeSet;

use serde_json::Value;

use crate::refusals::ROUTES;
use crate::support::{Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn it_describes_every_route_and_no_other() {
    let server = SHARED.server();
    let answer = server.send(&Request::get("/openapi.json")).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    for route in ROUTES {
        let path = &document["paths"][route.path];
        assert!(path.is_object(), "{} is missing", route.path);
        for method in route.api {
            let operation = &path[method.to_ascii_lowercase()];
            assert!(
                operation["responses"].as_object().is_some_and(|found| !found.is_empty()),
                "{method} {}",
                route.path
            );
        }
    }
    for path in document["paths"].as_object().unwrap().keys() {
        let target = path.replace("{id}", "x").replace("{slug}", "x");
        let answer = server.send(&Request::new("PATCH", &target));
        assert_eq!(answer.status, 405, "{path} is described and not there");
    }
}

#[test]
fn what_it_refers_to_is_in_it() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is elsewhere"));
        assert!(document.pointer(pointer).is_some(), "{reference} is not there");
    }
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.insert(reference.to_owned());
            }
            members.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}
