//! What a site is: slugs, names, states.

use freehold_api::Problems;
use freehold_clock::UnixMs;
use freehold_fleet::{Engine, Hosts, ManifestKeys};
use freehold_ids::{AccountId, OperationId, TenantId, WorkerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::previous_slugs::{PreviousSlug, PreviousSlugView};

const SLUG_CHARS_MIN: usize = 3;
const SLUG_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 100;

/// Labels that the platform keeps for itself, with everything that looks like them.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "autoconfig",
    "autodiscover",
    "billing",
    "blog",
    "cdn",
    "console",
    "contact",
    "control",
    "dashboard",
    "demo",
    "dev",
    "docs",
    "edge",
    "email",
    "example",
    "files",
    "fleet",
    "freehold",
    "ftp",
    "help",
    "host",
    "hostmaster",
    "imap",
    "info",
    "internal",
    "invalid",
    "legal",
    "localhost",
    "login",
    "logout",
    "mail",
    "media",
    "metrics",
    "mx",
    "news",
    "noreply",
    "ns1",
    "ns2",
    "official",
    "operator",
    "pay",
    "payment",
    "payments",
    "pop",
    "postmaster",
    "privacy",
    "register",
    "root",
    "sales",
    "secure",
    "security",
    "settings",
    "shop",
    "signin",
    "signup",
    "site",
    "sites",
    "smtp",
    "ssl",
    "staff",
    "staging",
    "static",
    "status",
    "store",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "team",
    "terms",
    "test",
    "tls",
    "upload",
    "uploads",
    "user",
    "users",
    "verify",
    "webmail",
    "webmaster",
    "wpad",
    "www",
    "www1",
    "www2",
];

/// A site's label below the platform's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSlug {
    #[error(
        "expected {SLUG_CHARS_MIN} to {SLUG_CHARS_MAX} lower-case letters and digits, with single hyphens between them"
    )]
    Form,
    #[error("this name is kept for the platform")]
    Reserved,
}

impl InvalidSlug {
    const fn code(self) -> &'static str {
        match self {
            Self::Form => "invalid",
            Self::Reserved => "reserved",
        }
    }
}

impl Slug {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidSlug> {
        let fits = (SLUG_CHARS_MIN..=SLUG_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if !fits {
            return Err(InvalidSlug::Form);
        }
        let look = skeleton(text);
        if RESERVED.iter().any(|label| skeleton(label) == look) {
            return Err(InvalidSlug::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// [`Slug::parse`] of a body's field.
    pub(crate) fn parse_at(text: &str, path: &str, problems: &mut Problems) -> Option<Self> {
        let slug = Self::parse(text);
        slug.map_err(|error| problems.add(path, error.code(), error.to_string())).ok()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One form for slugs that look alike: digits that stand for letters, and no hyphens.
fn skeleton(text: &str) -> String {
    let folded = text.replace("rn", "m").replace("vv", "w");
    folded
        .chars()
        .filter(|c| *c != '-')
        .map(|c| match c {
            '0' => 'o',
            '1' | 'l' => 'i',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

/// The state of a site as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SiteState {
    Provisioning,
    Ready,
    Suspended,
    Deleted,
    Failed,
}

impl SiteState {
    const ALL: [Self; 5] =
        [Self::Provisioning, Self::Ready, Self::Suspended, Self::Deleted, Self::Failed];

    /// The words of all states, for lists.
    pub(crate) const WORDS: [&'static str; 5] = {
        let [a, b, c, d, e] = Self::ALL;
        [a.as_str(), b.as_str(), c.as_str(), d.as_str(), e.as_str()]
    };

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A site as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) id: TenantId,
    pub(crate) account: AccountId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) state: SiteState,
    /// Why an operator suspended it; kept while it is deleted, so that a restore does not lift it.
    pub(crate) reason: Option<String>,
    pub(crate) worker: WorkerId,
    pub(crate) epoch: u64,
    pub(crate) created_at: i64,
    pub(crate) erase_at: Option<i64>,
    /// What keeps its store.
    pub(crate) engine: Engine,
    /// What is to keep it: its rows are being copied.
    pub(crate) engine_next: Option<Engine>,
    /// What kept it until its rows were copied: a store that is still to be removed.
    pub(crate) engine_former: Option<Engine>,
    /// The keys of its secrets; absent until a control plane that knows of keys has started.
    pub(crate) keys: Option<ManifestKeys>,
    /// Whether secrets may lie in its store that are not sealed under the newest of them.
    pub(crate) keys_are_stale: bool,
    /// When something is to be done about them, in Unix milliseconds.
    pub(crate) keys_due_at: Option<i64>,
}

impl Site {
    /// The slug as the customer chose it. A failed site gives its slug back and keeps it here
    /// with its id behind it, so that the name is free for the next one.
    pub(crate) fn shown_slug(&self) -> &str {
        self.slug.split('!').next().unwrap_or(&self.slug)
    }

    /// What the slug column holds once provisioning has failed.
    pub(crate) fn released_slug(&self) -> String {
        format!("{}!{}", self.shown_slug(), self.id)
    }
}

/// A site on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Site)]
pub(crate) struct SiteView {
    #[schema(value_type = String, example = "ten_0123456789abcdefghjkmnpqrs")]
    id: TenantId,
    name: String,
    slug: String,
    /// The public address.
    url: String,
    /// The back office's address.
    admin_url: String,
    state: SiteState,
    /// Why it is suspended.
    reason: Option<String>,
    region: String,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339; until then a deleted site can be restored.
    restorable_until: Option<String>,
    /// The operation that brought it to this state, where one was just started.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    operation_id: Option<OperationId>,
    /// Former addresses that still lead to it; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_slugs: Option<Vec<PreviousSlugView>>,
    /// Whether a site that is ready can be served now; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<SiteHealth>,
}

/// Whether a site can be served at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SiteHealth {
    /// Its worker is there.
    Serving,
    /// Its worker cannot be reached from here; what the edges keep is answered meanwhile.
    WorkerAway,
}

impl SiteView {
    pub(crate) fn new(site: &Site, hosts: &Hosts, operation: Option<OperationId>) -> Self {
        let slug = site.shown_slug();
        Self {
            id: site.id,
            name: site.name.clone(),
            slug: slug.to_owned(),
            url: hosts.origin(&hosts.site(slug)),
            admin_url: hosts.origin(&hosts.admin(slug)),
            state: site.state,
            reason: site.reason.clone(),
            region: site.region.clone(),
            created_at: UnixMs(site.created_at).rfc3339(),
            restorable_until: site.erase_at.map(|at| UnixMs(at).rfc3339()),
            operation_id: operation,
            previous_slugs: None,
            health: None,
        }
    }

    /// The same with what is told of one site alone.
    pub(super) fn whole(self, previous: &[PreviousSlug], worker_is_there: bool) -> Self {
        let health = if worker_is_there { SiteHealth::Serving } else { SiteHealth::WorkerAway };
        Self {
            previous_slugs: Some(previous.iter().map(Into::into).collect()),
            health: Some(health).filter(|_| self.state == SiteState::Ready),
            ..self
        }
    }
}

/// A site that somebody wants.
#[derive(Debug)]
pub(crate) struct NewSite {
    pub(crate) name: String,
    pub(crate) slug: Slug,
    pub(crate) region: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSite)]
pub(crate) struct SiteBody {
    /// What people call it; 1 to 100 characters.
    pub(crate) name: String,
    /// Its label below the platform's host; 3 to 40 lower-case letters, digits and hyphens.
    pub(crate) slug: String,
    /// Where it is kept; the platform chooses when absent.
    pub(crate) region: Option<String>,
}

/// Reads a new site below a path of the body, such as `site.`.
pub(crate) fn parse_new_site(
    wire: SiteBody,
    prefix: &str,
    problems: &mut Problems,
) -> Option<NewSite> {
    let slug = Slug::parse_at(&wire.slug, &format!("{prefix}slug"), problems);
    let name = parse_name(&wire.name, &format!("{prefix}name"), problems);
    Some(NewSite { name: name?, slug: slug?, region: wire.region })
}

/// Reads what people call a site, an account or a key.
pub(crate) fn parse_name(text: &str, path: &str, problems: &mut Problems) -> Option<String> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Some(name.to_owned());
    }
    let message = format!("expected 1 to {NAME_CHARS_MAX} characters on one line");
    problems.add(path, "invalid", message);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_labels() {
        let long = "a".repeat(300);
        for text in [
            "",
            "ab",
            "A-b",
            "a_b",
            "-abc",
            "abc-",
            "a--b",
            "xn--bcher-kva",
            "аpple",
            "a b",
            "a.b",
            &long,
        ] {
            assert_eq!(Slug::parse(text), Err(InvalidSlug::Form), "{text}");
        }
        for text in ["acme", "my-shop-2", "123"] {
            assert!(Slug::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn reserved_labels_and_their_look_alikes_are_kept() {
        for text in [
            "admin",
            "adm1n",
            "a-d-m-i-n",
            "c0nsole",
            "rnedia",
            "5upport",
            "vvvvw",
            "freeh0ld",
            "api",
        ] {
            assert_eq!(Slug::parse(text), Err(InvalidSlug::Reserved), "{text}");
        }
    }
}
