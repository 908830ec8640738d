//! Who may have a connection: so many in all, and so many from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::address::{Proxies, subscriber};

/// The connections that are open, and how many there may be.
#[derive(Debug)]
pub(super) struct Admission {
    most: usize,
    most_for_each: usize,
    /// They speak for many, and each of those has no connection here.
    proxies: Proxies,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_subscriber: HashMap<IpAddr, usize>,
}

/// A connection that is counted, until this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    admission: Arc<Admission>,
    /// By which it is counted; `None` for a proxy.
    subscriber: Option<IpAddr>,
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many connections as there may be.
    Altogether,
    /// There are as many from this address.
    ForOne,
}

impl Admission {
    pub(super) fn new(most: usize, most_for_each: usize, proxies: Proxies) -> Arc<Self> {
        Arc::new(Self { most, most_for_each, proxies, open: Mutex::default() })
    }

    /// Counts one more connection, if there is room for it.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Seat, Full> {
        let subscriber = (!self.proxies.trust(peer)).then(|| subscriber(peer));
        let mut open = self.open();
        if open.all >= self.most {
            return Err(Full::Altogether);
        }
        if let Some(subscriber) = subscriber {
            let count = open.by_subscriber.entry(subscriber).or_default();
            if *count >= self.most_for_each {
                return Err(Full::ForOne);
            }
            *count += 1;
        }
        open.all += 1;
        drop(open);
        Ok(Seat { admission: Arc::clone(self), subscriber })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.admission.open();
        open.all = open.all.saturating_sub(1);
        if let Some(subscriber) = self.subscriber
            && let Some(count) = open.by_subscriber.get_mut(&subscriber)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.by_subscriber.remove(&subscriber);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn wb_12_there_are_so_many_in_all_and_from_each() {
        let admission = Admission::new(5, 2, Proxies::new(["10.0.0.1".parse().unwrap()]));
        let first = admission.admit(ip("192.0.2.1")).unwrap();
        let _second = admission.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(admission.admit(ip("192.0.2.1")).unwrap_err(), Full::ForOne);
        drop(first);
        let _third = admission.admit(ip("192.0.2.1")).unwrap();
        let _proxy = [(); 3].map(|()| admission.admit(ip("10.0.0.1")).unwrap());
        assert_eq!(admission.admit(ip("192.0.2.2")).unwrap_err(), Full::Altogether);
        assert_eq!(admission.open().by_subscriber.len(), 1, "nothing is kept of who has none");
    }

    #[test]
    fn lg_07_a_network_of_64_bits_is_one_address() {
        let admission = Admission::new(100, 2, Proxies::default());
        let _both = ["2001:db8::1", "2001:db8::ffff:2"].map(|text| admission.admit(ip(text)).unwrap());
        assert_eq!(admission.admit(ip("2001:db8::3")).unwrap_err(), Full::ForOne);
        assert!(admission.admit(ip("2001:db8:0:1::3")).is_ok());
    }

    #[test]
    fn nothing_is_counted_after_the_last_has_gone() {
        let admission = Admission::new(2, 2, Proxies::default());
        let seats = [1, 2].map(|last: u8| admission.admit(IpAddr::from([192, 0, 2, last])).unwrap());
        drop(seats);
        let open = admission.open();
        assert_eq!((open.all, open.by_subscriber.len()), (0, 0));
    }
}
