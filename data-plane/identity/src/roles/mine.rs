//! What a role allows, told by permission: to everybody what they may themselves, and to administrators
//! why somebody may do something or may not.

use freehold_api::{ApiError, Data, FieldError, Method, Params, QueryParams, Route, Routes};
use freehold_ids::UserId;
use freehold_kernel::{Ctx, Permission, Policy, Programs, Reason, Rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::RuleBody;
use super::{ManageRoles, find, policy};
use crate::users::{self, ReadOwnUser};

/// Over which rows somebody holds a permission.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PermissionRows)]
enum Reach {
    /// Every row, or it is about none.
    All,
    /// Rows of their own.
    Own,
    /// What the rules say.
    Rules,
}

/// The rule behind an answer.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PermissionReason)]
enum Because {
    /// Everybody may.
    Everybody,
    /// The built-in role says so.
    BuiltInRole,
    /// These rules of the role say so.
    Rules,
    /// No rule says so.
    Nothing,
}

/// A rule with its place in its role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlacedRolePermission)]
struct PlacedRule {
    /// Counted from 0.
    place: usize,
    #[serde(flatten)]
    rule: RuleBody,
}

/// A permission as somebody holds it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldPermission)]
struct HeldView {
    /// Such as `posts.update`.
    permission: &'static str,
    subject: &'static str,
    action: &'static str,
    summary: &'static str,
    because: Because,
    rows: Reach,
    /// The rules, where they say which rows and fields.
    rules: Vec<PlacedRule>,
}

/// What the caller may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldPermissions)]
struct HeldListView {
    /// The word of their role.
    role: String,
    items: Vec<HeldView>,
}

/// Whether somebody may do something, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
struct ExplanationView {
    /// The word of the role that was looked at.
    role: String,
    /// Over some rows and fields at least.
    allowed: bool,
    #[serde(flatten)]
    held: HeldView,
    /// The least scope of a token that may do it too; null where no token may.
    token_scope: Option<&'static str>,
}

fn held(policy: &Policy, permission: &Permission) -> (bool, HeldView) {
    let own = |rows: Rows| match rows {
        Rows::Every => Reach::All,
        Rows::OwnBelow(_) => Reach::Own,
    };
    let reason = policy.reason(permission);
    let is_allowed = reason.is_some();
    let (because, rows, rules) = match reason {
        None => (Because::Nothing, Reach::Rules, Vec::new()),
        Some(Reason::Everybody) => (Because::Everybody, own(permission.rows), Vec::new()),
        Some(Reason::BuiltIn(rows)) => (Because::BuiltInRole, own(rows), Vec::new()),
        Some(Reason::Rules(rules)) => {
            let placed = rules.into_iter();
            let placed = placed.map(|(place, rule)| PlacedRule { place, rule: rule.into() });
            (Because::Rules, Reach::Rules, placed.collect())
        }
    };
    let view = HeldView {
        permission: permission.name,
        subject: permission.subject(),
        action: permission.action(),
        summary: permission.summary,
        because,
        rows,
        rules,
    };
    (is_allowed, view)
}

pub(super) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/users/me/permissions", mine, |op| {
            op.summary("What the caller may do, with which rows and fields")
                .returns::<HeldListView>(200)
        })
        .add(Method::Get, "/api/v1/admin/rbac/explain", explain, |op| {
            op.summary("Whether a user or a role may do something, and the rule behind it")
                .returns::<ExplanationView>(200)
        })
        .rows()
}

async fn mine(ctx: Ctx<ReadOwnUser>) -> Result<Data<HeldListView>, ApiError> {
    let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
    let all = ctx.catalogue().permissions().map(|permission| held(&user.policy, permission));
    let items = all.filter_map(|(is_allowed, view)| is_allowed.then_some(view)).collect();
    Ok(Data::ok(HeldListView { role: user.policy.slug().to_owned(), items }))
}

/// Whom to explain, and what.
#[derive(Debug, Deserialize)]
struct Asked {
    permission: Option<String>,
    user: Option<String>,
    role: Option<String>,
}

impl QueryParams for Asked {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("permission", "Such as `posts.update`."),
        ("user", "A user's id; not with role."),
        ("role", "The word of a role; not with user."),
    ];
}

fn wrong(path: &str, message: &str) -> ApiError {
    let (path, code) = (path.to_owned(), "invalid".to_owned());
    ApiError::invalid(vec![FieldError { path, code, message: message.to_owned() }])
}

async fn explain(
    ctx: Ctx<ManageRoles>,
    Params(asked): Params<Asked>,
) -> Result<Data<ExplanationView>, ApiError> {
    let name = asked.permission.unwrap_or_default();
    let permission = ctx.catalogue().permission(&name);
    let permission = permission
        .ok_or_else(|| wrong("permission", "expected a permission such as posts.update"))?;
    let policy = match (asked.user, asked.role) {
        (Some(user), None) => {
            let id: UserId =
                user.parse().map_err(|_| wrong("user", "expected the id of a user"))?;
            let found = users::store::by_id(&mut ctx.read().await?, id).await?;
            policy(ctx.tenant(), &found.ok_or_else(ApiError::not_found)?.role).await?
        }
        (None, Some(role)) => find(ctx.tenant(), &role)
            .await?
            .ok_or_else(|| wrong("role", "expected a role's word"))?,
        _ => return Err(wrong("user", "expected either user or role")),
    };
    let (allowed, held) = held(&policy, permission);
    let token_scope = match permission.programs {
        Programs::From(scope) => Some(scope.as_str()),
        Programs::Never => None,
    };
    Ok(Data::ok(ExplanationView { role: policy.slug().to_owned(), allowed, held, token_scope }))
}
