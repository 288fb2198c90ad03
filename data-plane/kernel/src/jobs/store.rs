//! The table of jobs: claims, completion, failures, and lines that are run in order.
//!
//! A claim is a row in the state `running`; the number of its attempt proves it. A tenant has one
//! turn at a time, of one process that owns it, so a running row that no turn knows of was left by
//! a process that ended, and is taken up again at once.

use freehold_clock::{Clock, UnixMs};
use freehold_db::{DbError, Delete, Direction, Filter, Insert, Select, SqlValue, Update};
use freehold_fleet::JobState;
use freehold_ids::{EventId, JobId};

use super::contract::Claim;
use super::{ERROR_CHARS_MAX, JobError};
use crate::{Read, StoreError, Tx};

pub(crate) const TABLE: &str = "jobs";
/// The pause after the first failure; it doubles with each.
const PAUSE_MS: i64 = 1_000;
/// The longest pause.
const PAUSE_MS_MAX: i64 = 3_600_000;
/// Ends of processes that an attempt may run into before the next one is put off.
const CUT_OFFS_AT_ONCE_MAX: i64 = 3;
/// Ends of processes after which a job is given up: it may be what ends them.
const CUT_OFFS_MAX: i64 = 100;

/// A job that is to be written.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: JobId,
    pub(crate) name: &'static str,
    pub(crate) unique_key: Option<String>,
    pub(crate) line: Option<String>,
    pub(crate) event: Option<EventId>,
    pub(crate) payload: String,
    pub(crate) attempts_max: u32,
    pub(crate) due_at: UnixMs,
}

/// A job that this process has claimed.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) claim: Claim,
    pub(crate) name: String,
    pub(crate) payload: String,
    pub(crate) due_at: UnixMs,
}

/// Writes a job; says whether one with its unique key was not waiting already.
pub(crate) async fn insert(tx: &mut Tx, pending: Pending) -> Result<bool, StoreError> {
    let state = state_in_line(tx, pending.line.as_deref()).await?;
    let row = row(tx, pending, state);
    tx.insert(&row).await
}

/// The row of a job that waits for nothing but its time, for the commit that writes it.
pub(crate) fn waiting(tx: &mut Tx, pending: Pending) -> Insert {
    row(tx, pending, JobState::Waiting)
}

fn row(tx: &mut Tx, pending: Pending, state: JobState) -> Insert {
    tx.makes_due(pending.due_at);
    Insert::into(TABLE)
        .set("id", pending.id.number())
        .set("name", pending.name)
        .set("state", state.as_str())
        .set("unique_key", pending.unique_key)
        .set("line", pending.line)
        .set("event_id", pending.event.map(EventId::number))
        .set("payload", pending.payload)
        .set("attempts", 0_i64)
        .set("attempts_max", i64::from(pending.attempts_max))
        .set("failures", 0_i64)
        .set("cut_offs", 0_i64)
        .set("due_at", pending.due_at.0)
        .set("created_at", tx.now().0)
        .or_keep(["unique_key"])
}

/// The state of a job that comes to the end of a line.
async fn state_in_line(tx: &mut Tx, line: Option<&str>) -> Result<JobState, StoreError> {
    let Some(line) = line else { return Ok(JobState::Waiting) };
    let before = [JobState::Waiting, JobState::Running, JobState::Held];
    let before = before.map(|state| SqlValue::from(state.as_str()));
    let before = Select::from(TABLE, ["id"])
        .filter(Filter::eq("line", line))
        .filter(Filter::one_of("state", before))
        .page(1, 0);
    let is_first = tx.optional(&before).await?.is_none();
    Ok(if is_first { JobState::Waiting } else { JobState::Held })
}

/// Lets the next one of a line run.
async fn move_up(tx: &mut Tx, line: Option<&str>) -> Result<(), StoreError> {
    let Some(line) = line else { return Ok(()) };
    let next = Select::from(TABLE, ["id"])
        .filter(Filter::eq("line", line))
        .filter(Filter::eq("state", JobState::Held.as_str()))
        .order("event_id", Direction::Ascending)
        .order("id", Direction::Ascending)
        .page(1, 0);
    let Some(row) = tx.optional(&next).await? else { return Ok(()) };
    let now = tx.now();
    tx.makes_due(now);
    let update = Update::table(TABLE)
        .set("state", JobState::Waiting.as_str())
        .set("due_at", now.0)
        .filter(Filter::eq("id", row.get::<i64>("id")?));
    tx.update(&update).await.map(drop)
}

fn is(state: JobState) -> Filter {
    Filter::eq("state", state.as_str())
}

/// The jobs whose time has come, longest due first.
pub(crate) async fn due(read: &mut Read, now: UnixMs, rows: u64) -> Result<Vec<i64>, StoreError> {
    let select = Select::from(TABLE, ["id"])
        .filter(is(JobState::Waiting))
        .filter(Filter::lte("due_at", now.0))
        .order("due_at", Direction::Ascending)
        .order("id", Direction::Ascending)
        .page(rows, 0);
    let rows = read.rows(&select).await?;
    rows.iter().map(|row| Ok(row.get("id")?)).collect()
}

/// Claims a job that waits; `None` where it does not any more. From here on one with the same
/// unique key may be enqueued.
pub(crate) async fn claim(tx: &mut Tx, id: i64) -> Result<Option<Claimed>, StoreError> {
    let columns = ["name", "line", "event_id", "payload", "attempts", "due_at"];
    let waiting = Filter::eq("id", id).and(is(JobState::Waiting));
    let select = Select::from(TABLE, columns).filter(waiting.clone());
    let Some(row) = tx.optional(&select).await? else { return Ok(None) };
    let update = Update::table(TABLE)
        .set("state", JobState::Running.as_str())
        .set("unique_key", None::<String>)
        .set("started_at", tx.now().0)
        .add("attempts", 1)
        .filter(waiting);
    tx.update(&update).await?;
    Ok(Some(Claimed {
        claim: Claim {
            job: JobId::from_number(id),
            attempt: row.get::<i64>("attempts")? + 1,
            line: row.get("line")?,
            is_delivery: row.get::<Option<i64>>("event_id")?.is_some(),
        },
        name: row.get("name")?,
        payload: row.get("payload")?,
        due_at: UnixMs(row.get("due_at")?),
    }))
}

fn held_by(claim: &Claim) -> Filter {
    Filter::eq("id", claim.job.number())
        .and(is(JobState::Running))
        .and(Filter::eq("attempts", claim.attempt))
}

/// Ends a job that worked. Of a delivery nothing stays.
pub(crate) async fn done(tx: &mut Tx, claim: &Claim) -> Result<(), StoreError> {
    let ended = if claim.is_delivery {
        tx.delete(&Delete::from(TABLE, held_by(claim))).await?
    } else {
        let update = Update::table(TABLE)
            .set("state", JobState::Done.as_str())
            .set("finished_at", tx.now().0)
            .filter(held_by(claim));
        tx.update(&update).await?
    };
    if ended == 0 {
        return Err(DbError::Shape(format!("{} is another attempt's by now", claim.job)).into());
    }
    move_up(tx, claim.line.as_deref()).await
}

/// What becomes of a job after an attempt that did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is tried again.
    Again,
    /// It was given up.
    Dead,
    /// It is not this attempt's any more.
    Another,
}

/// Notes that an attempt failed.
pub(crate) async fn failed(
    tx: &mut Tx,
    clock: &Clock,
    claim: &Claim,
    error: &JobError,
) -> Result<Fate, StoreError> {
    let select = Select::from(TABLE, ["failures", "attempts_max"]).filter(held_by(claim));
    let Some(row) = tx.optional(&select).await? else { return Ok(Fate::Another) };
    let failures = row.get::<i64>("failures")? + 1;
    let is_over = failures >= row.get("attempts_max")?;
    let error: String = error.to_string().chars().take(ERROR_CHARS_MAX).collect();
    let update = Update::table(TABLE).set("failures", failures).set("error", error);
    let pause = pause_ms(failures, clock);
    put_back(tx, claim, update, is_over, pause).await
}

/// Takes up a claim that a process left behind when it ended.
async fn cut_off(tx: &mut Tx, clock: &Clock, id: i64) -> Result<Fate, StoreError> {
    let columns = ["attempts", "line", "cut_offs"];
    let select =
        Select::from(TABLE, columns).filter(Filter::eq("id", id).and(is(JobState::Running)));
    let Some(row) = tx.optional(&select).await? else { return Ok(Fate::Another) };
    let claim = Claim {
        job: JobId::from_number(id),
        attempt: row.get("attempts")?,
        line: row.get("line")?,
        is_delivery: false,
    };
    let cut_offs = row.get::<i64>("cut_offs")? + 1;
    let update = Update::table(TABLE)
        .set("cut_offs", cut_offs)
        .set("error", "the process ended before the attempt did");
    let pause = match cut_offs - CUT_OFFS_AT_ONCE_MAX {
        ..=0 => 0,
        more => pause_ms(more, clock),
    };
    put_back(tx, &claim, update, cut_offs >= CUT_OFFS_MAX, pause).await
}

async fn put_back(
    tx: &mut Tx,
    claim: &Claim,
    update: Update,
    is_over: bool,
    pause_ms: i64,
) -> Result<Fate, StoreError> {
    let now = tx.now();
    if is_over {
        let update = update.set("state", JobState::Dead.as_str()).set("finished_at", now.0);
        tx.update(&update.filter(held_by(claim))).await?;
        move_up(tx, claim.line.as_deref()).await?;
        return Ok(Fate::Dead);
    }
    let due_at = UnixMs(now.0.saturating_add(pause_ms));
    tx.makes_due(due_at);
    let update = update.set("state", JobState::Waiting.as_str()).set("due_at", due_at.0);
    tx.update(&update.filter(held_by(claim))).await?;
    Ok(Fate::Again)
}

/// Between half the pause and all of it, so that what failed together does not come back together.
fn pause_ms(failures: i64, clock: &Clock) -> i64 {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(30);
    let whole = PAUSE_MS.saturating_mul(1 << doublings).min(PAUSE_MS_MAX);
    let [random] = clock.random::<1>();
    whole / 2 + whole / 2 * i64::from(random) / 255
}

/// Takes up what a process left behind when it ended. Says how many were given up.
pub(crate) async fn take_up(tx: &mut Tx, clock: &Clock, left: &[i64]) -> Result<u64, StoreError> {
    let mut dead = 0;
    for id in left {
        dead += u64::from(cut_off(tx, clock, *id).await? == Fate::Dead);
    }
    Ok(dead)
}

/// The jobs that some attempt has, at most so many.
pub(crate) async fn running(read: &mut Read, rows: u64) -> Result<Vec<i64>, StoreError> {
    let select = Select::from(TABLE, ["id"]).filter(is(JobState::Running)).page(rows, 0);
    let rows = read.rows(&select).await?;
    rows.iter().map(|row| Ok(row.get("id")?)).collect()
}

/// When the first of the jobs that wait is due.
pub(crate) async fn next_due(read: &mut Read) -> Result<Option<UnixMs>, StoreError> {
    let select = Select::from(TABLE, ["due_at"])
        .filter(is(JobState::Waiting))
        .order("due_at", Direction::Ascending)
        .page(1, 0);
    let row = read.optional(&select).await?;
    Ok(row.map(|row| row.get("due_at")).transpose()?.map(UnixMs))
}

/// Lets a job that was given up run again, at its place in line.
pub(crate) async fn retry(tx: &mut Tx, job: JobId) -> Result<bool, StoreError> {
    let dead = Filter::eq("id", job.number()).and(is(JobState::Dead));
    let select = Select::from(TABLE, ["line"]).filter(dead.clone());
    let Some(row) = tx.optional(&select).await? else { return Ok(false) };
    let line: Option<String> = row.get("line")?;
    let state = state_in_line(tx, line.as_deref()).await?;
    let now = tx.now();
    tx.makes_due(now);
    let update = Update::table(TABLE)
        .set("state", state.as_str())
        .set("due_at", now.0)
        .set("finished_at", None::<i64>)
        .set("failures", 0_i64)
        .set("cut_offs", 0_i64)
        .filter(dead);
    Ok(tx.update(&update).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_differ() {
        let clock = Clock::manual();
        for (failures, whole) in
            [(1, 1_000), (2, 2_000), (5, 16_000), (13, 3_600_000), (90, 3_600_000)]
        {
            let pauses: Vec<_> = (0..40).map(|_| pause_ms(failures, &clock)).collect();
            assert!(pauses.iter().all(|ms| (whole / 2..=whole).contains(ms)), "{pauses:?}");
            assert!(pauses.iter().any(|ms| *ms != pauses[0]), "{failures} failures");
        }
    }
}
