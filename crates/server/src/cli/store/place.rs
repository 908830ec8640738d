//! The places that `store copy` is told, read without ever quoting what may hold a password.

use std::fs;
use std::path::Path;

use counterfoil_stores::{Place, SessionsUrl, StoreUrl};

use super::Failure;

/// The place that a flag and its `-sessions` flag name.
pub(super) fn read(flag: &str, store: &str, sessions: Option<&str>) -> Result<Place, Failure> {
    let refused = |flag: &str, why: &dyn std::fmt::Display| Failure::Refused(format!("{flag}: {why}"));
    let store_flag = format!("--{flag}");
    let store: StoreUrl = url(&store_flag, store)?.parse().map_err(|error| refused(&store_flag, &error))?;
    let sessions_flag = format!("--{flag}-sessions");
    let sessions = match sessions {
        Some(text) => {
            let url: SessionsUrl =
                url(&sessions_flag, text)?.parse().map_err(|error| refused(&sessions_flag, &error))?;
            Some(url)
        }
        None => None,
    };
    Ok(Place { store, sessions })
}

/// The URL itself, or the one that `@FILE` names, where other users of the machine do not see it.
fn url(flag: &str, text: &str) -> Result<String, Failure> {
    let Some(file) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    match fs::read_to_string(file) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(Failure::Refused(format!("{flag}: {file} cannot be read: {error}"))),
    }
}

/// Refuses what cannot be copied from or to, before anything is made.
pub(super) fn check(from: &Place, to: &Place) -> Result<(), Failure> {
    if from.store == StoreUrl::Memory || to.store == StoreUrl::Memory {
        return Err(Failure::Refused("a store in memory is seen by its own server alone, and ends with it".into()));
    }
    if let Some(path) = from.store.path()
        && !path.exists()
    {
        return Err(Failure::Refused(format!("--from: there is no file {}", path.display())));
    }
    if is_same(&from.store, &to.store) {
        return Err(Failure::Refused("--from and --to are the same place".into()));
    }
    Ok(())
}

/// Whether sessions are apart, and stay where they are.
pub(super) fn share_sessions(from: &Place, to: &Place) -> bool {
    from.sessions.is_some() && from.sessions == to.sessions
}

fn is_same(one: &StoreUrl, other: &StoreUrl) -> bool {
    let canonical = |path: &Path| path.canonicalize().ok();
    match (one.path(), other.path()) {
        (Some(one), Some(other)) => one == other || canonical(one).is_some_and(|one| canonical(other) == Some(one)),
        _ => one == other,
    }
}
