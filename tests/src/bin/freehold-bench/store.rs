//! A tenant's store from within: how long it takes to make one, and what reading through the
//! kernel costs next to the driver alone.

use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use freehold_clock::{Clock, UnixMs};
use freehold_db::{Filter, Insert, Select};
use freehold_fleet::{
    Assignment, CONTRACT_VERSION, Engine, Hostname, Provision, SiteFacts, TenantState, Unread,
    wrap_keys,
};
use freehold_ids::{MemberId, TenantId, WorkerId};
use freehold_kernel::{Tenant, Tenants, TenantsConfig};
use freehold_objects::{Objects, ObjectsPlace};
use freehold_sealing::{Key, KeyId, Ring};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};

use crate::machine;
use crate::report::{Cell, LATENCY_COLUMNS, Report, Table, latencies, median, ms, percentile};

/// Targets: making a store, and a point read next to the driver's.
const PROVISION_P99_MS_MAX: f64 = 10.0;
const READ_RATIO_MAX: f64 = 1.3;
/// Rows among which one is read.
const ROWS: u32 = 10_000;
/// Rounds in which both ways of reading have their turn.
const ROUNDS: u32 = 9;
/// Reads of one way in one round.
const READS_PER_ROUND: u32 = 5_000;

/// What every write of a measurement counts as.
pub(crate) const NOW: UnixMs = UnixMs(1_800_000_000_000);

/// Runs the measurement.
pub(crate) async fn run(tenants: u32) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    // Room for all: closing others is not part of making one.
    let worker = worker(folder.path(), tenants as usize + 1).await?;
    let mut made = Vec::new();
    for number in 0..tenants {
        let provision = provision(number);
        let started = Instant::now();
        worker.provision(&provision, &[]).await?;
        made.push(started.elapsed());
    }
    made.sort();
    let tenant = worker.open(id(0)).await?;
    fill(&tenant).await?;
    let file = file_of(folder.path(), 0);
    let mut bare = bare(&file).await?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let through_kernel = read_ours(&tenant, round).await?;
        let through_driver = read_bare(&mut bare, round).await?;
        ratios.push(through_kernel.as_secs_f64() / through_driver.as_secs_f64());
        ours.push(through_kernel / READS_PER_ROUND);
        theirs.push(through_driver / READS_PER_ROUND);
    }
    drop(tenant);
    worker.close(Duration::from_secs(5)).await;

    let mut report = Report::new("store");
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("rows in the table", Cell::count(ROWS.into()));
    report.fact("reads of each way in a round", Cell::count(READS_PER_ROUND.into()));
    let mut table = Table::new("Making a store (a copy of the template, synced)", LATENCY_COLUMNS);
    table.row(latencies("SQLite, empty", &made));
    report.table(table);
    let mut table = Table::new("One row by its key", &["what", "us", "lowest", "highest"]);
    for (what, mut times) in [("`Read` of the kernel", ours), ("bare sqlx connection", theirs)] {
        times.sort();
        let micros = |percent| Cell::Number(ms(percentile(&times, percent)) * 1e3, 1);
        table.row([Cell::text(what), micros(50), micros(1), micros(100)]);
    }
    report.table(table);
    report.below("making a store, p99", ms(percentile(&made, 99)), PROVISION_P99_MS_MAX, "ms");
    report.at_most("point read next to the driver's", median(ratios), READ_RATIO_MAX);
    Ok(report)
}

/// Tenants of a worker, without the rest of it.
pub(crate) async fn worker(folder: &Path, open_max: usize) -> anyhow::Result<Tenants> {
    let objects = ObjectsPlace::Folder(folder.join("objects"));
    let config = TenantsConfig {
        root: folder.to_owned(),
        open_max,
        idle_close: Duration::from_secs(300),
        databases: Vec::new(),
        migrations: freehold_migrations::TENANT,
        wrapping_key: wrapping_key(),
        claims: (Objects::open(&objects)?, WorkerId::from_random(1)),
    };
    Ok(Tenants::new(config, Clock::system()).await?)
}

fn wrapping_key() -> Key {
    Key::from_random([1; 32])
}

pub(crate) fn id(number: u32) -> TenantId {
    TenantId::from_random(number.into())
}

/// What a worker is told of a tenant.
pub(crate) fn assignment(number: u32) -> Assignment {
    let slug = format!("kettle-{number}");
    let name = |host: &str| format!("{slug}.{host}");
    let ring = Ring::new(vec![(KeyId::from_random([1; 8]), Key::from_random([2; 32]))]);
    Assignment {
        version: CONTRACT_VERSION,
        tenant: id(number),
        epoch: 1,
        state: TenantState::Active,
        site: SiteFacts {
            slug: slug.clone(),
            url: format!("http://{}", name("localhost")),
            canonical_url: None,
            admin_url: format!("http://{}", name("admin.localhost")).into(),
            hostname: Hostname::parse(&name("localhost")).expect("a name"),
            noindex: true,
            unread: Unread::default(),
        },
        owner: None,
        engine: Engine::Sqlite,
        keys: wrap_keys(&ring, id(number), &wrapping_key()).expect("wrapped").into(),
        manifest: None,
        unread: Unread::default(),
    }
}

pub(crate) fn provision(number: u32) -> Provision {
    Provision {
        assignment: assignment(number),
        name: format!("Kettle {number}"),
        owner: MemberId::from_random(1),
        owner_email: "owner@example.org".to_owned(),
    }
}

fn file_of(folder: &Path, number: u32) -> std::path::PathBuf {
    let name = id(number).to_string();
    folder.join(&name[name.len() - 2..]).join(&name).join("site.db")
}

async fn fill(tenant: &Tenant) -> anyhow::Result<()> {
    let mut tx = tenant.begin_as_system("bench", NOW).await?;
    for number in 0..ROWS {
        let row = Insert::into("options").set("key", key(number)).set("value", "some value");
        tx.insert(&row).await?;
    }
    Ok(tx.commit().await?)
}

fn key(number: u32) -> String {
    format!("key-{number}")
}

/// The rows that a round reads: the same ones either way.
fn keys(round: u32) -> impl Iterator<Item = String> {
    (0..READS_PER_ROUND).map(move |read| key((round * 7_919 + read * 104_729) % ROWS))
}

async fn read_ours(tenant: &Tenant, round: u32) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for key in keys(round) {
        let mut read = tenant.read_as_system("bench").await?;
        let select = Select::from("options", ["key", "value"]).filter(Filter::eq("key", key));
        let row = read.optional(&select).await?;
        let row = row.ok_or_else(|| anyhow::anyhow!("a row is missing"))?;
        std::hint::black_box(row.get::<String>("value")?);
    }
    Ok(started.elapsed())
}

/// A connection with the same settings, and nothing else of ours.
async fn bare(file: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::from_str("sqlite:")?
        .filename(file)
        .pragma("cache_size", "-2000")
        .pragma("temp_store", "MEMORY")
        .pragma("query_only", "ON")
        .disable_statement_logging();
    Ok(options.connect().await?)
}

async fn read_bare(connection: &mut SqliteConnection, round: u32) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for key in keys(round) {
        let query = sqlx::query("SELECT \"key\", \"value\" FROM \"options\" WHERE \"key\" = ?");
        let row = query.bind(key).fetch_one(&mut *connection).await?;
        std::hint::black_box(row.try_get::<String, _>("value")?);
    }
    Ok(started.elapsed())
}
