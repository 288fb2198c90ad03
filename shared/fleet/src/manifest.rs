//! What lies beside a tenant's store and says whose it is, under the control plane's seal.
//!
//! The control plane writes it, the worker keeps it as it came. With the manifests of all tenants and
//! the installation's secrets, who owns which site under which names can be told again after the
//! control plane's database was lost. The seal keeps a worker, or whoever copies its disk, from
//! claiming what it was not given.

use data_encoding::HEXLOWER;
use freehold_ids::{AccountId, MemberId, TenantId, WorkerId};
use serde::{Deserialize, Serialize};

use crate::{HandOverKey, Hostname, ManifestKeys, Unread, UpstreamId};

/// The file beside a tenant's store.
pub const MANIFEST_FILE: &str = "manifest";
/// A manifest's size at most; one with every domain that a site may have is smaller.
pub const MANIFEST_BYTES_MAX: u64 = 256 * 1024;

/// What is known of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`crate::CONTRACT_VERSION`] of the release that wrote it.
    pub version: u16,
    /// Which.
    pub tenant: TenantId,
    /// Under which epoch the worker owns it.
    pub epoch: u64,
    /// The worker.
    pub worker: WorkerId,
    /// Where that one is.
    pub region: String,
    /// How the store is kept.
    pub engine: String,
    /// The site's display name.
    pub name: String,
    /// Its label below the platform's host.
    pub slug: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Why it is suspended, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
    /// Unix milliseconds; until then it can be restored, where it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erase_at: Option<i64>,
    /// Whose it is.
    pub account: AccountId,
    /// Who answers for the account.
    pub owner: ManifestOwner,
    /// The names besides its own under which it is served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<ManifestDomain>,
    /// The labels that it had before and that still lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous_slugs: Vec<ManifestSlug>,
    /// The tenant's keys, under the control plane's master key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<ManifestKeys>,
    /// What a newer release says besides.
    #[serde(flatten)]
    pub unread: Unread,
}

/// The person behind an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestOwner {
    /// Their id.
    pub member: MemberId,
    /// Their address.
    pub email: String,
    /// Whether it was shown to be theirs.
    pub is_verified: bool,
}

/// A domain of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestDomain {
    /// Its name.
    pub hostname: Hostname,
    /// What its record holds.
    pub token: String,
    /// Whether the site is to be read under it.
    #[serde(default)]
    pub canonical: bool,
}

/// A label that a site had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestSlug {
    /// The label.
    pub slug: String,
    /// Unix milliseconds; until then it leads on.
    pub until: i64,
}

/// Seals and opens manifests.
#[derive(Debug, Clone)]
pub struct ManifestKey(HandOverKey);

impl ManifestKey {
    /// A key from 32 secret random bytes.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(HandOverKey::derive(secret, &UpstreamId("manifests".to_owned())))
    }

    /// Writes a manifest down.
    pub fn seal(&self, manifest: &Manifest) -> SealedManifest {
        // Neither a map with keys that are no text nor a number that is none is in it.
        let text = serde_json::to_string(manifest).unwrap_or_default();
        let seal = HEXLOWER.encode(&self.0.tag(&[&text]));
        SealedManifest(format!("{text}\n{seal}\n"))
    }

    /// Reads what was written down.
    ///
    /// # Errors
    /// [`ManifestError`] says what is wrong with it.
    pub fn open(&self, sealed: &SealedManifest) -> Result<Manifest, ManifestError> {
        let mut lines = sealed.0.lines();
        let (Some(text), Some(seal)) = (lines.next(), lines.next()) else {
            return Err(ManifestError::Form("expected two lines".into()));
        };
        let seal = HEXLOWER.decode(seal.as_bytes()).map_err(|_| ManifestError::Seal)?;
        if !self.0.is_tag(&[text], &seal) {
            return Err(ManifestError::Seal);
        }
        serde_json::from_str(text).map_err(|error| ManifestError::Form(error.to_string()))
    }
}

/// A manifest as it is sent and kept: one line of JSON, one with its seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedManifest(String);

impl SealedManifest {
    /// What a file held.
    pub const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// What a file is to hold.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a manifest is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It was not written by this installation, or has changed.
    #[error("the seal is not this installation's")]
    Seal,
    /// It is none.
    #[error("it is no manifest: {0}")]
    Form(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            version: 1,
            tenant: TenantId::from_random(1),
            epoch: 3,
            worker: WorkerId::from_random(2),
            region: "local".into(),
            engine: "sqlite".into(),
            name: "Søster\nInc".into(),
            slug: "acme".into(),
            created_at: 5,
            suspended: None,
            erase_at: None,
            account: AccountId::from_random(3),
            owner: ManifestOwner {
                member: MemberId::from_random(4),
                email: "ada@example.org".into(),
                is_verified: true,
            },
            domains: vec![ManifestDomain {
                hostname: Hostname::parse("www.acme.test").unwrap(),
                token: "freehold-domain=1".into(),
                canonical: true,
            }],
            previous_slugs: vec![ManifestSlug { slug: "ace".into(), until: 9 }],
            keys: None,
            unread: Unread::default(),
        }
    }

    #[test]
    fn what_was_sealed_is_read_and_nothing_else() {
        let (key, other) = (ManifestKey::from_secret(&[1; 32]), ManifestKey::from_secret(&[2; 32]));
        let sealed = key.seal(&manifest());
        assert_eq!(key.open(&sealed), Ok(manifest()));
        assert_eq!(other.open(&sealed), Err(ManifestError::Seal));
        let changed = sealed.as_str().replace("\"epoch\":3", "\"epoch\":4");
        assert_eq!(key.open(&SealedManifest::from_text(changed)), Err(ManifestError::Seal));
        let cut = sealed.as_str().lines().next().unwrap().to_owned();
        assert!(matches!(key.open(&SealedManifest::from_text(cut)), Err(ManifestError::Form(_))));
    }
}
