//! HTTP over what users change of themselves.

use std::sync::Arc;

use axum::extract::State;
use freehold_api::{ApiError, Body, Command, Data, Method, Problems, Route, Routes};
use freehold_credentials::Password;
use freehold_kernel::Ctx;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ChangeOwnUser;
use super::model::{Username, parse_bio, parse_website};
use super::routes::UserView;
use super::service::{self, ChangeProfile};
use crate::sessions::{Agent, SessionState, SessionView};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeProfile)]
pub(crate) struct ChangeProfileBody {
    /// 2 to 50 letters, digits, dots, hyphens or underscores.
    pub(crate) username: Option<String>,
    /// At most 500 characters; an empty text takes it back.
    pub(crate) bio: Option<String>,
    /// An address on the web; an empty text takes it back.
    pub(crate) website: Option<String>,
}

impl Command for ChangeProfile {
    type Wire = ChangeProfileBody;

    fn parse(wire: ChangeProfileBody, problems: &mut Problems) -> Option<Self> {
        let username = wire.username.map(|name| problems.take("username", Username::parse(&name)));
        let bio = wire.bio.map(|bio| parse_bio(&bio, problems));
        let website = wire.website.map(|website| parse_website(&website, problems));
        problems.is_empty().then_some(Self {
            username: username.flatten(),
            bio: bio.flatten(),
            website: website.flatten(),
        })
    }
}

/// The password that is, and the one that is to be.
#[derive(Debug)]
pub(crate) struct ChangePassword(pub(crate) Password, pub(crate) Password);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangePassword)]
pub(crate) struct ChangePasswordBody {
    pub(crate) old_password: String,
    /// 8 to 128 characters, not easy to guess.
    pub(crate) new_password: String,
}

impl Command for ChangePassword {
    type Wire = ChangePasswordBody;

    fn parse(wire: ChangePasswordBody, problems: &mut Problems) -> Option<Self> {
        let old = problems.take("old_password", Password::presented(&wire.old_password));
        let new = problems.take("new_password", Password::accept(&wire.new_password, &[]));
        Some(Self(old?, new?))
    }
}

pub(super) fn routes(state: Arc<SessionState>) -> Vec<Route> {
    Routes::new(state)
        .add(Method::Put, "/api/v1/users/me", change, |op| {
            op.summary("Change what one says of oneself").returns::<UserView>(200)
        })
        .add(Method::Put, "/api/v1/users/me/password", password, |op| {
            op.summary("Replace one's password; ends every session but for the new one answered")
                .returns::<SessionView>(200)
        })
        .rows()
}

async fn change(
    ctx: Ctx<ChangeOwnUser>,
    Body(command): Body<ChangeProfile>,
) -> Result<Data<UserView>, ApiError> {
    Ok(Data::ok(service::change_profile(&ctx, command).await?.into()))
}

async fn password(
    ctx: Ctx<ChangeOwnUser>,
    State(state): State<Arc<SessionState>>,
    agent: Agent,
    Body(command): Body<ChangePassword>,
) -> Result<Data<SessionView>, ApiError> {
    let user = ctx.actor().user().ok_or_else(ApiError::unauthorized)?;
    state.limit_password_change(&ctx, user.id)?;
    Ok(Data::ok(service::change_password(&ctx, state.hasher(), command, &agent).await?.into()))
}
