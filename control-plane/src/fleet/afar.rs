//! What listens to processes of other hosts, over TLS, with the control plane's own certificate.

use std::net::SocketAddr;
use std::time::Duration;

use freehold_certificates::{CONTROL_NAME, CertificateError, Clients, Presented, TlsListener};
use freehold_clock::Clock;
use freehold_fleet::Upstreams;
use tokio_util::sync::CancellationToken;

use crate::secrets::Secrets;

/// How often the control plane certifies itself anew.
const RENEWED_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Where the control plane listens to other hosts.
#[derive(Debug, Clone, Default)]
pub struct AfarConfig {
    /// To workers and edges.
    pub fleet: Option<SocketAddr>,
    /// To hand-overs of edges, and the `host:port` under which edges find it.
    pub handover: Option<(SocketAddr, String)>,
}

/// The listeners of one control plane.
#[derive(Debug)]
pub(crate) struct Afar {
    pub(crate) processes: Option<TlsListener>,
    pub(crate) handovers: Option<TlsListener>,
}

/// Why one cannot listen: the setting, and what is wrong.
pub(crate) type NotListening = (&'static str, String);

/// What the control plane presents: to processes, which may be about to join, and to edges.
#[derive(Clone)]
struct Own {
    processes: Presented,
    handovers: Presented,
}

impl Afar {
    /// Binds what is configured, and keeps its certificates fresh until told to stop.
    pub(crate) async fn listen(
        config: &AfarConfig,
        secrets: &Secrets,
        upstreams: &Upstreams,
        clock: &Clock,
        stopping: CancellationToken,
    ) -> Result<Self, NotListening> {
        let wrong = |setting| move |error: CertificateError| (setting, error.to_string());
        let identity = secrets.authority.identity(CONTROL_NAME, clock.now().seconds());
        let identity = identity.map_err(wrong("fleet.listen"))?;
        let own = Own {
            processes: Presented::new(&identity, Clients::AlsoUncertified)
                .map_err(wrong("fleet.listen"))?,
            handovers: Presented::new(&identity, Clients::Certified)
                .map_err(wrong("control.listen"))?,
        };
        // An edge in this process reaches workers of other hosts as the control plane.
        upstreams.set_identity(identity);
        let mut afar = Self { processes: None, handovers: None };
        let bound = |setting| move |error: std::io::Error| (setting, error.to_string());
        if let Some(address) = config.fleet {
            let listener = TlsListener::bind(address, own.processes.clone()).await;
            afar.processes = Some(listener.map_err(bound("fleet.listen"))?);
        }
        if let Some((address, _)) = &config.handover {
            let listener = TlsListener::bind(*address, own.handovers.clone()).await;
            afar.handovers = Some(listener.map_err(bound("control.listen"))?);
        }
        let (secrets, upstreams, clock) = (secrets.clone(), upstreams.clone(), clock.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(RENEWED_EVERY) => {}
                    () = stopping.cancelled() => return,
                }
                if let Err(error) = own.renew(&secrets, &upstreams, &clock) {
                    tracing::error!(%error, "the control plane's certificate stays the old one");
                }
            }
        });
        Ok(afar)
    }
}

impl Own {
    fn renew(
        &self,
        secrets: &Secrets,
        upstreams: &Upstreams,
        clock: &Clock,
    ) -> Result<(), CertificateError> {
        let identity = secrets.authority.identity(CONTROL_NAME, clock.now().seconds())?;
        self.processes.replace(&identity, Clients::AlsoUncertified)?;
        self.handovers.replace(&identity, Clients::Certified)?;
        upstreams.set_identity(identity);
        Ok(())
    }
}
