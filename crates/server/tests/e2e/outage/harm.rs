//! Servers of a test's own, and what can happen to them.

use xtask::services::{MariaDb, Options, Postgres, Proxy, Redis, RedisCluster, ServiceError};

/// What happens to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// It ends in good order, and nobody listens.
    Stop,
    /// It is killed at once.
    Kill,
    /// It stands still: connections stay open, and nothing answers.
    Pause,
    /// The line to it is cut.
    Cut,
}

impl Harm {
    pub(super) const ALL: [Self; 4] = [Self::Stop, Self::Kill, Self::Pause, Self::Cut];
}

/// A server that a test has to itself, reached through a line of its own when that is to be cut.
pub(super) struct Victim<S> {
    server: S,
    line: Proxy,
}

/// What every kind of server can suffer.
pub(super) trait Server: Sized {
    fn begin() -> Result<Self, ServiceError>;
    fn url(&self) -> String;
    fn port(&self) -> u16;
    fn stop(&mut self) -> Result<(), ServiceError>;
    fn kill(&mut self) -> Result<(), ServiceError>;
    fn pause(&mut self) -> Result<(), ServiceError>;
    fn resume(&mut self) -> Result<(), ServiceError>;
    fn start_again(&mut self) -> Result<(), ServiceError>;
}

macro_rules! servers {
    ($($kind:ident $port:expr;)*) => { $(
        impl Server for $kind {
            // What was acknowledged must be there after a kill.
            fn begin() -> Result<Self, ServiceError> { $kind::start(&Options::default().durable()) }
            fn url(&self) -> String { self.url() }
            fn port(&self) -> u16 { $port(self) }
            fn stop(&mut self) -> Result<(), ServiceError> { self.stop() }
            fn kill(&mut self) -> Result<(), ServiceError> { self.kill() }
            fn pause(&mut self) -> Result<(), ServiceError> { self.pause() }
            fn resume(&mut self) -> Result<(), ServiceError> { self.resume() }
            fn start_again(&mut self) -> Result<(), ServiceError> { self.start_again() }
        }
    )* };
}
servers!(
    Postgres Postgres::port;
    MariaDb MariaDb::port;
    Redis Redis::port;
    // No line leads to all of its nodes.
    RedisCluster |cluster: &RedisCluster| cluster.nodes()[0].port();
);

impl<S: Server> Victim<S> {
    pub(super) fn start() -> Self {
        let server = S::begin().unwrap();
        let line = Proxy::to(server.port()).unwrap();
        Self { server, line }
    }

    /// Where it is: at the end of the line that can be cut, or the server itself.
    pub(super) fn url(&self, harm: Harm) -> String {
        let url = self.server.url();
        match harm {
            Harm::Cut => url.replace(&format!(":{}", self.server.port()), &format!(":{}", self.line.port())),
            Harm::Stop | Harm::Kill | Harm::Pause => url,
        }
    }

    pub(super) fn suffer(&mut self, harm: Harm) {
        match harm {
            Harm::Stop => self.server.stop().unwrap(),
            Harm::Kill => self.server.kill().unwrap(),
            Harm::Pause => self.server.pause().unwrap(),
            Harm::Cut => self.line.cut(),
        }
    }

    pub(super) fn recover(&mut self, harm: Harm) {
        match harm {
            Harm::Stop | Harm::Kill => self.server.start_again().unwrap(),
            Harm::Pause => self.server.resume().unwrap(),
            Harm::Cut => self.line.restore().unwrap(),
        }
    }
}
