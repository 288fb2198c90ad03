//! HTTP over roles: what there is to give, the built-in roles and the site's own, and their rules.

use axum::http::StatusCode;
use freehold_api::{ApiError, Body, Command, Data, Method, Path, Problems, Route, Routes};
use freehold_clock::UnixMs;
use freehold_idempotency::{Idempotent, KeptAnswer};
use freehold_kernel::{Begun, Ctx, Policy, Role, SubjectField, SubjectFieldKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{
    OwnRoleRow, RoleError, RuleBody, parse_description, parse_name, parse_rules, parse_slug,
};
use super::{ManageRoles, service, store};

/// A role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteRole)]
struct RoleView {
    /// What users have in `role`.
    slug: String,
    /// What people call it; a built-in one has its slug here.
    name: String,
    description: Option<String>,
    /// Whether every site has it, as it is.
    built_in: bool,
    /// How many users have it.
    users: u64,
    /// RFC 3339; null for a built-in one.
    created_at: Option<String>,
    /// RFC 3339; null for a built-in one.
    updated_at: Option<String>,
}

/// Every role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteRoles)]
struct RolesView {
    /// The built-in ones from least to most, then the site's own by their slugs.
    items: Vec<RoleView>,
}

/// What a role allows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RolePermissions)]
struct RulesView {
    /// For a built-in role what it holds, be it over its own rows only.
    permissions: Vec<RuleBody>,
}

/// A field that rules may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubjectField)]
struct FieldView {
    name: &'static str,
    /// `text`, `int`, `bool`, `time`, `word` or `user`.
    kind: &'static str,
    /// The words of a field of words.
    words: Option<&'static [&'static str]>,
    /// Whether conditions may name it.
    compared: bool,
    /// Whether requests can write it.
    written: bool,
}

impl From<&SubjectField> for FieldView {
    fn from(field: &SubjectField) -> Self {
        let words = match field.kind {
            SubjectFieldKind::Word(words) => Some(words),
            _ => None,
        };
        Self {
            name: field.name,
            kind: field.kind.as_str(),
            words,
            compared: field.compared.is_some(),
            written: field.written,
        }
    }
}

/// An action that rules may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubjectAction)]
struct ActionView {
    name: &'static str,
    summary: &'static str,
    /// Whether everybody who is signed in holds it anyway.
    everybody: bool,
    /// The built-in roles that hold it, over some rows at least.
    held_by: Vec<Role>,
}

/// Something that rules may be about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSubject)]
struct SubjectView {
    name: &'static str,
    actions: Vec<ActionView>,
    /// None where rules allow all of it or nothing.
    fields: Vec<FieldView>,
}

/// All that roles can be given.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleCatalogue)]
struct CatalogueView {
    subjects: Vec<SubjectView>,
}

#[derive(Debug)]
struct CreateRole {
    slug: String,
    name: String,
    description: Option<String>,
    permissions: Vec<RuleBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateRole)]
struct CreateRoleBody {
    /// 1 to 60 characters.
    name: String,
    /// Made from the name when absent; it never changes.
    slug: Option<String>,
    /// At most 300 characters.
    description: Option<String>,
    /// At most 200; none when absent.
    #[serde(default)]
    permissions: Vec<RuleBody>,
}

impl Command for CreateRole {
    type Wire = CreateRoleBody;

    fn parse(wire: CreateRoleBody, problems: &mut Problems) -> Option<Self> {
        let name = parse_name(&wire.name, problems);
        let slug = parse_slug(wire.slug.as_deref(), &wire.name, problems);
        let description = parse_description(wire.description.as_deref(), problems);
        let permissions = wire.permissions;
        Some(Self { slug: slug?, name: name?, description: description?, permissions })
    }
}

#[derive(Debug)]
struct RenameRole(String, Option<String>);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateRole)]
struct UpdateRoleBody {
    /// 1 to 60 characters.
    name: String,
    /// At most 300 characters.
    description: Option<String>,
}

impl Command for RenameRole {
    type Wire = UpdateRoleBody;

    fn parse(wire: UpdateRoleBody, problems: &mut Problems) -> Option<Self> {
        let name = parse_name(&wire.name, problems);
        let description = parse_description(wire.description.as_deref(), problems);
        Some(Self(name?, description?))
    }
}

#[derive(Debug)]
struct ReplaceRules(Vec<RuleBody>);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplaceRolePermissions)]
struct ReplaceRulesBody {
    /// At most 200, in the place of the ones before.
    permissions: Vec<RuleBody>,
}

impl Command for ReplaceRules {
    type Wire = ReplaceRulesBody;

    fn parse(wire: ReplaceRulesBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.permissions))
    }
}

const ROLE: &str = "/api/v1/admin/rbac/roles/{slug}";
const RULES: &str = "/api/v1/admin/rbac/roles/{slug}/permissions";

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/admin/rbac/catalogue", catalogue, |op| {
            op.summary("All that roles can be given").returns::<CatalogueView>(200)
        })
        .add(Method::Get, "/api/v1/admin/rbac/roles", list, |op| {
            op.summary("The roles of the site").returns::<RolesView>(200)
        })
        .add(Method::Post, "/api/v1/admin/rbac/roles", create, |op| {
            op.summary("Make a role that allows no more than your own").returns::<RoleView>(201)
        })
        .add(Method::Get, ROLE, get, |op| op.summary("One role").returns::<RoleView>(200))
        .add(Method::Put, ROLE, rename, |op| {
            op.summary("Call a role of the site's own something else").returns::<RoleView>(200)
        })
        .add(Method::Delete, ROLE, delete, |op| {
            op.summary("Delete a role of the site's own that nobody has").returns_nothing(200)
        })
        .add(Method::Get, RULES, rules, |op| {
            op.summary("What a role adds to what readers may").returns::<RulesView>(200)
        })
        .add(Method::Put, RULES, replace_rules, |op| {
            op.summary("Give a role these permissions; they are in force at once")
                .returns::<RulesView>(200)
        })
        .rows()
}

async fn catalogue(ctx: Ctx<ManageRoles>) -> Result<Data<CatalogueView>, ApiError> {
    let catalogue = ctx.catalogue();
    let mut subjects: Vec<SubjectView> = Vec::new();
    for permission in catalogue.permissions() {
        let roles = Role::ALL.iter().copied();
        let held_by = roles.filter(|role| Policy::BuiltIn(*role).holds(permission)).collect();
        let action = ActionView {
            name: permission.action(),
            summary: permission.summary,
            everybody: permission.is_everybodys(),
            held_by,
        };
        match subjects.iter_mut().find(|subject| subject.name == permission.subject()) {
            Some(subject) => subject.actions.push(action),
            None => {
                let name = permission.subject();
                let spec = catalogue.subject(name);
                let fields = spec.map(|spec| spec.fields.iter().map(FieldView::from).collect());
                let (actions, fields) = (vec![action], fields.unwrap_or_default());
                subjects.push(SubjectView { name, actions, fields });
            }
        }
    }
    Ok(Data::ok(CatalogueView { subjects }))
}

fn built_in(role: Role, users: u64) -> RoleView {
    RoleView {
        slug: role.as_str().to_owned(),
        name: role.as_str().to_owned(),
        description: None,
        built_in: true,
        users,
        created_at: None,
        updated_at: None,
    }
}

fn own(row: OwnRoleRow, users: u64) -> RoleView {
    RoleView {
        slug: row.slug,
        name: row.name,
        description: row.description,
        built_in: false,
        users,
        created_at: Some(UnixMs(row.created_at).rfc3339()),
        updated_at: Some(UnixMs(row.updated_at).rfc3339()),
    }
}

async fn list(ctx: Ctx<ManageRoles>) -> Result<Data<RolesView>, ApiError> {
    let mut read = ctx.snapshot().await?;
    let mut items = Vec::new();
    for role in Role::ALL.iter().copied() {
        items.push(built_in(role, store::users_in(&mut read, role.as_str()).await?));
    }
    for row in store::list(&mut read).await? {
        let users = store::users_in(&mut read, &row.slug).await?;
        items.push(own(row, users));
    }
    Ok(Data::ok(RolesView { items }))
}

async fn create(
    ctx: Ctx<ManageRoles>,
    Idempotent { key, body: Body(command) }: Idempotent<Body<CreateRole>>,
) -> Result<KeptAnswer, ApiError> {
    let rules = parse_rules(command.permissions, ctx.catalogue())?;
    let mut tx = match ctx.begin_once(key).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let about = (command.slug, command.name, command.description);
    let row = service::create(&ctx, &mut tx, about, &rules).await?;
    let answer = KeptAnswer::new(StatusCode::CREATED, &own(row, 0))?;
    Ok(tx.commit_answer(answer).await?)
}

async fn get(ctx: Ctx<ManageRoles>, Path(slug): Path<String>) -> Result<Data<RoleView>, ApiError> {
    let mut read = ctx.snapshot().await?;
    let users = store::users_in(&mut read, &slug).await?;
    if let Some(role) = Role::parse(&slug) {
        return Ok(Data::ok(built_in(role, users)));
    }
    let row = store::by_slug(&mut read, &slug).await?.ok_or_else(ApiError::not_found)?;
    Ok(Data::ok(own(row, users)))
}

async fn rename(
    ctx: Ctx<ManageRoles>,
    Path(slug): Path<String>,
    Body(RenameRole(name, description)): Body<RenameRole>,
) -> Result<Data<RoleView>, ApiError> {
    let row = service::rename(&ctx, &slug, (name, description)).await?;
    let users = store::users_in(&mut ctx.read().await?, &slug).await?;
    Ok(Data::ok(own(row, users)))
}

async fn delete(ctx: Ctx<ManageRoles>, Path(slug): Path<String>) -> Result<Data<()>, ApiError> {
    service::delete(&ctx, &slug).await?;
    Ok(Data::ok(()))
}

async fn rules(
    ctx: Ctx<ManageRoles>,
    Path(slug): Path<String>,
) -> Result<Data<RulesView>, ApiError> {
    let permissions = if let Some(role) = Role::parse(&slug) {
        RuleBody::of_built_in(role, ctx.catalogue())
    } else {
        let mut read = ctx.snapshot().await?;
        store::by_slug(&mut read, &slug).await?.ok_or(RoleError::NotFound)?;
        store::rules(&mut read, &slug).await?.iter().map(RuleBody::from).collect()
    };
    Ok(Data::ok(RulesView { permissions }))
}

async fn replace_rules(
    ctx: Ctx<ManageRoles>,
    Path(slug): Path<String>,
    Body(ReplaceRules(bodies)): Body<ReplaceRules>,
) -> Result<Data<RulesView>, ApiError> {
    let rules = parse_rules(bodies, ctx.catalogue())?;
    service::replace_rules(&ctx, &slug, &rules).await?;
    Ok(Data::ok(RulesView { permissions: rules.iter().map(RuleBody::from).collect() }))
}
