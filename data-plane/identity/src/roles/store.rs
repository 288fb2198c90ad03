//! The tables of a site's own roles and of their rules, in the order in which they were written.

use std::collections::HashMap;
use std::sync::Arc;

use freehold_db::{DbError, Delete, Direction, Filter, Insert, Row, Select, Update};
use freehold_kernel::{Condition, OwnRole, Read, Rule, StoreError, Tenant, Tx};

use super::Roles;
use super::model::{OwnRoleRow, ROLES_PER_SITE_MAX, RULES_PER_ROLE_MAX};

const ROLES: &str = "roles";
const RULES: &str = "role_permissions";
/// The tables.
pub(crate) const TABLES: [&str; 2] = [ROLES, RULES];
const ROLE_COLUMNS: [&str; 5] = ["slug", "name", "description", "created_at", "updated_at"];
const RULE_COLUMNS: [&str; 6] = ["role", "place", "subject", "action", "fields", "conditions"];

fn role(row: &Row) -> Result<OwnRoleRow, StoreError> {
    Ok(OwnRoleRow {
        slug: row.get("slug")?,
        name: row.get("name")?,
        description: row.get("description")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn json<T: serde::de::DeserializeOwned>(text: Option<String>) -> Result<Option<T>, StoreError> {
    let read = text.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(|error| DbError::Shape(format!("a rule of a role: {error}")).into())
}

fn rule(row: &Row) -> Result<Rule, StoreError> {
    Ok(Rule {
        subject: row.get("subject")?,
        action: row.get("action")?,
        fields: json(row.get("fields")?)?,
        condition: json(row.get("conditions")?)?.map(Condition::stored),
    })
}

/// Every own role of a site with its rules.
pub(super) async fn load(tenant: &Tenant) -> Result<Roles, StoreError> {
    let mut read = tenant.read_as_system("load roles").await?;
    let mut rules: HashMap<String, Vec<Rule>> = HashMap::new();
    let all = Select::from(RULES, RULE_COLUMNS)
        .order("role", Direction::Ascending)
        .order("place", Direction::Ascending)
        .page(ROLES_PER_SITE_MAX * RULES_PER_ROLE_MAX, 0);
    for row in read.rows(&all).await? {
        rules.entry(row.get("role")?).or_default().push(rule(&row)?);
    }
    let with_rules = |row: OwnRoleRow| {
        let rules = rules.remove(&row.slug).unwrap_or_default();
        (row.slug.clone(), Arc::new(OwnRole { slug: row.slug, rules }))
    };
    Ok(Roles(list(&mut read).await?.into_iter().map(with_rules).collect()))
}

/// The own roles, by their names.
pub(super) async fn list(read: &mut Read) -> Result<Vec<OwnRoleRow>, StoreError> {
    let select = Select::from(ROLES, ROLE_COLUMNS)
        .order("slug", Direction::Ascending)
        .page(ROLES_PER_SITE_MAX, 0);
    read.rows(&select).await?.iter().map(role).collect()
}

pub(super) async fn by_slug(read: &mut Read, slug: &str) -> Result<Option<OwnRoleRow>, StoreError> {
    let select = Select::from(ROLES, ROLE_COLUMNS).filter(Filter::eq("slug", slug));
    read.optional(&select).await?.as_ref().map(role).transpose()
}

/// The rules of a role as the store has them now.
pub(super) async fn rules(read: &mut Read, slug: &str) -> Result<Vec<Rule>, StoreError> {
    let select = Select::from(RULES, RULE_COLUMNS)
        .filter(Filter::eq("role", slug))
        .order("place", Direction::Ascending)
        .page(RULES_PER_ROLE_MAX, 0);
    read.rows(&select).await?.iter().map(rule).collect()
}

pub(super) async fn count(read: &mut Read) -> Result<u64, StoreError> {
    read.count(&Select::count(ROLES)).await
}

/// How many users have a role.
pub(super) async fn users_in(read: &mut Read, slug: &str) -> Result<u64, StoreError> {
    read.count(&Select::count("users").filter(Filter::eq("role", slug))).await
}

/// Writes a role without rules.
pub(super) async fn insert(tx: &mut Tx, row: &OwnRoleRow) -> Result<(), StoreError> {
    let insert = Insert::into(ROLES)
        .set("slug", row.slug.as_str())
        .set("name", row.name.as_str())
        .set("description", row.description.clone())
        .set("created_at", row.created_at)
        .set("updated_at", row.updated_at);
    tx.insert(&insert).await.map(drop)
}

/// Writes what people call a role.
pub(super) async fn update(tx: &mut Tx, row: &OwnRoleRow) -> Result<(), StoreError> {
    let update = Update::table(ROLES)
        .set("name", row.name.as_str())
        .set("description", row.description.clone())
        .set("updated_at", row.updated_at)
        .filter(Filter::eq("slug", row.slug.as_str()));
    tx.update(&update).await.map(drop)
}

/// Writes a role's rules in the place of the ones before.
pub(super) async fn replace_rules(
    tx: &mut Tx,
    slug: &str,
    rules: &[Rule],
) -> Result<(), StoreError> {
    tx.delete(&Delete::from(RULES, Filter::eq("role", slug))).await?;
    for (place, rule) in (0_i64..).zip(rules) {
        let fields = rule.fields.as_ref().map(|fields| serde_json::json!(fields).to_string());
        let conditions = rule.condition.as_ref();
        let conditions = conditions.map(|found| serde_json::json!(found.written()).to_string());
        let insert = Insert::into(RULES)
            .set("role", slug)
            .set("place", place)
            .set("subject", rule.subject.as_str())
            .set("action", rule.action.as_str())
            .set("fields", fields)
            .set("conditions", conditions);
        tx.insert(&insert).await?;
    }
    Ok(())
}

/// Takes a role away, with its rules.
pub(super) async fn delete(tx: &mut Tx, slug: &str) -> Result<(), StoreError> {
    tx.delete(&Delete::from(ROLES, Filter::eq("slug", slug))).await.map(drop)
}
