//! From an upstream's address to a peer that Pingora can connect to: a Unix socket on this host,
//! or TLS between certified processes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use freehold_certificates::{CertificateError, Identity, process_name};
use freehold_fleet::{Address, UpstreamEntry, UpstreamId, Upstreams};
use parking_lot::Mutex;
use pingora::upstreams::peer::HttpPeer;
use pingora::utils::tls::{CertKey, WrappedX509, parse_x509};
use pingora::{Error, ErrorType};

use crate::pulse::Dial;
use crate::service::{EdgeService, RequestCtx};

/// How long a connection may take, TLS and all.
const CONNECT_SECONDS_MAX: u64 = 4;
/// How long an unused connection is kept.
const IDLE_SECONDS_MAX: u64 = 60;
/// How long a resolved name is believed.
const RESOLVED_SECONDS_MAX: u64 = 5;
/// How long a name may take to resolve.
const RESOLVE_SECONDS_MAX: u64 = 2;

/// Makes peers, remembering what is dear to make. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Peers {
    remembered: Arc<Mutex<Remembered>>,
    dial: Arc<Dial>,
}

#[derive(Default)]
struct Remembered {
    resolved: HashMap<String, (SocketAddr, Instant)>,
    presented: Option<Presented>,
}

/// An identity in the form that Pingora takes.
#[derive(Clone)]
struct Presented {
    from: Arc<Identity>,
    certificate: Arc<CertKey>,
    authority: Arc<[WrappedX509]>,
}

impl std::fmt::Debug for Peers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peers")
    }
}

impl Peers {
    /// The peer of an upstream.
    pub(crate) async fn of(
        &self,
        upstream: &UpstreamEntry,
        upstreams: &Upstreams,
    ) -> pingora::Result<HttpPeer> {
        let place = match &upstream.address {
            Address::Unix(path) => {
                return HttpPeer::new_uds(&path.to_string_lossy(), false, String::new());
            }
            Address::Tls(place) => place,
        };
        let missing =
            || Error::explain(ErrorType::ConnectError, "this edge has no certificate yet");
        let identity = upstreams.identity().ok_or_else(missing)?;
        let presented = self.presented(identity).map_err(|error| {
            Error::explain(ErrorType::ConnectError, format!("this edge's certificate: {error}"))
        })?;
        let address = self.resolve(place).await?;
        let mut peer = HttpPeer::new(address, true, name(&upstream.id));
        peer.client_cert_key = Some(presented.certificate);
        peer.options.ca = Some(presented.authority);
        Ok(peer)
    }

    /// What makes the connections.
    fn dial(&self) -> Arc<Dial> {
        self.dial.clone()
    }

    /// Forgets where a place is, after it could not be reached there.
    pub(crate) fn forget(&self, upstream: &UpstreamEntry) {
        if let Address::Tls(place) = &upstream.address {
            self.remembered.lock().resolved.remove(place);
        }
    }

    fn presented(&self, identity: Arc<Identity>) -> Result<Presented, CertificateError> {
        let mut remembered = self.remembered.lock();
        if let Some(known) = &remembered.presented
            && Arc::ptr_eq(&known.from, &identity)
        {
            return Ok(known.clone());
        }
        let certificates = vec![identity.certificate()?, identity.authority()?];
        let authority = WrappedX509::new(identity.authority()?, parse_x509);
        let presented = Presented {
            certificate: Arc::new(CertKey::new(certificates, identity.key()?)),
            authority: Arc::new([authority]),
            from: identity,
        };
        remembered.presented = Some(presented.clone());
        Ok(presented)
    }

    async fn resolve(&self, place: &str) -> pingora::Result<SocketAddr> {
        if let Ok(address) = place.parse() {
            return Ok(address);
        }
        let now = Instant::now();
        if let Some((address, at)) = self.remembered.lock().resolved.get(place)
            && now.duration_since(*at).as_secs() < RESOLVED_SECONDS_MAX
        {
            return Ok(*address);
        }
        let wait = Duration::from_secs(RESOLVE_SECONDS_MAX);
        let found = tokio::time::timeout(wait, tokio::net::lookup_host(place)).await;
        let address = found.ok().and_then(Result::ok).and_then(|mut found| found.next());
        let address = address.ok_or_else(|| {
            Error::explain(ErrorType::ConnectError, format!("{place} cannot be resolved"))
        })?;
        // One entry an upstream, so the control plane's limit of workers bounds it.
        self.remembered.lock().resolved.insert(place.to_owned(), (address, now));
        Ok(address)
    }
}

impl EdgeService {
    /// Whether the worker that a request leads to has fallen silent.
    pub(crate) fn is_silent(&self, ctx: &RequestCtx) -> bool {
        ctx.route.as_ref().is_some_and(|route| self.pulse.is_silent(&route.upstream))
    }

    /// The peer that a request leads to.
    pub(crate) async fn peer(
        &self,
        ctx: &RequestCtx,
        answer_idle: Option<Duration>,
    ) -> pingora::Result<Box<HttpPeer>> {
        let upstream = ctx.route.as_ref().and_then(|route| self.upstreams.get(&route.upstream));
        let missing = || Error::explain(ErrorType::ConnectError, "no such upstream");
        let upstream = upstream.ok_or_else(missing)?;
        if self.pulse.is_silent(&upstream.id) {
            return Err(Error::explain(ErrorType::ConnectError, "the worker is silent"));
        }
        let mut peer = self.peers.of(&upstream, &self.upstreams).await?;
        peer.options.custom_l4 = Some(self.peers.dial());
        peer.options.total_connection_timeout = Some(Duration::from_secs(CONNECT_SECONDS_MAX));
        peer.options.idle_timeout = Some(Duration::from_secs(IDLE_SECONDS_MAX));
        peer.options.read_timeout = answer_idle;
        Ok(Box::new(peer))
    }
}

/// The name in an upstream's certificate.
fn name(id: &UpstreamId) -> String {
    process_name(&id.0)
}
