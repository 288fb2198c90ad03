//! What proves who somebody is: e-mail addresses, passwords, opaque tokens and signed ones.
//!
//! Both planes know people (members of accounts, users of sites) and treat their credentials by
//! the same rules, so the rules stand here once.

mod email;
mod networks;
mod opaque;
mod password;
mod signed;

pub use email::{Email, InvalidEmail};
pub use networks::{InvalidNetwork, NETWORKS_MAX, Networks};
pub use opaque::Opaque;
pub use password::{
    HashError, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Password, PasswordHasher, WeakPassword,
};
pub use signed::{Expected, InvalidToken, SigningKey, TimedClaims, VerifyingKey, key_id};
