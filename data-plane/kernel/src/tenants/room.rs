//! Room for open stores: who may open one next, and which one is closed for that.
//!
//! Callers queue for a permit in the order in which they came. One task per worker closes stores:
//! those that nobody has used for a while, and, when room gets short, those used longest ago, a few
//! at a time and ahead of need, so that a flood of first touches does not wait for each closing in
//! turn. A store in use is never closed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use freehold_ids::TenantId;
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::slot::Slot;
use crate::StoreError;

/// How long a caller waits for room before it is turned away.
pub const OPEN_WAIT_SECONDS_MAX: u64 = 10;
/// How often unused stores are looked for.
const SWEEP_SECONDS: u64 = 5;
/// How often a worker whose callers wait looks whether a store has become idle.
const CROWDED_PAUSE_MS: u64 = 5;
/// Stores that are closed at the same time at most.
const CLOSING_AT_ONCE_MAX: usize = 8;
/// Of so many permits one is kept free for the next caller, and never more than are closed at once.
const PERMITS_PER_SPARE: usize = 16;

/// The open stores of a worker, and who waits to open one.
#[derive(Debug)]
pub(super) struct Room {
    started: Instant,
    permits: Arc<Semaphore>,
    spare: usize,
    waiting: AtomicUsize,
    short: Notify,
    open: Mutex<HashMap<TenantId, Arc<Slot>>>,
    idle_close: Duration,
    closed: CancellationToken,
}

impl Room {
    /// Room for so many stores, with the task that keeps it.
    pub(super) fn new(open_max: usize, idle_close: Duration) -> Arc<Self> {
        let open_max = open_max.max(1);
        let room = Arc::new(Self {
            started: Instant::now(),
            permits: Arc::new(Semaphore::new(open_max)),
            spare: (open_max / PERMITS_PER_SPARE).min(CLOSING_AT_ONCE_MAX),
            waiting: AtomicUsize::new(0),
            short: Notify::new(),
            open: Mutex::default(),
            idle_close,
            closed: CancellationToken::new(),
        });
        tokio::spawn(Arc::clone(&room).keep());
        room
    }

    /// Microseconds of this worker's life.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A permit to have one more store open, in the order of asking.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let permits = Arc::clone(&self.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            if self.permits.available_permits() < self.spare {
                self.short.notify_one();
            }
            return Ok(permit);
        }
        let _waiting = Waiting::new(&self.waiting);
        self.short.notify_one();
        let longest = Duration::from_secs(OPEN_WAIT_SECONDS_MAX);
        match tokio::time::timeout(longest, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(StoreError::Crowded),
        }
    }

    /// Notes that a store is open.
    pub(super) fn opened(&self, tenant: TenantId, slot: &Arc<Slot>) {
        self.open.lock().insert(tenant, Arc::clone(slot));
    }

    /// How many stores are open.
    pub(super) fn open_count(&self) -> usize {
        self.open.lock().len()
    }

    /// Ends the task that closes stores.
    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    async fn keep(self: Arc<Self>) {
        loop {
            let pause = match self.waiting.load(Ordering::Acquire) {
                0 => Duration::from_secs(SWEEP_SECONDS),
                _ => Duration::from_millis(CROWDED_PAUSE_MS),
            };
            tokio::select! {
                () = self.closed.cancelled() => return,
                () = self.short.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            self.close_some().await;
        }
    }

    /// Closes what nobody has used for a while, and what is in the way of who waits.
    async fn close_some(&self) {
        loop {
            let victims = self.victims();
            let closing = victims.iter().map(|(tenant, slot)| async move {
                let is_closed = slot.close_if_idle().await;
                if is_closed {
                    self.forget(*tenant, slot);
                }
                is_closed
            });
            let closed = futures::future::join_all(closing).await;
            if !closed.contains(&true) || self.closed.is_cancelled() {
                return;
            }
        }
    }

    fn forget(&self, tenant: TenantId, slot: &Slot) {
        let mut open = self.open.lock();
        // It may be open again already.
        if !slot.is_open() {
            open.remove(&tenant);
        }
    }

    /// The idle stores to close next, those used longest ago first.
    fn victims(&self) -> Vec<(TenantId, Arc<Slot>)> {
        let wanted = self.spare.max(self.waiting.load(Ordering::Acquire));
        let missing = wanted.saturating_sub(self.permits.available_permits());
        let unused = self.idle_close.as_micros();
        let now = self.now();
        let mut open = self.open.lock();
        // Those that were closed by others: when they were given up, or failed to open anew.
        open.retain(|_, slot| slot.is_open());
        let mut idle: Vec<_> = open
            .iter()
            .filter(|(_, slot)| slot.is_idle())
            .map(|(tenant, slot)| (slot.last_used(), *tenant, Arc::clone(slot)))
            .collect();
        drop(open);
        idle.sort_unstable_by_key(|(used, ..)| *used);
        let is_due = |place: usize, used: u64| {
            place < missing || u128::from(now.saturating_sub(used)) >= unused
        };
        idle.into_iter()
            .enumerate()
            .filter(|(place, (used, ..))| is_due(*place, *used))
            .map(|(_, (_, tenant, slot))| (tenant, slot))
            .take(CLOSING_AT_ONCE_MAX)
            .collect()
    }
}

/// Counts one who waits, for as long as it does.
#[derive(Debug)]
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
