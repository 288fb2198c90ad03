//! The platform's own secrets: made at the first start, kept in files that only the owner reads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use freehold_certificates::Authority;
use freehold_clock::Clock;
use freehold_credentials::{Opaque, SigningKey};
use freehold_fleet::{HandOverKey, ManifestKey, UpstreamId};
use freehold_sealing::{KeyFileError, read_or_make};

use crate::master::Master;

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
    /// From this come the keys of hand-overs.
    pub(crate) handover: [u8; 32],
    /// Seals manifests of tenants.
    pub(crate) manifests: ManifestKey,
    /// Certifies the processes of the fleet.
    pub(crate) authority: Arc<Authority>,
    /// Seals what is to be secret in the database.
    pub(crate) master: Master,
    operator_file: PathBuf,
}

impl From<KeyFileError> for SecretsError {
    fn from(error: KeyFileError) -> Self {
        Self { path: error.path, problem: error.problem }
    }
}

impl Secrets {
    /// Reads the secrets below a folder, and the master key from a file of its own where one is named,
    /// making those that are not there yet.
    ///
    /// # Errors
    /// [`SecretsError`] names the file.
    pub fn load(
        folder: &Path,
        master_file: Option<&Path>,
        clock: &Clock,
    ) -> Result<Self, SecretsError> {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error.to_string()))?;
        let operator_file = folder.join("operator-token");
        let fresh = || Ok(Opaque::from_random(OPERATOR_PREFIX, clock.random()).reveal().to_owned());
        let operator = read_or_make(&operator_file, fresh)
            .map_err(|error| failed(&operator_file, error.to_string()))?;
        let operator = Opaque::parse(OPERATOR_PREFIX, &operator)
            .ok_or_else(|| failed(&operator_file, "this is no operator token".into()))?;
        let seed = key(&folder.join("ticket-key"), clock)?;
        let handover = key(&folder.join("handover-key"), clock)?;
        let authority = authority(&folder.join("authority"), clock)?;
        let master = master_file.map_or_else(|| folder.join("master-key"), Path::to_owned);
        Ok(Self {
            operator_hash: operator.hash(),
            tickets: SigningKey::from_seed(&seed),
            handover,
            // Not the key of hand-overs, which is replaced when an edge is to be kept out.
            manifests: ManifestKey::from_secret(&seed),
            authority: Arc::new(authority),
            master: Master::load(master, clock)?,
            operator_file,
        })
    }

    /// Where the operator token lies.
    pub fn operator_file(&self) -> &Path {
        &self.operator_file
    }

    /// The key of hand-overs to one upstream.
    pub fn handover_key(&self, upstream: &UpstreamId) -> HandOverKey {
        HandOverKey::derive(&self.handover, upstream)
    }

    /// The key that verifies sign-in tickets.
    pub fn ticket_key(&self) -> &freehold_credentials::VerifyingKey {
        self.tickets.verifying_key()
    }
}

fn failed(path: &Path, problem: String) -> SecretsError {
    SecretsError { path: path.into(), problem }
}

/// The certificate authority of the installation.
fn authority(file: &Path, clock: &Clock) -> Result<Authority, SecretsError> {
    let now = clock.now().seconds();
    let fresh = || Authority::create(now).map_err(std::io::Error::other);
    let text = read_or_make(file, fresh).map_err(|error| failed(file, error.to_string()))?;
    Authority::load(&text).map_err(|error| failed(file, error.to_string()))
}

/// A key of 32 secret bytes.
fn key(file: &Path, clock: &Clock) -> Result<[u8; 32], SecretsError> {
    let fresh = || Ok(HEXLOWER.encode(&clock.random::<32>()));
    let text = read_or_make(file, fresh).map_err(|error| failed(file, error.to_string()))?;
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| failed(file, "expected 64 hexadecimal digits".into()))
}
