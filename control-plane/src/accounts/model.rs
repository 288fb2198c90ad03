//! Commands over accounts, and what mails say.

use freehold_api::{Command, Problems};
use freehold_credentials::{Email, Opaque, Password};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::sites::{NewSite, SiteBody, parse_new_site};

/// What the tokens in mails start with.
pub(crate) const MAIL_TOKEN_PREFIX: &str = "fhm";
/// How long a link to a new password works.
pub(crate) const RESET_SECONDS: u64 = 3_600;
/// How long a link that verifies an address works.
pub(crate) const VERIFY_SECONDS: u64 = 24 * 3_600;

/// What a mailed token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Verify,
    Reset,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    pub(crate) const fn seconds(self) -> u64 {
        match self {
            Self::Verify => VERIFY_SECONDS,
            Self::Reset => RESET_SECONDS,
        }
    }

    pub(crate) const fn subject(self) -> &'static str {
        match self {
            Self::Verify => "Confirm your e-mail address",
            Self::Reset => "Choose a new password",
        }
    }

    /// The mail's text. Links always lead to the configured console, never to a host that a
    /// request named.
    pub(crate) fn text(self, console: &str, token: &Opaque) -> String {
        let token = token.reveal();
        match self {
            Self::Verify => format!(
                "Somebody, hopefully you, signed up with this address.\n\n\
                 To confirm it, open\n{console}/verify#token={token}\n\n\
                 or POST the token to {console}/v1/email/verify:\n{token}\n\n\
                 It works for a day. If it was not you, ignore this mail.\n"
            ),
            Self::Reset => format!(
                "Somebody, hopefully you, asked for a new password.\n\n\
                 To choose one, open\n{console}/reset#token={token}\n\n\
                 or POST the token with a password to {console}/v1/password/reset:\n{token}\n\n\
                 It works for an hour. If it was not you, ignore this mail; nothing changes.\n"
            ),
        }
    }
}

#[derive(Debug)]
pub(crate) struct SignUp {
    pub(crate) email: Email,
    pub(crate) password: Password,
    pub(crate) site: NewSite,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUpBody {
    email: String,
    /// 8 to 128 characters, not easy to guess.
    password: String,
    site: SiteBody,
}

impl Command for SignUp {
    type Wire = SignUpBody;

    fn parse(wire: SignUpBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        let about = [wire.email.as_str(), wire.site.name.as_str(), wire.site.slug.as_str()];
        let password = problems.take("password", Password::accept(&wire.password, &about));
        let site = parse_new_site(wire.site, "site.", problems);
        Some(Self { email: email?, password: password?, site: site? })
    }
}

#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) email: Email,
    pub(crate) password: Password,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInBody {
    email: String,
    password: String,
}

impl Command for SignIn {
    type Wire = SignInBody;

    fn parse(wire: SignInBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        let password = problems.take("password", Password::presented(&wire.password));
        Some(Self { email: email?, password: password? })
    }
}

#[derive(Debug)]
pub(crate) struct Forgot(pub(crate) Email);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotBody {
    email: String,
}

impl Command for Forgot {
    type Wire = ForgotBody;

    fn parse(wire: ForgotBody, problems: &mut Problems) -> Option<Self> {
        problems.take("email", Email::parse(&wire.email)).map(Self)
    }
}

#[derive(Debug)]
pub(crate) struct Reset {
    pub(crate) token: Option<Opaque>,
    pub(crate) password: Password,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    token: String,
    /// 8 to 128 characters, not easy to guess.
    password: String,
}

impl Command for Reset {
    type Wire = ResetBody;

    fn parse(wire: ResetBody, problems: &mut Problems) -> Option<Self> {
        let password = problems.take("password", Password::accept(&wire.password, &[]));
        Some(Self { token: Opaque::parse(MAIL_TOKEN_PREFIX, &wire.token), password: password? })
    }
}

#[derive(Debug)]
pub(crate) struct Verify(pub(crate) Option<Opaque>);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyBody {
    token: String,
}

impl Command for Verify {
    type Wire = VerifyBody;

    fn parse(wire: VerifyBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(Opaque::parse(MAIL_TOKEN_PREFIX, &wire.token)))
    }
}
