//! The use cases over a site's own roles. Who calls is read again in the transaction: another
//! administrator may have been faster.

use freehold_ids::UserId;
use freehold_kernel::{Ctx, Policy, Rule, Tx};

use super::model::{
    OwnRoleRow, ROLES_PER_SITE_MAX, RoleCreated, RoleDeleted, RoleError, RoleFact, RoleUpdated,
};
use super::{MANAGE, ManageRoles, store};
use crate::users::{self, Account};

/// Somebody who may change roles, with what theirs allows.
struct Changer {
    id: UserId,
    policy: Policy,
}

async fn changer(ctx: &Ctx<ManageRoles>, tx: &mut Tx) -> Result<Changer, RoleError> {
    let id = ctx.actor().user().ok_or(RoleError::NotFound)?.id;
    let found = users::store::by_id(tx, id).await?.filter(Account::is_active);
    let account = found.ok_or(RoleError::NotFound)?;
    let policy = super::policy(ctx.tenant(), &account.role).await?;
    if !policy.holds(&MANAGE) {
        return Err(RoleError::TooHigh("slug".to_owned()));
    }
    Ok(Changer { id, policy })
}

/// A role that the caller may change: their own is none.
async fn changeable(
    ctx: &Ctx<ManageRoles>,
    tx: &mut Tx,
    slug: &str,
) -> Result<(Changer, OwnRoleRow), RoleError> {
    let changer = changer(ctx, tx).await?;
    if freehold_kernel::Role::parse(slug).is_some() {
        return Err(RoleError::BuiltIn);
    }
    let row = store::by_slug(tx, slug).await?.ok_or(RoleError::NotFound)?;
    if changer.policy.slug() == slug {
        return Err(RoleError::Own);
    }
    within_reach(ctx, &changer, &store::rules(tx, slug).await?, None)?;
    Ok((changer, row))
}

/// Refuses rules that allow more than the caller has; `path` is where they stand.
fn within_reach(
    ctx: &Ctx<ManageRoles>,
    changer: &Changer,
    rules: &[Rule],
    path: Option<&str>,
) -> Result<(), RoleError> {
    let covered = |rule: &Rule| changer.policy.covers_rule(rule, ctx.catalogue());
    match rules.iter().position(|rule| !covered(rule)) {
        None => Ok(()),
        Some(place) => Err(RoleError::TooHigh(match path {
            Some(path) => format!("{path}.{place}"),
            None => "slug".to_owned(),
        })),
    }
}

/// Makes a role. The caller commits.
pub(super) async fn create(
    ctx: &Ctx<ManageRoles>,
    tx: &mut Tx,
    (slug, name, description): (String, String, Option<String>),
    rules: &[Rule],
) -> Result<OwnRoleRow, RoleError> {
    let changer = changer(ctx, tx).await?;
    within_reach(ctx, &changer, rules, Some("permissions"))?;
    if store::by_slug(tx, &slug).await?.is_some() {
        return Err(RoleError::SlugTaken);
    }
    if store::count(tx).await? >= ROLES_PER_SITE_MAX {
        return Err(RoleError::TooMany);
    }
    let now = tx.now().0;
    let row = OwnRoleRow { slug, name, description, created_at: now, updated_at: now };
    store::insert(tx, &row).await?;
    store::replace_rules(tx, &row.slug, rules).await?;
    tx.emit(&RoleCreated(RoleFact { role: row.slug.clone(), by: changer.id }))?;
    tx.compile_anew();
    Ok(row)
}

/// Calls a role something else.
pub(super) async fn rename(
    ctx: &Ctx<ManageRoles>,
    slug: &str,
    (name, description): (String, Option<String>),
) -> Result<OwnRoleRow, RoleError> {
    let mut tx = ctx.begin().await?;
    let (changer, row) = changeable(ctx, &mut tx, slug).await?;
    let row = OwnRoleRow { name, description, updated_at: tx.now().0, ..row };
    store::update(&mut tx, &row).await?;
    tx.emit(&RoleUpdated(RoleFact { role: row.slug.clone(), by: changer.id }))?;
    tx.commit().await?;
    Ok(row)
}

/// Gives a role these rules instead of the ones before; they are in force at once.
pub(super) async fn replace_rules(
    ctx: &Ctx<ManageRoles>,
    slug: &str,
    rules: &[Rule],
) -> Result<(), RoleError> {
    let mut tx = ctx.begin().await?;
    let (changer, row) = changeable(ctx, &mut tx, slug).await?;
    within_reach(ctx, &changer, rules, Some("permissions"))?;
    store::replace_rules(&mut tx, slug, rules).await?;
    let row = OwnRoleRow { updated_at: tx.now().0, ..row };
    store::update(&mut tx, &row).await?;
    tx.emit(&RoleUpdated(RoleFact { role: row.slug, by: changer.id }))?;
    tx.compile_anew();
    tx.commit().await?;
    Ok(())
}

/// Takes a role away that nobody has.
pub(super) async fn delete(ctx: &Ctx<ManageRoles>, slug: &str) -> Result<(), RoleError> {
    let mut tx = ctx.begin().await?;
    let (changer, row) = changeable(ctx, &mut tx, slug).await?;
    match store::users_in(&mut tx, slug).await? {
        0 => {}
        users => return Err(RoleError::InUse(users)),
    }
    store::delete(&mut tx, slug).await?;
    tx.emit(&RoleDeleted(RoleFact { role: row.slug, by: changer.id }))?;
    tx.compile_anew();
    tx.commit().await?;
    Ok(())
}
