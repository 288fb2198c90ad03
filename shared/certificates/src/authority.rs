//! The authority: a key that never leaves the control plane, and the certificates it signs.

use std::time::Duration;

use data_encoding::HEXLOWER;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SubjectPublicKeyInfo,
};
use sha2::{Digest, Sha256};

use crate::{CertificateError, Identity, KeyRequest};

/// How long a certificate of a process is valid. Processes get a new one whenever they connect.
pub const CERTIFICATE_DAYS: u64 = 30;
/// How long the authority's own certificate is valid.
const AUTHORITY_DAYS: u64 = 20 * 365;
/// How far a peer's clock may be behind.
const CLOCK_SKEW_SECONDS_MAX: u64 = 3_600;

const DAY_SECONDS: u64 = 24 * 3_600;

/// The certificate authority of one installation.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.fingerprint())
    }
}

impl Authority {
    /// Makes a new authority, as text to be kept: the key and the certificate, hexadecimal, on
    /// one line each.
    ///
    /// # Errors
    /// [`CertificateError::Certificate`].
    pub fn create(unix_seconds: u64) -> Result<String, CertificateError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "Freehold installation");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, unix_seconds, AUTHORITY_DAYS);
        let certificate = params.self_signed(&key)?;
        let (key, certificate) = (key.serialize_der(), certificate.der().to_vec());
        Ok(format!("{} {}", HEXLOWER.encode(&key), HEXLOWER.encode(&certificate)))
    }

    /// Reads what [`Authority::create`] made.
    ///
    /// # Errors
    /// [`CertificateError`] when it is something else.
    pub fn load(text: &str) -> Result<Self, CertificateError> {
        let malformed = || CertificateError::Malformed("a key and a certificate, hexadecimal");
        let (key, certificate) = text.trim().split_once(' ').ok_or_else(malformed)?;
        let decode = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| malformed());
        let (key, certificate) = (decode(key)?, decode(certificate)?);
        let key = KeyPair::try_from(key)?;
        let issuer = Issuer::from_ca_cert_der(&certificate.as_slice().into(), key)?;
        Ok(Self { issuer, certificate })
    }

    /// SHA-256 of the authority's certificate, by which joining processes know it.
    pub fn fingerprint(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(&self.certificate))
    }

    /// The authority's certificate (DER).
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Certifies that a public key (SubjectPublicKeyInfo, DER) belongs to a name.
    ///
    /// # Errors
    /// [`CertificateError::Certificate`] for a key of an unknown kind.
    pub fn certify(
        &self,
        name: &str,
        public_key: &[u8],
        unix_seconds: u64,
    ) -> Result<Vec<u8>, CertificateError> {
        let key = SubjectPublicKeyInfo::from_der(public_key)?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        set_validity(&mut params, unix_seconds, CERTIFICATE_DAYS);
        Ok(params.signed_by(&key, &self.issuer)?.der().to_vec())
    }

    /// A key and a certificate for the authority's own process.
    ///
    /// # Errors
    /// [`CertificateError::Certificate`].
    pub fn identity(&self, name: &str, unix_seconds: u64) -> Result<Identity, CertificateError> {
        let request = KeyRequest::generate()?;
        let certificate = self.certify(name, &request.public_key(), unix_seconds)?;
        Ok(request.certified(&certificate, &self.certificate))
    }
}

fn set_validity(params: &mut CertificateParams, unix_seconds: u64, days: u64) {
    let at = |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = at(unix_seconds.saturating_sub(CLOCK_SKEW_SECONDS_MAX));
    params.not_after = at(unix_seconds + days * DAY_SECONDS);
}
