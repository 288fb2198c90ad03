//! What a caller's role allows: a built-in role by what the permissions declare, or a role of the
//! site's own by its rules.
//!
//! A role of the site's own holds what every reader holds, and what its rules add. Who gives a role
//! to somebody must cover it, so nobody gives more than they have.

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::condition::Condition;
use super::{Holders, Permission, Rows};
use crate::Role;

/// Stands for every subject, or for every action.
const ANY: &str = "*";

/// One thing that a role of the site's own adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The subject, or `*`.
    pub subject: String,
    /// The action, or `*`.
    pub action: String,
    /// The fields that may be read, or written; all of them where none is named.
    pub fields: Option<Vec<String>>,
    /// The rows; every one where nothing is said.
    pub condition: Option<Condition>,
}

impl Rule {
    /// Whether it is about a permission.
    pub fn names(&self, permission: &Permission) -> bool {
        let (subject, action) = (permission.subject(), permission.action());
        let is = |pattern: &str, word: &str| pattern == ANY || pattern == word;
        is(&self.subject, subject) && is(&self.action, action)
    }

    /// Whether it allows all that another one does.
    fn covers(&self, other: &Self) -> bool {
        let holds = |own: &str, other: &str| own == ANY || own == other;
        let fields = match (&self.fields, &other.fields) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other.iter().all(|field| own.contains(field)),
        };
        holds(&self.subject, &other.subject)
            && holds(&self.action, &other.action)
            && fields
            && (self.condition.is_none() || self.condition == other.condition)
    }

    fn bytes(&self) -> usize {
        let fields = self.fields.iter().flatten().map(|field| field.len() + 32).sum::<usize>();
        let condition = self.condition.as_ref().map_or(0, Condition::bytes);
        size_of::<Self>() + self.subject.len() + self.action.len() + fields + condition
    }
}

/// A role of the site's own.
#[derive(Debug, PartialEq)]
pub struct OwnRole {
    /// What users have in their role, and the wire says.
    pub slug: String,
    /// What it adds to what readers hold.
    pub rules: Vec<Rule>,
}

impl OwnRole {
    /// About how much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.slug.len() + self.rules.iter().map(Rule::bytes).sum::<usize>()
    }
}

/// What somebody's role allows. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Policy {
    /// One that every site has.
    BuiltIn(Role),
    /// One of the site's own.
    Own(Arc<OwnRole>),
}

/// Why somebody holds a permission, for people.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason<'p> {
    /// Everybody does, or everybody who is signed in.
    Everybody,
    /// The built-in role does: over every row, or over its own ones.
    BuiltIn(Rows),
    /// These rules of the role, with their places.
    Rules(Vec<(usize, &'p Rule)>),
}

impl Policy {
    /// The word for the role in stores and on the wire.
    pub fn slug(&self) -> &str {
        match self {
            Self::BuiltIn(role) => role.as_str(),
            Self::Own(own) => &own.slug,
        }
    }

    /// Why the role holds a permission; `None` where it does not.
    pub fn reason(&self, permission: &Permission) -> Option<Reason<'_>> {
        let is_everybodys = permission.is_everybodys();
        match self {
            Self::BuiltIn(_) if !self.holds(permission) => None,
            Self::BuiltIn(role) => {
                let reach = permission.reach_of(*role);
                let is_readers = is_everybodys && reach == permission.reach_of(Role::Reader);
                Some(if is_readers { Reason::Everybody } else { Reason::BuiltIn(reach) })
            }
            Self::Own(own) => {
                let rules = own.rules.iter().enumerate().filter(|(_, rule)| rule.names(permission));
                let rules: Vec<_> = rules.collect();
                match (rules.is_empty(), is_everybodys) {
                    (false, _) => Some(Reason::Rules(rules)),
                    (true, true) => Some(Reason::Everybody),
                    (true, false) => None,
                }
            }
        }
    }

    /// Whether the role holds a permission, over some rows at least.
    pub fn holds(&self, permission: &Permission) -> bool {
        match (self, permission.holders) {
            (_, Holders::Anyone) => true,
            (Self::BuiltIn(role), Holders::AtLeast(least)) => *role >= least,
            (Self::Own(own), _) => {
                permission.is_everybodys() || own.rules.iter().any(|rule| rule.names(permission))
            }
        }
    }

    /// Whether the role holds a permission over every row and field.
    fn holds_whole(&self, permission: &Permission) -> bool {
        match self {
            Self::BuiltIn(role) => {
                self.holds(permission) && permission.reach_of(*role) == Rows::Every
            }
            Self::Own(own) => own.rules.iter().any(|rule| {
                rule.names(permission) && rule.fields.is_none() && rule.condition.is_none()
            }),
        }
    }

    /// Whether it allows all that another one does. Only owners cover owners; whoever runs the site
    /// covers everybody else.
    pub fn covers(&self, other: &Self, catalogue: &Catalogue) -> bool {
        match (self, other) {
            (Self::BuiltIn(own), Self::BuiltIn(other)) => own >= other,
            (Self::BuiltIn(Role::Admin | Role::Owner), Self::Own(_)) => true,
            (Self::Own(_), Self::BuiltIn(Role::Owner)) => false,
            (Self::Own(_), Self::BuiltIn(_)) => {
                let held = catalogue.permissions().filter(|permission| other.holds(permission));
                held.filter(|permission| !permission.is_everybodys())
                    .all(|permission| self.holds_whole(permission))
            }
            (_, Self::Own(other)) => {
                other.rules.iter().all(|rule| self.covers_rule(rule, catalogue))
            }
        }
    }

    /// Whether it allows all that a rule does.
    pub fn covers_rule(&self, rule: &Rule, catalogue: &Catalogue) -> bool {
        match self {
            Self::BuiltIn(Role::Admin | Role::Owner) => true,
            // What a later release adds to a wildcard may be more than this role gets.
            Self::BuiltIn(_)
                if [&rule.subject, &rule.action].into_iter().any(|word| word == ANY) =>
            {
                false
            }
            Self::BuiltIn(_) => catalogue
                .permissions()
                .filter(|permission| rule.names(permission))
                .all(|permission| self.holds_whole(permission)),
            Self::Own(own) => own.rules.iter().any(|known| known.covers(rule)),
        }
    }
}
