//! What callers may: permissions for actions, grants for rows.
//!
//! A permission answers "may this role do this at all", a [`Grant`] "on which rows". Store
//! functions over user-visible rows take a grant, so that a query cannot forget to ask.

use std::marker::PhantomData;

use freehold_api::ApiError;
use freehold_db::Filter;
use serde::{Deserialize, Serialize};

use crate::{Actor, Role};

/// Who holds a permission.
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
    /// What a program of theirs needs.
    pub programs: Programs,
}

impl Permission {
    /// Whether the caller holds it.
    ///
    /// # Errors
    /// 401 for nobody, 403 that says what is missing for somebody.
    pub fn check(&self, actor: &Actor) -> Result<(), ApiError> {
        let role_suffices = match self.holders {
            Holders::Anyone => true,
            Holders::AtLeast(role) => actor.is_at_least(role),
        };
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

/// A set of user-visible rows, with the rule for who sees and changes which.
pub trait Subject: Send + Sync + 'static {
    /// The rows that this caller may see.
    fn visible(actor: &Actor) -> Filter;

    /// The rows that this caller may change or delete.
    fn changeable(actor: &Actor) -> Filter;
}

/// The rows of a subject that one caller may see and change.
#[derive(Debug, Clone)]
pub struct Grant<S: Subject> {
    visible: Filter,
    changeable: Filter,
    subject: PhantomData<S>,
}

impl<S: Subject> Grant<S> {
    /// What this caller, and nobody else, may see and change. Use cases get theirs from
    /// [`crate::Ctx::grant`]; pages that look the same to everybody ask as an anonymous reader.
    pub fn of(actor: &Actor) -> Self {
        Self { visible: S::visible(actor), changeable: S::changeable(actor), subject: PhantomData }
    }

    /// Narrows a reading statement.
    pub fn visible(&self) -> Filter {
        self.visible.clone()
    }

    /// Narrows a changing statement.
    pub fn changeable(&self) -> Filter {
        self.changeable.clone()
    }
}
