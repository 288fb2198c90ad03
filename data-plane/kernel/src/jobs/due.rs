//! When each tenant is next due, so that nobody has to look into sleeping ones.
//!
//! What a file keeps of it ([`super::Keeper`]) is never later than the truth: before a commit makes
//! something due earlier than the file says, the tenant is taken out of it, durably. A tenant that
//! the file does not name is looked into once. That costs nothing while it is not named, and it is
//! named again only after it has been quiet for a while.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use freehold_clock::UnixMs;
use freehold_ids::TenantId;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

/// How long a tenant must have been quiet before the file names it again.
const QUIET_MS: i64 = 60_000;
/// Earlier than every moment: not known, to be looked into.
const UNKNOWN: i64 = i64::MIN;

/// When each tenant of a worker is next due. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Due(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    followed: OnceLock<HashSet<&'static str>>,
    /// Something is due earlier than what was due first.
    pub(super) earlier: Notify,
    /// There is something to write.
    to_write: Notify,
    /// The newest batch that the file has.
    written: watch::Sender<u64>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            followed: OnceLock::new(),
            earlier: Notify::new(),
            to_write: Notify::new(),
            written: watch::Sender::new(0),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    tenants: HashMap<TenantId, Entry>,
    /// Those that wait for their time: confirmed, and not having their turn.
    waiting: BTreeSet<(i64, TenantId)>,
    /// The batch that the next change belongs to, less one.
    batches: u64,
    /// What the file does not say yet: under which epoch and when, or that it is to say nothing.
    unwritten: HashMap<TenantId, Option<Kept>>,
}

#[derive(Debug, Default)]
struct Entry {
    epoch: u64,
    /// Whether this process knows since its start that it owns the tenant under the epoch.
    confirmed: bool,
    /// `None` while it has its turn and nobody rang, and where nothing is due.
    due: Option<i64>,
    /// What the file says.
    kept: Option<i64>,
    /// The batch in which that was written last.
    batch: u64,
    changed_at: i64,
    /// Transactions that are about to make it due.
    pledges: usize,
    /// Rings while it has its turn.
    turn: Option<Arc<Notify>>,
}

/// What the file says of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) epoch: u64,
    pub(super) due: i64,
}

/// What is to be written together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) number: u64,
    pub(super) changes: HashMap<TenantId, Option<Kept>>,
    /// All that the file is to say afterwards, where it is to be written anew.
    pub(super) all: Option<Vec<(TenantId, Kept)>>,
}

impl State {
    fn wait(&mut self, tenant: TenantId, due: i64) {
        self.waiting.insert((due, tenant));
    }

    /// Makes a tenant due at a moment unless it is earlier; says whether it is first now.
    fn lower(&mut self, tenant: TenantId, at: i64) -> bool {
        let Some(entry) = self.tenants.get_mut(&tenant) else { return false };
        let before = entry.due;
        let due = before.map_or(at, |due| due.min(at));
        entry.due = Some(due);
        if let Some(turn) = &entry.turn {
            turn.notify_one();
            return false;
        }
        if !entry.confirmed || before == Some(due) {
            return false;
        }
        if let Some(before) = before {
            self.waiting.remove(&(before, tenant));
        }
        self.wait(tenant, due);
        self.waiting.first() == Some(&(due, tenant))
    }

    fn write(&mut self, tenant: TenantId, kept: Option<Kept>) {
        let batch = self.batches + 1;
        if let Some(entry) = self.tenants.get_mut(&tenant) {
            (entry.kept, entry.batch) = (kept.map(|kept| kept.due), batch);
        }
        self.unwritten.insert(tenant, kept);
    }
}

impl Due {
    /// Says which events make a tenant due; once.
    pub(super) fn follow(&self, events: HashSet<&'static str>) {
        // A second runner would follow the same ones.
        let _ = self.0.followed.set(events);
    }

    pub(crate) fn is_followed(&self, event: &str) -> bool {
        self.0.followed.get().is_some_and(|events| events.contains(event))
    }

    pub(crate) fn alarm(&self, tenant: TenantId) -> Alarm {
        Alarm { due: self.clone(), tenant }
    }

    /// Notes that this process owns a tenant under an epoch: the control plane said so, or an edge.
    pub fn confirm(&self, tenant: TenantId, epoch: u64) {
        let mut state = self.0.state.lock();
        let entry = state.tenants.entry(tenant).or_default();
        if entry.confirmed && entry.epoch == epoch && (entry.due.is_some() || entry.turn.is_some())
        {
            return;
        }
        let before = entry.due;
        if entry.epoch != epoch {
            // Another may have had it meanwhile.
            entry.due = None;
        }
        (entry.epoch, entry.confirmed) = (epoch, true);
        let due = entry.due;
        if let Some(before) = before {
            state.waiting.remove(&(before, tenant));
        }
        match due {
            Some(due) => state.wait(tenant, due),
            None => _ = state.lower(tenant, UNKNOWN),
        }
        drop(state);
        self.0.earlier.notify_one();
    }

    pub(super) fn is_confirmed(&self, tenant: TenantId, epoch: u64) -> bool {
        let state = self.0.state.lock();
        state.tenants.get(&tenant).is_some_and(|entry| entry.confirmed && entry.epoch == epoch)
    }

    /// Forgets every tenant but these.
    pub fn retain(&self, own: impl Fn(TenantId) -> bool) {
        let mut state = self.0.state.lock();
        let gone: Vec<_> = state.tenants.keys().filter(|tenant| !own(**tenant)).copied().collect();
        for tenant in gone {
            let entry = state.tenants.remove(&tenant);
            if let Some(due) = entry.and_then(|entry| entry.due) {
                state.waiting.remove(&(due, tenant));
            }
            state.unwritten.insert(tenant, None);
        }
        drop(state);
        self.0.to_write.notify_one();
    }

    /// The tenants whose time has come. Each has its turn until [`Due::rest`].
    pub fn take(&self, now: UnixMs) -> Vec<TenantId> {
        let mut state = self.0.state.lock();
        let mut taken = Vec::new();
        while let Some((due, tenant)) = state.waiting.first().copied() {
            if due > now.0 {
                break;
            }
            state.waiting.pop_first();
            if let Some(entry) = state.tenants.get_mut(&tenant) {
                (entry.due, entry.turn) = (None, Some(Arc::default()));
                taken.push(tenant);
            }
        }
        taken
    }

    /// What rings while a tenant has its turn; what rang until now is answered by looking now.
    pub(super) fn listen(&self, tenant: TenantId) -> Arc<Notify> {
        let mut state = self.0.state.lock();
        let Some(entry) = state.tenants.get_mut(&tenant) else { return Arc::default() };
        entry.due = None;
        entry.turn.clone().unwrap_or_default()
    }

    /// Ends a tenant's turn. It is due again then, or when somebody rings or rang.
    pub(super) fn rest(&self, tenant: TenantId, next: Option<UnixMs>, now: UnixMs) {
        let mut state = self.0.state.lock();
        let Some(entry) = state.tenants.get_mut(&tenant) else { return };
        (entry.turn, entry.changed_at) = (None, now.0);
        let due = entry.due.take().into_iter().chain(next.map(|next| next.0)).min();
        let is_first = due.is_some_and(|due| state.lower(tenant, due));
        drop(state);
        if is_first {
            self.0.earlier.notify_one();
        }
    }

    /// When the first of them is due, and how many wait.
    pub fn first(&self) -> (Option<UnixMs>, usize) {
        let state = self.0.state.lock();
        (state.waiting.first().map(|(due, _)| UnixMs(*due)), state.waiting.len())
    }

    /// Waits until something is due earlier than what was due first.
    pub async fn earlier(&self) {
        self.0.earlier.notified().await;
    }

    /// Takes over what the file said.
    pub(super) fn recall(&self, tenants: impl IntoIterator<Item = (TenantId, Kept)>) {
        let mut state = self.0.state.lock();
        for (tenant, Kept { epoch, due }) in tenants {
            let entry = Entry { epoch, due: Some(due), kept: Some(due), ..Entry::default() };
            state.tenants.insert(tenant, entry);
        }
    }

    /// Has the file name the tenants that are quiet, with the time when they are due: `at_once`
    /// all, since the process ends.
    pub fn settle(&self, now: UnixMs, at_once: bool) {
        let mut state = self.0.state.lock();
        let is_quiet = |entry: &Entry| at_once || (now.0 - entry.changed_at).abs() >= QUIET_MS;
        let settled = state.tenants.iter().filter_map(|(tenant, entry)| {
            let is_at_rest = entry.turn.is_none() && entry.pledges == 0;
            let due = entry.due.filter(|due| *due > UNKNOWN && is_at_rest)?;
            let is_news = entry.kept != Some(due) && entry.confirmed;
            (is_news && is_quiet(entry)).then_some((*tenant, Kept { epoch: entry.epoch, due }))
        });
        let settled: Vec<_> = settled.collect();
        for (tenant, kept) in settled {
            state.write(tenant, Some(kept));
        }
        drop(state);
        self.0.to_write.notify_one();
    }

    pub(super) async fn unwritten(&self) {
        self.0.to_write.notified().await;
    }

    /// What is to be written now, where there is anything.
    pub(super) fn batch(&self, with_all: bool) -> Option<Batch> {
        let mut state = self.0.state.lock();
        let changes = std::mem::take(&mut state.unwritten);
        if changes.is_empty() {
            return None;
        }
        state.batches += 1;
        let kept = |(tenant, entry): (&TenantId, &Entry)| {
            Some((*tenant, Kept { epoch: entry.epoch, due: entry.kept? }))
        };
        let all = with_all.then(|| state.tenants.iter().filter_map(kept).collect());
        Some(Batch { number: state.batches, all, changes })
    }

    /// Says that a batch, and all before it, need no more waiting for.
    pub(super) fn wrote(&self, batch: u64) {
        self.0.written.send_if_modified(|written| {
            let is_newer = *written < batch;
            *written = batch.max(*written);
            is_newer
        });
    }
}

/// One tenant's end of it, for transactions.
#[derive(Debug)]
pub(crate) struct Alarm {
    due: Due,
    tenant: TenantId,
}

impl Alarm {
    pub(crate) fn is_followed(&self, event: &str) -> bool {
        self.due.is_followed(event)
    }

    /// Before a commit that makes something due at a moment: from here on the file is not later
    /// than that, and whatever comes of the commit, the tenant is looked into after it.
    pub(crate) async fn secure(&self, at: UnixMs) -> Pledge<'_> {
        let mut pledge = Pledge { alarm: self, at, is_counted: false };
        let shared = &self.due.0;
        let batch = {
            let mut state = shared.state.lock();
            let Some(entry) = state.tenants.get_mut(&self.tenant) else { return pledge };
            entry.pledges += 1;
            pledge.is_counted = true;
            if entry.kept.is_some_and(|kept| kept > at.0) {
                state.write(self.tenant, None);
                shared.to_write.notify_one();
            }
            state.tenants.get(&self.tenant).map_or(0, |entry| entry.batch)
        };
        // The sender lives as long as this does.
        let _ = shared.written.subscribe().wait_for(|written| *written >= batch).await;
        pledge
    }
}

/// A commit that is about to make a tenant due. Rings when it is over, also where it was given up.
#[derive(Debug)]
pub(crate) struct Pledge<'a> {
    alarm: &'a Alarm,
    at: UnixMs,
    /// Whether the tenant was known when it was made.
    is_counted: bool,
}

impl Drop for Pledge<'_> {
    fn drop(&mut self) {
        let Alarm { due, tenant } = self.alarm;
        let mut state = due.0.state.lock();
        if let Some(entry) = state.tenants.get_mut(tenant).filter(|_| self.is_counted) {
            // One that was forgotten meanwhile, and came back, has none.
            entry.pledges = entry.pledges.saturating_sub(1);
        }
        let is_first = state.lower(*tenant, self.at.0);
        drop(state);
        if is_first {
            due.0.earlier.notify_one();
        }
    }
}
