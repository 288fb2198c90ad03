//! A public list through the edge, step by step, next to a bare Pingora with the same bytes.
//!
//! Every round gives each target its turn, so that whatever else runs on the machine hits all
//! of them alike; ratios are taken within a round, and the middle one counts.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::ReadArguments;
use crate::http::Answer;
use crate::load::{self, Measured, Target};
use crate::report::{Cell, Report, Table, median, percentile};
use crate::served::{Program, Served};
use crate::{machine, sites};

/// Keeps nothing at the edge, so that every request reaches the worker.
pub(crate) const NO_CACHE: &str = "edge.cache_bytes_max=0";
/// An uncached list reaches at least this share of the pass-through's requests a second.
pub(crate) const SHARE_MIN: f64 = 0.4;
/// Load on each target before what counts.
const WARM_UP_MS: u64 = 500;
pub(crate) const SLUG: &str = "bench";
const LIST: &str = "public list: edge, hop, admission, handler";
const SHORT: &str = "the same, one post a page";
const STYLE: &str = "stylesheet: edge, hop, admission";
const UNKNOWN: &str = "unknown host: edge alone";
pub(crate) const BARE: &str = "bare Pingora: same bytes as the list";
const DIRECT: &str = "its handler alone, without Pingora";

/// Runs the measurement.
pub(crate) async fn run(program: &Program, arguments: ReadArguments) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let platform = program.platform(folder.path(), &[NO_CACHE.to_owned()]).await?;
    let (list, targets_of_platform) = prepare(&platform, arguments.posts).await?;
    let content_type = list.headers.get(CONTENT_TYPE).context("a list without a type")?;
    let baseline = baseline(program, folder.path(), &list, content_type.to_str()?).await?;
    let mut targets = targets_of_platform;
    targets.extend(targets_of_baseline(&baseline, &targets[0])?);
    let rounds = rounds(&targets, arguments).await?;
    Ok(report(program, arguments, &list, &targets, rounds))
}

/// Loads every target in turn, round by round.
pub(crate) async fn rounds(
    targets: &[Target],
    arguments: ReadArguments,
) -> anyhow::Result<Vec<Vec<Measured>>> {
    for target in targets {
        load::run(target, arguments.connections, Duration::from_millis(WARM_UP_MS)).await?;
    }
    let share = Duration::from_secs(arguments.seconds.into()) / arguments.rounds;
    let mut rounds: Vec<Vec<Measured>> = Vec::new();
    for _ in 0..arguments.rounds {
        let mut round = Vec::new();
        for target in targets {
            round.push(load::run(target, arguments.connections, share).await?);
        }
        rounds.push(round);
    }
    Ok(rounds)
}

/// A site with posts; the answer that is compared, and what is asked of the platform.
pub(crate) async fn prepare(
    platform: &Served,
    posts: u32,
) -> anyhow::Result<(Answer, Vec<Target>)> {
    let account = sites::sign_up(platform.edge, SLUG, "The kettle house").await?;
    sites::publish(platform.edge, &account, SLUG, posts).await?;
    let site = sites::site(platform.edge, SLUG);
    let list_path = format!("/api/v1/posts?page_size={posts}");
    let list = site.get(&list_path).await?;
    let items = list.data(200)?["items"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(items == posts as usize, "{items} posts in the list");
    let home = site.get("/").await?;
    // The template engine escapes slashes.
    let home = home.text(200)?.replace("&#x2f;", "/");
    let style = home.split('"').find(|text| text.starts_with("/theme/") && text.ends_with(".css"));
    let style_path = style.context("the page names no stylesheet")?.to_owned();
    let target = |name, host: &str, path: String, status| Target {
        name,
        address: platform.edge,
        process: platform.process,
        host: host.to_owned(),
        path,
        status,
    };
    let targets = vec![
        target(LIST, &site.name, list_path.clone(), StatusCode::OK),
        target(SHORT, &site.name, "/api/v1/posts?page_size=1".to_owned(), StatusCode::OK),
        target(STYLE, &site.name, style_path, StatusCode::OK),
        target(UNKNOWN, "nobody-is-here.localhost", list_path, StatusCode::NOT_FOUND),
    ];
    Ok((list, targets))
}

pub(crate) async fn baseline(
    program: &Program,
    folder: &Path,
    list: &Answer,
    content_type: &str,
) -> anyhow::Result<Served> {
    program.baseline(folder, &list.body, content_type).await
}

pub(crate) fn targets_of_baseline(baseline: &Served, list: &Target) -> anyhow::Result<Vec<Target>> {
    let upstream = baseline.upstream.context("the baseline names no handler")?;
    let target =
        |name, address| Target { name, address, process: baseline.process, ..list.clone() };
    Ok(vec![target(BARE, baseline.edge), target(DIRECT, upstream)])
}

fn report(
    program: &Program,
    arguments: ReadArguments,
    list: &Answer,
    targets: &[Target],
    rounds: Vec<Vec<Measured>>,
) -> Report {
    let mut report = Report::new("read");
    facts(&mut report, program, arguments, list);
    load_table(&mut report, targets, &rounds);
    let least = (LIST, "uncached list next to the bare Pingora, requests/s", SHARE_MIN);
    ratios(&mut report, targets, &rounds, &[least]);
    report
}

/// What was measured, and how.
pub(crate) fn facts(
    report: &mut Report,
    program: &Program,
    arguments: ReadArguments,
    list: &Answer,
) {
    report.fact("measured", Cell::text(program.name()));
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores, shared by server and client", Cell::count(machine::cores() as u64));
    report.fact("connections, kept alive", Cell::count(arguments.connections.into()));
    let share = f64::from(arguments.seconds) / f64::from(arguments.rounds);
    report.fact("rounds", Cell::count(arguments.rounds.into()));
    report.fact("seconds of each target in a round", Cell::Number(share, 1));
    report.fact("posts in the list", Cell::count(arguments.posts.into()));
    report.fact("bytes of the list", Cell::count(list.body.len() as u64));
    report.fact("on in the platform", Cell::text("metrics, access log to a file; rates unlimited"));
}

/// What each target did.
pub(crate) fn load_table(report: &mut Report, targets: &[Target], rounds: &[Vec<Measured>]) {
    let mut table = Table::new(
        "Load (medians of the rounds; latencies over all of them; times of processors per request)",
        &[
            "target",
            "requests/s",
            "lowest",
            "highest",
            "p50 ms",
            "p99 ms",
            "server cpu us",
            "client cpu us",
            "other work %",
            "bytes",
            "connections",
        ],
    );
    for (at, target) in targets.iter().enumerate() {
        table.row(row(target.name, rounds.iter().map(|round| &round[at]).collect()));
    }
    report.table(table);
}

fn row(name: &str, rounds: Vec<&Measured>) -> Vec<Cell> {
    let middle = |part: fn(&Measured) -> f64| median(rounds.iter().copied().map(part).collect());
    let per_second = rounds.iter().map(|measured| measured.per_second());
    let (lowest, highest) = per_second
        .fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let mut micros: Vec<u32> = rounds.iter().flat_map(|round| round.micros.clone()).collect();
    micros.sort_unstable();
    let latency = |percent| Cell::Number(f64::from(percentile(&micros, percent)) / 1e3, 2);
    let count = |part: fn(&Measured) -> u64| rounds.iter().copied().map(part).sum::<u64>();
    vec![
        Cell::text(name),
        Cell::Number(middle(Measured::per_second), 0),
        Cell::Number(lowest, 0),
        Cell::Number(highest, 0),
        latency(50),
        latency(99),
        Cell::Number(middle(Measured::server_micros), 0),
        Cell::Number(middle(Measured::client_micros), 0),
        Cell::Number(middle(|measured| measured.taken.others_percent()), 0),
        Cell::count(count(|round| round.body_bytes) / micros.len().max(1) as u64),
        Cell::count(count(|round| round.connections_opened)),
    ]
}

/// Every target next to the bare Pingora, within each round.
pub(crate) fn ratios(
    report: &mut Report,
    targets: &[Target],
    rounds: &[Vec<Measured>],
    least: &[(&str, &'static str, f64)],
) {
    let Some(bare) = targets.iter().position(|target| target.name == BARE) else { return };
    let mut table = Table::new(
        "Next to the bare Pingora of the same round (medians)",
        &["target", "requests/s, ratio", "lowest", "highest", "server cpu, ratio"],
    );
    for (at, target) in targets.iter().enumerate().filter(|(at, _)| *at != bare) {
        let per_round = |part: fn(&Measured) -> f64| -> Vec<f64> {
            rounds.iter().map(|round| part(&round[at]) / part(&round[bare])).collect()
        };
        let throughput = per_round(Measured::per_second);
        let lowest = throughput.iter().copied().fold(f64::MAX, f64::min);
        let highest = throughput.iter().copied().fold(0.0, f64::max);
        let middle = median(throughput);
        table.row([
            Cell::text(target.name),
            Cell::Number(middle, 2),
            Cell::Number(lowest, 2),
            Cell::Number(highest, 2),
            Cell::Number(median(per_round(Measured::server_micros)), 2),
        ]);
        for (_, what, min) in least.iter().filter(|(name, ..)| *name == target.name) {
            report.at_least(what, middle, *min);
        }
    }
    report.table(table);
}
