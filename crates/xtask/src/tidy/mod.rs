//! The style that no compiler checks: each rule is a function from the tree to what breaks it.

mod arrows;
mod code;
mod files;
mod manifest;
mod panics;
pub(crate) mod requirements;
mod routes;
mod secrets;
mod text;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use tree::{Finding, Tree};

/// A rule, in the words in which it is broken.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("a Rust file has at most 400 lines", files::size),
    ("a source file begins with what it is about (`//!`)", files::introduction),
    ("a file is named after what is in it, not `utils` or `helpers`", files::names),
    ("outside tests nothing panics", panics::panics),
    ("lints are not silenced but expected (`#[expect]`), and no test is ignored", panics::silenced),
    ("crates import each other along the arrows of ARCHITECTURE.md alone", arrows::imports),
    ("crates depend on each other along the arrows of ARCHITECTURE.md alone", arrows::dependencies),
    ("a crate says what it is", manifest::descriptions),
    ("`unsafe` is forbidden in every crate", manifest::lints),
    ("nothing names a folder of somebody's machine", text::machine_paths),
    ("no merge is left half done", text::conflict_markers),
    ("a link inside the tree leads somewhere", text::links),
    ("a secret is compared in constant time", secrets::compared),
    ("a type that holds a secret in clear cannot be compared by `==`", secrets::comparable),
    ("each route is in the OpenAPI document", routes::documented),
    ("a test that is named after a requirement names one that there is", requirements::named),
    ("what must hold has a test, or says why it cannot", requirements::proven),
    ("docs/security/requirements.md is what the tests prove", requirements::current),
];

/// Checks the tree under `root`, and says what breaks which rule.
pub(crate) fn run(root: &Path) -> ExitCode {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(why) => {
            eprintln!("error: the tree cannot be read: {why}");
            return ExitCode::FAILURE;
        }
    };
    let mut broken = 0;
    for (rule, check) in RULES {
        let findings = check(&tree);
        if !findings.is_empty() {
            eprintln!("{rule}:");
        }
        for finding in &findings {
            eprintln!("  {finding}");
        }
        broken += findings.len();
    }
    if broken == 0 {
        println!("tidy: {} rules hold in {} files", RULES.len(), tree.files.len());
        return ExitCode::SUCCESS;
    }
    eprintln!("tidy: {broken} findings");
    ExitCode::FAILURE
}
