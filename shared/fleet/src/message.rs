//! What the control plane and the processes of the fleet say to each other over one connection.
//!
//! A process dials the control plane, joins with a token once, and says hello with its credential
//! ever after. Fields are only added: release N reads what N-1 writes, and a message that is not
//! known is passed over.

use freehold_certificates::Identity;
use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};

use crate::{
    Address, Assignment, Engine, HandOverKey, Hosts, Provision, Route, RouteChange, UpstreamId,
};
use crate::{LinkError, Migrated, Quarantine, Resealed, SchemaCounts, StoreCheck, Tended, Tending};
use crate::{Unread, UsageReport, Whole, WorkerLoad, WrappingKey};

/// What a process of the fleet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessRole {
    /// Owns tenants' stores.
    Worker,
    /// Passes requests on.
    Edge,
}

impl ProcessRole {
    /// The word in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Edge => "edge",
        }
    }

    /// Reads [`ProcessRole::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Worker, Self::Edge].into_iter().find(|role| role.as_str() == text)
    }
}

/// What a process knows of itself after it joined; kept in its data folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its id in the fleet.
    pub id: String,
    /// Proves that it is this process.
    pub credential: String,
    /// What it presents to others over TLS; renewed whenever it connects.
    #[serde(default)]
    pub identity: Option<Identity>,
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Membership({})", self.id)
    }
}

/// How a process introduces itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Introduction {
    /// [`crate::CONTRACT_VERSION`] of the sender.
    pub version: u16,
    /// What it does.
    pub role: ProcessRole,
    /// What operators call it.
    pub name: String,
    /// Where it is.
    pub region: String,
    /// Where it takes hand-overs; `None` for an edge.
    pub address: Option<Address>,
    /// A fresh public key to be certified (SubjectPublicKeyInfo, hexadecimal DER).
    #[serde(default)]
    pub public_key: Option<String>,
    /// For a worker: the Postgres databases that it can keep tenants in, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// For a worker: under which it is told the keys of its tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapping_key: Option<WrappingKey>,
}

/// From a process to the control plane.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProcessMessage {
    /// The first time: asks to become a member of the fleet.
    Join {
        /// Who asks.
        introduction: Introduction,
        /// A join token of the right role.
        token: JoinSecret,
        /// Who it was to a control plane that has been rebuilt since, and who it wants to be again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former: Option<String>,
    },
    /// Every other time.
    Hello {
        /// Who it is.
        introduction: Introduction,
        /// As it was given.
        membership: Membership,
    },
    /// A worker has done, or could not do, what it was told.
    Done {
        /// The order's number.
        order: u64,
        /// What came of it.
        outcome: OrderOutcome,
    },
    /// An edge has a revision of the routes in force.
    InForce {
        /// The revision.
        revision: u64,
    },
    /// What the process counted. It sends the next report when this one is kept.
    Usage(UsageReport),
    /// A sign of life.
    Alive,
    /// From a newer release; passed over.
    #[serde(other)]
    Unknown,
}

/// From the control plane to a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ControlMessage {
    /// The process is a member now.
    Joined {
        /// To be kept.
        membership: Membership,
    },
    /// The process has a new credential; the old one ends when the new one is first used.
    Rotated {
        /// To be kept in place of the old one.
        membership: Membership,
    },
    /// The process is not who it says, or may not join.
    Refused {
        /// Why, for its operator.
        reason: String,
    },
    /// What the process needs before anything else.
    Welcome(Welcome),
    /// Every tenant of the worker, in parts; what no part names is no longer its own.
    Assignments {
        /// Some of them.
        part: Vec<Assignment>,
        /// Whether this is the last part.
        last: bool,
    },
    /// Something that the worker is to do.
    Order {
        /// Its number on this connection.
        order: u64,
        /// What to do.
        what: Order,
    },
    /// Every process that edges may hand requests to.
    Upstreams {
        /// All of them.
        all: Vec<Whole<UpstreamEntry>>,
    },
    /// Every route, in parts.
    Routes {
        /// The revision of this snapshot.
        revision: u64,
        /// Some of them.
        part: Vec<Whole<Route>>,
        /// Whether this is the last part.
        last: bool,
    },
    /// The next change of the routes.
    Change(RouteChange),
    /// A report of usage is written down, or was before.
    UsageKept {
        /// Its number.
        number: u64,
    },
    /// A sign of life.
    Alive,
    /// From a newer release; passed over.
    #[serde(other)]
    Unknown,
}

/// What every process is told first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// [`crate::CONTRACT_VERSION`] of the sender.
    pub version: u16,
    /// The host families.
    pub hosts: Hosts,
    /// For a worker: verifies hand-overs to it.
    pub handover_key: Option<HandOverKey>,
    /// For a worker: verifies the control plane's tickets (an Ed25519 public key, hexadecimal).
    pub ticket_key: Option<String>,
    /// The certificate over the public key that was introduced.
    #[serde(default)]
    pub certified: Option<Certified>,
    /// What a newer release says besides.
    #[serde(flatten)]
    pub unread: Unread,
}

/// A certificate, and who signed it; both hexadecimal DER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// The process's certificate.
    pub certificate: String,
    /// The authority's.
    pub authority: String,
}

/// A process that edges may hand requests to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamEntry {
    /// The name that routes use.
    pub id: UpstreamId,
    /// Where it listens.
    pub address: Address,
    /// Signs hand-overs to it.
    pub key: HandOverKey,
}

/// What a worker is told to do. Every order may be repeated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Own a tenant under this epoch and state.
    Assign(Assignment),
    /// Make a tenant's store where it is not there yet, and own it.
    Provision(Provision),
    /// Forget a tenant whose provisioning was given up or whose time is over, store and all.
    Discard {
        /// Which.
        tenant: TenantId,
        /// Under which epoch.
        epoch: u64,
    },
    /// Copy a tenant's rows into a store of another engine.
    Convert {
        /// How they are kept now; nobody uses them under it.
        assignment: Assignment,
        /// How they are to be kept.
        to: Engine,
    },
    /// Remove the store that a tenant was converted from.
    Retire {
        /// Which.
        tenant: TenantId,
        /// What kept it before.
        engine: Engine,
    },
    /// Say how busy it is.
    Load,
    /// Answer what operators ask of the work of a tenant.
    Tend {
        /// Which.
        tenant: TenantId,
        /// What they ask.
        what: Tending,
    },
    /// Bring a tenant's store to the worker's schema version.
    Migrate {
        /// Which.
        tenant: TenantId,
        /// Under which epoch.
        epoch: u64,
    },
    /// Look through a tenant's store.
    Check {
        /// Which.
        tenant: TenantId,
        /// Under which epoch.
        epoch: u64,
    },
    /// Take a tenant's store out of quarantine.
    Release {
        /// Which.
        tenant: TenantId,
        /// Under which epoch.
        epoch: u64,
    },
    /// Seal the secrets in a tenant's store under the newest of its keys.
    Reseal {
        /// Which.
        tenant: TenantId,
        /// Under which epoch.
        epoch: u64,
    },
    /// Count stores by schema version.
    Schemas,
    /// From a newer release; refused.
    #[serde(other)]
    Unknown,
}

/// What came of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum OrderOutcome {
    /// It is done.
    Done,
    /// The answer to [`Order::Load`].
    Load(WorkerLoad),
    /// The answer to [`Order::Tend`].
    Tended(Tended),
    /// The answer to [`Order::Migrate`] and [`Order::Release`].
    Migrated(Migrated),
    /// The answer to [`Order::Check`].
    Checked(StoreCheck),
    /// The answer to [`Order::Reseal`].
    Resealed(Resealed),
    /// The answer to [`Order::Schemas`].
    Schemas(SchemaCounts),
    /// The store is in quarantine; said only to orders about its schema and state.
    Quarantined(Box<Quarantine>),
    /// It is not done, and may work another time.
    Unreachable {
        /// Why, for operators.
        reason: String,
    },
    /// It cannot be done.
    Failed {
        /// Why, for operators.
        reason: String,
    },
    /// The order is older than what the worker knows.
    StaleEpoch,
}

impl From<Result<(), LinkError>> for OrderOutcome {
    fn from(result: Result<(), LinkError>) -> Self {
        result.map_or_else(Self::from, |()| Self::Done)
    }
}

impl From<LinkError> for OrderOutcome {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unreachable(reason) => Self::Unreachable { reason },
            LinkError::Failed(reason) => Self::Failed { reason },
            LinkError::StaleEpoch => Self::StaleEpoch,
            LinkError::Quarantined(quarantine) => Self::Quarantined(quarantine),
        }
    }
}

/// A join token on its way to the control plane.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JoinSecret(pub String);

impl JoinSecret {
    /// The secret itself, which is what the control plane knows.
    pub fn secret(&self) -> &str {
        self.0.split_once('.').map_or(self.0.as_str(), |(secret, _)| secret)
    }

    /// The fingerprint of the installation's authority, where the token has one.
    pub fn fingerprint(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, fingerprint)| fingerprint)
    }
}

impl std::fmt::Debug for JoinSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JoinSecret(secret)")
    }
}
