//! Passwords: what is accepted, and how it is hashed without starving everything else.
//!
//! Acceptance follows NIST SP 800-63B and OWASP ASVS 5.0 section 6.2: length and guessability,
//! no composition rules. Hashing is argon2id (RFC 9106) on as many threads as the machine has
//! cores, so that a thousand sign-ins queue instead of taking every core and gigabytes.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::Opaque;

/// Fewer characters are refused.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// More characters are refused; nothing is ever cut off.
pub const PASSWORD_CHARS_MAX: usize = 128;
/// A password that a cracker tries this early is refused.
const GUESSES_MIN: u64 = 10_000;
/// Memory of one hashing run.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Sign-ins that may wait for a core before the next one is turned away.
const HASHES_WAITING_MAX: usize = 256;

/// A password in NFC, acceptable for a new credential or merely presented for comparison.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(secret)")
    }
}

/// Why a text is no acceptable new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few or too many characters.
    #[error("expected {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
    Length,
    /// Among the first that anyone would try.
    #[error("this password is easy to guess; use a longer or less common one")]
    Guessable,
}

impl Password {
    /// Accepts a new password. `about` holds what an attacker knows of the person.
    ///
    /// # Errors
    /// [`WeakPassword`] says what to change.
    pub fn accept(text: &str, about: &[&str]) -> Result<Self, WeakPassword> {
        let password = Self::presented(text)?;
        if password.0.chars().count() < PASSWORD_CHARS_MIN {
            return Err(WeakPassword::Length);
        }
        if zxcvbn::zxcvbn(&password.0, about).guesses() < GUESSES_MIN {
            return Err(WeakPassword::Guessable);
        }
        Ok(password)
    }

    /// A password that was drawn and is told to nobody.
    pub fn generated(secret: &Opaque) -> Self {
        Self(secret.reveal().to_owned())
    }

    /// Takes a password that somebody presents, whatever its strength.
    ///
    /// # Errors
    /// [`WeakPassword::Length`] when it is too long ever to have been accepted.
    pub fn presented(text: &str) -> Result<Self, WeakPassword> {
        if text.chars().count() > PASSWORD_CHARS_MAX {
            return Err(WeakPassword::Length);
        }
        Ok(Self(text.nfc().collect()))
    }
}

/// Why a password could not be hashed or compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The stored hash is damaged, or the machine has no memory.
    #[error("the password cannot be hashed: {0}")]
    Failed(String),
}

/// Hashes and compares on a bounded number of threads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    argon2: Arc<Hashing>,
    cores: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    unknown: Arc<str>,
}

impl PasswordHasher {
    /// A hasher for this machine.
    ///
    /// # Errors
    /// [`HashError::Failed`] when even one hash cannot be made.
    pub fn new() -> Result<Self, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let argon2 = Hashing {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            memories: Mutex::new(Vec::with_capacity(cores)),
        };
        let unknown = argon2.hash("nobody has this password")?.into();
        Ok(Self {
            argon2: Arc::new(argon2),
            cores: Arc::new(Semaphore::new(cores)),
            waiting: Arc::new(Semaphore::new(HASHES_WAITING_MAX)),
            unknown,
        })
    }

    /// What the parameters are, for reports: `argon2id m=19456 KiB t=2 p=1`.
    pub fn parameters() -> String {
        format!("argon2id m={MEMORY_KIB} KiB t={PASSES} p=1")
    }

    /// Hashes a new password to a PHC string.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        let argon2 = self.argon2.clone();
        self.run(move || argon2.hash(&password.0)).await
    }

    /// Compares a presented password with a stored hash. With no hash it takes as long and says
    /// no, so that nobody learns which accounts exist.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<bool, HashError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.unknown.to_string());
        let argon2 = self.argon2.clone();
        let matches = self.run(move || argon2.matches(&password.0, &stored)).await?;
        Ok(known && matches)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.map_err(failed)?;
        // The permits travel with the work, which goes on when the caller has gone.
        tokio::task::spawn_blocking(move || {
            let _permits = (waiting, core);
            work()
        })
        .await
        .map_err(failed)?
    }
}

/// The computation, with memory that is used again.
///
/// Fresh memory costs as much as the hash itself: the system has to find and clear every page of
/// it. There are never more memories than cores, because so many run at a time.
struct Hashing {
    argon2: Argon2<'static>,
    memories: Mutex<Vec<Vec<Block>>>,
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashing")
    }
}

impl Hashing {
    fn hash(&self, password: &str) -> Result<String, HashError> {
        let salt = Salt::generate();
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(self.argon2.params()).map_err(failed)?,
            hash: Some(self.output(password, &salt)?),
            salt: Some(salt),
        };
        Ok(hash.to_string())
    }

    fn matches(&self, password: &str, stored: &str) -> Result<bool, HashError> {
        let stored = PasswordHash::new(stored).map_err(failed)?;
        let params = ParamsString::try_from(self.argon2.params()).map_err(failed)?;
        let ours = stored.algorithm == Algorithm::Argon2id.ident()
            && stored.version == Some(Version::V0x13.into())
            && stored.params == params;
        match (&stored.salt, &stored.hash) {
            // Outputs compare in constant time.
            (Some(salt), Some(hash)) if ours => Ok(self.output(password, salt)? == *hash),
            // Made with other parameters, by another release.
            _ => Ok(self.argon2.verify_password(password.as_bytes(), &stored).is_ok()),
        }
    }

    fn output(&self, password: &str, salt: &[u8]) -> Result<Output, HashError> {
        let fresh = || vec![Block::new(); self.argon2.params().block_count()];
        let mut memory = self.memories.lock().pop().unwrap_or_else(fresh);
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let (password, blocks) = (password.as_bytes(), memory.as_mut_slice());
        let done = self.argon2.hash_password_into_with_memory(password, salt, &mut output, blocks);
        self.memories.lock().push(memory);
        done.map_err(failed)?;
        Output::new(&output).map_err(failed)
    }
}

fn failed(error: impl fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_short_long_and_common_passwords_only() {
        let long = "x".repeat(129);
        for text in ["", "short12", "password", "Password1", "12345678", "qwertyuiop", &long] {
            assert!(Password::accept(text, &[]).is_err(), "{text}");
        }
        let phrase = "correct horse battery staple ".repeat(4);
        for text in ["tidal-lamp-93", "ünïcödé wörds", phrase.as_str()] {
            assert!(Password::accept(text, &[]).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn knows_the_password_and_nothing_else() {
        let hasher = PasswordHasher::new().expect("a hasher");
        let new = Password::accept("tidal-lamp-93", &[]).expect("acceptable");
        let stored = hasher.hash(new.clone()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(hasher.verify(new.clone(), Some(stored.clone())).await, Ok(true));
        let other = Password::presented("tidal-lamp-94").expect("presentable");
        assert_eq!(hasher.verify(other, Some(stored)).await, Ok(false));
        assert_eq!(hasher.verify(new, None).await, Ok(false));
    }
}
