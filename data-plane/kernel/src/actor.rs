//! Who calls: nobody in particular, or a user of this one tenant with a role.

use freehold_ids::{FamilyId, UserId};
use serde::{Deserialize, Serialize};

use crate::Scope;
use crate::access::{Holders, Permission, Policy};

/// The roles that every site has, from least to most trusted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and, where allowed, comments.
    Reader,
    /// Writes posts of their own.
    Author,
    /// Writes anybody's posts.
    Editor,
    /// Runs the site.
    Admin,
    /// Owns the site; enters from the console.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] =
        &[Self::Reader, Self::Author, Self::Editor, Self::Admin, Self::Owner];

    /// The word in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Author => "author",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Reads [`Role::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct User {
    /// Their id in this tenant.
    pub id: UserId,
    /// What their role allows, as the store has it now.
    pub policy: Policy,
    /// How far their program may go; `None` where they are signed in themselves.
    pub scope: Option<Scope>,
    /// The session that they are signed in by; `None` for a program.
    pub session: Option<FamilyId>,
}

/// The caller of one request.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in user.
    User(User),
}

impl Actor {
    /// The user, if one is signed in.
    pub const fn user(&self) -> Option<&User> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user),
        }
    }

    /// Whether the caller's role holds a permission, however far their program may go.
    pub fn holds(&self, permission: &Permission) -> bool {
        match self {
            Self::Anonymous => permission.holders == Holders::Anyone,
            Self::User(user) => user.policy.holds(permission),
        }
    }
}
