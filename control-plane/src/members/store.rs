//! The table of invitations. Of a token only the hash is kept.

use freehold_clock::UnixMs;
use freehold_credentials::{Email, Opaque};
use freehold_db::{
    DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, Update, Writer,
};
use freehold_ids::{AccountId, InvitationId};

use super::model::Invitation;
use crate::accounts::{Role, memberships};
use crate::operations::store::typed;

/// Invitations of an account that nobody accepted.
pub(super) const INVITATIONS_PER_ACCOUNT_MAX: u64 = 100;
const TABLE: &str = "invitations";
const COLUMNS: [&str; 7] =
    ["id", "account_id", "email", "role", "created_at", "invited_at", "expires_at"];

fn invitation(row: &Row) -> Result<Invitation, DbError> {
    Ok(Invitation {
        id: typed(row, "id")?,
        account: typed(row, "account_id")?,
        email: row.get("email")?,
        role: memberships::role(row)?,
        created_at: row.get("created_at")?,
        invited_at: row.get("invited_at")?,
        expires_at: row.get("expires_at")?,
    })
}

fn of(account: AccountId) -> Filter {
    Filter::eq("account_id", account.to_string())
}

async fn one(read: &mut Reader, filter: Filter) -> Result<Option<Invitation>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(filter);
    read.optional(&select).await?.as_ref().map(invitation).transpose()
}

/// The invitations of an account.
pub(super) async fn of_account(
    read: &mut Reader,
    account: AccountId,
) -> Result<Vec<Invitation>, DbError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(of(account))
        .order("created_at", Direction::Ascending)
        .page(INVITATIONS_PER_ACCOUNT_MAX, 0);
    read.rows(&select).await?.iter().map(invitation).collect()
}

/// How many invitations an account has.
pub(super) async fn count(read: &mut Reader, account: AccountId) -> Result<u64, DbError> {
    read.count(&Select::count(TABLE).filter(of(account))).await
}

/// One of an account's invitations.
pub(super) async fn by_id(
    read: &mut Reader,
    account: AccountId,
    id: InvitationId,
) -> Result<Option<Invitation>, DbError> {
    one(read, of(account).and(Filter::eq("id", id.to_string()))).await
}

/// An account's invitation of this address.
pub(super) async fn by_email(
    read: &mut Reader,
    account: AccountId,
    email: &Email,
) -> Result<Option<Invitation>, DbError> {
    one(read, of(account).and(Filter::eq("email_key", email.key()))).await
}

/// The invitation behind a token, if it can still be accepted.
pub(super) async fn by_token(
    read: &mut Reader,
    token: &Opaque,
    now: UnixMs,
) -> Result<Option<Invitation>, DbError> {
    let good = Filter::eq("token_hash", token.hash()).and(Filter::gt("expires_at", now.0));
    one(read, good).await
}

/// Writes an invitation, in place of the same address's before. The caller commits.
pub(super) async fn put(
    writer: &mut Writer,
    invitation: &Invitation,
    email: &Email,
    token: &Opaque,
) -> Result<(), DbError> {
    delete(writer, invitation.id).await?;
    let insert = Insert::into(TABLE)
        .set("id", invitation.id.to_string())
        .set("account_id", invitation.account.to_string())
        .set("email", invitation.email.as_str())
        .set("email_key", email.key())
        .set("role", invitation.role.as_str())
        .set("token_hash", token.hash())
        .set("created_at", invitation.created_at)
        .set("invited_at", invitation.invited_at)
        .set("expires_at", invitation.expires_at);
    writer.insert(&insert).await.map(drop)
}

/// Changes what somebody will be. The caller commits.
pub(super) async fn set_role(
    writer: &mut Writer,
    id: InvitationId,
    role: Role,
) -> Result<(), DbError> {
    let update =
        Update::table(TABLE).set("role", role.as_str()).filter(Filter::eq("id", id.to_string()));
    writer.update(&update).await.map(drop)
}

/// Takes an invitation back, or notes that it was accepted. The caller commits.
pub(super) async fn delete(writer: &mut Writer, id: InvitationId) -> Result<(), DbError> {
    writer.delete(&Delete::from(TABLE, Filter::eq("id", id.to_string()))).await.map(drop)
}
