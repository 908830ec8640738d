//! `counterfoil serve`.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::output::{answer, note};
use super::{Failure, args, print_warnings};
use crate::api::router;
use crate::config::{Environment, Settings};
use crate::serve::{Limits, asked_to_end, serve};
use crate::startup::{self, Started};
use crate::{config, logging};

/// Serves until it is asked to end.
pub(super) async fn run(args: &args::Serve, environment: Environment) -> Result<(), Failure> {
    let (settings, warnings) = args.load(environment)?;
    print_warnings(&warnings);
    logging::start(&settings.log);
    let end = asked_to_end();
    let (listener, settings) = listen(settings).await?;
    let started = startup::open(&settings).await?;
    let code = started.system.authority.setup_code().await.map_err(|error| Failure::because(&error))?;
    let origin = settings.server.public_url.as_str().trim_end_matches('/').to_owned();
    answer(&format!("listening on http://{}", settings.server.listen))?;
    if let Some(code) = code {
        answer(&format!(
            "There are no users yet. Make the first administrator within the hour, once, at\n  {origin}/setup?code={}",
            &*code
        ))?;
    }
    serve_until(end, listener, started, &settings).await;
    Ok(())
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
    listener: TcpListener,
    started: Started,
    settings: &config::Settings,
) {
    let routes = router(&started.app(settings));
    let background = started.run(settings);
    let config::Server { header_timeout, shutdown_grace, .. } = settings.server;
    serve(listener, routes, Limits { header_timeout, shutdown_grace }, end).await;
    background.stop().await;
    note("stopped");
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
