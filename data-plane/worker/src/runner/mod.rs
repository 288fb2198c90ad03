//! Gives tenants their turns when they are due: so many at once, in the order in which they came.
//!
//! Nothing is polled but a clock and the head of a queue in memory, so that a sleeping tenant costs
//! nothing and a clock that was set does not matter. A turn is short while
//! others wait for theirs, so that a tenant with a backlog comes again after all that are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use freehold_clock::Clock;
use freehold_kernel::Tenants;
use freehold_kernel::jobs::{Plan, Runner};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Tenants that have their turn at the same time at most; half as many as may be open.
const TURNS_AT_ONCE_MAX: usize = 32;
/// How often the clock is looked at, at least.
const LOOK_MS_MAX: u64 = 250;
/// How often the file is told which tenants have become quiet.
const SETTLED_EVERY_SECONDS: u64 = 10;

/// What gives the turns, until it is told to stop.
#[derive(Debug)]
pub(crate) struct Turns {
    stopping: CancellationToken,
    scheduling: JoinHandle<JoinSet<()>>,
}

impl Turns {
    /// Starts to.
    pub(crate) fn start(tenants: Tenants, plan: Arc<Plan>, clock: Clock, open_max: usize) -> Self {
        let stopping = CancellationToken::new();
        let runner = Runner::new(tenants.clone(), plan, clock.clone(), stopping.clone());
        let at_once = (open_max / 2).clamp(1, TURNS_AT_ONCE_MAX);
        let scheduling = schedule(tenants, runner, clock, at_once, stopping.clone());
        Self { stopping, scheduling: tokio::spawn(scheduling) }
    }

    /// Starts nothing more; what runs has `grace` to end, and what does not runs again next time.
    pub(crate) async fn stop(self, grace: Duration) {
        self.stopping.cancel();
        // A panic in it has been logged by the runtime already.
        if let Ok(mut turns) = self.scheduling.await {
            let ending = async { while turns.join_next().await.is_some() {} };
            if tokio::time::timeout(grace, ending).await.is_err() {
                tracing::warn!("jobs were still running when the worker stopped; they run again");
            }
            turns.shutdown().await;
        }
    }
}

async fn schedule(
    tenants: Tenants,
    runner: Runner,
    clock: Clock,
    at_once: usize,
    stopping: CancellationToken,
) -> JoinSet<()> {
    let room = Arc::new(Semaphore::new(at_once));
    let queue = Arc::new(AtomicUsize::new(0));
    // One for each tenant that is due at most.
    let mut turns = JoinSet::new();
    let mut settled = Instant::now();
    while !stopping.is_cancelled() {
        for tenant in tenants.due().take(clock.now()) {
            let (room, runner, stopping) = (room.clone(), runner.clone(), stopping.clone());
            let queue = queue.clone();
            turns.spawn(async move {
                queue.fetch_add(1, Relaxed);
                let permit = tokio::select! {
                    // First come, first served.
                    permit = room.acquire_owned() => permit,
                    () = stopping.cancelled() => return,
                };
                queue.fetch_sub(1, Relaxed);
                runner.turn(tenant, || queue.load(Relaxed) > 0).await;
                drop(permit);
            });
        }
        while turns.try_join_next().is_some() {}
        if settled.elapsed().as_secs() >= SETTLED_EVERY_SECONDS {
            tenants.due().settle(clock.now(), false);
            settled = Instant::now();
        }
        let (first, waiting) = tenants.due().first();
        metrics::gauge!("freehold_jobs_tenants_waiting").set(waiting as f64);
        metrics::gauge!("freehold_jobs_tenants_due").set(turns.len() as f64);
        let now = clock.now();
        let until_first = first.map_or(LOOK_MS_MAX, |first| {
            u64::try_from(first.0.saturating_sub(now.0)).unwrap_or_default()
        });
        tokio::select! {
            () = tenants.due().earlier() => {}
            () = tokio::time::sleep(Duration::from_millis(until_first.min(LOOK_MS_MAX))) => {}
            () = stopping.cancelled() => {}
        }
    }
    turns
}
