//! Looks for a domain's proof in DNS: a CNAME to the site's own name, or the token in a TXT record.
//!
//! A look ends within seconds whatever name servers do, keeps nothing, and tells an absent record
//! from a wrong one, and both from servers that fail.

use std::net::SocketAddr;
use std::time::Duration;

use freehold_fleet::Hostname;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};

use super::model::{Finding, Problem};
use super::view::txt_name;

/// How long one server has for one answer.
const ANSWER_SECONDS_MAX: u64 = 2;
/// How long a look may take, all questions together.
const LOOK_SECONDS_MAX: u64 = 5;
/// CNAME records that are followed from a domain.
const CNAME_STEPS_MAX: usize = 8;
/// TXT records that are compared with the token.
const TXT_RECORDS_MAX: usize = 100;
/// Characters of a record's value that are shown.
const SEEN_CHARS_MAX: usize = 200;

/// Asks DNS servers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Resolver(Option<TokioResolver>);

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

/// What one kind of record says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Proof,
    Absent,
    Other(String),
    ServerFailure,
    None,
}

impl Resolver {
    /// Asks `server`, or those of the system. Where the system names none, nothing is ever found out
    /// and every look says so.
    pub(super) fn new(server: Option<SocketAddr>) -> Self {
        let built = builder(server).and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = Duration::from_secs(ANSWER_SECONDS_MAX);
            options.attempts = 1;
            options.cache_size = 0;
            options.use_hosts_file = ResolveHosts::Never;
            builder.build()
        });
        if let Err(error) = &built {
            tracing::warn!(%error, "no DNS server is known; domains cannot be proved");
        }
        Self(built.ok())
    }

    /// Looks whether a domain leads to one of `platform`, the site's own names, or shows `token`.
    pub(super) async fn look(
        &self,
        hostname: &Hostname,
        platform: &[Hostname],
        token: &str,
    ) -> Finding {
        let Some(resolver) = &self.0 else { return conclude(Answer::None, Answer::None) };
        let bounded = |look| tokio::time::timeout(Duration::from_secs(LOOK_SECONDS_MAX), look);
        let (cname, txt) = tokio::join!(
            bounded(Box::pin(cname(resolver, hostname, platform)) as Look<'_>),
            bounded(Box::pin(txt(resolver, hostname, token)) as Look<'_>),
        );
        conclude(cname.unwrap_or(Answer::None), txt.unwrap_or(Answer::None))
    }
}

type Look<'a> = std::pin::Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

fn builder(server: Option<SocketAddr>) -> Result<ResolverBuilder<TokioRuntimeProvider>, NetError> {
    let Some(server) = server else { return TokioResolver::builder_tokio() };
    let mut named = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut named.connections {
        connection.port = server.port();
    }
    let config = ResolverConfig::from_name_servers(vec![named]);
    Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
}

/// One proof is enough. Without one, what is wrong in DNS is told before what could not be asked,
/// unless the part that could not be asked might hold the proof.
fn conclude(cname: Answer, txt: Answer) -> Finding {
    let both = [cname, txt];
    if both.contains(&Answer::Proof) {
        return Finding::Proved;
    }
    if both.contains(&Answer::ServerFailure) {
        return Finding::Unproved(Problem::ServerFailure, None);
    }
    if both.contains(&Answer::None) {
        return Finding::Unproved(Problem::NoAnswer, None);
    }
    let seen: Vec<String> = both
        .into_iter()
        .filter_map(|answer| if let Answer::Other(seen) = answer { Some(seen) } else { None })
        .collect();
    match seen.is_empty() {
        true => Finding::Unproved(Problem::NoRecord, None),
        false => Finding::Unproved(Problem::WrongValue, Some(seen.join(" and "))),
    }
}

async fn cname(resolver: &TokioResolver, hostname: &Hostname, platform: &[Hostname]) -> Answer {
    let Some(mut at) = fqdn(hostname.as_str()) else { return Answer::Absent };
    let wanted: Vec<Name> = platform.iter().filter_map(|name| fqdn(name.as_str())).collect();
    let mut first = None;
    for _ in 0..CNAME_STEPS_MAX {
        let found = match ask(resolver, at.clone(), RecordType::CNAME).await {
            Ok(found) => found,
            // Whatever goes wrong behind the first record is not the owner's to mend.
            Err(answer) if first.is_none() => return answer,
            Err(_) => break,
        };
        let Some(RData::CNAME(target)) = found.into_iter().next() else { break };
        if wanted.contains(&target.0) {
            return Answer::Proof;
        }
        let shown = target.0.to_ascii();
        first.get_or_insert_with(|| shown.trim_end_matches('.').to_owned());
        at = target.0;
    }
    first.map_or(Answer::Absent, |target| {
        Answer::Other(format!("a CNAME record {hostname} with the value {}", short(&target)))
    })
}

async fn txt(resolver: &TokioResolver, hostname: &Hostname, token: &str) -> Answer {
    let name = txt_name(hostname);
    // A name that has no room for the prefix has no such record.
    let Some(asked) = fqdn(&name) else { return Answer::Absent };
    let found = match ask(resolver, asked, RecordType::TXT).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut first = None;
    for data in found.into_iter().take(TXT_RECORDS_MAX) {
        let RData::TXT(txt) = data else { continue };
        let text: String = txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect();
        if text.trim() == token {
            return Answer::Proof;
        }
        first.get_or_insert(text);
    }
    first.map_or(Answer::Absent, |text| {
        Answer::Other(format!("a TXT record {name} with the value {}", short(&text)))
    })
}

fn fqdn(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}

/// What may be shown of what a stranger wrote.
fn short(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(SEEN_CHARS_MAX).collect()
}

/// The records of this kind and name; or what their absence means.
async fn ask(resolver: &TokioResolver, name: Name, kind: RecordType) -> Result<Vec<RData>, Answer> {
    match resolver.lookup(name.clone(), kind).await {
        Ok(found) => {
            let own = found.answers().iter().filter(|record| record.record_type() == kind);
            // Behind a CNAME the records of where it leads are answered too; a TXT there counts.
            Ok(own
                .filter(|record| kind != RecordType::CNAME || record.name == name)
                .map(|record| record.data.clone())
                .collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(_))) => Err(Answer::Absent),
        // A refusal is the asked server's own: it does not work for the platform.
        Err(NetError::Dns(error)) if !is_refusal(&error) => {
            tracing::debug!(%name, %error, "a name server failed");
            Err(Answer::ServerFailure)
        }
        Err(error) => {
            tracing::debug!(%name, %error, "no name server answered");
            Err(Answer::None)
        }
    }
}

const fn is_refusal(error: &DnsError) -> bool {
    matches!(error, DnsError::ResponseCode(ResponseCode::Refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_proof_is_enough_and_a_failure_is_no_absence() {
        use Answer::{Absent, None, Proof, ServerFailure};
        let other = |text: &str| Answer::Other(text.to_owned());
        let unproved =
            |problem, seen: Option<&str>| Finding::Unproved(problem, seen.map(str::to_owned));
        for (cname, txt, finding) in [
            (Proof, None, Finding::Proved),
            (other("x"), Proof, Finding::Proved),
            (ServerFailure, Proof, Finding::Proved),
            (Absent, Absent, unproved(Problem::NoRecord, Option::None)),
            (other("x"), Absent, unproved(Problem::WrongValue, Some("x"))),
            (other("x"), other("y"), unproved(Problem::WrongValue, Some("x and y"))),
            (other("x"), ServerFailure, unproved(Problem::ServerFailure, Option::None)),
            (Absent, None, unproved(Problem::NoAnswer, Option::None)),
            (None, ServerFailure, unproved(Problem::ServerFailure, Option::None)),
        ] {
            assert_eq!(conclude(cname.clone(), txt.clone()), finding, "{cname:?} {txt:?}");
        }
    }

    #[test]
    fn what_is_shown_of_a_record_is_short_and_on_one_line() {
        assert_eq!(short("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(short(&"x".repeat(1_000)).len(), SEEN_CHARS_MAX);
    }
}
