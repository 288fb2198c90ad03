//! Typed, prefixed identifiers of everything that Freehold names.
//!
//! Two families, one append-only list of kinds. A [`LocalId`] is a 63-bit number issued by a
//! tenant's single writer; a [`GlobalId`] is 128 random bits issued by the control plane. On the
//! wire both are `prefix_` and fixed-width lower-case base32, so that an id of one kind can
//! neither be passed nor parsed where another belongs.

mod global;
mod kind;
mod local;
mod sequence;

pub use global::GlobalId;
pub use kind::{Kind, kinds};
pub use local::LocalId;
pub use sequence::{Sequence, Stamp};

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with \"{prefix}_\" and has {digits} characters after it")]
pub struct InvalidId {
    /// The prefix the parser expected, without the underscore.
    pub prefix: &'static str,
    /// How many base32 characters follow the prefix.
    pub digits: usize,
}

/// Control plane: a customer organisation.
pub type AccountId = GlobalId<kinds::Account>;
/// Control plane: a person in an account.
pub type MemberId = GlobalId<kinds::Member>;
/// Control plane: a signed-in browser or program of a member.
pub type SessionId = GlobalId<kinds::Session>;
/// Fleet: one tenant, which customers call their site.
pub type TenantId = GlobalId<kinds::Tenant>;
/// Fleet: one data-plane process.
pub type WorkerId = GlobalId<kinds::Worker>;
/// Fleet: one edge process.
pub type EdgeId = GlobalId<kinds::Edge>;
/// Control plane: a token with which a process joins the fleet.
pub type JoinTokenId = GlobalId<kinds::JoinToken>;
/// Control plane: one long task with steps.
pub type OperationId = GlobalId<kinds::Operation>;
/// Control plane: one mail in the outbox.
pub type MailId = GlobalId<kinds::Mail>;
/// Control plane: a hostname of a site's owner.
pub type DomainId = GlobalId<kinds::Domain>;
/// An invitation into an account.
pub type InvitationId = GlobalId<kinds::Invitation>;
/// Control plane: a sweep that migrates the stores of the fleet.
pub type UpgradeId = GlobalId<kinds::Upgrade>;
/// A key of an account.
pub type KeyId = GlobalId<kinds::Key>;

/// Tenant: a user of one site.
pub type UserId = LocalId<kinds::User>;
/// Tenant: a blog post.
pub type PostId = LocalId<kinds::Post>;
/// Tenant: one refresh-token family, which is a signed-in client.
pub type FamilyId = LocalId<kinds::Family>;
/// Tenant: a token of a user's programs.
pub type TokenId = LocalId<kinds::Token>;
/// Tenant: a saved view of a list.
pub type ViewId = LocalId<kinds::View>;
/// Tenant: work to do.
pub type JobId = LocalId<kinds::Job>;
/// Tenant: a fact in the outbox.
pub type EventId = LocalId<kinds::Event>;
