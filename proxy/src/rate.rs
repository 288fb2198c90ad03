//! A request limit that can say how much of it is left, and the headers that say so.
//!
//! `RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers. An answer
//! that carries them already, because a limit behind the edge is the tighter one, keeps its own.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use pingora::http::ResponseHeader;

const POLICY_HEADER: &str = "ratelimit-policy";
const STATE_HEADER: &str = "ratelimit";

/// Requests between two sweeps of keys that have recovered.
const REQUESTS_BETWEEN_SWEEPS: usize = 16_384;

/// So many requests at once, refilled at a steady rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) name: &'static str,
    pub(crate) burst: u32,
    pub(crate) per_second: u32,
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) policy: Policy,
    pub(crate) requests: u32,
    /// Until all of it is back; once nothing is left, until one request may follow.
    pub(crate) seconds: u64,
}

impl Left {
    /// Tells a client, unless it is told of a tighter limit.
    pub(crate) fn write(&self, header: &mut ResponseHeader) -> pingora::Result<()> {
        if header.headers.contains_key(POLICY_HEADER) || header.headers.contains_key(STATE_HEADER) {
            return Ok(());
        }
        let Policy { name, burst, per_second } = self.policy;
        let window = burst.div_ceil(per_second.max(1));
        header.insert_header(POLICY_HEADER, format!("\"{name}\";q={burst};w={window}"))?;
        let (requests, seconds) = (self.requests, self.seconds);
        header.insert_header(STATE_HEADER, format!("\"{name}\";r={requests};t={seconds}"))
    }
}

type Limiter<K> =
    RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// A limit for each key. Its memory is bounded by the keys seen lately.
#[derive(Debug)]
pub(crate) struct Rate<K: Hash + Eq + Clone> {
    policy: Policy,
    limiter: Limiter<K>,
    clock: DefaultClock,
    seen: AtomicUsize,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    pub(crate) fn new(policy: Policy) -> Self {
        let number = |limit| NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(policy.per_second)).allow_burst(number(policy.burst));
        Self {
            policy,
            limiter: RateLimiter::keyed(quota).with_middleware(),
            clock: DefaultClock::default(),
            seen: AtomicUsize::new(0),
        }
    }

    /// Counts a request; an error when there were too many.
    pub(crate) fn count(&self, key: &K) -> Result<Left, Left> {
        if self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(REQUESTS_BETWEEN_SWEEPS) {
            self.limiter.retain_recent();
        }
        let policy = self.policy;
        match self.limiter.check_key(key) {
            Ok(state) => {
                let requests = state.remaining_burst_capacity();
                let used = policy.burst.saturating_sub(requests);
                let seconds = u64::from(used.div_ceil(policy.per_second.max(1)));
                Ok(Left { policy, requests, seconds })
            }
            Err(until) => {
                let seconds = until.wait_time_from(self.clock.now()).as_secs() + 1;
                Err(Left { policy, requests: 0, seconds })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { name: "network", burst: 4, per_second: 2 };

    fn headers(left: Left) -> (String, String) {
        let mut header = ResponseHeader::build(200, None).expect("a header");
        left.write(&mut header).expect("written");
        let text = |name| header.headers[name].to_str().expect("text").to_owned();
        (text(POLICY_HEADER), text(STATE_HEADER))
    }

    #[test]
    fn what_is_left_is_told_until_nothing_is() {
        let rate = Rate::new(POLICY);
        let first = headers(rate.count(&1).expect("allowed"));
        assert_eq!(first, ("\"network\";q=4;w=2".into(), "\"network\";r=3;t=1".into()));
        for _ in 0..3 {
            rate.count(&1).expect("allowed");
        }
        let refused = rate.count(&1).expect_err("refused");
        assert_eq!(headers(refused).1, "\"network\";r=0;t=1");
        assert!(rate.count(&2).is_ok(), "another key");
    }

    #[test]
    fn a_tighter_limit_behind_the_edge_keeps_its_word() {
        let mut header = ResponseHeader::build(429, None).expect("a header");
        header.insert_header(STATE_HEADER, "\"sign-ins\";r=0;t=9").expect("a value");
        let left = Left { policy: POLICY, requests: 3, seconds: 1 };
        left.write(&mut header).expect("written");
        assert_eq!(header.headers[STATE_HEADER], "\"sign-ins\";r=0;t=9");
        assert!(!header.headers.contains_key(POLICY_HEADER));
    }
}
