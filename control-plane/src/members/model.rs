//! Commands over members and invitations, and what the mail says.

use freehold_api::{Command, Problems};
use freehold_clock::UnixMs;
use freehold_credentials::{Email, Opaque, Password};
use freehold_ids::{AccountId, InvitationId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::Role;

/// What tokens of invitations start with.
pub(super) const TOKEN_PREFIX: &str = "fhi";
/// How long an invitation can be accepted.
pub(super) const INVITATION_SECONDS: u64 = 7 * 24 * 3_600;

/// An invitation as the store has it.
#[derive(Debug, Clone)]
pub(super) struct Invitation {
    pub(super) id: InvitationId,
    pub(super) account: AccountId,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) created_at: i64,
    pub(super) invited_at: i64,
    pub(super) expires_at: i64,
}

/// The subject and text of the mail to who is invited.
pub(super) fn mail(account: &str, console: &str, token: &Opaque) -> (String, String) {
    let token = token.reveal();
    let subject = format!("Join {account}");
    let text = format!(
        "You are invited to work on the sites of {account}.\n\n\
         To join, open\n{console}/join#token={token}\n\n\
         or POST the token to {console}/v1/invitations/accept:\n{token}\n\n\
         It works for seven days. If you do not know what this is about, ignore this mail.\n"
    );
    (subject, text)
}

/// Whom a path names: somebody who is in, or who is invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberRef {
    Member(MemberId),
    Invitation(InvitationId),
}

impl std::str::FromStr for MemberRef {
    type Err = freehold_ids::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(member) => Ok(Self::Member(member)),
            Err(_) => text.parse().map(Self::Invitation),
        }
    }
}

/// Whether somebody is in, or still invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MemberStanding {
    Active,
    Invited,
}

/// Somebody in the list of members.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Member)]
pub(super) struct MemberView {
    /// A member's id, or an invitation's.
    pub(super) id: String,
    email: String,
    role: Role,
    state: MemberStanding,
    /// RFC 3339; when an invitation was last mailed.
    invited_at: Option<String>,
    /// RFC 3339; until then an invitation can be accepted.
    expires_at: Option<String>,
    /// RFC 3339.
    created_at: String,
    /// Whether this is the caller.
    you: bool,
}

impl MemberView {
    pub(super) fn active(id: MemberId, email: String, role: Role, at: i64, you: bool) -> Self {
        let (invited_at, expires_at) = (None, None);
        let (id, created_at) = (id.to_string(), UnixMs(at).rfc3339());
        let state = MemberStanding::Active;
        Self { id, email, role, state, invited_at, expires_at, created_at, you }
    }

    pub(super) fn invited(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.clone(),
            role: invitation.role,
            state: MemberStanding::Invited,
            invited_at: Some(UnixMs(invitation.invited_at).rfc3339()),
            expires_at: Some(UnixMs(invitation.expires_at).rfc3339()),
            created_at: UnixMs(invitation.created_at).rfc3339(),
            you: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Invite {
    pub(super) email: Email,
    pub(super) role: Role,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMember)]
pub(super) struct InviteBody {
    email: String,
    role: Role,
}

impl Command for Invite {
    type Wire = InviteBody;

    fn parse(wire: InviteBody, problems: &mut Problems) -> Option<Self> {
        let email = problems.take("email", Email::parse(&wire.email));
        Some(Self { email: email?, role: wire.role })
    }
}

#[derive(Debug)]
pub(super) struct ChangeRole(pub(super) Role);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberChange)]
pub(super) struct ChangeRoleBody {
    role: Role,
}

impl Command for ChangeRole {
    type Wire = ChangeRoleBody;

    fn parse(wire: ChangeRoleBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.role))
    }
}

#[derive(Debug)]
pub(super) struct Look(pub(super) Option<Opaque>);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationToken)]
pub(super) struct LookBody {
    token: String,
}

impl Command for Look {
    type Wire = LookBody;

    fn parse(wire: LookBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(Opaque::parse(TOKEN_PREFIX, &wire.token)))
    }
}

/// What a password is depends on whether the address is known, which the store says.
#[derive(Debug)]
pub(super) struct Accept {
    pub(super) token: Option<Opaque>,
    /// As a known person's.
    pub(super) presented: Option<Password>,
    /// As a new person's, or what is wrong with it.
    pub(super) chosen: Option<Result<Password, String>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationAcceptance)]
pub(super) struct AcceptBody {
    token: String,
    /// The person's own where the address is known, else a new one of 8 to 128 characters, not
    /// easy to guess.
    password: Option<String>,
}

impl Command for Accept {
    type Wire = AcceptBody;

    fn parse(wire: AcceptBody, problems: &mut Problems) -> Option<Self> {
        let token = Opaque::parse(TOKEN_PREFIX, &wire.token);
        let Some(text) = wire.password else {
            return Some(Self { token, presented: None, chosen: None });
        };
        let presented = problems.take("password", Password::presented(&text))?;
        let chosen = Password::accept(&text, &[]).map_err(|weak| weak.to_string());
        Some(Self { token, presented: Some(presented), chosen: Some(chosen) })
    }
}
