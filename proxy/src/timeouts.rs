//! How long the edge waits, in one place.
//!
//! The defaults are what the platform runs with; tests shorten them, so that they need not wait
//! for half a minute to see a connection being cut.

use std::time::Duration;

/// How long a request's header may take from its first byte.
const HEADER_SECONDS_MAX: u64 = 10;
/// How long a request's body may pause.
const BODY_IDLE_SECONDS_MAX: u64 = 30;
/// How long a client may take nothing of an answer that is ready for it.
const WRITE_IDLE_SECONDS_MAX: u64 = 60;
/// How long an HTTP/2 connection without requests is kept.
const HTTP2_IDLE_SECONDS_MAX: u64 = 60;
/// How long a worker may be silent within an answer. Event streams send a sign of life earlier.
const ANSWER_IDLE_SECONDS_MAX: u64 = 60;

/// How long the edge waits for the two sides of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a request's header, from its first byte.
    pub header: Duration,
    /// For the next part of a request's body.
    pub body_idle: Duration,
    /// For a client to take any of what is ready for it.
    pub write_idle: Duration,
    /// For the next request of an HTTP/2 connection that has none.
    pub http2_idle: Duration,
    /// For the next part of a worker's answer.
    pub answer_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(HEADER_SECONDS_MAX),
            body_idle: Duration::from_secs(BODY_IDLE_SECONDS_MAX),
            write_idle: Duration::from_secs(WRITE_IDLE_SECONDS_MAX),
            http2_idle: Duration::from_secs(HTTP2_IDLE_SECONDS_MAX),
            answer_idle: Duration::from_secs(ANSWER_IDLE_SECONDS_MAX),
        }
    }
}
