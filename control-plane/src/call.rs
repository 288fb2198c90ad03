//! Who calls the control API, and the proof that they may.
//!
//! The gate verifies the edge's hand-over, finds the caller by session, key or operator token, and
//! refuses unsafe requests that a foreign page made with the browser's cookie. `Call<R>` is made
//! only for a caller who holds the right `R`.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_api::{Access, ApiError, Argument, Operation};
use freehold_clock::Clock;
use freehold_credentials::Opaque;
use freehold_db::Database;
use freehold_fleet::{HandOver, HandOverKey, Hosts, RequestLine};
use freehold_ids::{AccountId, KeyId, MemberId, SessionId};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::accounts::{Permission, Role, sessions};
use crate::keys;
use crate::secrets::OPERATOR_PREFIX;
use crate::store;

/// The cookie that holds a session's token.
pub(crate) const SESSION_COOKIE: &str = "__Host-freehold_session";

/// Somebody who acts in an account.
#[derive(Debug, Clone)]
pub(crate) struct MemberCaller {
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) who: Who,
}

/// What acts in an account: a person, or a program with a key.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Person(Person),
    Key(KeyId),
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) member: MemberId,
    pub(crate) session: SessionId,
    pub(crate) email: String,
    pub(crate) verified: bool,
}

impl MemberCaller {
    /// Whether the caller's role, and what the caller is, allow this.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        let suits = matches!(self.who, Who::Person(_)) || !permission.is_for_people();
        suits && self.role.may(permission)
    }

    /// The person, where the caller is one.
    pub(crate) fn person(&self) -> Result<&Person, ApiError> {
        match &self.who {
            Who::Person(person) => Ok(person),
            Who::Key(_) => Err(ApiError::forbidden()),
        }
    }

    /// The name under which the keys of repeated requests are kept: each caller's own, in each
    /// account.
    pub(crate) fn name(&self) -> String {
        match &self.who {
            Who::Person(person) => format!("{} in {}", person.member, self.account),
            Who::Key(key) => key.to_string(),
        }
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    Nobody,
    Member(MemberCaller),
    Operator,
}

/// A right to call an operation, as a type.
pub(crate) trait Right: Send + Sync + 'static {
    /// Its name on the wire; `None` when everybody may.
    const NAME: Option<&'static str>;

    /// Whether the caller holds it.
    fn held_by(caller: &Caller) -> bool;
}

/// Everybody may.
#[derive(Debug)]
pub(crate) struct Anyone;

impl Right for Anyone {
    const NAME: Option<&'static str> = None;

    fn held_by(_caller: &Caller) -> bool {
        true
    }
}

/// A right that roles have, as a type.
pub(crate) trait RoleRight: Send + Sync + 'static {
    /// Which.
    const PERMISSION: Permission;
}

impl<R: RoleRight> Right for R {
    const NAME: Option<&'static str> = Some(R::PERMISSION.as_str());

    fn held_by(caller: &Caller) -> bool {
        matches!(caller, Caller::Member(member) if member.may(R::PERMISSION))
    }
}

/// Those may who see the account's sites, their domains and operations.
#[derive(Debug)]
pub(crate) struct CanReadSites;

impl RoleRight for CanReadSites {
    const PERMISSION: Permission = Permission::SitesRead;
}

/// Those may who create and change the account's sites.
#[derive(Debug)]
pub(crate) struct CanWriteSites;

impl RoleRight for CanWriteSites {
    const PERMISSION: Permission = Permission::SitesWrite;
}

/// People may who change the account's sites: a ticket signs a person in.
#[derive(Debug)]
pub(crate) struct CanEnterSites;

impl Right for CanEnterSites {
    const NAME: Option<&'static str> = CanWriteSites::NAME;

    fn held_by(caller: &Caller) -> bool {
        CanWriteSites::held_by(caller) && AsPerson::held_by(caller)
    }
}

/// Those may who delete the account's sites.
#[derive(Debug)]
pub(crate) struct CanDeleteSites;

impl RoleRight for CanDeleteSites {
    const PERMISSION: Permission = Permission::SitesDelete;
}

/// Those may who see what the account's sites use.
#[derive(Debug)]
pub(crate) struct CanReadUsage;

impl RoleRight for CanReadUsage {
    const PERMISSION: Permission = Permission::UsageRead;
}

/// Those may who see who is in the account.
#[derive(Debug)]
pub(crate) struct CanReadMembers;

impl RoleRight for CanReadMembers {
    const PERMISSION: Permission = Permission::MembersRead;
}

/// People may who let others in and out of the account.
#[derive(Debug)]
pub(crate) struct CanWriteMembers;

impl RoleRight for CanWriteMembers {
    const PERMISSION: Permission = Permission::MembersWrite;
}

/// People may who make and revoke the account's keys.
#[derive(Debug)]
pub(crate) struct CanWriteKeys;

impl RoleRight for CanWriteKeys {
    const PERMISSION: Permission = Permission::KeysWrite;
}

/// Those may who change the account itself.
#[derive(Debug)]
pub(crate) struct CanWriteAccount;

impl RoleRight for CanWriteAccount {
    const PERMISSION: Permission = Permission::AccountWrite;
}

/// Operators may too.
#[derive(Debug)]
pub(crate) struct OrOperator<R>(PhantomData<R>);

impl<R: RoleRight> Right for OrOperator<R> {
    const NAME: Option<&'static str> = R::NAME;

    fn held_by(caller: &Caller) -> bool {
        matches!(caller, Caller::Operator) || R::held_by(caller)
    }
}

/// People may, whatever their role.
#[derive(Debug)]
pub(crate) struct AsPerson;

impl Right for AsPerson {
    const NAME: Option<&'static str> = Some("person");

    fn held_by(caller: &Caller) -> bool {
        matches!(caller, Caller::Member(member) if member.person().is_ok())
    }
}

/// Whoever acts in an account may, people and keys.
#[derive(Debug)]
pub(crate) struct AsMember;

impl Right for AsMember {
    const NAME: Option<&'static str> = Some("member");

    fn held_by(caller: &Caller) -> bool {
        matches!(caller, Caller::Member(_))
    }
}

/// Operators may.
#[derive(Debug)]
pub(crate) struct AsOperator;

impl Right for AsOperator {
    const NAME: Option<&'static str> = Some("operator");

    fn held_by(caller: &Caller) -> bool {
        matches!(caller, Caller::Operator)
    }
}

/// A request whose caller holds `R`.
#[derive(Debug)]
pub(crate) struct Call<R: Right> {
    caller: Caller,
    handover: Arc<HandOver>,
    right: PhantomData<R>,
}

impl<R: Right> Call<R> {
    /// Who calls.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The client's address, as the edge saw it.
    pub(crate) fn client(&self) -> std::net::IpAddr {
        self.handover.client
    }

    /// The caller, who acts in an account.
    pub(crate) fn member(&self) -> Result<&MemberCaller, ApiError> {
        match &self.caller {
            Caller::Member(member) => Ok(member),
            Caller::Nobody | Caller::Operator => Err(ApiError::unauthorized()),
        }
    }
}

impl<S: Send + Sync, R: Right> FromRequestParts<S> for Call<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let (caller, handover) = parts
            .extensions
            .get::<(Caller, Arc<HandOver>)>()
            .cloned()
            .ok_or_else(|| ApiError::internal("a route outside the gate"))?;
        if R::held_by(&caller) {
            return Ok(Self { caller, handover, right: PhantomData });
        }
        Err(match caller {
            Caller::Nobody => ApiError::unauthorized(),
            Caller::Member(_) => lacks(R::NAME.unwrap_or_default()),
            Caller::Operator => ApiError::forbidden(),
        })
    }
}

/// 403 that names what is missing.
pub(crate) fn lacks(right: &str) -> ApiError {
    let message = format!("your role does not allow this: it needs the right {right}");
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
}

impl<R: Right> Argument for Call<R> {
    fn describe(operation: &mut Operation) {
        operation.access = R::NAME.map_or(Access::Open, Access::Permission);
    }
}

/// What the gate needs.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) key: HandOverKey,
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) hosts: Hosts,
    pub(crate) operator_hash: Arc<str>,
    pub(crate) tasks: TaskTracker,
}

/// The layer before every handler.
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let request_id = freehold_fleet::request_id(request.headers());
    let span = tracing::info_span!("control", request_id);
    let answer = async {
        match gate.check(request).await {
            Ok(request) => gate.run(request, next).await,
            Err(error) => error.into_response(),
        }
    };
    let response = answer.instrument(span).await;
    metrics::counter!("freehold_control_requests_total").increment(1);
    tracing::debug!(
        target: "freehold::control::access",
        request_id,
        status = response.status().as_u16()
    );
    response
}

impl Gate {
    async fn check(&self, request: Request) -> Result<Request, ApiError> {
        let line = RequestLine::of(request.method(), request.uri());
        let now = self.clock.now();
        let handover = HandOver::verify(request.headers(), &self.key, line, now.seconds())
            .map_err(|error| {
                tracing::warn!(%error, "refused a request that is no hand-over");
                ApiError::new(
                    StatusCode::FORBIDDEN,
                    "not_a_handover",
                    "requests come through the edge only",
                )
            })?;
        let (mut parts, body) = request.into_parts();
        let caller = self.caller(&parts.method, &parts.headers, handover.client).await?;
        parts.extensions.insert((caller, Arc::new(handover)));
        Ok(Request::from_parts(parts, body))
    }

    async fn caller(
        &self,
        method: &Method,
        headers: &HeaderMap,
        client: IpAddr,
    ) -> Result<Caller, ApiError> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
            let token = token.ok_or_else(ApiError::unauthorized)?;
            return match self.identify(token, client).await? {
                Caller::Nobody => Err(ApiError::unauthorized()),
                known => Ok(known),
            };
        }
        let Some(token) = cookie(headers, SESSION_COOKIE) else { return Ok(Caller::Nobody) };
        if !is_safe(method) && !self.is_own_page(headers) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "cross_site",
                "another site's page may not do this with your session",
            ));
        }
        // A cookie that has expired is no mistake of the caller's.
        self.identify(token, client).await
    }

    async fn identify(&self, token: &str, client: IpAddr) -> Result<Caller, ApiError> {
        if let Some(operator) = Opaque::parse(OPERATOR_PREFIX, token) {
            // Hashes are compared, so the time taken says nothing of the token.
            let known = operator.hash().as_str() == &*self.operator_hash;
            return Ok(if known { Caller::Operator } else { Caller::Nobody });
        }
        if let Some(key) = Opaque::parse(keys::PREFIX, token) {
            let found = keys::find(&self.db, &key, client, self.clock.now()).await;
            return Ok(found.map_err(store::answer)?.map_or(Caller::Nobody, Caller::Member));
        }
        let Some(token) = Opaque::parse(sessions::PREFIX, token) else {
            return Ok(Caller::Nobody);
        };
        let found = sessions::find(&self.db, &token, self.clock.now()).await;
        Ok(found.map_err(store::answer)?.map_or(Caller::Nobody, Caller::Member))
    }

    /// Whether a browser says that the request comes from the console itself.
    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => origin == self.hosts.origin(&self.hosts.console),
            // Not a browser: nobody else's page can have made it.
            (None, None) => true,
        }
    }

    /// Unsafe requests end even when the client has gone.
    async fn run(&self, request: Request, next: Next) -> Response {
        if is_safe(request.method()) {
            return next.run(request).await;
        }
        match self.tasks.spawn(next.run(request).in_current_span()).await {
            Ok(response) => response,
            Err(error) => ApiError::internal(format!("a handler ended: {error}")).into_response(),
        }
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}
