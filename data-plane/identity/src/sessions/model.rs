//! What a session is: claims of access tokens, lifetimes, commands and errors.

use freehold_api::{ApiError, Command, Problems};
use freehold_credentials::{Email, HashError, Opaque, Password, TimedClaims};
use freehold_ids::{FamilyId, TenantId, UserId};
use freehold_kernel::{Event, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::users::{Username, hash_error};

/// RFC 9068 section 2.1.
pub(crate) const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// How long an access token is valid.
pub(crate) const ACCESS_TOKEN_SECONDS: u64 = 15 * 60;
/// How long a client stays signed in without signing in again.
pub(crate) const FAMILY_SECONDS_MAX: u64 = 90 * 24 * 3_600;
/// The same for somebody who came from the console: they are to come through it again, where it is known
/// whether they are still a member of the site's account.
pub(crate) const TICKET_FAMILY_SECONDS_MAX: u64 = 12 * 3_600;
/// How long a refresh token may lie unused.
pub(crate) const REFRESH_IDLE_SECONDS_MAX: u64 = 14 * 24 * 3_600;
/// What refresh tokens start with.
pub(crate) const REFRESH_PREFIX: &str = "fhr";

/// The claims of an access token (RFC 9068).
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    pub(crate) aud: TenantId,
    pub(crate) sub: UserId,
    pub(crate) sid: FamilyId,
    pub(crate) jti: String,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
}

impl TimedClaims for AccessClaims {
    fn issued_at(&self) -> u64 {
        self.iat
    }

    fn expires_at(&self) -> u64 {
        self.exp
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct UserRegistered {
    pub(crate) user_id: UserId,
}

impl Event for UserRegistered {
    const NAME: &'static str = "user.registered";

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct UserSignedIn {
    pub(crate) user_id: UserId,
    pub(crate) method: &'static str,
}

impl Event for UserSignedIn {
    const NAME: &'static str = "user.signed_in";

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("the e-mail address or the password is not right")]
    WrongCredentials,
    #[error("an account with this e-mail address exists here already")]
    EmailTaken,
    #[error("this username is taken")]
    UsernameTaken,
    #[error("this site takes no registrations")]
    RegistrationClosed,
    #[error("the refresh token is not valid; sign in again")]
    InvalidRefreshToken,
    #[error("the ticket is not valid; ask for a new one in the console")]
    InvalidTicket,
    #[error("the ticket was used already; ask for a new one in the console")]
    TicketUsed,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        let message = error.to_string();
        let unauthorized =
            |code| Self::new(axum::http::StatusCode::UNAUTHORIZED, code, message.clone());
        match error {
            SessionError::WrongCredentials => unauthorized("wrong_credentials"),
            SessionError::InvalidRefreshToken => unauthorized("invalid_refresh_token"),
            SessionError::InvalidTicket => unauthorized("invalid_ticket"),
            SessionError::TicketUsed => unauthorized("ticket_used"),
            SessionError::RegistrationClosed => {
                Self::new(axum::http::StatusCode::FORBIDDEN, "registration_closed", message)
            }
            SessionError::EmailTaken => Self::conflict("email_taken", "email", &message),
            SessionError::UsernameTaken => Self::conflict("username_taken", "username", &message),
            SessionError::Hash(error) => hash_error(error),
            SessionError::Store(error) => error.into(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) email: Email,
    pub(crate) username: Username,
    pub(crate) password: Password,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterBody {
    pub(super) email: String,
    /// 2 to 50 letters, digits, dots, hyphens or underscores.
    pub(super) username: String,
    /// 8 to 128 characters, not easy to guess.
    pub(super) password: String,
}

impl Command for Register {
    type Wire = RegisterBody;

    fn parse(wire: RegisterBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        let username = problems.take("username", Username::parse(&wire.username));
        let about = [wire.email.as_str(), wire.username.as_str()];
        let password = problems.take("password", Password::accept(&wire.password, &about));
        Some(Self { email: email?, username: username?, password: password? })
    }
}

#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) email: Email,
    pub(crate) password: Password,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginBody {
    pub(super) email: String,
    pub(super) password: String,
}

impl Command for Login {
    type Wire = LoginBody;

    fn parse(wire: LoginBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        let password = problems.take("password", Password::presented(&wire.password));
        Some(Self { email: email?, password: password? })
    }
}

/// `None` for a text that cannot be a refresh token; answered like one that is not known.
#[derive(Debug)]
pub(crate) struct Refresh(pub(crate) Option<Opaque>);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshBody {
    refresh_token: String,
}

impl Command for Refresh {
    type Wire = RefreshBody;

    fn parse(wire: RefreshBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(Opaque::parse(REFRESH_PREFIX, &wire.refresh_token)))
    }
}

#[derive(Debug)]
pub(crate) struct EnterByTicket(pub(crate) String);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TicketBody {
    ticket: String,
}

impl Command for EnterByTicket {
    type Wire = TicketBody;

    fn parse(wire: TicketBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.ticket))
    }
}
