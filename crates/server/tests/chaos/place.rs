//! The stores of a run, with a line from each node that can be cut.

use xtask::services::{MariaDb, Options, Postgres, Proxy, Redis, RedisCluster, ServiceError};

use crate::support::Place;

/// What a server of records can suffer.
pub(crate) trait Store: Send {
    fn kill(&mut self) -> Result<(), ServiceError>;
    fn start_again(&mut self) -> Result<(), ServiceError>;
    fn pause(&mut self) -> Result<(), ServiceError>;
    fn resume(&mut self) -> Result<(), ServiceError>;
}

macro_rules! stores {
    ($($kind:ident)*) => { $(
        impl Store for $kind {
            fn kill(&mut self) -> Result<(), ServiceError> { self.kill() }
            fn start_again(&mut self) -> Result<(), ServiceError> { self.start_again() }
            fn pause(&mut self) -> Result<(), ServiceError> { self.pause() }
            fn resume(&mut self) -> Result<(), ServiceError> { self.resume() }
        }
    )* };
}
stores!(Postgres MariaDb Redis RedisCluster);

/// Where the records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MariaDb,
    PostgresRedis,
    MariaDbRedisCluster,
}

/// The stores, and how each node and the commands get there.
pub(crate) struct Places {
    /// With the names of the kinds. None for a file.
    pub(crate) stores: Vec<(&'static str, Box<dyn Store>)>,
    /// The lines of each node.
    pub(crate) lines: Vec<Vec<Proxy>>,
    pub(crate) nodes: Vec<Place>,
    /// Without a line between.
    pub(crate) direct: Place,
}

/// Stores that write to the disk before they answer, as what was acknowledged must be there after a kill.
impl Places {
    pub(crate) fn start(kind: Kind, nodes: usize) -> Self {
        let options = Options::default().durable();
        let mut places = Self {
            stores: Vec::new(),
            lines: (0..nodes).map(|_| Vec::new()).collect(),
            nodes: Vec::new(),
            direct: Place::sqlite(),
        };
        let store = match kind {
            Kind::Sqlite => None,
            Kind::Postgres | Kind::PostgresRedis => {
                let server = Postgres::start(&options).unwrap();
                Some(places.lead("postgres", server.url(), server.port(), server))
            }
            Kind::MariaDb | Kind::MariaDbRedisCluster => {
                let server = MariaDb::start(&options).unwrap();
                Some(places.lead("mariadb", server.url(), server.port(), server))
            }
        };
        let sessions = match kind {
            Kind::PostgresRedis => {
                let server = Redis::start(&options).unwrap();
                Some(places.lead("redis", server.url(), server.port(), server))
            }
            Kind::MariaDbRedisCluster => {
                // Its nodes send whoever asks on to each other, past any line. They are soon back.
                let options = options.set("cluster-node-timeout", "2000");
                let cluster = RedisCluster::start(&options).unwrap();
                let urls = vec![cluster.url(); nodes + 1];
                places.stores.push(("redis cluster", Box::new(cluster)));
                Some(urls)
            }
            Kind::Sqlite | Kind::Postgres | Kind::MariaDb => None,
        };
        let at = |node: usize| {
            store.as_ref().map_or_else(Place::sqlite, |urls| {
                Place::at(urls[node].clone(), sessions.as_ref().map(|urls| urls[node].clone()))
            })
        };
        places.nodes = (0..nodes).map(at).collect();
        places.direct = at(nodes);
        places
    }

    /// The store's address for each node, over a line of its own, and without a line the last.
    fn lead(&mut self, name: &'static str, url: String, port: u16, store: impl Store + 'static) -> Vec<String> {
        let mut urls = Vec::new();
        for lines in &mut self.lines {
            let line = Proxy::to(port).unwrap();
            urls.push(url.replace(&format!(":{port}"), &format!(":{}", line.port())));
            lines.push(line);
        }
        urls.push(url);
        self.stores.push((name, Box::new(store)));
        urls
    }
}
