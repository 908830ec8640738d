//! `counterfoil init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use serde_json::json;

use super::{Failure, args};
use crate::config::{DEFAULT_FILE, starter};

/// Writes the starter file, where no file is yet.
pub(super) fn run(args: &args::Init) -> Result<(), Failure> {
    let path = args.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let shown = path.display();
    let written = OpenOptions::new().write(true).create_new(true).open(&path);
    written.and_then(|mut file| file.write_all(starter().as_bytes())).map_err(|error| {
        Failure::Refused(match error.kind() {
            ErrorKind::AlreadyExists => format!("{shown} is there already, and stays as it is"),
            _ => format!("{shown} cannot be written: {error}"),
        })
    })?;
    args.output.text(&json!({ "written": path }), || {
        format!("{shown} is written. Change it, look at it with `counterfoil config check`, then `counterfoil serve`.")
    })
}
