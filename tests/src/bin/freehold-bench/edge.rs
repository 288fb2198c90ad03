//! A public list that the edge has kept, next to a bare Pingora that passes the same bytes on and
//! next to the same platform without its cache.
//!
//! All of them have their turn in every round; ratios are taken within a round.

use std::time::{Duration, Instant};

use anyhow::Context;
use http::header::CONTENT_TYPE;

use crate::ReadArguments;
use crate::http::Answer;
use crate::read::{self, BARE, NO_CACHE, SHARE_MIN, SLUG};
use crate::report::Report;
use crate::served::{Program, Served};
use crate::sites;

/// A list that is kept reaches at least this many times the pass-through's requests a second.
const RATIO_MIN: f64 = 2.0;
/// How long the cache may take to answer for the first time.
const WARM_SECONDS_MAX: u64 = 20;
const CACHED: &str = "public list, kept by the edge";
const CACHED_SHORT: &str = "the same, one post a page";
const UNCACHED: &str = "public list, edge without a cache";

/// Runs the measurement.
pub(crate) async fn run(program: &Program, arguments: ReadArguments) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    for folder in [&with, &without] {
        std::fs::create_dir(folder)?;
    }
    let keeping = program.platform(&with, &[]).await?;
    let plain = program.platform(&without, &[NO_CACHE.to_owned()]).await?;
    let (list, mut targets) = read::prepare(&keeping, arguments.posts).await?;
    targets.truncate(2);
    (targets[0].name, targets[1].name) = (CACHED, CACHED_SHORT);
    for target in &targets {
        warm(&keeping, &target.path).await?;
    }
    let (_, uncached) = read::prepare(&plain, arguments.posts).await?;
    let mut uncached = uncached.into_iter().next().context("no list")?;
    uncached.name = UNCACHED;
    let content_type = list.headers.get(CONTENT_TYPE).context("a list without a type")?;
    let baseline = read::baseline(program, folder.path(), &list, content_type.to_str()?).await?;
    let bare = read::targets_of_baseline(&baseline, &targets[0])?;
    targets.push(uncached);
    targets.extend(bare.into_iter().filter(|target| target.name == BARE));
    let rounds = read::rounds(&targets, arguments).await?;
    let mut report = Report::new("edge");
    read::facts(&mut report, program, arguments, &list);
    read::load_table(&mut report, &targets, &rounds);
    let least = [
        (CACHED, "kept list next to the bare Pingora, requests/s", RATIO_MIN),
        (UNCACHED, "uncached list next to the bare Pingora, requests/s", SHARE_MIN),
    ];
    read::ratios(&mut report, &targets, &rounds, &least);
    Ok(report)
}

/// Asks until the cache answers.
async fn warm(platform: &Served, path: &str) -> anyhow::Result<Answer> {
    let site = sites::site(platform.edge, SLUG);
    let until = Instant::now() + Duration::from_secs(WARM_SECONDS_MAX);
    loop {
        let answer = site.get(path).await?;
        if answer.headers.get("x-cache").is_some_and(|word| word == "hit") {
            return Ok(answer);
        }
        anyhow::ensure!(Instant::now() < until, "the edge keeps nothing");
    }
}
