//! HTTP over users: so far, each sees their own.

use freehold_api::{ApiError, Data, Method, Route, Routes};
use freehold_clock::UnixMs;
use freehold_ids::UserId;
use freehold_kernel::{Ctx, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Account, ReadOwnUser, store};

/// A user as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = String, example = "usr_0c1h2b3j4k5m6")]
    id: UserId,
    email: String,
    username: String,
    role: Role,
    status: String,
    /// RFC 3339.
    created_at: String,
}

impl From<Account> for UserView {
    fn from(user: Account) -> Self {
        Self {
            id: user.id,
            email: user.email,
            username: user.username,
            role: user.role,
            status: user.status,
            created_at: UnixMs(user.created_at).rfc3339(),
        }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/users/me", me, |op| {
            op.summary("The signed-in user").returns::<UserView>(200)
        })
        .rows()
}

async fn me(ctx: Ctx<ReadOwnUser>) -> Result<Data<UserView>, ApiError> {
    let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
    let mut read = ctx.read().await?;
    let account = store::by_id(&mut read, user.id).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(Data::ok(account.into()))
}
