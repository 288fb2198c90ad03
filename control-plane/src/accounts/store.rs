//! The tables of accounts, members and mailed tokens.

use freehold_clock::UnixMs;
use freehold_credentials::{Email, Opaque};
use freehold_db::{Database, DbError, Filter, Insert, Reader, Row, Select, Update, Writer};
use freehold_ids::{AccountId, MemberId};

use super::memberships;
use super::model::Purpose;
use super::role::Role;
use crate::operations::store::typed;

const COLUMNS: [&str; 5] = ["id", "account_id", "email", "password_hash", "verified_at"];

/// A person as the store has them.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    /// The account that they came with; what they are in it now, if anything, say memberships.
    pub(crate) account: AccountId,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) verified_at: Option<i64>,
}

fn member(row: &Row) -> Result<Member, DbError> {
    Ok(Member {
        id: typed(row, "id")?,
        account: typed(row, "account_id")?,
        email: row.get("email")?,
        password_hash: row.get("password_hash")?,
        verified_at: row.get("verified_at")?,
    })
}

/// Writes a new account and its first member.
///
/// # Errors
/// A conflict on `members_email_key`.
pub(crate) async fn create(
    writer: &mut Writer,
    member: &Member,
    email: &Email,
    name: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    insert_account(writer, member.account, name, now).await?;
    create_member(writer, member, email, now).await?;
    memberships::insert(writer, member.account, member.id, Role::Owner, now).await
}

async fn insert_account(
    writer: &mut Writer,
    id: AccountId,
    name: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into("accounts")
        .set("id", id.to_string())
        .set("name", name)
        .set("created_at", now.0);
    writer.insert(&insert).await.map(drop)
}

/// Writes a new account of a person who is known.
pub(crate) async fn create_account(
    writer: &mut Writer,
    account: AccountId,
    owner: MemberId,
    name: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    insert_account(writer, account, name, now).await?;
    memberships::insert(writer, account, owner, Role::Owner, now).await
}

/// Writes a new person. The columns of account and role are for the release before memberships.
pub(crate) async fn create_member(
    writer: &mut Writer,
    member: &Member,
    email: &Email,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into("members")
        .set("id", member.id.to_string())
        .set("account_id", member.account.to_string())
        .set("email", member.email.as_str())
        .set("email_key", email.key())
        .set("password_hash", member.password_hash.as_str())
        .set("role", "owner")
        .set("verified_at", member.verified_at)
        .set("memberships_since", now.0)
        .set("created_at", now.0);
    writer.insert(&insert).await.map(drop)
}

pub(crate) async fn by_email(read: &mut Reader, email: &Email) -> Result<Option<Member>, DbError> {
    let select = Select::from("members", COLUMNS).filter(Filter::eq("email_key", email.key()));
    read.optional(&select).await?.as_ref().map(member).transpose()
}

pub(crate) async fn by_id(read: &mut Reader, id: MemberId) -> Result<Option<Member>, DbError> {
    let select = Select::from("members", COLUMNS).filter(Filter::eq("id", id.to_string()));
    read.optional(&select).await?.as_ref().map(member).transpose()
}

/// Who has owned the account for the longest time, and answers for its sites.
pub(crate) async fn first_owner(
    db: &Database,
    account: AccountId,
) -> Result<Option<Member>, DbError> {
    let mut read = db.read().await?;
    match memberships::first_owner(&mut read, account).await? {
        Some(owner) => by_id(&mut read, owner).await,
        None => Ok(None),
    }
}

/// An account's name.
pub(crate) async fn account_name(read: &mut Reader, account: AccountId) -> Result<String, DbError> {
    let select = Select::from("accounts", ["name"]).filter(Filter::eq("id", account.to_string()));
    let row = read.optional(&select).await?;
    row.ok_or_else(|| DbError::Shape(format!("no account {account}")))?.get("name")
}

/// Gives an account another name. The caller commits.
pub(crate) async fn rename_account(
    writer: &mut Writer,
    account: AccountId,
    name: &str,
) -> Result<(), DbError> {
    let update =
        Update::table("accounts").set("name", name).filter(Filter::eq("id", account.to_string()));
    writer.update(&update).await.map(drop)
}

pub(crate) async fn set_password(
    writer: &mut Writer,
    id: MemberId,
    password_hash: &str,
) -> Result<(), DbError> {
    let update = Update::table("members")
        .set("password_hash", password_hash)
        .filter(Filter::eq("id", id.to_string()));
    writer.update(&update).await.map(drop)
}

pub(crate) async fn set_verified(
    writer: &mut Writer,
    id: MemberId,
    now: UnixMs,
) -> Result<(), DbError> {
    let update = Update::table("members")
        .set("verified_at", now.0)
        .filter(Filter::eq("id", id.to_string()).and(Filter::is_null("verified_at")));
    writer.update(&update).await.map(drop)
}

/// Writes a token that a mail will carry.
pub(crate) async fn create_mail_token(
    writer: &mut Writer,
    token: &Opaque,
    member: MemberId,
    purpose: Purpose,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into("mail_tokens")
        .set("token_hash", token.hash())
        .set("member_id", member.to_string())
        .set("purpose", purpose.as_str())
        .set("expires_at", now.plus_seconds(purpose.seconds()).0);
    writer.insert(&insert).await.map(drop)
}

/// Uses a mailed token up; says whose it was, if it was good.
pub(crate) async fn use_mail_token(
    writer: &mut Writer,
    token: &Opaque,
    purpose: Purpose,
    now: UnixMs,
) -> Result<Option<MemberId>, DbError> {
    let good = Filter::eq("token_hash", token.hash())
        .and(Filter::eq("purpose", purpose.as_str()))
        .and(Filter::is_null("used_at"))
        .and(Filter::gt("expires_at", now.0));
    let select = Select::from("mail_tokens", ["member_id"]).filter(good.clone());
    let Some(row) = writer.optional(&select).await? else { return Ok(None) };
    let update = Update::table("mail_tokens").set("used_at", now.0).filter(good);
    writer.update(&update).await?;
    typed(&row, "member_id").map(Some)
}
