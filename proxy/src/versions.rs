//! What this edge knows of public versions, and the streams that it knows them from.
//!
//! A stream is a *line* to one worker, and each line that began is a new *lease*. What was asked
//! for under a lease may be kept and used under this lease only: the worker listens for changes
//! before it says that the line has begun, so nothing that was asked for since can change unheard.
//! When the line breaks or falls silent, the lease is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use freehold_certificates::process_name;
use freehold_clock::Clock;
use freehold_fleet::wire::{self, Receiver, Sender, WireError};
use freehold_fleet::{
    Address, ListenerMessage, SubscribeError, UpstreamEntry, UpstreamId, Upstreams,
    VERSIONS_ALIVE_SECONDS, VERSIONS_SILENCE_SECONDS_MAX, VersionsMessage, Whole, subscribe,
};
use freehold_ids::TenantId;
use parking_lot::RwLock;
use tokio_util::task::AbortOnDropHandle;

use crate::pulse::Pulse;

/// How long a worker may take to begin. One that takes longer has fallen silent.
const BEGIN_SECONDS_MAX: u64 = 3;
/// Pause before the first new attempt; it doubles with each that fails.
const PAUSE_MS_MIN: u64 = 100;
/// Pause between two attempts at most.
const PAUSE_MS_MAX: u64 = 3_000;
/// Tenants of one line whose versions are known at most; beyond that a new lease begins.
const TENANTS_PER_LINE_MAX: usize = 1_000_000;

/// One unbroken time of hearing from one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease(u64);

/// The versions that are known. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Lines that are up, and no others.
    lines: RwLock<HashMap<UpstreamId, Line>>,
    leases: AtomicU64,
    pulse: Pulse,
}

#[derive(Debug)]
struct Line {
    lease: Lease,
    newest: HashMap<TenantId, u64>,
}

impl Line {
    fn note(&mut self, tenant: TenantId, version: u64) {
        let newest = self.newest.entry(tenant).or_default();
        *newest = version.max(*newest);
    }
}

impl Versions {
    /// The lease under which a worker is heard now.
    pub(crate) fn lease(&self, upstream: &UpstreamId) -> Option<Lease> {
        self.0.lines.read().get(upstream).map(|line| line.lease)
    }

    /// Which workers are alive, as their lines say.
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// Whether nothing newer is known of a tenant, under a lease that is not over.
    pub(crate) fn is_newest(
        &self,
        upstream: &UpstreamId,
        lease: Lease,
        tenant: TenantId,
        version: u64,
    ) -> bool {
        let lines = self.0.lines.read();
        let line = lines.get(upstream).filter(|line| line.lease == lease);
        line.and_then(|line| line.newest.get(&tenant)) == Some(&version)
    }

    /// Notes the version that an answer carries, which was asked for under this lease.
    pub(crate) fn answered(
        &self,
        upstream: &UpstreamId,
        lease: Option<Lease>,
        tenant: TenantId,
        version: u64,
    ) {
        // Most answers tell nothing new.
        if lease.is_some_and(|lease| self.is_newest(upstream, lease, tenant, version)) {
            return;
        }
        if let Some(line) = self.0.lines.write().get_mut(upstream) {
            if lease == Some(line.lease) && line.newest.len() < TENANTS_PER_LINE_MAX {
                line.note(tenant, version);
            } else {
                // The number may be of an earlier process; that something changed is true.
                *line = self.0.fresh();
            }
        }
    }

    fn moved(&self, upstream: &UpstreamId, tenants: Vec<(TenantId, u64)>) {
        if let Some(line) = self.0.lines.write().get_mut(upstream) {
            if line.newest.len() + tenants.len() > TENANTS_PER_LINE_MAX {
                *line = self.0.fresh();
            }
            for (tenant, version) in tenants {
                line.note(tenant, version);
            }
        }
    }

    pub(crate) fn begin(&self, upstream: &UpstreamId) -> Up {
        let line = self.0.fresh();
        self.0.lines.write().insert(upstream.clone(), line);
        metrics::gauge!("freehold_edge_version_streams").increment(1.0);
        Up { versions: self.clone(), upstream: upstream.clone() }
    }

    /// Listens to every worker among the upstreams, as long as the future is polled.
    pub(crate) async fn follow(self, upstreams: Upstreams, clock: Clock) {
        let mut changed = upstreams.watch();
        let mut lines: HashMap<UpstreamId, (Whole<UpstreamEntry>, AbortOnDropHandle<()>)> =
            HashMap::new();
        loop {
            changed.mark_unchanged();
            let mut all = upstreams.all();
            // The control plane's answers are nobody's but the caller's.
            all.retain(|entry| entry.id != UpstreamId::control());
            lines.retain(|id, (known, _)| {
                let stays = all.contains(known);
                if !stays {
                    self.0.pulse.forget(id);
                }
                stays
            });
            for entry in all {
                lines.entry(entry.id.clone()).or_insert_with(|| {
                    let line = self.clone().listen(entry.clone(), upstreams.clone(), clock.clone());
                    (entry, AbortOnDropHandle::new(tokio::spawn(line)))
                });
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Listens to one worker, again and again.
    async fn listen(self, entry: Whole<UpstreamEntry>, upstreams: Upstreams, clock: Clock) {
        let (least, most) =
            (Duration::from_millis(PAUSE_MS_MIN), Duration::from_millis(PAUSE_MS_MAX));
        let mut pause = least;
        loop {
            let asked = ask(&entry, &upstreams, &clock);
            let asked = tokio::time::timeout(Duration::from_secs(BEGIN_SECONDS_MAX), asked).await;
            match asked {
                Ok(Ok((sender, receiver))) => {
                    pause = least;
                    let reason = self.hear(&entry.id, sender, receiver).await;
                    tracing::info!(upstream = entry.id.0, %reason, "no longer hears of versions");
                }
                Ok(Err(error)) => {
                    if error.is_word() {
                        self.0.pulse.spoke(&entry.id);
                    }
                    tracing::debug!(upstream = entry.id.0, %error, "cannot hear of versions");
                }
                Err(_) => {
                    // It was asked for long enough already, and is asked again at once.
                    pause = least;
                    self.0.pulse.fell_silent(&entry.id);
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(most);
        }
    }

    async fn hear(
        &self,
        upstream: &UpstreamId,
        mut sender: Sender<ListenerMessage>,
        mut receiver: Receiver<VersionsMessage>,
    ) -> WireError {
        let silence = Duration::from_secs(VERSIONS_SILENCE_SECONDS_MAX);
        let mut up = None;
        let hearing = async {
            loop {
                let heard = tokio::time::timeout(silence, receiver.receive()).await;
                match heard.unwrap_or(Err(WireError::Silent)) {
                    Ok(VersionsMessage::Begun { .. }) => {
                        self.0.pulse.spoke(upstream);
                        up = Some(self.begin(upstream));
                    }
                    Ok(VersionsMessage::Moved { tenants }) => self.moved(upstream, tenants),
                    Ok(VersionsMessage::Alive | VersionsMessage::Unknown) => {}
                    Err(error) => return error,
                }
            }
        };
        let living = async {
            loop {
                if let Err(error) = sender.send(&ListenerMessage::Alive).await {
                    return error;
                }
                tokio::time::sleep(Duration::from_secs(VERSIONS_ALIVE_SECONDS)).await;
            }
        };
        let ended = tokio::select! {
            error = hearing => error,
            error = living => error,
        };
        drop(up);
        ended
    }
}

impl Shared {
    fn fresh(&self) -> Line {
        let lease = Lease(self.leases.fetch_add(1, Ordering::Relaxed) + 1);
        Line { lease, newest: HashMap::new() }
    }
}

/// A line that is up; dropping it ends its lease, on every path.
pub(crate) struct Up {
    versions: Versions,
    upstream: UpstreamId,
}

impl Drop for Up {
    fn drop(&mut self) {
        self.versions.0.lines.write().remove(&self.upstream);
        metrics::gauge!("freehold_edge_version_streams").decrement(1.0);
    }
}

async fn ask(
    entry: &UpstreamEntry,
    upstreams: &Upstreams,
    clock: &Clock,
) -> Result<(Sender<ListenerMessage>, Receiver<VersionsMessage>), SubscribeError> {
    let stream = match &entry.address {
        Address::Unix(path) => wire::dial_unix(path).await?,
        Address::Tls(place) => {
            let refused = |reason: String| SubscribeError::Refused(reason);
            let identity =
                upstreams.identity().ok_or_else(|| refused("no certificate yet".into()))?;
            let connector = identity.connector().map_err(|error| refused(error.to_string()))?;
            wire::dial_tls(place, &process_name(&entry.id.0), &connector).await?
        }
    };
    subscribe(stream, &entry.key, clock.random::<16>(), clock.now().seconds()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_counts_under_its_lease_only() {
        let versions = Versions::default();
        let (worker, tenant) = (UpstreamId("one".into()), TenantId::from_random(1));
        versions.answered(&worker, None, tenant, 1);
        assert_eq!(versions.lease(&worker), None, "nothing is known without a line");
        let up = versions.begin(&worker);
        let lease = versions.lease(&worker).expect("a lease");
        assert!(!versions.is_newest(&worker, lease, tenant, 1), "nothing was heard yet");
        versions.answered(&worker, Some(lease), tenant, 1);
        assert!(versions.is_newest(&worker, lease, tenant, 1));
        versions.moved(&worker, vec![(tenant, 3), (tenant, 2)]);
        assert!(versions.is_newest(&worker, lease, tenant, 3));
        versions.answered(&worker, Some(lease), tenant, 2);
        assert!(versions.is_newest(&worker, lease, tenant, 3), "an answer that was on its way");
        drop(up);
        assert!(!versions.is_newest(&worker, lease, tenant, 3));
        let _up = versions.begin(&worker);
        assert!(!versions.is_newest(&worker, lease, tenant, 3));
        let second = versions.lease(&worker).expect("a lease");
        versions.answered(&worker, Some(lease), tenant, 9);
        assert_ne!(versions.lease(&worker), Some(second), "what was asked for before ends it");
    }
}
