//! Usage: what edges and workers counted, added up by tenant and hour, and who may read it.

mod routes;
mod store;

use std::time::Duration;

use freehold_fleet::{Meter, UsageReport};
use tokio_util::sync::CancellationToken;

pub(crate) use routes::{operator_routes, routes};
pub(crate) use store::forget;
use store::keep;

use crate::sites::Sites;

/// Pause after a report could not be written down.
const PAUSE_SECONDS: u64 = 2;

/// Takes over what processes in this one count, until told to stop.
pub(crate) async fn follow(
    sites: Sites,
    source: String,
    meter: Meter,
    stopping: CancellationToken,
) {
    loop {
        let mut reports = meter.reports();
        let report = tokio::select! {
            report = reports.next() => report,
            () = stopping.cancelled() => return,
        };
        if keep_patiently(&sites, &source, &report, &stopping).await {
            meter.kept(report.number);
        }
    }
}

/// Writes a report down, and tries until it is; says whether it is, or the process was told to stop.
pub(crate) async fn keep_patiently(
    sites: &Sites,
    source: &str,
    report: &UsageReport,
    stopping: &CancellationToken,
) -> bool {
    while let Err(error) = keep(&sites.db, source, report).await {
        tracing::warn!(%error, "usage could not be written down");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(PAUSE_SECONDS)) => {}
            () = stopping.cancelled() => return false,
        }
    }
    true
}
