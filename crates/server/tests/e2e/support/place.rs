//! Where a server keeps its records: a file of its own, or a corner of the servers that all tests share.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use xtask::services::fresh;

/// A place for records. Of its clones the last one takes the corner away.
#[derive(Clone, Default)]
pub(crate) struct Place {
    store: Option<String>,
    sessions: Option<String>,
    corners: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Place {
    /// A file in the server's folder.
    pub(crate) fn sqlite() -> Self {
        Self::default()
    }

    /// A file of this name in the server's folder.
    pub(crate) fn file(name: &str) -> Self {
        Self { store: Some(format!("sqlite:{name}")), ..Self::default() }
    }

    /// An empty database of PostgreSQL.
    pub(crate) fn postgres() -> Self {
        let database = fresh::postgres().unwrap();
        Self { store: Some(database.url()), sessions: None, corners: vec![Arc::new(database)] }
    }

    /// An empty database of MariaDB.
    pub(crate) fn mariadb() -> Self {
        let database = fresh::mariadb().unwrap();
        Self { store: Some(database.url()), sessions: None, corners: vec![Arc::new(database)] }
    }

    /// PostgreSQL, and Redis for the sessions.
    pub(crate) fn postgres_redis() -> Self {
        Self::postgres().with_sessions(&fresh::redis().unwrap())
    }

    /// MariaDB, and Redis Cluster for the sessions.
    pub(crate) fn mariadb_redis_cluster() -> Self {
        Self::mariadb().with_sessions(&fresh::redis_cluster().unwrap())
    }

    /// A file in the server's folder, and these keys for the sessions.
    pub(crate) fn sqlite_with_sessions(keys: &fresh::Keyspace) -> Self {
        Self::sqlite().with_sessions(keys)
    }

    /// Nothing is taken away of keys in Redis: their server goes with the test run.
    pub(crate) fn with_sessions(self, keys: &fresh::Keyspace) -> Self {
        Self { sessions: Some(keys.url()), ..self }
    }

    /// On servers that a test has to itself.
    pub(crate) fn at(store: String, sessions: Option<String>) -> Self {
        Self { store: Some(store), sessions, corners: Vec::new() }
    }

    /// The passwords in its addresses.
    pub(crate) fn passwords(&self) -> Vec<String> {
        let password = |url: &String| Some(url.split_once('@')?.0.rsplit_once(':')?.1.to_owned());
        [&self.store, &self.sessions].into_iter().flatten().filter_map(password).collect()
    }

    pub(crate) fn is_file(&self) -> bool {
        self.store.is_none()
    }

    /// The URL of the store, and of the sessions where they are apart. What is not said is a file.
    pub(crate) fn urls(&self) -> (&str, Option<&str>) {
        (self.store.as_deref().unwrap_or("sqlite:counterfoil.db"), self.sessions.as_deref())
    }

    /// The same place at the end of other lines: each text is a part of a URL, and what stands there instead.
    pub(crate) fn by_way_of(&self, lines: &[(&str, &str)]) -> Self {
        let by_way = |url: &String| lines.iter().fold(url.clone(), |url, (from, to)| url.replace(from, to));
        Self { store: self.store.as_ref().map(by_way), sessions: self.sessions.as_ref().map(by_way), ..self.clone() }
    }

    /// What tells a server of it.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let store = self.store.as_deref().map(|url| ("COUNTERFOIL_STORE", url));
        store.into_iter().chain(self.sessions.as_deref().map(|url| ("COUNTERFOIL_SESSIONS", url)))
    }
}

impl fmt::Debug for Place {
    /// Without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("corners", &self.corners.len()).finish_non_exhaustive()
    }
}
