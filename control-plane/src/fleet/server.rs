//! Where processes of the fleet connect: they join or say hello, and are then served by role.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use freehold_certificates::{TlsListener, process_name};
use freehold_credentials::Opaque;
use freehold_db::DbError;
use freehold_fleet::wire::{self, ALIVE_SECONDS, Receiver, Sender, WireError};
use freehold_fleet::{
    CONTRACT_VERSION, Certified, ControlMessage, HandOverKey, Introduction, JoinSecret, Membership,
    ProcessMessage, ProcessRole, REPORT_TENANTS_MAX, Unread, UpstreamId, UsageReport, Welcome,
};
use freehold_ids::{EdgeId, WorkerId};
use parking_lot::Mutex;
use tokio::net::UnixListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{edge, processes, worker, workers};
use crate::secrets::Secrets;
use crate::sites::Sites;
use crate::usage;

/// Connections of processes at the same time at most.
const CONNECTIONS_MAX: usize = 20_000;
/// Messages that may wait for one process before it is cut off.
const MESSAGES_PENDING_MAX: usize = 4_096;
/// A connection that is older is ended; the process comes again and gets a fresh certificate.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Pause after the system had no descriptor for a connection.
const ACCEPT_PAUSE_MS: u64 = 50;

/// A connected process, as the rest of the control plane sees it.
#[derive(Debug, Clone)]
struct Live {
    number: u64,
    outbox: mpsc::Sender<ControlMessage>,
    cut: CancellationToken,
}

/// The processes that are connected. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<HashMap<String, Live>>>);

impl Connections {
    /// Whether a process is connected.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.0.lock().contains_key(id)
    }

    /// Ends a process's connection.
    pub(crate) fn cut(&self, id: &str) {
        if let Some(live) = self.0.lock().get(id) {
            live.cut.cancel();
        }
    }

    /// Tells a process something; says whether it is connected.
    pub(crate) fn tell(&self, id: &str, message: ControlMessage) -> bool {
        self.0.lock().get(id).is_some_and(|live| live.outbox.try_send(message).is_ok())
    }

    /// Takes a new connection of a process, in place of one that it had.
    fn take(&self, id: &str, live: Live) {
        if let Some(former) = self.0.lock().insert(id.to_owned(), live) {
            former.cut.cancel();
        }
    }

    fn ended(&self, id: &str, number: u64) {
        let mut all = self.0.lock();
        if all.get(id).is_some_and(|live| live.number == number) {
            all.remove(id);
        }
    }
}

/// What serving a process needs.
#[derive(Debug, Clone)]
pub(crate) struct FleetServer {
    pub(crate) sites: Sites,
    pub(crate) secrets: Secrets,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the control database: {0}")]
    Db(#[from] DbError),
    #[error("refused: {0}")]
    Refused(&'static str),
    #[error("a newer connection or an operator ended it")]
    Cut,
    #[error("it is to come again and get a fresh certificate")]
    Old,
    #[error("it did not keep up")]
    Behind,
}

/// An introduced process and its connection.
pub(crate) struct Introduced {
    pub(crate) id: String,
    pub(crate) introduction: Introduction,
    pub(crate) sender: Sender<ControlMessage>,
    pub(crate) receiver: Receiver<ProcessMessage>,
    /// What others want to tell the process.
    pub(crate) outbox: mpsc::Receiver<ControlMessage>,
}

impl FleetServer {
    /// Accepts processes until told to stop, on this host and, where `certified` listens, from
    /// others.
    pub(crate) async fn run(self, listener: UnixListener, mut certified: Option<TlsListener>) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut number = 0;
        loop {
            let from_afar = async {
                match &mut certified {
                    Some(certified) => certified.next().await,
                    None => std::future::pending().await,
                }
            };
            let stream: Box<dyn wire::Stream> = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => Box::new(stream),
                    Err(error) => {
                        tracing::warn!(%error, "a process could not be accepted");
                        tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                        continue;
                    }
                },
                (stream, _) = from_afar => Box::new(stream),
                () = self.stopping.cancelled() => return,
            };
            let Ok(permit) = room.clone().try_acquire_owned() else { continue };
            number += 1;
            let (server, number) = (self.clone(), number);
            self.tasks.spawn(async move {
                let _permit = permit;
                server.serve(stream, number).await;
            });
        }
    }

    async fn serve(self, stream: Box<dyn wire::Stream>, number: u64) {
        let (mut sender, mut receiver) = wire::over(stream);
        let (id, introduction) = match self.introduce(&mut sender, &mut receiver).await {
            Ok(introduced) => introduced,
            Err(Ended::Refused(reason)) => {
                tracing::warn!(reason, "refused a process");
                // It may have gone already.
                let _ = sender.send(&ControlMessage::Refused { reason: reason.into() }).await;
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "a process did not introduce itself");
                return;
            }
        };
        let role = introduction.role;
        let (messages, outbox) = mpsc::channel(MESSAGES_PENDING_MAX);
        let cut = CancellationToken::new();
        let live = Live { number, outbox: messages, cut: cut.clone() };
        self.sites.fleet.connections.take(&id, live);
        tracing::info!(id, role = role.as_str(), "a process connected");
        let introduced = Introduced { id: id.clone(), introduction, sender, receiver, outbox };
        let served = async {
            match role {
                ProcessRole::Worker => worker::serve(&self, introduced).await,
                ProcessRole::Edge => edge::serve(&self, introduced).await,
            }
        };
        let ended = tokio::select! {
            ended = served => ended,
            () = cut.cancelled() => Ended::Cut,
            () = tokio::time::sleep(CONNECTION_AGE_MAX) => Ended::Old,
            () = self.stopping.cancelled() => Ended::Cut,
        };
        self.sites.fleet.connections.ended(&id, number);
        tracing::warn!(id, role = role.as_str(), reason = %ended, "a process disconnected");
    }

    /// Writes down what a process counted, and tells it so. A process sends one report at a time
    /// and waits for this.
    pub(super) fn keep_usage(&self, id: &str, report: UsageReport) {
        if report.tenants.len() > REPORT_TENANTS_MAX {
            tracing::warn!(id, "a report of usage is too long, and was not read");
            return;
        }
        let (sites, id, stopping) = (self.sites.clone(), id.to_owned(), self.stopping.clone());
        self.tasks.spawn(async move {
            if usage::keep_patiently(&sites, &id, &report, &stopping).await {
                let kept = ControlMessage::UsageKept { number: report.number };
                // It may have gone; then it sends the report again.
                let _ = sites.fleet.connections.tell(&id, kept);
            }
        });
    }

    /// Finds out who has connected, and welcomes it.
    async fn introduce(
        &self,
        sender: &mut Sender<ControlMessage>,
        receiver: &mut Receiver<ProcessMessage>,
    ) -> Result<(String, Introduction), Ended> {
        let (id, introduction) = match receiver.receive().await? {
            ProcessMessage::Join { introduction, token, former } => {
                check(&introduction)?;
                let membership = self.join(&introduction, &token, former).await?;
                let id = membership.id.clone();
                sender.send(&ControlMessage::Joined { membership }).await?;
                (id, introduction)
            }
            ProcessMessage::Hello { introduction, membership } => {
                check(&introduction)?;
                self.recognise(&introduction, &membership).await?;
                (membership.id, introduction)
            }
            _ => return Err(Ended::Refused("the first message is not an introduction")),
        };
        let is_worker = introduction.role == ProcessRole::Worker;
        let ticket_key = HEXLOWER.encode(&self.secrets.ticket_key().to_bytes());
        sender
            .send(&ControlMessage::Welcome(Welcome {
                version: CONTRACT_VERSION,
                hosts: (*self.sites.fleet.hosts).clone(),
                handover_key: is_worker.then(|| self.handover_key(&id)),
                ticket_key: is_worker.then_some(ticket_key),
                certified: self.certify(&id, &introduction)?,
                unread: Unread::default(),
            }))
            .await?;
        Ok((id, introduction))
    }

    /// A fresh certificate for a process that sent a public key.
    fn certify(&self, id: &str, of: &Introduction) -> Result<Option<Certified>, Ended> {
        let Some(key) = &of.public_key else { return Ok(None) };
        let refused = Ended::Refused("the public key cannot be certified");
        let Ok(key) = HEXLOWER.decode(key.as_bytes()) else { return Err(refused) };
        let now = self.sites.clock.now().seconds();
        let authority = &self.secrets.authority;
        let Ok(certificate) = authority.certify(&process_name(id), &key, now) else {
            return Err(refused);
        };
        Ok(Some(Certified {
            certificate: HEXLOWER.encode(&certificate),
            authority: HEXLOWER.encode(authority.certificate()),
        }))
    }

    /// The key of hand-overs to a worker.
    pub(crate) fn handover_key(&self, id: &str) -> HandOverKey {
        self.secrets.handover_key(&UpstreamId(id.to_owned()))
    }

    async fn join(
        &self,
        introduction: &Introduction,
        token: &JoinSecret,
        former: Option<String>,
    ) -> Result<Membership, Ended> {
        let (db, clock) = (&self.sites.db, &self.sites.clock);
        let now = clock.now();
        let credential = Opaque::from_random(processes::CREDENTIAL_PREFIX, clock.random());
        let mut writer = db.write().await?;
        if !processes::use_token(&mut writer, token.secret(), introduction.role, now).await? {
            return Err(Ended::Refused(
                "the join token is unknown, used up, expired or for another role",
            ));
        }
        let known = match &former {
            Some(former) => processes::by_id(&mut writer, former).await?,
            None => None,
        };
        if known.is_some() {
            return Err(Ended::Refused(
                "this process was removed, or has another's credential; \
                 without the file `membership` in its folder it joins as a new one",
            ));
        }
        let id = match introduction.role {
            // Tenants are placed with it, and its rows of the fleet were lost.
            ProcessRole::Worker => match former.and_then(|former| former.parse().ok()) {
                Some(former) if workers::is_known(&mut writer, former).await? => former,
                _ => WorkerId::from_random(clock.random_bits()),
            }
            .to_string(),
            ProcessRole::Edge => EdgeId::from_random(clock.random_bits()).to_string(),
        };
        processes::insert(&mut writer, &id, introduction, &credential, now).await?;
        writer.commit().await?;
        tracing::info!(id, role = introduction.role.as_str(), "a process joined the fleet");
        Ok(Membership { id, credential: credential.reveal().to_owned(), identity: None })
    }

    async fn recognise(
        &self,
        introduction: &Introduction,
        membership: &Membership,
    ) -> Result<(), Ended> {
        let refused = Ended::Refused("this process is not a member of the fleet, or no longer");
        let db = &self.sites.db;
        let known = processes::by_id(&mut db.read().await?, &membership.id).await?;
        let presented =
            Opaque::parse(processes::CREDENTIAL_PREFIX, &membership.credential).map(|c| c.hash());
        let (Some(known), Some(presented)) = (known, presented) else { return Err(refused) };
        let is_its_own = presented == known.credential_hash
            || known.next_credential_hash.as_ref() == Some(&presented);
        if !is_its_own || known.revoked_at.is_some() || known.role != introduction.role {
            return Err(refused);
        }
        let now = self.sites.clock.now();
        processes::seen(db, &membership.id, introduction, &presented, now).await?;
        Ok(())
    }
}

/// Whether an introduction makes sense to this release.
fn check(introduction: &Introduction) -> Result<(), Ended> {
    let is_name = |text: &str| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if introduction.version + 1 < CONTRACT_VERSION || introduction.version > CONTRACT_VERSION + 1 {
        return Err(Ended::Refused("the releases are more than one apart"));
    }
    if !is_name(&introduction.name) || !is_name(&introduction.region) {
        return Err(Ended::Refused("name and region are 1 to 63 letters, digits and hyphens"));
    }
    if introduction.role == ProcessRole::Worker && introduction.address.is_none() {
        return Err(Ended::Refused("a worker says where it takes hand-overs"));
    }
    Ok(())
}

/// Sends what others want to tell a process, and signs of life in between.
pub(crate) async fn next_message(outbox: &mut mpsc::Receiver<ControlMessage>) -> ControlMessage {
    let pause = Duration::from_secs(ALIVE_SECONDS);
    match tokio::time::timeout(pause, outbox.recv()).await {
        Ok(Some(message)) => message,
        Ok(None) | Err(_) => ControlMessage::Alive,
    }
}
