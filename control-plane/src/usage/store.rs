//! The usage tables: sums by tenant and hour, and the newest report of each process.
//!
//! A report's number and its sums are written in one transaction, so that a report which is sent
//! again changes nothing.

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Measure, Row, Select, Update, Writer,
};
use freehold_fleet::{Counts, UsageReport};
use freehold_ids::TenantId;

const SOURCES: &str = "usage_sources";
const HOURS: &str = "usage_hours";
const MINUTES_PER_HOUR: i64 = 60;
const MS_PER_HOUR: i64 = 3_600_000;
/// Hours are kept so long: three months.
const HOURS_KEPT: i64 = 24 * 92;

/// What is counted, by column.
pub(super) const COUNTED: [&str; 5] =
    ["requests", "request_bytes", "answer_bytes", "handled", "handled_micros"];

/// The sums of one hour, or of one tenant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums(pub(super) [i64; 5]);

impl Sums {
    fn of(counts: &Counts) -> Self {
        let Counts { requests, request_bytes, answer_bytes, handled, handled_micros } = *counts;
        let numbers = [requests, request_bytes, answer_bytes, handled, handled_micros];
        Self(numbers.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn read(row: &Row) -> Result<Self, DbError> {
        let mut sums = Self::default();
        for (sum, column) in sums.0.iter_mut().zip(COUNTED) {
            *sum = row.get(column)?;
        }
        Ok(sums)
    }

    pub(super) fn add(&mut self, more: Self) {
        for (sum, more) in self.0.iter_mut().zip(more.0) {
            *sum = sum.saturating_add(more);
        }
    }
}

/// The hour of a moment, counted since 1970.
pub(super) const fn hour(at: UnixMs) -> i64 {
    at.0.div_euclid(MS_PER_HOUR)
}

/// When an hour began.
pub(super) const fn beginning(hour: i64) -> UnixMs {
    UnixMs(hour * MS_PER_HOUR)
}

/// Writes a process's report down, unless it was before.
pub(crate) async fn keep(db: &Database, source: &str, report: &UsageReport) -> Result<(), DbError> {
    let number = i64::try_from(report.number)
        .map_err(|_| DbError::Shape("a report with an impossible number".into()))?;
    let mut writer = db.write().await?;
    let known = Select::from(SOURCES, ["number"]).filter(Filter::eq("source", source));
    let known = writer.optional(&known).await?.map(|row| row.get::<i64>("number")).transpose()?;
    if known.is_some_and(|known| known >= number) {
        return Ok(());
    }
    let newest = Insert::into(SOURCES).set("source", source).set("number", number);
    writer.insert(&newest.or_replace(["source"], ["number"])).await?;
    let hour = report.minute.div_euclid(MINUTES_PER_HOUR);
    for usage in &report.tenants {
        add(&mut writer, usage.tenant, hour, Sums::of(&usage.counts)).await?;
    }
    writer.commit().await
}

async fn add(writer: &mut Writer, tenant: TenantId, hour: i64, sums: Sums) -> Result<(), DbError> {
    let counted = COUNTED.iter().zip(sums.0);
    let same = Filter::eq("tenant", tenant.to_string()).and(Filter::eq("hour", hour));
    let update = Update::table(HOURS).filter(same);
    let update = counted.clone().fold(update, |update, (column, sum)| update.add(column, sum));
    if writer.update(&update).await? > 0 {
        return Ok(());
    }
    let insert = Insert::into(HOURS).set("tenant", tenant.to_string()).set("hour", hour);
    let insert = counted.fold(insert, |insert, (column, sum)| insert.set(column, sum));
    writer.insert(&insert).await.map(drop)
}

/// The hours of a tenant from one on, in order; those in which nothing was used are absent.
pub(super) async fn of_tenant(
    db: &Database,
    tenant: TenantId,
    since: i64,
) -> Result<Vec<(i64, Sums)>, DbError> {
    let columns: Vec<&'static str> = ["hour"].into_iter().chain(COUNTED).collect();
    let select = Select::columns(HOURS, &columns)
        .filter(Filter::eq("tenant", tenant.to_string()))
        .filter(Filter::gte("hour", since))
        .order("hour", Direction::Ascending)
        .page(HOURS_KEPT.unsigned_abs(), 0);
    let rows = db.read().await?.rows(&select).await?;
    rows.iter().map(|row| Ok((row.get("hour")?, Sums::read(row)?))).collect()
}

/// The tenants with most of what a column counts, from an hour on.
pub(super) async fn most(
    db: &Database,
    counted: &'static str,
    since: i64,
    rows: u64,
) -> Result<Vec<(String, Sums)>, DbError> {
    let measures = COUNTED.map(|column| (Measure::Sum(column), column));
    let select = Select::groups(HOURS, &["tenant"], &measures)
        .filter(Filter::gte("hour", since))
        .most(counted)
        .page(rows, 0);
    let rows = db.read().await?.rows(&select).await?;
    rows.iter().map(|row| Ok((row.get("tenant")?, Sums::read(row)?))).collect()
}

/// The hours that are too old to be kept.
pub(crate) fn forget(now: UnixMs) -> Delete {
    Delete::from(HOURS, Filter::lt("hour", hour(now) - HOURS_KEPT))
}
