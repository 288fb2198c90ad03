//! One tenant's turn: events become deliveries, times that came enqueue jobs, and what is due runs,
//! a few at once, until nothing is due or the turn is over.
//!
//! The tenant stays open for that long and no longer. A turn has an end even where there is no end
//! of work, so that the other tenants get theirs.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};

use freehold_clock::{Clock, UnixMs};
use freehold_ids::{JobId, TenantId};
use futures::FutureExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::store::{self, Claimed, Fate};
use super::{Attempt, Due, JobError, Plan, outbox, schedules};
use crate::{Compiled, StoreError, Tenant, Tenants};

/// Jobs of one tenant that run at the same time at most.
const JOBS_PER_TENANT_MAX: usize = 4;
/// How long a turn goes on starting jobs where another tenant waits for one.
const TURN_MS_MAX: u64 = 500;
/// When a tenant that could not be worked for has its next turn.
const RETRY_SECONDS: u64 = 5;
/// When a tenant in quarantine has its next turn.
const QUARANTINED_SECONDS: u64 = 60;
/// Jobs left behind by an ended process that are taken up in one commit.
const TAKEN_UP_PER_TX_MAX: u64 = 100;
/// How long a turn that waits for its jobs looks at the clock at least once.
const LOOK_MS_MAX: u64 = 250;
/// How often the end of an attempt is written when the store is busy.
const ENDINGS_MAX: u32 = 5;

/// Gives tenants their turns. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runner {
    tenants: Tenants,
    plan: Arc<Plan>,
    clock: Clock,
    stopping: CancellationToken,
}

/// What is known of a store since it was opened: that it has a row of every schedule and subscriber.
#[derive(Debug, Default)]
struct Entered {
    /// The newest event that concerns nobody any more.
    looked: AtomicI64,
}

impl Compiled for Entered {
    fn bytes(&self) -> usize {
        0
    }
}

/// The jobs of one turn.
#[derive(Debug, Default)]
struct Started {
    running: JoinSet<JobId>,
    ids: HashSet<JobId>,
}

impl Runner {
    /// What runs this plan's work until it is told to stop.
    pub fn new(
        tenants: Tenants,
        plan: Arc<Plan>,
        clock: Clock,
        stopping: CancellationToken,
    ) -> Self {
        tenants.due().follow(plan.followed());
        Self { tenants, plan, clock, stopping }
    }

    fn due(&self) -> &Due {
        self.tenants.due()
    }

    /// Gives a tenant, which [`Due::take`] took, its turn; `is_awaited` says whether others wait
    /// for theirs.
    pub async fn turn(&self, id: TenantId, is_awaited: impl Fn() -> bool + Send) {
        metrics::counter!("freehold_jobs_turns_total").increment(1);
        let told = self.tenants.assignment(id);
        let next = match self.work(id, is_awaited).await {
            Ok(next) => next,
            // It is due anew when it is confirmed anew, which may have been meanwhile.
            Err(StoreError::NotOwned) => {
                let is_news = self.tenants.assignment(id) != told;
                is_news.then(|| self.clock.now())
            }
            // Which has been told; an operator releases it some time.
            Err(StoreError::Quarantined(_)) => {
                Some(self.clock.now().plus_seconds(QUARANTINED_SECONDS))
            }
            Err(error) => {
                tracing::warn!(tenant = %id, %error, "the work of a tenant waits");
                Some(self.clock.now().plus_seconds(RETRY_SECONDS))
            }
        };
        self.due().rest(id, next, self.clock.now());
    }

    async fn work(
        &self,
        id: TenantId,
        is_awaited: impl Fn() -> bool + Send,
    ) -> Result<Option<UnixMs>, StoreError> {
        let tenant = self.tenants.open(id).await?;
        if !self.due().is_confirmed(id, tenant.epoch()) {
            return Err(StoreError::NotOwned);
        }
        let entered = self.enter(&tenant).await?;
        self.take_up(&tenant).await?;
        let over = Instant::now() + Duration::from_millis(TURN_MS_MAX);
        let mut started = Started::default();
        let mut failed = None;
        loop {
            let bell = self.due().listen(id);
            let is_over = Instant::now() >= over && is_awaited();
            let goes_on = failed.is_none() && !is_over && !self.stopping.is_cancelled();
            let mut more = !goes_on;
            if goes_on {
                match self.start(&tenant, &entered, &mut started).await {
                    Ok(may_be_more) => more = may_be_more,
                    Err(error) => failed = Some(error),
                }
            }
            if started.running.is_empty() {
                match failed {
                    // What runs is never left alone, whatever went wrong beside it.
                    Some(error) => return Err(error),
                    None if goes_on && more => continue,
                    None if more => return Ok(Some(self.clock.now())),
                    None => return self.next_due(&tenant).await,
                }
            }
            tokio::select! {
                Some(ended) = started.running.join_next() => {
                    // A panic of a handler is a failed attempt; there are no others.
                    let mut ended = Some(ended);
                    while let Some(job) = ended {
                        if let Ok(job) = job {
                            started.ids.remove(&job);
                        }
                        ended = started.running.try_join_next();
                    }
                }
                () = bell.notified(), if goes_on => {}
                () = tokio::time::sleep(Duration::from_millis(LOOK_MS_MAX)), if goes_on => {}
            }
        }
    }

    async fn enter(&self, tenant: &Tenant) -> Result<Arc<Entered>, StoreError> {
        let enter = async {
            outbox::enter(tenant, &self.plan, self.clock.now()).await?;
            schedules::enter(tenant, &self.plan, self.clock.now()).await?;
            Ok(Entered::default())
        };
        tenant.compiled(enter).await
    }

    /// Takes up claims that nobody has: nothing of the tenant runs before its turn.
    async fn take_up(&self, tenant: &Tenant) -> Result<(), StoreError> {
        loop {
            let left = store::running(&mut tenant.read().await?, TAKEN_UP_PER_TX_MAX).await?;
            if left.is_empty() {
                return Ok(());
            }
            let mut tx = tenant.begin(self.clock.now()).await?;
            let dead = store::take_up(&mut tx, &self.clock, &left).await?;
            tx.commit().await?;
            let taken_up = left.len();
            tracing::info!(tenant = %tenant.id(), taken_up, dead, "work that was cut off");
            metrics::counter!("freehold_jobs_dead_total").increment(dead);
        }
    }

    /// Starts what is due, as far as there is room; says whether more may be due at once.
    async fn start(
        &self,
        tenant: &Tenant,
        entered: &Entered,
        started: &mut Started,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        schedules::tick(tenant, &self.plan, now).await?;
        let more = outbox::deliver(tenant, &self.plan, &entered.looked, now).await?;
        let room = JOBS_PER_TENANT_MAX - started.ids.len();
        if room == 0 {
            return Ok(true);
        }
        let due = store::due(&mut tenant.read().await?, now, room as u64).await?;
        if due.is_empty() {
            return Ok(more);
        }
        let mut tx = tenant.begin(now).await?;
        let mut claimed = Vec::with_capacity(due.len());
        for id in due {
            claimed.extend(store::claim(&mut tx, id).await?);
        }
        tx.commit().await?;
        for claimed in claimed {
            let job = claimed.claim.job;
            started.ids.insert(job);
            let (runner, tenant) = (self.clone(), tenant.clone());
            started.running.spawn(async move {
                runner.attempt(tenant, claimed).await;
                job
            });
        }
        Ok(true)
    }

    async fn attempt(&self, tenant: Tenant, claimed: Claimed) {
        let Claimed { claim, name, payload, due_at } = claimed;
        let late_ms = (self.clock.now().0 - due_at.0).max(0);
        metrics::histogram!("freehold_job_lag_seconds").record(late_ms as f64 / 1_000.0);
        let running = metrics::gauge!("freehold_jobs_running");
        running.increment(1.0);
        let attempt = Attempt::new(tenant, self.clock.clone(), claim);
        let outcome = self.handle(&attempt, &name, payload).await;
        running.decrement(1.0);
        let mut tries = 0;
        loop {
            let ended = match &outcome {
                Ok(()) if attempt.is_completed() => Ok(None),
                Ok(()) => complete(&attempt).await.map(|()| None),
                Err(error) => self.fail(&attempt, error).await.map(Some),
            };
            tries += 1;
            match ended {
                Ok(fate) => return count(&attempt, &name, &outcome, fate),
                Err(error) if tries < ENDINGS_MAX && !matches!(error, StoreError::NotOwned) => {
                    tracing::debug!(%error, "the end of an attempt is written again");
                }
                Err(error) => {
                    let (tenant, job) = (attempt.tenant().id(), attempt.claim.job);
                    tracing::warn!(%tenant, %job, name, %error, "an attempt counts as cut off");
                    return;
                }
            }
        }
    }

    async fn handle(&self, attempt: &Attempt, name: &str, payload: String) -> Result<(), JobError> {
        let Some(handler) = self.plan.handler(name) else {
            return Err(JobError::new("this release does not know the job"));
        };
        let deadline = Duration::from_secs(handler.attempt_seconds_max);
        let work = AssertUnwindSafe(async { (handler.run)(attempt.clone(), payload).await });
        match tokio::time::timeout(deadline, work.catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(JobError::new("the handler panicked")),
            Err(_) => Err(JobError::new(format!(
                "the attempt took longer than {} s",
                handler.attempt_seconds_max
            ))),
        }
    }

    async fn fail(&self, attempt: &Attempt, error: &JobError) -> Result<Fate, StoreError> {
        let mut tx = attempt.begin().await?;
        let fate = store::failed(&mut tx, &self.clock, &attempt.claim, error).await?;
        tx.commit().await?;
        Ok(fate)
    }

    async fn next_due(&self, tenant: &Tenant) -> Result<Option<UnixMs>, StoreError> {
        let mut read = tenant.read().await?;
        if !store::running(&mut read, 1).await?.is_empty() {
            // An end that could not be written.
            return Ok(Some(self.clock.now().plus_seconds(RETRY_SECONDS)));
        }
        let job = store::next_due(&mut read).await?;
        let schedule = schedules::next_due(&mut read, &self.plan).await?;
        Ok(job.into_iter().chain(schedule).min())
    }
}

async fn complete(attempt: &Attempt) -> Result<(), StoreError> {
    let mut tx = attempt.begin().await?;
    store::done(&mut tx, &attempt.claim).await?;
    tx.commit().await
}

fn count(attempt: &Attempt, name: &str, outcome: &Result<(), JobError>, fate: Option<Fate>) {
    let Err(error) = outcome else {
        metrics::counter!("freehold_jobs_done_total").increment(1);
        return;
    };
    metrics::counter!("freehold_jobs_failed_total").increment(1);
    let (tenant, job) = (attempt.tenant().id(), attempt.claim.job);
    if fate == Some(Fate::Dead) {
        metrics::counter!("freehold_jobs_dead_total").increment(1);
        tracing::warn!(%tenant, %job, name, %error, "a job was given up");
    } else {
        tracing::debug!(%tenant, %job, name, %error, "an attempt failed");
    }
}
