//! A worker as a process of its own: it takes its orders over a connection that it opens to the
//! control plane, and keeps a copy of what it was told, so that it serves without one.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use freehold_certificates::{Clients, Presented};
use freehold_fleet::wire::{ALIVE_SECONDS, WireError};
use freehold_fleet::{
    Assignment, Connected, ControlMessage, CopyError, LinkError, Member, Meter, Order,
    OrderOutcome, PersistedCopy, ProcessMessage, Unread, Welcome, WorkerLink as _,
};
use freehold_ids::TenantId;
use freehold_kernel::Tenants;
use parking_lot::Mutex;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::link::LocalLink;

/// Orders that run at the same time at most.
const ORDERS_AT_ONCE_MAX: usize = 64;
/// Answers that may wait to be sent.
const ANSWERS_PENDING_MAX: usize = 1_024;

/// A record of the worker's copy. Later ones override earlier ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    /// What the control plane says to every process.
    Welcome(Welcome),
    /// A tenant of this worker.
    Assignment(Assignment),
    /// No longer one.
    Gone(TenantId),
    /// Something of a newer release, written again as it was.
    #[serde(untagged)]
    Unknown(#[serde(deserialize_with = "unknown")] Unread),
}

/// Reads a record of a kind that this release does not know; one that it knows has failed to read.
fn unknown<'de, D: Deserializer<'de>>(record: D) -> Result<Unread, D::Error> {
    let unknown = Unread::deserialize(record)?.unless(&["welcome", "assignment", "gone"]);
    unknown.ok_or_else(|| D::Error::custom("a record of a known kind does not read"))
}
/// What a worker was told and keeps.
#[derive(Debug, Clone)]
pub struct Told {
    file: PathBuf,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    welcome: Option<Welcome>,
    /// Written again with every copy.
    unknown: Vec<Unread>,
    /// Open for appending once this process has written it.
    copy: Option<PersistedCopy>,
}

impl Told {
    /// Reads the copy in a folder, and the tenants that it names. Where there is none, or it is
    /// damaged, [`Told::welcome`] is `None`: the control plane has to be asked first.
    ///
    /// # Errors
    /// [`CopyError::Io`] and [`CopyError::Version`]. A damaged copy is reported and not used.
    pub fn load(folder: &std::path::Path) -> Result<(Self, Vec<Assignment>), CopyError> {
        let file = folder.join("assignments");
        let records = match PersistedCopy::load(&file) {
            Err(error @ CopyError::Damaged { .. }) => {
                tracing::error!(%error, "waiting for the control plane");
                None
            }
            other => other?,
        };
        let (mut welcome, mut assignments) = (None, Vec::<Assignment>::new());
        let mut gone: HashSet<TenantId> = HashSet::new();
        let mut unknown = Vec::new();
        // From the newest: what was said last of a tenant is what counts.
        for record in records.unwrap_or_default().into_iter().rev() {
            match record {
                Record::Welcome(told) => welcome = welcome.or(Some(told)),
                Record::Gone(tenant) => _ = gone.insert(tenant),
                Record::Assignment(assignment) if gone.insert(assignment.tenant) => {
                    assignments.push(assignment);
                }
                Record::Assignment(_) => {}
                Record::Unknown(record) => unknown.push(record),
            }
        }
        // As they stood.
        unknown.reverse();
        let kept = Arc::new(Mutex::new(Kept { welcome, unknown, copy: None }));
        Ok((Self { file, kept }, assignments))
    }

    /// What the control plane said to every process, as far as it is known.
    pub fn welcome(&self) -> Option<Welcome> {
        self.kept.lock().welcome.clone()
    }

    /// Notes it; the copy is written with the next assignments.
    pub fn set_welcome(&self, welcome: Welcome) {
        self.kept.lock().welcome = Some(welcome);
    }

    fn rewrite(&self, assignments: Vec<Assignment>) -> Result<(), CopyError> {
        let mut kept = self.kept.lock();
        let welcome = kept.welcome.clone().map(Record::Welcome);
        let unknown = kept.unknown.clone().into_iter().map(Record::Unknown);
        let assignments = assignments.into_iter().map(Record::Assignment);
        let records = welcome.into_iter().chain(assignments).chain(unknown);
        kept.copy = Some(PersistedCopy::rewrite(&self.file, records)?);
        Ok(())
    }

    fn append(&self, record: &Record, tenants: &Tenants) -> Result<(), CopyError> {
        let wants_rewrite = match self.kept.lock().copy.as_mut() {
            Some(copy) => {
                copy.append(record)?;
                copy.wants_rewrite()
            }
            None => true,
        };
        if wants_rewrite { self.rewrite(tenants.assignments()) } else { Ok(()) }
    }
}

/// Keeps a worker connected until it is told to stop.
pub(crate) struct Session {
    pub(crate) member: Member,
    pub(crate) told: Told,
    pub(crate) link: LocalLink,
    pub(crate) presented: Option<Presented>,
    pub(crate) stopping: CancellationToken,
    pub(crate) meter: Meter,
}

impl Session {
    /// Follows the control plane, over the given connection first.
    pub(crate) async fn run(self, mut connected: Option<Connected>) {
        let session = Arc::new(self);
        let stopping = session.stopping.clone();
        let follow = async {
            loop {
                let connection = match connected.take() {
                    Some(connection) => connection,
                    None => match session.member.connect_patiently().await {
                        Ok(connection) => connection,
                        Err(error) => {
                            tracing::error!(%error, "this worker goes on without orders");
                            return;
                        }
                    },
                };
                metrics::gauge!("freehold_worker_connected").set(1.0);
                let ended = session.clone().follow(connection).await;
                metrics::gauge!("freehold_worker_connected").set(0.0);
                tracing::warn!(reason = %ended, "the connection to the control plane ended");
            }
        };
        tokio::select! {
            () = follow => {}
            () = stopping.cancelled() => {}
        }
    }

    async fn follow(self: Arc<Self>, connected: Connected) -> WireError {
        let Connected { membership, welcome, mut sender, mut receiver } = connected;
        self.told.set_welcome(welcome);
        if let (Some(presented), Some(identity)) = (&self.presented, &membership.identity)
            && let Err(error) = presented.replace(identity, Clients::Certified)
        {
            tracing::error!(%error, "the worker's certificate stays the old one");
        }
        let (answers, mut to_send) = mpsc::channel(ANSWERS_PENDING_MAX);
        let sending = async {
            let mut reports = self.meter.reports();
            loop {
                let alive = tokio::time::sleep(Duration::from_secs(ALIVE_SECONDS));
                let message = tokio::select! {
                    Some(message) = to_send.recv() => message,
                    report = reports.next() => ProcessMessage::Usage(report),
                    () = alive => ProcessMessage::Alive,
                };
                if let Err(error) = sender.send(&message).await {
                    return error;
                }
            }
        };
        let receiving = async {
            let room = Arc::new(Semaphore::new(ORDERS_AT_ONCE_MAX));
            let mut announced = Vec::new();
            loop {
                match receiver.receive().await {
                    Err(error) => return error,
                    Ok(ControlMessage::Assignments { part, last }) => {
                        announced.extend(part);
                        if last {
                            self.take_over(std::mem::take(&mut announced)).await;
                        }
                    }
                    Ok(ControlMessage::Order { order, what }) => {
                        let Ok(permit) = room.clone().acquire_owned().await else {
                            return WireError::Closed;
                        };
                        let (session, answers) = (self.clone(), answers.clone());
                        tokio::spawn(async move {
                            let _permit = permit;
                            let outcome = session.obey(what).await;
                            // Without a connection nobody waits for the answer.
                            let _ = answers.send(ProcessMessage::Done { order, outcome }).await;
                        });
                    }
                    Ok(ControlMessage::Rotated { membership }) => {
                        if let Err(error) = self.member.keep(&membership) {
                            tracing::error!(%error, "the new credential cannot be kept");
                        }
                    }
                    Ok(ControlMessage::UsageKept { number }) => self.meter.kept(number),
                    Ok(_) => {}
                }
            }
        };
        tokio::select! {
            error = sending => error,
            error = receiving => error,
        }
    }

    /// Makes the tenants of this worker those that were announced, and no others.
    async fn take_over(&self, announced: Vec<Assignment>) {
        let tenants = &self.link.tenants;
        let own: HashSet<TenantId> = announced.iter().map(|a| a.tenant).collect();
        for assignment in announced {
            let (tenant, epoch) = (assignment.tenant, assignment.epoch);
            match tenants.assign(assignment) {
                Ok(()) => tenants.due().confirm(tenant, epoch),
                Err(error) => {
                    tracing::warn!(%tenant, %error, "an assignment older than the one known");
                }
            }
        }
        tenants.retain(&own).await;
        tenants.due().retain(|tenant| own.contains(&tenant));
        if let Err(error) = self.told.rewrite(tenants.assignments()) {
            tracing::error!(%error, "the copy of the assignments cannot be written");
        }
        tracing::info!(tenants = own.len(), "took over the assignments of the control plane");
    }

    async fn obey(&self, order: Order) -> OrderOutcome {
        let (done, record) = match order {
            Order::Load => {
                return self.link.load().await.map_or_else(OrderOutcome::from, OrderOutcome::Load);
            }
            Order::Tend { tenant, what } => {
                let tended = self.link.tend(tenant, what).await;
                return tended.map_or_else(OrderOutcome::from, OrderOutcome::Tended);
            }
            Order::Migrate { tenant, epoch } => {
                let migrated = self.link.migrate(tenant, epoch).await;
                return migrated.map_or_else(OrderOutcome::from, OrderOutcome::Migrated);
            }
            Order::Check { tenant, epoch } => {
                let checked = self.link.check(tenant, epoch).await;
                return checked.map_or_else(OrderOutcome::from, OrderOutcome::Checked);
            }
            Order::Release { tenant, epoch } => {
                let released = self.link.release(tenant, epoch).await;
                return released.map_or_else(OrderOutcome::from, OrderOutcome::Migrated);
            }
            Order::Reseal { tenant, epoch } => {
                let resealed = self.link.reseal(tenant, epoch).await;
                return resealed.map_or_else(OrderOutcome::from, OrderOutcome::Resealed);
            }
            Order::Schemas => {
                let counted = self.link.schemas().await;
                return counted.map_or_else(OrderOutcome::from, OrderOutcome::Schemas);
            }
            Order::Unknown => {
                let reason = "this release does not know the order".to_owned();
                return OrderOutcome::Failed { reason };
            }
            Order::Assign(assignment) => {
                let record = Record::Assignment(assignment.clone().without_manifest());
                (self.link.assign(assignment).await, record)
            }
            Order::Provision(provision) => {
                let told = provision.assignment.clone().without_manifest();
                let record = Record::Assignment(told);
                (self.link.provision(provision).await, record)
            }
            Order::Convert { assignment, to } => {
                let record = Record::Assignment(assignment.clone().without_manifest());
                (self.link.convert(assignment, to).await, record)
            }
            Order::Retire { tenant, engine } => {
                let retired = self.link.retire(tenant, engine).await;
                return retired.into();
            }
            Order::Discard { tenant, epoch } => {
                (self.link.discard(tenant, epoch).await, Record::Gone(tenant))
            }
        };
        match done {
            Ok(()) => {}
            // The release before does not know of quarantine as an answer to these orders.
            Err(error @ LinkError::Quarantined(_)) => {
                return OrderOutcome::Failed { reason: error.to_string() };
            }
            Err(error) => return error.into(),
        }
        match self.told.append(&record, &self.link.tenants) {
            Ok(()) => OrderOutcome::Done,
            // Not kept is not done: after a restart this worker would not know of it.
            Err(error) => OrderOutcome::Unreachable { reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_newer_release_wrote_is_still_there_after_this_one_rewrote_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let assignment = json!({
            "version": 1, "tenant": "ten_00000000000000000000000001", "epoch": 2,
            "state": "active", "mood": "tenant", "site": {
                "slug": "a", "url": "http://a", "admin_url": "http://b", "hostname": "a",
                "noindex": true, "mood": "site",
            },
        });
        let records = [json!({"assignment": assignment}), json!({"song": {"verse": 7}})];
        let file = folder.path().join("assignments");
        PersistedCopy::rewrite(&file, records.clone()).expect("written");
        let (told, assignments) = Told::load(folder.path()).expect("read");
        told.rewrite(assignments).expect("rewritten");
        let kept: Vec<serde_json::Value> =
            PersistedCopy::load(&file).expect("read").expect("a copy");
        assert_eq!(kept, records);
    }
}
