//! What comes again: the next time of each schedule is a row, and moves on in the commit that
//! enqueues the job, so that a time is neither lost nor taken twice, whatever clocks do.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use freehold_clock::{TimeZoneName, UnixMs};
use freehold_db::{Direction, Filter, Insert, Select, SqlValue, Update};
use freehold_fleet::ScheduleFacts;
use freehold_ids::TenantId;

use super::plan::{Plan, Planned};
use super::{Schedule, Zone};
use crate::{Read, SiteOptions, StoreError, Tenant};

const TABLE: &str = "schedules";

/// A row of the table.
struct Next {
    name: String,
    pattern: String,
    tick: UnixMs,
    at: UnixMs,
}

async fn rows(read: &mut Read) -> Result<Vec<Next>, StoreError> {
    let rows = read.rows(&Select::from(TABLE, ["name", "pattern", "tick_at", "next_at"])).await?;
    let next = rows.iter().map(|row| {
        Ok(Next {
            name: row.get("name")?,
            pattern: row.get("pattern")?,
            tick: UnixMs(row.get("tick_at")?),
            at: UnixMs(row.get("next_at")?),
        })
    });
    next.collect()
}

fn pattern(schedule: &Schedule) -> String {
    format!("{} {:?} {}", schedule.cron, schedule.zone, schedule.spread_seconds)
}

/// How long after the time a tenant's turn is: the same for all its schedules, so that it is woken
/// once for those of one time.
fn spread_ms(tenant: TenantId, schedule: &Schedule) -> i64 {
    let mut hasher = DefaultHasher::new();
    tenant.to_string().hash(&mut hasher);
    let spread = schedule.spread_seconds.saturating_mul(1_000).max(1);
    i64::try_from(hasher.finish() % spread).unwrap_or_default()
}

/// The next time after a moment, and when the tenant takes it.
fn next(tenant: TenantId, planned: &Planned, after: UnixMs, site: &TimeZoneName) -> (i64, i64) {
    let utc = TimeZoneName::default();
    let zone = match planned.schedule.zone {
        Zone::Utc => &utc,
        Zone::Site => site,
    };
    let tick = planned.cron.next_after(after, zone).map_or(i64::MAX, |tick| tick.0);
    (tick, tick.saturating_add(spread_ms(tenant, &planned.schedule)))
}

async fn zone(read: &mut Read) -> Result<TimeZoneName, StoreError> {
    Ok(SiteOptions::load(read).await?.time_zone())
}

/// Writes the next time of schedules that the store does not know, or knows otherwise.
pub(super) async fn enter(tenant: &Tenant, plan: &Plan, now: UnixMs) -> Result<(), StoreError> {
    let known = rows(&mut tenant.read().await?).await?;
    let is_known = |planned: &&Planned| {
        let (name, pattern) = (planned.schedule.name, pattern(&planned.schedule));
        known.iter().any(|known| known.name == name && known.pattern == pattern)
    };
    let new: Vec<_> = plan.schedules.iter().filter(|planned| !is_known(planned)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = tenant.begin(now).await?;
    let zone = zone(&mut tx).await?;
    for planned in new {
        let (tick, at) = next(tenant.id(), planned, now, &zone);
        let insert = Insert::into(TABLE)
            .set("name", planned.schedule.name)
            .set("pattern", pattern(&planned.schedule))
            .set("tick_at", tick)
            .set("next_at", at)
            .or_replace(["name"], ["pattern", "tick_at", "next_at"]);
        tx.insert(&insert).await?;
    }
    tx.commit().await
}

/// Enqueues the jobs of all schedules whose time has come. Several times that were missed are one.
pub(super) async fn tick(tenant: &Tenant, plan: &Plan, now: UnixMs) -> Result<(), StoreError> {
    let rows = rows(&mut tenant.read().await?).await?;
    let due: Vec<_> = rows
        .iter()
        .filter(|row| row.at <= now)
        .filter_map(|row| Some((row, planned(plan, &row.name)?)))
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = tenant.begin(now).await?;
    let zone = zone(&mut tx).await?;
    for (row, planned) in due {
        (planned.schedule.enqueue)(&mut tx, &format!("{}@{}", row.name, row.tick.0))?;
        let (tick, at) = next(tenant.id(), planned, now.max(row.tick), &zone);
        let update = Update::table(TABLE)
            .set("tick_at", tick)
            .set("next_at", at)
            .filter(Filter::eq("name", row.name.as_str()));
        tx.update(&update).await?;
    }
    super::outbox::catch_up(&mut tx, plan).await?;
    tx.commit().await
}

fn planned<'a>(plan: &'a Plan, name: &str) -> Option<&'a Planned> {
    plan.schedules.iter().find(|planned| planned.schedule.name == name)
}

/// When the first of them comes.
pub(super) async fn next_due(read: &mut Read, plan: &Plan) -> Result<Option<UnixMs>, StoreError> {
    let names = plan.schedules.iter().map(|planned| SqlValue::from(planned.schedule.name));
    let select = Select::from(TABLE, ["next_at"])
        .filter(Filter::one_of("name", names))
        .order("next_at", Direction::Ascending)
        .page(1, 0);
    let row = read.optional(&select).await?;
    Ok(row.map(|row| row.get("next_at")).transpose()?.map(UnixMs))
}

/// What comes again, and when next.
pub(super) async fn facts(read: &mut Read, plan: &Plan) -> Result<Vec<ScheduleFacts>, StoreError> {
    let rows = rows(read).await?;
    let facts = plan.schedules.iter().map(|planned| {
        let Schedule { name, cron, zone, .. } = planned.schedule;
        let known = rows.iter().find(|row| row.name == name);
        ScheduleFacts {
            name: name.to_owned(),
            cron: cron.to_owned(),
            in_site_zone: zone == Zone::Site,
            next_at_ms: known.map(|row| row.at.0),
        }
    });
    Ok(facts.collect())
}
