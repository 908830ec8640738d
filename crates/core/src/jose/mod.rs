//! JSON Web Tokens: a strict reader and a plain writer over the primitives of aws-lc.
//!
//! The order in which a token is read is the security of it: size, then form, then the header, then the key that
//! *we* hold under the name that the token gives, then that key's one algorithm, then the signature; and only when
//! that is valid ([`read`]) the claims ([`claims::check`]). Keys come from configuration, never from a token
//! (RFC 8725 and its update). What is optional and has been abused (`crit`, `b64`, `zip`, nested and encrypted
//! tokens, keys in headers) is refused.
//!
//! A [`SigningKey`] writes ([`sign_compact`], [`Writer`]); a [`VerifyingKey`], alone or in a [`KeySet`], reads.

mod algorithm;
mod base64url;
pub mod claims;
mod der;
mod header;
pub mod json;
mod jwk;
mod key_error;
mod key_set;
mod pem;
mod read;
mod refusal;
pub(crate) mod secret;
mod signing;
mod snippet;
mod verifying;
mod write;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::{Claims, Expected};
pub use header::{Header, MAX_KID};
pub use jwk::{Jwk, PublicJwk};
pub use key_error::KeyError;
pub use key_set::{KeySet, Keys};
pub use read::{Limits, Unverified, Verified, inspect, read};
pub use refusal::{Refusal, Segment};
pub use secret::Weakness;
pub use signing::{SignError, SigningKey};
pub use snippet::Snippet;
pub use verifying::{BadSignature, VerifyingKey};
pub use write::{Writer, sign_compact};
