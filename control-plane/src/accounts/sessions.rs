//! Sessions of members: opaque tokens, stored as hashes, with an idle and an absolute limit.

use freehold_clock::{Clock, UnixMs};
use freehold_credentials::Opaque;
use freehold_db::{Database, DbError, Delete, Filter, Insert, Select, Update, Writer};
use freehold_ids::{AccountId, MemberId, SessionId};

use super::{memberships, store};
use crate::call::{MemberCaller, Person, Who};
use crate::operations::store::typed;

/// What session tokens start with.
pub(crate) const PREFIX: &str = "fhs";
/// A session that was not used for so long is over.
pub(crate) const IDLE_SECONDS_MAX: u64 = 14 * 24 * 3_600;
/// A session is over after so long, however much it is used.
const SECONDS_MAX: u64 = 90 * 24 * 3_600;
/// Use is noted this often, so that reading does not become writing.
const SEEN_EVERY_SECONDS: u64 = 3_600;

/// Starts a session. The caller commits.
pub(crate) async fn create(
    writer: &mut Writer,
    clock: &Clock,
    member: MemberId,
    account: AccountId,
) -> Result<Opaque, DbError> {
    let now = clock.now();
    let token = Opaque::from_random(PREFIX, clock.random());
    let insert = Insert::into("sessions")
        .set("id", SessionId::from_random(clock.random_bits()).to_string())
        .set("token_hash", token.hash())
        .set("member_id", member.to_string())
        .set("account_id", account.to_string())
        .set("created_at", now.0)
        .set("seen_at", now.0)
        .set("expires_at", now.plus_seconds(SECONDS_MAX).0);
    writer.delete(&Delete::from("sessions", Filter::lt("expires_at", now.0))).await?;
    writer.insert(&insert).await?;
    Ok(token)
}

/// The member behind a token, if the session is in force.
pub(crate) async fn find(
    db: &Database,
    token: &Opaque,
    now: UnixMs,
) -> Result<Option<MemberCaller>, DbError> {
    let mut read = db.read().await?;
    let select = Select::from("sessions", ["id", "member_id", "account_id", "seen_at"])
        .filter(Filter::eq("token_hash", token.hash()))
        .filter(Filter::gt("expires_at", now.0))
        .filter(Filter::gt("seen_at", now.minus_seconds(IDLE_SECONDS_MAX).0));
    let Some(row) = read.optional(&select).await? else { return Ok(None) };
    let session: SessionId = typed(&row, "id")?;
    let Some(member) = store::by_id(&mut read, typed(&row, "member_id")?).await? else {
        return Ok(None);
    };
    // A release that knew no memberships wrote none into sessions.
    let account = match row.get::<Option<String>>("account_id")? {
        Some(_) => typed(&row, "account_id")?,
        None => member.account,
    };
    let Some(at) = memberships::find(&mut read, account, member.id).await? else {
        return Ok(None);
    };
    drop(read);
    if row.get::<i64>("seen_at")? < now.minus_seconds(SEEN_EVERY_SECONDS).0 {
        let update = Update::table("sessions")
            .set("seen_at", now.0)
            .filter(Filter::eq("id", session.to_string()));
        let mut writer = db.write().await?;
        writer.update(&update).await?;
        writer.commit().await?;
    }
    let verified = member.verified_at.is_some();
    let person = Person { member: member.id, session, email: member.email, verified };
    Ok(Some(MemberCaller { account, role: at.role, who: Who::Person(person) }))
}

/// Ends one session.
pub(crate) async fn delete(db: &Database, id: SessionId) -> Result<(), DbError> {
    let mut writer = db.write().await?;
    writer.delete(&Delete::from("sessions", Filter::eq("id", id.to_string()))).await?;
    writer.commit().await
}

/// Lets a session go on in another account. The caller commits.
pub(crate) async fn go_on_in(
    writer: &mut Writer,
    id: SessionId,
    account: AccountId,
) -> Result<(), DbError> {
    let update = Update::table("sessions")
        .set("account_id", account.to_string())
        .filter(Filter::eq("id", id.to_string()));
    writer.update(&update).await.map(drop)
}

/// Ends every session of a member in one account; those too that name none, which are of a release
/// that knew no memberships. The caller commits.
pub(crate) async fn delete_all_in(
    writer: &mut Writer,
    member: MemberId,
    account: AccountId,
) -> Result<(), DbError> {
    let there = Filter::eq("account_id", account.to_string()).or(Filter::is_null("account_id"));
    let filter = Filter::eq("member_id", member.to_string()).and(there);
    writer.delete(&Delete::from("sessions", filter)).await.map(drop)
}

/// Ends every session of a member. The caller commits.
pub(crate) async fn delete_all_of(writer: &mut Writer, member: MemberId) -> Result<(), DbError> {
    let filter = Filter::eq("member_id", member.to_string());
    writer.delete(&Delete::from("sessions", filter)).await.map(drop)
}
