//! What one client may take: connections, and requests in a second.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::rate::{Left, Policy, Rate};

/// Connections of all clients, where the process may have as many.
pub const CONNECTIONS_MAX: usize = 16_384;
/// Connections of one client network.
const CONNECTIONS_PER_NETWORK_MAX: usize = 2_048;
/// Requests of one client network, in the long run and at once.
const RATE: Policy = Policy { name: "network", burst: 400, per_second: 200 };

/// The limits of this edge. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Limits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connections: Mutex<HashMap<IpAddr, usize>>,
    total: AtomicUsize,
    connections_max: usize,
    requests: Option<Rate<IpAddr>>,
}

/// One counted connection.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limits: Limits,
    /// The network that it counts for; none yet, or none at all for many clients' connections.
    network: Option<IpAddr>,
}

impl ConnectionPermit {
    /// Counts the connection for a client; `false` when its network has too many.
    pub(crate) fn count_for(&mut self, client: IpAddr) -> bool {
        let network = network(client);
        let mut connections = self.limits.0.connections.lock();
        let count = connections.entry(network).or_default();
        if *count >= CONNECTIONS_PER_NETWORK_MAX {
            return false;
        }
        *count += 1;
        self.network = Some(network);
        true
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let shared = &self.limits.0;
        if let Some(network) = self.network {
            let mut connections = shared.connections.lock();
            if let Some(count) = connections.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    connections.remove(&network);
                }
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
    pub(crate) fn new(rates_enabled: bool, connections_max: usize) -> Self {
        Self(Arc::new(Shared {
            connections: Mutex::default(),
            total: AtomicUsize::new(0),
            connections_max: connections_max.clamp(1, CONNECTIONS_MAX),
            requests: rates_enabled.then(|| Rate::new(RATE)),
        }))
    }

    /// Counts a connection, unless there are too many. It counts for nobody yet.
    pub(crate) fn connect(&self) -> Option<ConnectionPermit> {
        let total = self.0.total.fetch_add(1, Ordering::Relaxed) + 1;
        let permit = ConnectionPermit { limits: self.clone(), network: None };
        metrics::gauge!("freehold_edge_connections").set(total as f64);
        // A permit that is not given away takes its count back.
        (total <= self.0.connections_max).then_some(permit)
    }

    /// Whether so many connections are open that none is kept for a request that may come: who has one
    /// to ask finds room, and who only holds one makes it.
    pub(crate) fn is_crowded(&self) -> bool {
        self.0.total.load(Ordering::Relaxed) > self.0.connections_max / 2
    }

    /// Counts a request; an error when there were too many, nothing where rates are off.
    pub(crate) fn request(&self, client: IpAddr) -> Result<Option<Left>, Left> {
        let rate = self.0.requests.as_ref();
        rate.map(|rate| rate.count(&network(client))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_take_every_connection() {
        let limits = Limits::new(false, CONNECTIONS_MAX);
        let client: IpAddr = [192, 0, 2, 1].into();
        let connect = |client: IpAddr| {
            let mut permit = limits.connect().expect("room for anybody");
            permit.count_for(client).then_some(permit)
        };
        let held: Vec<_> = (0..CONNECTIONS_PER_NETWORK_MAX).map(|_| connect(client)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(connect(client).is_none());
        assert!(connect([192, 0, 2, 2].into()).is_some());
        drop(held);
        assert!(connect(client).is_some());
        assert!(limits.0.connections.lock().is_empty());
    }

    #[test]
    fn there_is_an_end_to_connections_of_all() {
        let limits = Limits::new(false, CONNECTIONS_MAX);
        let held: Vec<_> = (0..CONNECTIONS_MAX).map(|_| limits.connect()).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(limits.connect().is_none());
        drop(held);
        assert!(limits.connect().is_some());
        assert_eq!(limits.0.total.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn from_half_of_them_on_it_is_crowded() {
        let limits = Limits::new(false, 4);
        let mut held = vec![limits.connect(), limits.connect()];
        assert!(!limits.is_crowded());
        held.push(limits.connect());
        assert!(limits.is_crowded());
        held.push(limits.connect());
        assert!(limits.connect().is_none(), "four at most");
        held.truncate(2);
        assert!(!limits.is_crowded());
    }

    #[test]
    fn neighbours_in_a_64_count_as_one() {
        let address = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
