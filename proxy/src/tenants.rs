//! What the visitors of one tenant may take of the edge together.
//!
//! Limits per client do not hold off a crowd. Requests in flight are counted for each tenant, so
//! that one site, however popular or slow, leaves room for its neighbours.

use std::collections::HashMap;
use std::sync::Arc;

use freehold_ids::TenantId;
use parking_lot::Mutex;

use crate::rate::{Policy, Rate};

/// Requests of one tenant, in the long run and at once.
const RATE: Policy = Policy { name: "site", burst: 4_000, per_second: 2_000 };
/// When it is worth trying again after too many were in flight.
const IN_FLIGHT_RETRY_SECONDS: u64 = 1;

/// The limits of tenants. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct TenantLimits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    in_flight_max: usize,
    /// Tenants with requests in flight, and no others.
    in_flight: Mutex<HashMap<TenantId, usize>>,
    rate: Option<Rate<TenantId>>,
}

/// One counted request; dropping it is what ends the count, on every path.
#[derive(Debug)]
pub(crate) struct TenantPermit {
    limits: TenantLimits,
    tenant: TenantId,
}

impl Drop for TenantPermit {
    fn drop(&mut self) {
        let mut in_flight = self.limits.0.in_flight.lock();
        if let Some(count) = in_flight.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                in_flight.remove(&self.tenant);
            }
        }
    }
}

impl TenantLimits {
    pub(crate) fn new(in_flight_max: usize, rates_enabled: bool) -> Self {
        Self(Arc::new(Shared {
            in_flight_max,
            in_flight: Mutex::default(),
            rate: rates_enabled.then(|| Rate::new(RATE)),
        }))
    }

    /// Counts a request; the seconds to wait when there are too many.
    pub(crate) fn enter(&self, tenant: TenantId) -> Result<TenantPermit, u64> {
        if let Some(rate) = &self.0.rate {
            rate.count(&tenant).map_err(|left| left.seconds)?;
        }
        let mut in_flight = self.0.in_flight.lock();
        let count = in_flight.entry(tenant).or_default();
        if *count >= self.0.in_flight_max {
            return Err(IN_FLIGHT_RETRY_SECONDS);
        }
        *count += 1;
        drop(in_flight);
        Ok(TenantPermit { limits: self.clone(), tenant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_cannot_take_the_room_of_another() {
        let limits = TenantLimits::new(2, false);
        let (busy, calm) = (TenantId::from_random(1), TenantId::from_random(2));
        let held = [limits.enter(busy), limits.enter(busy)];
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(limits.enter(busy).err(), Some(IN_FLIGHT_RETRY_SECONDS));
        assert!(limits.enter(calm).is_ok());
        drop(held);
        assert!(limits.0.in_flight.lock().is_empty(), "nothing is kept of those who have gone");
        assert!(limits.enter(busy).is_ok());
    }

    #[test]
    fn a_crowd_is_slowed_down() {
        let limits = TenantLimits::new(1, true);
        let tenant = TenantId::from_random(1);
        let entered = (0..2 * RATE.burst).take_while(|_| limits.enter(tenant).is_ok()).count();
        assert!((RATE.burst as usize..2 * RATE.burst as usize).contains(&entered), "{entered}");
    }
}
