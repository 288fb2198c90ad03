//! From events to deliveries. A subscriber's cursor moves past an event in the commit that makes a
//! job of delivering it, so that none is lost and a failing one holds up no other subject.
//!
//! Events have ids in the order of their commits, because a store has one writer.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use freehold_clock::UnixMs;
use freehold_db::{Direction, Filter, Insert, Row, Select, SqlValue, Update};
use freehold_fleet::SubscriberFacts;
use freehold_ids::EventId;

use super::plan::Plan;
use super::store::{self, Pending};
use super::{Delivered, JobError, Ordering, Subscriber};
use crate::{Read, StoreError, Tenant, Tx};

pub(crate) const OUTBOX: &str = "outbox";
const CURSORS: &str = "subscribers";
const COLUMNS: [&str; 5] = ["id", "name", "subject", "payload", "created_at"];
/// Events of one subscriber that become deliveries in one commit.
const EVENTS_PER_TX_MAX: u64 = 100;
/// The `meta` row of stores that had subscribers from their first event on.
pub(super) const FROM_THE_START_KEY: &str = "subscribers_from";

fn event(row: &Row) -> Result<Delivered, StoreError> {
    Ok(Delivered {
        id: EventId::from_number(row.get("id")?),
        name: row.get("name")?,
        subject: row.get("subject")?,
        at_ms: row.get("created_at")?,
        payload: row.get("payload")?,
    })
}

fn followed(subscriber: &Subscriber) -> Filter {
    let names = subscriber.events.iter().map(|name| SqlValue::from(*name));
    Filter::one_of("name", names)
}

/// Where each subscriber that the store knows stands.
async fn cursors(read: &mut Read) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = read.rows(&Select::from(CURSORS, ["name", "event_id"])).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("event_id")?))).collect()
}

async fn newest(read: &mut Read) -> Result<i64, StoreError> {
    let select = Select::from(OUTBOX, ["id"]).order("id", Direction::Descending).page(1, 0);
    let row = read.optional(&select).await?;
    Ok(row.map(|row| row.get("id")).transpose()?.unwrap_or_default())
}

/// Gives subscribers that the store does not know yet their place: the newest event, or the first
/// in a store that never was without subscribers.
pub(super) async fn enter(tenant: &Tenant, plan: &Plan, now: UnixMs) -> Result<(), StoreError> {
    let known = cursors(&mut tenant.read().await?).await?;
    let is_known = |name: &str| known.iter().any(|(known, _)| known == name);
    let new: Vec<_> = plan.subscribers.iter().filter(|new| !is_known(new.name)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = tenant.begin(now).await?;
    let mark = Select::from("meta", ["value"]).filter(Filter::eq("key", FROM_THE_START_KEY));
    let is_from_the_start = known.is_empty() && tx.optional(&mark).await?.is_some();
    let place = if is_from_the_start { 0 } else { newest(&mut tx).await? };
    for subscriber in new {
        let insert = Insert::into(CURSORS)
            .set("name", subscriber.name)
            .set("event_id", place)
            .or_keep(["name"]);
        tx.insert(&insert).await?;
    }
    tx.commit().await
}

/// Who follows the events of a store, and how far they are. One that the store does not know yet
/// is behind nothing: it starts where the store is.
pub(super) async fn facts(
    read: &mut Read,
    plan: &Plan,
) -> Result<Vec<SubscriberFacts>, StoreError> {
    let cursors = cursors(read).await?;
    let mut facts = Vec::with_capacity(plan.subscribers.len());
    for subscriber in &plan.subscribers {
        let mut behind = 0;
        if let Some((_, cursor)) = cursors.iter().find(|(name, _)| name == subscriber.name) {
            let select =
                Select::count(OUTBOX).filter(Filter::gt("id", *cursor).and(followed(subscriber)));
            behind = read.count(&select).await?;
        }
        facts.push(SubscriberFacts {
            name: subscriber.name.to_owned(),
            events: subscriber.events.iter().map(|name| (*name).to_owned()).collect(),
            in_order: subscriber.ordering == Ordering::PerSubject,
            behind,
        });
    }
    Ok(facts)
}

/// Makes deliveries of the next events of all subscribers; says whether there may be more. Events
/// up to the one in `looked` concern nobody any more; it moves on.
pub(super) async fn deliver(
    tenant: &Tenant,
    plan: &Plan,
    looked: &AtomicI64,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let mut read = tenant.read().await?;
    let (newest, before) = (newest(&mut read).await?, looked.load(Relaxed));
    if newest <= before {
        return Ok(false);
    }
    let cursors = cursors(&mut read).await?;
    let mut batches = Vec::new();
    for (name, cursor) in cursors {
        let Some(subscriber) = plan.subscriber(&name) else { continue };
        let select = Select::from(OUTBOX, COLUMNS)
            .filter(Filter::gt("id", cursor.max(before)))
            .filter(followed(subscriber))
            .order("id", Direction::Ascending)
            .page(EVENTS_PER_TX_MAX, 0);
        let rows = read.rows(&select).await?;
        if !rows.is_empty() {
            let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
            batches.push((subscriber, cursor, events));
        }
    }
    drop(read);
    let mut more = false;
    for (subscriber, cursor, events) in batches {
        more |= events.len() as u64 == EVENTS_PER_TX_MAX;
        let mut tx = tenant.begin(now).await?;
        let last = events.last().map_or(cursor, |event| event.id.number());
        let update = Update::table(CURSORS)
            .set("event_id", last)
            .filter(Filter::eq("name", subscriber.name).and(Filter::eq("event_id", cursor)));
        if tx.update(&update).await? == 0 {
            continue;
        }
        for event in &events {
            let delivery = delivery(&mut tx, subscriber, event)?;
            store::insert(&mut tx, delivery).await?;
        }
        tx.commit().await?;
    }
    if !more {
        looked.store(newest, Relaxed);
    }
    Ok(more)
}

fn delivery(
    tx: &mut Tx,
    subscriber: &Subscriber,
    event: &Delivered,
) -> Result<Pending, StoreError> {
    let line = match subscriber.ordering {
        Ordering::Any => None,
        Ordering::PerSubject => Some(format!("{}/{}", subscriber.name, event.subject)),
    };
    Ok(Pending {
        id: tx.issue(),
        name: subscriber.name,
        // An event that waits to be delivered need not wait twice.
        unique_key: Some(format!("{}/{}", subscriber.name, event.id)),
        line,
        event: Some(event.id),
        payload: crate::tx::json(subscriber.name, event)?,
        attempts_max: subscriber.attempts_max,
        due_at: tx.now(),
    })
}

/// Delivers events of a time once more; says how many, and the last of them where there are more.
pub(super) async fn replay(
    tx: &mut Tx,
    subscriber: &Subscriber,
    after: Option<EventId>,
    from: UnixMs,
    to: UnixMs,
) -> Result<(u64, Option<EventId>), StoreError> {
    let cursors = cursors(tx).await?;
    let place = cursors.iter().find(|(name, _)| name == subscriber.name);
    // What comes later is delivered anyway.
    let place = place.map_or(0, |(_, place)| *place);
    let select = Select::from(OUTBOX, COLUMNS)
        .filter(Filter::gt("id", after.map_or(-1, EventId::number)))
        .filter(Filter::lte("id", place))
        .filter(Filter::gte("created_at", from.0).and(Filter::lt("created_at", to.0)))
        .filter(followed(subscriber))
        .order("id", Direction::Ascending)
        .page(EVENTS_PER_TX_MAX, 0);
    let events = tx.rows(&select).await?;
    let events = events.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    for event in &events {
        let delivery = delivery(tx, subscriber, event)?;
        count += u64::from(store::insert(tx, delivery).await?);
    }
    let is_full = events.len() as u64 == EVENTS_PER_TX_MAX;
    Ok((count, events.last().map(|event| event.id).filter(|_| is_full)))
}

/// Moves cursors to the newest event where nothing between concerns their subscriber, so that what
/// nobody waits for can be forgotten.
pub(super) async fn catch_up(tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
    let newest = newest(tx).await?;
    for (name, cursor) in cursors(tx).await? {
        // One of another release may come back.
        let Some(subscriber) = plan.subscriber(&name) else { continue };
        let next = Select::from(OUTBOX, ["id"])
            .filter(Filter::gt("id", cursor))
            .filter(followed(subscriber))
            .page(1, 0);
        if cursor < newest && tx.optional(&next).await?.is_none() {
            let update = Update::table(CURSORS)
                .set("event_id", newest)
                .filter(Filter::eq("name", name.as_str()));
            tx.update(&update).await?;
        }
    }
    Ok(())
}

/// The event that every subscriber is past.
pub(super) async fn passed(read: &mut Read) -> Result<i64, StoreError> {
    let cursors = cursors(read).await?;
    Ok(cursors.into_iter().map(|(_, cursor)| cursor).min().unwrap_or(i64::MAX))
}

impl Delivered {
    /// What the event says.
    ///
    /// # Errors
    /// [`JobError`] when it says something else.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_str(&self.payload)
            .map_err(|error| JobError::new(format!("{} at column {}", self.name, error.column())))
    }
}
