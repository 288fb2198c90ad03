//! What modules make of a tenant's rows once and use again and again: keys that were read, and
//! later schemas, templates and rules.
//!
//! One cache for all tenants of a worker, with a budget in bytes, so that neither one tenant's
//! things nor many tenants' together can take the worker's memory. It outlives the closing of a
//! store, since nobody else writes to one while its epoch is this worker's. Where a transaction changes
//! rows that something was made of, the tenant's edition moves on, and it is made anew.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;

use freehold_ids::TenantId;
use moka::sync::Cache;
use parking_lot::RwLock;

/// All that is kept, by the estimates of those who keep it.
const COMPILED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Something that was made of a tenant's rows.
pub trait Compiled: Any + Send + Sync {
    /// About how much memory it takes, in bytes.
    fn bytes(&self) -> usize;
}

/// Whose it is: what was made of a store before it was taken over or recovered is not asked for
/// any more and makes room by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) tenant: TenantId,
    pub(super) epoch: u64,
    pub(super) recoveries: u64,
    /// Grows whenever the rows that things are made of change.
    pub(super) edition: u64,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    bytes: u32,
}

/// What is kept, and the editions of tenants whose rows have changed since the process began.
#[derive(Debug)]
pub(super) struct CompiledCache {
    kept: Cache<(Origin, TypeId), Entry>,
    /// Never taken out, so that no edition comes again while the process lives.
    editions: RwLock<HashMap<TenantId, u64>>,
}

impl Default for CompiledCache {
    fn default() -> Self {
        Self::with_budget(COMPILED_BYTES_MAX)
    }
}

impl CompiledCache {
    fn with_budget(bytes: u64) -> Self {
        let weigher = |_: &(Origin, TypeId), entry: &Entry| entry.bytes;
        let kept = Cache::builder().weigher(weigher).max_capacity(bytes).build();
        Self { kept, editions: RwLock::default() }
    }

    pub(super) fn edition(&self, tenant: TenantId) -> u64 {
        self.editions.read().get(&tenant).copied().unwrap_or_default()
    }

    /// Has everything of a tenant made anew. Who is making something right now of older rows keeps it
    /// under the edition before, where nobody looks.
    pub(super) fn advance(&self, tenant: TenantId) {
        *self.editions.write().entry(tenant).or_default() += 1;
    }

    pub(super) fn get<T: Compiled>(&self, origin: Origin) -> Option<Arc<T>> {
        self.kept.get(&(origin, TypeId::of::<T>()))?.value.downcast().ok()
    }

    pub(super) fn keep<T: Compiled>(&self, origin: Origin, value: Arc<T>) {
        let own = size_of::<(Origin, TypeId)>() + size_of::<Entry>();
        let bytes = u32::try_from(value.bytes().saturating_add(own)).unwrap_or(u32::MAX);
        self.kept.insert((origin, TypeId::of::<T>()), Entry { value, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Heavy(usize);

    impl Compiled for Heavy {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    fn origin(number: u64) -> Origin {
        Origin { tenant: TenantId::from_random(number.into()), epoch: 1, recoveries: 0, edition: 0 }
    }

    #[test]
    fn the_budget_holds_over_all_tenants_and_nobody_finds_anothers() {
        let cache = CompiledCache::with_budget(100_000);
        for number in 0..100 {
            cache.keep(origin(number), Arc::new(Heavy(10_000)));
            cache.kept.run_pending_tasks();
            assert!(cache.kept.weighted_size() <= 100_000);
        }
        let kept = (0..100).filter(|number| cache.get::<Heavy>(origin(*number)).is_some()).count();
        assert!((1..10).contains(&kept), "{kept}");
        cache.keep(origin(1), Arc::new(Heavy(1)));
        let later = Origin { epoch: 2, ..origin(1) };
        assert!(cache.get::<Heavy>(later).is_none(), "made under another epoch");
        let tenant = origin(1).tenant;
        cache.advance(tenant);
        let newer = Origin { edition: cache.edition(tenant), ..origin(1) };
        assert!(cache.get::<Heavy>(newer).is_none(), "made of rows that have changed");
        assert_eq!(cache.edition(origin(2).tenant), 0, "another's rows are as they were");
        cache.keep(origin(2), Arc::new(Heavy(usize::MAX)));
        cache.kept.run_pending_tasks();
        assert!(cache.get::<Heavy>(origin(2)).is_none(), "more than all of the budget");
    }
}
