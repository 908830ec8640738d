//! `default_client` and `[clients]`: the built-in clients as the configuration changes them, and those that it adds.

mod rules;
mod table;

use std::collections::BTreeSet;

use counterfoil_core::client::{Client, Clients, builtin_clients};
use counterfoil_core::id::ClientId;

pub(super) use table::ClientTable;

use super::mistake::nearest;
use super::public_url::PublicUrl;
use super::reader::Section;

/// The client of a login that names none.
pub(super) const DEFAULT_CLIENT: &str = "web";

/// What the rules for a client need to know of the server.
pub(in crate::config) struct Surroundings<'a> {
    pub(in crate::config) public_url: &'a PublicUrl,
    /// Whether someone said it, or it was guessed from the address.
    pub(in crate::config) public_url_is_said: bool,
}

/// Reads every client; `default` is what `default_client` says. `None` when something is wrong, and noted.
pub(super) fn read(at: &mut Section<'_, '_>, default: &str, surroundings: &Surroundings<'_>) -> Option<Clients> {
    let builtin = builtin_clients().unwrap_or_default();
    let names: BTreeSet<String> = builtin.iter().map(|client| client.id.to_string()).collect();
    let (clients, all_names) = at.section("clients", |at| {
        let all_names: BTreeSet<String> = names.into_iter().chain(at.keys()).collect();
        let clients: Vec<Option<Client>> =
            all_names.iter().map(|name| read_client(at, name, &builtin, surroundings)).collect();
        rules::check_together(at, clients.iter().flatten(), surroundings);
        (clients, all_names)
    });
    if !all_names.contains(default) {
        let hint = nearest(default, all_names.iter().map(String::as_str));
        let hint = hint.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        at.refuse("default_client", format!("there is no client `{default}`{hint}"));
        return None;
    }
    Clients::new(clients.into_iter().flatten(), &ClientId::parse(default).ok()?).ok()
}

fn read_client(
    at: &mut Section<'_, '_>,
    name: &str,
    builtin: &[Client],
    surroundings: &Surroundings<'_>,
) -> Option<Client> {
    let same = builtin.iter().find(|client| client.id.as_str() == name);
    let id = ClientId::parse(name);
    if let Err(bad) = &id {
        at.refuse_key(name, bad.to_string());
    }
    at.section(name, |at| {
        let Some(table) = ClientTable::read(at, same, builtin) else {
            if !at.is_said("kind") {
                let hint = nearest(name, builtin.iter().map(|client| client.id.as_str()));
                let hint = hint.map(|name| format!("; or did you mean the built-in `{name}`?")).unwrap_or_default();
                at.refuse("kind", format!("a new client must say its kind: \"session\", \"token\" or \"jwt\"{hint}"));
            }
            return None;
        };
        let client = table.into_client(id.ok()?);
        rules::check(at, &client, surroundings);
        Some(client)
    })
}
