//! The file that says when each tenant is next due, so that a worker that starts need not look into
//! every store.
//!
//! Where it is absent, damaged, or from a release with other schedules or subscribers, every tenant
//! is looked into once. Where it cannot be written it is removed: saying nothing is always right.

use std::path::{Path, PathBuf};

use freehold_clock::UnixMs;
use freehold_fleet::{CopyError, PersistedCopy};
use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::due::{Batch, Due, Kept};
use super::plan::Plan;

/// A record of the file. Later ones override earlier ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    /// The outline of the plan under which the tenants were looked into; the first record.
    Plan(String),
    /// When a tenant is next due.
    Due { tenant: TenantId, epoch: u64, at_ms: i64 },
    /// To be looked into.
    Unknown(TenantId),
}

impl Record {
    fn of(tenant: TenantId, kept: Option<Kept>) -> Self {
        match kept {
            Some(Kept { epoch, due }) => Self::Due { tenant, epoch, at_ms: due },
            None => Self::Unknown(tenant),
        }
    }
}

/// Keeps the file until it is told to stop.
#[derive(Debug)]
pub struct Keeper {
    due: Due,
    stopping: CancellationToken,
    writing: JoinHandle<()>,
}

impl Keeper {
    /// Reads the file and keeps it from here on.
    pub fn start(due: &Due, plan: &Plan, path: PathBuf) -> Self {
        let outline = plan.outline();
        match load(&path, &outline) {
            Ok(known) => due.recall(known),
            Err(error) => tracing::warn!(%error, "every tenant is looked into for work"),
        }
        let stopping = CancellationToken::new();
        let file = File { path, outline, copy: None };
        let writing = tokio::spawn(write(due.clone(), file, stopping.clone()));
        Self { due: due.clone(), stopping, writing }
    }

    /// Writes when each tenant is next due, and ends. Nobody may write to a store any more.
    pub async fn stop(self, now: UnixMs) {
        self.due.settle(now, true);
        self.stopping.cancel();
        // A panic in it has been logged by the runtime already.
        let _ = self.writing.await;
        // Nobody waits for a file that is not kept any more.
        self.due.wrote(u64::MAX);
    }
}

fn load(path: &Path, outline: &str) -> Result<Vec<(TenantId, Kept)>, CopyError> {
    let mut known = std::collections::HashMap::new();
    let mut is_ours = false;
    for record in PersistedCopy::load(path)?.unwrap_or_default() {
        match record {
            Record::Plan(plan) => is_ours = plan == outline,
            Record::Due { tenant, epoch, at_ms } => {
                known.insert(tenant, Kept { epoch, due: at_ms });
            }
            Record::Unknown(tenant) => _ = known.remove(&tenant),
        }
    }
    Ok(if is_ours { known.into_iter().collect() } else { Vec::new() })
}

struct File {
    path: PathBuf,
    outline: String,
    /// Open for appending once this process has written it.
    copy: Option<PersistedCopy>,
}

impl File {
    fn is_to_be_rewritten(&self) -> bool {
        self.copy.as_ref().is_none_or(PersistedCopy::wants_rewrite)
    }

    fn put(&mut self, batch: &Batch) -> Result<(), CopyError> {
        if let Some(all) = &batch.all {
            let all = all.iter().map(|(tenant, kept)| Record::of(*tenant, Some(*kept)));
            let heading = std::iter::once(Record::Plan(self.outline.clone()));
            self.copy = Some(PersistedCopy::rewrite(&self.path, heading.chain(all))?);
        } else if let Some(copy) = &mut self.copy {
            for (tenant, kept) in &batch.changes {
                copy.append(&Record::of(*tenant, *kept))?;
            }
            copy.sync()?;
        }
        Ok(())
    }

    /// Writes a batch, or says nothing at all any more until it can be written anew.
    fn write(&mut self, batch: &Batch) {
        let Err(error) = self.put(batch) else { return };
        tracing::error!(%error, "what is due is not kept; a restart looks into every tenant");
        self.copy = None;
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::error!(%error, path = %self.path.display(), "it cannot be removed either");
        }
    }
}

async fn write(due: Due, mut file: File, stopping: CancellationToken) {
    loop {
        let is_last = tokio::select! {
            () = due.unwritten() => false,
            () = stopping.cancelled() => true,
        };
        if let Some(batch) = due.batch(file.is_to_be_rewritten()) {
            let number = batch.number;
            let writing = move || {
                file.write(&batch);
                file
            };
            file = match tokio::task::spawn_blocking(writing).await {
                Ok(file) => file,
                Err(error) => {
                    tracing::error!(%error, "what is due is not kept any more");
                    due.wrote(u64::MAX);
                    return;
                }
            };
            due.wrote(number);
        }
        if is_last {
            return;
        }
    }
}
