//! Who calls: nobody in particular, or a user of this one tenant with a role.

use freehold_ids::{FamilyId, UserId};
use serde::{Deserialize, Serialize};

use crate::Scope;

/// What a user of a site is trusted with, from least to most.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// Their id in this tenant.
    pub id: UserId,
    /// Their role as the store has it now.
    pub role: Role,
    /// How far their program may go; `None` where they are signed in themselves.
    pub scope: Option<Scope>,
    /// The session that they are signed in by; `None` for a program.
    pub session: Option<FamilyId>,
}

/// The caller of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in user.
    User(User),
}

impl Actor {
    /// The user, if one is signed in.
    pub const fn user(&self) -> Option<User> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(*user),
        }
    }

    /// Whether the caller has at least this role.
    pub fn is_at_least(&self, role: Role) -> bool {
        self.user().is_some_and(|user| user.role >= role)
    }
}
