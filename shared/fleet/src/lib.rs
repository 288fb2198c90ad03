//! The contracts between edge, worker and control plane.
//!
//! Everything that crosses a plane is a type of this crate, carries [`CONTRACT_VERSION`] where it
//! is persisted or sent, and can be serialised, so that the in-process links used by
//! `freehold up` and links over sockets are the same messages. No plane imports another.

mod assignment;
mod copy;
mod engine;
mod feed;
mod handover;
mod hostname;
mod keys;
mod manifest;
mod member;
mod message;
mod owner;
mod public;
mod route;
mod schema;
mod tending;
mod ticket;
mod unread;
mod upstreams;
mod usage;
mod versions;
pub mod wire;

pub use assignment::{
    Assignment, LinkError, Provision, SiteFacts, TenantState, WorkerLink, WorkerLoad,
};
pub use copy::{CopyError, PersistedCopy};
pub use engine::{Engine, UnknownEngine, is_database_name};
pub use feed::{ROUTE_CHANGES_PENDING_MAX, RouteFeed, RouteStream};
pub use handover::{
    HANDOVER_AGE_SECONDS_MAX, HandOver, HandOverError, HandOverKey, REQUEST_ID_HEADER, RequestLine,
    request_id,
};
pub use hostname::{Hostname, Hosts, InvalidHostname};
pub use keys::{ManifestKeys, Resealed, WrappingKey, unwrap_keys, wrap_keys};
pub use manifest::{
    MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest, ManifestDomain, ManifestError, ManifestKey,
    ManifestOwner, ManifestSlug, SealedManifest,
};
pub use member::{ConnectError, Connected, Member};
pub use message::{
    Certified, ControlMessage, Introduction, JoinSecret, Membership, Order, OrderOutcome,
    ProcessMessage, ProcessRole, UpstreamEntry, Welcome,
};
pub use owner::{OWNER_HEADER, OwnerHint};
pub use public::{
    PUBLIC_VERSION_HEADER, SHARED_BYTES_MAX, SHARED_HEADER, accepted_forms, has_already,
    has_credentials,
};
pub use route::{Address, Route, RouteChange, RouteState, Surface, UpstreamId};
pub use schema::{
    Migrated, MigrationFacts, QUARANTINED_TOLD_MAX, Quarantine, QuarantineCause, REASON_CHARS_MAX,
    SchemaCount, SchemaCounts, StoreCheck,
};
pub use tending::{
    EventFacts, JobCount, JobFacts, JobState, PROBE_JOBS_MAX, ProbeFacts, ScheduleFacts,
    SubscriberFacts, TENDED_ROWS_MAX, Tended, Tending, WorkFacts,
};
pub use ticket::{TICKET_AGE_SECONDS_MAX, TICKET_TYPE, TicketClaims};
pub use unread::{Unread, Whole};
pub use upstreams::Upstreams;
pub use usage::{Counts, Meter, REPORT_TENANTS_MAX, Reports, TenantUsage, UsageReport};
pub use versions::{
    ListenerMessage, SubscribeError, VERSIONS_ALIVE_SECONDS, VERSIONS_PATH,
    VERSIONS_PER_MESSAGE_MAX, VERSIONS_PROTOCOL, VERSIONS_SILENCE_SECONDS_MAX, VersionsMessage,
    subscribe, verify_subscription, wants_versions,
};

/// The version that this release writes; it reads this one and the one before.
pub const CONTRACT_VERSION: u16 = 1;
