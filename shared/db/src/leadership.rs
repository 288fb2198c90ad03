//! Which of the processes that share a store may change it: one leads, the others wait.
//!
//! Whoever leads holds an advisory lock on a connection of its own and has taken a new term in the
//! store. The server ends a leader's session that falls silent, so that another one can lead; every
//! write transaction looks whether its process's term is still the store's, so that one which was
//! only slow, or stopped and continued, changes nothing any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres::{LEADER_LOCK, Pools, SILENT_LEADER_SECONDS_MAX, TURN_SECONDS_MAX, turn};
use crate::schema::Catalog;
use crate::{Database, DbError};

/// How often a leader shows that it is there; well within the silence that the server bears.
const SIGN_OF_LIFE_MS: u64 = 1_000;
/// Pause before a server that cannot be asked is asked again.
const PAUSE_MS: u64 = 500;

/// The right to change a store, until another process takes it.
#[derive(Debug)]
#[must_use]
pub struct Leadership(Option<Seat>);

#[derive(Debug)]
struct Seat {
    pools: Arc<Pools>,
    /// The connection that holds the lock.
    session: Option<PgConnection>,
    term: i64,
}

impl Database {
    /// Waits until no other process leads the store, and leads it: from then on the write
    /// transactions of all earlier leaders are refused. A store in a file has one process, which
    /// leads at once.
    pub async fn lead(&self) -> Leadership {
        let Some(pools) = self.postgres() else { return Leadership(None) };
        let mut is_told = false;
        // What was warned of last: a server that stays away is one line.
        let mut trouble = String::new();
        loop {
            match stand(pools, &mut is_told).await {
                Ok((session, term)) => {
                    pools.term.store(term, Ordering::Release);
                    tracing::info!(term, "leading the control planes that share the database");
                    let seat = Seat { pools: pools.clone(), session: Some(session), term };
                    return Leadership(Some(seat));
                }
                Err(error) => {
                    match DbError::from_driver(error, &Catalog::default()) {
                        // The server lets no statement run for longer; somebody else leads.
                        DbError::Busy => {}
                        error => {
                            let why = error.to_string();
                            if why != trouble {
                                tracing::warn!(%error, "cannot stand for leadership; trying on");
                            }
                            trouble = why;
                        }
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        }
    }
}

impl Leadership {
    /// Shows signs of life, and is ready when another process leads. A server that cannot be
    /// reached takes nothing away: nobody else can lead either.
    pub async fn lost(self) {
        let Some(mut seat) = self.0 else { return std::future::pending().await };
        loop {
            tokio::time::sleep(Duration::from_millis(SIGN_OF_LIFE_MS)).await;
            let patience = Duration::from_secs(SILENT_LEADER_SECONDS_MAX);
            match tokio::time::timeout(patience, seat.keep()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return,
                Ok(Err(error)) => {
                    let error = DbError::from_driver(error, &Catalog::default());
                    tracing::warn!(%error, "cannot tell whether this control plane still leads");
                }
                Err(_) => tracing::warn!("cannot tell whether this control plane still leads"),
            }
        }
    }
}

impl Seat {
    /// Whether the seat is still this process's, as far as the server can be asked. A session that
    /// is lost or was in the middle of a question is replaced.
    async fn keep(&mut self) -> Result<bool, sqlx::Error> {
        if let Some(mut session) = self.session.take() {
            session.ping().await?;
            self.session = Some(session);
            return Ok(true);
        }
        let mut session = PgConnection::connect_with(&self.pools.leader_options()).await?;
        let is_locked: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(LEADER_LOCK)
            .fetch_one(&mut session)
            .await?;
        // With the lock held nobody takes a term; without it somebody may be about to.
        let term: i64 =
            sqlx::query_scalar("SELECT term FROM leadership").fetch_one(&mut session).await?;
        if term != self.term {
            return Ok(false);
        }
        if is_locked {
            self.session = Some(session);
        }
        Ok(true)
    }
}

/// Waits for the lock and takes the next term, when every write transaction of the terms before is
/// over.
async fn stand(pools: &Pools, is_told: &mut bool) -> Result<(PgConnection, i64), sqlx::Error> {
    let mut session = PgConnection::connect_with(&pools.leader_options()).await?;
    let is_free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LEADER_LOCK)
        .fetch_one(&mut session)
        .await?;
    if !is_free {
        if !std::mem::replace(is_told, true) {
            tracing::info!("another control plane leads; standing by");
        }
        // As long as the server lets a statement run; then from the beginning.
        sqlx::query("SELECT pg_advisory_lock($1)").bind(LEADER_LOCK).execute(&mut session).await?;
    }
    let mut transaction = session.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(turn(TURN_SECONDS_MAX))).execute(&mut *transaction).await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS leadership (term BIGINT NOT NULL)")
        .execute(&mut *transaction)
        .await?;
    let next = "UPDATE leadership SET term = term + 1 RETURNING term";
    let term = match sqlx::query_scalar(next).fetch_optional(&mut *transaction).await? {
        Some(term) => term,
        None => {
            sqlx::raw_sql("INSERT INTO leadership VALUES (1)").execute(&mut *transaction).await?;
            1
        }
    };
    transaction.commit().await?;
    Ok((session, term))
}
