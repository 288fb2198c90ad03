//! How many requests are being answered, for metrics and for an orderly end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts a request while it is being answered.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    pub(crate) fn count(counter: &Arc<AtomicUsize>) -> Self {
        let now = counter.fetch_add(1, Ordering::AcqRel) + 1;
        metrics::gauge!("freehold_edge_in_flight").set(now as f64);
        Self(counter.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let now = self.0.fetch_sub(1, Ordering::AcqRel) - 1;
        metrics::gauge!("freehold_edge_in_flight").set(now as f64);
    }
}
