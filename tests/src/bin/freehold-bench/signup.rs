//! From the request of a sign-up to the new site's first page, each on a new connection.
//!
//! What cannot be faster is measured next to it: the hash of one password, and one small file
//! made durable on the same volume.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use freehold_credentials::{Password, PasswordHasher};

use crate::http::Answer;
use crate::machine::{self, Watch};
use crate::report::{Cell, LATENCY_COLUMNS, Report, Table, latencies, ms, percentile};
use crate::served::Program;
use crate::sites;

/// Targets in milliseconds.
const P50_MS_MAX: f64 = 50.0;
const P99_MS_MAX: f64 = 150.0;
/// Sign-ups before the ones that count, and runs of what is measured for comparison.
const WARM_UP_COUNT: u32 = 5;
const COMPARISON_COUNT: u32 = 50;
/// Bytes of the small durable file.
const SYNC_BYTES: usize = 4 * 1024;
/// How long a site may take to appear.
const APPEAR_SECONDS_MAX: u64 = 10;

/// One sign-up.
struct Taken {
    call: Duration,
    page_header: Duration,
    total: Duration,
    looks: u32,
}

/// Runs the measurement.
pub(crate) async fn run(program: &Program, count: u32) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let served = program.platform(folder.path(), &[]).await?;
    for number in 0..WARM_UP_COUNT {
        sign_up(served.edge, &format!("warm-{number}")).await?;
    }
    let watch = Watch::start(served.process)?;
    let mut all = Vec::new();
    for number in 0..count {
        all.push(sign_up(served.edge, &format!("kettle-{number}")).await?);
    }
    let taken = watch.taken()?;
    drop(served);

    let mut report = Report::new("signup");
    report.fact("measured", Cell::text(program.name()));
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("password hash", Cell::text(PasswordHasher::parameters()));
    report.fact("sign-ups a second, one after the other", per_second(count, taken.elapsed));
    let cpu_ms = ms(taken.server) / f64::from(count);
    report.fact("server's processor time per sign-up, ms", Cell::Number(cpu_ms, 1));
    report.fact("machine busy with other work, %", Cell::Number(taken.others_percent(), 0));
    let waited = all.iter().filter(|taken| taken.looks > 1).count() as u64;
    report.fact("sites that were not there at the first look", Cell::count(waited));

    let sorted = |part: fn(&Taken) -> Duration| sorted(all.iter().map(part).collect());
    let total = sorted(|taken| taken.total);
    let mut table = Table::new("Sign-ups", LATENCY_COLUMNS);
    table.row(latencies("request of the sign-up to the whole first page", &total));
    table.row(latencies("the same, to the page's first byte", &sorted(|taken| taken.page_header)));
    table.row(latencies("of it, the sign-up's own call", &sorted(|taken| taken.call)));
    let page = sorted(|taken| taken.total.saturating_sub(taken.call));
    table.row(latencies("of it, the first page", &page));
    table.row(latencies("one password hash, nothing else", &hashes().await?));
    table.row(latencies("one file of 4 KiB made durable", &syncs(folder.path())?));
    report.table(table);
    report.below("sign-up to first page, p50", ms(percentile(&total, 50)), P50_MS_MAX, "ms");
    report.below("sign-up to first page, p99", ms(percentile(&total, 99)), P99_MS_MAX, "ms");
    Ok(report)
}

fn per_second(count: u32, elapsed: Duration) -> Cell {
    Cell::Number(f64::from(count) / elapsed.as_secs_f64(), 1)
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort();
    times
}

async fn sign_up(edge: SocketAddr, slug: &str) -> anyhow::Result<Taken> {
    let name = format!("The house of {slug}");
    let (console, site) = (sites::console(edge), sites::site(edge, slug));
    let body = sites::sign_up_body(slug, &name);
    let started = Instant::now();
    let answer = console.post("/v1/signup", &body).await?;
    let call = started.elapsed();
    answer.text(201)?;
    let mut looks = 0;
    loop {
        looks += 1;
        let asked = started.elapsed();
        let page = site.get("/").await?;
        if shows(&page, &name) {
            let page_header = asked + page.header_after;
            return Ok(Taken { call, page_header, total: asked + page.whole_after, looks });
        }
        let late = started.elapsed() > Duration::from_secs(APPEAR_SECONDS_MAX);
        anyhow::ensure!(!late, "{slug} answers {} without its name", page.status);
    }
}

fn shows(page: &Answer, name: &str) -> bool {
    page.text(200).is_ok_and(|text| text.contains(name))
}

/// One password hash after the other, with nothing else running.
async fn hashes() -> anyhow::Result<Vec<Duration>> {
    let hasher = PasswordHasher::new()?;
    let mut times = Vec::new();
    for _ in 0..COMPARISON_COUNT {
        let password = Password::accept(sites::PASSWORD, &[])?;
        let started = Instant::now();
        hasher.hash(password).await?;
        times.push(started.elapsed());
    }
    Ok(sorted(times))
}

/// One small file after the other, made durable.
fn syncs(folder: &Path) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..COMPARISON_COUNT {
        let started = Instant::now();
        let mut file = std::fs::File::create(folder.join(format!("sync-{number}")))?;
        file.write_all(&[7; SYNC_BYTES])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    Ok(sorted(times))
}
