//! The versions stream: a worker tells each edge at once when what the public sees of a tenant
//! has changed.
//!
//! An edge asks for it on the worker's hand-over address with an HTTP upgrade that carries a MAC
//! of the hand-over key over its second and a nonce, under a word of its own, so that neither a
//! client's request nor a hand-over is ever taken for it. From then on both ends speak frames. The
//! stream has no snapshot: an edge learns a tenant's version from a push or from the stamp of an
//! answer that it asked for after [`VersionsMessage::Begun`], and keeps nothing before it.

use freehold_ids::TenantId;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::handover::read;
use crate::wire::{self, Receiver, Sender, Stream};
use crate::{HANDOVER_AGE_SECONDS_MAX, HandOverError, HandOverKey};

/// Where the stream is asked for.
pub const VERSIONS_PATH: &str = "/.freehold/versions";
/// What the connection is upgraded to.
pub const VERSIONS_PROTOCOL: &str = "freehold-versions";
/// How often an end of the stream that has nothing to say says that it is alive.
pub const VERSIONS_ALIVE_SECONDS: u64 = 1;
/// A stream whose other end is silent for longer is broken. It bounds how long an edge that is
/// cut off without notice may show what has changed.
pub const VERSIONS_SILENCE_SECONDS_MAX: u64 = 4;
/// Changes that go into one message.
pub const VERSIONS_PER_MESSAGE_MAX: usize = 1_000;

/// The longest answer to the upgrade.
const UPGRADE_BYTES_MAX: usize = 4 * 1024;

const AT: &str = "x-freehold-at";
const NONCE: &str = "x-freehold-nonce";
const MAC: &str = "x-freehold-mac";

/// From a worker to an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum VersionsMessage {
    /// Always first: every change after this moment is told.
    Begun {
        /// [`crate::CONTRACT_VERSION`] of the sender.
        version: u16,
    },
    /// What the public sees of these tenants has changed.
    Moved {
        /// Each with its newest version.
        tenants: Vec<(TenantId, u64)>,
    },
    /// A sign of life.
    Alive,
    /// From a newer release; passed over.
    #[serde(other)]
    Unknown,
}

/// From an edge to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ListenerMessage {
    /// A sign of life.
    Alive,
    /// From a newer release; passed over.
    #[serde(other)]
    Unknown,
}

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The other end said no, or something else.
    #[error("the stream of versions was refused: {0}")]
    Refused(String),
}

impl SubscribeError {
    /// Whether somebody has answered: the worker, or its host for a process that is not there.
    pub fn is_word(&self) -> bool {
        use std::io::ErrorKind::{ConnectionRefused, NotFound};
        match self {
            Self::Io(error) => matches!(error.kind(), ConnectionRefused | NotFound),
            Self::Refused(_) => true,
        }
    }
}

/// Asks for the stream over an open connection to a worker.
///
/// # Errors
/// [`SubscribeError`]; the caller bounds the time.
pub async fn subscribe(
    mut stream: Box<dyn Stream>,
    key: &HandOverKey,
    nonce: [u8; 16],
    unix_seconds: u64,
) -> Result<(Sender<ListenerMessage>, Receiver<VersionsMessage>), SubscribeError> {
    let (nonce, at) = (data_encoding::HEXLOWER.encode(&nonce), unix_seconds.to_string());
    let tag = data_encoding::HEXLOWER.encode(&key.tag(&words(&nonce, &at)));
    let request = format!(
        "GET {VERSIONS_PATH} HTTP/1.1\r\nHost: worker\r\nConnection: upgrade\r\n\
         Upgrade: {VERSIONS_PROTOCOL}\r\n{AT}: {at}\r\n{NONCE}: {nonce}\r\n{MAC}: {tag}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    // Byte by byte: what follows the header is the first frame.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= UPGRADE_BYTES_MAX {
            return Err(SubscribeError::Refused("its header does not end".into()));
        }
        head.push(stream.read_u8().await?);
    }
    if head.starts_with(b"HTTP/1.1 101 ") {
        return Ok(wire::over(stream));
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    Err(SubscribeError::Refused(line))
}

/// Whether a request asks for the stream at all.
pub fn wants_versions(path: &str, headers: &HeaderMap) -> bool {
    path == VERSIONS_PATH
        && headers.get(header::UPGRADE).is_some_and(|protocol| protocol == VERSIONS_PROTOCOL)
}

/// Verifies that an edge which knows the key asks, now.
///
/// # Errors
/// [`HandOverError`] says which part failed; the answer to the caller is the same for all.
pub fn verify_subscription(
    headers: &HeaderMap,
    key: &HandOverKey,
    unix_seconds: u64,
) -> Result<(), HandOverError> {
    let at: u64 = read(headers, AT)?;
    if at.abs_diff(unix_seconds) > HANDOVER_AGE_SECONDS_MAX {
        return Err(HandOverError::Age);
    }
    let (nonce, tag): (String, String) = (read(headers, NONCE)?, read(headers, MAC)?);
    let tag = data_encoding::HEXLOWER.decode(tag.as_bytes());
    let tag = tag.map_err(|_| HandOverError::Header(MAC))?;
    let is_ours = key.is_tag(&words(&nonce, &at.to_string()), &tag);
    if is_ours { Ok(()) } else { Err(HandOverError::Mac) }
}

fn words<'a>(nonce: &'a str, at: &'a str) -> [&'a str; 3] {
    ["freehold-versions-1", nonce, at]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    /// The header of a subscription, as a worker gets it.
    async fn asked(key: &HandOverKey) -> HeaderMap {
        let (near, mut far) = tokio::io::duplex(8 * 1024);
        let answered = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(far.read_u8().await.expect("a byte"));
            }
            far.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.expect("answered");
            String::from_utf8(head).expect("text")
        };
        let (refused, head) = tokio::join!(subscribe(Box::new(near), key, [7; 16], NOW), answered);
        assert!(matches!(refused, Err(SubscribeError::Refused(line)) if line.contains("403")));
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let field = |(name, value): (&str, &str)| {
            let name = name.parse::<http::HeaderName>().expect("a name");
            (name, value.parse::<http::HeaderValue>().expect("a value"))
        };
        fields.map(field).collect()
    }

    #[tokio::test]
    async fn only_who_knows_the_key_may_listen_and_only_now() {
        let key = HandOverKey::from_secret([1; 32]);
        let headers = asked(&key).await;
        assert!(wants_versions(VERSIONS_PATH, &headers));
        assert!(!wants_versions("/", &headers));
        assert_eq!(verify_subscription(&headers, &key, NOW + 5), Ok(()));
        assert_eq!(verify_subscription(&headers, &key, NOW + 6), Err(HandOverError::Age));
        let other = HandOverKey::from_secret([2; 32]);
        assert_eq!(verify_subscription(&headers, &other, NOW), Err(HandOverError::Mac));
        for name in [AT, NONCE, MAC] {
            let mut changed = headers.clone();
            changed.insert(name, http::HeaderValue::from_static("1800000001"));
            assert!(verify_subscription(&changed, &key, NOW).is_err(), "{name} changed");
            changed.remove(name);
            assert!(verify_subscription(&changed, &key, NOW).is_err(), "{name} removed");
        }
    }
}
