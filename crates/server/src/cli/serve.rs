//! `counterfoil serve`.

use std::net::SocketAddr;
use std::time::Duration;

use counterfoil_core::authority::Trouble;
use counterfoil_stores::StoreUrl;
use tokio::net::TcpListener;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::output::{answer, note};
use super::{Failure, args, print_warnings};
use crate::api::router;
use crate::config::{Environment, Settings};
use crate::http::address::Proxies;
use crate::listener::tls::Tls;
use crate::listener::{Limits, Listener, asked_to_end, raise_open_files};
use crate::startup::{self, StartError, Started};
use crate::{SystemClock, config, logging};

/// For how long a server is waited for that is down when this one starts, and how long between two attempts.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until it is asked to end.
pub(super) async fn run(args: &args::Serve, environment: Environment) -> Result<(), Failure> {
    let (settings, warnings) = args.load(environment)?;
    print_warnings(&warnings);
    logging::start(&settings.log);
    let mut end = std::pin::pin!(asked_to_end());
    let (listener, settings) = listen(settings).await?;
    let tls = Tls::of(&settings.server, &SystemClock::start()).map_err(|error| Failure::Refused(error.to_string()))?;
    let opened = tokio::select! {
        opened = open_patiently(&settings, PATIENCE) => opened?,
        () = &mut end => {
            note("stopped");
            return Ok(());
        }
    };
    let (started, code) = opened;
    let origin = settings.server.public_url.as_str().trim_end_matches('/').to_owned();
    let scheme = if tls.is_some() { "https" } else { "http" };
    answer(&format!("listening on {scheme}://{}", settings.server.listen))?;
    if let Some(tls) = tls.as_ref().filter(|_| settings.server.tls == config::Tls::SelfSigned) {
        answer(&format!(
            "The certificate is self-signed, for development alone. Its SHA-256 is\n  {}",
            tls.fingerprint()
        ))?;
    }
    if let Some(code) = code {
        answer(&format!(
            "There are no users yet. Make the first administrator within the hour, once, at\n  {origin}/setup?code={}",
            &*code
        ))?;
    }
    serve_until(end, (listener, tls), started, &settings).await
}

/// Opens the store, and makes the code for the first administrator if there are no users. A server that is down is waited
/// for: where all are started at once, it may come up later than we do.
async fn open_patiently(
    settings: &Settings,
    patience: Duration,
) -> Result<(Started, Option<Zeroizing<String>>), Failure> {
    let is_a_server = matches!(settings.store.url, StoreUrl::Postgres(_) | StoreUrl::MySql(_));
    let patience = if is_a_server || settings.store.sessions.is_some() { patience } else { Duration::ZERO };
    let begun = Instant::now();
    let mut told = String::new();
    loop {
        let error = match open(settings).await {
            Err(Failure::Start(error)) => error,
            opened => return opened,
        };
        if !error.may_pass() || begun.elapsed() >= patience {
            if let Some(cause) = error.cause() {
                tracing::error!(cause, "the store was not opened");
            }
            return Err(error.into());
        }
        let sentence = error.to_string();
        if sentence != told {
            tracing::warn!(cause = error.cause(), "waiting for the store: {sentence}");
            told = sentence;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn open(settings: &Settings) -> Result<(Started, Option<Zeroizing<String>>), Failure> {
    let started = startup::open(settings).await?;
    match started.system.authority.setup_code().await {
        Ok(code) => Ok((started, code)),
        // Another node has made one at this moment, and prints it.
        Err(Trouble::Contended) => Ok((started, None)),
        Err(Trouble::Store(error)) => Err(StartError::System(error.into()).into()),
        Err(error) => Err(Failure::because(&error)),
    }
}

/// Takes the address first: a server that cannot have it leaves the store alone.
pub(super) async fn listen(settings: Settings) -> Result<(TcpListener, Settings), Failure> {
    let wanted = settings.server.listen;
    let listener = TcpListener::bind(wanted).await.map_err(|error| cannot_listen(wanted, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(wanted, &error))?;
    Ok((listener, settings.bound_to(address)))
}

/// Serves a system that has started, until the process is asked to end.
pub(super) async fn serve_until(
    end: impl Future<Output = ()>,
    (socket, tls): (TcpListener, Option<Tls>),
    started: Started,
    settings: &config::Settings,
) -> Result<(), Failure> {
    let acceptor = tls.as_ref().map(Tls::acceptor).transpose();
    let acceptor = acceptor.map_err(|error| Failure::Refused(error.to_string()))?;
    let limits = Limits::new(&settings.server, raise_open_files());
    let proxies = Proxies::new(settings.server.trusted_proxies.iter().copied());
    let app = started.app(settings);
    let (routes, is_https, clock) = (router(&app), app.https, started.system.authority.clock.clone());
    let background = started.run(settings);
    let following = tls.map(|tls| tokio::spawn(tls.follow(clock)));
    Listener { socket, tls: acceptor, limits, proxies, is_https }.serve(routes, end).await;
    if let Some(following) = following {
        following.abort();
    }
    background.stop().await;
    note("stopped");
    Ok(())
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another address with --listen"
        }
        std::io::ErrorKind::PermissionDenied => "ports below 1024 need privileges; choose another with --listen",
        std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address; choose another with --listen",
        _ => "choose another address with --listen",
    };
    Failure::Refused(format!("cannot listen on {address}: {error}: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigFile, Sources};

    /// A discard port, where nobody listens.
    fn nowhere(text: &str) -> Settings {
        let file = ConfigFile { name: "counterfoil.toml".into(), text: text.into() };
        Settings::load(&Sources { file: Some(file), ..Sources::default() }).unwrap().0
    }

    #[tokio::test]
    async fn a_server_that_does_not_come_is_not_waited_for_for_ever() {
        let postgres = nowhere("[store]\nurl = \"postgres://somebody@127.0.0.1:9/auth\"\n");
        for (patience, attempts) in [(Duration::ZERO, 0), (PAUSE / 2, 1)] {
            let begun = Instant::now();
            let outcome = open_patiently(&postgres, patience).await;
            assert!(matches!(outcome, Err(Failure::Start(StartError::Store(_)))));
            assert!(begun.elapsed() >= PAUSE * attempts, "{:?}", begun.elapsed());
        }
        // What does not pass is not waited for at all: here nothing would end it.
        let damaged = nowhere("[store]\nurl = \"sqlite:no/such/folder/auth.db\"\n");
        assert!(open_patiently(&damaged, Duration::MAX).await.is_err());
    }
}
