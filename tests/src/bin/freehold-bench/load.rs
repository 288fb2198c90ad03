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
use crate::machine::{Taken, Watch};

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
    pub(crate) taken: Taken,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.taken.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Processor time of the served process for one request.
    pub(crate) fn server_micros(&self) -> f64 {
        self.for_each(self.taken.server)
    }

    /// Processor time of this client for one request.
    pub(crate) fn client_micros(&self) -> f64 {
        self.for_each(self.taken.client)
    }

    fn for_each(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e6 / self.micros.len().max(1) as f64
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.body_bytes += other.body_bytes;
        self.connections_opened += other.connections_opened;
    }
}

/// Loads a target for a while. Any answer but the expected one ends the measurement.
pub(crate) async fn run(
    target: &Target,
    connections: u32,
    time: Duration,
) -> anyhow::Result<Measured> {
    let watch = Watch::start(target.process)?;
    let until = Instant::now() + time;
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
    all.taken = watch.taken()?;
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
