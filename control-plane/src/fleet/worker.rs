//! A connected worker: it is told which tenants are its own, then gets orders and answers them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use freehold_fleet::wire::{ENTRIES_PER_MESSAGE_MAX, Receiver, Sender, WireError};
use freehold_fleet::{
    Assignment, ControlMessage, Engine, LinkError, Migrated, Order, OrderOutcome, ProcessMessage,
    Provision, Resealed, SchemaCounts, StoreCheck, Tended, Tending, UpstreamEntry, UpstreamId,
    UsageReport, WorkerLink, WorkerLoad, WrappingKey,
};
use freehold_ids::{TenantId, WorkerId};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::server::{Ended, FleetServer, Introduced, next_message};
use crate::domains::{self, Names};
use crate::sites::{self, Site, SiteState};

/// How long a worker may take over one order.
const ORDER_SECONDS_MAX: u64 = 10;
/// How long it may take to copy a tenant's rows.
const CONVERT_SECONDS_MAX: u64 = 1_800;
/// Orders that may wait for one worker.
const ORDERS_PENDING_MAX: usize = 4_096;

/// Orders that have no answer yet.
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<OrderOutcome>>>>;

/// The line to a worker in another process.
#[derive(Debug, Clone)]
struct RemoteLink {
    wrapping_key: Option<WrappingKey>,
    orders: mpsc::Sender<(Order, oneshot::Sender<OrderOutcome>)>,
}

impl RemoteLink {
    async fn tell(&self, order: Order) -> Result<OrderOutcome, LinkError> {
        self.tell_within(order, Duration::from_secs(ORDER_SECONDS_MAX)).await
    }

    async fn tell_within(&self, order: Order, wait: Duration) -> Result<OrderOutcome, LinkError> {
        let gone = || LinkError::Unreachable("the worker disconnected".into());
        let (answer, outcome) = oneshot::channel();
        self.orders.try_send((order, answer)).map_err(|_| gone())?;
        let outcome = tokio::time::timeout(wait, outcome).await;
        outcome
            .map_err(|_| LinkError::Unreachable("the worker did not answer in time".into()))?
            .map_err(|_| gone())
    }

    async fn order(&self, order: Order) -> Result<(), LinkError> {
        self.order_within(order, Duration::from_secs(ORDER_SECONDS_MAX)).await
    }

    async fn order_within(&self, order: Order, wait: Duration) -> Result<(), LinkError> {
        match self.tell_within(order, wait).await? {
            OrderOutcome::Done => Ok(()),
            other => Err(refused(other)),
        }
    }

    async fn migrated(&self, order: Order) -> Result<Migrated, LinkError> {
        match self.tell(order).await? {
            OrderOutcome::Migrated(migrated) => Ok(migrated),
            other => Err(refused(other)),
        }
    }
}

/// What an outcome is to somebody who expected another one.
fn refused(outcome: OrderOutcome) -> LinkError {
    match outcome {
        OrderOutcome::Unreachable { reason } => LinkError::Unreachable(reason),
        OrderOutcome::Failed { reason } => LinkError::Failed(reason),
        OrderOutcome::StaleEpoch => LinkError::StaleEpoch,
        OrderOutcome::Quarantined(quarantine) => LinkError::Quarantined(quarantine),
        other => LinkError::Failed(format!("an unexpected answer: {other:?}")),
    }
}

#[async_trait]
impl WorkerLink for RemoteLink {
    async fn assign(&self, assignment: Assignment) -> Result<(), LinkError> {
        self.order(Order::Assign(assignment)).await
    }

    async fn provision(&self, provision: Provision) -> Result<(), LinkError> {
        self.order(Order::Provision(provision)).await
    }

    async fn convert(&self, assignment: Assignment, to: Engine) -> Result<(), LinkError> {
        let order = Order::Convert { assignment, to };
        self.order_within(order, Duration::from_secs(CONVERT_SECONDS_MAX)).await
    }

    async fn retire(&self, tenant: TenantId, engine: Engine) -> Result<(), LinkError> {
        self.order(Order::Retire { tenant, engine }).await
    }

    async fn discard(&self, tenant: TenantId, epoch: u64) -> Result<(), LinkError> {
        self.order(Order::Discard { tenant, epoch }).await
    }

    async fn load(&self) -> Result<WorkerLoad, LinkError> {
        match self.tell(Order::Load).await? {
            OrderOutcome::Load(load) => Ok(load),
            other => Err(refused(other)),
        }
    }

    async fn migrate(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError> {
        self.migrated(Order::Migrate { tenant, epoch }).await
    }

    async fn check(&self, tenant: TenantId, epoch: u64) -> Result<StoreCheck, LinkError> {
        match self.tell(Order::Check { tenant, epoch }).await? {
            OrderOutcome::Checked(check) => Ok(check),
            other => Err(refused(other)),
        }
    }

    async fn release(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError> {
        self.migrated(Order::Release { tenant, epoch }).await
    }

    async fn reseal(&self, tenant: TenantId, epoch: u64) -> Result<Resealed, LinkError> {
        match self.tell(Order::Reseal { tenant, epoch }).await? {
            OrderOutcome::Resealed(resealed) => Ok(resealed),
            other => Err(refused(other)),
        }
    }

    fn wrapping_key(&self) -> Option<WrappingKey> {
        self.wrapping_key.clone()
    }

    async fn schemas(&self) -> Result<SchemaCounts, LinkError> {
        match self.tell(Order::Schemas).await? {
            OrderOutcome::Schemas(counts) => Ok(counts),
            other => Err(refused(other)),
        }
    }

    async fn tend(&self, tenant: TenantId, what: Tending) -> Result<Tended, LinkError> {
        match self.tell(Order::Tend { tenant, what }).await? {
            OrderOutcome::Tended(tended) => Ok(tended),
            other => Err(refused(other)),
        }
    }
}

/// Serves a worker until its connection ends.
pub(super) async fn serve(server: &FleetServer, introduced: Introduced) -> Ended {
    let Introduced { id, introduction, mut sender, receiver, outbox } = introduced;
    let Ok(worker) = id.parse::<WorkerId>() else {
        return Ended::Refused("the id is not a worker's");
    };
    let (workers, now) = (&server.sites.fleet.workers, server.sites.clock.now());
    let called = (introduction.name.as_str(), introduction.region.as_str());
    if let Err(error) = workers.join(&server.sites.db, worker, called, now).await {
        return error.into();
    }
    let (orders, to_do) = mpsc::channel(ORDERS_PENDING_MAX);
    // From here on orders queue up. They are sent after the snapshot, which is read later, so
    // that the snapshot can never undo what an order said.
    let wrapping_key = introduction.wrapping_key.clone();
    let link = Arc::new(RemoteLink { wrapping_key, orders });
    let _line = workers.connect(worker, link, introduction.databases.clone());
    match announce(server, worker, &mut sender).await {
        Err(error) => error,
        Ok(()) => {
            if let Some(address) = introduction.address {
                let upstream = UpstreamId(id.clone());
                let key = server.handover_key(&id);
                server.sites.fleet.upstreams.put(UpstreamEntry { id: upstream, address, key });
            }
            let usage = |report| server.keep_usage(&id, report);
            converse(sender, receiver, outbox, to_do, usage).await
        }
    }
}

/// Tells a worker every tenant that is its own.
async fn announce(
    server: &FleetServer,
    worker: WorkerId,
    sender: &mut Sender<ControlMessage>,
) -> Result<(), Ended> {
    let (sites, mut after) = (&server.sites, None);
    let rows = ENTRIES_PER_MESSAGE_MAX as u64;
    loop {
        let batch = sites::store::batch_of_worker(&sites.db, worker, after, rows).await?;
        let last = batch.len() < ENTRIES_PER_MESSAGE_MAX;
        after = batch.last().map(|(site, _)| site.id);
        let mut read = sites.db.read().await?;
        let ids = batch.iter().map(|(site, _)| site.id);
        let names = domains::store::names_of_all(&mut read, ids).await?;
        drop(read);
        let none = Names::default();
        let names = |site: &Site| names.get(&site.id).unwrap_or(&none);
        let part = batch
            .iter()
            .filter(|(site, _)| site.state != SiteState::Failed)
            .map(|(site, owner)| sites::assignment(&sites.fleet, site, names(site), owner.as_ref()))
            .collect();
        sender.send(&ControlMessage::Assignments { part, last }).await?;
        if last {
            return Ok(());
        }
    }
}

async fn converse(
    mut sender: Sender<ControlMessage>,
    mut receiver: Receiver<ProcessMessage>,
    mut outbox: mpsc::Receiver<ControlMessage>,
    mut to_do: mpsc::Receiver<(Order, oneshot::Sender<OrderOutcome>)>,
    usage: impl Fn(UsageReport),
) -> Ended {
    let waiting = Waiting::default();
    let sending = async {
        let mut number = 0;
        loop {
            let message = tokio::select! {
                Some((what, answer)) = to_do.recv() => {
                    number += 1;
                    let mut waiting = waiting.lock();
                    // Who gave up waiting need not be remembered.
                    waiting.retain(|_, answer| !answer.is_closed());
                    waiting.insert(number, answer);
                    ControlMessage::Order { order: number, what }
                }
                message = next_message(&mut outbox) => message,
            };
            if let Err(error) = sender.send(&message).await {
                return error;
            }
        }
    };
    let receiving = async {
        loop {
            match receiver.receive().await {
                Err(error) => return error,
                Ok(ProcessMessage::Done { order, outcome }) => {
                    if let Some(answer) = waiting.lock().remove(&order) {
                        // The caller may have given up.
                        let _ = answer.send(outcome);
                    }
                }
                Ok(ProcessMessage::Usage(report)) => usage(report),
                Ok(_) => {}
            }
        }
    };
    let error: WireError = tokio::select! {
        error = sending => error,
        error = receiving => error,
    };
    error.into()
}
