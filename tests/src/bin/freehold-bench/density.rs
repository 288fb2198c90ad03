//! What tenants cost a worker: those that only are, those that are open and warm, and the first
//! answer of one that was closed.

use std::time::{Duration, Instant};

use crate::machine::{self, Held};
use crate::memory;
use crate::read::NO_CACHE;
use crate::report::{Cell, LATENCY_COLUMNS, Report, Table, latencies, ms, percentile};
use crate::served::{Program, Served};
use crate::sites;
use crate::store::{assignment, worker};

/// Targets: memory of a tenant that is assigned and closed, and of one that is open and warm.
const IDLE_KIB_MAX: f64 = 1.0;
const WARM_MB_MAX: f64 = 0.5;
/// Targets: a closed site's first byte.
const COLD_P50_MS_MAX: f64 = 5.0;
const COLD_P99_MS_MAX: f64 = 20.0;
/// Stores open at once while closed ones are opened.
const OPEN_MAX: u32 = 64;
/// Waiting after the start for what a start does besides.
const REST_SECONDS: u64 = 3;
/// What warms a site: an API list, a page, a search.
const WARMING: [&str; 3] = ["/api/v1/posts", "/", "/search?q=welcome"];

/// Runs the measurement of what tenants hold.
pub(crate) async fn run(program: &Program, idle: u32, warm: u32) -> anyhow::Result<Report> {
    let mut held = Table::new(
        "What is held",
        &["when", "RSS MB", "of it, not files", "threads", "descriptors"],
    );
    let idle_kib = assigned(&mut held, idle).await?;
    let warm_mb = warmed(&mut held, program, warm).await?;
    let mut report = Report::new("density");
    report.fact("measured", Cell::text(program.name()));
    report.fact("build", Cell::text(machine::profile()));
    report.fact("tenants assigned and closed", Cell::count(idle.into()));
    report.fact("sites open and warm", Cell::count(warm.into()));
    report.table(held);
    report.below("a tenant that is assigned and closed", idle_kib, IDLE_KIB_MAX, "KiB");
    report.below("a site after a list, a page and a search", warm_mb, WARM_MB_MAX, "MB");
    Ok(report)
}

/// In this process, so that nothing but the kernel's own is counted.
async fn assigned(held: &mut Table, count: u32) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let worker = worker(folder.path(), 8).await?;
    let own = std::process::id();
    let before = look(held, "a worker without tenants", own)?;
    for number in 0..count {
        worker.assign(assignment(number))?;
    }
    let after = look(held, "with all of them assigned", own)?;
    worker.close(Duration::from_secs(5)).await;
    Ok(after.rss_kib.saturating_sub(before.rss_kib) as f64 / f64::from(count))
}

/// The platform, started anew over sites that were made before.
async fn warmed(held: &mut Table, program: &Program, count: u32) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let settings = [format!("worker.open_tenants_max={}", count + 8), NO_CACHE.to_owned()];
    let first = program.platform(folder.path(), &settings).await?;
    memory::create(first.edge, count).await?;
    first.end().await?;
    let served = program.platform(folder.path(), &settings).await?;
    // The first one of each kind of answer is not a site's own.
    warm(&served, 0).await?;
    // not synchronisation: what a start does besides is not to be counted
    tokio::time::sleep(Duration::from_secs(REST_SECONDS)).await;
    let before = look(held, "a platform whose sites sleep", served.process)?;
    for number in 1..count {
        warm(&served, number).await?;
    }
    let after = look(held, "with all of them open and warm", served.process)?;
    let kib = after.rss_kib.saturating_sub(before.rss_kib) as f64 / f64::from(count - 1);
    Ok(kib * 1_024.0 / 1e6)
}

async fn warm(served: &Served, number: u32) -> anyhow::Result<()> {
    let host = sites::site(served.edge, &memory::slug(number));
    for path in WARMING {
        host.get(path).await?.text(200)?;
    }
    Ok(())
}

fn look(table: &mut Table, when: &str, process: u32) -> anyhow::Result<Held> {
    let held = machine::held_by(process)?;
    let megabytes = |kib: u64| Cell::Number((kib * 1_024) as f64 / 1e6, 1);
    table.row([
        Cell::text(when),
        megabytes(held.rss_kib),
        megabytes(held.anonymous_kib),
        Cell::count(held.threads),
        Cell::count(held.descriptors),
    ]);
    Ok(held)
}

/// Runs the measurement of closed sites' first answers.
pub(crate) async fn open(program: &Program, count: u32) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let settings = [format!("worker.open_tenants_max={OPEN_MAX}"), NO_CACHE.to_owned()];
    let served = program.platform(folder.path(), &settings).await?;
    memory::create(served.edge, count).await?;
    let started = Instant::now();
    // In the order in which they were made, each was closed before its turn.
    let times = memory::touch_in_turn(served.edge, count).await?;
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    let again = memory::touch_one(served.edge).await?;
    let mut report = Report::new("open");
    report.fact("measured", Cell::text(program.name()));
    report.fact("build", Cell::text(machine::profile()));
    report.fact("sites", Cell::count(count.into()));
    report.fact("sites open at most", Cell::count(OPEN_MAX.into()));
    report.fact("page cache", Cell::text("warm: the files were written shortly before"));
    report.fact("first touches a second, one after the other", Cell::Number(rate, 0));
    let mut table = Table::new("GET /api/v1/posts, each on a new connection", LATENCY_COLUMNS);
    table.row(latencies("closed sites", &times));
    table.row(latencies("one open site", &again));
    report.table(table);
    let at = |percent| ms(percentile(&times, percent));
    report.below("closed site's first byte, p50", at(50), COLD_P50_MS_MAX, "ms");
    report.below("closed site's first byte, p99", at(99), COLD_P99_MS_MAX, "ms");
    Ok(report)
}
