//! Places where a test can stop the process dead, between two steps of a long task.
//!
//! Compiled to nothing unless the `fault-points` feature is on, which only the test binary asks
//! for.

use std::sync::OnceLock;

static ARMED: OnceLock<String> = OnceLock::new();

/// Chooses the place where the process will stop. Without the feature nothing ever stops.
pub fn arm(name: String) {
    // A second choice in one process would be a test's mistake; the first one stays.
    let _ = ARMED.set(name);
}

/// Stops the process without any clean-up if this place was chosen.
pub(crate) fn point(name: &str) {
    if cfg!(feature = "fault-points") && ARMED.get().is_some_and(|armed| armed == name) {
        std::process::abort();
    }
}
