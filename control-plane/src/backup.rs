//! Backups of the control plane: its database and its secrets, whole and checked.
//!
//! A backup is a folder that appears by rename, so that one which was cut off is never taken for a
//! whole one. It holds keys: whoever reads it can be this installation.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use freehold_clock::{Clock, UnixMs};
use freehold_db::{Catalog, Database, DatabaseOptions, PostgresOptions, Select};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::master::Master;

/// The version of the manifest that this release writes, and reads alone.
const MANIFEST_VERSION: u16 = 1;
/// Backups that are kept; older ones are removed.
const BACKUPS_KEPT_MAX: usize = 7;
/// How often the schedule looks whether a backup is due.
const LOOK_SECONDS: u64 = 60;
const MANIFEST: &str = "manifest.json";
/// The copy of the database, an SQLite file whatever the engine in use.
const DATABASE: &str = "control.db";

/// Where backups go and how often.
#[derive(Debug, Clone)]
pub struct BackupConfig {
    /// The folder that holds one folder for each backup.
    pub folder: PathBuf,
    /// The folder of the secrets.
    pub secrets: PathBuf,
    /// Hours between two; 0 for none.
    pub every_hours: u64,
}

/// Why a backup cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The system failed.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] freehold_db::DbError),
    /// The backup is not what was made.
    #[error("{0} is damaged or not a whole backup: {1}")]
    Damaged(PathBuf, String),
    /// There is something where the backup is to go.
    #[error("{0} holds a control plane already; a backup is restored into what is empty")]
    Occupied(PathBuf),
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u16,
    made_at: String,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    path: String,
    bytes: u64,
    sha256: String,
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |error| BackupError::Io(path, error)
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).map_err(io(folder))
}

/// Copies a file, readable by this user alone, and makes it durable.
fn copy(from: &Path, to: &Path) -> Result<Entry, BackupError> {
    let bytes = std::fs::read(from).map_err(io(from))?;
    write(to, &bytes)?;
    Ok(entry(to, &bytes))
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let written = || {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(to)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    written().map_err(io(to))
}

fn entry(path: &Path, bytes: &[u8]) -> Entry {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Entry {
        path: name.unwrap_or_default(),
        bytes: bytes.len() as u64,
        sha256: HEXLOWER.encode(&Sha256::digest(bytes)),
    }
}

/// Makes a backup and returns its folder.
///
/// # Errors
/// [`BackupError`]; then nothing is left that looks like a backup.
pub(crate) async fn make(
    db: &Database,
    config: &BackupConfig,
    master: &Master,
    now: UnixMs,
) -> Result<PathBuf, BackupError> {
    // What the copy of the database needs is copied after it.
    let _held = master.hold().await;
    let name = now.rfc3339().replace([':', '.'], "-");
    let (done, unfinished) = (config.folder.join(&name), config.folder.join(format!("{name}.new")));
    make_folder(&unfinished.join("secrets"))?;
    let outcome = fill(db, config, now, &unfinished).await;
    if let Err(error) = outcome {
        // What is left of it would only be in the way.
        let _ = std::fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    std::fs::rename(&unfinished, &done).map_err(io(&done))?;
    std::fs::File::open(&config.folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io(&config.folder))?;
    forget_old(&config.folder)?;
    tracing::info!(backup = %done.display(), "backed the control plane up");
    Ok(done)
}

async fn fill(
    db: &Database,
    config: &BackupConfig,
    now: UnixMs,
    folder: &Path,
) -> Result<(), BackupError> {
    let database = folder.join(DATABASE);
    db.copy_to(&database, freehold_migrations::CONTROL).await?;
    let bytes = std::fs::read(&database).map_err(io(&database))?;
    let mut files = vec![entry(&database, &bytes)];
    for secret in std::fs::read_dir(&config.secrets).map_err(io(&config.secrets))? {
        let secret = secret.map_err(io(&config.secrets))?.path();
        if secret.extension().is_some_and(|extension| extension == "new") {
            continue;
        }
        let Some(name) = secret.file_name() else { continue };
        let mut entry = copy(&secret, &folder.join("secrets").join(name))?;
        entry.path = format!("secrets/{}", entry.path);
        files.push(entry);
    }
    let manifest = Manifest { version: MANIFEST_VERSION, made_at: now.rfc3339(), files };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| BackupError::Damaged(folder.to_owned(), error.to_string()))?;
    write(&folder.join(MANIFEST), &text)
}

/// The backups in a folder, oldest first.
fn list(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(io(folder))?,
    };
    let mut backups: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_none() && path.join(MANIFEST).is_file())
        .collect();
    backups.sort();
    Ok(backups)
}

/// When the newest backup was made, as its manifest's file says.
fn newest(folder: &Path) -> Option<UnixMs> {
    let newest = list(folder).ok()?.pop()?;
    let made_at = newest.join(MANIFEST).metadata().ok()?.modified().ok()?;
    let age = made_at.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixMs(i64::try_from(age.as_millis()).ok()?))
}

fn forget_old(folder: &Path) -> Result<(), BackupError> {
    let backups = list(folder)?;
    let old = backups.len().saturating_sub(BACKUPS_KEPT_MAX);
    for backup in &backups[..old] {
        std::fs::remove_dir_all(backup).map_err(io(backup))?;
    }
    Ok(())
}

/// Makes backups on schedule until told to stop.
pub(crate) async fn schedule(
    db: Database,
    (config, master): (BackupConfig, Master),
    clock: Clock,
    stopping: CancellationToken,
) {
    if config.every_hours == 0 {
        return;
    }
    let every = Duration::from_secs(config.every_hours * 3_600);
    // A process that starts often must not push the older backups out.
    let mut due = match newest(&config.folder) {
        Some(made_at) => made_at.plus_seconds(every.as_secs()),
        None => clock.now(),
    };
    loop {
        if clock.now() >= due {
            match make(&db, &config, &master, clock.now()).await {
                Ok(_) => metrics::gauge!("freehold_control_backup_timestamp_seconds")
                    .set(clock.now().seconds() as f64),
                Err(error) => tracing::error!(%error, "the control plane is not backed up"),
            }
            due = clock.now().plus_seconds(every.as_secs());
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(LOOK_SECONDS)) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// Puts a backup into an empty data folder and, where one is named, an empty Postgres database, after
/// checking every byte of it. Returns when it was made.
///
/// # Errors
/// [`BackupError`]; then folder and database are as they were, but for tables without rows.
pub async fn restore(
    backup: &Path,
    data: &Path,
    database: Option<&PostgresOptions>,
) -> Result<String, BackupError> {
    let (control, secrets) = (data.join("control"), data.join("secrets"));
    let holds_anything =
        |folder: &Path| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if holds_anything(&control) || holds_anything(&secrets) {
        return Err(BackupError::Occupied(data.to_owned()));
    }
    let (made_at, files) = read_whole(backup)?;
    if let Some(options) = database {
        let whole = files.iter().find(|(path, _)| path == Path::new(DATABASE));
        let bytes = whole.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        // Opening a database writes beside it, and the backup stays as it is.
        let folder = data.join("restoring");
        make_folder(&folder)?;
        let restored = restore_database(bytes, &folder.join(DATABASE), options).await;
        std::fs::remove_dir_all(&folder).map_err(io(&folder))?;
        restored?;
    }
    make_folder(&control)?;
    make_folder(&secrets)?;
    for (path, bytes) in files {
        if path.starts_with("secrets") {
            write(&data.join(path), &bytes)?;
        } else if database.is_none() {
            write(&control.join(path), &bytes)?;
        }
    }
    Ok(made_at)
}

/// Files by their paths in the backup.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// When a backup was made, and its files, each checked.
fn read_whole(backup: &Path) -> Result<(String, Files), BackupError> {
    let damaged = |problem: String| BackupError::Damaged(backup.to_owned(), problem);
    let text = std::fs::read(backup.join(MANIFEST)).map_err(|error| damaged(error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if manifest.version != MANIFEST_VERSION {
        return Err(damaged(format!("manifest version {}", manifest.version)));
    }
    let is_plain =
        |part: &str| !part.is_empty() && part != ".." && !part.contains(['/', '\\']) && part != ".";
    let mut files = Vec::new();
    for file in manifest.files {
        let is_known = match file.path.split_once('/') {
            None => file.path == DATABASE,
            Some((folder, name)) => folder == "secrets" && is_plain(name),
        };
        if !is_known {
            return Err(damaged(format!("an unknown file {}", file.path)));
        }
        let from = backup.join(&file.path);
        let bytes = std::fs::read(&from).map_err(io(&from))?;
        if HEXLOWER.encode(&Sha256::digest(&bytes)) != file.sha256 {
            return Err(damaged(format!("{} has changed", file.path)));
        }
        files.push((PathBuf::from(file.path), bytes));
    }
    Ok((manifest.made_at, files))
}

/// Copies the rows of a database in a file into a Postgres database that has none.
async fn restore_database(
    bytes: &[u8],
    path: &Path,
    options: &PostgresOptions,
) -> Result<(), BackupError> {
    let migrations = freehold_migrations::CONTROL;
    let catalog = Arc::new(Catalog::of(migrations));
    write(path, bytes)?;
    let file = DatabaseOptions { path: path.to_owned(), create: false, readers_max: 1 };
    let from = Database::open(&file, catalog.clone())?;
    let to = Database::connect(options, catalog).await?;
    let copied = async {
        from.migrate(migrations).await?;
        to.migrate(migrations).await?;
        let used = to.read().await?.count(&Select::count("installation")).await?;
        if used > 0 || to.read().await?.count(&Select::count("accounts")).await? > 0 {
            return Err(BackupError::Occupied("control.database".into()));
        }
        Ok(from.copy_rows_to(&to).await?)
    };
    let copied = copied.await;
    from.close().await;
    to.close().await;
    copied
}
