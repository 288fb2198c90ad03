//! What one caller may do with the rows of one subject: which rows, and which fields of each.
//!
//! Store functions over user-visible rows take a grant, so that a query cannot forget to ask.

use std::marker::PhantomData;

use freehold_api::{ApiError, FieldError};
use freehold_db::Filter;
use serde::Serialize;
use serde_json::Value;

use super::condition::Caller;
use super::policy::Reason;
use super::predicate::Predicate;
use super::{Permission, Rows, Subject};
use crate::{Actor, Role};

/// Some rows, with the fields of theirs that one may read or write.
#[derive(Debug, Clone)]
struct Branch {
    rows: Predicate,
    /// All of them where none is named.
    fields: Option<Vec<String>>,
}

impl Branch {
    const fn whole(rows: Predicate) -> Self {
        Self { rows, fields: None }
    }
}

/// An answer about a row, as far as the caller may read it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown<V> {
    /// All of it.
    Whole(V),
    /// Without the members that show hidden fields.
    Part(Value),
}

/// The rows of a subject that one caller may see and change.
#[derive(Debug, Clone)]
pub struct Grant<S: Subject> {
    within: Predicate,
    visible: Vec<Branch>,
    changeable: Vec<Branch>,
    subject: PhantomData<fn() -> S>,
}

impl<S: Subject> Grant<S> {
    /// What everybody may see. Pages that look the same to everybody ask so; use cases get theirs
    /// from [`crate::Ctx::grant`].
    pub fn public() -> Self {
        Self::of(&Actor::Anonymous, &S::READ)
    }

    /// What this caller, and nobody else, may see, and do by this right.
    pub(crate) fn of(actor: &Actor, right: &Permission) -> Self {
        let mut visible = reach::<S>(actor, &S::READ);
        if actor.holds(&S::READ) {
            visible.push(Branch::whole(S::public()));
        }
        let is_about_these = right.subject() == S::SPEC.name && right.action() != "read";
        let changeable = if is_about_these { reach::<S>(actor, right) } else { Vec::new() };
        let within = S::within(actor.user().map(|user| user.id));
        Self { within, visible, changeable, subject: PhantomData }
    }

    /// Narrows a reading statement.
    pub fn visible(&self) -> Filter {
        self.narrowed(&self.visible)
    }

    /// Narrows a changing statement.
    pub fn changeable(&self) -> Filter {
        self.narrowed(&self.changeable)
    }

    fn narrowed(&self, branches: &[Branch]) -> Filter {
        let any = branches.iter().map(|branch| branch.rows.filter());
        any.fold(Filter::nothing(), Filter::or).and(self.within.filter())
    }

    /// The fields of a row that the caller may read.
    pub fn readable(&self, row: &S::Row) -> Readable<S> {
        Readable { fields: allowed::<S>(&self.visible, row), subject: PhantomData }
    }

    /// Whether a list may be narrowed, searched or put in order by a field: only by one that the caller
    /// may read of every row, or the order would tell what the rows do not.
    pub fn may_compare(&self, name: &str) -> bool {
        let holds = |branch: &Branch| match &branch.fields {
            None => true,
            Some(readable) => S::SPEC.fields.iter().all(|field| {
                let is_named = field.name == name || field.shown_as.contains(&name);
                !is_named || readable.iter().any(|known| known == field.name)
            }),
        };
        self.visible.iter().all(holds)
    }

    /// Whether the caller may write these fields of a row, `before` as it is, and have it be what it is
    /// then: a row that one may change cannot be made one that one may not, as row security of
    /// PostgreSQL has it.
    ///
    /// # Errors
    /// 403 that names the field, or that the row would be out of reach.
    pub fn accepts(
        &self,
        before: Option<&S::Row>,
        after: &S::Row,
        fields: &[&'static str],
    ) -> Result<(), ApiError> {
        if !self.changeable.iter().any(|branch| holds::<S>(branch, after)) {
            return Err(ApiError::forbidden());
        }
        let Some(writable) = allowed::<S>(&self.changeable, before.unwrap_or(after)) else {
            return Ok(());
        };
        let known = fields.iter().filter(|name| {
            super::subject::field(S::SPEC.fields, name).is_some_and(|field| field.written)
        });
        let refused: Vec<FieldError> = known
            .filter(|name| !writable.contains(name))
            .map(|name| FieldError {
                path: (*name).to_owned(),
                code: "forbidden_field".to_owned(),
                message: "your role does not allow writing this field".to_owned(),
            })
            .collect();
        if refused.is_empty() { Ok(()) } else { Err(ApiError::forbidden_fields(refused)) }
    }
}

/// The fields of one row that one caller may read.
#[derive(Debug)]
pub struct Readable<S: Subject> {
    /// All of them where none is named.
    fields: Option<Vec<&'static str>>,
    subject: PhantomData<fn() -> S>,
}

impl<S: Subject> Readable<S> {
    /// An answer about the row, without what the caller may not read.
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn shown<V: Serialize>(&self, view: V) -> Result<Shown<V>, ApiError> {
        let Some(readable) = &self.fields else { return Ok(Shown::Whole(view)) };
        let mut part =
            serde_json::to_value(view).map_err(|error| ApiError::internal(error.to_string()))?;
        if let Some(members) = part.as_object_mut() {
            let hidden = S::SPEC.fields.iter().filter(|field| !readable.contains(&field.name));
            for member in hidden.flat_map(|field| field.shown_as) {
                members.remove(*member);
            }
        }
        Ok(Shown::Part(part))
    }
}

fn holds<S: Subject>(branch: &Branch, row: &S::Row) -> bool {
    branch.rows.holds(&|column| S::value(row, column))
}

/// The fields that the branches which hold of a row allow together; `None` where that is all.
fn allowed<S: Subject>(branches: &[Branch], row: &S::Row) -> Option<Vec<&'static str>> {
    let mut all = Vec::new();
    for branch in branches.iter().filter(|branch| holds::<S>(branch, row)) {
        let named = branch.fields.as_ref()?;
        let fields = S::SPEC.fields.iter().map(|field| field.name);
        all.extend(fields.filter(|field| named.iter().any(|name| name == field)));
    }
    Some(all)
}

/// The rows that a right is held over.
fn reach<S: Subject>(actor: &Actor, right: &Permission) -> Vec<Branch> {
    let Some(user) = actor.user() else { return Vec::new() };
    let own = || Branch::whole(S::own(user.id));
    let by_default = || match right.reach_of(Role::Reader) {
        Rows::Every => Branch::whole(Predicate::everything()),
        Rows::OwnBelow(_) => own(),
    };
    match user.policy.reason(right) {
        None => Vec::new(),
        Some(Reason::Everybody) => vec![by_default()],
        Some(Reason::BuiltIn(Rows::Every)) => vec![Branch::whole(Predicate::everything())],
        Some(Reason::BuiltIn(Rows::OwnBelow(_))) => vec![own()],
        Some(Reason::Rules(rules)) => {
            let caller = Caller { id: user.id.number(), role: user.policy.slug() };
            let mut branches: Vec<Branch> = rules
                .into_iter()
                .map(|(_, rule)| Branch {
                    rows: match &rule.condition {
                        None => Predicate::everything(),
                        Some(condition) => condition.bind(S::SPEC.fields, &caller),
                    },
                    fields: rule.fields.clone(),
                })
                .collect();
            if right.is_everybodys() {
                branches.push(by_default());
            }
            branches
        }
    }
}
