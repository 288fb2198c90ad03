//! Whether a database and the secrets beside a control plane belong together.
//!
//! Control planes that share a database must share their secrets too: with others a process of the
//! fleet would not know them, and tickets and hand-overs of one would be refused after another took
//! over. So the database remembers the authority of the first one.

use freehold_db::{Database, DbError, Filter, Insert, Select};

const TABLE: &str = "installation";
/// The id of the one row.
const ROW: i64 = 1;

/// Claims the database for the authority with this fingerprint where it is new; says whether it is
/// that authority's.
pub(crate) async fn claim(db: &Database, authority: &str) -> Result<bool, DbError> {
    let known = Select::from(TABLE, ["authority"]).filter(Filter::eq("id", ROW));
    let mut writer = db.write().await?;
    if let Some(row) = writer.optional(&known).await? {
        return Ok(row.get::<String>("authority")? == authority);
    }
    let claim = Insert::into(TABLE).set("id", ROW).set("authority", authority);
    writer.insert(&claim).await?;
    writer.commit().await?;
    Ok(true)
}
