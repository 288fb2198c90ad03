//! One among the processes that share a store: whoever holds a lock that ends with its session.
//!
//! The lock lives on a connection of its own. Losing the connection is losing the election, and
//! the server ends a session that falls silent, so that a process that hangs loses it too.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::postgres::ELECTION_LOCK;

/// A process's part in the election. Where the store has one process, that one is always elected.
#[derive(Debug)]
pub struct Election(Option<Candidate>);

#[derive(Debug)]
struct Candidate {
    options: Box<PgConnectOptions>,
    session: Option<PgConnection>,
    is_elected: bool,
}

impl Election {
    pub(crate) const fn unopposed() -> Self {
        Self(None)
    }

    pub(crate) fn among_sessions(options: PgConnectOptions) -> Self {
        let options = Box::new(options);
        Self(Some(Candidate { options, session: None, is_elected: false }))
    }

    /// Whether this process is elected now. Whoever is asks about once a second, or is taken for
    /// dead; a future that is dropped before it is ready leaves the election.
    pub async fn is_won(&mut self) -> bool {
        let Some(candidate) = &mut self.0 else { return true };
        // Taken out while in use: a connection that was left in the middle of a message is of no
        // further use, and dropping it ends its session.
        let session = candidate.session.take();
        let was_elected = std::mem::take(&mut candidate.is_elected);
        match stand(session, was_elected, &candidate.options).await {
            Ok((session, is_elected)) => {
                candidate.session = Some(session);
                candidate.is_elected = is_elected;
                is_elected
            }
            Err(error) => {
                tracing::debug!(%error, "the election cannot be held");
                false
            }
        }
    }
}

async fn stand(
    session: Option<PgConnection>,
    was_elected: bool,
    options: &PgConnectOptions,
) -> Result<(PgConnection, bool), sqlx::Error> {
    let mut session = match session {
        Some(mut session) if was_elected => {
            session.ping().await?;
            return Ok((session, true));
        }
        Some(session) => session,
        None => PgConnection::connect_with(options).await?,
    };
    let is_elected = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(ELECTION_LOCK)
        .fetch_one(&mut session)
        .await?;
    Ok((session, is_elected))
}
