//! `[tokens]`: what holds for every token, whatever its client.

use std::time::Duration;

use schemars::JsonSchema;

use super::public_url::PublicUrl;
use super::reader::Section;
use super::schema;

/// What holds for every token, whatever its client.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Tokens {
    /// The `iss` of every `jwt` (RFC 7519 §4.1.1). Not said, it is `server.public_url`.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// How far clocks may be apart when a `jwt`'s times are compared.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub leeway: Duration,
    /// For how long a refresh token that has been used once may be presented again and gets the same successor. After
    /// that it counts as stolen.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub refresh_reuse_window: Duration,
}

impl Tokens {
    pub(super) fn read(at: &mut Section<'_, '_>, public_url: &PublicUrl) -> Self {
        let seconds = Duration::from_secs;
        Self {
            issuer: at.value("issuer", public_url.as_str().to_owned()),
            leeway: at.within("leeway", Duration::ZERO, Duration::ZERO..=seconds(60)),
            refresh_reuse_window: at.within("refresh_reuse_window", seconds(30), Duration::ZERO..=seconds(300)),
        }
    }
}
