//! A domain on the wire: the records to set, and for every step who has to do what.

use freehold_clock::UnixMs;
use freehold_fleet::{Hostname, Hosts};
use freehold_ids::{AccountId, DomainId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Domain, DomainState, Problem};

/// What stands before a hostname to name its TXT record.
const TXT_PREFIX: &str = "_freehold.";

/// A record to set; any one of a domain's proves it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DomainRecord)]
pub(crate) struct RecordView {
    #[serde(rename = "type")]
    #[schema(rename = "type", value_type = String, example = "CNAME")]
    kind: &'static str,
    name: String,
    value: String,
}

/// How far one step on the way to a served domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DomainStepState)]
enum StepState {
    Done,
    Waiting,
    Failed,
}

/// One step on the way to a served domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DomainStep)]
pub(crate) struct StepView {
    /// `ownership`, then `routed`.
    #[schema(value_type = String)]
    name: &'static str,
    state: StepState,
    /// Who has to act: `you` or `platform`.
    #[schema(value_type = String)]
    owner: &'static str,
    /// What the last look found instead of a proof.
    problem: Option<Problem>,
    /// The record that it saw.
    seen: Option<String>,
    /// What to do; absent where there is nothing to be done.
    fix: Option<String>,
    /// RFC 3339; when it is looked at again without being asked for.
    next_check: Option<String>,
}

/// A domain on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(crate) struct DomainView {
    #[schema(value_type = String, example = "dom_0123456789abcdefghjkmnpqrs")]
    id: DomainId,
    /// In the form that DNS knows.
    hostname: String,
    state: DomainState,
    /// Whether the site is to be read under this name; while the domain is served, pages of its
    /// other names lead there.
    canonical: bool,
    /// The site's address under this name.
    url: String,
    /// Set one of these; none where no proof is needed.
    records: Vec<RecordView>,
    steps: Vec<StepView>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339; when its records were last looked at.
    checked_at: Option<String>,
}

/// A domain as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantDomain)]
pub(crate) struct TenantDomainView {
    #[serde(flatten)]
    domain: DomainView,
    #[schema(value_type = String)]
    site_id: TenantId,
    #[schema(value_type = String)]
    account_id: AccountId,
}

/// The name of the TXT record of a hostname.
pub(super) fn txt_name(hostname: &Hostname) -> String {
    format!("{TXT_PREFIX}{hostname}")
}

impl DomainView {
    /// The view of a domain that a CNAME to `platform` proves, or none.
    pub(super) fn new(
        domain: &Domain,
        platform: Option<&Hostname>,
        hosts: &Hosts,
        is_trusted: bool,
    ) -> Self {
        let records = if is_trusted { Vec::new() } else { records(domain, platform) };
        let ownership = ownership(domain, &records);
        Self {
            id: domain.id,
            hostname: domain.hostname.to_string(),
            state: domain.state,
            canonical: domain.canonical,
            url: hosts.origin(&domain.hostname),
            records,
            steps: vec![ownership, routed(domain)],
            created_at: UnixMs(domain.created_at).rfc3339(),
            checked_at: domain.checked_at.map(|at| UnixMs(at).rfc3339()),
        }
    }
}

impl TenantDomainView {
    pub(super) fn new(domain: &Domain, view: DomainView) -> Self {
        Self { domain: view, site_id: domain.site, account_id: domain.account }
    }
}

fn records(domain: &Domain, platform: Option<&Hostname>) -> Vec<RecordView> {
    let record = |kind, name, value| RecordView { kind, name, value };
    let cname =
        platform.map(|platform| record("CNAME", domain.hostname.to_string(), platform.to_string()));
    let txt = record("TXT", txt_name(&domain.hostname), domain.token.clone());
    cname.into_iter().chain([txt]).collect()
}

fn ownership(domain: &Domain, records: &[RecordView]) -> StepView {
    let state = match (domain.state, domain.problem) {
        (DomainState::Active, _) => StepState::Done,
        (DomainState::Pending, None | Some(Problem::NoRecord | Problem::NoAnswer)) => {
            StepState::Waiting
        }
        _ => StepState::Failed,
    };
    let is_ours = domain.problem == Some(Problem::NoAnswer);
    StepView {
        name: "ownership",
        state,
        owner: if is_ours { "platform" } else { "you" },
        problem: domain.problem,
        seen: domain.seen.clone(),
        fix: fix(domain, state, records),
        next_check: Some(UnixMs(domain.next_check_at).rfc3339()),
    }
}

/// What somebody has to do, with the exact records.
fn fix(domain: &Domain, state: StepState, records: &[RecordView]) -> Option<String> {
    let set = || {
        let one = |record: &RecordView| {
            format!("a {} record {} with the value {}", record.kind, record.name, record.value)
        };
        records.iter().map(one).collect::<Vec<_>>().join(", or ")
    };
    match domain.problem {
        None if state == StepState::Done => None,
        None | Some(Problem::NoRecord) => Some(format!("Set {}.", set())),
        Some(Problem::WrongValue) => {
            let seen = domain.seen.as_deref().unwrap_or("another value");
            Some(format!("There is {seen}. Change it: set {}.", set()))
        }
        Some(Problem::ServerFailure) => Some(format!(
            "The name servers of {} answer with an error; ask whoever runs them. It is looked at \
             again by itself.",
            domain.hostname
        )),
        Some(Problem::NoAnswer) => None,
    }
}

fn routed(domain: &Domain) -> StepView {
    StepView {
        name: "routed",
        state: if domain.state.is_served() { StepState::Done } else { StepState::Waiting },
        owner: "platform",
        problem: None,
        seen: None,
        fix: domain.served_until().map(|until| {
            format!("It is served until {} unless it is proved again.", until.rfc3339())
        }),
        next_check: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domains::model::Finding;
    use crate::domains::model::tests::added;

    fn step(domain: &Domain) -> (StepState, &'static str, String) {
        let platform = Hostname::parse("acme.sites.example").expect("a name");
        let step = ownership(domain, &records(domain, Some(&platform)));
        (step.state, step.owner, step.fix.unwrap_or_default())
    }

    #[test]
    fn a_step_says_who_has_to_do_what() {
        let now = UnixMs(1_000_000);
        let found = |problem, seen: Option<&str>| {
            added(now).checked(Finding::Unproved(problem, seen.map(str::to_owned)), now)
        };
        let both = "Set a CNAME record www.acme.test with the value acme.sites.example, or a TXT \
                    record _freehold.www.acme.test with the value freehold=1.";
        assert_eq!(step(&added(now)), (StepState::Waiting, "you", both.to_owned()));
        let none = found(Problem::NoRecord, None);
        assert_eq!(step(&none), (StepState::Waiting, "you", both.to_owned()));
        let (state, owner, fix) = step(&found(Problem::WrongValue, Some("a CNAME to x.example")));
        assert_eq!((state, owner), (StepState::Failed, "you"));
        assert!(
            fix.contains("a CNAME to x.example") && fix.contains("acme.sites.example"),
            "{fix}"
        );
        let (state, owner, fix) = step(&found(Problem::ServerFailure, None));
        assert_eq!((state, owner), (StepState::Failed, "you"));
        assert!(fix.contains("name servers of www.acme.test"), "{fix}");
        let ours = step(&found(Problem::NoAnswer, None));
        assert_eq!(ours, (StepState::Waiting, "platform", String::new()));
        let done = step(&added(now).checked(Finding::Proved, now));
        assert_eq!(done, (StepState::Done, "you", String::new()));
    }
}
