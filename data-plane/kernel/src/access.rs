//! What callers may: permissions for actions, grants for rows.
//!
//! A permission answers "may this role do this at all", a [`Grant`] "on which rows". Store
//! functions over user-visible rows take a grant, so that a query cannot forget to ask.

use std::marker::PhantomData;

use freehold_db::Filter;

use crate::{Actor, Role};

/// Who holds a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// Everybody, signed in or not.
    Anyone,
    /// Users with at least this role.
    AtLeast(Role),
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
}

impl Permission {
    /// Whether the caller holds it.
    pub fn allows(&self, actor: &Actor) -> bool {
        match self.holders {
            Holders::Anyone => true,
            Holders::AtLeast(role) => actor.is_at_least(role),
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
