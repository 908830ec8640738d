//! The arguments of `counterfoil revoke`.

use clap::Args;
use counterfoil_core::id::{SessionId, TokenId};

use super::super::output::Output;
use super::Common;

/// `counterfoil revoke`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  counterfoil revoke --client api\n  counterfoil revoke --user alice\n  counterfoil revoke --all --yes"
)]
pub struct Revoke {
    /// What to end.
    #[command(flatten)]
    pub target: RevokeTarget,
    /// Do not ask, with --all
    #[arg(long)]
    pub yes: bool,
    /// Whether to wait.
    #[command(flatten)]
    pub waiting: Waiting,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// What is to end: just one of these.
#[derive(Debug, Clone, Default, Args)]
#[group(required = true, multiple = false)]
pub struct RevokeTarget {
    /// Every login of this user: username, e-mail address or id
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// This login, as `session list` shows it
    #[arg(long, value_name = "ID")]
    pub session: Option<SessionId>,
    /// This token, by its `jti`
    #[arg(long, value_name = "JTI")]
    pub token_id: Option<TokenId>,
    /// Every login to this client, and whatever else was issued to it
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
    /// This signing key, with all that it has signed
    #[arg(long, value_name = "KID")]
    pub key: Option<String>,
    /// Every login of everybody
    #[arg(long)]
    pub all: bool,
}

/// Whether a command waits until the servers have taken in what it has changed.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Waiting {
    /// Return once every server has taken it in; this is the default
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// Return as soon as it is stored
    #[arg(long, overrides_with = "wait")]
    pub no_wait: bool,
}
