//! Logs, metrics and health: what a running process tells its operators.
//!
//! Logs go to standard error. Metrics carry no tenant label. The private server answers
//! `/metrics`, `/healthz` and `/readyz` and belongs on an address that the outside cannot reach.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

/// Upper bounds of the latency histograms, in seconds.
const SECONDS_BUCKETS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Starts logging. A second call in one process changes nothing.
///
/// # Errors
/// When the filter does not parse.
pub fn start_logs(json: bool, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error means that a subscriber is there already, as in tests.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

/// Starts collecting metrics; `None` when another part of this process did before.
pub fn start_metrics() -> Option<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS_BUCKETS);
    builder.ok()?.install_recorder().ok()
}

/// The private server of metrics and health.
#[derive(Debug)]
pub struct PrivateServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl PrivateServer {
    /// Starts it. `ready` says whether this process serves.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(
        listen: SocketAddr,
        metrics: Option<PrometheusHandle>,
        ready: Arc<dyn Fn() -> bool + Send + Sync>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let scrape = move || {
            let text = metrics.as_ref().map(PrometheusHandle::render).unwrap_or_default();
            async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response() }
        };
        let readiness = move || {
            let answer = if ready() {
                (StatusCode::OK, "ready\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
            };
            async move { answer.into_response() }
        };
        let router = Router::new()
            .route("/metrics", get(scrape))
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(readiness));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the private server ended");
            }
        });
        Ok(Self { address, task })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it at once, nobody waits for its answers; then its address is free.
    pub async fn stop(self) {
        self.task.abort();
        // It was cancelled, which is what was asked.
        let _ = self.task.await;
    }
}
