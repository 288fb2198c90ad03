//! The users table, looked up by id, e-mail address or console member.

use freehold_credentials::Email;
use freehold_db::{Direction, Filter, Insert, Row, Select, Update};
use freehold_ids::UserId;
use freehold_ids::kinds;
use freehold_kernel::{Read, Role, StoreError, Tx};
use freehold_lists::{Found, List, Listed};

use super::model::{ACTIVE, Account, Username};

pub(super) const TABLE: &str = "users";
pub(super) const COLUMNS: [&str; 10] = [
    "id",
    "email",
    "username",
    "role",
    "status",
    "password_hash",
    "bio",
    "website",
    "member_id",
    "created_at",
];

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: UserId::from_number(row.get("id")?),
        email: row.get("email")?,
        username: row.get("username")?,
        role: row.get("role")?,
        status: row.get("status")?,
        password_hash: row.get("password_hash")?,
        bio: row.get("bio")?,
        website: row.get("website")?,
        is_member: row.get::<Option<String>>("member_id")?.is_some(),
        created_at: row.get("created_at")?,
    })
}

async fn find(read: &mut Read, filter: Filter) -> Result<Option<Account>, StoreError> {
    let row = read.optional(&Select::from("users", COLUMNS).filter(filter)).await?;
    row.as_ref().map(account).transpose()
}

pub(crate) async fn by_id(read: &mut Read, id: UserId) -> Result<Option<Account>, StoreError> {
    find(read, Filter::eq("id", id.number())).await
}

pub(crate) async fn by_email(
    read: &mut Read,
    email: &Email,
) -> Result<Option<Account>, StoreError> {
    find(read, Filter::eq("email_key", email.key())).await
}

pub(crate) async fn by_member(tx: &mut Tx, member: &str) -> Result<Option<Account>, StoreError> {
    find(tx, Filter::eq("member_id", member)).await
}

/// Writes a user who registered here.
///
/// # Errors
/// A conflict on `users_email_key` or `users_username_key`.
pub(crate) async fn create(
    tx: &mut Tx,
    email: &Email,
    username: &Username,
    password_hash: String,
    role: &str,
) -> Result<Account, StoreError> {
    let user = new_user(tx, email.as_str(), username, role, Some(password_hash));
    insert(tx, &user, email.key(), &username.key, None).await?;
    Ok(user)
}

/// Writes a user who comes from the console.
///
/// # Errors
/// A conflict on `users_email_key` when somebody registered with the same address here.
pub(crate) async fn create_for_member(
    tx: &mut Tx,
    member: &str,
    email: &str,
    role: Role,
) -> Result<Account, StoreError> {
    let plain = Username::from_email(email, None);
    let taken = find(tx, Filter::eq("username_key", plain.key.as_str())).await?.is_some();
    let unique = tx.issue::<kinds::User>().number();
    let username = if taken { Username::from_email(email, Some(unique)) } else { plain };
    let user = Account { is_member: true, ..new_user(tx, email, &username, role.as_str(), None) };
    insert(tx, &user, &email.to_lowercase(), &username.key, Some(member)).await?;
    Ok(user)
}

fn new_user(
    tx: &mut Tx,
    email: &str,
    username: &Username,
    role: &str,
    password_hash: Option<String>,
) -> Account {
    Account {
        id: tx.issue(),
        email: email.to_owned(),
        username: username.shown.clone(),
        role: role.to_owned(),
        status: ACTIVE.to_owned(),
        password_hash,
        bio: None,
        website: None,
        is_member: false,
        created_at: tx.now().0,
    }
}

/// Makes a user something else.
pub(crate) async fn set_role(
    tx: &mut Tx,
    user: Account,
    role: &str,
) -> Result<Account, StoreError> {
    let update = Update::table("users")
        .set("role", role)
        .set("updated_at", tx.now().0)
        .filter(Filter::eq("id", user.id.number()));
    tx.update(&update).await?;
    Ok(Account { role: role.to_owned(), ..user })
}

/// Writes what a user may change of themselves, and their status.
///
/// # Errors
/// A conflict on `users_username_key`.
pub(super) async fn update(
    tx: &mut Tx,
    user: &Account,
    username_key: &str,
) -> Result<(), StoreError> {
    let update = Update::table(TABLE)
        .set("username", user.username.as_str())
        .set("username_key", username_key)
        .set("status", user.status.as_str())
        .set("bio", user.bio.clone())
        .set("website", user.website.clone())
        .set("password_hash", user.password_hash.clone())
        .set("updated_at", tx.now().0)
        .filter(Filter::eq("id", user.id.number()));
    tx.update(&update).await.map(drop)
}

/// The users that a caller's list asks for.
pub(super) async fn listed<T: Listed>(
    read: &mut Read,
    list: &List<T>,
) -> Result<Found<Account>, StoreError> {
    let total = match list.total(Filter::everything()) {
        Some(count) => Some(read.count(&count).await?),
        None => None,
    };
    let rows = read.rows(&list.select(Filter::everything())).await?;
    list.found(rows, total, account)
}

/// How many users a site has.
#[derive(Debug)]
pub struct UserFigures {
    /// All of them.
    pub total: u64,
    /// Those who may not sign in.
    pub suspended: u64,
    /// When the newest of them came, in Unix milliseconds, the last first.
    pub came: Vec<i64>,
}

/// How many users there are, and when they came since an instant, at most so many.
///
/// # Errors
/// Whatever the store says.
pub async fn figures(read: &mut Read, since: i64, rows: u64) -> Result<UserFigures, StoreError> {
    let total = read.count(&Select::count(TABLE)).await?;
    let suspended = Filter::eq("status", super::model::Status::Suspended.as_str());
    let suspended = read.count(&Select::count(TABLE).filter(suspended)).await?;
    let select = Select::from(TABLE, ["created_at"])
        .filter(Filter::gte("created_at", since))
        .order("created_at", Direction::Descending)
        .page(rows, 0);
    let came = read.rows(&select).await?;
    let came = came.iter().map(|row| Ok(row.get("created_at")?)).collect::<Result<_, StoreError>>();
    Ok(UserFigures { total, suspended, came: came? })
}

async fn insert(
    tx: &mut Tx,
    user: &Account,
    email_key: &str,
    username_key: &str,
    member: Option<&str>,
) -> Result<(), StoreError> {
    let insert = Insert::into("users")
        .set("id", user.id.number())
        .set("email", user.email.as_str())
        .set("email_key", email_key)
        .set("username", user.username.as_str())
        .set("username_key", username_key)
        .set("role", user.role.as_str())
        .set("status", user.status.as_str())
        .set("password_hash", user.password_hash.clone())
        .set("member_id", member)
        .set("created_at", user.created_at)
        .set("updated_at", user.created_at);
    tx.insert(&insert).await?;
    Ok(())
}

/// The name to show for a user, empty where there is no such user any more.
///
/// # Errors
/// Whatever the store says.
pub async fn shown_name(read: &mut Read, user: UserId) -> Result<String, StoreError> {
    let select = Select::from("users", ["username"]).filter(Filter::eq("id", user.number()));
    match read.optional(&select).await? {
        Some(row) => Ok(row.get("username")?),
        None => Ok(String::new()),
    }
}

/// The site's first user.
///
/// # Errors
/// Whatever the store says.
pub async fn first(read: &mut Read) -> Result<Option<UserId>, StoreError> {
    let select = Select::from("users", ["id"]).order("id", Direction::Ascending).page(1, 0);
    let row = read.optional(&select).await?;
    row.map(|row| Ok(UserId::from_number(row.get("id")?))).transpose()
}
