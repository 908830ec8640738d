//! The workshop: what is done to the tree by a program, as `cargo xtask …`.

mod tidy;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")),
        _ => {
            eprintln!("usage: cargo xtask tidy    checks the style that no compiler checks");
            ExitCode::from(2)
        }
    }
}
