//! Routes: which hostname leads to which tenant, on which worker, in which state.

use std::path::PathBuf;

use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};

use crate::{Hostname, Whole};

/// Which face of the platform a hostname shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The platform's own console and control API.
    Console,
    /// A site's public pages and API.
    Site,
    /// A site's back office.
    Admin,
    /// A site's uploaded files.
    Media,
}

impl Surface {
    /// The word used in headers and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Site => "site",
            Self::Admin => "admin",
            Self::Media => "media",
        }
    }

    /// Reads [`Surface::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Console, Self::Site, Self::Admin, Self::Media]
            .into_iter()
            .find(|surface| surface.as_str() == text)
    }
}

/// What the edge does with a request for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteState {
    /// Pass it on.
    Active,
    /// 402: the operator suspended the site.
    Suspended,
    /// 503 with Retry-After: the tenant is changing its worker.
    Moving,
    /// 503 with Retry-After: the site is being worked on.
    Maintenance,
    /// 404: the site was deleted and may come back.
    Deleted,
}

/// Names a process that answers hand-overs: a worker's id, or `control`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpstreamId(pub String);

impl UpstreamId {
    /// The control plane, which answers the console's hostname.
    pub fn control() -> Self {
        Self("control".into())
    }
}

/// One hostname's entry in the edge's route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The normalised name.
    pub hostname: Hostname,
    /// The face it shows.
    pub surface: Surface,
    /// The tenant behind it; `None` only on the console's route.
    pub tenant: Option<TenantId>,
    /// Who answers.
    pub upstream: UpstreamId,
    /// The placement's epoch, 0 on the console's route.
    pub epoch: u64,
    /// What to do with requests.
    pub state: RouteState,
    /// The site's own name below the platform's host, where `hostname` is a domain of its owner's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<Hostname>,
    /// The name that pages are to be read under, where it is another one than `hostname`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<Hostname>,
}

/// One message of the route feed, in force from `revision` on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteChange {
    /// [`crate::CONTRACT_VERSION`] of the sender.
    pub version: u16,
    /// Grows by one with each message.
    pub revision: u64,
    /// Routes that are new or different.
    pub put: Vec<Whole<Route>>,
    /// Names that are no longer routed.
    pub remove: Vec<Hostname>,
}

/// Where a process listens for hand-overs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// A Unix socket on the same host.
    Unix(PathBuf),
    /// TLS between certified processes, as `host:port`.
    Tls(String),
}

impl Address {
    /// Reads `unix:/path` or `tls://host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return path.starts_with('/').then(|| Self::Unix(PathBuf::from(path)));
        }
        let place = text.strip_prefix("tls://")?;
        let (host, port) = place.rsplit_once(':')?;
        let fits = !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
        fits.then(|| Self::Tls(place.to_owned()))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tls(place) => write!(f, "tls://{place}"),
        }
    }
}
