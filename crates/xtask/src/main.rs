//! The workshop: what is done to the tree by a program, as `cargo xtask …`.

mod deny;
mod serve;
mod tidy;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask tidy                    checks the style that no compiler checks
       cargo xtask requirements            writes docs/security/requirements.md, and says what has no test yet
       cargo xtask deny                    checks what dependencies are and may be, without a network
       cargo xtask sbom                    prints the program's list of parts (CycloneDX)
       cargo xtask services                starts the servers that tests need, until Ctrl-C or the end of the input
       cargo xtask services -- COMMAND …   runs a command beside them, which finds them by variables of its environment";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(&root),
        ["requirements"] => tell(tidy::requirements::write(&root)),
        ["deny"] => tell(deny::check(&root)),
        ["sbom"] => tell(deny::bill_of_materials(&root)),
        ["services"] => serve::until_the_input_ends(),
        ["services", "--", command, arguments @ ..] => serve::beside(command, arguments),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Prints what was found, or what is wrong.
fn tell(found: Result<String, String>) -> ExitCode {
    match found {
        Ok(text) => {
            // Whoever reads no further wanted no more.
            drop(writeln!(std::io::stdout(), "{text}"));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
