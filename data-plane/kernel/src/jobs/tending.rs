//! What operators may ask of the work of one tenant. Payloads are the customer's and are not shown.

use freehold_clock::{Clock, UnixMs};
use freehold_db::{Direction, Filter, Measure, Row, Select};
use freehold_fleet::{
    EventFacts, JobCount, JobFacts, JobState, PROBE_JOBS_MAX, ProbeFacts, TENDED_ROWS_MAX, Tended,
    Tending, WorkFacts,
};
use freehold_ids::{EventId, JobId};

use super::own::{self, Probe};
use super::{Job as _, Plan, outbox, schedules, store};
use crate::{Read, StoreError, Tenant};

const JOB_COLUMNS: [&str; 12] = [
    "id",
    "name",
    "state",
    "event_id",
    "attempts",
    "failures",
    "cut_offs",
    "due_at",
    "created_at",
    "started_at",
    "finished_at",
    "error",
];

/// Answers an operator.
///
/// # Errors
/// Whatever the store says.
pub async fn tend(
    tenant: &Tenant,
    plan: &Plan,
    clock: &Clock,
    what: Tending,
) -> Result<Tended, StoreError> {
    match what {
        Tending::Jobs { state, before, rows } => {
            jobs(&mut tenant.read().await?, state, before, rows).await
        }
        Tending::Events { before, rows } => events(&mut tenant.read().await?, before, rows).await,
        Tending::Work => work(&mut tenant.read().await?, plan).await,
        Tending::Retry { job } => {
            let mut tx = tenant.begin(clock.now()).await?;
            if !store::retry(&mut tx, job).await? {
                return Ok(Tended::NotFound);
            }
            tx.commit().await?;
            Ok(Tended::Retried)
        }
        Tending::Replay { subscriber, after, from_ms, to_ms } => {
            let Some(subscriber) = plan.subscriber(&subscriber) else {
                return Ok(Tended::NotFound);
            };
            let (from, to) = (UnixMs(from_ms), UnixMs(to_ms));
            let mut tx = tenant.begin(clock.now()).await?;
            let (events, next) = outbox::replay(&mut tx, subscriber, after, from, to).await?;
            tx.commit().await?;
            Ok(Tended::Replayed { events, next })
        }
        Tending::Probe { jobs, failing } => {
            let mut tx = tenant.begin(clock.now()).await?;
            let (mut first, mut last) = (None, None);
            for number in 0..jobs.clamp(1, PROBE_JOBS_MAX) {
                let id = tx.enqueue(&Probe { fails_first: number < failing })?;
                first = first.or(Some(id));
                last = Some(id);
            }
            tx.commit().await?;
            Ok(match (first, last) {
                (Some(first), Some(last)) => Tended::Probing { first, last },
                _ => Tended::NotFound,
            })
        }
        Tending::Probed { first, last } => probed(&mut tenant.read().await?, first, last).await,
        Tending::Unknown => Ok(Tended::Unknown),
    }
}

async fn jobs(
    read: &mut Read,
    state: Option<JobState>,
    before: Option<JobId>,
    rows: u64,
) -> Result<Tended, StoreError> {
    let state = state.map(|state| Filter::eq("state", state.as_str()));
    let before = before.map(|before| Filter::lt("id", before.number()));
    let select = Select::from(store::TABLE, JOB_COLUMNS)
        .filter(state.unwrap_or_else(Filter::everything))
        .filter(before.unwrap_or_else(Filter::everything))
        .order("id", Direction::Descending)
        .page(rows.min(TENDED_ROWS_MAX), 0);
    let rows = read.rows(&select).await?;
    Ok(Tended::Jobs { items: rows.iter().map(job).collect::<Result<_, _>>()? })
}

fn job(row: &Row) -> Result<JobFacts, StoreError> {
    let state: String = row.get("state")?;
    Ok(JobFacts {
        id: JobId::from_number(row.get("id")?),
        name: row.get("name")?,
        // A state of a newer release is none that anything here would run.
        state: JobState::parse(&state).unwrap_or(JobState::Held),
        event: row.get::<Option<i64>>("event_id")?.map(EventId::from_number),
        attempts: row.get("attempts")?,
        failures: row.get("failures")?,
        cut_offs: row.get("cut_offs")?,
        due_at_ms: row.get("due_at")?,
        created_at_ms: row.get("created_at")?,
        started_at_ms: row.get("started_at")?,
        finished_at_ms: row.get("finished_at")?,
        error: row.get("error")?,
    })
}

async fn events(read: &mut Read, before: Option<EventId>, rows: u64) -> Result<Tended, StoreError> {
    let before = before.map(|before| Filter::lt("id", before.number()));
    let select = Select::from(outbox::OUTBOX, ["id", "name", "subject", "created_at"])
        .filter(before.unwrap_or_else(Filter::everything))
        .order("id", Direction::Descending)
        .page(rows.min(TENDED_ROWS_MAX), 0);
    let event = |row: &Row| {
        Ok::<_, StoreError>(EventFacts {
            id: EventId::from_number(row.get("id")?),
            name: row.get("name")?,
            subject: row.get("subject")?,
            created_at_ms: row.get("created_at")?,
        })
    };
    let rows = read.rows(&select).await?;
    Ok(Tended::Events { items: rows.iter().map(event).collect::<Result<_, _>>()? })
}

async fn work(read: &mut Read, plan: &Plan) -> Result<Tended, StoreError> {
    let select = Select::groups(store::TABLE, &["state"], &[(Measure::Rows, "jobs")]);
    let mut jobs = Vec::new();
    for row in read.rows(&select).await? {
        // A state of a newer release is none that can be asked for.
        if let Some(state) = JobState::parse(&row.get::<String>("state")?) {
            jobs.push(JobCount { state, jobs: row.get::<i64>("jobs")?.unsigned_abs() });
        }
    }
    let subscribers = outbox::facts(read, plan).await?;
    Ok(Tended::Work(WorkFacts {
        jobs,
        subscribers,
        schedules: schedules::facts(read, plan).await?,
    }))
}

async fn probed(read: &mut Read, first: JobId, last: JobId) -> Result<Tended, StoreError> {
    let measures = [
        (Measure::Rows, "jobs"),
        (Measure::Sum("failures"), "failures"),
        (Measure::Least("created_at"), "begun"),
        (Measure::Greatest("finished_at"), "ended"),
    ];
    let select = Select::groups(store::TABLE, &["state"], &measures)
        .filter(Filter::eq("name", Probe::NAME))
        .filter(Filter::between("id", first.number(), last.number()));
    let mut facts = ProbeFacts { done: 0, dead: 0, failures: 0, elapsed_ms: 0, effects: 0 };
    for row in read.rows(&select).await? {
        let jobs = row.get::<i64>("jobs")?.unsigned_abs();
        facts.failures += row.get::<i64>("failures")?.unsigned_abs();
        match JobState::parse(&row.get::<String>("state")?) {
            Some(JobState::Done) => {
                let ended: i64 = row.get::<Option<i64>>("ended")?.unwrap_or_default();
                facts.done = jobs;
                facts.elapsed_ms = (ended - row.get::<i64>("begun")?).max(0).unsigned_abs();
            }
            Some(JobState::Dead) => facts.dead = jobs,
            _ => {}
        }
    }
    facts.effects = own::effects(read).await?;
    Ok(Tended::Probed(facts))
}
