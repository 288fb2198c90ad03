//! Secrets at rest: what is written down is sealed with XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha-03, on RFC 8439) for the place where it lies.
//!
//! This crate knows keys, rings of them, places and files of keys. Which secret lies where, and who
//! may read it, is for those who keep it.

mod file;
mod key;
mod place;
mod ring;
mod wrapped;

pub use file::{KeyFileError, load_or_make, read_or_make, replace};
pub use key::{Key, KeyId};
pub use place::Place;
pub use ring::{NONCE_BYTES, Ring, Unsealable, is_sealed, sealed_under};
pub use wrapped::WrappedKey;
