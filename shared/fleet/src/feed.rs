//! The in-process route feed: the control plane publishes, edges subscribe and confirm.
//!
//! A subscriber first gets a snapshot, then every later change in order. Publishing never blocks:
//! a subscriber that falls more than [`ROUTE_CHANGES_PENDING_MAX`] behind is cut off and must
//! subscribe anew, which gives it a fresh snapshot.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use crate::{CONTRACT_VERSION, Hostname, Route, RouteChange, Whole};

/// Changes that may wait for one subscriber before it is cut off.
pub const ROUTE_CHANGES_PENDING_MAX: usize = 65_536;

/// The control plane's end of the feed.
#[derive(Debug, Clone, Default)]
pub struct RouteFeed(Arc<Mutex<Hub>>);

#[derive(Debug, Default)]
struct Hub {
    revision: u64,
    routes: HashMap<Hostname, Whole<Route>>,
    subscribers: Vec<Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    changes: mpsc::Sender<RouteChange>,
    confirmed: watch::Receiver<u64>,
}

/// An edge's end of the feed.
#[derive(Debug)]
pub struct RouteStream {
    /// The revision of the snapshot.
    pub revision: u64,
    /// Every route at that revision.
    pub snapshot: Vec<Whole<Route>>,
    /// What came since, in order; closed when this subscriber was cut off.
    pub changes: mpsc::Receiver<RouteChange>,
    /// The edge sends each revision here once it is in force.
    pub confirm: watch::Sender<u64>,
}

impl RouteFeed {
    /// Puts and removes routes at once and tells every subscriber. Returns the revision.
    pub fn publish(&self, put: Vec<Route>, remove: Vec<Hostname>) -> u64 {
        let put: Vec<Whole<Route>> = put.into_iter().map(Whole::from).collect();
        let mut hub = self.0.lock();
        hub.revision += 1;
        for route in &put {
            hub.routes.insert(route.hostname.clone(), route.clone());
        }
        for hostname in &remove {
            hub.routes.remove(hostname);
        }
        let change = RouteChange { version: CONTRACT_VERSION, revision: hub.revision, put, remove };
        hub.subscribers.retain(|edge| edge.changes.try_send(change.clone()).is_ok());
        hub.revision
    }

    /// Starts a subscription with a snapshot of now.
    pub fn subscribe(&self) -> RouteStream {
        let mut hub = self.0.lock();
        let (sender, changes) = mpsc::channel(ROUTE_CHANGES_PENDING_MAX);
        let (confirm, confirmed) = watch::channel(0);
        hub.subscribers.push(Subscriber { changes: sender, confirmed });
        RouteStream {
            revision: hub.revision,
            snapshot: hub.routes.values().cloned().collect(),
            changes,
            confirm,
        }
    }

    /// Waits until every connected edge has `revision` in force. An edge that disconnects
    /// meanwhile no longer counts, and one that takes longer than `patience` is cut off: it gets
    /// a fresh snapshot when it subscribes anew, and holds up nobody until then.
    pub async fn confirmed(&self, revision: u64, patience: Duration) {
        let waits: Vec<_> =
            self.0.lock().subscribers.iter().map(|edge| edge.confirmed.clone()).collect();
        let all = async {
            for mut confirmed in waits {
                // An error means that the edge has gone, and with it its say.
                let _ = confirmed.wait_for(|seen| *seen >= revision).await;
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            let mut hub = self.0.lock();
            let before = hub.subscribers.len();
            hub.subscribers.retain(|edge| *edge.confirmed.borrow() >= revision);
            let cut = before - hub.subscribers.len();
            tracing::warn!(revision, cut, "edges did not confirm in time and were cut off");
        }
    }
}
