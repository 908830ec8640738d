//! The clients that are configured, found by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use crate::credential::Kind;
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
