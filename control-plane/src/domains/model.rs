//! What a domain is and what a look at its records makes of it. Pure.

use freehold_clock::UnixMs;
use freehold_fleet::Hostname;
use freehold_ids::{AccountId, DomainId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::sites::previous_slugs::PreviousSlug;

/// The first pause after a look that found no proof; each further one doubles it.
const RETRY_SECONDS_MIN: u64 = 30;
/// The longest such pause.
const RETRY_SECONDS_MAX: u64 = 3_600;
/// How often a proved domain is looked at again.
const VERIFY_SECONDS: u64 = 24 * 3_600;
/// How long a domain whose proof is gone is served on.
const FAILING_SECONDS_MAX: u64 = 24 * 3_600;
/// How long a domain that was given up is kept from other accounts.
pub(super) const QUARANTINE_SECONDS: u64 = 30 * 24 * 3_600;
/// How long a name is held by a claim that was never proved.
const CLAIM_SECONDS: u64 = 7 * 24 * 3_600;

/// How far a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DomainState)]
pub(crate) enum DomainState {
    /// Not proved so far; not served.
    Pending,
    /// Proved and served.
    Active,
    /// Its proof is gone; still served for a day.
    Failing,
    /// Its proof stayed away; not served until it is back.
    Inactive,
}

impl DomainState {
    const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Failing, Self::Inactive];

    /// The words of all states, for lists.
    pub(super) const WORDS: [&'static str; 4] = {
        let [a, b, c, d] = Self::ALL;
        [a.as_str(), b.as_str(), c.as_str(), d.as_str()]
    };

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Inactive => "inactive",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether requests for the name are answered.
    pub(super) const fn is_served(self) -> bool {
        matches!(self, Self::Active | Self::Failing)
    }
}

/// What a look at a domain's records found instead of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DomainProblem)]
pub(crate) enum Problem {
    /// Neither record is there.
    NoRecord,
    /// A record is there and says something else.
    WrongValue,
    /// The domain's name servers fail.
    ServerFailure,
    /// The platform's resolver cannot be reached.
    NoAnswer,
}

impl Problem {
    const ALL: [Self; 4] = [Self::NoRecord, Self::WrongValue, Self::ServerFailure, Self::NoAnswer];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NoRecord => "no_record",
            Self::WrongValue => "wrong_value",
            Self::ServerFailure => "server_failure",
            Self::NoAnswer => "no_answer",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.as_str() == text)
    }
}

/// What a look at a domain's records found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Its owner points it here.
    Proved,
    /// They do not, or it cannot be told; with the record that was seen, where there was one.
    Unproved(Problem, Option<String>),
}

/// A domain as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) id: DomainId,
    pub(crate) hostname: Hostname,
    pub(crate) site: TenantId,
    pub(crate) account: AccountId,
    /// What the TXT record must hold.
    pub(crate) token: String,
    pub(crate) state: DomainState,
    /// Whether its owner wants the site to be read under this name.
    pub(crate) canonical: bool,
    /// What the last look found instead of a proof, and the record that it saw.
    pub(crate) problem: Option<Problem>,
    pub(crate) seen: Option<String>,
    /// Looks without a proof since the last proof.
    pub(crate) attempts: u32,
    pub(crate) created_at: i64,
    /// When it was first proved; a name that never was is not kept from others.
    pub(crate) proved_at: Option<i64>,
    pub(crate) checked_at: Option<i64>,
    pub(crate) failing_since: Option<i64>,
    pub(crate) next_check_at: i64,
    /// When it was given up; from then on the row only keeps the name from others.
    pub(crate) released_at: Option<i64>,
}

impl Domain {
    /// A name that a site lays claim to, not looked at yet.
    pub(super) fn claimed(
        id: DomainId,
        hostname: Hostname,
        (site, account): (TenantId, AccountId),
        token: String,
        now: UnixMs,
    ) -> Self {
        Self {
            id,
            hostname,
            site,
            account,
            token,
            state: DomainState::Pending,
            canonical: false,
            problem: None,
            seen: None,
            attempts: 0,
            created_at: now.0,
            proved_at: None,
            checked_at: None,
            failing_since: None,
            next_check_at: now.0,
            released_at: None,
        }
    }

    /// The domain after a look at its records.
    pub(crate) fn checked(mut self, finding: Finding, now: UnixMs) -> Self {
        self.checked_at = Some(now.0);
        match finding {
            Finding::Proved => {
                self.state = DomainState::Active;
                self.proved_at.get_or_insert(now.0);
                (self.problem, self.seen, self.failing_since) = (None, None, None);
                self.attempts = 0;
                self.next_check_at = now.plus_seconds(VERIFY_SECONDS).0;
            }
            Finding::Unproved(problem, seen) => {
                (self.problem, self.seen) = (Some(problem), seen);
                self.state = self.unproved_state(problem, now);
                self.next_check_at = now.plus_seconds(retry_seconds(self.attempts)).0;
                self.attempts = self.attempts.saturating_add(1);
                if let Some(end) = self.served_until() {
                    self.next_check_at = self.next_check_at.min(end.0);
                }
            }
        }
        self
    }

    /// A proof that cannot be looked for is not gone; one that was found gone has a day to come back.
    fn unproved_state(&mut self, problem: Problem, now: UnixMs) -> DomainState {
        let is_gone = matches!(problem, Problem::NoRecord | Problem::WrongValue);
        match self.state {
            DomainState::Active if is_gone => {
                self.failing_since = Some(now.0);
                DomainState::Failing
            }
            DomainState::Failing if self.served_until().is_some_and(|end| end.0 <= now.0) => {
                self.failing_since = None;
                DomainState::Inactive
            }
            other => other,
        }
    }

    /// Until when a failing domain is served.
    pub(super) fn served_until(&self) -> Option<UnixMs> {
        self.failing_since.map(|since| UnixMs(since).plus_seconds(FAILING_SECONDS_MAX))
    }

    /// Whether another account may have the name, in place of this row.
    pub(crate) fn yields_to(&self, account: AccountId, now: UnixMs) -> bool {
        let is_over = |since: i64, seconds| UnixMs(since).plus_seconds(seconds).0 <= now.0;
        match (self.released_at, self.proved_at) {
            (Some(released), _) => self.account == account || is_over(released, QUARANTINE_SECONDS),
            (None, None) => self.account != account && is_over(self.created_at, CLAIM_SECONDS),
            (None, Some(_)) => false,
        }
    }
}

/// The pause before the next look, after so many without a proof.
fn retry_seconds(attempts: u32) -> u64 {
    let doubled = 1_u64.checked_shl(attempts).and_then(|n| RETRY_SECONDS_MIN.checked_mul(n));
    doubled.map_or(RETRY_SECONDS_MAX, |seconds| seconds.min(RETRY_SECONDS_MAX))
}

/// A domain that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) hostname: Hostname,
    /// What its record holds.
    pub(crate) token: String,
}

/// A site's domains that are served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) served: Vec<Served>,
    /// The one of them that the site is to be read under.
    pub(crate) canonical: Option<Hostname>,
    /// What the site was called below the platform's host before.
    pub(crate) previous: Vec<PreviousSlug>,
}

impl Names {
    /// The served names.
    pub(crate) fn hostnames(&self) -> impl Iterator<Item = &Hostname> {
        self.served.iter().map(|served| &served.hostname)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    /// A domain that was just added.
    pub(in crate::domains) fn added(now: UnixMs) -> Domain {
        let of = (TenantId::from_random(1), AccountId::from_random(1));
        let hostname = Hostname::parse("www.acme.test").expect("a name");
        Domain::claimed(DomainId::from_random(1), hostname, of, "freehold=1".to_owned(), now)
    }

    fn gone() -> Finding {
        Finding::Unproved(Problem::NoRecord, None)
    }

    fn pause(domain: &Domain, now: UnixMs) -> i64 {
        (domain.next_check_at - now.0) / 1_000
    }

    #[test]
    fn a_pending_domain_is_looked_at_ever_more_rarely() {
        let now = UnixMs(1_000_000);
        let mut domain = added(now);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            domain = domain.checked(gone(), now);
            pauses.push(pause(&domain, now));
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!((domain.state, domain.proved_at), (DomainState::Pending, None));
        domain.attempts = u32::MAX;
        assert_eq!(pause(&domain.clone().checked(gone(), now), now), 3_600);
        let domain = domain.checked(Finding::Proved, now);
        assert_eq!((domain.state, pause(&domain, now)), (DomainState::Active, 86_400));
    }

    #[test]
    fn a_proof_that_goes_away_has_a_day_to_come_back() {
        let start = UnixMs(1_000_000);
        let active = added(start).checked(Finding::Proved, start);
        let failing = active.clone().checked(gone(), start);
        assert!(failing.state == DomainState::Failing && failing.state.is_served());
        let later = start.plus_seconds(23 * HOUR + 1_800);
        let still = failing.clone().checked(gone(), later);
        assert_eq!(still.failing_since, Some(start.0), "the day is counted from its beginning");
        assert!(still.state.is_served());
        let end = start.plus_seconds(24 * HOUR);
        assert!(still.next_check_at <= end.0, "the end of the day is not missed");
        let wrong = Finding::Unproved(Problem::WrongValue, Some("x".to_owned()));
        let inactive = still.checked(wrong, end);
        assert_eq!(inactive.state, DomainState::Inactive);
        assert!(!inactive.state.is_served() && inactive.seen.is_some());
        assert_eq!(inactive.clone().checked(gone(), end).state, DomainState::Inactive);
        let back = inactive.checked(Finding::Proved, end);
        assert_eq!((back.state, back.seen, back.failing_since), (DomainState::Active, None, None));
    }

    #[test]
    fn no_answer_takes_nothing_away_and_gives_no_more_time() {
        let start = UnixMs(1_000_000);
        let active = added(start).checked(Finding::Proved, start);
        for problem in [Problem::ServerFailure, Problem::NoAnswer] {
            let none = || Finding::Unproved(problem, None);
            let same = active.clone().checked(none(), start);
            assert_eq!((same.state, pause(&same, start)), (DomainState::Active, 30));
            let failing = active.clone().checked(gone(), start);
            let over = failing.checked(none(), start.plus_seconds(24 * HOUR));
            assert_eq!(over.state, DomainState::Inactive);
        }
    }

    #[test]
    fn names_are_kept_from_others_for_a_while() {
        let start = UnixMs(1_000_000);
        let (own, other) = (AccountId::from_random(1), AccountId::from_random(2));
        let claim = added(start);
        let proved = claim.clone().checked(Finding::Proved, start);
        let released = Domain { released_at: Some(start.0), ..proved.clone() };
        let day = |days: u64| start.plus_seconds(days * 24 * HOUR);
        assert!(!proved.yields_to(other, day(1_000)) && !proved.yields_to(own, day(1_000)));
        assert!(released.yields_to(own, start));
        assert!(!released.yields_to(other, UnixMs(day(30).0 - 1)));
        assert!(released.yields_to(other, day(30)));
        assert!(!claim.yields_to(other, UnixMs(day(7).0 - 1)) && claim.yields_to(other, day(7)));
        assert!(!claim.yields_to(own, day(7)), "it has the name already");
    }
}
