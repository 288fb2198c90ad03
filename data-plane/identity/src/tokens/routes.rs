//! HTTP over one's own tokens: listed without their secrets, made, revoked. A secret leaves once, in the
//! answer that makes it.

use freehold_api::{
    ApiError, Body, Command, Data, FieldError, Method, Path, Problems, Route, Routes,
};
use freehold_clock::UnixMs;
use freehold_credentials::{Networks, Opaque};
use freehold_ids::{TokenId, UserId};
use freehold_kernel::{Ctx, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ManageOwnTokens;
use super::store::{self, PREFIX, TOKENS_PER_USER_MAX, Token};

/// Characters of a secret that are kept to tell it by, `fht_` among them.
const PREFIX_CHARS: usize = 12;
const NAME_CHARS_MAX: usize = 100;

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiToken)]
struct TokenView {
    #[schema(value_type = String)]
    id: TokenId,
    name: String,
    /// What its secret begins with.
    prefix: String,
    /// Each holds the ones before it: `read`, `write`, `admin`.
    scopes: Vec<Scope>,
    /// From where it may be used; from everywhere where none is named.
    networks: Vec<String>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339, exact to a minute.
    last_used_at: Option<String>,
    /// RFC 3339; null where it does not end.
    expires_at: Option<String>,
}

impl From<&Token> for TokenView {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            prefix: token.prefix.clone(),
            scopes: token.scopes.clone(),
            networks: token.networks.texts(),
            created_at: UnixMs(token.created_at).rfc3339(),
            last_used_at: token.last_used_at.map(|at| UnixMs(at).rfc3339()),
            expires_at: token.expires_at.map(|at| UnixMs(at).rfc3339()),
        }
    }
}

/// A user's tokens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiTokens)]
struct TokensView {
    /// Newest first.
    items: Vec<TokenView>,
}

/// A new token with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewApiToken)]
struct NewToken {
    #[serde(flatten)]
    about: TokenView,
    /// For `Authorization: Bearer`.
    token: String,
}

#[derive(Debug)]
struct CreateToken {
    name: String,
    scopes: Vec<Scope>,
    networks: Networks,
    expires_at: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateApiToken)]
struct CreateTokenBody {
    /// 1 to 100 characters.
    name: String,
    /// At least one of `read`, `write` and `admin`.
    scopes: Vec<Scope>,
    /// Addresses and networks (CIDR) that it may be used from, at most 20; from everywhere when empty.
    #[serde(default)]
    networks: Vec<String>,
    /// RFC 3339, in the future; it does not end when absent.
    expires_at: Option<String>,
}

impl Command for CreateToken {
    type Wire = CreateTokenBody;

    fn parse(wire: CreateTokenBody, problems: &mut Problems) -> Option<Self> {
        let name = wire.name.trim().to_owned();
        let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            let message = format!("expected 1 to {NAME_CHARS_MAX} characters on one line");
            problems.add("name", "invalid", message);
        }
        let mut scopes = wire.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            problems.add("scopes", "missing", "expected at least one of read, write and admin");
        }
        let networks = Networks::parse(&wire.networks)
            .map_err(|error| {
                let path = format!("networks[{}]", error.index);
                problems.add(&path, "invalid", error.to_string());
            })
            .unwrap_or_default();
        let expires_at = wire.expires_at.as_deref().map(UnixMs::parse_rfc3339);
        if expires_at.is_some_and(|at| at.is_none()) {
            let message = "expected a time such as 2027-01-31T00:00:00Z";
            problems.add("expires_at", "invalid", message);
        }
        let expires_at = expires_at.flatten().map(|at| at.0);
        problems.is_empty().then_some(Self { name, scopes, networks, expires_at })
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/tokens", list, |op| {
            op.summary("One's own API tokens, newest first").returns::<TokensView>(200)
        })
        .add(Method::Post, "/api/v1/tokens", create, |op| {
            op.summary("Make an API token; its secret is shown this once").returns::<NewToken>(201)
        })
        .add(Method::Delete, "/api/v1/tokens/{id}", revoke, |op| {
            op.summary("Revoke an API token of one's own; it is void at once").returns_nothing(200)
        })
        .rows()
}

fn caller(ctx: &Ctx<ManageOwnTokens>) -> Result<UserId, ApiError> {
    Ok(ctx.actor().user().ok_or_else(ApiError::unauthorized)?.id)
}

async fn list(ctx: Ctx<ManageOwnTokens>) -> Result<Data<TokensView>, ApiError> {
    let tokens = store::list(&mut ctx.read().await?, caller(&ctx)?).await?;
    Ok(Data::ok(TokensView { items: tokens.iter().map(Into::into).collect() }))
}

async fn create(
    ctx: Ctx<ManageOwnTokens>,
    Body(command): Body<CreateToken>,
) -> Result<Data<NewToken>, ApiError> {
    let user = caller(&ctx)?;
    if command.expires_at.is_some_and(|at| at <= ctx.now().0) {
        let (path, code) = ("expires_at".to_owned(), "past".to_owned());
        let message = "expected a time in the future".to_owned();
        return Err(ApiError::invalid(vec![FieldError { path, code, message }]));
    }
    let secret = Opaque::from_random(PREFIX, ctx.clock().random());
    let mut tx = ctx.begin().await?;
    if store::count(&mut tx, user).await? >= TOKENS_PER_USER_MAX {
        let message = format!("a user has at most {TOKENS_PER_USER_MAX} tokens; revoke one first");
        return Err(ApiError::conflict("too_many_tokens", "name", &message));
    }
    let token = Token {
        id: tx.issue(),
        user,
        name: command.name,
        prefix: secret.reveal().chars().take(PREFIX_CHARS).collect(),
        scopes: command.scopes,
        networks: command.networks,
        created_at: tx.now().0,
        last_used_at: None,
        expires_at: command.expires_at,
    };
    store::insert(&mut tx, &token, &secret).await?;
    tx.commit().await?;
    let new = NewToken { about: TokenView::from(&token), token: secret.reveal().to_owned() };
    Ok(Data::created(new))
}

async fn revoke(ctx: Ctx<ManageOwnTokens>, Path(id): Path<TokenId>) -> Result<Data<()>, ApiError> {
    let user = caller(&ctx)?;
    let mut tx = ctx.begin().await?;
    if !store::delete(&mut tx, user, id).await? {
        return Err(ApiError::not_found());
    }
    tx.commit().await?;
    Ok(Data::ok(()))
}
