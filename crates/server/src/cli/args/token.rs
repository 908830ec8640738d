//! The arguments of the commands that read a token. They need no configuration.

use clap::{Args, Subcommand};
use counterfoil_core::jose::Algorithm;

use super::super::output::Output;
use super::algorithm;

/// `counterfoil token …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Token {
    /// Show what a token says, and believe none of it
    #[command(after_help = "Example:\n  echo \"$TOKEN\" | counterfoil token decode -")]
    Decode {
        /// The token, or - to read it from standard input
        token: String,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Check a token as the server would, and say why it would be refused
    #[command(after_help = "Example:\n  echo \"$TOKEN\" | counterfoil token verify \
                            --jwks http://127.0.0.1:8080/.well-known/jwks.json -\n\n\
                            Prints {\"header\":…,\"claims\":…} and exits with 0 for a token that counts; with --no-claims \
                            {\"header\":…,\"payload\":…,\"payload_is\":\"json\", \"text\" or \"base64url\"}. Otherwise exits with \
                            1 and says why on standard error; with --json as {\"refused\":…} on standard output.\n\
                            A URL is asked once, for at most 10 seconds, and no redirect is followed.")]
    Verify(VerifyToken),
}

/// `counterfoil token verify`
#[derive(Debug, Clone, Args)]
pub struct VerifyToken {
    /// The keys: a file, or an http(s) URL
    #[arg(long, value_name = "FILE|URL")]
    pub jwks: String,
    /// The only algorithm that is accepted, and the one of keys that do not say theirs [default: each key's own]
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithm)]
    pub alg: Option<Algorithm>,
    /// Who must have issued it
    #[arg(long)]
    pub issuer: Option<String>,
    /// Whom it must be meant for
    #[arg(long)]
    pub audience: Option<String>,
    /// Check the signature and the form alone, and print the payload whatever it is
    #[arg(long)]
    pub no_claims: bool,
    /// The longest token that is read, in bytes [default: 8192]
    #[arg(long, value_name = "N")]
    pub max_bytes: Option<usize>,
    /// The token, or - to read it from standard input
    pub token: String,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}
