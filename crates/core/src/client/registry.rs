//! The clients that are configured, found by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use crate::credential::{Kind, Transport};
use crate::id::ClientId;
use crate::jose::Algorithm;

/// Every client, and which of them a login without a client's name goes to.
#[derive(Debug, Clone)]
pub struct Clients {
    by_id: BTreeMap<ClientId, Arc<Client>>,
    default: Arc<Client>,
}

/// Clients that cannot stand beside each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRegistry {
    /// Two have one name.
    #[error("two clients are named `{0}`")]
    Twice(ClientId),
    /// The default is not among them.
    #[error("the default client `{0}` is not configured")]
    NoDefault(ClientId),
}

impl Clients {
    /// All of them, and the one that a login goes to when it names none.
    pub fn new(clients: impl IntoIterator<Item = Client>, default: &ClientId) -> Result<Self, BadRegistry> {
        let mut by_id = BTreeMap::new();
        for client in clients {
            let id = client.id.clone();
            if by_id.insert(id.clone(), Arc::new(client)).is_some() {
                return Err(BadRegistry::Twice(id));
            }
        }
        let default = by_id.get(default).cloned().ok_or_else(|| BadRegistry::NoDefault(default.clone()))?;
        Ok(Self { by_id, default })
    }

    /// The client of that name.
    pub fn find(&self, id: &str) -> Option<&Arc<Client>> {
        self.by_id.get(id)
    }

    /// Where a login without a client's name goes.
    pub const fn default_client(&self) -> &Arc<Client> {
        &self.default
    }

    /// Where a login by a page's form goes that names no client: a browser needs a cookie, and has no use for a token that it
    /// is shown. The default client if it has cookies, else `web`, else the first that has; `None` when none has.
    pub fn for_pages(&self) -> Option<&Arc<Client>> {
        let in_cookie = |client: &&Arc<Client>| client.transport == Transport::Cookie;
        let default = Some(&self.default).filter(in_cookie);
        default.or_else(|| self.find("web").filter(in_cookie)).or_else(|| self.iter().find(in_cookie))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.by_id.values()
    }

    /// The algorithms that the key ring needs a key for.
    pub fn algorithms(&self) -> BTreeSet<Algorithm> {
        self.iter().filter(|client| client.kind == Kind::Jwt).map(|client| client.algorithm).collect()
    }

    /// How long any login can last: for so long a revocation must be remembered, and a key verify what it has signed.
    pub fn longest_login(&self) -> Duration {
        self.iter().map(|client| client.login_lifetime()).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::builtin_clients;

    /// The name of the client for pages, of those of the built-in ones that `keep` lets stay.
    fn for_pages(default: &str, keep: impl Fn(&Client) -> bool) -> Option<String> {
        let clients = builtin_clients().unwrap().into_iter().filter(keep);
        let clients = Clients::new(clients, &ClientId::parse(default).unwrap()).unwrap();
        clients.for_pages().map(|client| client.id.to_string())
    }

    #[test]
    fn a_page_logs_in_to_a_client_with_cookies() {
        let any = |_: &Client| true;
        assert_eq!(for_pages("spa", any).as_deref(), Some("spa"), "the default, where it has cookies");
        assert_eq!(for_pages("api", any).as_deref(), Some("web"));
        assert_eq!(for_pages("api", |client| client.id.as_str() != "web").as_deref(), Some("spa"));
        assert_eq!(for_pages("api", |client| client.transport == Transport::Bearer), None);
    }

    #[test]
    fn a_client_called_web_without_cookies_is_not_for_pages() {
        let clients = builtin_clients().unwrap().into_iter().map(|mut client| {
            if client.id.as_str() == "web" {
                client.transport = Transport::Bearer;
            }
            client
        });
        let clients = Clients::new(clients, &ClientId::parse("web").unwrap()).unwrap();
        assert_eq!(clients.for_pages().map(|client| client.id.as_str()), Some("spa"));
    }
}
