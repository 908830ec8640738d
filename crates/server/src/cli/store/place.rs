//! The places that `store copy` is told, read without ever quoting what may hold a password.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use counterfoil_stores::{AddressError, Place, SessionsUrl, StoreUrl};

use super::Failure;

/// The place that a flag and its `-sessions` flag name.
pub(super) fn read(flag: &str, store: &str, sessions: Option<&str>) -> Result<Place, Failure> {
    let store: StoreUrl = url(&format!("--{flag}"), store)?;
    let sessions: Option<SessionsUrl> =
        sessions.map(|sessions| url(&format!("--{flag}-sessions"), sessions)).transpose()?;
    Ok(Place { store, sessions })
}

/// The URL itself, or the one that `@FILE` names, where other users of the machine do not see it.
fn url<T: FromStr<Err = AddressError>>(flag: &str, text: &str) -> Result<T, Failure> {
    let Some(file) = text.strip_prefix('@') else {
        return text.parse().map_err(|error| Failure::WrongUse(format!("{flag}: {error}")));
    };
    match fs::read_to_string(file) {
        Ok(text) => text.trim().parse().map_err(|error| Failure::Refused(format!("{flag}: {error}"))),
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
