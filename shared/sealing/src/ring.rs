//! Keys of one owner, the newest first: it seals, all of them open. So a key is replaced while what
//! was sealed under the one before is still about.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::key::ID_BYTES;
use crate::{Key, KeyId, Place};

/// Random bytes that sealing takes.
pub const NONCE_BYTES: usize = 24;
/// What everything sealed starts with: how, and in which version.
const MAGIC: [u8; 4] = *b"fhs1";
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = MAGIC.len() + ID_BYTES + NONCE_BYTES;

/// Why something sealed cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// It is none of what [`Ring::seal`] makes.
    #[error("this is nothing that was sealed")]
    Form,
    /// The key is not on the ring.
    #[error("it is sealed under the key {0}, which is not here")]
    NoKey(KeyId),
    /// It was changed, or was sealed for another place.
    #[error("what is sealed under the key {0} was changed, or belongs elsewhere")]
    Changed(KeyId),
    /// There is no key at all.
    #[error("there is no key to seal with")]
    Empty,
}

/// The keys of one owner.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ring(Vec<(KeyId, Key)>);

impl Ring {
    /// A ring of these keys, the newest first.
    pub const fn new(keys: Vec<(KeyId, Key)>) -> Self {
        Self(keys)
    }

    /// The key that seals.
    pub fn newest(&self) -> Option<(KeyId, &Key)> {
        self.0.first().map(|(id, key)| (*id, key))
    }

    /// The keys, the newest first.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, &Key)> {
        self.0.iter().map(|(id, key)| (*id, key))
    }

    /// The key of this name.
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.0.iter().find(|(own, _)| *own == id).map(|(_, key)| key)
    }

    /// The ring with a key in front, which seals from then on.
    #[must_use]
    pub fn renewed(&self, id: KeyId, key: Key) -> Self {
        Self(std::iter::once((id, key)).chain(self.0.iter().cloned()).collect())
    }

    /// The ring with its newest key alone.
    #[must_use]
    pub fn newest_alone(&self) -> Self {
        Self(self.0.first().cloned().into_iter().collect())
    }

    /// Seals a secret under the newest key. The nonce is to be random, every time.
    ///
    /// # Errors
    /// [`Unsealable::Empty`].
    pub fn seal(
        &self,
        place: &Place,
        secret: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, Unsealable> {
        let (id, key) = self.newest().ok_or(Unsealable::Empty)?;
        let mut sealed = Vec::with_capacity(HEAD_BYTES + secret.len() + TAG_BYTES);
        sealed.extend(MAGIC);
        sealed.extend(id.0);
        sealed.extend(nonce);
        // The head is bound by what it does: another key or nonce opens nothing.
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload);
        // Fails for a secret of more than 256 GiB alone.
        sealed.extend(ciphertext.map_err(|_| Unsealable::Form)?);
        Ok(sealed)
    }

    /// Opens what was sealed for a place.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let id = sealed_under(sealed).ok_or(Unsealable::Form)?;
        let key = self.get(id).ok_or(Unsealable::NoKey(id))?;
        let (head, ciphertext) = sealed.split_at(HEAD_BYTES);
        let nonce: [u8; NONCE_BYTES] =
            head[MAGIC.len() + ID_BYTES..].try_into().map_err(|_| Unsealable::Form)?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        let secret = cipher(key).decrypt(&XNonce::from(nonce), payload);
        secret.map(Zeroizing::new).map_err(|_| Unsealable::Changed(id))
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id.to_string())).finish()
    }
}

pub(crate) fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.0).into())
}

/// Whether these bytes were sealed by a ring, whichever.
pub fn is_sealed(bytes: &[u8]) -> bool {
    sealed_under(bytes).is_some()
}

/// The key that something is sealed under, where it is sealed.
pub fn sealed_under(bytes: &[u8]) -> Option<KeyId> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let is_whole = bytes.len() >= HEAD_BYTES + TAG_BYTES;
    let id = rest.first_chunk::<ID_BYTES>().copied();
    id.filter(|_| is_whole).map(KeyId)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(number: u8) -> Ring {
        Ring::new(vec![(KeyId([number; 8]), Key::from_random([number; 32]))])
    }

    fn place(row: &str) -> Place {
        Place::new(["tenant", "table", "column", row])
    }

    #[test]
    fn what_is_sealed_is_opened_in_its_place_and_nowhere_else() {
        let sealed = ring(1).seal(&place("7"), b"a secret", [9; 24]).expect("sealed");
        assert!(is_sealed(&sealed));
        assert!(!sealed.windows(8).any(|window| window == b"a secret"));
        assert_eq!(ring(1).open(&place("7"), &sealed).expect("opened").as_slice(), b"a secret");
        let elsewhere = ring(1).open(&place("8"), &sealed);
        assert_eq!(elsewhere, Err(Unsealable::Changed(KeyId([1; 8]))));
        assert_eq!(ring(2).open(&place("7"), &sealed), Err(Unsealable::NoKey(KeyId([1; 8]))));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = ring(1).seal(&place("7"), b"a secret", [9; 24]).expect("sealed");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut flipped = sealed.clone();
                flipped[at] ^= 1 << bit;
                assert!(ring(1).open(&place("7"), &flipped).is_err(), "byte {at}, bit {bit}");
            }
        }
        for length in 0..sealed.len() {
            assert!(ring(1).open(&place("7"), &sealed[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn an_empty_secret_is_one_too_and_an_empty_ring_seals_nothing() {
        let sealed = ring(1).seal(&place("7"), b"", [9; 24]).expect("sealed");
        assert!(ring(1).open(&place("7"), &sealed).expect("opened").is_empty());
        assert_eq!(Ring::default().seal(&place("7"), b"", [9; 24]), Err(Unsealable::Empty));
    }

    #[test]
    fn a_renewed_ring_seals_under_the_new_key_and_opens_both() {
        let old = ring(1).seal(&place("7"), b"old", [9; 24]).expect("sealed");
        let renewed = ring(1).renewed(KeyId([2; 8]), Key::from_random([2; 32]));
        let new = renewed.seal(&place("7"), b"new", [9; 24]).expect("sealed");
        assert_eq!(sealed_under(&new), Some(KeyId([2; 8])));
        assert_eq!(renewed.open(&place("7"), &old).expect("opened").as_slice(), b"old");
        let alone = renewed.newest_alone();
        assert_eq!(alone.open(&place("7"), &old), Err(Unsealable::NoKey(KeyId([1; 8]))));
        assert_eq!(alone.open(&place("7"), &new).expect("opened").as_slice(), b"new");
    }

    #[test]
    fn a_ring_shows_the_names_of_its_keys_alone() {
        assert_eq!(format!("{:?}", ring(1)), r#"["0101010101010101"]"#);
        assert_eq!(format!("{:?}", Key::from_random([7; 32])), "Key(secret)");
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_is_the_published_one() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hex");
        let key: Vec<u8> = (0x80..=0x9f).collect();
        let nonce: Vec<u8> = (0x40..=0x57).collect();
        let plaintext =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip \
                          for the future, sunscreen would be it.";
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        let key = Key::from_random(key.try_into().expect("32 bytes"));
        let nonce: [u8; 24] = nonce.try_into().expect("24 bytes");
        let payload = Payload { msg: plaintext.as_slice(), aad: &aad };
        let sealed = cipher(&key).encrypt(&XNonce::from(nonce), payload).expect("sealed");
        assert_eq!(sealed[..16], hex("bd6d179d3e83d43b9576579493c0e939"));
        assert_eq!(sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49"));
    }
}
