//! What is demanded: `requirements.toml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// The groups of requirements, in their order, with what each is about.
const GROUPS: [(&str, &str); 9] = [
    ("PW", "Passwords"),
    ("LG", "Logging in"),
    ("SS", "Sessions and cookies"),
    ("JW", "Signed tokens and their keys"),
    ("TK", "Opaque tokens and refreshing"),
    ("RC", "Recovery and names"),
    ("WB", "What browsers and other clients send and get"),
    ("CR", "Cryptography, stores and supply"),
    ("LO", "Logs and faults"),
];

/// A requirement's name, such as `JW-06`. They are in the order of their groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Id {
    group: usize,
    number: u8,
}

impl Id {
    /// The one of this group, in any case, and with this number of two digits.
    pub(super) fn of(group: &str, number: &str) -> Option<Self> {
        let known = GROUPS.iter().position(|(name, _)| name.eq_ignore_ascii_case(group));
        let digits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { group: known?, number: digits.then(|| number.parse().ok())?? })
    }

    /// This one and those after it, to the end of its group.
    pub(super) fn onwards(self) -> impl Iterator<Item = Self> {
        (self.number..=99).map(move |number| Self { number, ..self })
    }

    /// What its group is about.
    pub(super) fn topic(self) -> &'static str {
        GROUPS[self.group].1
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = text.split_once('-').and_then(|(group, number)| Self::of(group, number));
        id.ok_or_else(|| format!("`{text}` names no group and number"))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", GROUPS[self.group].0, self.number)
    }
}

/// How much it is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Level {
    /// It must hold.
    M,
    /// It should.
    S,
}

/// One requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Demand {
    /// What must hold, in a sentence.
    pub(super) what: String,
    /// Who says so.
    pub(super) source: String,
    pub(super) level: Level,
    /// Why nothing can prove it: what it concerns is not there.
    pub(super) not_yet: Option<String>,
}

/// All of them, in order.
pub(super) fn read(text: &str) -> Result<BTreeMap<Id, Demand>, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_and_ordered_by_group() {
        let id = |text: &str| Id::try_from(text.to_owned());
        assert_eq!(id("JW-06").unwrap().to_string(), "JW-06");
        assert_eq!(Id::of("jw", "06"), id("JW-06").ok());
        assert!(id("SS-17").unwrap() < id("JW-01").unwrap());
        for wrong in ["XX-01", "JW-1", "JW-001", "JW", "JW-+1", ""] {
            assert!(id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_demand_says_all_of_it_and_nothing_else() {
        let good = "[PW-01]\nwhat = \"d\"\nsource = \"s\"\nlevel = \"M\"\n";
        assert!(read(good).is_ok());
        for wrong in ["[PW-01]\nwhat = \"d\"\nlevel = \"M\"", "[P-1]", &format!("{good}x = 1"), &good.replace('M', "L")]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
