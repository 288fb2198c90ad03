//! The kernel's own work: what was done long ago is forgotten every night, and a probe that
//! operators enqueue to see that jobs run.

use freehold_db::{Filter, Insert, Select, Update};
use freehold_fleet::JobState;
use freehold_idempotency::KEY_AGE_HOURS_MAX;
use serde::{Deserialize, Serialize};

use super::outbox::{FROM_THE_START_KEY, OUTBOX};
use super::{Attempt, Handler, Job, JobError, Schedule, Zone, store};
use crate::{Module, Read, StoreError};

/// How long jobs that are done stay.
const DONE_DAYS: u64 = 3;
/// How long jobs that were given up stay, and can be run again.
const DEAD_DAYS: u64 = 30;
/// How long events stay that every subscriber is past, and can be replayed.
const EVENT_DAYS: u64 = 30;
/// How long events stay at most, also where a subscriber of another release is not past them.
const EVENT_DAYS_MAX: u64 = 90;
const DAY_SECONDS: u64 = 24 * 3_600;
/// The `meta` row that counts the effects of probes.
const EFFECTS_KEY: &str = "probe_effects";

/// The kernel as a module: its tables and its own work.
pub fn module() -> Module {
    Module {
        name: "kernel",
        tables: &[
            "idempotency_keys",
            "jobs",
            "meta",
            "options",
            "outbox",
            "schedules",
            "subscribers",
        ],
        jobs: vec![Handler::of(sweep), Handler::of(probe)],
        schedules: vec![Schedule::of::<Sweep>("kernel.sweep", "0 2 * * *", Zone::Site, 3_600)],
        seed: Some(|tx, _provision, _clock| {
            Box::pin(async move {
                let insert =
                    Insert::into("meta").set("key", FROM_THE_START_KEY).set("value", 0_i64);
                tx.insert(&insert).await.map(drop)
            })
        }),
        ..Module::default()
    }
}

/// Forgets what is old.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "kernel.sweep";
    const ATTEMPT_SECONDS_MAX: u64 = 600;
}

async fn sweep(attempt: Attempt, _job: Sweep) -> Result<(), JobError> {
    let now = attempt.now();
    let days_ago = |days| now.minus_seconds(days * DAY_SECONDS);
    for (state, days) in [(JobState::Done, DONE_DAYS), (JobState::Dead, DEAD_DAYS)] {
        let old = Filter::eq("state", state.as_str());
        attempt.forget(store::TABLE, "finished_at", old, days_ago(days)).await?;
    }
    let passed = super::outbox::passed(&mut attempt.tenant().read().await?).await?;
    attempt.forget(OUTBOX, "created_at", Filter::lte("id", passed), days_ago(EVENT_DAYS)).await?;
    let everything = Filter::everything();
    attempt.forget(OUTBOX, "created_at", everything.clone(), days_ago(EVENT_DAYS_MAX)).await?;
    let keys = freehold_idempotency::TABLE;
    let expired = now.minus_seconds(KEY_AGE_HOURS_MAX * 3_600);
    attempt.forget(keys, "created_at", everything, expired).await
}

/// Does nothing but count, in the commit that completes it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Probe {
    /// Whether the first attempt fails.
    pub(super) fails_first: bool,
}

impl Job for Probe {
    const NAME: &'static str = "kernel.probe";
}

async fn probe(attempt: Attempt, job: Probe) -> Result<(), JobError> {
    if job.fails_first && attempt.number() == 1 {
        return Err(JobError::new("the probe was asked to fail the first time"));
    }
    let mut tx = attempt.begin().await?;
    let none = Insert::into("meta").set("key", EFFECTS_KEY).set("value", 0_i64).or_keep(["key"]);
    tx.insert(&none).await?;
    let one_more = Update::table("meta").add("value", 1).filter(Filter::eq("key", EFFECTS_KEY));
    tx.update(&one_more).await?;
    attempt.complete(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// The effects of all probes so far.
pub(super) async fn effects(read: &mut Read) -> Result<u64, StoreError> {
    let select = Select::from("meta", ["value"]).filter(Filter::eq("key", EFFECTS_KEY));
    let row = read.optional(&select).await?;
    Ok(row.map(|row| row.get::<i64>("value")).transpose()?.unwrap_or_default().unsigned_abs())
}
