//! Operations: long tasks with steps, whose row is also the outbox.
//!
//! The row commits together with the desired state. Whoever made it runs the task at once; when
//! its owner dies, the sweep runs it again, because every task is idempotent.

mod list;
mod model;
mod routes;
pub(crate) mod store;

use std::collections::HashMap;
use std::sync::Arc;

use freehold_clock::Clock;
use freehold_db::{Database, DbError};
use freehold_ids::OperationId;
use parking_lot::Mutex;
use tokio::sync::watch;

pub(crate) use model::{Kind, Operation, Outcome, StepState};
pub(crate) use routes::{operator_routes, routes};

/// Operations and who watches them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Operations {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    /// Names this process among all that ever ran; an operation of another owner is orphaned.
    pub(crate) owner: Arc<str>,
    live: Arc<Mutex<HashMap<OperationId, watch::Sender<Operation>>>>,
}

/// One operation while this process runs it.
#[derive(Debug)]
pub(crate) struct Running {
    operations: Operations,
    operation: Operation,
    watch: watch::Sender<Operation>,
}

impl Operations {
    pub(crate) fn new(db: Database, clock: Clock, owner: String) -> Self {
        Self { db, clock, owner: owner.into(), live: Arc::default() }
    }

    /// Takes an operation over; `None` when this process runs it already or it is over.
    pub(crate) async fn start(&self, id: OperationId) -> Result<Option<Running>, DbError> {
        let Some(mut operation) = store::by_id(&self.db, id).await? else { return Ok(None) };
        if operation.outcome != Outcome::Running {
            return Ok(None);
        }
        let watch = {
            let mut live = self.live.lock();
            if live.contains_key(&id) {
                return Ok(None);
            }
            let (sender, _) = watch::channel(operation.clone());
            live.insert(id, sender.clone());
            sender
        };
        if operation.owner != *self.owner || operation.attempts > 0 {
            operation.owner = self.owner.to_string();
            operation.attempts += 1;
            if let Err(error) = store::save(&self.db, &operation, self.clock.now()).await {
                self.live.lock().remove(&id);
                return Err(error);
            }
        }
        Ok(Some(Running { operations: self.clone(), operation, watch }))
    }

    /// Whether this process runs the operation now.
    pub(crate) fn is_live(&self, id: OperationId) -> bool {
        self.live.lock().contains_key(&id)
    }

    /// Follows an operation that this process runs.
    pub(crate) fn follow(&self, id: OperationId) -> Option<watch::Receiver<Operation>> {
        self.live.lock().get(&id).map(watch::Sender::subscribe)
    }
}

impl Running {
    pub(crate) const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Notes a step's state for those who watch; it is stored when the operation ends, because a
    /// crash before that runs every step again anyway.
    pub(crate) fn step(&mut self, name: &str, state: StepState) {
        self.operation.note(name, state, self.operations.clock.now());
        self.watch.send_replace(self.operation.clone());
    }

    /// The row as it is to be stored when the task has ended; the caller writes it in the same
    /// transaction as the observed state.
    pub(crate) fn ended(&mut self, outcome: Outcome, error: Option<String>) -> Operation {
        self.operation.outcome = outcome;
        self.operation.error = error;
        self.operation.clone()
    }

    /// Tells those who watch, after the row was stored.
    pub(crate) fn announce(self) {
        self.watch.send_replace(self.operation.clone());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.operations.live.lock().remove(&self.operation.id);
    }
}
