//! Writes manifests beside stores, one after another, away from whoever brings them.
//!
//! Only the newest of each tenant is written, and only where it differs. One that could not be written
//! comes again with the worker's next connection to the control plane.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freehold_fleet::{MANIFEST_BYTES_MAX, MANIFEST_FILE, SealedManifest};
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;

/// Manifests that wait to be written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Manifests(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// By the folder of the tenant: at most one for each.
    manifests: HashMap<PathBuf, SealedManifest>,
    is_written: bool,
}

impl Manifests {
    /// Has a manifest written into a tenant's folder, if there is one.
    pub(super) fn keep(&self, folder: PathBuf, manifest: SealedManifest, tasks: &TaskTracker) {
        let mut waiting = self.0.lock();
        waiting.manifests.insert(folder, manifest);
        if !std::mem::replace(&mut waiting.is_written, true) {
            let manifests = self.clone();
            tasks.spawn_blocking(move || manifests.write());
        }
    }

    fn write(&self) {
        loop {
            let batch = {
                let mut waiting = self.0.lock();
                waiting.is_written = !waiting.manifests.is_empty();
                std::mem::take(&mut waiting.manifests)
            };
            if batch.is_empty() {
                return;
            }
            for (folder, manifest) in batch {
                if let Err(error) = write(&folder, &manifest) {
                    let folder = folder.display();
                    tracing::error!(%folder, %error, "a manifest cannot be written");
                }
            }
        }
    }
}

fn write(folder: &Path, manifest: &SealedManifest) -> std::io::Result<()> {
    let file = folder.join(MANIFEST_FILE);
    if !folder.is_dir() || is_there(&file, manifest)? {
        return Ok(());
    }
    let unfinished = file.with_extension("new");
    let mut fresh = std::fs::File::create(&unfinished)?;
    fresh.write_all(manifest.as_str().as_bytes())?;
    fresh.sync_all()?;
    std::fs::rename(&unfinished, &file)
}

fn is_there(file: &Path, manifest: &SealedManifest) -> std::io::Result<bool> {
    let mut known = String::new();
    match std::fs::File::open(file) {
        Ok(file) => match file.take(MANIFEST_BYTES_MAX).read_to_string(&mut known) {
            Ok(_) => Ok(known == manifest.as_str()),
            // Not text: not what is to be there.
            Err(_) => Ok(false),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
