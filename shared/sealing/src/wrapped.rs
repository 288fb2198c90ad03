//! A key under another key: what is kept of a tenant's key, and what a worker is told of it.

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::key::KEY_BYTES;
use crate::ring::{NONCE_BYTES, cipher};
use crate::{Key, KeyId, Place, Unsealable};

const WRAPPED_BYTES: usize = KEY_BYTES + 16;

/// A key that only the holder of another one can use. As text: its name, a dot, base64url.
///
/// The nonce follows from the place and the key's name, so the same key is wrapped to the same bytes:
/// under one nonce nothing is ever wrapped but that one key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    id: KeyId,
    bytes: [u8; WRAPPED_BYTES],
}

impl WrappedKey {
    /// Wraps a key for the place where it lies.
    ///
    /// # Errors
    /// None with the ciphers there are.
    pub fn wrap(wrapping: &Key, place: &Place, id: KeyId, key: &Key) -> Result<Self, Unsealable> {
        let aad = bound(place, id);
        let payload = Payload { msg: key.0.as_slice(), aad: &aad };
        let wrapped = cipher(wrapping).encrypt(&nonce(&aad), payload);
        let wrapped = wrapped.map_err(|_| Unsealable::Form)?;
        let bytes = wrapped.try_into().map_err(|_| Unsealable::Form)?;
        Ok(Self { id, bytes })
    }

    /// What the key inside is called.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key inside.
    ///
    /// # Errors
    /// [`Unsealable::Changed`] for another wrapping key, another place, or other bytes.
    pub fn unwrap_with(&self, wrapping: &Key, place: &Place) -> Result<Key, Unsealable> {
        let aad = bound(place, self.id);
        let payload = Payload { msg: self.bytes.as_slice(), aad: &aad };
        let key = cipher(wrapping).decrypt(&nonce(&aad), payload);
        let key = Zeroizing::new(key.map_err(|_| Unsealable::Changed(self.id))?);
        let bytes = key.as_slice().try_into().map_err(|_| Unsealable::Form)?;
        Ok(Key(Zeroizing::new(bytes)))
    }
}

fn bound(place: &Place, id: KeyId) -> Vec<u8> {
    [b"key".as_slice(), id.0.as_slice(), place.as_bytes()].concat()
}

fn nonce(aad: &[u8]) -> XNonce {
    let digest: [u8; 32] = Sha256::digest(aad).into();
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&digest[..NONCE_BYTES]);
    XNonce::from(nonce)
}

impl fmt::Display for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, BASE64URL_NOPAD.encode(&self.bytes))
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({})", self.id)
    }
}

impl FromStr for WrappedKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, bytes) = text.split_once('.').ok_or("expected a key's name, a dot and the key")?;
        let bytes = BASE64URL_NOPAD.decode(bytes.as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(Self { id: id.parse()?, bytes: bytes.ok_or("expected 48 bytes in base64url")? })
    }
}

impl Serialize for WrappedKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WrappedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_is_its_own_again_in_its_place_with_its_wrapping_key() {
        let (wrapping, other) = (Key::from_random([1; 32]), Key::from_random([2; 32]));
        let (id, key) = (KeyId([3; 8]), Key::from_random([4; 32]));
        let place = Place::new(["data-key", "tenant"]);
        let wrapped = WrappedKey::wrap(&wrapping, &place, id, &key).expect("wrapped");
        assert_eq!(wrapped, WrappedKey::wrap(&wrapping, &place, id, &key).expect("wrapped"));
        let read: WrappedKey = wrapped.to_string().parse().expect("reads");
        assert_eq!(read.unwrap_with(&wrapping, &place), Ok(key.clone()));
        let changed = Err(Unsealable::Changed(id));
        assert_eq!(read.unwrap_with(&other, &place), changed);
        assert_eq!(read.unwrap_with(&wrapping, &Place::new(["data-key", "other"])), changed);
        let renamed = WrappedKey { id: KeyId([5; 8]), ..wrapped };
        let changed = Err(Unsealable::Changed(renamed.id));
        assert_eq!(renamed.unwrap_with(&wrapping, &place), changed);
        assert!(!format!("{read:?}").contains(&read.to_string()[17..]));
    }

    #[test]
    fn what_is_no_wrapped_key_is_not_read_as_one() {
        for text in ["", ".", "0303030303030303", "0303030303030303.", "x.AAAA", "03.AAAA"] {
            assert!(text.parse::<WrappedKey>().is_err(), "{text:?}");
        }
    }
}
