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

#[test]
fn every_operation_has_a_name_of_its_own_and_every_answer_a_description() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name.to_owned()), "{name} twice");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let description = response["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{method} {path} {status}");
            }
        }
    }
    assert!(names.contains("get_sessions_current_data"), "{names:?}");
}

#[test]
fn problems_and_forms_are_described() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let problem = "/content/application~1problem+json/schema/$ref";
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let statuses = ["400", "413", "415", "422"].into_iter().filter(|_| operation.get("requestBody").is_some());
            for status in statuses.chain(["default"]) {
                let schema = operation["responses"][status].pointer(problem).and_then(Value::as_str);
                assert_eq!(schema, Some("#/components/schemas/Problem"), "{method} {path} {status}");
            }
        }
    }
    let members = document["components"]["schemas"]["Problem"]["properties"].as_object().unwrap();
    // As they are said.
    let said = server.send(&Request::post("/login").json(&serde_json::json!({ "surprise": 1 }))).expect(422).json();
    assert!(said.as_object().unwrap().keys().eq(members.keys()), "{said} {members:?}");
    for path in ["/login", "/register", "/password", "/refresh", "/logout", "/setup", "/exchange"] {
        let content = &document["paths"][path]["post"]["requestBody"]["content"];
        assert!(content.get("application/json").is_some(), "{path}");
        assert_eq!(content.get("application/x-www-form-urlencoded").is_some(), path != "/exchange", "{path}");
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
