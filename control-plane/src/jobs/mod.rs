//! Background work of the control plane, run by apalis from a database of its own.
//!
//! A sweep looks for what is due (orphaned operations, mails, sites to erase, domains to look at) and enqueues it
//! under a key that names the work, so that looking twice enqueues once. Nothing a request waits
//! for depends on this: with jobs stopped, sign-ups still come through.

mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use freehold_db::{Database, DatabaseOptions, Delete, Filter};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::domains::Domains;
use crate::mail::MailSender;
use crate::sites::Sites;
use work::Work;

/// How often the sweep looks for what is due.
const SWEEP_MS: u64 = 1_000;
/// How often an idle queue is to be looked at; a missed wake-up is made good by the heartbeat.
const POLL_MS: u64 = 500;
/// How often the worker says that it is alive. The library wakes an idle or failed fetch at these
/// at the latest, so they are short.
const HEARTBEAT_SECONDS: u64 = 1;
/// A worker that missed so many is taken for dead.
const HEARTBEATS_MISSED_MAX: usize = 30;
/// Jobs run at the same time at most.
const JOBS_AT_ONCE_MAX: usize = 4;
/// A job that takes longer is given up; the sweep enqueues its work again.
const JOB_SECONDS_MAX: u64 = 120;
/// How long finished jobs are kept.
const FINISHED_KEPT_SECONDS: i64 = 7 * 24 * 3_600;
/// Sweeps between two clean-ups of finished jobs.
const SWEEPS_PER_CLEANUP: u64 = 3_600;

/// How jobs are set up.
#[derive(Debug, Clone)]
pub(crate) struct JobsConfig {
    /// The folder of `jobs.db`.
    pub(crate) folder: PathBuf,
    /// How mail leaves.
    pub(crate) mail: MailSender,
}

/// The running jobs.
#[derive(Debug)]
pub(crate) struct Jobs {
    pool: SqlitePool,
    jobs: Database,
    stopping: CancellationToken,
    sweep: JoinHandle<()>,
    monitor: JoinHandle<()>,
}

impl Jobs {
    /// Opens the jobs' database and starts sweep and worker.
    pub(crate) async fn start(config: JobsConfig, domains: Domains) -> Result<Self, String> {
        let path = config.folder.join("jobs.db");
        let pool = open(&path).await?;
        let options = DatabaseOptions { path, create: false, readers_max: 1 };
        let jobs = Database::open(&options, Arc::default()).map_err(|error| error.to_string())?;
        let sites = domains.sites.clone();
        clean_up(&jobs, sites.clock.now().0 / 1_000 - FINISHED_KEPT_SECONDS).await;
        let storage = storage(&pool);
        let stopping = CancellationToken::new();
        let worker = Worker { storage: storage.clone(), domains, mail: config.mail };
        let monitor = tokio::spawn(run_worker(worker, stopping.clone()));
        let sweep = tokio::spawn(run_sweep(storage, jobs.clone(), sites, stopping.clone()));
        Ok(Self { pool, jobs, stopping, sweep, monitor })
    }

    /// Takes up no more jobs and waits up to `grace` for the running ones.
    pub(crate) async fn stop(self, grace: Duration) {
        self.stopping.cancel();
        let both = async {
            // A panic in either has been logged by the runtime already.
            let _ = self.sweep.await;
            let _ = self.monitor.await;
        };
        if tokio::time::timeout(grace, both).await.is_err() {
            tracing::warn!("jobs were still running; they run again at the next start");
        }
        self.pool.close().await;
        self.jobs.close().await;
    }
}

#[derive(Clone)]
struct Worker {
    storage: SqliteStorage<Work>,
    domains: Domains,
    mail: MailSender,
}

/// The library's own set-up turns durability off, so the pragmas are set here and only its
/// migrations are used.
async fn open(path: &std::path::Path) -> Result<SqlitePool, String> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "NORMAL");
    let pool = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options);
    SqliteStorage::migrations().run(&pool).await.map_err(|error| error.to_string())?;
    Ok(pool)
}

fn storage(pool: &SqlitePool) -> SqliteStorage<Work> {
    let config = Config::default()
        .queue("control")
        .heartbeat_interval(Duration::from_secs(HEARTBEAT_SECONDS))
        .missed_heartbeats(HEARTBEATS_MISSED_MAX);
    SqliteStorage::new(pool).with_config(config)
}

/// Runs the worker until told to stop, and starts it anew when its backend fails.
async fn run_worker(worker: Worker, stopping: CancellationToken) {
    let name = format!("control-{}-{}", std::process::id(), worker.domains.sites.operations.owner);
    let monitor = Monitor::new()
        .register(move |restart| {
            let worker = worker.clone();
            let (domains, mail) = (worker.domains, worker.mail);
            WorkerBuilder::new(format!("{name}-{restart}"))
                .backend(worker.storage.poll_with_interval(Duration::from_millis(POLL_MS)))
                .concurrency(JOBS_AT_ONCE_MAX)
                .parallelize(tokio::spawn)
                .timeout(Duration::from_secs(JOB_SECONDS_MAX))
                .catch_panic()
                .data(domains)
                .data(mail)
                .build(work::run)
        })
        .should_restart(|_, _| true);
    let stopped = async move {
        stopping.cancelled().await;
        Ok(())
    };
    if let Err(error) = monitor.run_with_signal(stopped).await {
        tracing::error!(%error, "the jobs' monitor ended");
    }
}

async fn run_sweep(
    mut storage: SqliteStorage<Work>,
    jobs: Database,
    sites: Sites,
    stopping: CancellationToken,
) {
    let mut round = 1_u64;
    loop {
        match work::due(&sites).await {
            Ok(found) => enqueue(&mut storage, found).await,
            Err(error) => tracing::warn!(%error, "the sweep could not look for what is due"),
        }
        if round.is_multiple_of(SWEEPS_PER_CLEANUP) {
            if let Err(error) = work::forget_old_rows(&sites).await {
                tracing::warn!(%error, "old rows could not be removed");
            }
            clean_up(&jobs, sites.clock.now().0 / 1_000 - FINISHED_KEPT_SECONDS).await;
        }
        round += 1;
        let pause = tokio::time::sleep(Duration::from_millis(SWEEP_MS));
        tokio::select! {
            () = stopping.cancelled() => return,
            () = pause => {}
        }
    }
}

async fn enqueue(storage: &mut SqliteStorage<Work>, found: Vec<(String, Work)>) {
    for (key, work) in found {
        let task = TaskBuilder::new(work).idempotency_key(&key).max_attempts(1).build();
        if let Err(error) = storage.push_task(task).await {
            tracing::warn!(%error, key, "a job could not be enqueued");
        }
    }
}

/// Removes finished jobs. The library's own clean-up compares a number with a text and would
/// remove all of them.
async fn clean_up(jobs: &Database, before_seconds: i64) {
    let finished = Filter::lt("done_at", before_seconds);
    let removed = async {
        let mut writer = jobs.write().await?;
        writer.delete(&Delete::from("Jobs", finished)).await?;
        writer.commit().await
    };
    if let Err(error) = removed.await {
        tracing::warn!(%error, "finished jobs could not be removed");
    }
}
