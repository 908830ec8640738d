//! `GET /openapi.json`

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::refusals::ROUTES;
use crate::support::{MODES, Person, Request, Shared};

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

#[test]
fn what_every_credential_may_meet_is_named() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let person = Person::new(&server);
    let (cookie, bearer) = (person.logs_in(&server, &MODES[0]), person.logs_in(&server, &MODES[2]));
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("security").is_none() {
                continue;
            }
            let plain = Request::new(&method.to_ascii_uppercase(), &path.replace("{id}", "x"));
            let asked = if operation.get("requestBody").is_some() { plain.json(&json!({})) } else { plain };
            let mut met = vec![(401, asked.clone()), (400, bearer.on(cookie.on(asked.clone())))];
            if method != "get" {
                met.push((403, cookie.alone_on(asked)));
            }
            for (status, request) in met {
                server.send(&request).problem(status);
                assert!(operation["responses"].get(status.to_string()).is_some(), "{method} {path}: {status}");
                seen += 1;
            }
            for (status, header) in [("401", "WWW-Authenticate"), ("503", "Retry-After")] {
                assert!(operation["responses"][status]["headers"].get(header).is_some(), "{method} {path}: {header}");
            }
        }
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn a_body_that_may_be_left_out_is_no_null() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    for path in ["/logout", "/refresh"] {
        let body = &document["paths"][path]["post"]["requestBody"];
        assert_ne!(body["required"], true, "{path}");
        for described in body["content"].as_object().unwrap().values() {
            assert!(described["schema"]["$ref"].is_string(), "{path}: {described}");
        }
        server.send(&Request::post(path).text("application/json", "null")).problem(422);
        server.send(&Request::post(path)).problem(401);
    }
}

#[test]
fn what_verify_tells_a_proxy_is_described() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    let answer = server.send(&ticket.on(Request::get("/verify"))).expect(200);
    let told = answer.headers.iter().map(|(name, _)| name.clone()).filter(|name| name.starts_with("x-auth-"));
    let described = document["paths"]["/verify"]["get"]["responses"]["200"]["headers"].as_object().unwrap();
    assert_eq!(
        told.collect::<BTreeSet<_>>(),
        described.keys().map(|name| name.to_ascii_lowercase()).collect::<BTreeSet<_>>()
    );
}

#[test]
fn answers_have_the_members_that_are_described() {
    let server = SHARED.server();
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let check = |method: &str, path: &str, status: u16, request: &Request| {
        let answer = server.send(request).expect(status);
        let described = &document["paths"][path][method]["responses"][status.to_string()]["content"];
        conforms(&document, &described["application/json"]["schema"], &answer.json(), &format!("{method} {path}"));
    };
    for path in ["/healthz", "/readyz", "/.well-known/jwks.json", "/openapi.json"] {
        check("get", path, 200, &Request::get(path));
    }
    let new = json!({ "username": "openapi-newcomer", "password": crate::support::PASSWORD });
    check("post", "/register", 201, &Request::post("/register").json(&new));
    let person = Person::new(&server);
    for mode in MODES {
        check("post", "/login", 200, &person.login_to(mode.client));
        let ticket = person.logs_in(&server, &mode);
        for path in ["/profile", "/dashboard", "/sessions"] {
            check("get", path, 200, &ticket.on(Request::get(path)));
        }
        for other in MODES {
            let wanted = Request::post("/exchange").json(&json!({ "client": other.client }));
            check("post", "/exchange", 200, &ticket.on(wanted));
        }
        if ticket.refresh.is_some() {
            check("post", "/refresh", 200, &ticket.refreshing());
        }
    }
}

/// Whether a value is as a schema says, as far as the schemas of this document say anything: types, and members of objects.
#[track_caller]
fn conforms(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return conforms(document, document.pointer(&reference[1..]).unwrap(), value, place);
    }
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    assert!(types.contains(&found.into()), "{place}: {value} is none of {types:?}");
    for item in value.as_array().into_iter().flatten() {
        conforms(document, &schema["items"], item, place);
    }
    let (Some(members), Some(described)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(members.contains_key(name), "{place}: {name} is missing in {value}");
    }
    for (name, member) in members {
        let inner = described.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
        conforms(document, inner, member, &format!("{place} {name}"));
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
