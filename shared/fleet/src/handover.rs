//! The hand-over: how an edge tells a worker whose request this is, and proves it.
//!
//! The edge strips every `X-Freehold-*` header of the client and sets its own, with a MAC over
//! what they say, the method, the path and the second. A worker answers nothing else, so no
//! request can name its own tenant, whatever header it carries.

use std::net::IpAddr;
use std::sync::Arc;

use freehold_ids::TenantId;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{Hostname, Surface, UpstreamId};

/// A hand-over older or younger than this is refused.
pub const HANDOVER_AGE_SECONDS_MAX: u64 = 5;

/// Carries one request's id through every plane and back to the client.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

const TENANT: &str = "x-freehold-tenant";
const EPOCH: &str = "x-freehold-epoch";
const SURFACE: &str = "x-freehold-surface";
const HOST: &str = "x-freehold-host";
const CLIENT: &str = "x-freehold-client";
const SCHEME: &str = "x-freehold-scheme";
const AT: &str = "x-freehold-at";
const MAC: &str = "x-freehold-mac";

/// The secret that an edge and one upstream share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HandOverKey(Arc<[u8; 32]>);

impl TryFrom<String> for HandOverKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self::from_secret).ok_or("expected 64 hexadecimal digits")
    }
}

impl From<HandOverKey> for String {
    fn from(key: HandOverKey) -> Self {
        data_encoding::HEXLOWER.encode(key.0.as_slice())
    }
}

impl HandOverKey {
    /// The key of one upstream, derived from the installation's secret.
    pub fn derive(secret: &[u8; 32], upstream: &UpstreamId) -> Self {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(b"freehold-handover-key-1:");
        mac.update(upstream.0.as_bytes());
        Self::from_secret(mac.finalize().into_bytes().into())
    }

    /// A key from 32 secret random bytes.
    pub fn from_secret(bytes: [u8; 32]) -> Self {
        Self(Arc::new(bytes))
    }

    /// The MAC over words, each with its length.
    fn mac(&self, words: &[&str]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.as_slice())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        for word in words {
            mac.update(&(word.len() as u64).to_be_bytes());
            mac.update(word.as_bytes());
        }
        mac
    }

    /// Vouches for words.
    pub(crate) fn tag(&self, words: &[&str]) -> [u8; 32] {
        self.mac(words).finalize().into_bytes().into()
    }

    /// Whether somebody who knows the key vouched for these words.
    pub(crate) fn is_tag(&self, words: &[&str], tag: &[u8]) -> bool {
        self.mac(words).verify_slice(tag).is_ok()
    }
}

impl std::fmt::Debug for HandOverKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HandOverKey(secret)")
    }
}

/// What the edge vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The tenant behind the hostname; `None` on the console.
    pub tenant: Option<TenantId>,
    /// The placement's epoch as the edge knows it.
    pub epoch: u64,
    /// The face that the hostname shows.
    pub surface: Surface,
    /// The hostname that the client asked for.
    pub host: Hostname,
    /// The client's address.
    pub client: IpAddr,
    /// `http` or `https`, as the client used it.
    pub scheme: String,
}

/// The parts of the request line that a MAC covers.
#[derive(Debug, Clone, Copy)]
pub struct RequestLine<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query exactly as sent on.
    pub path_and_query: &'a str,
}

impl<'a> RequestLine<'a> {
    /// The parts of a request as it arrived over HTTP/1.
    pub fn of(method: &'a Method, uri: &'a Uri) -> Self {
        let path_and_query = uri.path_and_query().map_or("/", |target| target.as_str());
        Self { method: method.as_str(), path_and_query }
    }
}

/// The id that the edge gave a request; empty where there is none.
pub fn request_id(headers: &HeaderMap) -> String {
    let id = headers.get(REQUEST_ID_HEADER).and_then(|id| id.to_str().ok());
    id.unwrap_or_default().to_owned()
}

/// Why a request is no valid hand-over. Says nothing of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOverError {
    /// A header is absent, given twice, or unreadable.
    #[error("the hand-over lacks a readable {0} header")]
    Header(&'static str),
    /// The second is too far from this host's clock.
    #[error("the hand-over is not of this moment")]
    Age,
    /// The MAC does not match.
    #[error("the hand-over's MAC does not match")]
    Mac,
}

impl HandOver {
    /// The headers that carry this hand-over, signed for one request line and second.
    pub fn sign(
        &self,
        key: &HandOverKey,
        line: RequestLine<'_>,
        unix_seconds: u64,
    ) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (EPOCH, self.epoch.to_string()),
            (SURFACE, self.surface.as_str().to_owned()),
            (HOST, self.host.to_string()),
            (CLIENT, self.client.to_string()),
            (SCHEME, self.scheme.clone()),
            (AT, unix_seconds.to_string()),
        ];
        if let Some(tenant) = self.tenant {
            headers.push((TENANT, tenant.to_string()));
        }
        let tag = self.mac(key, line, unix_seconds).finalize().into_bytes();
        headers.push((MAC, data_encoding::HEXLOWER.encode(&tag)));
        headers
    }

    /// Reads and verifies a hand-over.
    ///
    /// # Errors
    /// [`HandOverError`] says which part failed; the answer to the caller is the same for all.
    pub fn verify(
        headers: &HeaderMap,
        key: &HandOverKey,
        line: RequestLine<'_>,
        unix_seconds: u64,
    ) -> Result<Self, HandOverError> {
        let at: u64 = read(headers, AT)?;
        if at.abs_diff(unix_seconds) > HANDOVER_AGE_SECONDS_MAX {
            return Err(HandOverError::Age);
        }
        let tenant = match headers.get(TENANT) {
            None => None,
            Some(_) => Some(read(headers, TENANT)?),
        };
        let surface: String = read(headers, SURFACE)?;
        let host: String = read(headers, HOST)?;
        let handover = Self {
            tenant,
            epoch: read(headers, EPOCH)?,
            surface: Surface::parse(&surface).ok_or(HandOverError::Header(SURFACE))?,
            host: Hostname::parse(&host).map_err(|_| HandOverError::Header(HOST))?,
            client: read(headers, CLIENT)?,
            scheme: read(headers, SCHEME)?,
        };
        let tag: String = read(headers, MAC)?;
        let tag = data_encoding::HEXLOWER
            .decode(tag.as_bytes())
            .map_err(|_| HandOverError::Header(MAC))?;
        let mac = handover.mac(key, line, at);
        mac.verify_slice(&tag).map_err(|_| HandOverError::Mac)?;
        Ok(handover)
    }

    fn mac(&self, key: &HandOverKey, line: RequestLine<'_>, unix_seconds: u64) -> Hmac<Sha256> {
        let tenant = self.tenant.map(|t| t.to_string()).unwrap_or_default();
        let (epoch, at) = (self.epoch.to_string(), unix_seconds.to_string());
        let client = self.client.to_string();
        key.mac(&[
            "freehold-handover-1",
            &tenant,
            &epoch,
            self.surface.as_str(),
            self.host.as_str(),
            &client,
            &self.scheme,
            line.method,
            line.path_and_query,
            &at,
        ])
    }
}

/// Reads the one value of a header.
pub(crate) fn read<T: std::str::FromStr>(
    headers: &HeaderMap,
    name: &'static str,
) -> Result<T, HandOverError> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(HandOverError::Header(name));
    };
    HeaderValue::to_str(value)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(HandOverError::Header(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const LINE: RequestLine<'static> = RequestLine { method: "GET", path_and_query: "/a?b=c" };

    fn sample() -> HandOver {
        HandOver {
            tenant: Some(TenantId::from_random(7)),
            epoch: 3,
            surface: Surface::Site,
            host: Hostname::parse("shop.example").expect("a name"),
            client: [127, 0, 0, 1].into(),
            scheme: "http".into(),
        }
    }

    fn headers(signed: &[(&'static str, String)]) -> HeaderMap {
        signed
            .iter()
            .map(|(name, value)| {
                (name.parse().expect("a header name"), value.parse().expect("a value"))
            })
            .collect()
    }

    #[test]
    fn verifies_what_it_signed_and_nothing_else() {
        let key = HandOverKey::from_secret([1; 32]);
        let signed = headers(&sample().sign(&key, LINE, NOW));
        assert_eq!(HandOver::verify(&signed, &key, LINE, NOW + 5), Ok(sample()));
        assert_eq!(HandOver::verify(&signed, &key, LINE, NOW + 6), Err(HandOverError::Age));
        assert_eq!(HandOver::verify(&signed, &key, LINE, NOW - 6), Err(HandOverError::Age));
        let other_path = RequestLine { method: "GET", path_and_query: "/a?b=d" };
        assert_eq!(HandOver::verify(&signed, &key, other_path, NOW), Err(HandOverError::Mac));
        let other_key = HandOverKey::from_secret([2; 32]);
        assert_eq!(HandOver::verify(&signed, &other_key, LINE, NOW), Err(HandOverError::Mac));
    }

    #[test]
    fn a_changed_or_doubled_header_is_refused() {
        let key = HandOverKey::from_secret([1; 32]);
        for name in [TENANT, EPOCH, SURFACE, HOST, CLIENT, SCHEME, AT, MAC] {
            let mut signed = headers(&sample().sign(&key, LINE, NOW));
            let doubled = signed[name].clone();
            signed.append(name, doubled);
            assert!(HandOver::verify(&signed, &key, LINE, NOW).is_err(), "{name} doubled");
            signed.remove(name);
            assert!(HandOver::verify(&signed, &key, LINE, NOW).is_err(), "{name} removed");
        }
    }
}
