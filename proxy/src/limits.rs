//! What one client may take: connections, and requests in a second.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use parking_lot::Mutex;

/// Connections of all clients.
const CONNECTIONS_MAX: usize = 16_384;
/// Connections of one client network.
const CONNECTIONS_PER_NETWORK_MAX: usize = 2_048;
/// Requests a second of one client network, in the long run.
const REQUESTS_PER_SECOND_MAX: u32 = 200;
/// Requests of one client network at once.
const REQUESTS_BURST_MAX: u32 = 400;
/// Requests between two sweeps of networks that have recovered.
const REQUESTS_BETWEEN_SWEEPS: usize = 16_384;

/// The limits of this edge. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Limits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connections: Mutex<HashMap<IpAddr, usize>>,
    total: AtomicUsize,
    requests: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
    seen: AtomicUsize,
}

/// One counted connection.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limits: Limits,
    network: IpAddr,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let shared = &self.limits.0;
        let mut connections = shared.connections.lock();
        if let Some(count) = connections.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.network);
            }
        }
        let left = shared.total.fetch_sub(1, Ordering::Relaxed) - 1;
        metrics::gauge!("freehold_edge_connections").set(left as f64);
    }
}

/// The network that an address counts as: itself, or the /64 of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

impl Limits {
    pub(crate) fn new(rates_enabled: bool) -> Self {
        let number = |limit| NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(REQUESTS_PER_SECOND_MAX))
            .allow_burst(number(REQUESTS_BURST_MAX));
        Self(Arc::new(Shared {
            connections: Mutex::default(),
            total: AtomicUsize::new(0),
            requests: rates_enabled.then(|| DefaultKeyedRateLimiter::keyed(quota)),
            clock: DefaultClock::default(),
            seen: AtomicUsize::new(0),
        }))
    }

    /// Counts a connection, unless there are too many.
    pub(crate) fn connect(&self, client: IpAddr) -> Option<ConnectionPermit> {
        let network = network(client);
        let mut connections = self.0.connections.lock();
        let of_network = connections.get(&network).copied().unwrap_or_default();
        let total = self.0.total.load(Ordering::Relaxed);
        if of_network >= CONNECTIONS_PER_NETWORK_MAX || total >= CONNECTIONS_MAX {
            return None;
        }
        connections.insert(network, of_network + 1);
        self.0.total.store(total + 1, Ordering::Relaxed);
        metrics::gauge!("freehold_edge_connections").set((total + 1) as f64);
        Some(ConnectionPermit { limits: self.clone(), network })
    }

    /// Counts a request; the seconds to wait when there were too many.
    pub(crate) fn request(&self, client: IpAddr) -> Result<(), u64> {
        let Some(limiter) = &self.0.requests else { return Ok(()) };
        if self.0.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(REQUESTS_BETWEEN_SWEEPS) {
            limiter.retain_recent();
        }
        limiter
            .check_key(&network(client))
            .map_err(|until| until.wait_time_from(self.0.clock.now()).as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_take_every_connection() {
        let limits = Limits::new(false);
        let client: IpAddr = [192, 0, 2, 1].into();
        let held: Vec<_> =
            (0..CONNECTIONS_PER_NETWORK_MAX).map(|_| limits.connect(client)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(limits.connect(client).is_none());
        assert!(limits.connect([192, 0, 2, 2].into()).is_some());
        drop(held);
        assert!(limits.connect(client).is_some());
    }

    #[test]
    fn neighbours_in_a_64_count_as_one() {
        let address = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
