//! Firebase's scrypt, freed of its signer key.
//!
//! Firebase derives an AES key from the password by scrypt, and encrypts with it, in counter mode, a key of the project: the
//! ciphertext is its hash. Counter mode adds a stream that depends on the password alone, so the import takes the signer key
//! away from the hash and keeps that stream: `$firebase-scrypt$ln=…,r=…,p=1$salt‖separator$stream`. A login computes the
//! stream and compares. So the former system's secret is used once, and neither stored nor needed again.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::scrypt::Costs;
use super::spelling::{self, PHC};
use crate::password::{HashError, PasswordHash};

/// What our form of it begins with.
pub(super) const NAME: &str = "firebase-scrypt";
/// The lengths that a signer key may have, in bytes: Firebase's have 64.
const SIGNER_KEY: std::ops::RangeInclusive<usize> = 32..=64;
/// Firebase shows standard base64 and its interface hands out base64url, here with padding and there without.
const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, ANY_PADDING);

/// A hash in our form.
pub(in crate::password) struct Firebase {
    costs: Costs,
    salt: Vec<u8>,
    stream: Vec<u8>,
}

impl Firebase {
    /// What follows after the name.
    pub(super) fn read(rest: &str) -> Result<Self, HashError> {
        let [costs, salt, stream] = spelling::fields(rest)?;
        let (salt, stream) = (spelling::salt(&PHC, salt)?, spelling::tag(&PHC, stream)?);
        Ok(Self { costs: Costs::read(costs)?, salt, stream })
    }

    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        let mut key = Zeroizing::new([0; 32]);
        self.costs.derive(password, &self.salt, key.as_mut_slice())?;
        let key = UnboundCipherKey::new(&AES_256, key.as_slice()).and_then(EncryptingKey::ctr);
        let mut stream = Zeroizing::new(vec![0; self.stream.len()]);
        // The counter begins at nought: a key is used for one text, as each password has its salt.
        let start = EncryptionContext::Iv128([0; 16].into());
        key.and_then(|key| key.less_safe_encrypt(&mut stream, start)).map_err(|_| HashError::Malformed)?;
        Ok(stream.ct_eq(&self.stream).into())
    }
}

impl fmt::Display for Firebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} {}", self.costs)
    }
}

/// The parameters of a Firebase project: what its console shows as "Password hash parameters".
///
/// Read from that text by [`FromStr`]. The signer key is wiped when dropped; `Debug` does not show it.
pub struct FirebaseParameters {
    signer_key: Zeroizing<Vec<u8>>,
    salt_separator: Vec<u8>,
    rounds: u32,
    mem_cost: u32,
}

/// Parameters that are not what Firebase's console shows. No variant quotes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FirebaseError {
    /// A line is not `name: value`, or of an unknown name.
    #[error("line {0} is not one of algorithm, base64_signer_key, base64_salt_separator, rounds and mem_cost")]
    Line(usize),
    /// A parameter is not there, there twice, or no number or base64.
    #[error("`{0}` is missing, there twice or cannot be read")]
    Parameter(&'static str),
    /// Not Firebase's own algorithm.
    #[error("the algorithm must be SCRYPT; hashes of another are imported in that one's own form")]
    Algorithm,
    /// They ask for more work than is allowed.
    #[error("the parameters ask for more work than is allowed: {}", super::limit("scrypt"))]
    TooExpensive,
}

const NAMES: [&str; 5] = ["algorithm", "base64_signer_key", "base64_salt_separator", "rounds", "mem_cost"];

impl FromStr for FirebaseParameters {
    type Err = FirebaseError;

    fn from_str(text: &str) -> Result<Self, FirebaseError> {
        let mut found: [Option<&str>; 5] = [None; 5];
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line == "}" || line.strip_suffix('{').is_some_and(|name| name.trim() == "hash_config")
            {
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(FirebaseError::Line(number))?;
            let at = NAMES.iter().position(|known| *known == name.trim()).ok_or(FirebaseError::Line(number))?;
            let value = value.trim().trim_end_matches([',', ';']).trim_matches('"');
            if found[at].replace(value).is_some() {
                return Err(FirebaseError::Parameter(NAMES[at]));
            }
        }
        let [algorithm, signer_key, separator, rounds, mem_cost] = found;
        if algorithm.is_none_or(|name| name != "SCRYPT") {
            return Err(FirebaseError::Algorithm);
        }
        let signer_key = signer_key.and_then(|text| decode(text).ok()).map(Zeroizing::new);
        let signer_key = signer_key.filter(|key| SIGNER_KEY.contains(&key.len()));
        let number = |text: Option<&str>| text.and_then(|text| spelling::number(text).ok());
        let parameters = Self {
            signer_key: signer_key.ok_or(FirebaseError::Parameter(NAMES[1]))?,
            salt_separator: separator.and_then(|text| decode(text).ok()).ok_or(FirebaseError::Parameter(NAMES[2]))?,
            rounds: number(rounds).ok_or(FirebaseError::Parameter(NAMES[3]))?,
            mem_cost: number(mem_cost).ok_or(FirebaseError::Parameter(NAMES[4]))?,
        };
        parameters.costs().map_err(|_| FirebaseError::TooExpensive)?;
        Ok(parameters)
    }
}

impl FirebaseParameters {
    /// What to store for a user of that project: its `passwordHash` and `salt`, in base64 as exported.
    pub fn hash(&self, password_hash: &str, salt: &str) -> Result<PasswordHash, HashError> {
        let (hash, mut salt) = (decode(password_hash)?, decode(salt)?);
        if hash.len() != self.signer_key.len() {
            return Err(HashError::Malformed);
        }
        salt.extend_from_slice(&self.salt_separator);
        let stream: Vec<u8> = hash.iter().zip(&*self.signer_key).map(|(hash, key)| hash ^ key).collect();
        let (salt, stream) = (PHC.encode(salt), PHC.encode(stream));
        PasswordHash::parse(&format!("${NAME}${}${salt}${stream}", self.costs()?))
    }

    fn costs(&self) -> Result<Costs, HashError> {
        Costs::new(self.mem_cost, self.rounds, 1)
    }
}

impl fmt::Debug for FirebaseParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FirebaseParameters(rounds={}, mem_cost={}, …)", self.rounds, self.mem_cost)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, HashError> {
    BASE64.decode(text.replace('-', "+").replace('_', "/")).map_err(|_| HashError::Malformed)
}
