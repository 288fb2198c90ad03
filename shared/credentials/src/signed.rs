//! Signed tokens: JWTs (RFC 7519) with Ed25519 (RFC 8037) and nothing else.
//!
//! The algorithm, type and key are the verifier's, never the token's; times are compared with the
//! caller's clock. A token with a missing or wrong claim is refused, whatever its signature says.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// RFC 8410: the PKCS #8 frame of an Ed25519 seed.
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// A longer token is not looked at.
const TOKEN_BYTES_MAX: usize = 4_096;
/// How far two clocks may differ.
const CLOCK_SKEW_SECONDS_MAX: u64 = 5;

/// Why a token is refused. Callers answer all of them alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// Claims that say when a token is valid.
pub trait TimedClaims: Serialize + DeserializeOwned {
    /// Unix seconds of issue.
    fn issued_at(&self) -> u64;
    /// Unix seconds after which it is void.
    fn expires_at(&self) -> u64;
}

/// A secret key that signs.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    verifying: VerifyingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.verifying.id)
    }
}

impl SigningKey {
    /// The key of a 32-byte secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes();
        let der: Vec<u8> = PKCS8_PREFIX.iter().chain(seed).copied().collect();
        Self { key: EncodingKey::from_ed_der(&der), verifying: VerifyingKey::from_bytes(public) }
    }

    /// The key that verifies what this one signs.
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Signs claims as a token of a type.
    ///
    /// # Errors
    /// [`InvalidToken`] when the claims cannot be written as JSON.
    pub fn sign<C: TimedClaims>(
        &self,
        token_type: &str,
        claims: &C,
    ) -> Result<String, InvalidToken> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(token_type.to_owned());
        header.kid = Some(self.verifying.id.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| InvalidToken)
    }
}

/// A public key that verifies.
#[derive(Clone)]
pub struct VerifyingKey {
    bytes: [u8; 32],
    key: DecodingKey,
    id: String,
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({})", self.id)
    }
}

/// What a verifier insists on.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The header's `typ`.
    pub token_type: &'a str,
    /// The `aud` claim.
    pub audience: &'a str,
    /// The `iss` claim, where the type has one.
    pub issuer: Option<&'a str>,
    /// The present moment in Unix seconds.
    pub unix_seconds: u64,
}

impl VerifyingKey {
    /// The key from its 32 public bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let id = HEXLOWER.encode(&Sha256::digest(bytes)[..8]);
        Self { bytes, key: DecodingKey::from_ed_der(&bytes), id }
    }

    /// The 32 public bytes.
    pub const fn to_bytes(&self) -> [u8; 32] {
        self.bytes
    }

    /// Its name in a token's header.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public bytes in base64url, as a JWK's `x` (RFC 8037 section 2).
    pub fn jwk_x(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes)
    }

    /// Verifies a token and reads its claims.
    ///
    /// # Errors
    /// [`InvalidToken`], whatever is wrong.
    pub fn verify<C: TimedClaims>(
        &self,
        token: &str,
        expected: Expected<'_>,
    ) -> Result<C, InvalidToken> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(InvalidToken);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_audience(&[expected.audience]);
        match expected.issuer {
            Some(issuer) => {
                validation.set_issuer(&[issuer]);
                validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
            }
            None => validation.set_required_spec_claims(&["exp", "aud", "sub"]),
        }
        let data =
            jsonwebtoken::decode::<C>(token, &self.key, &validation).map_err(|_| InvalidToken)?;
        let now = expected.unix_seconds;
        let timely = data.claims.issued_at() <= now + CLOCK_SKEW_SECONDS_MAX
            && data.claims.expires_at() > now;
        let typed = data.header.typ.as_deref() == Some(expected.token_type);
        if timely && typed { Ok(data.claims) } else { Err(InvalidToken) }
    }
}

/// The key that a token says it was signed with; not verified.
pub fn key_id(token: &str) -> Option<String> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    jsonwebtoken::decode_header(token).ok()?.kid
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[derive(Debug, Serialize, serde::Deserialize, PartialEq, Clone)]
    struct Claims {
        iss: String,
        aud: String,
        sub: String,
        iat: u64,
        exp: u64,
    }

    impl TimedClaims for Claims {
        fn issued_at(&self) -> u64 {
            self.iat
        }
        fn expires_at(&self) -> u64 {
            self.exp
        }
    }

    fn claims() -> Claims {
        let text = |t: &str| t.to_owned();
        Claims { iss: text("site"), aud: text("ten_a"), sub: text("usr"), iat: NOW, exp: NOW + 60 }
    }

    fn expected() -> Expected<'static> {
        Expected {
            token_type: "at+jwt",
            audience: "ten_a",
            issuer: Some("site"),
            unix_seconds: NOW,
        }
    }

    #[test]
    fn verifies_its_own_token_and_refuses_every_deviation() {
        let key = SigningKey::from_seed(&[1; 32]);
        let token = key.sign("at+jwt", &claims()).expect("signed");
        let verifier = key.verifying_key();
        assert_eq!(verifier.verify::<Claims>(&token, expected()), Ok(claims()));
        assert_eq!(key_id(&token).as_deref(), Some(verifier.id()));
        let deviations = [
            Expected { token_type: "JWT", ..expected() },
            Expected { audience: "ten_b", ..expected() },
            Expected { issuer: Some("other"), ..expected() },
            Expected { unix_seconds: NOW + 60, ..expected() },
            Expected { unix_seconds: NOW - 6, ..expected() },
        ];
        for deviation in deviations {
            assert_eq!(
                verifier.verify::<Claims>(&token, deviation),
                Err(InvalidToken),
                "{deviation:?}"
            );
        }
        let stranger = SigningKey::from_seed(&[2; 32]);
        assert!(stranger.verifying_key().verify::<Claims>(&token, expected()).is_err());
    }

    #[test]
    fn refuses_an_unsigned_token() {
        let key = SigningKey::from_seed(&[1; 32]);
        let token = key.sign("at+jwt", &claims()).expect("signed");
        let body = token.split('.').nth(1).expect("a body");
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"at+jwt"}"#);
        let unsigned = format!("{header}.{body}.");
        assert!(key.verifying_key().verify::<Claims>(&unsigned, expected()).is_err());
    }
}
