//! The table of memberships: who is what in which account.

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, Update, Writer,
};
use freehold_ids::{AccountId, MemberId};

use super::role::Role;
use crate::operations::store::typed;

const TABLE: &str = "memberships";
const COLUMNS: [&str; 4] = ["account_id", "member_id", "role", "created_at"];
/// People of an account, invitations not counted.
pub(crate) const MEMBERS_PER_ACCOUNT_MAX: u64 = 500;
/// Accounts of a person that are shown.
const ACCOUNTS_PER_MEMBER_MAX: u64 = 500;
/// People of an older release's that become owners at a time.
const BATCH_ROWS: u64 = 500;

/// What one person is in one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    pub(crate) account: AccountId,
    pub(crate) member: MemberId,
    pub(crate) role: Role,
    pub(crate) created_at: i64,
}

/// Reads a role that is stored as its word.
pub(crate) fn role(row: &Row) -> Result<Role, DbError> {
    Role::parse(&row.get::<String>("role")?).ok_or_else(|| DbError::Shape("role".into()))
}

fn membership(row: &Row) -> Result<Membership, DbError> {
    Ok(Membership {
        account: typed(row, "account_id")?,
        member: typed(row, "member_id")?,
        role: role(row)?,
        created_at: row.get("created_at")?,
    })
}

fn one(account: AccountId, member: MemberId) -> Filter {
    Filter::eq("account_id", account.to_string()).and(Filter::eq("member_id", member.to_string()))
}

/// What a person is in an account, if anything.
pub(crate) async fn find(
    read: &mut Reader,
    account: AccountId,
    member: MemberId,
) -> Result<Option<Membership>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(one(account, member));
    read.optional(&select).await?.as_ref().map(membership).transpose()
}

/// The accounts of a person, the first one first.
pub(crate) async fn of_member(
    read: &mut Reader,
    member: MemberId,
) -> Result<Vec<Membership>, DbError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("member_id", member.to_string()))
        .order("created_at", Direction::Ascending)
        .order("account_id", Direction::Ascending)
        .page(ACCOUNTS_PER_MEMBER_MAX, 0);
    read.rows(&select).await?.iter().map(membership).collect()
}

/// The people of an account, the first one first.
pub(crate) async fn of_account(
    read: &mut Reader,
    account: AccountId,
) -> Result<Vec<Membership>, DbError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("account_id", account.to_string()))
        .order("created_at", Direction::Ascending)
        .order("member_id", Direction::Ascending)
        .page(MEMBERS_PER_ACCOUNT_MAX, 0);
    read.rows(&select).await?.iter().map(membership).collect()
}

/// How many people are in an account.
pub(crate) async fn count(read: &mut Reader, account: AccountId) -> Result<u64, DbError> {
    let of_account = Filter::eq("account_id", account.to_string());
    read.count(&Select::count(TABLE).filter(of_account)).await
}

fn owners(account: AccountId) -> Filter {
    Filter::eq("account_id", account.to_string()).and(Filter::eq("role", Role::Owner.as_str()))
}

/// Who has owned an account for the longest time.
pub(crate) async fn first_owner(
    read: &mut Reader,
    account: AccountId,
) -> Result<Option<MemberId>, DbError> {
    let select = Select::from(TABLE, ["member_id"])
        .filter(owners(account))
        .order("created_at", Direction::Ascending)
        .order("member_id", Direction::Ascending)
        .page(1, 0);
    read.optional(&select).await?.map(|row| typed(&row, "member_id")).transpose()
}

/// How many owners an account has.
pub(crate) async fn count_owners(read: &mut Reader, account: AccountId) -> Result<u64, DbError> {
    read.count(&Select::count(TABLE).filter(owners(account))).await
}

/// Lets a person in. Who is in already keeps their role.
pub(crate) async fn insert(
    writer: &mut Writer,
    account: AccountId,
    member: MemberId,
    role: Role,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("account_id", account.to_string())
        .set("member_id", member.to_string())
        .set("role", role.as_str())
        .set("created_at", now.0)
        .or_keep(["account_id", "member_id"]);
    writer.insert(&insert).await.map(drop)
}

/// Changes what a person is in an account.
pub(crate) async fn set_role(
    writer: &mut Writer,
    account: AccountId,
    member: MemberId,
    role: Role,
) -> Result<(), DbError> {
    let update = Update::table(TABLE).set("role", role.as_str()).filter(one(account, member));
    writer.update(&update).await.map(drop)
}

/// Takes a person out of an account.
pub(crate) async fn delete(
    writer: &mut Writer,
    account: AccountId,
    member: MemberId,
) -> Result<(), DbError> {
    writer.delete(&Delete::from(TABLE, one(account, member))).await.map(drop)
}

/// Makes those owners of their accounts whom a release wrote that knew no memberships.
pub(crate) async fn take_up(db: &Database, now: UnixMs) -> Result<(), DbError> {
    let old = Select::from("members", ["id", "account_id", "created_at"])
        .filter(Filter::is_null("memberships_since"))
        .page(BATCH_ROWS, 0);
    loop {
        let rows = db.read().await?.rows(&old).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut writer = db.write().await?;
        for row in &rows {
            let (member, account) = (typed(row, "id")?, typed(row, "account_id")?);
            let since = UnixMs(row.get("created_at")?);
            insert(&mut writer, account, member, Role::Owner, since).await?;
            let update = Update::table("members")
                .set("memberships_since", now.0)
                .filter(Filter::eq("id", member.to_string()));
            writer.update(&update).await?;
        }
        writer.commit().await?;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use freehold_clock::Clock;
    use freehold_db::{Catalog, DatabaseOptions, PostgresOptions};
    use freehold_migrations::CONTROL;
    use freehold_scratch_postgres::ScratchDatabase;

    use super::*;

    /// The schema's version before memberships.
    const BEFORE: usize = 6;

    /// Writes a person as the release before memberships did.
    async fn write_old(db: &Database, account: AccountId, member: MemberId, is_new: bool) {
        let mut writer = db.write().await.expect("a writer");
        if is_new {
            let insert = Insert::into("accounts")
                .set("id", account.to_string())
                .set("name", "Acme")
                .set("created_at", 7_i64);
            writer.insert(&insert).await.expect("an account");
        }
        let insert = Insert::into("members")
            .set("id", member.to_string())
            .set("account_id", account.to_string())
            .set("email", "a@example.org")
            .set("email_key", member.to_string())
            .set("password_hash", "x")
            .set("role", "owner")
            .set("created_at", 8_i64);
        writer.insert(&insert).await.expect("a member");
        writer.commit().await.expect("a commit");
    }

    async fn upgrade(db: Database) {
        let clock = Clock::manual();
        let account = AccountId::from_random(1);
        let (first, second) = (MemberId::from_random(2), MemberId::from_random(3));
        db.migrate(&CONTROL[..BEFORE]).await.expect("the old schema");
        write_old(&db, account, first, true).await;
        db.migrate(CONTROL).await.expect("the new schema");
        take_up(&db, clock.now()).await.expect("owners");
        let mut read = db.read().await.expect("a reader");
        let owner = first_owner(&mut read, account).await.expect("an answer");
        assert_eq!(owner, Some(first));
        let at = find(&mut read, account, first).await.expect("an answer").expect("one");
        assert_eq!((at.role, at.created_at), (Role::Owner, 8));
        drop(read);
        // The old release runs once more; whoever was removed meanwhile stays removed.
        write_old(&db, account, second, false).await;
        let mut writer = db.write().await.expect("a writer");
        delete(&mut writer, account, first).await.expect("a removal");
        writer.commit().await.expect("a commit");
        take_up(&db, clock.now()).await.expect("owners");
        let mut read = db.read().await.expect("a reader");
        assert!(find(&mut read, account, first).await.expect("an answer").is_none());
        assert_eq!(count_owners(&mut read, account).await.expect("a number"), 1);
        drop(read);
        db.close().await;
    }

    #[tokio::test]
    async fn members_of_the_release_before_become_owners_once() {
        let catalog = Arc::new(Catalog::of(CONTROL));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control.db");
        let options = DatabaseOptions { path, create: true, readers_max: 1 };
        upgrade(Database::open(&options, catalog.clone()).expect("a database")).await;
        let Some(database) = ScratchDatabase::for_test() else { return };
        let options = PostgresOptions::at(database.url());
        let postgres = Database::connect(&options, catalog).await.expect("a database");
        upgrade(postgres).await;
        eprintln!("passed on Postgres");
    }
}
