//! Passwords and names that nobody guesses.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;

use super::error::ServiceError;

/// `bytes` random bytes in hexadecimal, from the system.
pub(super) fn random(bytes: usize) -> Result<String, ServiceError> {
    let source = "/dev/urandom";
    let mut buffer = vec![0; bytes];
    File::open(source).and_then(|mut file| file.read_exact(&mut buffer)).map_err(ServiceError::io(source))?;
    Ok(buffer.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
