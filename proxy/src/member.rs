//! An edge as a process of its own: routes and upstreams come over a connection that it opens to
//! the control plane, and stay in a copy on disk, so that it comes up and serves without one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use freehold_certificates::Identity;
use freehold_clock::Clock;
use freehold_fleet::wire::{ALIVE_SECONDS, Receiver, WireError};
use freehold_fleet::{
    Connected, ControlMessage, CopyError, Member, Meter, PersistedCopy, ProcessMessage, Route,
    RouteChange, Unread, UpstreamEntry, Upstreams, Welcome, Whole,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::{mpsc, watch};

use crate::table::RouteTable;

/// Confirmations that may wait to be sent.
const CONFIRMATIONS_PENDING_MAX: usize = 1_024;

/// A record of the edge's copy. Later ones override earlier ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    /// What the control plane says to every process.
    Welcome(Welcome),
    /// Every upstream.
    Upstreams(Vec<Whole<UpstreamEntry>>),
    /// A route of the last snapshot.
    Route(Whole<Route>),
    /// What changed since.
    Change(RouteChange),
    /// Something of a newer release, written again as it was.
    #[serde(untagged)]
    Unknown(#[serde(deserialize_with = "unknown")] Unread),
}

/// Reads a record of a kind that this release does not know; one that it knows has failed to read.
fn unknown<'de, D: Deserializer<'de>>(record: D) -> Result<Unread, D::Error> {
    let unknown = Unread::deserialize(record)?.unless(&["welcome", "upstreams", "route", "change"]);
    unknown.ok_or_else(|| D::Error::custom("a record of a known kind does not read"))
}
/// What an edge was told and keeps.
#[derive(Debug)]
pub struct Told {
    file: PathBuf,
    copy: Option<PersistedCopy>,
    welcome: Option<Welcome>,
    upstreams: Upstreams,
    table: RouteTable,
    /// Written again with every copy.
    unknown: Vec<Unread>,
}

impl Told {
    /// Reads the copy in a folder, as far as there is one.
    ///
    /// # Errors
    /// [`CopyError::Io`] and [`CopyError::Version`]. A damaged copy is reported and not used.
    pub fn load(folder: &Path) -> Result<Self, CopyError> {
        let file = folder.join("routes");
        let records = match PersistedCopy::load(&file) {
            Err(error @ CopyError::Damaged { .. }) => {
                tracing::error!(%error, "waiting for the control plane");
                None
            }
            other => other?,
        };
        let (upstreams, table) = (Upstreams::default(), RouteTable::default());
        let (mut welcome, mut routes, mut changes) = (None, Vec::new(), Vec::new());
        let mut unknown = Vec::new();
        for record in records.unwrap_or_default() {
            match record {
                Record::Welcome(told) => welcome = Some(told),
                Record::Upstreams(all) => upstreams.replace(all),
                Record::Route(route) => routes.push(route),
                Record::Change(change) => changes.push(change),
                Record::Unknown(record) => unknown.push(record),
            }
        }
        if welcome.is_some() {
            table.replace(routes, 0);
            for change in changes {
                // Revisions of an earlier connection mean nothing on the next one.
                table.apply(RouteChange { revision: 0, ..change });
            }
        }
        Ok(Self { file, copy: None, welcome, upstreams, table, unknown })
    }

    /// Presents this to upstreams until the control plane certifies the edge anew.
    pub fn set_identity(&self, identity: Identity) {
        self.upstreams.set_identity(identity);
    }

    /// What the control plane said to every process, as far as it is known.
    pub const fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    pub(crate) fn upstreams(&self) -> Upstreams {
        self.upstreams.clone()
    }

    pub(crate) fn table(&self) -> RouteTable {
        self.table.clone()
    }

    fn rewrite(&mut self) -> Result<(), CopyError> {
        let welcome = self.welcome.clone().map(Record::Welcome);
        let upstreams = std::iter::once(Record::Upstreams(self.upstreams.all()));
        let routes = self.table.all().into_iter().map(|route| Record::Route((*route).clone()));
        let unknown = self.unknown.iter().cloned().map(Record::Unknown);
        let records = welcome.into_iter().chain(upstreams).chain(routes).chain(unknown);
        self.copy = Some(PersistedCopy::rewrite(&self.file, records)?);
        Ok(())
    }

    /// A failure is reported and does not stop the edge: what is in memory is right.
    fn keep(&mut self, record: Option<&Record>) {
        let kept = match (record, self.copy.as_mut()) {
            (Some(record), Some(copy)) => copy.append(record).map(|()| copy.wants_rewrite()),
            _ => Ok(true),
        };
        let kept = match kept {
            Ok(true) => self.rewrite(),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "the copy of the routes cannot be written");
        }
    }
}

/// Keeps an edge connected until it is told to stop.
pub(crate) struct Session {
    pub(crate) member: Member,
    pub(crate) told: Told,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
}

impl Session {
    /// Follows the control plane, over the given connection first.
    pub(crate) async fn run(
        mut self,
        mut connected: Option<Connected>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let follow = async {
            loop {
                let connection = match connected.take() {
                    Some(connection) => connection,
                    None => match self.member.connect_patiently().await {
                        Ok(connection) => connection,
                        Err(error) => {
                            tracing::error!(%error, "this edge goes on with the routes it has");
                            return;
                        }
                    },
                };
                metrics::gauge!("freehold_edge_connected").set(1.0);
                let ended = self.follow(connection).await;
                metrics::gauge!("freehold_edge_connected").set(0.0);
                tracing::warn!(reason = %ended, "the connection to the control plane ended");
            }
        };
        tokio::select! {
            () = follow => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn follow(&mut self, connected: Connected) -> WireError {
        let Connected { membership, welcome, mut sender, receiver } = connected;
        self.told.welcome = Some(welcome);
        if let Some(identity) = membership.identity {
            self.told.upstreams.set_identity(identity);
        }
        let (confirm, mut to_send) = mpsc::channel(CONFIRMATIONS_PENDING_MAX);
        let meter = self.meter.clone();
        let sending = async {
            let mut reports = meter.reports();
            loop {
                let alive = tokio::time::sleep(Duration::from_secs(ALIVE_SECONDS));
                let message = tokio::select! {
                    Some(revision) = to_send.recv() => ProcessMessage::InForce { revision },
                    report = reports.next() => ProcessMessage::Usage(report),
                    () = alive => ProcessMessage::Alive,
                };
                if let Err(error) = sender.send(&message).await {
                    return error;
                }
            }
        };
        tokio::select! {
            error = sending => error,
            error = self.receive(receiver, confirm) => error,
        }
    }

    async fn receive(
        &mut self,
        mut receiver: Receiver<ControlMessage>,
        confirm: mpsc::Sender<u64>,
    ) -> WireError {
        let mut snapshot = Vec::new();
        let mut in_force = None;
        loop {
            let message = match receiver.receive().await {
                Ok(message) => message,
                Err(error) => return error,
            };
            metrics::gauge!("freehold_edge_control_heard_timestamp_seconds")
                .set(self.clock.now().seconds() as f64);
            let revision = match message {
                ControlMessage::Upstreams { all } => {
                    // First in force: a copy that is rewritten says what is in memory.
                    self.told.upstreams.replace(all.clone());
                    self.told.keep(Some(&Record::Upstreams(all)));
                    continue;
                }
                ControlMessage::Rotated { membership } => {
                    if let Err(error) = self.member.keep(&membership) {
                        tracing::error!(%error, "the new credential cannot be kept");
                    }
                    continue;
                }
                ControlMessage::UsageKept { number } => {
                    self.meter.kept(number);
                    continue;
                }
                ControlMessage::Routes { revision, part, last } => {
                    snapshot.extend(part);
                    if !last {
                        continue;
                    }
                    self.told.table.replace(std::mem::take(&mut snapshot), revision);
                    self.told.keep(None);
                    revision
                }
                ControlMessage::Change(change) => match in_force {
                    Some(known) if change.revision <= known => continue,
                    Some(known) if change.revision == known + 1 => {
                        let revision = change.revision;
                        let record = Record::Change(change.clone());
                        self.told.table.apply(change);
                        self.told.keep(Some(&record));
                        revision
                    }
                    // A change is missing: only a new snapshot is the whole truth.
                    _ => return WireError::Gap(change.revision),
                },
                _ => continue,
            };
            in_force = Some(revision);
            if confirm.send(revision).await.is_err() {
                return WireError::Closed;
            }
        }
    }
}
