//! Durability by grouped sync: each transaction commits by itself, and one `fdatasync` of the
//! WAL serves everybody whose commit came before it began.
//!
//! Under `synchronous=NORMAL` SQLite writes a commit to the WAL and does not sync it. Whoever is
//! to be told of a commit waits here first. A sync that fails fails everybody who waits, and the
//! store is of no use from then on: the kernel may have dropped the pages, so that another
//! `fdatasync` would succeed over a hole. It is to be closed and opened again, which moves what
//! can be read into the file itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::DbError;

#[derive(Debug)]
pub(super) struct GroupSync {
    wal: PathBuf,
    /// Commits so far.
    committed: AtomicU64,
    /// Those of them that a sync covers.
    synced: AtomicU64,
    has_failed: AtomicBool,
    /// Held by whoever syncs; opened by the first one.
    file: Mutex<Option<Arc<File>>>,
}

impl GroupSync {
    pub(super) fn of(store: &Path) -> Self {
        let mut wal = store.as_os_str().to_owned();
        wal.push("-wal");
        Self {
            wal: wal.into(),
            committed: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
            file: Mutex::new(None),
        }
    }

    /// Counts a commit; to be called before anybody else may commit.
    pub(super) fn commit_done(&self) {
        self.committed.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether a sync has failed. Nothing may be read or written any more.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    /// Refuses where a sync has failed.
    pub(super) fn check(&self) -> Result<(), DbError> {
        if self.has_failed() {
            return Err(DbError::Io("a sync of the store failed; it has to be reopened".into()));
        }
        Ok(())
    }

    /// Waits until a sync covers every commit up to now.
    pub(super) async fn settle(&self) -> Result<(), DbError> {
        let wanted = self.committed.load(Ordering::Acquire);
        if self.synced.load(Ordering::Acquire) >= wanted {
            return self.check();
        }
        // Whoever comes while a sync runs waits here, and most find theirs done by the next one.
        let mut file = self.file.lock().await;
        self.check()?;
        if self.synced.load(Ordering::Acquire) >= wanted {
            return Ok(());
        }
        let covered = self.committed.load(Ordering::Acquire);
        let wal = match file.as_ref() {
            Some(wal) => Arc::clone(wal),
            None => Arc::clone(file.insert(Arc::new(self.open().await?))),
        };
        let done = tokio::task::spawn_blocking(move || wal.sync_data()).await;
        match done.map_err(std::io::Error::other).and_then(|synced| synced) {
            Ok(()) => {
                self.synced.fetch_max(covered, Ordering::AcqRel);
                Ok(())
            }
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// The WAL, the same file as long as a connection of ours is open. Its name needs no sync of
    /// ours: SQLite syncs the folder when it syncs the header of a new log, which it does before
    /// the first frame under `synchronous=NORMAL` too.
    async fn open(&self) -> Result<File, DbError> {
        let wal = self.wal.clone();
        let opened = tokio::task::spawn_blocking(move || File::open(wal));
        let opened = opened.await.map_err(std::io::Error::other).and_then(|opened| opened);
        opened.map_err(|error| self.fail(&error))
    }

    fn fail(&self, error: &std::io::Error) -> DbError {
        self.has_failed.store(true, Ordering::Release);
        tracing::error!(wal = %self.wal.display(), %error, "a sync failed");
        DbError::Io(format!("a sync of the store failed: {error}"))
    }
}
