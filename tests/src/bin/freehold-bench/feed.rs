//! An edge with very many routes: how long it takes to get them, to load them from disk, to put a
//! change in force, and what they weigh. The control plane's end of the feed is played here.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use freehold_clock::Clock;
use freehold_fleet::wire::{self, ENTRIES_PER_MESSAGE_MAX, Receiver, Sender};
use freehold_fleet::{
    Address, CONTRACT_VERSION, ControlMessage, HandOver, HandOverKey, Hostname, Hosts,
    Introduction, JoinSecret, Member, Membership, Meter, ProcessMessage, ProcessRole, RequestLine,
    Route, RouteChange, RouteState, Surface, Unread, UpstreamId, Welcome, Whole,
};
use freehold_ids::{TenantId, WorkerId};
use freehold_proxy::{
    ControlSource, Edge, EdgeConfig, RouteSource, Timeouts, Told, TrustedProxies,
};
use tokio::net::UnixListener;

use crate::machine;
use crate::report::{Cell, Report, Table, percentile};

/// Edges that follow the feed.
const EDGES: usize = 2;
/// Changes that are timed.
const CHANGES: u64 = 1_000;
/// Hand-overs that are timed.
const HANDOVERS: u32 = 100_000;

pub(crate) async fn run(routes: u32) -> anyhow::Result<Report> {
    let mut report = Report::new("feed");
    report.fact("build", Cell::text(machine::profile()));
    report.fact("cores", Cell::count(machine::cores() as u64));
    report.fact("routes", Cell::count(routes.into()));
    report.fact("edges", Cell::count(EDGES as u64));
    let folder = tempfile::tempdir()?;
    let before = machine::held_by(std::process::id())?.rss_kib * 1_024;
    let mut edges = Vec::new();
    for number in 0..EDGES {
        let data = folder.path().join(number.to_string());
        std::fs::create_dir(&data)?;
        let listener = UnixListener::bind(data.join("control"))?;
        let edge = start(&data)?;
        edges.push((edge, Control::accept(&listener).await?, data));
    }
    let began = Instant::now();
    for (_, control, _) in &mut edges {
        control.snapshot(1, routes).await?;
    }
    let first = began.elapsed();
    let after = machine::held_by(std::process::id())?.rss_kib * 1_024;
    let each = after.saturating_sub(before) as f64 / f64::from(routes) / EDGES as f64;
    let mut changes = Vec::new();
    for number in 0..CHANGES {
        let began = Instant::now();
        for (_, control, _) in &mut edges {
            control.change(number + 2, vec![route(routes + number as u32)?]).await?;
        }
        for (_, control, _) in &mut edges {
            control.confirmed(number + 2).await?;
        }
        changes.push(began.elapsed());
    }
    let data = edges[0].2.clone();
    for (edge, control, _) in edges {
        drop(control);
        edge.stop(Duration::from_secs(5)).await;
    }
    let copy = std::fs::metadata(data.join("routes"))?.len();
    let began = Instant::now();
    let told = Told::load(&data)?;
    let loaded = began.elapsed();
    drop(told);
    changes.sort();
    let (p50, p99) = (percentile(&changes, 50), percentile(&changes, 99));
    let handover = handovers()?;
    let mut table = Table::new("Routes", &["what", "measured", "unit"]);
    for (what, measured, digits, unit) in [
        ("first snapshot in force at every edge", first.as_secs_f64() * 1e3, 0, "ms"),
        ("resident memory of a route in one edge, copies included", each, 0, "bytes"),
        ("the copy on disk", copy as f64 / 1e6, 1, "MB"),
        ("loading the copy", loaded.as_secs_f64() * 1e3, 0, "ms"),
        ("a change in force at every edge, p50", p50.as_secs_f64() * 1e3, 2, "ms"),
        ("the same, p99", p99.as_secs_f64() * 1e3, 2, "ms"),
        ("verifying one hand-over", handover.as_secs_f64() * 1e6, 2, "us"),
    ] {
        table.row([Cell::text(what), Cell::Number(measured, digits), Cell::text(unit)]);
    }
    report.table(table);
    report.below("a change in force at every edge, p99", p99.as_secs_f64() * 1e3, 1_000.0, "ms");
    report.below("loading the copy", loaded.as_secs_f64() * 1e3, 2_000.0, "ms");
    report.below("verifying one hand-over", handover.as_secs_f64() * 1e6, 5.0, "us");
    Ok(report)
}

/// The control plane's end of a connection.
struct Control {
    sender: Sender<ControlMessage>,
    receiver: Receiver<ProcessMessage>,
}

impl Control {
    async fn accept(listener: &UnixListener) -> anyhow::Result<Self> {
        let (stream, _) = listener.accept().await?;
        let (sender, receiver) = wire::over(Box::new(stream));
        let mut control = Self { sender, receiver };
        let ProcessMessage::Join { .. } = control.receiver.receive().await? else {
            bail!("the edge does not join");
        };
        let (id, credential) = ("edg_bench".to_owned(), "none".to_owned());
        let membership = Membership { id, credential, identity: None };
        control.sender.send(&ControlMessage::Joined { membership }).await?;
        let welcome = Welcome {
            version: CONTRACT_VERSION,
            hosts: hosts()?,
            handover_key: None,
            ticket_key: None,
            certified: None,
            unread: Unread::default(),
        };
        control.sender.send(&ControlMessage::Welcome(welcome)).await?;
        Ok(control)
    }

    async fn snapshot(&mut self, revision: u64, routes: u32) -> anyhow::Result<()> {
        let step = u32::try_from(ENTRIES_PER_MESSAGE_MAX)?;
        for from in (0..routes).step_by(ENTRIES_PER_MESSAGE_MAX) {
            let to = (from + step).min(routes);
            let part = (from..to).map(|n| Ok(route(n)?.into())).collect::<anyhow::Result<_>>()?;
            let message = ControlMessage::Routes { revision, part, last: to == routes };
            self.sender.send(&message).await?;
        }
        self.confirmed(revision).await
    }

    async fn change(&mut self, revision: u64, put: Vec<Route>) -> anyhow::Result<()> {
        let version = CONTRACT_VERSION;
        let put = put.into_iter().map(Whole::from).collect();
        let change = RouteChange { version, revision, put, remove: Vec::new() };
        Ok(self.sender.send(&ControlMessage::Change(change)).await?)
    }

    async fn confirmed(&mut self, wanted: u64) -> anyhow::Result<()> {
        loop {
            if let ProcessMessage::InForce { revision } = self.receiver.receive().await?
                && revision == wanted
            {
                return Ok(());
            }
        }
    }
}

fn name(text: &str) -> anyhow::Result<Hostname> {
    Hostname::parse(text).with_context(|| format!("{text} is no name"))
}

fn hosts() -> anyhow::Result<Hosts> {
    Ok(Hosts {
        console: name("console.localhost")?,
        sites: name("localhost")?,
        admin: name("admin.localhost")?,
        media: name("media.localhost")?,
        scheme: "http".to_owned(),
        port: None,
    })
}

fn route(number: u32) -> anyhow::Result<Route> {
    Ok(Route {
        hostname: name(&format!("a-shop-of-usual-length-{number}.example.org"))?,
        surface: Surface::Site,
        tenant: Some(TenantId::from_random(number.into())),
        upstream: UpstreamId(WorkerId::from_random((number % 16).into()).to_string()),
        epoch: 1,
        state: RouteState::Active,
        alias_of: None,
        redirect_to: None,
    })
}

fn start(data: &Path) -> anyhow::Result<Edge> {
    let listener = freehold_proxy::bind(([127, 0, 0, 1], 0).into())?;
    let member = Member {
        controls: vec![Address::Unix(data.join("control"))],
        introduction: Introduction {
            version: CONTRACT_VERSION,
            role: ProcessRole::Edge,
            name: "bench".into(),
            region: "local".into(),
            address: None,
            public_key: None,
            databases: Vec::new(),
            wrapping_key: None,
        },
        folder: data.to_owned(),
        join_token: Some(JoinSecret("bench".into())),
    };
    let source = ControlSource { member, told: Told::load(data)?, connected: None };
    let config = EdgeConfig {
        meter: Meter::default(),
        hosts: hosts()?,
        body_bytes_max: 1_000_000,
        rate_limits_enabled: true,
        connections_max: freehold_proxy::CONNECTIONS_MAX,
        tenant_in_flight_max: 512,
        cache_bytes_max: 1 << 20,
        trusted_proxies: TrustedProxies::default(),
        timeouts: Timeouts::default(),
        clock: Clock::system(),
    };
    Ok(Edge::start(listener, config, RouteSource::Control(Box::new(source))))
}

/// The time that one verification takes, on the average.
fn handovers() -> anyhow::Result<Duration> {
    let key = HandOverKey::from_secret([7; 32]);
    let handover = HandOver {
        tenant: Some(TenantId::from_random(7)),
        epoch: 3,
        surface: Surface::Site,
        host: name("shop.example.org")?,
        client: [192, 0, 2, 1].into(),
        scheme: "https".to_owned(),
    };
    let line = RequestLine { method: "GET", path_and_query: "/api/v1/posts?page_size=20" };
    let now = Clock::system().now().seconds();
    let mut headers = http::HeaderMap::new();
    for (name, value) in handover.sign(&key, line, now) {
        headers.insert(name, value.parse()?);
    }
    let began = Instant::now();
    for _ in 0..HANDOVERS {
        std::hint::black_box(HandOver::verify(std::hint::black_box(&headers), &key, line, now)?);
    }
    Ok(began.elapsed() / HANDOVERS)
}
