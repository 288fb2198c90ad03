//! The context of a request, as proof: the tenant, the caller, and the right to one action.
//!
//! The worker's admission layer verifies the hand-over, opens the tenant and authenticates; what
//! it found rides in the request as an [`Admission`]. `Ctx<P>` is made from it only when the
//! caller holds `P`'s permission.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use freehold_api::{Access, ApiError, Argument, Operation};
use freehold_clock::{Clock, UnixMs};
use freehold_fleet::HandOver;
use freehold_idempotency::{IdempotencyKey, KeptAnswer};

use crate::access::{Action, Catalogue, Grant, Holders, Programs, Subject};
use crate::tx::Claim;
use crate::{Actor, Read, StoreError, Tenant, Tx};

/// What a caller who may have sent the same request before gets.
#[expect(clippy::large_enum_variant, reason = "one for each request, and most are the large one")]
#[derive(Debug)]
pub enum Begun {
    /// The first time: a transaction, to be ended by [`Tx::commit_answer`].
    First(Tx),
    /// Another time: the answer of the first.
    Again(KeptAnswer),
}

/// What admission found out about a request.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The open tenant.
    pub tenant: Tenant,
    /// The caller.
    pub actor: Actor,
    /// What the edge vouched for.
    pub handover: Arc<HandOver>,
    /// The worker's clock.
    pub clock: Clock,
    /// All that roles can be given.
    pub catalogue: Arc<Catalogue>,
}

/// A request that may do `P`.
#[derive(Debug)]
pub struct Ctx<P: Action> {
    admission: Admission,
    action: PhantomData<P>,
}

impl<P: Action> Ctx<P> {
    /// The same request for another action, which the caller must hold the right to.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn act<Q: Action>(&self) -> Result<Ctx<Q>, ApiError> {
        Q::PERMISSION.check(&self.admission.actor)?;
        Ok(Ctx { admission: self.admission.clone(), action: PhantomData })
    }

    /// The tenant.
    pub const fn tenant(&self) -> &Tenant {
        &self.admission.tenant
    }

    /// The caller.
    pub const fn actor(&self) -> &Actor {
        &self.admission.actor
    }

    /// What the edge vouched for.
    pub fn handover(&self) -> &HandOver {
        &self.admission.handover
    }

    /// The present moment.
    pub fn now(&self) -> UnixMs {
        self.admission.clock.now()
    }

    /// Time and randomness.
    pub const fn clock(&self) -> &Clock {
        &self.admission.clock
    }

    /// All that roles can be given.
    pub fn catalogue(&self) -> &Catalogue {
        &self.admission.catalogue
    }

    /// The rows that the caller may see, and those that they may do `P` with.
    pub fn grant<S: Subject>(&self) -> Grant<S> {
        Grant::of(&self.admission.actor, &P::PERMISSION)
    }

    /// A read-only view: each statement sees the newest commit.
    ///
    /// # Errors
    /// [`StoreError`] when no connection becomes free in time.
    pub async fn read(&self) -> Result<Read, StoreError> {
        self.admission.tenant.read().await
    }

    /// A read-only snapshot: every statement sees the same commit.
    ///
    /// # Errors
    /// [`StoreError`] when no connection becomes free in time.
    pub async fn snapshot(&self) -> Result<Read, StoreError> {
        self.admission.tenant.snapshot().await
    }

    /// The tenant's write transaction; waits its turn.
    ///
    /// # Errors
    /// [`StoreError`] when the turn does not come in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.admission.tenant.begin(self.now()).await
    }

    /// [`Ctx::begin`] for a request that may carry an idempotency key.
    ///
    /// # Errors
    /// [`StoreError::Idempotency`] when the key stands for another request of this caller.
    pub async fn begin_once(&self, key: Option<IdempotencyKey>) -> Result<Begun, StoreError> {
        let mut tx = self.begin().await?;
        let Some(key) = key else { return Ok(Begun::First(tx)) };
        let caller = match self.actor() {
            Actor::Anonymous => "anonymous".to_owned(),
            Actor::User(user) => user.id.to_string(),
        };
        let claim = Claim { caller, key };
        Ok(match tx.claim(claim).await? {
            Some(kept) => Begun::Again(kept),
            None => Begun::First(tx),
        })
    }
}

impl<S: Send + Sync, P: Action> FromRequestParts<S> for Ctx<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let admission = parts
            .extensions
            .get::<Admission>()
            .cloned()
            .ok_or_else(|| ApiError::internal("a route outside the admission layer"))?;
        P::PERMISSION.check(&admission.actor)?;
        Ok(Self { admission, action: PhantomData })
    }
}

impl<P: Action> Argument for Ctx<P> {
    fn describe(operation: &mut Operation) {
        let permission = P::PERMISSION;
        (operation.access, operation.role) = match permission.holders {
            Holders::Anyone => (Access::Open, None),
            Holders::AtLeast(role) => (Access::Permission(permission.name), Some(role.as_str())),
        };
        operation.scope = Some(match permission.programs {
            Programs::From(scope) => scope.as_str(),
            Programs::Never => "none",
        });
    }
}
