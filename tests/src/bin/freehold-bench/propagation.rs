//! How soon another edge, which keeps a page, no longer answers what it was before a change: a control
//! plane, a worker and two edges, each a process of its own.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use freehold_testkit::{Api, Planes};
use serde_json::json;

use crate::machine;
use crate::report::{Cell, Report, Table, latencies, ms, percentile};
use crate::served::Program;

const SLUG: &str = "bench";
const PATH: &str = "/api/v1/posts/welcome";
/// A change is seen at another edge within this time, at the 99th percentile.
const P99_MS_MAX: f64 = 50.0;
const COLUMNS: &[&str] = &["what", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"];
/// How long one may take before the measurement fails.
const SEEN_SECONDS_MAX: u64 = 10;

/// Runs the measurement.
pub(crate) async fn run(program: &Program, changes: u32) -> anyhow::Result<Report> {
    let path = program.platform_file().to_str().context("the program's path is not UTF-8")?;
    let planes = Planes::start(path);
    let _worker = planes.worker("one");
    let (north, south) = (planes.edge("north"), planes.edge("south"));
    let account = north.sign_up(SLUG).await;
    let owner = north.owner(&account, SLUG).await;
    let other = south.host(&format!("{SLUG}.localhost"));
    let (mut since_answer, mut since_request, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    let mut kept = 0_u32;
    for change in 0..changes {
        kept += u32::from(warm(&other).await?);
        let title = format!("Change {change}");
        let seeing = tokio::spawn(seen(other.clone(), title.clone()));
        let began = Instant::now();
        owner.put(PATH, json!({ "title": title })).await.data(200);
        let answered = Instant::now();
        let seen = seeing.await??;
        writes.push(answered - began);
        since_request.push(seen.saturating_duration_since(began));
        since_answer.push(seen.saturating_duration_since(answered));
    }
    for times in [&mut since_answer, &mut since_request, &mut writes] {
        times.sort();
    }
    let mut report = Report::new("propagation");
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("changes", Cell::count(changes.into()));
    report.fact("the other edge had kept the page before", Cell::count(kept.into()));
    let mut table = Table::new("Changes", COLUMNS);
    table.row(latencies("the write's answer to the other edge's first new page", &since_answer));
    table.row(latencies("the write's request to the same", &since_request));
    table.row(latencies("the write", &writes));
    report.table(table);
    let p99 = ms(percentile(&since_answer, 99));
    report.below("a change at another connected edge, p99", p99, P99_MS_MAX, "ms");
    Ok(report)
}

/// Asks until the edge answers from what it keeps; whether it did.
async fn warm(site: &Api) -> anyhow::Result<bool> {
    let until = Instant::now() + Duration::from_secs(SEEN_SECONDS_MAX);
    while Instant::now() < until {
        let answer = site.get(PATH).await;
        if answer.headers.get("x-cache").is_some_and(|word| word == "hit") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When the edge first answered with this title.
async fn seen(site: Api, title: String) -> anyhow::Result<Instant> {
    let until = Instant::now() + Duration::from_secs(SEEN_SECONDS_MAX);
    loop {
        let answer = site.get(PATH).await;
        let at = Instant::now();
        let data = answer.data(200);
        if data["title"].as_str().context("a post without a title")? == title {
            return Ok(at);
        }
        ensure!(at < until, "the other edge never answered {title:?}");
    }
}
