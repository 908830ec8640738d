//! The names of budgets: from whoever is guessed at, or guesses, to the row that counts.

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::hmac;

use crate::account::Identifier;
use crate::id::UserId;
use crate::store::BudgetId;

/// The key under which budgets are named, so that a copy of the store does not tell who was guessed at, nor what somebody
/// typed into the wrong field.
pub struct BudgetKey(hmac::Key);

impl BudgetKey {
    /// From a key of 32 random bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The budget of an account, whatever it was called by (LG-05).
    pub fn account(&self, user: UserId) -> BudgetId {
        self.named(b'u', user.as_bytes())
    }

    /// The budget of a name that is nobody's, one for all its spellings, as an account has one for its own.
    pub fn nobody(&self, name: &str) -> BudgetId {
        match Identifier::parse(name) {
            Ok(identifier) => self.named(b'n', identifier.key().as_bytes()),
            Err(_) => self.named(b'x', name.as_bytes()),
        }
    }

    /// The budget of failures of an address.
    pub fn address(&self, address: IpAddr) -> BudgetId {
        self.named(b'a', network(address).to_string().as_bytes())
    }

    /// The budget of registrations of an address.
    pub fn registrations(&self, address: IpAddr) -> BudgetId {
        self.named(b'r', network(address).to_string().as_bytes())
    }

    fn named(&self, kind: u8, name: &[u8]) -> BudgetId {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&[kind]);
        context.update(name);
        let mut bytes = [0; 32];
        for (byte, signed) in bytes.iter_mut().zip(context.sign().as_ref()) {
            *byte = *signed;
        }
        BudgetId::from_bytes(bytes)
    }
}

/// What one party holds of the addresses: one of IPv4, and of IPv6 the 2⁶⁴ of a network (RFC 4291 §2.5.4). One of IPv4 that is
/// written as IPv6 is that one (LG-07).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> BudgetKey {
        BudgetKey::new(&[7; 32])
    }

    fn of(address: &str) -> BudgetId {
        key().address(address.parse().unwrap())
    }

    #[test]
    fn lg_07_an_address_has_one_budget_however_it_is_written() {
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:0db8:0001:0002:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn lg_05_the_spellings_of_a_name_are_one_budget() {
        let budget = |name| key().nobody(name);
        for spelling in ["Alice", "ALICE", "ａlice"] {
            let is_a_name = Identifier::parse(spelling).is_ok();
            assert_eq!(budget(spelling) == budget("alice"), is_a_name, "{spelling}");
        }
        assert_eq!(budget("Nobody@Example.COM"), budget("nobody@example.com"));
        assert_ne!(budget("alice"), budget("alice2"));
    }

    #[test]
    fn budgets_of_different_kinds_are_apart() {
        let (key, user) = (key(), UserId::from_bytes([1; 16]));
        let address = "192.0.2.1".parse().unwrap();
        assert_ne!(key.address(address), key.registrations(address));
        assert_ne!(key.account(user), key.nobody(&user.to_string()));
        assert_ne!(key.account(user), BudgetKey::new(&[8; 32]).account(user), "nobody else can name them");
    }
}
