//! The route table in memory, and the task that keeps it as the control plane says.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use freehold_fleet::{Hostname, Route, RouteChange, RouteFeed, Whole};
use parking_lot::RwLock;
use tokio::sync::watch;

/// Which hostname leads where. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct RouteTable(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    routes: RwLock<HashMap<Hostname, Arc<Whole<Route>>>>,
    revision: AtomicU64,
    loaded: watch::Sender<bool>,
}

impl RouteTable {
    /// The route of a hostname.
    pub(crate) fn find(&self, hostname: &Hostname) -> Option<Arc<Whole<Route>>> {
        self.0.routes.read().get(hostname).cloned()
    }

    /// Whether a first snapshot is in force.
    pub(crate) fn is_loaded(&self) -> bool {
        *self.0.loaded.borrow()
    }

    /// Waits until a first snapshot is in force.
    pub(crate) async fn loaded(&self) {
        // The sender lives as long as this table.
        let _ = self.0.loaded.subscribe().wait_for(|is_loaded| *is_loaded).await;
    }

    /// Every route.
    pub(crate) fn all(&self) -> Vec<Arc<Whole<Route>>> {
        self.0.routes.read().values().cloned().collect()
    }

    /// Puts these routes in force and no others.
    pub(crate) fn replace(&self, routes: Vec<Whole<Route>>, revision: u64) {
        let fresh: HashMap<_, _> =
            routes.into_iter().map(|route| (route.hostname.clone(), Arc::new(route))).collect();
        *self.0.routes.write() = fresh;
        self.in_force(revision);
    }

    /// Puts a change in force.
    pub(crate) fn apply(&self, change: RouteChange) {
        let mut routes = self.0.routes.write();
        for hostname in &change.remove {
            routes.remove(hostname);
        }
        for route in change.put {
            routes.insert(route.hostname.clone(), Arc::new(route));
        }
        drop(routes);
        self.in_force(change.revision);
    }

    fn in_force(&self, revision: u64) {
        self.0.revision.store(revision, Ordering::Release);
        self.0.loaded.send_replace(true);
        metrics::gauge!("freehold_edge_routes").set(self.0.routes.read().len() as f64);
        metrics::gauge!("freehold_edge_route_revision").set(revision as f64);
    }

    /// Follows the feed until told to stop; a subscription that was cut off is made anew.
    pub(crate) async fn follow(self, feed: RouteFeed, mut stopping: watch::Receiver<bool>) {
        while !*stopping.borrow() {
            let mut stream = feed.subscribe();
            self.replace(std::mem::take(&mut stream.snapshot), stream.revision);
            stream.confirm.send_replace(stream.revision);
            loop {
                let change = tokio::select! {
                    change = stream.changes.recv() => change,
                    _ = stopping.changed() => return,
                };
                let Some(change) = change else { break };
                let revision = change.revision;
                self.apply(change);
                stream.confirm.send_replace(revision);
            }
            tracing::warn!("the route feed was cut off; subscribing anew");
        }
    }
}
