//! Load: connections that send one request after the other until the time is over.
//!
//! A client that waits for each answer measures what the server can do, not what happens when it
//! is asked for more than that.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::http::connect;
use crate::machine;

/// How long the last answers may take after the time is over.
const LAST_ANSWER_SECONDS_MAX: u64 = 30;

/// What is asked for, and by how many.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// The process whose processor time counts.
    pub(crate) process: u32,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) status: StatusCode,
}

/// What one stretch of load showed.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) micros: Vec<u32>,
    pub(crate) body_bytes: u64,
    pub(crate) connections_opened: u64,
    pub(crate) elapsed: Duration,
    /// Processor time of the served process, of this client, and of everything else.
    pub(crate) server_cpu: Duration,
    pub(crate) client_cpu: Duration,
    pub(crate) other_cpu: Duration,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Processor time of the served process for one request.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.micros.len().max(1) as f64
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.body_bytes += other.body_bytes;
        self.connections_opened += other.connections_opened;
    }
}

struct Cpu {
    server: Duration,
    client: Duration,
    machine: Duration,
}

impl Cpu {
    fn now(server: u32) -> anyhow::Result<Self> {
        Ok(Self {
            server: machine::cpu_of(server)?,
            client: machine::cpu_of(std::process::id())?,
            machine: machine::cpu_of_machine()?,
        })
    }
}

/// Loads a target for a while. Any answer but the expected one ends the measurement.
pub(crate) async fn run(
    target: &Target,
    connections: u32,
    time: Duration,
) -> anyhow::Result<Measured> {
    let before = Cpu::now(target.process)?;
    let started = Instant::now();
    let until = started + time;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        tasks.spawn(send(target.clone(), until));
    }
    let mut all = Measured::default();
    let gathered = async {
        while let Some(ended) = tasks.join_next().await {
            all.add(ended??);
        }
        anyhow::Ok(())
    };
    let time_max = time + Duration::from_secs(LAST_ANSWER_SECONDS_MAX);
    let gathered = tokio::time::timeout(time_max, gathered).await.context("no answer in time");
    gathered.flatten().with_context(|| target.name.to_owned())?;
    all.elapsed = started.elapsed();
    let after = Cpu::now(target.process)?;
    all.server_cpu = after.server.saturating_sub(before.server);
    all.client_cpu = after.client.saturating_sub(before.client);
    let machine = after.machine.saturating_sub(before.machine);
    all.other_cpu = machine.saturating_sub(all.server_cpu + all.client_cpu);
    Ok(all)
}

/// One connection's share. It is opened again when the server ends it, as the edge does after a
/// number of requests.
async fn send(target: Target, until: Instant) -> anyhow::Result<Measured> {
    let mut share = Measured::default();
    while Instant::now() < until {
        let mut connection = connect(target.address).await?;
        share.connections_opened += 1;
        while Instant::now() < until {
            let request = Request::get(&target.path)
                .header(HOST, format!("{}:{}", target.host, target.address.port()))
                .body(Full::<Bytes>::default())?;
            let started = Instant::now();
            if connection.ready().await.is_err() {
                break;
            }
            let answer = connection.send_request(request).await?;
            let status = answer.status();
            anyhow::ensure!(status == target.status, "answered {status}");
            let mut body = answer.into_body();
            while let Some(frame) = body.frame().await {
                share.body_bytes += frame?.data_ref().map_or(0, |data| data.len() as u64);
            }
            let micros = started.elapsed().as_micros();
            share.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
    }
    Ok(share)
}
