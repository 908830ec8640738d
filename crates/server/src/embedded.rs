//! Accounts and logins inside another app, in its own process and with its own file.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use counterfoil_core::authority::Authority;
use counterfoil_guard::Guard;

use crate::api::{App, LeavesBehind, embedded_router};
use crate::config::{ConfigError, Flags, Settings, Sources};
use crate::startup::{self, Background, StartError};

/// Accounts, login routes and a guard for an app of one's own.
///
/// ```no_run
/// # async fn app() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, routing::get};
/// let accounts = counterfoil::Embedded::open("accounts.db", None).await?;
/// let app: Router = Router::new()
///     .route("/secret", get(|| async { "for users only" }))
///     .route_layer(accounts.guard().required())
///     .merge(accounts.routes());
/// # drop(app); Ok(())
/// # }
/// ```
pub struct Embedded {
    app: App,
    background: Background,
}

/// Why an app has no accounts.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The settings make no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Embedded {
    /// Opens the accounts in a SQLite file, which is made if it is not there, with its secret beside it. `public_url` is how
    /// browsers reach the app, such as `https://app.example.com`; without it any host will do, over plain HTTP.
    pub async fn open(database: impl AsRef<Path>, public_url: Option<&str>) -> Result<Self, EmbedError> {
        let flags = Flags::default()
            .with("store.url", "database", Some(format!("sqlite:{}", database.as_ref().display())))
            .with("server.public_url", "public_url", public_url.map(str::to_owned));
        let (settings, _) = Settings::load(&Sources { flags, ..Sources::default() })?;
        Self::with(&settings).await
    }

    /// The same with every setting of one's own.
    pub async fn with(settings: &Settings) -> Result<Self, EmbedError> {
        let started = startup::open(settings).await?;
        // The origin is the app's, and what its pages have stored there is not ours to take.
        let mut app = started.app(settings);
        app.leaves_behind = LeavesBehind::Storage;
        Ok(Self { app, background: started.run(settings) })
    }

    /// At a log-out, lets the browser forget what the pages of the whole origin have stored there, the app's own as well: for an
    /// app that stores nothing which should outlast a login (ASVS 5 §14.3.1). What it has cached, it forgets in any case.
    #[must_use]
    pub fn forgetting_storage(mut self) -> Self {
        self.app.leaves_behind = LeavesBehind::Nothing;
        self
    }

    /// What recognises who a request speaks for. Keep `self` for as long as it is used: the feed of revocations ends with it.
    pub fn guard(&self) -> Guard {
        self.app.guard.clone()
    }

    /// The routes and pages for registering, logging in and out, and everything that goes with it. `/` and what is answered at
    /// unknown addresses stay the app's own.
    pub fn routes(&self) -> Router {
        embedded_router(&self.app)
    }

    /// Ends what goes on in the background, so that no other process on the file waits for this one. Without it, each of them
    /// waits once for as long as a lease lasts.
    pub async fn close(self) {
        self.background.stop().await;
    }

    /// What may be done with accounts and logins, for the app's own code: to add a user, say, or to end logins.
    pub fn authority(&self) -> &Arc<Authority> {
        &self.app.authority
    }
}
