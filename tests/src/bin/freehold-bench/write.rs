//! Durable writes of many clients to one tenant, next to the same with one sync for each.
//!
//! A transaction writes one row, one event and one job and is answered when a sync covers it. For
//! comparison every client does the same, but nobody begins before the one before was synced.

use std::sync::Arc;
use std::time::{Duration, Instant};

use freehold_db::Insert;
use freehold_kernel::jobs::Job;
use freehold_kernel::{Event, Tenant};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::machine::{self, Watch};
use crate::report::{Cell, LATENCY_COLUMNS, Report, Table, latencies, median};
use crate::store::{NOW, id, provision, worker};

/// Target: writes a second next to those with a sync each.
const RATIO_MIN: f64 = 4.0;
/// Rounds in which both ways have their turn.
const ROUNDS: u32 = 5;

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    number: u64,
}

impl Job for Written {
    const NAME: &'static str = "bench.write";
}

impl Event for Written {
    const NAME: &'static str = "bench.written";

    fn subject(&self) -> String {
        self.number.to_string()
    }
}

/// What one way did in all its rounds.
#[derive(Debug, Default)]
struct Way {
    per_second: Vec<f64>,
    times: Vec<Duration>,
}

/// Runs the measurement.
pub(crate) async fn run(clients: u32, seconds: u32) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let worker = worker(folder.path(), 2).await?;
    worker.provision(&provision(0), &[]).await?;
    let tenant = worker.open(id(0)).await?;
    let each = Duration::from_secs(seconds.into()) / ROUNDS / 2;
    let (mut together, mut alone, mut ratios) = (Way::default(), Way::default(), Vec::new());
    let watch = Watch::start(std::process::id())?;
    for round in 0..ROUNDS {
        load(&tenant, clients, each, (round * 2, None), &mut together).await?;
        let turn = Some(Arc::new(Mutex::new(())));
        load(&tenant, clients, each, (round * 2 + 1, turn), &mut alone).await?;
        if let (Some(ours), Some(theirs)) = (together.per_second.last(), alone.per_second.last()) {
            ratios.push(ours / theirs);
        }
    }
    let taken = watch.taken()?;
    drop(tenant);
    worker.close(Duration::from_secs(5)).await;

    let mut report = Report::new("write");
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("clients of one tenant", Cell::count(clients.into()));
    report.fact("rounds", Cell::count(ROUNDS.into()));
    report.fact("machine busy with other work, %", Cell::Number(taken.others_percent(), 0));
    let mut table = Table::new("Writes a second", &["what", "median", "lowest", "highest"]);
    for (what, way) in [("one sync for all who wait", &together), ("one sync each", &alone)] {
        let mut rates = way.per_second.clone();
        rates.sort_by(f64::total_cmp);
        let at = |place: usize| Cell::Number(rates.get(place).copied().unwrap_or_default(), 0);
        table.row([Cell::text(what), at(rates.len() / 2), at(0), at(rates.len() - 1)]);
    }
    report.table(table);
    let mut table = Table::new("From begin to durable", LATENCY_COLUMNS);
    for (what, mut way) in [("one sync for all who wait", together), ("one sync each", alone)] {
        way.times.sort();
        table.row(latencies(what, &way.times));
    }
    report.table(table);
    report.at_least("writes a second next to a sync each", median(ratios), RATIO_MIN);
    Ok(report)
}

/// Has every client write until the time is over; with a turn, one after the other.
async fn load(
    tenant: &Tenant,
    clients: u32,
    each: Duration,
    (round, turn): (u32, Option<Arc<Mutex<()>>>),
    way: &mut Way,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (tenant, turn) = (tenant.clone(), turn.clone());
        all.spawn(async move {
            let mut times = Vec::new();
            let base = (u64::from(round) << 48) | (u64::from(client) << 32);
            while started.elapsed() < each {
                let began = Instant::now();
                let _turn = match &turn {
                    Some(turn) => Some(turn.lock().await),
                    None => None,
                };
                write(&tenant, base + times.len() as u64).await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut count = 0;
    while let Some(ended) = all.join_next().await {
        let times = ended??;
        count += times.len();
        way.times.extend(times);
    }
    way.per_second.push(count as f64 / started.elapsed().as_secs_f64());
    Ok(())
}

async fn write(tenant: &Tenant, number: u64) -> anyhow::Result<()> {
    let mut tx = tenant.begin_as_system("bench", NOW).await?;
    let row = Insert::into("options").set("key", format!("key-{number}")).set("value", "written");
    tx.insert_with_commit(row);
    tx.emit(&Written { number })?;
    tx.enqueue(&Written { number })?;
    Ok(tx.commit().await?)
}
