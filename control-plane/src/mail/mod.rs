//! Mail: rows of an outbox, written with the change that asks for them, sent by a job.
//!
//! The log sender writes each mail to a file, so that an installation without a mail server can
//! be tried; the log itself names the file and never what is in it.

use std::path::PathBuf;

use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Direction, Filter, Insert, Row, Select, Update, Writer};
use freehold_ids::MailId;
use freehold_sealing::{Place, Unsealable};
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::master::Master;

/// Attempts before a mail is given up.
const MAIL_ATTEMPTS_MAX: i64 = 10;
/// The first pause between attempts; each later one is twice as long.
const MAIL_RETRY_SECONDS: u64 = 30;
/// Mails taken up in one round.
const MAILS_PER_ROUND_MAX: u64 = 50;

/// What a server answers to a wrong name or password (RFC 4954, section 6): the operator mends that,
/// and no mail is lost meanwhile.
const AUTHENTICATION_CODES: [u16; 4] = [530, 534, 535, 538];

/// Mails whose texts are sealed anew in one transaction.
const RESEALED_PER_TX_ROWS: u64 = 200;

/// How mail leaves.
#[derive(Clone)]
pub enum MailSender {
    /// Into files of this folder.
    Log {
        /// The folder.
        folder: PathBuf,
    },
    /// To a mail server.
    Smtp {
        /// `smtp://…` or `smtps://user:password@host`, as lettre reads it.
        url: String,
        /// The sender's address.
        from: String,
    },
}

/// By hand, since the URL of a mail server may hold its password.
impl std::fmt::Debug for MailSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Log { folder } => f.debug_struct("Log").field("folder", folder).finish(),
            Self::Smtp { from, .. } => {
                f.debug_struct("Smtp").field("from", from).finish_non_exhaustive()
            }
        }
    }
}

/// Why a mail did not leave.
#[derive(Debug)]
enum Undelivered {
    /// Another attempt may succeed.
    Retry(String),
    /// No attempt will: the address, the text or the mail server's answer is final.
    Refused(String),
}

impl Undelivered {
    fn retry(error: impl std::fmt::Display) -> Self {
        Self::Retry(error.to_string())
    }

    fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }
}

/// A mail that waits to be sent. Its text may hold a secret, so it is not for logs.
struct Mail {
    id: MailId,
    recipient: String,
    subject: String,
    body: String,
    attempts: i64,
}

/// Where a mail's text lies, which may hold a secret.
fn place(id: MailId) -> Place {
    Place::new(["control", "mails", "body", &id.to_string()])
}

fn unsealable(id: MailId) -> impl FnOnce(Unsealable) -> DbError {
    move |error| DbError::Shape(format!("the text of {id}: {error}"))
}

/// Puts a mail in the outbox, its text sealed.
pub(crate) async fn enqueue(
    (writer, master): (&mut Writer, &Master),
    id: MailId,
    recipient: &str,
    subject: &str,
    body: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    let body = master.seal_text(&place(id), body).map_err(unsealable(id))?;
    let insert = Insert::into("mails")
        .set("id", id.to_string())
        .set("recipient", recipient)
        .set("subject", subject)
        .set("body", body)
        .set("attempts", 0_i64)
        .set("next_at", now.0)
        .set("created_at", now.0);
    writer.insert(&insert).await.map(drop)
}

/// The mails that are due, each with the attempts made so far.
pub(crate) async fn due(db: &Database, now: UnixMs) -> Result<Vec<(MailId, i64)>, DbError> {
    let select = Select::from("mails", ["id", "attempts"])
        .filter(Filter::is_null("sent_at"))
        .filter(Filter::lte("next_at", now.0))
        .filter(Filter::lt("attempts", MAIL_ATTEMPTS_MAX))
        .order("next_at", Direction::Ascending)
        .page(MAILS_PER_ROUND_MAX, 0);
    let rows = db.read().await?.rows(&select).await?;
    let typed = |row: &Row| Ok((crate::operations::store::typed(row, "id")?, row.get("attempts")?));
    rows.iter().map(typed).collect()
}

/// Sends one mail and notes the outcome. A mail that is sent already is left alone; one that
/// failed is due again later. Mails that were sent or
/// given up lose their text.
pub(crate) async fn send(
    (db, master): (&Database, &Master),
    sender: &MailSender,
    id: MailId,
    now: UnixMs,
) -> Result<(), DbError> {
    let columns = ["id", "recipient", "subject", "body", "attempts"];
    let select = Select::from("mails", columns)
        .filter(Filter::eq("id", id.to_string()).and(Filter::is_null("sent_at")));
    let Some(row) = db.read().await?.optional(&select).await? else { return Ok(()) };
    let mail = read(&row, id, master)?;
    let update = Update::table("mails").filter(Filter::eq("id", id.to_string()));
    let update = match deliver(sender, &mail).await {
        Ok(()) => update
            .set("sent_at", now.0)
            .set("body", "")
            .set("error", None::<String>)
            .add("attempts", 1),
        Err(Undelivered::Refused(error)) => {
            tracing::warn!(mail = %id, error, "a mail was refused and is given up");
            // All attempts count as made, which is what takes it out of `due`.
            let left = MAIL_ATTEMPTS_MAX - mail.attempts;
            update.set("error", error).set("body", "").add("attempts", left)
        }
        Err(Undelivered::Retry(error)) => {
            tracing::warn!(mail = %id, error, "a mail could not be sent");
            let wait = MAIL_RETRY_SECONDS << mail.attempts.clamp(0, 12);
            let update = update
                .set("error", error)
                .set("next_at", now.plus_seconds(wait).0)
                .add("attempts", 1);
            let is_given_up = mail.attempts + 1 >= MAIL_ATTEMPTS_MAX;
            if is_given_up { update.set("body", "") } else { update }
        }
    };
    let mut writer = db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

fn read(row: &Row, id: MailId, master: &Master) -> Result<Mail, DbError> {
    Ok(Mail {
        id,
        recipient: row.get("recipient")?,
        subject: row.get("subject")?,
        body: master.open_text(&place(id), row.get("body")?).map_err(unsealable(id))?,
        attempts: row.get("attempts")?,
    })
}

/// Seals the texts of waiting mails anew that do not lie under the newest master key.
pub(crate) async fn reseal(db: &Database, master: &Master) -> Result<(), DbError> {
    let mut after = String::new();
    loop {
        let waiting = Select::from("mails", ["id", "body"])
            .filter(Filter::ne("body", "").and(Filter::gt("id", after.as_str())))
            .order("id", Direction::Ascending)
            .page(RESEALED_PER_TX_ROWS, 0);
        let mut writer = db.write().await?;
        let rows = writer.rows(&waiting).await?;
        for row in &rows {
            let id: MailId = crate::operations::store::typed(row, "id")?;
            let stored: String = row.get("body")?;
            if master.is_stale(&stored) {
                let text = master.open_text(&place(id), stored).map_err(unsealable(id))?;
                let sealed = master.seal_text(&place(id), &text).map_err(unsealable(id))?;
                let update = Update::table("mails").set("body", sealed);
                writer.update(&update.filter(Filter::eq("id", id.to_string()))).await?;
            }
        }
        writer.commit().await?;
        match rows.last() {
            Some(last) if rows.len() as u64 == RESEALED_PER_TX_ROWS => after = last.get("id")?,
            _ => return Ok(()),
        }
    }
}

/// Refuses what would begin another line, and with it another header.
fn check_line(what: &str, value: &str) -> Result<(), Undelivered> {
    if value.chars().any(char::is_control) {
        return Err(Undelivered::Refused(format!("the {what} has control characters")));
    }
    Ok(())
}

async fn deliver(sender: &MailSender, mail: &Mail) -> Result<(), Undelivered> {
    check_line("recipient", &mail.recipient)?;
    check_line("subject", &mail.subject)?;
    match sender {
        MailSender::Log { folder } => {
            let file = folder.join(format!("{}.txt", mail.id));
            let Mail { recipient, subject, body, .. } = mail;
            let content = format!("To: {recipient}\nSubject: {subject}\n\n{body}\n");
            tokio::fs::create_dir_all(folder).await.map_err(Undelivered::retry)?;
            tokio::fs::write(&file, content).await.map_err(Undelivered::retry)?;
            tracing::info!(file = %file.display(), "a mail was written to a file");
            Ok(())
        }
        MailSender::Smtp { url, from } => {
            // A fault of the configuration is the operator's to mend, and the mail waits for it.
            let from: Mailbox = from.parse().map_err(Undelivered::retry)?;
            let to: Mailbox = mail.recipient.parse().map_err(Undelivered::refused)?;
            let message = Message::builder()
                .from(from)
                .to(to)
                .subject(mail.subject.as_str())
                .message_id(Some(format!("<{}@freehold>", mail.id)))
                .body(mail.body.clone())
                .map_err(Undelivered::refused)?;
            let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                .map_err(Undelivered::retry)?
                .build();
            let sent = transport.send(message).await;
            sent.map(drop).map_err(|error| {
                let code = error.status().map(u16::from);
                let is_operators = code.is_some_and(|code| AUTHENTICATION_CODES.contains(&code));
                match error.is_permanent() && !is_operators {
                    true => Undelivered::refused(error),
                    false => Undelivered::retry(error),
                }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    fn mail(recipient: &str, subject: &str) -> Mail {
        let (recipient, subject) = (recipient.to_owned(), subject.to_owned());
        let body = "text".to_owned();
        Mail { id: MailId::from_random(1), recipient, subject, body, attempts: 0 }
    }

    /// The outcome of a mail whose sender's address the mail server answers with this.
    async fn answered(answer: &'static str) -> Result<(), Undelivered> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("its address"));
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            writer.write_all(b"220 sink\r\n").await.expect("a greeting");
            while let Ok(Some(line)) = lines.next_line().await {
                let reply = if line.starts_with("MAIL") { answer } else { "250 ok\r\n" };
                if writer.write_all(reply.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        let sender = MailSender::Smtp { url, from: "no-reply@example.org".to_owned() };
        let outcome = deliver(&sender, &mail("ada@example.org", "Hello")).await;
        server.abort();
        outcome
    }

    #[tokio::test]
    async fn a_final_answer_refuses_and_a_passing_one_does_not() {
        let last = answered("550 no such place\r\n").await;
        assert!(matches!(last, Err(Undelivered::Refused(_))), "{last:?}");
        let passing = answered("451 not now\r\n").await;
        assert!(matches!(passing, Err(Undelivered::Retry(_))), "{passing:?}");
        let unknown = answered("530 sign in first\r\n").await;
        assert!(matches!(unknown, Err(Undelivered::Retry(_))), "{unknown:?}");
    }

    #[tokio::test]
    async fn what_could_forge_a_header_or_names_nobody_is_refused() {
        let url = "smtp://user:hunter2@127.0.0.1:1".to_owned();
        let smtp = MailSender::Smtp { url, from: "no-reply@example.org".to_owned() };
        let log = MailSender::Log { folder: PathBuf::from("/nonexistent") };
        for sender in [&smtp, &log] {
            assert!(!format!("{sender:?}").contains("hunter2"));
            for bad in [mail("a@b.org\r\nBcc: c@d.org", "Hi"), mail("a@b.org", "Hi\nBcc: c@d.org")]
            {
                let outcome = deliver(sender, &bad).await;
                assert!(matches!(outcome, Err(Undelivered::Refused(_))), "{outcome:?}");
            }
        }
        let nobody = deliver(&smtp, &mail("not an address", "Hi")).await;
        assert!(matches!(nobody, Err(Undelivered::Refused(_))), "{nobody:?}");
    }
}
