//! Public versions: one number per tenant that grows when what anonymous readers can see changes.
//!
//! A change is written as a row of its own transaction. The number in memory moves after that
//! commit is visible and never before, so what is rendered after reading the number is at least
//! as new as the number says: an old answer cannot carry a new version. Then whoever listens is
//! told; the channel is bounded, and a listener who falls behind knows that it did.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use freehold_ids::TenantId;
use parking_lot::Mutex;
use tokio::sync::broadcast;

/// Changes that a listener may have left to read before it counts as fallen behind.
const CHANGES_PENDING_MAX: usize = 4_096;

/// The public versions of one worker's tenants. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PublicVersions(Arc<Hub>);

#[derive(Debug)]
struct Hub {
    /// Kept as long as the process, so that within it no number ever comes again, whatever is
    /// closed, taken away and given back meanwhile.
    counters: Mutex<HashMap<TenantId, Counter>>,
    moved: broadcast::Sender<(TenantId, u64)>,
}

impl Default for PublicVersions {
    fn default() -> Self {
        let (moved, _) = broadcast::channel(CHANGES_PENDING_MAX);
        Self(Arc::new(Hub { counters: Mutex::default(), moved }))
    }
}

impl PublicVersions {
    /// Hears of every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<(TenantId, u64)> {
        self.0.moved.subscribe()
    }

    /// The counter of a tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Counter {
        let fresh = || Counter { tenant, number: Arc::default(), moved: self.0.moved.clone() };
        self.0.counters.lock().entry(tenant).or_insert_with(fresh).clone()
    }
}

/// The public version of one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    tenant: TenantId,
    number: Arc<AtomicU64>,
    moved: broadcast::Sender<(TenantId, u64)>,
}

impl Counter {
    /// The number. What is read from the store afterwards is at least as new.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Takes over what the store says when it is opened.
    pub(crate) fn raise(&self, stored: u64) {
        self.number.fetch_max(stored, Ordering::AcqRel);
    }

    /// Moves on after a change, at least to `stored`, and tells who listens.
    pub(crate) fn advance(&self, stored: u64) {
        let next = |number: u64| Some((number + 1).max(stored));
        let before = self.number.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        let number = before.unwrap_or_else(|number| number).saturating_add(1).max(stored);
        // Nobody may be listening.
        let _ = self.moved.send((self.tenant, number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_never_comes_again_and_every_move_is_told() {
        let versions = PublicVersions::default();
        let mut heard = versions.listen();
        let tenant = TenantId::from_random(1);
        let counter = versions.of(tenant);
        counter.raise(7);
        assert_eq!(counter.number(), 7);
        assert!(heard.try_recv().is_err(), "opening a store changes nothing");
        counter.advance(8);
        counter.advance(0);
        assert_eq!(versions.of(tenant).number(), 9);
        counter.raise(8);
        assert_eq!(counter.number(), 9, "a store that was closed and opened again");
        assert_eq!(heard.try_recv(), Ok((tenant, 8)));
        assert_eq!(heard.try_recv(), Ok((tenant, 9)));
        assert_eq!(versions.of(TenantId::from_random(2)).number(), 0);
    }

    #[test]
    fn who_falls_behind_knows_it() {
        let versions = PublicVersions::default();
        let mut heard = versions.listen();
        let counter = versions.of(TenantId::from_random(1));
        for _ in 0..=CHANGES_PENDING_MAX {
            counter.advance(0);
        }
        assert!(matches!(heard.try_recv(), Err(broadcast::error::TryRecvError::Lagged(_))));
    }
}
