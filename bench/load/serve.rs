//! The server that is measured: one thread, one route, three times: as it is, by our listener, and behind the guard.

use std::fs;
use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use counterfoil::http::address::Proxies;
use counterfoil::listener::{Limits, Listener};
use counterfoil_bench::{Outcome, Scene, Store, World};
use counterfoil_core::Clock;
use counterfoil_core::revocation::Follower;
use counterfoil_guard::{Guard, Origins};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::clients::{Client, request};

/// As the server itself does by default.
const LEASE: Duration = Duration::from_secs(2);
const FOLLOW_EVERY: Duration = Duration::from_millis(200);
/// As a server has them that may have many files open.
const LIMITS: Limits = Limits {
    header_timeout: Duration::from_secs(10),
    body_timeout: Duration::from_secs(30),
    idle_timeout: Duration::from_secs(60),
    shutdown_grace: Duration::from_secs(10),
    connections: 10_000,
    connections_per_address: 2_000,
};

/// A server that runs until the process ends.
pub(crate) struct Server {
    /// Where the route is as it is.
    pub(crate) open: SocketAddr,
    /// Where it is served by our listener.
    pub(crate) strict: SocketAddr,
    /// Where it is behind the guard.
    pub(crate) guarded: SocketAddr,
    /// For each client, a request of each of its logins.
    pub(crate) clients: Vec<(Client, Arc<[Vec<u8>]>)>,
    /// Where the system tells the processor time of the serving thread.
    schedstat: PathBuf,
}

/// Starts it, with that many logins to each client.
pub(crate) fn start(logins: usize) -> Outcome<Server> {
    let (started, starting) = mpsc::channel();
    thread::Builder::new().name("serve".to_owned()).spawn(move || {
        let served = Builder::new_current_thread().enable_all().build().map_err(Into::into);
        let served = served.and_then(|runtime| runtime.block_on(serve(logins, &started)));
        if let Err(error) = served {
            let _ = started.send(Err(error));
        }
    })?;
    starting.recv()?
}

async fn serve(logins: usize, started: &mpsc::Sender<Outcome<Server>>) -> Outcome<()> {
    let scene = Scene { store: Store::Sqlite, lease: LEASE, ..Scene::default() };
    let world = World::open(scene).await?;
    let mut clients = Vec::new();
    for client in Client::ALL {
        let credentials = world.credentials(client.name(), logins).await?;
        let requests = credentials.iter().map(|credential| request(Some(&client.header(credential))));
        clients.push((client, requests.collect()));
    }
    let guard = Guard::new(world.system.verifier.clone(), Origins::Host);
    let bind = || TcpListener::bind("127.0.0.1:0");
    let (open, strict, guarded) = (bind().await?, bind().await?, bind().await?);
    let server = Server {
        open: open.local_addr()?,
        strict: strict.local_addr()?,
        guarded: guarded.local_addr()?,
        clients,
        schedstat: PathBuf::from("/proc").join(fs::read_link("/proc/thread-self")?).join("schedstat"),
    };
    let route = || Router::new().route("/hello", get(hello));
    tokio::spawn(listen(open, route()));
    let strict = Listener { socket: strict, tls: None, limits: LIMITS, proxies: Proxies::new([]), is_https: false };
    tokio::spawn(strict.serve(route(), pending()));
    tokio::spawn(listen(guarded, route().route_layer(guard.required())));
    let authority = world.system.authority.clone();
    tokio::spawn(world.system.touching);
    let _ = started.send(Ok(server));
    follow(&world.system.follower, &*authority.clock).await;
    Ok(())
}

async fn hello() -> &'static str {
    "Hello."
}

async fn listen(listener: TcpListener, router: Router) {
    // Small answers go out at once.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    if let Err(error) = axum::serve(listener, router).await {
        eprintln!("load: {error}");
    }
}

/// Nothing is revoked here, but the lease is kept up as in a real server.
async fn follow(follower: &Follower, clock: &dyn Clock) {
    loop {
        tokio::time::sleep(FOLLOW_EVERY).await;
        follower.nothing_new(clock.monotonic());
    }
}

impl Server {
    /// How long the serving thread has had a processor, user and system time together. `None` where the system does not tell.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let text = fs::read_to_string(&self.schedstat).ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }
}
