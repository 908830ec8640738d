//! Every route stands in the OpenAPI document, but those for browsers and for one kind of proxy.

use super::code::without_tests;
use super::tree::{Finding, Tree};

const ROUTER: &str = "crates/server/src/api/mod.rs";
const DOCUMENT: &str = "crates/server/src/api/openapi.rs";

/// Handlers of pages, buttons and files, and of requests that a proxy holds back, whose addresses OpenAPI cannot describe: no part of
/// the interface for programs.
const FOR_OTHERS: [&str; 11] = [
    "account::front",
    "account::asset",
    "account::end_session",
    "account::end_other_sessions",
    "login::page",
    "refresh::page",
    "refresh::log_out",
    "register::page",
    "setup::page",
    "problems::explain",
    "verify::verify_held_back",
];

pub(super) fn documented(tree: &Tree) -> Vec<Finding> {
    let (Some(router), Some(document)) = (tree.file(ROUTER), tree.file(DOCUMENT)) else { return Vec::new() };
    let served = handlers(&without_tests(&router.text));
    let listed = paths(&document.text);
    let stands = |list: &[String], handler: &str| list.iter().any(|listed| listed == handler);
    let for_others = |handler: &str| FOR_OTHERS.contains(&handler);

    let mut findings = Vec::new();
    for handler in served.iter().filter(|handler| !stands(&listed, handler) && !for_others(handler)) {
        findings.push(router.finding(0, format!("{handler} is not in the document")));
    }
    for handler in listed.iter().filter(|handler| !stands(&served, handler)) {
        findings.push(document.finding(0, format!("{handler} is no route")));
    }
    for handler in FOR_OTHERS.iter().filter(|handler| !stands(&served, handler)) {
        findings.push(router.finding(0, format!("{handler} is an exception here (xtask) but no route")));
    }
    findings
}

/// The `module::function` in every `get(…)`, `post(…)` and so on.
fn handlers(router: &str) -> Vec<String> {
    let arguments = router.split(".route(").skip(1).flat_map(|route| {
        let end = route.find(".route").unwrap_or(route.len());
        ["get(", "post(", "put(", "patch(", "delete(", "any("]
            .into_iter()
            .flat_map(move |method| route[..end].split(method).skip(1))
            .filter_map(|rest| rest.split(')').next())
    });
    arguments.filter(|handler| is_path(handler)).map(str::to_owned).collect()
}

/// The list `paths(…)` of the document. Its own handler stands there without its module.
fn paths(document: &str) -> Vec<String> {
    let list = document.split("paths(").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or_default();
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| if entry.contains("::") { entry.to_owned() } else { format!("openapi::{entry}") }).collect()
}

fn is_path(text: &str) -> bool {
    text.contains("::") && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(routes: &str, listed: &str) -> Vec<String> {
        let exceptions = FOR_OTHERS
            .map(|handler| {
                format!(
                    ".route(\"/x\", get({handler}))
"
                )
            })
            .concat();
        let (router, document) = (format!("{exceptions}{routes}"), format!("paths({listed}),"));
        let tree = Tree::of(&[(ROUTER, router.as_str()), (DOCUMENT, document.as_str())]);
        documented(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_route_that_is_not_documented_is_found() {
        let routes =
            ".route(\"/a\", get(a::show).post(a::make))\n.route(\"/b\", axum::routing::delete(b::end)).route_layer(x)";
        assert_eq!(found(routes, "a::show, a::make, b::end,"), [""; 0]);
        assert_eq!(found(routes, "a::show, b::end"), [format!("{ROUTER}:1: a::make is not in the document")]);
        assert_eq!(found(routes, "a::show, a::make"), [format!("{ROUTER}:1: b::end is not in the document")]);
    }

    #[test]
    fn a_documented_route_that_is_not_served_is_found() {
        let route = ".route(\"/openapi.json\", get(openapi::show))";
        assert_eq!(found(route, "show"), [""; 0]);
        assert_eq!(found(route, "show, c::gone"), [format!("{DOCUMENT}:1: c::gone is no route")]);
    }

    #[test]
    fn an_exception_that_is_no_route_is_found() {
        let tree = Tree::of(&[(ROUTER, ""), (DOCUMENT, "paths()")]);
        assert_eq!(documented(&tree).len(), FOR_OTHERS.len());
    }
}
