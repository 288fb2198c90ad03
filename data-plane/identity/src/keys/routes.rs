//! HTTP over signing keys: the public set for everybody, and for administrators which key does what.

use freehold_api::{ApiError, Body, Command, Data, Method, Problems, Route, Routes};
use freehold_clock::UnixMs;
use freehold_credentials::VerifyingKey;
use freehold_kernel::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Keys, ManageKeys, ReadPublicKeys, Times, rotate, store};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SigningKeyState)]
enum KeyState {
    /// It is public and will sign.
    Next,
    /// It signs.
    Signing,
    /// It signs no more; what it signed may still be valid.
    Verifying,
}

/// A signing key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningKey)]
struct KeyView {
    /// As in the JWKS and in the tokens' headers.
    kid: String,
    state: KeyState,
    /// RFC 3339; since then it is public.
    created_at: String,
    /// RFC 3339.
    signs_at: String,
}

/// A site's signing keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningKeys)]
struct KeysView {
    /// The last one to sign first.
    items: Vec<KeyView>,
}

impl KeysView {
    fn new(keys: Vec<(String, Times)>, now: UnixMs) -> Self {
        let mut has_signing = false;
        let view = |(kid, times): (String, Times)| {
            let state = match times.signs_at > now.0 {
                true => KeyState::Next,
                false if has_signing => KeyState::Verifying,
                false => KeyState::Signing,
            };
            has_signing |= state == KeyState::Signing;
            let created_at = UnixMs(times.created_at).rfc3339();
            KeyView { kid, state, created_at, signs_at: UnixMs(times.signs_at).rfc3339() }
        };
        Self { items: keys.into_iter().map(view).collect() }
    }
}

/// Whether the new key signs at once.
#[derive(Debug)]
struct RotateKeys(bool);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateSigningKeys)]
struct RotateBody {
    /// Where a key may have become known: the new one signs at once and every other one retires, which
    /// voids all access tokens; clients get new ones with their refresh tokens. Otherwise the new key is
    /// public for a day before it signs, and nobody notices.
    #[serde(default)]
    at_once: bool,
}

impl Command for RotateKeys {
    type Wire = RotateBody;

    fn parse(wire: RotateBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.at_once))
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/.well-known/jwks.json", jwks, |op| {
            op.summary("Public keys that verify this site's access tokens")
                .returns_other(200, "application/jwk-set+json")
        })
        .add(Method::Get, "/api/v1/admin/signing-keys", list, |op| {
            op.summary("The keys that sign this site's tokens").returns::<KeysView>(200)
        })
        .add(Method::Post, "/api/v1/admin/signing-keys/rotate", make, |op| {
            op.summary("Make a new signing key").returns::<KeysView>(201)
        })
        .rows()
}

async fn jwks(ctx: Ctx<ReadPublicKeys>) -> Result<axum::Json<Value>, ApiError> {
    let keys = Keys::of(ctx.tenant()).await?;
    let set: Vec<Value> = keys.0.iter().map(|key| jwk(key.key.verifying_key())).collect();
    Ok(axum::Json(json!({ "keys": set })))
}

fn jwk(key: &VerifyingKey) -> Value {
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": key.id(), "x": key.jwk_x(),
    })
}

async fn list(ctx: Ctx<ManageKeys>) -> Result<Data<KeysView>, ApiError> {
    let keys = store::times_of(&mut ctx.read().await?).await?;
    Ok(Data::ok(KeysView::new(keys, ctx.now())))
}

async fn make(
    ctx: Ctx<ManageKeys>,
    Body(RotateKeys(at_once)): Body<RotateKeys>,
) -> Result<Data<KeysView>, ApiError> {
    let mut tx = ctx.begin().await?;
    let keys = store::times_of(&mut tx).await?;
    let is_next = |(_, times): &(String, Times)| times.signs_at > ctx.now().0;
    if !at_once && keys.iter().any(is_next) {
        let message = "the next key is there already, and waits for its day";
        return Err(ApiError::conflict("next_key_waits", "at_once", message));
    }
    let by = ctx.actor().user().map(|user| user.id);
    rotate(&mut tx, ctx.clock().random(), at_once, by).await?;
    let keys = store::times_of(&mut tx).await?;
    tx.commit().await?;
    Ok(Data::created(KeysView::new(keys, ctx.now())))
}
