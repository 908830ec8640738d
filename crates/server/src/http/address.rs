//! Where a request really comes from, when there are proxies in between.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

/// Where proxies write down whom they speak for. Nothing else is believed: neither `Forwarded` nor `X-Real-IP`.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An address, or all those that begin alike: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` (RFC 4632 §3.1, RFC 4291 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    /// How many bits are alike.
    prefix: u8,
}

/// A text that is no [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address such as \"10.0.0.1\" or a network such as \"10.0.0.0/8\", without bits behind its prefix")]
pub struct BadNetwork;

impl Network {
    /// Whether an address lies in it. An IPv4 address in IPv6's clothes is one of IPv4 (RFC 4291 §2.5.5.2).
    pub fn contains(&self, address: IpAddr) -> bool {
        beginning(address.to_canonical(), self.prefix) == Some(self.address)
    }

    /// How many bits its addresses have in common.
    pub(crate) const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether its addresses are of IPv4.
    pub(crate) const fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }

    /// Whether no address of it is reached from the internet: RFC 1918 §3, RFC 6598 §7, RFC 3927 §2.1, RFC 4193 §3.1, RFC 4291 §2.5.6, and this
    /// machine's own.
    pub(crate) fn is_private(&self) -> bool {
        PRIVATE.iter().any(|(text, prefix)| {
            self.prefix >= *prefix
                && text.parse().is_ok_and(|network: IpAddr| beginning(self.address, *prefix) == Some(network))
        })
    }
}

const PRIVATE: [(&str, u8); 9] = [
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("100.64.0.0", 10),
    ("169.254.0.0", 16),
    ("127.0.0.0", 8),
    ("fc00::", 7),
    ("fe80::", 10),
    ("::1", 128),
];

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let address = written.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let prefix: u8 = text.parse().map_err(|_| BadNetwork)?;
                // Of `::ffff:10.0.0.0/104` the first 96 bits are the clothes.
                let clothes = if written.is_ipv6() && address.is_ipv4() { 96 } else { 0 };
                prefix.checked_sub(clothes).ok_or(BadNetwork)?
            }
            Some(_) => return Err(BadNetwork),
        };
        if beginning(address, prefix) == Some(address) { Ok(Self { address, prefix }) } else { Err(BadNetwork) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == bits { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.prefix) }
    }
}

/// An address with every bit behind the prefix cleared; `None`: it does not have so many.
fn beginning(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(prefix)?).unwrap_or(0);
            Some(IpAddr::V4((address.to_bits() & mask).into()))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(prefix)?).unwrap_or(0);
            Some(IpAddr::V6((address.to_bits() & mask).into()))
        }
    }
}

/// What one subscriber has: an IPv4 address, or an IPv6 network of 64 bits, of which it can take any address that it likes
/// (RFC 6177 §2). Whoever counts by address counts by this.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// The proxies that are believed when they say whom they speak for. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[Network]>);

impl Proxies {
    /// Exactly these.
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Whether what this address says of others is believed.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Who sent a request that came from `peer`: the nearest address on its way that is none of the proxies. What stands further
    /// left in the header is whatever the sender liked to write. An entry that is no address ends the walk where it is.
    pub fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut sender = peer.to_canonical();
        if !self.trust(sender) {
            return sender;
        }
        for value in headers.get_all(FORWARDED_FOR).iter().rev() {
            let Ok(text) = value.to_str() else { return sender };
            for hop in text.rsplit(',') {
                match address_of(hop.trim()) {
                    Some(address) => sender = address,
                    None => return sender,
                }
                if !self.trust(sender) {
                    return sender;
                }
            }
        }
        sender
    }
}

/// An address as proxies write it: alone, or with a port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = || hop.parse::<IpAddr>().ok();
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    bare().or_else(bracketed).or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(networks: &[&str]) -> Proxies {
        Proxies::new(networks.iter().map(|text| text.parse().unwrap()))
    }

    #[test]
    fn a_network_is_an_address_or_its_beginning() {
        for (text, shown) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::1", "::1"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), shown);
        }
        for text in
            ["", "10", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/+8", "::/129", "localhost", "1.2.3.4:80"]
        {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork), "{text}");
        }
        let ten: Network = "10.0.0.0/8".parse().unwrap();
        assert!(ten.contains(ip("10.255.0.1")) && ten.contains(ip("::ffff:10.1.2.3")));
        assert!(!ten.contains(ip("11.0.0.0")) && !ten.contains(ip("a00::")));
    }

    #[test]
    fn lg_07_an_address_of_ipv6_counts_by_its_first_64_bits() {
        assert_eq!(subscriber(ip("2001:db8:1:2:3:4:5:6")), subscriber(ip("2001:db8:1:2:ffff::")));
        assert_ne!(subscriber(ip("2001:db8:1:2::")), subscriber(ip("2001:db8:1:3::")));
        assert_eq!(subscriber(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn lg_07_only_a_trusted_proxy_says_whom_it_speaks_for() {
        let sender = |proxies: &Proxies, peer: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            headers.insert("forwarded", "for=6.6.6.6".parse().unwrap());
            headers.insert("x-real-ip", "6.6.6.6".parse().unwrap());
            proxies.sender(ip(peer), &headers).to_string()
        };
        let (none, ten) = (Proxies::default(), proxies(&["10.0.0.0/8", "::1"]));
        assert_eq!(sender(&none, "10.0.0.1", &["1.2.3.4"]), "10.0.0.1", "nobody is trusted");
        assert_eq!(sender(&ten, "192.0.2.7", &["1.2.3.4"]), "192.0.2.7", "a stranger is not");
        for (lines, expected) in [
            (&["1.2.3.4"][..], "1.2.3.4"),
            (&["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            (&["6.6.6.6, 1.2.3.4, 10.0.0.2,10.0.0.3"], "1.2.3.4"),
            (&["6.6.6.6", "1.2.3.4 ", "10.9.9.9"], "1.2.3.4"),
            (&["::ffff:1.2.3.4"], "1.2.3.4"),
            (&["1.2.3.4:5678"], "1.2.3.4"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["2001:DB8:0::1"], "2001:db8::1"),
            (&["10.0.0.5"], "10.0.0.5"),
            (&["1.2.3.4, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["1.2.3.4,"], "10.0.0.1"),
            (&["1.2.3.4, "], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["1.2.3"], "10.0.0.1"),
            (&["_hidden"], "10.0.0.1"),
            (&["1.2.3.4\u{e9}"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(sender(&ten, "10.0.0.1", lines), expected, "{lines:?}");
            assert_eq!(sender(&ten, "::ffff:10.0.0.1", lines), expected, "{lines:?}");
        }
    }
}
