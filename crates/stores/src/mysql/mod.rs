//! MySQL or MariaDB.

use counterfoil_core::store::Stores;

use crate::address::ServerUrl;
use crate::server::{Fault, Options, ServerError};

/// A store in a database of MySQL or MariaDB.
#[derive(Clone)]
pub struct MySqlStore {
    stores: Stores,
}

impl MySqlStore {
    /// Connects, and brings the tables up to this build's schema.
    pub async fn open(url: &ServerUrl, _options: &Options) -> Result<Self, ServerError> {
        Err(ServerError { product: "MySQL or MariaDB", place: url.place(), fault: Fault::Other, source: None })
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        self.stores.clone()
    }
}
