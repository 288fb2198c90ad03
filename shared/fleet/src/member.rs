//! How a process of the fleet reaches the control plane: join once, say hello ever after.

use std::path::PathBuf;
use std::time::Duration;

use data_encoding::HEXLOWER;
use freehold_certificates::{
    CONTROL_NAME, CertificateError, Identity, KeyRequest, pinned_connector,
};

use crate::wire::{self, Receiver, Sender, Stream, WireError};
use crate::{
    Address, Certified, ControlMessage, CopyError, Introduction, JoinSecret, Membership,
    PersistedCopy, ProcessMessage, Welcome,
};

/// How long a control plane may take to answer an introduction; another one may be waiting.
const INTRODUCTION_SECONDS_MAX: u64 = 5;
/// Pause before the first new attempt; it doubles with each that fails.
const PAUSE_MS_MIN: u64 = 100;
/// Pause between two attempts at most.
const PAUSE_MS_MAX: u64 = 3_000;

/// A process that is, or wants to be, a member of the fleet.
#[derive(Debug, Clone)]
pub struct Member {
    /// Where control planes listen for processes. One of them leads; the others do not answer.
    pub controls: Vec<Address>,
    /// How this process introduces itself.
    pub introduction: Introduction,
    /// The folder of its membership.
    pub folder: PathBuf,
    /// What it joins with, where it is not a member yet.
    pub join_token: Option<JoinSecret>,
}

/// An open connection, welcome included.
#[derive(Debug)]
pub struct Connected {
    /// Who this process is.
    pub membership: Membership,
    /// What it was told first.
    pub welcome: Welcome,
    /// Sends to the control plane.
    pub sender: Sender<ProcessMessage>,
    /// Receives from it.
    pub receiver: Receiver<ControlMessage>,
}

/// Why a process is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The control plane cannot be reached, or broke off.
    #[error("the control plane at {0} cannot be reached: {1}")]
    Unreachable(String, WireError),
    /// Nobody said where it is.
    #[error("no control plane is named")]
    NoControl,
    /// It said no.
    #[error("the control plane refused this process: {0}")]
    Refused(String),
    /// It never joined.
    #[error("this process never joined the fleet; start it once with --join TOKEN")]
    NoToken,
    /// Its token does not say how to know the control plane.
    #[error("to join over TLS, the token must be given whole, with the part after the dot")]
    NoFingerprint,
    /// A key or a certificate is of no use.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The membership cannot be read or kept.
    #[error(transparent)]
    Membership(#[from] CopyError),
}

impl Member {
    /// Opens a connection, joining first where this process is not a member yet.
    ///
    /// # Errors
    /// [`ConnectError`]; all but `Unreachable` want an operator.
    pub async fn connect(&self) -> Result<Connected, ConnectError> {
        let attempts: Vec<_> =
            self.controls.iter().map(|control| self.connect_to(control)).collect();
        self.first_that_answers(attempts).await
    }

    async fn connect_to(&self, control: &Address) -> Result<Connected, ConnectError> {
        let known = self.membership()?;
        let request = KeyRequest::generate()?;
        let mut introduction = self.introduction.clone();
        introduction.public_key = Some(HEXLOWER.encode(&request.public_key()));
        let former = known.as_ref().map(|membership| membership.id.clone());
        if let Some(membership) = known {
            let (introduction, known) = (introduction.clone(), Some(membership.clone()));
            let hello = ProcessMessage::Hello { introduction, membership };
            let outcome = self.introduce(control, &hello, known, &request).await;
            if !matches!(outcome, Err(ConnectError::Refused(_))) || self.join_token.is_none() {
                return outcome;
            }
            // A control plane that was rebuilt knows nobody: it may take this process back.
        }
        let token = self.join_token.clone().ok_or(ConnectError::NoToken)?;
        let join = ProcessMessage::Join { introduction, token, former };
        self.introduce(control, &join, None, &request).await
    }

    /// Looks whether the control plane can be reached, without saying who asks.
    ///
    /// # Errors
    /// [`ConnectError`] says why not.
    pub async fn reach(&self) -> Result<(), ConnectError> {
        let known = self.membership()?;
        let known = known.as_ref();
        let attempts: Vec<_> =
            self.controls.iter().map(|control| self.dial(control, known)).collect();
        self.first_that_answers(attempts).await.map(drop)
    }

    /// Opens the first connection of a process that has nothing to serve yet: it waits for a
    /// control plane that it cannot reach, and not for one that says no.
    ///
    /// # Errors
    /// Whatever time would not mend, a refusal included.
    pub async fn connect_first(&self) -> Result<Connected, ConnectError> {
        self.connect_while(|error| matches!(error, ConnectError::Unreachable(..))).await
    }

    /// Opens a connection of a process that serves meanwhile, and tries until there is one.
    ///
    /// # Errors
    /// Whatever time would not mend.
    pub async fn connect_patiently(&self) -> Result<Connected, ConnectError> {
        let may_pass = |error: &ConnectError| {
            matches!(error, ConnectError::Unreachable(..) | ConnectError::Refused(_))
        };
        self.connect_while(may_pass).await
    }

    async fn connect_while(
        &self,
        may_pass: impl Fn(&ConnectError) -> bool,
    ) -> Result<Connected, ConnectError> {
        let mut pause = PAUSE_MS_MIN;
        loop {
            match self.connect().await {
                Err(error) if may_pass(&error) => {
                    tracing::warn!(%error, "waiting for the control plane");
                }
                other => return other,
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
            pause = (pause * 2).min(PAUSE_MS_MAX);
        }
    }

    /// What this process knows of itself, if it ever joined.
    ///
    /// # Errors
    /// [`CopyError`] when the file is damaged.
    pub fn membership(&self) -> Result<Option<Membership>, CopyError> {
        let records = PersistedCopy::load::<Membership>(&self.file())?;
        Ok(records.and_then(|records| records.into_iter().next()))
    }

    /// Keeps a new membership.
    ///
    /// # Errors
    /// [`CopyError::Io`]; then the old one stays.
    pub fn keep(&self, membership: &Membership) -> Result<(), CopyError> {
        let mut membership = membership.clone();
        if membership.identity.is_none() {
            // A new credential comes without a certificate; the one there is stays good.
            membership.identity = self.membership()?.and_then(|known| known.identity);
        }
        PersistedCopy::rewrite(&self.file(), [membership]).map(drop)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("membership")
    }

    async fn introduce(
        &self,
        control: &Address,
        first: &ProcessMessage,
        mut known: Option<Membership>,
        request: &KeyRequest,
    ) -> Result<Connected, ConnectError> {
        let stream = self.dial(control, known.as_ref()).await?;
        let (mut sender, mut receiver) = wire::over(stream);
        sender.send(first).await.map_err(|error| unreachable(control, error))?;
        loop {
            match receiver.receive().await.map_err(|error| unreachable(control, error))? {
                ControlMessage::Joined { membership } => {
                    self.keep(&membership)?;
                    tracing::info!(id = membership.id, "joined the fleet");
                    known = Some(membership);
                }
                ControlMessage::Welcome(welcome) => {
                    let mut membership = known.ok_or_else(|| {
                        ConnectError::Refused("it welcomed a process that has not joined".into())
                    })?;
                    if let Some(certified) = &welcome.certified {
                        membership.identity = Some(identity(request, certified)?);
                        self.keep(&membership)?;
                    }
                    return Ok(Connected { membership, welcome, sender, receiver });
                }
                ControlMessage::Refused { reason } => return Err(ConnectError::Refused(reason)),
                _ => {}
            }
        }
    }

    /// What comes of the first control plane with which anything does. One that stands still takes
    /// connections, too, so each has its time for the whole of it.
    async fn first_that_answers<T>(
        &self,
        attempts: Vec<impl Future<Output = Result<T, ConnectError>>>,
    ) -> Result<T, ConnectError> {
        let wait = Duration::from_secs(INTRODUCTION_SECONDS_MAX);
        let mut outcome = Err(ConnectError::NoControl);
        for (control, attempt) in self.controls.iter().zip(attempts) {
            let attempted = tokio::time::timeout(wait, attempt).await;
            outcome = attempted.unwrap_or_else(|_| Err(unreachable(control, WireError::Silent)));
            if !matches!(outcome, Err(ConnectError::Unreachable(..))) {
                break;
            }
        }
        outcome
    }

    async fn dial(
        &self,
        control: &Address,
        known: Option<&Membership>,
    ) -> Result<Box<dyn Stream>, ConnectError> {
        let failed = |error: std::io::Error| unreachable(control, error.into());
        let place = match control {
            Address::Unix(path) => return wire::dial_unix(path).await.map_err(failed),
            Address::Tls(place) => place,
        };
        let identity = known.and_then(|known| known.identity.as_ref());
        let connector = match (identity, &self.join_token) {
            (Some(identity), _) => identity.connector()?,
            (None, Some(token)) => {
                let fingerprint = token.fingerprint().ok_or(ConnectError::NoFingerprint)?;
                pinned_connector(fingerprint)
            }
            (None, None) => return Err(ConnectError::NoToken),
        };
        wire::dial_tls(place, CONTROL_NAME, &connector).await.map_err(failed)
    }
}

fn unreachable(control: &Address, error: WireError) -> ConnectError {
    ConnectError::Unreachable(control.to_string(), error)
}

fn identity(request: &KeyRequest, certified: &Certified) -> Result<Identity, CertificateError> {
    let decode = |text: &str| {
        let bytes = HEXLOWER.decode(text.as_bytes());
        bytes.map_err(|_| CertificateError::Malformed("a certificate in hexadecimal digits"))
    };
    Ok(request.certified(&decode(&certified.certificate)?, &decode(&certified.authority)?))
}
