//! Sign-in tickets: how an owner enters a site without a password there.
//!
//! The control plane signs a ticket (Ed25519 JWT) for one tenant, valid for a minute; the
//! tenant's worker verifies it and consumes its id in the tenant's own store.

use freehold_credentials::TimedClaims;
use freehold_ids::{MemberId, TenantId};
use serde::{Deserialize, Serialize};

/// How long a ticket is valid.
pub const TICKET_AGE_SECONDS_MAX: u64 = 60;

/// The JWT header's `typ`, so that a ticket is never taken for another token.
pub const TICKET_TYPE: &str = "freehold-ticket+jwt";

/// The claims of a ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TicketClaims {
    /// The one tenant it opens.
    pub aud: TenantId,
    /// The member who asked for it.
    pub sub: MemberId,
    /// Its id, consumed once.
    pub jti: String,
    /// Unix seconds of issue.
    pub iat: u64,
    /// Unix seconds after which it is void.
    pub exp: u64,
    /// The member's e-mail, shown in the site.
    pub email: String,
    /// The role that the member has on the site.
    pub role: String,
}

impl TimedClaims for TicketClaims {
    fn issued_at(&self) -> u64 {
        self.iat
    }

    fn expires_at(&self) -> u64 {
        self.exp
    }
}
