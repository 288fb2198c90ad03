//! The platform's own secrets: made at the first start, kept in files that only the owner reads.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use freehold_clock::Clock;
use freehold_credentials::{Opaque, SigningKey};

/// What operator tokens start with.
pub(crate) const OPERATOR_PREFIX: &str = "fho";

/// Why the secrets cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}", path = path.display())]
pub struct SecretsError {
    path: PathBuf,
    problem: String,
}

/// The secrets of one installation.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub(crate) operator_hash: String,
    pub(crate) tickets: SigningKey,
    operator_file: PathBuf,
}

impl Secrets {
    /// Reads the secrets below a folder, making those that are not there yet.
    ///
    /// # Errors
    /// [`SecretsError`] names the file.
    pub fn load(folder: &Path, clock: &Clock) -> Result<Self, SecretsError> {
        let failed = |path: &Path, problem: String| SecretsError { path: path.into(), problem };
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error.to_string()))?;
        let operator_file = folder.join("operator-token");
        let fresh = || Opaque::from_random(OPERATOR_PREFIX, clock.random()).reveal().to_owned();
        let operator = read_or_make(&operator_file, fresh)
            .map_err(|error| failed(&operator_file, error.to_string()))?;
        let operator = Opaque::parse(OPERATOR_PREFIX, &operator)
            .ok_or_else(|| failed(&operator_file, "this is no operator token".into()))?;
        let ticket_file = folder.join("ticket-key");
        let fresh = || HEXLOWER.encode(&clock.random::<32>());
        let seed = read_or_make(&ticket_file, fresh)
            .map_err(|error| failed(&ticket_file, error.to_string()))?;
        let seed: [u8; 32] = HEXLOWER
            .decode(seed.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| failed(&ticket_file, "expected 64 hexadecimal digits".into()))?;
        Ok(Self {
            operator_hash: operator.hash(),
            tickets: SigningKey::from_seed(&seed),
            operator_file,
        })
    }

    /// Where the operator token lies.
    pub fn operator_file(&self) -> &Path {
        &self.operator_file
    }

    /// The key that verifies sign-in tickets.
    pub fn ticket_key(&self) -> &freehold_credentials::VerifyingKey {
        self.tickets.verifying_key()
    }
}

fn read_or_make(path: &Path, make: impl FnOnce() -> String) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let secret = make();
    // Written whole under another name, so that a crash leaves no half secret behind.
    let unfinished = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(secret)
}
