//! Reading and writing one tenant's store.
//!
//! A [`Tx`] is also a [`Read`]; it issues ids and collects events, and writes them in the same
//! commit as the change itself. Between begin and commit a use case awaits nothing else.

use freehold_clock::UnixMs;
use freehold_db::{DbError, Delete, Filter, Insert, Reader, Row, Select, Update, Writer};
use freehold_idempotency::{IdempotencyKey, KeptAnswer, find, keep};
use freehold_ids::{EventId, JobId, Kind, LocalId};
use serde::Serialize;

use crate::jobs::{self, JOBS_PER_TX_MAX, Job, PAYLOAD_BYTES_MAX};
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

/// What an event or a job says, as it is kept.
pub(crate) fn json<T: Serialize>(name: &str, said: &T) -> Result<String, StoreError> {
    let json =
        serde_json::to_string(said).map_err(|error| DbError::Shape(format!("{name}: {error}")))?;
    if json.len() > PAYLOAD_BYTES_MAX {
        let reason = format!("{name} says more than {PAYLOAD_BYTES_MAX} bytes");
        return Err(DbError::Shape(reason).into());
    }
    Ok(json)
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

    /// Whose store it is.
    pub(crate) const fn tenant(&self) -> &Tenant {
        &self.tenant
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
    with_commit: Vec<Insert>,
    events: Vec<Pending>,
    mark: Option<i64>,
    changes_public: bool,
    compile_anew: bool,
    claim: Option<Claim>,
    jobs: Vec<jobs::Pending>,
    /// When the earliest of what this transaction leaves to do is due.
    due: Option<UnixMs>,
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
        Self {
            read,
            now,
            with_commit: Vec::new(),
            events: Vec::new(),
            mark: None,
            changes_public: false,
            compile_anew: false,
            claim: None,
            jobs: Vec::new(),
            due: None,
        }
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

    /// [`Tx::insert`] for a row that nothing in this transaction reads or waits for: it travels
    /// with the commit, which fails where the row is refused. In a file that saves a call.
    pub fn insert_with_commit(&mut self, insert: Insert) {
        self.with_commit.push(insert);
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
        let payload = json(E::NAME, event)?;
        self.events.push(Pending { name: E::NAME, subject: event.subject(), payload });
        Ok(())
    }

    /// Leaves work to do, once the transaction commits.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the job cannot be written as JSON, or there are too many.
    pub fn enqueue<J: Job>(&mut self, job: &J) -> Result<JobId, StoreError> {
        self.enqueue_at(job, self.now)
    }

    /// [`Tx::enqueue`] for later.
    ///
    /// # Errors
    /// As [`Tx::enqueue`].
    pub fn enqueue_at<J: Job>(&mut self, job: &J, due_at: UnixMs) -> Result<JobId, StoreError> {
        self.leave(job, None, due_at)
    }

    /// [`Tx::enqueue_at`], unless a job of this kind and key waits already.
    ///
    /// # Errors
    /// As [`Tx::enqueue`].
    pub fn enqueue_once<J: Job>(
        &mut self,
        job: &J,
        key: &str,
        due_at: UnixMs,
    ) -> Result<(), StoreError> {
        self.leave(job, Some(format!("{}/{key}", J::NAME)), due_at).map(drop)
    }

    fn leave<J: Job>(
        &mut self,
        job: &J,
        unique_key: Option<String>,
        due_at: UnixMs,
    ) -> Result<JobId, StoreError> {
        if self.jobs.len() >= JOBS_PER_TX_MAX {
            return Err(DbError::Shape("too many jobs in one transaction".into()).into());
        }
        let payload = json(J::NAME, job)?;
        let id = self.issue();
        let attempts_max = J::ATTEMPTS_MAX;
        let (line, event) = (None, None);
        let name = J::NAME;
        let pending =
            jobs::Pending { id, name, unique_key, line, event, payload, attempts_max, due_at };
        self.jobs.push(pending);
        Ok(id)
    }

    /// Says that something is due then, so that nobody sleeps longer.
    pub(crate) fn makes_due(&mut self, at: UnixMs) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Says that this transaction changes what anonymous readers can see. Saying it again changes
    /// nothing; not saying it leaves old answers in caches.
    pub const fn publish_changed(&mut self) {
        self.changes_public = true;
    }

    /// Says that this transaction changes rows that something is made of and kept, see
    /// [`Tenant::compiled`]: from its commit on that is made anew.
    pub const fn compile_anew(&mut self) {
        self.compile_anew = true;
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
        if self.compile_anew {
            self.read.tenant.compile_anew();
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
        let mut rows = std::mem::take(&mut self.with_commit);
        for event in std::mem::take(&mut self.events) {
            if self.read.tenant.alarm().is_followed(event.name) {
                self.makes_due(self.now);
            }
            let id: EventId = self.issue();
            let insert = Insert::into("outbox")
                .set("id", id.number())
                .set("name", event.name)
                .set("subject", event.subject)
                .set("payload", event.payload)
                .set("created_at", self.now.0);
            rows.push(insert);
        }
        for job in std::mem::take(&mut self.jobs) {
            rows.push(jobs::waiting(self, job));
        }
        rows.extend(self.mark.take().map(|mark| meta(MARK_KEY, mark)));
        let version = public_version.map(|version| i64::try_from(version).unwrap_or(i64::MAX));
        rows.extend(version.map(|version| meta(PUBLIC_VERSION_KEY, version)));
        let tenant = self.read.tenant.clone();
        let _pledge = match self.due {
            Some(due) => Some(tenant.alarm().secure(due).await),
            None => None,
        };
        tenant.still_owned()?;
        let unless = newer_epoch(tenant.epoch());
        let done = self.writer()?.commit_after(&rows, Some(&unless)).await;
        if matches!(done, Err(DbError::Superseded)) {
            return Err(tenant.superseded().await);
        }
        tenant.told(done)
    }
}

/// The row that says that another worker has taken the store over.
fn newer_epoch(own: u64) -> Select {
    let own = i64::try_from(own).unwrap_or(i64::MAX);
    let row = Filter::eq("key", EPOCH_KEY).and(Filter::gt("value", own));
    Select::from("meta", ["key"]).filter(row)
}

/// A row of the kernel's own numbers, in place of the one that is there.
pub(crate) fn meta(key: &str, value: i64) -> Insert {
    Insert::into("meta").set("key", key).set("value", value).or_replace(["key"], ["value"])
}
