//! The secret from which every other one is derived: from the environment, or from a file beside the database.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use counterfoil_core::keys::seal::{MasterSecret, WeakSecret};
use counterfoil_core::store::{StoreError, Stores};
use counterfoil_core::{Entropy, EntropyError};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::config::Secrets;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The one in the environment is weak.
    #[error("COUNTERFOIL_SECRET is too weak: {0}; `head -c 32 /dev/urandom | base64` makes a good one")]
    WeakVariable(#[source] WeakSecret),
    /// The one in the file is weak.
    #[error("the secret in {} is too weak: {source}; `head -c 32 /dev/urandom | base64` makes a good one", path.display())]
    WeakFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WeakSecret,
    },
    /// Others may read the file.
    #[error("others may read the secret in {0}: run `chmod 600 {0}`, and if anybody may have read it, start on a new one", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
    },
    /// The store was set up with a secret, and there is none.
    #[error("the store was set up with a secret, and {} is missing: put it back, or give it by COUNTERFOIL_SECRET", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("the secret file {} cannot be {what}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The store failed.
    #[error("the store cannot be used: {0}")]
    Store(#[from] StoreError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The secret, from where the settings say. On a store that was never set up, the file is made.
pub(super) async fn find_or_make(
    secrets: &Secrets,
    stores: &Stores,
    entropy: &dyn Entropy,
) -> Result<MasterSecret, SecretError> {
    if let Some(secret) = &secrets.secret {
        return MasterSecret::from_text(secret.expose_secret()).map_err(SecretError::WeakVariable);
    }
    let Some(path) = secrets.secret_file.as_deref() else {
        // A store in memory: what its secret protects ends with it.
        let text = new_secret(entropy)?;
        return MasterSecret::from_text(&text).map_err(SecretError::WeakVariable);
    };
    if let Some(text) = read(path)? {
        return from_file(&text, path);
    }
    if stores.facts.fact(counterfoil_core::system::SECRET_FACT).await?.is_some() {
        return Err(SecretError::Missing { path: path.to_owned() });
    }
    make(path, &new_secret(entropy)?)?;
    // Of two processes that start at once, one made it: both use what is there.
    let text = read(path)?.ok_or_else(|| SecretError::Missing { path: path.to_owned() })?;
    from_file(&text, path)
}

/// The secret, if there is one by now: none is made. `None`: the first start makes it.
pub(super) async fn find(secrets: &Secrets, stores: Option<&Stores>) -> Result<Option<MasterSecret>, SecretError> {
    if let Some(secret) = &secrets.secret {
        return MasterSecret::from_text(secret.expose_secret()).map(Some).map_err(SecretError::WeakVariable);
    }
    let Some(path) = secrets.secret_file.as_deref() else { return Ok(None) };
    if let Some(text) = read(path)? {
        return from_file(&text, path).map(Some);
    }
    match stores {
        Some(stores) if stores.facts.fact(counterfoil_core::system::SECRET_FACT).await?.is_some() => {
            Err(SecretError::Missing { path: path.to_owned() })
        }
        _ => Ok(None),
    }
}

fn from_file(text: &str, path: &Path) -> Result<MasterSecret, SecretError> {
    MasterSecret::from_text(text).map_err(|source| SecretError::WeakFile { path: path.to_owned(), source })
}

fn new_secret(entropy: &dyn Entropy) -> Result<Zeroizing<String>, EntropyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut_slice())?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in bytes.iter() {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    Ok(text)
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, SecretError> {
    let failed = |source| SecretError::File { path: path.to_owned(), what: "read", source };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(&metadata) & 0o077 != 0 {
        return Err(SecretError::Readable { path: path.to_owned() });
    }
    fs::read_to_string(path).map(|text| Some(Zeroizing::new(text))).map_err(failed)
}

/// Makes the file, readable by its owner alone. One that is there is left as it is. It appears whole or not at all, and stays.
fn make(path: &Path, text: &str) -> Result<(), SecretError> {
    let failed = |source| SecretError::File { path: path.to_owned(), what: "written", source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Mode 0600 from the beginning.
    let mut draft = NamedTempFile::new_in(folder).map_err(failed)?;
    draft.write_all(text.as_bytes()).and_then(|()| draft.as_file().sync_all()).map_err(failed)?;
    match draft.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error.error)),
        _ => {}
    }
    // A store that knows a secret must not outlive it: the name is on the disk before anything is sealed.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
