//! Usage: what edges and workers count of each tenant, on its way to the control plane.
//!
//! A process counts in memory, closes every minute into numbered reports, and keeps these on disk
//! until the control plane says that it has them. Numbers only grow, also over restarts and lost
//! disks, so a report that is sent again is known by its number and counts once. A crash loses the
//! minute that was not closed.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freehold_ids::TenantId;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::{CopyError, PersistedCopy};

/// Tenants in one report.
pub const REPORT_TENANTS_MAX: usize = 1_000;
/// Reports that may wait for the control plane; the oldest are given up then.
const REPORTS_PENDING_MAX: usize = 3_000;

/// What was counted of a tenant. Fields are only added; one that is absent is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Requests that an edge answered, from its cache too.
    #[serde(skip_serializing_if = "is_zero")]
    pub requests: u64,
    /// Bytes of their bodies.
    #[serde(skip_serializing_if = "is_zero")]
    pub request_bytes: u64,
    /// Bytes of the bodies of their answers.
    #[serde(skip_serializing_if = "is_zero")]
    pub answer_bytes: u64,
    /// Requests that a worker handled.
    #[serde(skip_serializing_if = "is_zero")]
    pub handled: u64,
    /// How long they took, in microseconds, waiting included.
    #[serde(skip_serializing_if = "is_zero")]
    pub handled_micros: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Counts {
    fn add(&mut self, more: Self) {
        let Self { requests, request_bytes, answer_bytes, handled, handled_micros } = more;
        self.requests = self.requests.saturating_add(requests);
        self.request_bytes = self.request_bytes.saturating_add(request_bytes);
        self.answer_bytes = self.answer_bytes.saturating_add(answer_bytes);
        self.handled = self.handled.saturating_add(handled);
        self.handled_micros = self.handled_micros.saturating_add(handled_micros);
    }
}

/// What was counted of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantUsage {
    /// Which.
    pub tenant: TenantId,
    /// How much.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What a process counted in one minute, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Larger than that of every report before it.
    pub number: u64,
    /// When: minutes since 1970.
    pub minute: i64,
    /// At most [`REPORT_TENANTS_MAX`].
    pub tenants: Vec<TenantUsage>,
}

/// Counts for one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// `None` keeps nothing over a restart.
    file: Option<PathBuf>,
    /// Of its own: every request counts, and none waits while a report is written to the disk.
    counts: Mutex<HashMap<TenantId, Counts>>,
    state: Mutex<State>,
    /// There is a report more, or one fewer.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    reports: VecDeque<UsageReport>,
    newest: u64,
    copy: Option<PersistedCopy>,
}

impl Meter {
    /// Goes on with what was not reported before the last stop, as far as it can be read.
    ///
    /// # Errors
    /// [`CopyError::Io`] and [`CopyError::Version`]. A damaged file is reported and given up.
    pub fn open(folder: &Path) -> Result<Self, CopyError> {
        let file = folder.join("usage");
        let reports: Vec<UsageReport> = match PersistedCopy::load(&file) {
            Err(error @ CopyError::Damaged { .. }) => {
                tracing::error!(%error, "what was counted and not reported yet is lost");
                Vec::new()
            }
            other => other?.unwrap_or_default(),
        };
        let newest = reports.last().map_or(0, |report| report.number);
        let state = State { reports: reports.into(), newest, ..State::default() };
        let inner = Inner { file: Some(file), state: Mutex::new(state), ..Inner::default() };
        Ok(Self(Arc::new(inner)))
    }

    /// Adds to what is counted of a tenant.
    pub fn count(&self, tenant: TenantId, counts: Counts) {
        self.0.counts.lock().entry(tenant).or_default().add(counts);
    }

    /// Closes what was counted since the last time into reports of a minute. `now_ms`, Unix
    /// milliseconds, keeps numbers growing where the file was lost.
    pub fn close(&self, minute: i64, now_ms: i64) {
        let counts = std::mem::take(&mut *self.0.counts.lock());
        if counts.is_empty() {
            return;
        }
        let mut state = self.0.state.lock();
        let mut fresh = Vec::new();
        let mut tenants: Vec<TenantUsage> =
            counts.into_iter().map(|(tenant, counts)| TenantUsage { tenant, counts }).collect();
        while !tenants.is_empty() {
            let rest = tenants.split_off(tenants.len().min(REPORT_TENANTS_MAX));
            let number = (state.newest + 1).max(now_ms.unsigned_abs());
            state.newest = number;
            fresh.push(UsageReport { number, minute, tenants });
            tenants = rest;
        }
        state.reports.extend(fresh.iter().cloned());
        let too_many = state.reports.len().saturating_sub(REPORTS_PENDING_MAX);
        if too_many > 0 {
            state.reports.drain(..too_many);
            tracing::error!(too_many, "reports of usage were given up: too many are waiting");
        }
        self.keep(&mut state, &fresh);
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// The reports that wait, for one connection.
    pub fn reports(&self) -> Reports {
        Reports { meter: self.clone(), sent: 0 }
    }

    fn oldest(&self) -> Option<UsageReport> {
        self.0.state.lock().reports.front().cloned()
    }

    /// Forgets the reports up to one that the control plane has.
    pub fn kept(&self, number: u64) {
        let mut state = self.0.state.lock();
        let before = state.reports.len();
        state.reports.retain(|report| report.number > number);
        if before > 0 && state.reports.is_empty() {
            state.copy = None;
            self.keep(&mut state, &[]);
        }
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Adds reports to the file, or writes it anew where it is not open or holds much that is
    /// settled. A failure is reported and stops nothing: the reports are in memory still.
    fn keep(&self, state: &mut State, fresh: &[UsageReport]) {
        let Some(file) = &self.0.file else { return };
        let kept = match state.copy.as_mut().filter(|copy| !copy.wants_rewrite()) {
            Some(copy) => fresh.iter().try_for_each(|report| copy.append(report)),
            None => PersistedCopy::rewrite(file, &state.reports).map(|copy| {
                state.copy = Some(copy);
            }),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "what was counted cannot be kept");
        }
    }
}

/// Gives each report once, and the next one when the one before it is kept.
#[derive(Debug)]
pub struct Reports {
    meter: Meter,
    sent: u64,
}

impl Reports {
    /// The oldest report, as soon as there is one that was not given yet. Nothing is lost when this
    /// is dropped before it is ready.
    pub async fn next(&mut self) -> UsageReport {
        loop {
            let changed = self.meter.0.changed.notified();
            if let Some(report) = self.meter.oldest().filter(|report| report.number > self.sent) {
                self.sent = report.number;
                return report;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: u128) -> TenantId {
        TenantId::from_random(number)
    }

    fn requests(requests: u64) -> Counts {
        Counts { requests, ..Counts::default() }
    }

    #[tokio::test]
    async fn what_was_counted_waits_over_restarts_until_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let meter = Meter::open(folder.path()).unwrap();
        meter.close(1, 60_000);
        meter.count(tenant(1), requests(2));
        meter.count(tenant(1), Counts { answer_bytes: 7, ..requests(1) });
        meter.close(2, 120_000);
        let first = meter.reports().next().await;
        let counts = Counts { answer_bytes: 7, ..requests(3) };
        assert_eq!(first.tenants, [TenantUsage { tenant: tenant(1), counts }]);
        assert_eq!((first.number, first.minute), (120_000, 2));
        meter.count(tenant(2), requests(1));
        // The clock went back, the number did not.
        meter.close(1, 60_000);
        let meter = Meter::open(folder.path()).unwrap();
        let mut reports = meter.reports();
        assert_eq!(reports.next().await, first);
        let nothing = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(nothing, reports.next()).await.is_err(), "one at a time");
        let (second, ()) = tokio::join!(reports.next(), async { meter.kept(first.number) });
        assert_eq!(second.number, 120_001);
        meter.kept(second.number);
        let meter = Meter::open(folder.path()).unwrap();
        assert!(tokio::time::timeout(nothing, meter.reports().next()).await.is_err());
        let mut reports = meter.reports();
        let (third, ()) = tokio::join!(reports.next(), async {
            meter.count(tenant(3), requests(1));
            meter.close(3, 180_000);
        });
        assert_eq!(third.number, 180_000);
    }

    #[test]
    fn a_minute_of_many_tenants_is_several_reports() {
        let meter = Meter::default();
        let all = REPORT_TENANTS_MAX as u128 * 2 + 1;
        for number in 0..all {
            meter.count(tenant(number), requests(1));
        }
        meter.close(1, 60_000);
        let reports = meter.0.state.lock().reports.clone();
        let sizes: Vec<_> = reports.iter().map(|report| report.tenants.len()).collect();
        assert_eq!(sizes, [REPORT_TENANTS_MAX, REPORT_TENANTS_MAX, 1]);
        assert!(reports.iter().is_sorted_by_key(|report| report.number));
    }

    #[test]
    fn a_count_that_is_not_known_yet_is_passed_over() {
        let text = format!(r#"{{"tenant":"{}","requests":3,"stars":5}}"#, tenant(1));
        let usage: TenantUsage = serde_json::from_str(&text).unwrap();
        assert_eq!(usage.counts, requests(3));
    }
}
