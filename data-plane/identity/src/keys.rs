//! A site's signing keys: made when it is provisioned, kept in its own store, public as a JWKS
//! (RFC 7517) at `/.well-known/jwks.json`.

use std::sync::Arc;

use freehold_api::{ApiError, Method, Route, Routes};
use freehold_clock::Clock;
use freehold_credentials::{SigningKey, VerifyingKey};
use freehold_db::{DbError, Direction, Filter, Insert, Select};
use freehold_kernel::{
    Action, Compiled, Ctx, Holders, Permission, Programs, Scope, Secret, StoreError, Tenant, Tx,
};
use serde_json::{Value, json};

pub(crate) const READ_PUBLIC: Permission = Permission {
    name: "keys.read_public",
    summary: "Read the public keys that verify this site's tokens",
    holders: Holders::Anyone,
    programs: Programs::From(Scope::Read),
};

/// The private halves, as seeds of Ed25519 keys (RFC 8032).
pub(crate) const SECRET: Secret = Secret { table: "signing_keys", key: "kid", column: "secret" };

pub(crate) struct ReadPublicKeys;

impl Action for ReadPublicKeys {
    const PERMISSION: Permission = READ_PUBLIC;
}

/// The keys in force, newest first. The newest signs, all verify.
#[derive(Debug)]
pub(crate) struct Keys(Vec<SigningKey>);

/// A key with its public half and id, about.
const KEY_BYTES: usize = 512;

impl Compiled for Keys {
    fn bytes(&self) -> usize {
        self.0.len() * KEY_BYTES
    }
}

impl Keys {
    /// The tenant's keys, read once.
    pub(crate) async fn of(tenant: &Tenant) -> Result<Arc<Self>, StoreError> {
        if let Some(keys) = tenant.compiled::<Self>() {
            return Ok(keys);
        }
        let select = Select::from("signing_keys", ["kid", "secret"])
            .filter(Filter::is_null("retired_at"))
            .order("created_at", Direction::Descending);
        let mut read = tenant.read_as_system("load signing keys").await?;
        let mut keys = Vec::new();
        for row in read.rows(&select).await? {
            let seed = tenant.reveal(&SECRET, &row.get::<String>("kid")?, row.get("secret")?)?;
            let seed: [u8; 32] = seed
                .as_slice()
                .try_into()
                .map_err(|_| DbError::Shape("a signing key is not 32 bytes".into()))?;
            keys.push(SigningKey::from_seed(&seed));
        }
        let keys = Arc::new(Self(keys));
        tenant.keep_compiled(keys.clone());
        Ok(keys)
    }

    pub(crate) fn signing(&self) -> Result<&SigningKey, StoreError> {
        self.0.first().ok_or_else(|| DbError::Shape("the site has no signing key".into()).into())
    }

    pub(crate) fn verifying(&self, id: &str) -> Option<&VerifyingKey> {
        self.0.iter().map(SigningKey::verifying_key).find(|key| key.id() == id)
    }
}

/// Writes a new key.
pub(crate) async fn create(tx: &mut Tx, clock: &Clock) -> Result<(), StoreError> {
    let seed: [u8; 32] = clock.random();
    let id = SigningKey::from_seed(&seed).verifying_key().id().to_owned();
    let sealed = tx.seal(&SECRET, &id, &seed)?;
    let insert = Insert::into("signing_keys")
        .set("kid", id)
        .set("secret", sealed)
        .set("created_at", tx.now().0);
    tx.insert(&insert).await?;
    Ok(())
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/.well-known/jwks.json", jwks, |op| {
            op.summary("Public keys that verify this site's access tokens")
                .returns_other(200, "application/jwk-set+json")
        })
        .rows()
}

async fn jwks(ctx: Ctx<ReadPublicKeys>) -> Result<axum::Json<Value>, ApiError> {
    let keys = Keys::of(ctx.tenant()).await?;
    let set: Vec<Value> = keys.0.iter().map(|key| jwk(key.verifying_key())).collect();
    Ok(axum::Json(json!({ "keys": set })))
}

fn jwk(key: &VerifyingKey) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": key.id(), "x": key.jwk_x(),
    })
}
