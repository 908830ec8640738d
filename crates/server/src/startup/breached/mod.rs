//! A file of stolen passwords, as Have I Been Pwned gives it away: a line for each, `SHA-1:COUNT`, ordered by hash.
//!
//! It may have tens of gigabytes. It is searched where it lies, by halves, and opened anew each time: so it can be replaced by a
//! newer one while the server runs, if the new one takes its name by a rename.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::password::{Breached, BreachedError, PasswordDigest};
use zeroize::Zeroizing;

/// A hash as the file is ordered by it.
type Hash = [u8; PasswordDigest::BYTES];

/// The most bytes of a line with its end: a hash, a colon, as many digits as a count can have, CR and LF.
const LINE: usize = 2 * PasswordDigest::BYTES + 1 + 20 + 2;
/// What is left when so few bytes are is read at once.
const REST: u64 = 4096;
/// How many places are looked at before a file is believed to be in order.
const SAMPLES: u64 = 100;

/// The file, which was in order when it was first opened.
#[derive(Debug)]
pub(super) struct BreachedFile(PathBuf);

/// Why a file is not one of stolen passwords.
#[derive(Debug, thiserror::Error)]
pub enum BreachedFileError {
    /// It is not there, or may not be read.
    #[error("passwords.breached_hashes: {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "passwords.breached_hashes: {}, byte {at}: expected a line of 40 hexadecimal digits of SHA-1, a colon and a number, as in \
         the files of Have I Been Pwned", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// It cannot be searched.
    #[error(
        "passwords.breached_hashes: {}, byte {at}: the hashes are not in ascending order; take the file that is ordered by \
         hash", path.display()
    )]
    Unordered {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
}

/// What such a file is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breaches {
    /// When it was written. `None`: this system does not say.
    pub(crate) written_at: Option<Timestamp>,
}

impl Breaches {
    /// Looks at the file as a start does.
    pub(crate) fn of(path: &Path) -> Result<Self, BreachedFileError> {
        BreachedFile::open(path)?;
        let since_1970 = |at: SystemTime| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok();
        let written_at = std::fs::metadata(path).and_then(|about| about.modified()).ok().and_then(since_1970);
        Ok(Self { written_at: written_at.map(Timestamp::from_millis) })
    }
}

impl BreachedFile {
    /// Looks at the file in a hundred places, evenly spread.
    pub(super) fn open(path: &Path) -> Result<Self, BreachedFileError> {
        let unreadable = |source| BreachedFileError::Unreadable { path: path.to_owned(), source };
        let malformed = |at| BreachedFileError::Malformed { path: path.to_owned(), at };
        let mut lines = Lines::open(path).map_err(unreadable)?;
        let mut last: Option<(u64, Hash)> = None;
        for sample in 0..SAMPLES {
            // Of a short file several samples may be one line.
            let at = lines.length * sample / SAMPLES;
            let line = match lines.at_or_after(at) {
                Ok(line) => line,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(malformed(at)),
                Err(error) => return Err(unreadable(error)),
            };
            let Some(line) = line else { break };
            match last {
                Some((begin, hash)) if line.begin > begin && line.hash <= hash => {
                    return Err(BreachedFileError::Unordered { path: path.to_owned(), at: line.begin });
                }
                _ => last = Some((line.begin, line.hash)),
            }
        }
        if last.is_none() { Err(malformed(0)) } else { Ok(Self(path.to_owned())) }
    }
}

#[async_trait]
impl Breached for BreachedFile {
    async fn holds(&self, digest: &PasswordDigest) -> Result<bool, BreachedError> {
        let (path, hash) = (self.0.clone(), Zeroizing::new(*digest.as_bytes()));
        let searched = tokio::task::spawn_blocking(move || Lines::open(&path)?.hold(&hash)).await;
        match searched {
            Ok(Ok(holds)) => Ok(holds),
            Ok(Err(error)) => Err(BreachedError(error.into())),
            Err(error) => Err(BreachedError(error.into())),
        }
    }
}

/// The lines of an open file.
struct Lines {
    file: File,
    length: u64,
}

/// One of them, and where it stands.
struct Line {
    begin: u64,
    end: u64,
    hash: Hash,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        Ok(Self { file, length: metadata.len() })
    }

    /// Whether one of them has this hash.
    fn hold(&mut self, wanted: &Hash) -> io::Result<bool> {
        // Lines before `from` have smaller hashes, lines from `to` on have larger ones; a line begins at each.
        let (mut from, mut to) = (0, self.length);
        while to - from > REST {
            let line = self.at_or_after(from + (to - from) / 2)?.ok_or_else(malformed)?;
            match line.hash.cmp(wanted) {
                std::cmp::Ordering::Less => from = line.end,
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Greater => to = line.begin,
            }
        }
        let rest = self.bytes(from, to - from)?;
        let mut found = false;
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            found |= hash(line)? == *wanted;
        }
        Ok(found)
    }

    /// The line that begins there or is the next to begin; none, if that is the end.
    fn at_or_after(&mut self, at: u64) -> io::Result<Option<Line>> {
        // With the byte before, which is the end of a line if a line begins there.
        let from = at.saturating_sub(1);
        let bytes = self.bytes(from, 2 * LINE as u64)?;
        let skipped = match bytes.iter().position(|byte| *byte == b'\n') {
            _ if at == 0 => 0,
            Some(end) => end + 1,
            None if bytes.len() < LINE => bytes.len(),
            None => return Err(malformed()),
        };
        let rest = &bytes[skipped..];
        let Some(line) = rest.split_inclusive(|byte| *byte == b'\n').next() else { return Ok(None) };
        let begin = from + skipped as u64;
        Ok(Some(Line { begin, end: begin + line.len() as u64, hash: hash(line)? }))
    }

    /// So many bytes from there, or what there is of them.
    fn bytes(&mut self, from: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(from))?;
        (&mut self.file).take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The hash that a line begins with.
fn hash(line: &[u8]) -> io::Result<Hash> {
    let (digits, rest) = line.split_at_checked(2 * PasswordDigest::BYTES).ok_or_else(malformed)?;
    let count = rest.strip_suffix(b"\n").unwrap_or(rest);
    let count = count.strip_suffix(b"\r").unwrap_or(count);
    let is_counted = count
        .split_first()
        .is_none_or(|(colon, digits)| *colon == b':' && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit));
    if !is_counted || line.len() > LINE {
        return Err(malformed());
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let (Some(high), Some(low)) = (value(pair[0]), value(pair[1])) else { return Err(malformed()) };
        *byte = high << 4 | low;
    }
    Ok(hash)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a line is not a SHA-1 hash and a count")
}

#[cfg(test)]
mod tests;
