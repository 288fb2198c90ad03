//! What a module says of its work: jobs and their handlers, subscribers, schedules.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use freehold_clock::{Clock, UnixMs};
use freehold_ids::{EventId, JobId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::store;
use crate::{StoreError, Tenant, Tx};

/// Attempts that a job gets when it does not say.
const ATTEMPTS_MAX_DEFAULT: u32 = 10;
/// Seconds that an attempt gets when the job does not say.
const ATTEMPT_SECONDS_DEFAULT: u64 = 60;

/// Work to do, named by ids rather than by what the rows said when it was enqueued.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// `noun.verb`; no other job or subscriber has it.
    const NAME: &'static str;
    /// Failures after which it is given up.
    const ATTEMPTS_MAX: u32 = ATTEMPTS_MAX_DEFAULT;
    /// How long one attempt may take.
    const ATTEMPT_SECONDS_MAX: u64 = ATTEMPT_SECONDS_DEFAULT;
}

/// Why an attempt failed, for operators: the text holds no customer's data.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobError(String);

impl JobError {
    /// An error that says this.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// What a handler's work comes to.
pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;

type Run = Arc<dyn Fn(Attempt, String) -> Outcome + Send + Sync>;

/// What runs the jobs of one name.
#[derive(Clone)]
pub struct Handler {
    pub(crate) name: &'static str,
    pub(crate) attempt_seconds_max: u64,
    pub(crate) run: Run,
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handler({})", self.name)
    }
}

impl Handler {
    /// The handler of a kind of job.
    pub fn of<J: Job, F>(run: impl Fn(Attempt, J) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        Self::new(J::NAME, J::ATTEMPT_SECONDS_MAX, run)
    }

    fn new<T: DeserializeOwned + Send + 'static, F>(
        name: &'static str,
        attempt_seconds_max: u64,
        run: impl Fn(Attempt, T) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let run = move |attempt, payload: String| -> Outcome {
            match serde_json::from_str(&payload) {
                Ok(work) => Box::pin(run(attempt, work)),
                // What stands there is the customer's; where it stands says enough.
                Err(error) => Box::pin(std::future::ready(Err(JobError(format!(
                    "the payload does not read at column {}",
                    error.column()
                ))))),
            }
        };
        Self { name, attempt_seconds_max, run: Arc::new(run) }
    }
}

/// Which claim on a job an attempt has.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) job: JobId,
    pub(crate) attempt: i64,
    pub(crate) line: Option<String>,
    /// A delivery's row goes when it is done.
    pub(crate) is_delivery: bool,
}

/// One attempt at a job: whose it is, and how its effect is written.
#[derive(Debug, Clone)]
pub struct Attempt {
    tenant: Tenant,
    clock: Clock,
    pub(crate) claim: Claim,
    completed: Arc<AtomicBool>,
}

impl Attempt {
    pub(crate) fn new(tenant: Tenant, clock: Clock, claim: Claim) -> Self {
        Self { tenant, clock, claim, completed: Arc::default() }
    }

    /// The tenant that the job is of.
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Which attempt it is, counted from 1.
    pub const fn number(&self) -> i64 {
        self.claim.attempt
    }

    /// Time and randomness.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The present moment.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// The tenant's write transaction; waits its turn.
    ///
    /// # Errors
    /// [`StoreError`] when the turn does not come in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.tenant.begin(self.now()).await
    }

    /// Says in a transaction that the job is done, so that effect and completion are one commit.
    /// That is to be the job's last transaction.
    ///
    /// # Errors
    /// When the claim is another's by now, or the store says no.
    pub async fn complete(&self, tx: &mut Tx) -> Result<(), StoreError> {
        store::done(tx, &self.claim).await?;
        self.completed.store(true, Atomic::Release);
        Ok(())
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.completed.load(Atomic::Acquire)
    }
}

/// An event as subscribers get it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delivered {
    /// Its id, which grows in the order of commits.
    pub id: EventId,
    /// Its name, such as `post.published`.
    pub name: String,
    /// The wire id of what it is about.
    pub subject: String,
    /// When it was committed.
    pub at_ms: i64,
    /// What it says, as JSON.
    pub payload: String,
}

/// In which order a subscriber gets events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// In any.
    Any,
    /// Those of one subject as they happened: one that fails holds the later ones of its subject
    /// up until it worked or was given up.
    PerSubject,
}

/// Who wants to know of events. A new one starts at the newest.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// `noun.verb`; no other subscriber or job has it.
    pub name: &'static str,
    /// The names of the events.
    pub events: &'static [&'static str],
    /// In which order it gets them.
    pub ordering: Ordering,
    /// Failures after which a delivery is given up.
    pub attempts_max: u32,
    pub(crate) handler: Handler,
}

impl Subscriber {
    /// A subscriber whose deliveries are tried as often and as long as jobs are.
    pub fn new<F>(
        name: &'static str,
        events: &'static [&'static str],
        ordering: Ordering,
        run: impl Fn(Attempt, Delivered) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler = Handler::new(name, ATTEMPT_SECONDS_DEFAULT, run);
        Self { name, events, ordering, attempts_max: ATTEMPTS_MAX_DEFAULT, handler }
    }
}

/// The zone in which a schedule's times are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// UTC.
    Utc,
    /// The site's.
    Site,
}

/// A job that is enqueued again and again. What was missed is made up for once. Where a site moves
/// to another zone, the next time is still that of the former one.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Its name; no other schedule has it.
    pub name: &'static str,
    /// Minute, hour, day of the month, month and day of the week.
    pub cron: &'static str,
    /// Where these are meant.
    pub zone: Zone,
    /// The tenants of a fleet are spread over so many seconds after the time.
    pub spread_seconds: u64,
    pub(crate) enqueue: fn(&mut Tx, &str) -> Result<(), StoreError>,
}

impl Schedule {
    /// A schedule of a job that needs no words.
    pub fn of<J: Job + Default>(
        name: &'static str,
        cron: &'static str,
        zone: Zone,
        spread_seconds: u64,
    ) -> Self {
        let enqueue = |tx: &mut Tx, key: &str| tx.enqueue_once(&J::default(), key, tx.now());
        Self { name, cron, zone, spread_seconds, enqueue }
    }
}
