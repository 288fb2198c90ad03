//! Reading and writing one tenant's store.
//!
//! A [`Tx`] is also a [`Read`]; it issues ids and collects events, and writes them in the same
//! commit as the change itself. Between begin and commit a use case awaits nothing else.

use freehold_clock::UnixMs;
use freehold_db::{DbError, Delete, Insert, Reader, Row, Select, Update, Writer};
use freehold_idempotency::{IdempotencyKey, KeptAnswer, find, keep};
use freehold_ids::{EventId, Kind, LocalId};
use serde::Serialize;

use crate::{StoreError, Tenant};

/// Events of one transaction at most.
const EVENTS_PER_TX_MAX: usize = 1_000;

/// The `meta` row that holds the high-water mark of issued ids.
pub(crate) const MARK_KEY: &str = "id_mark";
/// The `meta` row with the newest epoch under which a worker opened the store.
pub(crate) const EPOCH_KEY: &str = "epoch";
/// The `meta` row that holds the public version.
pub(crate) const PUBLIC_VERSION_KEY: &str = "public_version";

/// A fact that others may want to know, written together with the change it tells of.
pub trait Event: Serialize {
    /// `noun.verb` in the past tense, such as `post.published`.
    const NAME: &'static str;

    /// The wire id of what it is about.
    fn subject(&self) -> String;
}

/// A view of one tenant's store: read-only by itself, or what a [`Tx`] sees so far.
#[derive(Debug)]
pub struct Read {
    link: Link,
    tenant: Tenant,
}

#[derive(Debug)]
enum Link {
    Reader(Reader),
    Writer(Writer),
}

impl Read {
    pub(crate) const fn new(reader: Reader, tenant: Tenant) -> Self {
        Self { link: Link::Reader(reader), tenant }
    }

    /// Every row that the statement finds. The statement brings its own limit.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn rows(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        let found = self.reader().rows(select).await;
        self.tenant.told(found)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn optional(&mut self, select: &Select) -> Result<Option<Row>, StoreError> {
        let found = self.reader().optional(select).await;
        self.tenant.told(found)
    }

    /// The number that [`Select::count`] asks for.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn count(&mut self, select: &Select) -> Result<u64, StoreError> {
        let found = self.reader().count(select).await;
        self.tenant.told(found)
    }

    fn reader(&mut self) -> &mut Reader {
        match &mut self.link {
            Link::Reader(reader) => reader,
            Link::Writer(writer) => writer,
        }
    }
}

#[derive(Debug)]
struct Pending {
    name: &'static str,
    subject: String,
    payload: String,
}

/// A caller's idempotency key, to be kept with the answer.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) caller: String,
    pub(crate) key: IdempotencyKey,
}

/// A write transaction on one tenant's store. Dropped without commit, it changes nothing.
#[derive(Debug)]
pub struct Tx {
    read: Read,
    now: UnixMs,
    events: Vec<Pending>,
    mark: Option<i64>,
    changes_public: bool,
    claim: Option<Claim>,
}

impl std::ops::Deref for Tx {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.read
    }
}

impl Tx {
    pub(crate) fn new(writer: Writer, tenant: Tenant, now: UnixMs) -> Self {
        let read = Read { link: Link::Writer(writer), tenant };
        Self { read, now, events: Vec::new(), mark: None, changes_public: false, claim: None }
    }

    /// The moment that this transaction counts as.
    pub const fn now(&self) -> UnixMs {
        self.now
    }

    /// A new id, larger than every one before it in this store.
    pub fn issue<K: Kind>(&mut self) -> LocalId<K> {
        let stamp = self.read.tenant.next_id(self.now);
        self.mark = stamp.store_mark.or(self.mark);
        LocalId::from_number(stamp.number)
    }

    /// Writes a row; says whether one was written ([`Insert::or_keep`] may keep the old one).
    ///
    /// # Errors
    /// A conflict under the declared constraint's name, among others.
    pub async fn insert(&mut self, insert: &Insert) -> Result<bool, StoreError> {
        let done = self.writer()?.insert(insert).await;
        self.read.tenant.told(done)
    }

    /// Changes rows; says how many.
    ///
    /// # Errors
    /// A conflict under the declared constraint's name, among others.
    pub async fn update(&mut self, update: &Update) -> Result<u64, StoreError> {
        let done = self.writer()?.update(update).await;
        self.read.tenant.told(done)
    }

    /// Removes rows; says how many.
    ///
    /// # Errors
    /// A conflict where other rows refer to one of them, among others.
    pub async fn delete(&mut self, delete: &Delete) -> Result<u64, StoreError> {
        let done = self.writer()?.delete(delete).await;
        self.read.tenant.told(done)
    }

    fn writer(&mut self) -> Result<&mut Writer, StoreError> {
        match &mut self.read.link {
            Link::Writer(writer) => Ok(writer),
            Link::Reader(_) => Err(DbError::Shape("a transaction without a writer".into()).into()),
        }
    }

    /// Tells of a fact, once the transaction commits.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the event cannot be written as JSON or there are too many.
    pub fn emit<E: Event>(&mut self, event: &E) -> Result<(), StoreError> {
        if self.events.len() >= EVENTS_PER_TX_MAX {
            return Err(DbError::Shape("too many events in one transaction".into()).into());
        }
        let payload = serde_json::to_string(event)
            .map_err(|error| DbError::Shape(format!("event {}: {error}", E::NAME)))?;
        self.events.push(Pending { name: E::NAME, subject: event.subject(), payload });
        Ok(())
    }

    /// Says that this transaction changes what anonymous readers can see. Saying it again changes
    /// nothing; not saying it leaves old answers in caches.
    pub const fn publish_changed(&mut self) {
        self.changes_public = true;
    }

    /// Takes a key for this transaction, or finds the answer that was kept with it.
    pub(crate) async fn claim(&mut self, claim: Claim) -> Result<Option<KeptAnswer>, StoreError> {
        let kept = find(self.reader(), &claim.caller, &claim.key).await?;
        self.claim = Some(claim);
        Ok(kept)
    }

    /// [`Tx::commit`] that also keeps the answer with the request's idempotency key, where it
    /// carried one.
    ///
    /// # Errors
    /// Whatever the store says; then nothing was changed.
    pub async fn commit_answer(mut self, answer: KeptAnswer) -> Result<KeptAnswer, StoreError> {
        if let Some(Claim { caller, key }) = self.claim.take() {
            let now = self.now;
            keep(self.writer()?, &caller, &key, &answer, now).await?;
        }
        self.commit().await?;
        Ok(answer)
    }

    /// Writes the change, its events and the id mark, durably and together.
    ///
    /// # Errors
    /// Whatever the store says; then nothing was changed.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let public_version = self.next_public_version();
        let outcome = self.write_and_commit(public_version).await;
        if let Some(stored) = public_version {
            // Also where the commit failed: whether it is visible may be unknown then.
            self.read.tenant.public().advance(stored);
        }
        if outcome.is_err() {
            self.read.tenant.mark_lost();
        }
        outcome
    }

    /// The public version that this transaction leads to, if it changes what the public sees.
    fn next_public_version(&self) -> Option<u64> {
        self.changes_public.then(|| self.read.tenant.public().number() + 1)
    }

    async fn write_and_commit(&mut self, public_version: Option<u64>) -> Result<(), StoreError> {
        for event in std::mem::take(&mut self.events) {
            let id: EventId = self.issue();
            let insert = Insert::into("outbox")
                .set("id", id.number())
                .set("name", event.name)
                .set("subject", event.subject)
                .set("payload", event.payload)
                .set("created_at", self.now.0);
            self.insert(&insert).await?;
        }
        if let Some(mark) = self.mark.take() {
            let insert = Insert::into("meta")
                .set("key", MARK_KEY)
                .set("value", mark)
                .or_replace(["key"], ["value"]);
            self.insert(&insert).await?;
        }
        if let Some(version) = public_version {
            let insert = Insert::into("meta")
                .set("key", PUBLIC_VERSION_KEY)
                .set("value", i64::try_from(version).unwrap_or(i64::MAX))
                .or_replace(["key"], ["value"]);
            self.insert(&insert).await?;
        }
        self.read.tenant.still_owned()?;
        let done = self.writer()?.commit_in_place().await;
        self.read.tenant.told(done)
    }
}
