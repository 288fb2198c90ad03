//! What callers may: permissions for actions, grants for rows and fields.
//!
//! A permission answers "may this role do this at all", a [`Grant`] "on which rows, and on which
//! fields of theirs". Built-in roles hold what permissions declare; a site's own roles have rules.

mod catalogue;
mod condition;
mod grant;
mod policy;
mod predicate;
mod subject;
#[cfg(test)]
mod tests;

use freehold_api::ApiError;
use serde::{Deserialize, Serialize};

pub use catalogue::Catalogue;
pub use condition::Condition;
pub use grant::{Grant, Readable, Shown};
pub use policy::{OwnRole, Policy, Reason, Rule};
pub use predicate::Predicate;
pub use subject::{Subject, SubjectField, SubjectFieldKind, SubjectSpec};

use crate::{Actor, Role};

/// Over which rows built-in roles hold a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Every row, or what it allows is about none.
    Every,
    /// Roles below this one over rows of their own, the others over every row.
    OwnBelow(Role),
}

/// Who holds a permission, of nobody in particular and the built-in roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// Everybody, signed in or not.
    Anyone,
    /// Users with at least this role.
    AtLeast(Role),
}

/// How far a user's program may go, from least to most. It never goes further than its user.
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
pub enum Scope {
    /// Reads what its user may read.
    Read,
    /// Changes content too.
    Write,
    /// Administers the site too.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[Self::Read, Self::Write, Self::Admin];

    /// The word in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Scope::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text)
    }
}

/// What a user's program needs for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Programs {
    /// A token with at least this scope.
    From(Scope),
    /// None may: only people who are signed in.
    Never,
}

/// A right to an action, declared by the module that has the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Its name on the wire, such as `posts.create`.
    pub name: &'static str,
    /// What it allows, for people.
    pub summary: &'static str,
    /// Who holds it.
    pub holders: Holders,
    /// Over which rows.
    pub rows: Rows,
    /// What a program of theirs needs.
    pub programs: Programs,
}

impl Permission {
    /// The first part of its name, which is what it is about.
    pub fn subject(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(subject, _)| subject)
    }

    /// The last part of its name, which is what it allows.
    pub fn action(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(_, action)| action)
    }

    /// Whether everybody holds it who is signed in, so that no rule can take it away.
    pub const fn is_everybodys(&self) -> bool {
        matches!(self.holders, Holders::Anyone | Holders::AtLeast(Role::Reader))
    }

    /// Over which rows a built-in role holds it, where it does.
    pub fn reach_of(&self, role: Role) -> Rows {
        match self.rows {
            Rows::OwnBelow(whole) if role < whole => self.rows,
            _ => Rows::Every,
        }
    }

    /// Whether the caller holds it.
    ///
    /// # Errors
    /// 401 for nobody, 403 that says what is missing for somebody.
    pub fn check(&self, actor: &Actor) -> Result<(), ApiError> {
        let role_suffices = actor.holds(self);
        let Some(user) = actor.user() else {
            return if role_suffices { Ok(()) } else { Err(ApiError::unauthorized()) };
        };
        if !role_suffices {
            return Err(ApiError::forbidden_for(self.name));
        }
        match (user.scope, self.programs) {
            (None, _) => Ok(()),
            (Some(scope), Programs::From(needed)) if scope >= needed => Ok(()),
            (Some(_), Programs::From(needed)) => Err(ApiError::scope_too_low(needed.as_str())),
            (Some(_), Programs::Never) => Err(ApiError::no_tokens()),
        }
    }
}

/// An action as a type, so that a handler's signature proves that it was asked for.
pub trait Action: Send + Sync + 'static {
    /// The right that it needs.
    const PERMISSION: Permission;
}
