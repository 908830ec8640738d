//! The arguments of the commands that manage users, sessions and keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use counterfoil_core::id::{Role, SessionId};
use counterfoil_core::jose::Algorithm;

use super::super::output::Output;
use super::super::user::import::Format;
use super::{Common, algorithm, role};

/// `counterfoil user …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum User {
    /// Make an account; asks for its password
    #[command(after_help = "Example:\n  counterfoil user add alice --email alice@example.com --role admin")]
    Add {
        /// The username
        name: String,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        /// A role; may be repeated [default: user]
        #[arg(long = "role", value_name = "ROLE", value_parser = role)]
        roles: Vec<Role>,
        /// Read the password from standard input: its first line
        #[arg(long)]
        password_stdin: bool,
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// List the accounts
    #[command(after_help = "Example:\n  counterfoil user list --json")]
    List {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Show an account
    #[command(after_help = "Example:\n  counterfoil user show alice")]
    Show(UserName),
    /// Refuse an account's logins and end those that are
    #[command(after_help = "Example:\n  counterfoil user disable alice")]
    Disable(UserName),
    /// Let an account log in again
    #[command(after_help = "Example:\n  counterfoil user enable alice")]
    Enable(UserName),
    /// Set an account's password and end its logins; asks for the password
    #[command(after_help = "Example:\n  counterfoil user password alice --password-stdin < new-password")]
    Password {
        /// The account.
        #[command(flatten)]
        user: UserName,
        /// Read the password from standard input: its first line
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show or change an account's roles
    #[command(after_help = "Example:\n  counterfoil user roles alice --add editor --remove admin")]
    Roles {
        /// The account.
        #[command(flatten)]
        user: UserName,
        /// Give a role; may be repeated
        #[arg(long, value_name = "ROLE", value_parser = role)]
        add: Vec<Role>,
        /// Take a role away; may be repeated
        #[arg(long, value_name = "ROLE", value_parser = role)]
        remove: Vec<Role>,
        /// Replace all roles; may be repeated
        #[arg(long, value_name = "ROLE", value_parser = role, conflicts_with_all = ["add", "remove"])]
        set: Vec<Role>,
    },
    /// Show or replace what the app keeps about an account
    #[command(after_help = "Example:\n  counterfoil user metadata alice '{\"plan\":\"gold\"}'")]
    Metadata {
        /// The account.
        #[command(flatten)]
        user: UserName,
        /// A JSON object, or - to read it from standard input
        #[arg(value_name = "JSON|-")]
        metadata: Option<String>,
    },
    /// Take in accounts that were made elsewhere, with the hashes of their passwords
    #[command(after_help = "Example:\n  counterfoil user import users.jsonl --dry-run")]
    Import(ImportUsers),
    /// Delete an account and end its logins
    #[command(after_help = "Example:\n  counterfoil user delete alice --yes")]
    Delete {
        /// The account.
        #[command(flatten)]
        user: UserName,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// One account, and how to reach it.
#[derive(Debug, Clone, Args)]
pub struct UserName {
    /// The username, the e-mail address or the id
    pub name: String,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// `counterfoil user import`
#[derive(Debug, Clone, Args)]
pub struct ImportUsers {
    /// The file with the accounts, or - to read it from standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// What the file is [default: csv if its name ends in .csv, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The file with the password hash parameters that Firebase's console shows
    #[arg(long, value_name = "FILE")]
    pub firebase: Option<PathBuf>,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// `counterfoil session …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Session {
    /// List the logins that have not ended
    #[command(after_help = "Example:\n  counterfoil session list --user alice")]
    List {
        /// Only this user's
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Remove what has expired, as a running server does by itself
    #[command(after_help = "Example:\n  counterfoil session purge")]
    Purge {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// End a login
    #[command(after_help = "Example:\n  counterfoil session revoke 0197a3b0-0000-7000-8000-000000000000")]
    Revoke {
        /// Its id, as `session list` shows it
        id: SessionId,
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
}

/// `counterfoil key …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Key {
    /// List the signing keys and their states
    #[command(after_help = "Example:\n  counterfoil key list")]
    List {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Let the next key sign, and make one to follow it
    #[command(after_help = "Example:\n  counterfoil key rotate --algorithm ES256")]
    Rotate {
        /// Only this algorithm's key [default: all]
        #[arg(long, value_name = "ALGORITHM", value_parser = algorithm)]
        algorithm: Option<Algorithm>,
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Let a key sign no more; what it has signed still counts
    #[command(after_help = "Example:\n  counterfoil key retire KID")]
    Retire(KeyName),
    /// Refuse everything that a key has signed, from now on
    #[command(after_help = "Example:\n  counterfoil key revoke KID")]
    Revoke(KeyName),
    /// Take in a key that was made elsewhere, as PEM or JWK
    #[command(after_help = "Example:\n  counterfoil key import --file signing.pem --algorithm RS256")]
    Import(ImportKey),
}

/// One key, and how to reach it.
#[derive(Debug, Clone, Args)]
pub struct KeyName {
    /// The key's id, as `key list` shows it
    pub kid: String,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// `counterfoil key import`
#[derive(Debug, Clone, Args)]
pub struct ImportKey {
    /// The file with the private key, or - to read it from standard input
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// What the key signs with
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithm)]
    pub algorithm: Algorithm,
    /// The key's id [default: the JWK's own, else the key's thumbprint (RFC 7638)]
    #[arg(long)]
    pub kid: Option<String>,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}
