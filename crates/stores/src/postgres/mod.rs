//! PostgreSQL.

use counterfoil_core::store::Stores;

use crate::address::ServerUrl;
use crate::server::{Fault, Options, ServerError};

/// A store in a database of PostgreSQL.
#[derive(Clone)]
pub struct PostgresStore {
    stores: Stores,
}

impl PostgresStore {
    /// Connects, and brings the tables up to this build's schema.
    pub async fn open(url: &ServerUrl, _options: &Options) -> Result<Self, ServerError> {
        Err(ServerError { product: "PostgreSQL", place: url.place(), fault: Fault::Other, source: None })
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        self.stores.clone()
    }
}
