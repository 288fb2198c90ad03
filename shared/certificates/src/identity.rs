//! What one process presents: its key, its certificate, and the authority that it believes.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde::{Deserialize, Serialize};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::CertificateError;

/// A fresh key that waits for its certificate.
pub struct KeyRequest(KeyPair);

impl std::fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRequest(secret)")
    }
}

impl KeyRequest {
    /// A new key.
    ///
    /// # Errors
    /// [`CertificateError::Certificate`] when the system has no randomness.
    pub fn generate() -> Result<Self, CertificateError> {
        Ok(Self(KeyPair::generate()?))
    }

    /// What the authority is asked to certify (SubjectPublicKeyInfo, DER).
    pub fn public_key(&self) -> Vec<u8> {
        self.0.subject_public_key_info()
    }

    /// With the certificate that came back (both DER).
    pub fn certified(&self, certificate: &[u8], authority: &[u8]) -> Identity {
        Identity {
            key: HEXLOWER.encode(&self.0.serialize_der()),
            certificate: HEXLOWER.encode(certificate),
            authority: HEXLOWER.encode(authority),
        }
    }
}

/// Whether a server insists on a certificate of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// Whoever has none is turned away.
    Certified,
    /// Processes that are about to join have none yet.
    AlsoUncertified,
}

/// The key and certificate of one process, in hexadecimal DER.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    key: String,
    certificate: String,
    authority: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(secret)")
    }
}

fn decode(text: &str) -> Result<Vec<u8>, CertificateError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| CertificateError::Malformed("hexadecimal digits"))
}

impl Identity {
    /// The private key (PKCS #8, DER).
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn key(&self) -> Result<Vec<u8>, CertificateError> {
        decode(&self.key)
    }

    /// The certificate (DER).
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn certificate(&self) -> Result<Vec<u8>, CertificateError> {
        decode(&self.certificate)
    }

    /// The authority's certificate (DER).
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn authority(&self) -> Result<Vec<u8>, CertificateError> {
        decode(&self.authority)
    }

    /// Accepts connections as this process.
    ///
    /// # Errors
    /// [`CertificateError`] when key and certificate do not fit.
    pub fn acceptor(&self, clients: Clients) -> Result<TlsAcceptor, CertificateError> {
        let verifier = WebPkiClientVerifier::builder(Arc::new(self.roots()?));
        let verifier = match clients {
            Clients::Certified => verifier,
            Clients::AlsoUncertified => verifier.allow_unauthenticated(),
        };
        let verifier = verifier
            .build()
            .map_err(|_| CertificateError::Malformed("the authority's certificate"))?;
        let config = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain()?, self.private_key()?)?;
        Ok(Arc::new(config).into())
    }

    /// Opens connections as this process, to peers that the same authority certified.
    ///
    /// # Errors
    /// [`CertificateError`] when key and certificate do not fit.
    pub fn connector(&self) -> Result<TlsConnector, CertificateError> {
        let config = ClientConfig::builder()
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(self.chain()?, self.private_key()?)?;
        Ok(Arc::new(config).into())
    }

    fn roots(&self) -> Result<RootCertStore, CertificateError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.authority()?))?;
        Ok(roots)
    }

    /// The authority's certificate is sent along for those who know it by its fingerprint only.
    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
        Ok(vec![self.certificate()?.into(), self.authority()?.into()])
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, CertificateError> {
        Ok(PrivatePkcs8KeyDer::from(self.key()?).into())
    }
}
