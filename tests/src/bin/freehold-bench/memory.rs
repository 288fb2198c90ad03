//! Memory, threads and descriptors of a platform with many sites, few of them open.
//!
//! Each site is touched twice: one after the other, which shows what opening a closed site
//! costs, and by several clients at once, which shows how many first touches a second hold.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::machine::{self, Watch};
use crate::read::NO_CACHE;
use crate::report::{Cell, LATENCY_COLUMNS, Report, Table, latencies, ms, percentile};
use crate::served::{Program, Served};
use crate::sites::{self, SITES_PER_ACCOUNT_MAX};

/// Targets: memory, and a closed site's first answer.
const RSS_MB_MAX: f64 = 500.0;
const COLD_P50_MS_MAX: f64 = 5.0;
const COLD_P99_MS_MAX: f64 = 20.0;
/// Clients that touch sites at the same time.
const CLIENTS: u32 = 16;
/// Touches of one open site, for comparison.
const WARM_COUNT: u32 = 200;
/// Pause before the last look at what is held.
const REST_SECONDS: u64 = 5;

/// Nor would one that the worker has kept.
const NO_WORKER_CACHE: &str = "worker.cache_bytes_max=0";
/// What a client asks of a site.
const PATH: &str = "/api/v1/posts";

/// Runs the measurement.
pub(crate) async fn run(program: &Program, count: u32, open: u32) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    // A kept answer would not open a store.
    let settings = [
        format!("worker.open_tenants_max={open}"),
        NO_CACHE.to_owned(),
        NO_WORKER_CACHE.to_owned(),
    ];
    let served = program.platform(folder.path(), &settings).await?;
    let watch = Watch::start(served.process)?;
    let mut held = Table::new(
        "What the process holds",
        &["when", "RSS MB", "of it, not files", "peak MB", "threads", "descriptors"],
    );
    look(&mut held, "after the start", &served)?;
    let made = create(served.edge, count).await?;
    look(&mut held, "after the sites were made", &served)?;
    let started = Instant::now();
    let one_by_one = touch_in_turn(served.edge, count).await?;
    let one_by_one_seconds = started.elapsed().as_secs_f64();
    look(&mut held, "after each was touched, in turn", &served)?;
    let started = Instant::now();
    let at_once = touch_at_once(served.edge, count).await?;
    let at_once_seconds = started.elapsed().as_secs_f64();
    let peak_kib = look(&mut held, "after each was touched, by 16 clients", &served)?;
    let warm = touch_one(served.edge).await?;
    let taken = watch.taken()?;
    // not synchronisation: the pause is what is measured
    tokio::time::sleep(Duration::from_secs(REST_SECONDS)).await;
    look(&mut held, "after a pause", &served)?;

    let mut report = Report::new("memory");
    report.fact("measured", Cell::text(program.name()));
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("sites", Cell::count(count.into()));
    report.fact("sites open at most", Cell::count(open.into()));
    report.fact("sites made a second", rate(count, made.as_secs_f64()));
    report.fact("touches a second, in turn", rate(count, one_by_one_seconds));
    report.fact("touches a second, by 16 clients", rate(count, at_once_seconds));
    let others = Cell::Number(taken.others_percent(), 0);
    report.fact("machine busy with other work, %", others);
    report.fact("refused requests", Cell::text("none; one would have ended the measurement"));
    report.table(held);
    let mut table = Table::new("GET /api/v1/posts, each on a new connection", LATENCY_COLUMNS);
    table.row(latencies("closed sites, in turn", &one_by_one));
    table.row(latencies("closed sites, by 16 clients", &at_once));
    table.row(latencies("one open site, in turn", &warm));
    report.table(table);
    report.below(
        "resident memory, peak (target of 10,000 sites)",
        megabytes(peak_kib),
        RSS_MB_MAX,
        "MB",
    );
    if count > open {
        let at = |percent| ms(percentile(&one_by_one, percent));
        report.below(
            "closed site's first byte, p50 (warm page cache)",
            at(50),
            COLD_P50_MS_MAX,
            "ms",
        );
        report.below(
            "closed site's first byte, p99 (warm page cache)",
            at(99),
            COLD_P99_MS_MAX,
            "ms",
        );
    }
    Ok(report)
}

fn rate(count: u32, seconds: f64) -> Cell {
    Cell::Number(f64::from(count) / seconds, 0)
}

/// Adds a row, and says what the most was so far.
fn look(table: &mut Table, when: &str, served: &Served) -> anyhow::Result<u64> {
    let held = machine::held_by(served.process)?;
    let megabytes = |kib: u64| Cell::Number(megabytes(kib), 1);
    table.row([
        Cell::text(when),
        megabytes(held.rss_kib),
        megabytes(held.anonymous_kib),
        megabytes(held.peak_kib),
        Cell::count(held.threads),
        Cell::count(held.descriptors),
    ]);
    Ok(held.peak_kib)
}

const fn megabytes(kib: u64) -> f64 {
    (kib * 1_024) as f64 / 1e6
}

pub(crate) fn slug(number: u32) -> String {
    format!("kettle-{number}")
}

/// Makes the sites, as many to an account as it may have.
pub(crate) async fn create(edge: SocketAddr, count: u32) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut account = sites::sign_up(edge, &slug(0), "Site 0").await?;
    for number in 1..count {
        let (slug, name) = (slug(number), format!("Site {number}"));
        if number % SITES_PER_ACCOUNT_MAX == 0 {
            account = sites::sign_up(edge, &slug, &name).await?;
        } else {
            sites::add_site(edge, &account, &slug, &name).await?;
        }
    }
    Ok(started.elapsed())
}

async fn touch(edge: SocketAddr, number: u32) -> anyhow::Result<Duration> {
    let answer = sites::site(edge, &slug(number)).get(PATH).await?;
    answer.data(200)?;
    Ok(answer.header_after)
}

/// Every site once. In the order in which they were made, each was closed before its turn.
pub(crate) async fn touch_in_turn(edge: SocketAddr, count: u32) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..count {
        times.push(touch(edge, number).await?);
    }
    times.sort();
    Ok(times)
}

/// Every site once, by several clients that each take the next one.
async fn touch_at_once(edge: SocketAddr, count: u32) -> anyhow::Result<Vec<Duration>> {
    let next = Arc::new(AtomicU32::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let next = next.clone();
        clients.spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(times);
                }
                times.push(touch(edge, number).await?);
            }
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = clients.join_next().await {
        times.extend(ended??);
    }
    times.sort();
    Ok(times)
}

/// One site again and again.
pub(crate) async fn touch_one(edge: SocketAddr) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..WARM_COUNT {
        times.push(touch(edge, 0).await?);
    }
    times.sort();
    Ok(times)
}
