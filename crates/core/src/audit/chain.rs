//! What binds each record to the one before, so that whoever changes, removes, adds or reorders one gives it away.
//!
//! A row's tag is HMAC-SHA256 over the tag of the row before and everything that the row says. The key is derived from the
//! installation's secret, so whoever can write to the database but does not know the secret cannot make a row that fits. The two
//! ends are sealed under the same key: rows that are cut off at either end are missed.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::store::AuditRow;

/// What each use of the key begins with, so that none can stand for another.
const RECORD: &[u8] = b"counterfoil.audit.record.v1";
const HEAD: &[u8] = b"counterfoil.audit.head.v1";
const ANCHOR: &[u8] = b"counterfoil.audit.anchor.v1";
const NAME: &[u8] = b"counterfoil.audit.name.v1";

/// An HMAC-SHA256 tag. No secret: it only proves something to whoever has the key.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Tag([u8; 32]);

impl Tag {
    /// As text, base64url without padding (RFC 4648 §5); nothing for the tag before the first record.
    pub fn to_text(self) -> String {
        if self == Self::default() { String::new() } else { URL_SAFE_NO_PAD.encode(self.0) }
    }

    /// From that text. `None`: it is none. No tag has two texts: what stands for the one before the first record is written in no other way.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self).filter(|tag| *tag != Self::default())
    }

    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A number below `below` that is another one for each tag, so that processes do not go in step.
    pub(super) fn lot(self, below: u64) -> u64 {
        let first = self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        first.checked_rem(below).unwrap_or(0)
    }

    fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.to_text())
    }
}

/// A place in the log: a record's number and tag. The default is the place before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// The record's number.
    pub number: u64,
    /// Its tag.
    pub tag: Tag,
}

/// One end of the log, under the key: whoever moves it without the key gives that away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seal {
    /// The place.
    pub link: Link,
    /// Proves that it was put there by somebody with the key.
    pub seal: Tag,
}

/// Where a log begins and ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// The last record that was purged: the log goes on after it.
    pub anchor: Seal,
    /// The last record that was appended.
    pub head: Seal,
}

/// The key of the chain. The same in every process of an installation.
pub struct ChainKey(hmac::Key);

impl ChainKey {
    /// From a key that serves nothing else.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The tag of a row that follows `before`. What the row has as its tag does not count.
    pub fn tag(&self, before: &Link, row: &AuditRow) -> Tag {
        // Each part is of a fixed length or says how long it is, so no two rows are written alike.
        let user = row.user.map_or([0; 17], |user| {
            let mut bytes = [1; 17];
            bytes[1..].copy_from_slice(user.as_bytes());
            bytes
        });
        self.sign(&[
            RECORD,
            &before.tag.0,
            &row.number.to_be_bytes(),
            &row.at.as_millis().to_be_bytes(),
            &user,
            &(row.event.len() as u64).to_be_bytes(),
            row.event.as_bytes(),
            &(row.content.len() as u64).to_be_bytes(),
            row.content.as_bytes(),
        ])
    }

    /// Whether a row is what was written after `before`.
    pub fn admits(&self, before: &Link, row: &AuditRow) -> bool {
        row.number == before.number.saturating_add(1) && self.tag(before, row).matches(&row.tag)
    }

    /// The head of a log that ends with `link`.
    pub fn head(&self, link: Link) -> Seal {
        Seal { link, seal: self.end(HEAD, &link) }
    }

    /// The beginning of a log from which everything up to `link` was purged.
    pub fn anchor(&self, link: Link) -> Seal {
        Seal { link, seal: self.end(ANCHOR, &link) }
    }

    /// Whether a head was sealed with this key. That of an empty log has no seal.
    pub fn admits_head(&self, head: &Seal) -> bool {
        *head == Seal::default() || self.end(HEAD, &head.link).matches(&head.seal)
    }

    /// Whether a beginning was sealed with this key. That of a log from which nothing was purged has no seal.
    pub fn admits_anchor(&self, anchor: &Seal) -> bool {
        *anchor == Seal::default() || self.end(ANCHOR, &anchor.link).matches(&anchor.seal)
    }

    /// Stands for a name that somebody typed and that nobody has: the same for the same name, and saying nothing about it. People
    /// type passwords where their names belong.
    pub fn pseudonym(&self, name: &str) -> [u8; 8] {
        let Tag(tag) = self.sign(&[NAME, name.as_bytes()]);
        let mut short = [0; 8];
        short.copy_from_slice(&tag[..8]);
        short
    }

    fn end(&self, which: &[u8], link: &Link) -> Tag {
        self.sign(&[which, &link.number.to_be_bytes(), &link.tag.0])
    }

    fn sign(&self, parts: &[&[u8]]) -> Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        Tag(tag)
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::UserId;

    fn row() -> AuditRow {
        AuditRow {
            number: 1,
            at: Timestamp::from_millis(5),
            event: "user_created".to_owned(),
            user: None,
            content: "{}".to_owned(),
            tag: Tag::default(),
        }
    }

    #[test]
    fn a_tag_depends_on_all_that_a_row_says_and_on_the_row_before() {
        let (key, before) = (ChainKey::new(&[3; 32]), Link::default());
        let mut written = row();
        written.tag = key.tag(&before, &written);
        assert!(key.admits(&before, &written));
        let changed = [
            AuditRow { number: 2, ..written.clone() },
            AuditRow { at: Timestamp::from_millis(6), ..written.clone() },
            AuditRow { event: "user_deleted".to_owned(), ..written.clone() },
            AuditRow { event: "user_create".to_owned(), content: "d{}".to_owned(), ..written.clone() },
            AuditRow { user: Some(UserId::from_bytes([0; 16])), ..written.clone() },
            AuditRow { content: "{} ".to_owned(), ..written.clone() },
        ];
        for changed in changed {
            assert!(!key.admits(&before, &changed), "{changed:?}");
        }
        assert!(!key.admits(&Link { tag: Tag([1; 32]), ..before }, &written), "another row before");
        assert!(!ChainKey::new(&[4; 32]).admits(&before, &written), "another secret");
    }

    #[test]
    fn an_end_is_sealed_for_its_place_and_its_side() {
        let (key, link) = (ChainKey::new(&[3; 32]), Link { number: 7, tag: Tag([9; 32]) });
        let (head, anchor) = (key.head(link), key.anchor(link));
        assert!(key.admits_head(&head) && key.admits_anchor(&anchor));
        assert!(!key.admits_head(&anchor) && !key.admits_anchor(&head));
        assert!(!key.admits_head(&Seal { link: Link { number: 6, ..link }, ..head }));
        assert!(!key.admits_head(&Seal { link, seal: Tag::default() }), "only an empty log has no seal");
        assert!(key.admits_head(&Seal::default()) && key.admits_anchor(&Seal::default()));
    }

    #[test]
    fn tags_are_read_as_they_are_written() {
        for tag in [Tag::default(), Tag([7; 32])] {
            assert_eq!(Tag::parse(&tag.to_text()), Some(tag));
        }
        assert_eq!(Tag::parse("short"), None);
        assert_eq!(Tag::parse(&"A".repeat(43)), None, "32 octets of nought");
    }

    #[test]
    fn a_pseudonym_says_nothing_without_the_key() {
        let (key, other) = (ChainKey::new(&[3; 32]), ChainKey::new(&[4; 32]));
        assert_eq!(key.pseudonym("ada"), key.pseudonym("ada"));
        assert_ne!(key.pseudonym("ada"), key.pseudonym("adb"));
        assert_ne!(key.pseudonym("ada"), other.pseudonym("ada"));
    }
}
