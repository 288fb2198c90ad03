//! HTTP over users for administrators: who there is, who may what, who may no longer.

use axum::extract::State;
use axum::http::StatusCode;
use freehold_api::{ApiError, Body, Command, Data, Method, Page, Path, Problems, Route, Routes};
use freehold_credentials::{Email, Password, PasswordHasher};
use freehold_idempotency::{Idempotent, KeptAnswer};
use freehold_ids::UserId;
use freehold_kernel::{Begun, Ctx};
use freehold_lists::List;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{Status, Username, hash_error};
use super::routes::UserView;
use super::service::{self, AddUser};
use super::{ManageUsers, store};
use crate::sessions::{OpenSessionsView, sessions_of};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddUser)]
pub(super) struct AddUserBody {
    email: String,
    /// 2 to 50 letters, digits, dots, hyphens or underscores.
    username: String,
    /// The word of your own role, or of one that may no more; not `owner`.
    role: String,
    /// 8 to 128 characters, not easy to guess.
    password: String,
}

impl Command for AddUser {
    type Wire = AddUserBody;

    fn parse(wire: AddUserBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        let username = problems.take("username", Username::parse(&wire.username));
        let about = [wire.email.as_str(), wire.username.as_str()];
        let password = problems.take("password", Password::accept(&wire.password, &about));
        Some(Self { email: email?, username: username?, role: wire.role, password: password? })
    }
}

#[derive(Debug)]
struct NewRole(String);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRoleBody {
    /// The word of your own role, or of one that may no more; not `owner`.
    role: String,
}

impl Command for NewRole {
    type Wire = NewRoleBody;

    fn parse(wire: NewRoleBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.role))
    }
}

#[derive(Debug)]
struct NewStatus(Status);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStatusBody {
    status: Status,
}

impl Command for NewStatus {
    type Wire = NewStatusBody;

    fn parse(wire: NewStatusBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.status))
    }
}

pub(super) fn routes(hasher: PasswordHasher) -> Vec<Route> {
    Routes::new(hasher)
        .add(Method::Get, "/api/v1/admin/users", list, |op| {
            op.summary("The site's users, newest first").returns_page_of::<UserView>()
        })
        .add(Method::Post, "/api/v1/admin/users", add, |op| {
            op.summary("Add a user").returns::<UserView>(201)
        })
        .add(Method::Get, "/api/v1/admin/users/{id}", get, |op| {
            op.summary("One user").returns::<UserView>(200)
        })
        .add(Method::Put, "/api/v1/admin/users/{id}/role", role, |op| {
            op.summary("Give somebody else another role; it is in force at once")
                .returns::<UserView>(200)
        })
        .add(Method::Put, "/api/v1/admin/users/{id}/status", status, |op| {
            op.summary("Suspend somebody else, which ends their sessions, or let them in again")
                .returns::<UserView>(200)
        })
        .add(Method::Get, "/api/v1/admin/users/{id}/sessions", sessions, |op| {
            op.summary("Where somebody is signed in, newest first").returns::<OpenSessionsView>(200)
        })
        .add(Method::Delete, "/api/v1/admin/users/{id}/sessions", end_sessions, |op| {
            op.summary("End every session of somebody else; they may sign in again")
                .returns_nothing(200)
        })
        .rows()
}

async fn list(ctx: Ctx<ManageUsers>, list: List<UserView>) -> Result<Data<Page<Value>>, ApiError> {
    let found = store::listed(&mut ctx.snapshot().await?, &list).await?;
    let views = found.rows.into_iter().map(UserView::from);
    Ok(Data::ok(found.frame.page(views)?))
}

async fn add(
    ctx: Ctx<ManageUsers>,
    State(hasher): State<PasswordHasher>,
    Idempotent { key, body: Body(command) }: Idempotent<Body<AddUser>>,
) -> Result<KeptAnswer, ApiError> {
    let hash = hasher.hash(command.password.clone()).await.map_err(hash_error)?;
    let mut tx = match ctx.begin_once(key).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let user = service::add(&ctx, &mut tx, (command, hash)).await?;
    let answer = KeptAnswer::new(StatusCode::CREATED, &UserView::from(user))?;
    Ok(tx.commit_answer(answer).await?)
}

async fn get(ctx: Ctx<ManageUsers>, Path(id): Path<UserId>) -> Result<Data<UserView>, ApiError> {
    let found = store::by_id(&mut ctx.read().await?, id).await?;
    Ok(Data::ok(found.ok_or_else(ApiError::not_found)?.into()))
}

async fn role(
    ctx: Ctx<ManageUsers>,
    Path(id): Path<UserId>,
    Body(NewRole(role)): Body<NewRole>,
) -> Result<Data<UserView>, ApiError> {
    Ok(Data::ok(service::set_role(&ctx, id, &role).await?.into()))
}

async fn status(
    ctx: Ctx<ManageUsers>,
    Path(id): Path<UserId>,
    Body(NewStatus(status)): Body<NewStatus>,
) -> Result<Data<UserView>, ApiError> {
    Ok(Data::ok(service::set_status(&ctx, id, status).await?.into()))
}

async fn sessions(
    ctx: Ctx<ManageUsers>,
    Path(id): Path<UserId>,
) -> Result<Data<OpenSessionsView>, ApiError> {
    let mut read = ctx.snapshot().await?;
    store::by_id(&mut read, id).await?.ok_or_else(ApiError::not_found)?;
    let current = ctx.actor().user().and_then(|user| user.session);
    Ok(Data::ok(sessions_of(&mut read, id, current, ctx.now()).await?))
}

async fn end_sessions(ctx: Ctx<ManageUsers>, Path(id): Path<UserId>) -> Result<Data<()>, ApiError> {
    service::end_sessions(&ctx, id).await?;
    Ok(Data::ok(()))
}
