//! What a role of a site's own is, how one is written, and what can be wrong with it.

use std::collections::BTreeSet;

use freehold_api::{ApiError, Problems};
use freehold_ids::UserId;
use freehold_kernel::{Catalogue, Condition, Event, Policy, Role, Rule, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Own roles of one site.
pub(super) const ROLES_PER_SITE_MAX: u64 = 100;
/// Rules of one role.
pub(super) const RULES_PER_ROLE_MAX: u64 = 200;
/// Fields that one rule names.
const FIELDS_PER_RULE_MAX: usize = 100;
const SLUG_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 60;
const DESCRIPTION_CHARS_MAX: usize = 300;

/// A role of the site's own, without its rules.
#[derive(Debug, Clone)]
pub(super) struct OwnRoleRow {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

/// What a role adds to what readers may.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RolePermission)]
pub(super) struct RuleBody {
    /// What it allows, such as `update`; `*` is everything, now and in later releases.
    action: String,
    /// What it is about, such as `posts`; `*` is everything, now and in later releases.
    subject: String,
    /// The fields that may be read or written; all of them when absent.
    #[serde(default)]
    fields: Option<Vec<String>>,
    /// The rows, such as `{"author_id": "$user.id", "status": {"$in": ["draft"]}}`; every one when
    /// absent.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
}

impl From<&Rule> for RuleBody {
    fn from(rule: &Rule) -> Self {
        Self {
            action: rule.action.clone(),
            subject: rule.subject.clone(),
            fields: rule.fields.clone(),
            conditions: rule.condition.as_ref().map(|condition| condition.written().clone()),
        }
    }
}

impl RuleBody {
    /// What a built-in role holds beyond what readers do, each permission by itself.
    pub(super) fn of_built_in(role: Role, catalogue: &Catalogue) -> Vec<Self> {
        let policy = Policy::BuiltIn(role);
        let held = catalogue.permissions();
        let held = held.filter(|known| policy.holds(known) && !known.is_everybodys());
        held.map(|known| Self {
            action: known.action().to_owned(),
            subject: known.subject().to_owned(),
            fields: None,
            conditions: None,
        })
        .collect()
    }
}

/// Reads rules as they were sent.
pub(super) fn parse_rules(
    bodies: Vec<RuleBody>,
    catalogue: &Catalogue,
) -> Result<Vec<Rule>, ApiError> {
    let mut problems = Problems::default();
    if bodies.len() as u64 > RULES_PER_ROLE_MAX {
        let message = format!("expected at most {RULES_PER_ROLE_MAX} permissions");
        problems.add("permissions", "too_many", message);
    }
    problems.finish()?;
    let mut problems = Problems::default();
    let mut rules = Vec::with_capacity(bodies.len());
    for (place, body) in bodies.into_iter().enumerate() {
        let rule = Rule {
            subject: body.subject,
            action: body.action,
            fields: body.fields,
            condition: body.conditions.map(Condition::stored),
        };
        check(&rule, &format!("permissions.{place}"), catalogue, &mut problems);
        rules.push(rule);
    }
    problems.finish()?;
    Ok(rules)
}

fn check(rule: &Rule, path: &str, catalogue: &Catalogue, problems: &mut Problems) {
    let named: Vec<_> = catalogue.permissions().filter(|known| rule.names(known)).collect();
    if named.is_empty() {
        let subjects: BTreeSet<&str> =
            catalogue.permissions().map(|known| known.subject()).collect();
        if rule.subject != "*" && !subjects.contains(rule.subject.as_str()) {
            let subjects = subjects.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("expected * or one of: {subjects}");
            problems.add(&format!("{path}.subject"), "unknown_subject", message);
        } else {
            let about = catalogue.permissions();
            let about =
                about.filter(|known| rule.subject == "*" || known.subject() == rule.subject);
            let actions: BTreeSet<&str> = about.map(|known| known.action()).collect();
            let actions = actions.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("expected * or one of: {actions}");
            problems.add(&format!("{path}.action"), "unknown_action", message);
        }
        return;
    }
    let spec = catalogue.subject(&rule.subject);
    if let Some(fields) = &rule.fields {
        let known: Vec<&str> = spec
            .map(|spec| spec.fields.iter().map(|field| field.name).collect())
            .unwrap_or_default();
        let path = format!("{path}.fields");
        if known.is_empty() {
            problems.add(&path, "invalid", "expected none: this subject has no fields to choose");
        } else if fields.is_empty() || fields.len() > FIELDS_PER_RULE_MAX {
            problems.add(&path, "invalid", format!("expected 1 to {FIELDS_PER_RULE_MAX} fields"));
        } else if !fields.iter().all(|field| known.contains(&field.as_str())) {
            let message = format!("expected some of: {}", known.join(", "));
            problems.add(&path, "unknown_field", message);
        }
    }
    if let Some(condition) = &rule.condition {
        let path = format!("{path}.conditions");
        match spec.filter(|spec| !spec.fields.is_empty()) {
            Some(spec) => condition.check(spec.fields, &path, problems),
            None => {
                let message = "expected none: this subject has no rows to choose";
                problems.add(&path, "invalid", message);
            }
        }
    }
}

/// Reads a role's name.
pub(super) fn parse_name(text: &str, problems: &mut Problems) -> Option<String> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Some(name.to_owned());
    }
    problems.add("name", "invalid", format!("expected 1 to {NAME_CHARS_MAX} characters"));
    None
}

/// Reads what a role is for; an empty text is none.
pub(super) fn parse_description(
    text: Option<&str>,
    problems: &mut Problems,
) -> Option<Option<String>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let fits = |text: &str| {
        text.chars().count() <= DESCRIPTION_CHARS_MAX && !text.chars().any(char::is_control)
    };
    if text.is_none_or(fits) {
        return Some(text.map(str::to_owned));
    }
    let message = format!("expected at most {DESCRIPTION_CHARS_MAX} characters");
    problems.add("description", "invalid", message);
    None
}

/// Reads the word for a role, or makes one of its name.
pub(super) fn parse_slug(
    slug: Option<&str>,
    name: &str,
    problems: &mut Problems,
) -> Option<String> {
    let made = || {
        let words = name.to_lowercase();
        let words =
            words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let made = words.collect::<Vec<_>>().join("-");
        made.chars().take(SLUG_CHARS_MAX).collect::<String>().trim_end_matches('-').to_owned()
    };
    let slug = slug.map_or_else(made, str::to_owned);
    let is_word = |slug: &str| {
        let parts = slug.split('-');
        !slug.is_empty()
            && slug.len() <= SLUG_CHARS_MAX
            && parts.clone().all(|part| !part.is_empty())
            && parts.flat_map(str::chars).all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if Role::parse(&slug).is_some() {
        problems.add("slug", "invalid", "expected another word: a built-in role has this one");
        return None;
    }
    if !is_word(&slug) {
        let message = format!(
            "expected at most {SLUG_CHARS_MAX} lower-case letters of a to z and digits, with single \
             hyphens between them"
        );
        problems.add("slug", "invalid", message);
        return None;
    }
    Some(slug)
}

#[derive(Debug, thiserror::Error)]
pub(super) enum RoleError {
    #[error("there is no such role")]
    NotFound,
    #[error("built-in roles stay as they are")]
    BuiltIn,
    #[error("a role with this word exists already")]
    SlugTaken,
    #[error("expected at most {ROLES_PER_SITE_MAX} roles of the site's own")]
    TooMany,
    #[error("nobody changes their own role")]
    Own,
    #[error("the role allows more than your own")]
    TooHigh(String),
    #[error("{0} users have this role; give them another one first")]
    InUse(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RoleError> for ApiError {
    fn from(error: RoleError) -> Self {
        let message = error.to_string();
        match error {
            RoleError::NotFound => Self::not_found(),
            RoleError::BuiltIn => Self::conflict("built_in_role", "slug", &message),
            RoleError::SlugTaken => Self::conflict("slug_taken", "slug", &message),
            RoleError::TooMany => Self::conflict("too_many_roles", "slug", &message),
            RoleError::Own => Self::conflict("own_role", "slug", &message),
            RoleError::TooHigh(path) => Self::role_too_high(&path),
            RoleError::InUse(_) => Self::conflict("role_in_use", "slug", &message),
            RoleError::Store(error) => error.into(),
        }
    }
}

/// What happened to a role.
#[derive(Debug, Serialize)]
pub(super) struct RoleFact {
    pub(super) role: String,
    pub(super) by: UserId,
}

/// A role was made.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RoleCreated(pub(super) RoleFact);

impl Event for RoleCreated {
    const NAME: &'static str = "role.created";

    fn subject(&self) -> String {
        self.0.role.clone()
    }
}

/// A role's name or rules are others.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RoleUpdated(pub(super) RoleFact);

impl Event for RoleUpdated {
    const NAME: &'static str = "role.updated";

    fn subject(&self) -> String {
        self.0.role.clone()
    }
}

/// A role is gone.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RoleDeleted(pub(super) RoleFact);

impl Event for RoleDeleted {
    const NAME: &'static str = "role.deleted";

    fn subject(&self) -> String {
        self.0.role.clone()
    }
}
