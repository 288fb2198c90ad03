//! Rate limits by key (an address, an account), by the generic cell rate algorithm.
//!
//! State is in memory and per process; it is bounded, because keys that have recovered are
//! dropped whenever the table has grown.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::ApiError;

/// Calls between two sweeps of recovered keys.
const CALLS_BETWEEN_SWEEPS: usize = 4_096;

/// What a client is told of a limit, as `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RatePolicy {
    name: &'static str,
    calls: u32,
    period_seconds: u64,
}

impl RatePolicy {
    /// The limit itself.
    pub(crate) fn policy(&self) -> String {
        let Self { name, calls, period_seconds } = *self;
        format!("\"{name}\";q={calls};w={period_seconds}")
    }

    /// Its state once it is used up: nothing is left until then.
    pub(crate) fn used_up(&self, seconds: u64) -> String {
        format!("\"{}\";r=0;t={seconds}", self.name)
    }
}

/// At most so many calls in a period, per key.
#[derive(Debug)]
pub struct RateLimit {
    policy: RatePolicy,
    limiter: Option<DefaultKeyedRateLimiter<String>>,
    clock: DefaultClock,
    calls: AtomicUsize,
}

impl RateLimit {
    /// Allows `calls` at once and refills them evenly over `period`. With `enabled` off every
    /// call passes. Clients are told `name` when they are refused.
    pub fn new(enabled: bool, name: &'static str, calls: u32, period: Duration) -> Self {
        let policy = RatePolicy { name, calls, period_seconds: period.as_secs() };
        let calls = NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period / calls.get()).map(|quota| quota.allow_burst(calls));
        Self {
            policy,
            limiter: quota.filter(|_| enabled).map(DefaultKeyedRateLimiter::keyed),
            clock: DefaultClock::default(),
            calls: AtomicUsize::new(0),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn check(&self, key: impl Into<String>) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(CALLS_BETWEEN_SWEEPS) {
            limiter.retain_recent();
        }
        limiter.check_key(&key.into()).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            ApiError::too_many(wait.as_secs() + 1).with_policy(self.policy)
        })
    }
}

/// The key of a client's network: the address, or the /64 of an IPv6 one.
pub fn network_key(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => Ipv6Addr::from_bits(v6.to_bits() & !(u128::from(u64::MAX))).to_string(),
        },
    }
}
