//! `[secrets]`: what the signing keys are encrypted under.

use std::path::PathBuf;

use counterfoil_stores::StoreUrl;
use schemars::JsonSchema;
use secrecy::SecretString;

use super::reader::Section;
use super::schema;
use super::source::SECRET_VARIABLE;

/// The fewest bytes that a secret may have: 32 hexadecimal digits are 128 bits.
const MIN_SECRET_BYTES: usize = 32;

/// Where the secret comes from that private keys at rest are encrypted under.
#[derive(Debug, Clone, JsonSchema)]
pub struct Secrets {
    /// A file that holds it, readable by its owner alone; made at the first start. Not said, it lies beside the database, or
    /// in the current folder when that is on a server: then every node needs a copy. It is not read when `COUNTERFOIL_SECRET` is set. A store in memory needs none.
    #[schemars(schema_with = "schema::of::<PathBuf>")]
    pub secret_file: Option<PathBuf>,
    /// The secret itself, from the environment.
    #[schemars(skip)]
    pub secret: Option<SecretString>,
}

impl Secrets {
    pub(super) fn read(at: &mut Section<'_, '_>, store: &StoreUrl) -> Self {
        let default = match store {
            StoreUrl::Memory => None,
            StoreUrl::Sqlite(database) => Some(database.with_extension("secret")),
            StoreUrl::Postgres(_) | StoreUrl::MySql(_) => Some(PathBuf::from("counterfoil.secret")),
        };
        let secret_file = at.value("secret_file", default);
        at.refuse_key(
            "secret",
            "the secret itself never stands in this file: put it into the environment as COUNTERFOIL_SECRET, or into a \
             file of its own that `secret_file` names",
        );
        let secret = at.secret();
        if secret.is_some_and(|secret| secret.len() < MIN_SECRET_BYTES) {
            at.refuse_variable(
                SECRET_VARIABLE,
                "expected at least 32 characters; `head -c 32 /dev/urandom | base64` makes a good one",
            );
        }
        if secret.is_some() && at.is_said("secret_file") {
            at.warn("secret_file", "is not read, because COUNTERFOIL_SECRET is set");
        }
        Self { secret_file, secret: secret.map(SecretString::from) }
    }
}
