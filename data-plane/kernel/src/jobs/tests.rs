//! Stories of one tenant's work, with turns given by hand and a clock that moves when told to.

use std::collections::HashSet;
use std::sync::Arc;

use freehold_clock::{Clock, UnixMs};
use freehold_db::Filter;
use freehold_fleet::{JobFacts, JobState, Provision, Tended, Tending, WorkFacts};
use freehold_ids::{MemberId, TenantId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::tenants::tests::assignment;
use crate::{Event, Module, Tenant, Tenants, TenantsConfig, Tx};

const HOUR: i64 = 3_600;

#[derive(Debug, Serialize, Deserialize)]
struct Note(String);

impl Job for Note {
    const NAME: &'static str = "test.note";
    const ATTEMPTS_MAX: u32 = 2;
}

/// Work that never ends, whose attempts are over at once.
#[derive(Debug, Serialize, Deserialize)]
struct Endless {}

impl Job for Endless {
    const NAME: &'static str = "test.endless";
    const ATTEMPT_SECONDS_MAX: u64 = 0;
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Daily {}

impl Job for Daily {
    const NAME: &'static str = "test.daily";
}

#[derive(Debug, Serialize)]
struct Said(&'static str, u32);

impl Event for Said {
    const NAME: &'static str = "test.said";

    fn subject(&self) -> String {
        self.0.to_owned()
    }
}

/// What handlers did, and which of it they are to fail at.
#[derive(Debug, Clone, Default)]
struct Diary {
    done: Arc<Mutex<Vec<String>>>,
    failing: Arc<Mutex<HashSet<String>>>,
}

impl Diary {
    fn note(&self, text: String) -> Result<(), JobError> {
        if text == "panic" {
            panic!("as asked");
        }
        if self.failing.lock().contains(&text) {
            return Err(JobError::new(format!("{text} was to fail")));
        }
        self.done.lock().push(text);
        Ok(())
    }

    async fn noted(self, text: String) -> Result<(), JobError> {
        if self.failing.lock().contains("hang") && text == "hang" {
            self.done.lock().push("hangs".to_owned());
            std::future::pending::<()>().await;
        }
        self.note(text)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.done.lock())
    }

    fn fail(&self, texts: &[&str]) {
        *self.failing.lock() = texts.iter().map(|text| (*text).to_owned()).collect();
    }

    /// A module of a later release.
    fn later_module(&self) -> Module {
        let diary = self.clone();
        let hear = move |_attempt: Attempt, event: Delivered| {
            diary.clone().noted(format!("l {}", event.payload))
        };
        let late = Subscriber::new("late", &[Said::NAME], Ordering::Any, hear);
        Module { name: "later", subscribers: vec![late], ..Module::default() }
    }

    fn module(&self) -> Module {
        let (notes, days, ordered, any) = (self.clone(), self.clone(), self.clone(), self.clone());
        let hear = |diary: Diary, who: &'static str| {
            move |_attempt: Attempt, event: Delivered| {
                diary.clone().noted(format!("{who} {}", event.payload))
            }
        };
        Module {
            name: "test",
            events: &[Said::NAME],
            jobs: vec![
                Handler::of(|_, _: Endless| std::future::pending()),
                Handler::of(move |_, Note(text)| notes.clone().noted(text)),
                Handler::of(move |_, _: Daily| days.clone().noted("daily".to_owned())),
            ],
            subscribers: vec![
                Subscriber::new(
                    "in order",
                    &[Said::NAME],
                    Ordering::PerSubject,
                    hear(ordered, "o"),
                ),
                Subscriber::new("in any", &[Said::NAME], Ordering::Any, hear(any, "a")),
            ],
            schedules: vec![Schedule::of::<Daily>("daily", "0 3 * * *", Zone::Utc, 600)],
            ..Module::default()
        }
    }
}

struct Bench {
    tenants: Tenants,
    plan: Arc<Plan>,
    runner: Runner,
    clock: Clock,
    diary: Diary,
    folder: TempDir,
}

fn id() -> TenantId {
    crate::tenants::tests::tenant()
}

impl Bench {
    /// A worker that owns a tenant, and knows it.
    async fn start() -> Self {
        let bench = Self::on(tempfile::tempdir().expect("a folder"), Clock::manual(), false).await;
        let provision = Provision {
            assignment: assignment(1),
            name: "Acme".into(),
            owner: MemberId::from_random(1),
            owner_email: "a@example.org".into(),
        };
        let seeds = [module().seed.expect("a seed")];
        bench.tenants.provision(&provision, &seeds).await.expect("provisioned");
        bench.tenants.due().confirm(id(), 1);
        bench.run().await;
        bench
    }

    async fn on(folder: TempDir, clock: Clock, is_later: bool) -> Self {
        let config = TenantsConfig {
            root: folder.path().to_owned(),
            open_max: 4,
            idle_close: std::time::Duration::from_secs(300),
            databases: Vec::new(),
            migrations: freehold_migrations::TENANT,
            wrapping_key: freehold_sealing::Key::from_random([1; 32]),
            claims: crate::tenants::tests::claims(folder.path(), 1),
        };
        let tenants = Tenants::new(config, clock.clone()).await.expect("a folder");
        let diary = Diary::default();
        let modules = [module(), diary.module(), diary.later_module()];
        let modules = &modules[..if is_later { 3 } else { 2 }];
        let plan = Arc::new(Plan::of(modules).expect("a plan"));
        let stopping = CancellationToken::new();
        let runner = Runner::new(tenants.clone(), plan.clone(), clock.clone(), stopping);
        Self { tenants, plan, runner, clock, diary, folder }
    }

    /// Another process on the same store, after this one's end.
    async fn again(self) -> Self {
        self.upgraded(false).await
    }

    /// The same, of a later release or not.
    async fn upgraded(self, is_later: bool) -> Self {
        self.tenants.close(std::time::Duration::from_secs(5)).await;
        let again = Self::on(self.folder, self.clock, is_later).await;
        again.tenants.assign(assignment(1)).expect("assigned");
        again
    }

    /// Gives turns until nobody is due; says how many.
    async fn run(&self) -> usize {
        let mut turns = 0;
        loop {
            let taken = self.tenants.due().take(self.clock.now());
            if taken.is_empty() {
                return turns;
            }
            for tenant in taken {
                self.runner.turn(tenant, || false).await;
                turns += 1;
            }
            assert!(turns < 1_000, "turns without end");
        }
    }

    async fn tenant(&self) -> Tenant {
        self.tenants.open(id()).await.expect("open")
    }

    async fn write(&self, change: impl FnOnce(&mut Tx)) {
        let mut tx = self.tenant().await.begin(self.clock.now()).await.expect("begun");
        change(&mut tx);
        tx.commit().await.expect("committed");
    }

    async fn notes(&self, texts: &[&str]) {
        self.write(|tx| {
            for text in texts {
                tx.enqueue(&Note((*text).to_owned())).expect("enqueued");
            }
        })
        .await;
    }

    async fn ask(&self, what: Tending) -> Tended {
        tend(&self.tenant().await, &self.plan, &self.clock, what).await.expect("an answer")
    }

    async fn work(&self) -> WorkFacts {
        let Tended::Work(facts) = self.ask(Tending::Work).await else { panic!("no facts") };
        facts
    }

    async fn jobs(&self, state: JobState) -> Vec<JobFacts> {
        let what = Tending::Jobs { state: Some(state), before: None, rows: 100 };
        let Tended::Jobs { items } = self.ask(what).await else { panic!("no jobs") };
        items
    }
}

#[tokio::test]
async fn a_job_runs_when_it_is_due_and_one_of_a_key_waits_once() {
    let bench = Bench::start().await;
    let later = bench.clock.now().plus_seconds(60);
    bench
        .write(|tx| {
            tx.enqueue(&Note("now".into())).expect("enqueued");
            tx.enqueue_at(&Note("later".into()), later).expect("enqueued");
            for _ in 0..3 {
                tx.enqueue_once(&Note("once".into()), "key", tx.now()).expect("enqueued");
            }
        })
        .await;
    bench
        .write(|tx| tx.enqueue_once(&Note("once".into()), "key", tx.now()).expect("enqueued"))
        .await;
    bench.run().await;
    let mut done = bench.diary.take();
    done.sort();
    assert_eq!(done, ["now", "once"]);
    bench.clock.advance_seconds(59);
    assert_eq!(bench.run().await, 0, "nobody is woken early");
    bench.clock.advance_seconds(1);
    bench.run().await;
    assert_eq!(bench.diary.take(), ["later"]);
    // What has run waits no more, so its key is free.
    bench
        .write(|tx| tx.enqueue_once(&Note("once".into()), "key", tx.now()).expect("enqueued"))
        .await;
    bench.run().await;
    assert_eq!(bench.diary.take(), ["once"]);
    assert_eq!(bench.jobs(JobState::Done).await.len(), 4);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_no_work() {
    let bench = Bench::start().await;
    let mut tx = bench.tenant().await.begin(bench.clock.now()).await.expect("begun");
    tx.enqueue(&Note("never".into())).expect("enqueued");
    drop(tx);
    assert_eq!(bench.run().await, 0);
    assert!(bench.jobs(JobState::Waiting).await.is_empty());
}

#[tokio::test]
async fn what_fails_too_often_is_given_up_and_can_be_run_again() {
    let bench = Bench::start().await;
    bench.diary.fail(&["bad"]);
    bench.notes(&["bad", "panic", "good"]).await;
    bench.run().await;
    assert_eq!(bench.diary.take(), ["good"]);
    assert_eq!(bench.jobs(JobState::Waiting).await.len(), 2);
    // Half a second to a second after the first failure.
    bench.clock.advance_seconds(1);
    bench.run().await;
    let dead = bench.jobs(JobState::Dead).await;
    let errors: HashSet<_> = dead.iter().filter_map(|job| job.error.as_deref()).collect();
    assert_eq!(errors, HashSet::from(["bad was to fail", "the handler panicked"]));
    assert!(dead.iter().all(|job| job.attempts == 2 && job.failures == 2));
    bench.diary.fail(&[]);
    let bad = dead.iter().find(|job| job.error.as_deref() == Some("bad was to fail"));
    let job = bad.expect("the bad one").id;
    assert!(matches!(bench.ask(Tending::Retry { job }).await, Tended::Retried));
    bench.run().await;
    assert_eq!(bench.diary.take(), ["bad"]);
    assert!(matches!(bench.ask(Tending::Retry { job }).await, Tended::NotFound));
}

#[tokio::test]
async fn an_operator_sees_how_all_of_the_work_stands() {
    let bench = Bench::start().await;
    bench.diary.fail(&["bad"]);
    bench.notes(&["bad", "good"]).await;
    bench.run().await;
    // Nobody had a turn since, so it is behind for those who follow it.
    bench.write(|tx| tx.emit(&Said("ada", 1)).expect("emitted")).await;
    let work = bench.work().await;
    let mut jobs: Vec<_> = work.jobs.iter().map(|row| (row.state.as_str(), row.jobs)).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, [("done", 1), ("waiting", 1)]);
    let followers = work.subscribers.iter().map(|it| (it.name.as_str(), it.in_order, it.behind));
    assert_eq!(followers.collect::<Vec<_>>(), [("in order", true, 1), ("in any", false, 1)]);
    assert!(work.subscribers.iter().all(|it| it.events == [Said::NAME]));
    let daily = work.schedules.iter().find(|schedule| schedule.name == "daily").expect("known");
    assert_eq!((daily.cron.as_str(), daily.in_site_zone), ("0 3 * * *", false));
    assert!(daily.next_at_ms.is_some_and(|at| at > bench.clock.now().0), "{daily:?}");
    bench.run().await;
    assert!(bench.work().await.subscribers.iter().all(|it| it.behind == 0));
}

fn said(diary: &Diary, who: &str) -> Vec<String> {
    let done = diary.done.lock();
    let own = done.iter().filter(|text| text.starts_with(who));
    own.map(|text| text[who.len() + 1..].to_owned()).collect()
}

#[tokio::test]
async fn a_failing_event_holds_up_its_subject_and_nobody_else() {
    let bench = Bench::start().await;
    bench.diary.fail(&["o [\"ada\",1]"]);
    bench
        .write(|tx| {
            for number in 1..=3 {
                tx.emit(&Said("ada", number)).expect("emitted");
                tx.emit(&Said("ben", number)).expect("emitted");
            }
        })
        .await;
    bench.run().await;
    let ben = ["[\"ben\",1]", "[\"ben\",2]", "[\"ben\",3]"];
    assert_eq!(said(&bench.diary, "o"), ben);
    assert_eq!(said(&bench.diary, "a").len(), 6);
    assert_eq!(bench.jobs(JobState::Held).await.len(), 2);
    // One that comes later stands in line too.
    bench.write(|tx| tx.emit(&Said("ada", 4)).expect("emitted")).await;
    bench.run().await;
    assert_eq!(bench.jobs(JobState::Held).await.len(), 3);
    bench.diary.fail(&[]);
    bench.diary.take();
    bench.clock.advance_seconds(1);
    bench.run().await;
    let ada: Vec<_> = (1..=4).map(|number| format!("[\"ada\",{number}]")).collect();
    assert_eq!(said(&bench.diary, "o"), ada);
}

#[tokio::test]
async fn an_event_that_is_given_up_lets_the_next_one_of_its_subject_through_and_is_replayed() {
    let bench = Bench::start().await;
    bench.diary.fail(&["o [\"ada\",1]"]);
    let from_ms = bench.clock.now().0;
    bench
        .write(|tx| {
            tx.emit(&Said("ada", 1)).expect("emitted");
            tx.emit(&Said("ada", 2)).expect("emitted");
        })
        .await;
    for _ in 0..10 {
        bench.run().await;
        bench.clock.advance_seconds(HOUR);
    }
    bench.run().await;
    assert_eq!(said(&bench.diary, "o"), ["[\"ada\",2]"]);
    assert_eq!(bench.jobs(JobState::Dead).await.len(), 1);
    bench.diary.fail(&[]);
    bench.diary.take();
    let replay = |subscriber: &str, from_ms| Tending::Replay {
        subscriber: subscriber.to_owned(),
        after: None,
        from_ms,
        to_ms: from_ms + 1_000,
    };
    let nobody = bench.ask(replay("nobody", from_ms)).await;
    assert!(matches!(nobody, Tended::NotFound));
    let none = bench.ask(replay("in order", from_ms + 1)).await;
    assert!(matches!(none, Tended::Replayed { events: 0, next: None }));
    // Asked for twice before they were delivered, they are delivered once.
    let twice = [
        bench.ask(replay("in order", from_ms)).await,
        bench.ask(replay("in order", from_ms)).await,
    ];
    assert!(matches!(twice[0], Tended::Replayed { events: 2, next: None }));
    assert!(matches!(twice[1], Tended::Replayed { events: 0, next: None }));
    bench.run().await;
    assert_eq!(said(&bench.diary, "o"), ["[\"ada\",1]", "[\"ada\",2]"]);
    assert_eq!(said(&bench.diary, "a"), Vec::<String>::new());
}

#[tokio::test]
async fn schedules_bear_clocks_that_step() {
    let bench = Bench::start().await;
    // Past three in the morning and the spread, whatever the time is now.
    bench.clock.advance_seconds(24 * HOUR + 600);
    bench.run().await;
    assert_eq!(bench.diary.take(), ["daily"]);
    bench.clock.advance_seconds(-HOUR);
    bench.run().await;
    bench.clock.advance_seconds(HOUR);
    bench.run().await;
    assert_eq!(bench.diary.take(), Vec::<String>::new(), "an hour that comes twice");
    bench.clock.advance_seconds(5 * 24 * HOUR);
    bench.run().await;
    assert_eq!(bench.diary.take(), ["daily"], "what was missed is made up for once");
    for _ in 0..3 {
        bench.clock.advance_seconds(24 * HOUR);
        bench.run().await;
    }
    assert_eq!(bench.diary.take(), ["daily"; 3]);
}

#[tokio::test]
async fn nothing_runs_for_a_tenant_that_nobody_confirmed() {
    let bench = Bench::start().await;
    bench.notes(&["work"]).await;
    let bench = bench.again().await;
    bench.clock.advance_seconds(48 * HOUR);
    assert_eq!(bench.run().await, 0);
    bench.tenants.due().confirm(id(), 2);
    bench.run().await;
    assert_eq!(bench.diary.take(), Vec::<String>::new(), "confirmed under another epoch");
    bench.tenants.due().confirm(id(), 1);
    bench.run().await;
    assert!(bench.diary.take().contains(&"work".to_owned()));
}

#[tokio::test]
async fn claims_of_a_process_that_ended_are_taken_up_at_once() {
    let bench = Bench::start().await;
    bench.notes(&["cut off"]).await;
    let tenant = bench.tenant().await;
    let due = store::due(&mut tenant.read().await.expect("a view"), bench.clock.now(), 4).await;
    let mut tx = tenant.begin(bench.clock.now()).await.expect("begun");
    let claimed = store::claim(&mut tx, due.expect("due")[0]).await.expect("claimed");
    tx.commit().await.expect("committed");
    drop(tenant);
    let stale = claimed.expect("a claim").claim;
    let bench = bench.again().await;
    bench.tenants.due().confirm(id(), 1);
    bench.run().await;
    assert_eq!(bench.diary.take(), ["cut off"]);
    let job = &bench.jobs(JobState::Done).await[0];
    assert_eq!((job.attempts, job.failures, job.cut_offs), (2, 0, 1));
    // Whoever had it before has it no more.
    let mut tx = bench.tenant().await.begin(bench.clock.now()).await.expect("begun");
    assert!(store::done(&mut tx, &stale).await.is_err());
}

#[tokio::test]
async fn old_rows_go_and_events_stay_until_they_were_delivered() {
    let bench = Bench::start().await;
    bench.notes(&["a", "b"]).await;
    bench.write(|tx| tx.emit(&Said("ada", 1)).expect("emitted")).await;
    bench.run().await;
    let events = async || {
        let Tended::Events { items } = bench.ask(Tending::Events { before: None, rows: 9 }).await
        else {
            panic!("no events")
        };
        items.len()
    };
    for (days, done, kept) in [(2, true, 1), (3, false, 1), (40, false, 0)] {
        bench.clock.advance_seconds(days * 24 * HOUR);
        bench.run().await;
        let notes = bench.jobs(JobState::Done).await;
        assert_eq!(notes.iter().any(|job| job.name == Note::NAME), done, "after {days} more days");
        assert_eq!(events().await, kept, "after {days} more days");
    }
}

fn due_of(due: &Due) -> Option<UnixMs> {
    due.first().0
}

#[tokio::test]
async fn the_file_is_never_later_than_the_truth_and_its_loss_loses_nothing() {
    let bench = Bench::start().await;
    let file = bench.folder.path().join("due");
    let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file.clone());
    let daily = due_of(bench.tenants.due()).expect("the daily job");
    keeper.stop(bench.clock.now()).await;
    let read = || std::fs::read_to_string(&file).expect("the file");
    assert!(read().contains(&id().to_string()) && read().contains(&daily.0.to_string()));
    // It starts with what it knows: nobody is looked into before.
    let bench = bench.again().await;
    let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file.clone());
    bench.tenants.due().confirm(id(), 1);
    assert_eq!((bench.run().await, due_of(bench.tenants.due())), (0, Some(daily)));
    // Before work that is due earlier is committed, the file says that it does not know.
    let mut tx = bench.tenant().await.begin(bench.clock.now()).await.expect("begun");
    tx.enqueue(&Note("work".into())).expect("enqueued");
    let named = read();
    tx.commit().await.expect("committed");
    assert!(read().len() < named.len() || read().contains("unknown"), "{}", read());
    keeper.stop(bench.clock.now()).await;
    let mut bench = bench.again().await;
    for damage in ["", "nonsense\n", "gone"] {
        bench.notes(&["more"]).await;
        match damage {
            "gone" => std::fs::remove_file(&file).expect("removed"),
            damage => std::fs::write(&file, damage).expect("damaged"),
        }
        bench = bench.again().await;
        let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file.clone());
        bench.tenants.due().confirm(id(), 1);
        bench.run().await;
        assert!(bench.diary.take().contains(&"more".to_owned()), "{damage:?}");
        keeper.stop(bench.clock.now()).await;
    }
    // A tenant that is not this worker's any more leaves it.
    let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file.clone());
    bench.tenants.due().retain(|_| false);
    keeper.stop(bench.clock.now()).await;
    assert_eq!(due_of(bench.tenants.due()), None);
    assert!(!read().contains("due\":"), "{}", read());
}

#[tokio::test]
async fn forgetting_is_done_in_bounded_steps_and_spares_what_does_not_match() {
    let bench = Bench::start().await;
    for _ in 0..3 {
        bench.notes(&["x"; 800]).await;
    }
    let now = bench.clock.now();
    let claim = contract::Claim {
        job: freehold_ids::JobId::from_number(0),
        attempt: 1,
        line: None,
        is_delivery: false,
    };
    let attempt = Attempt::new(bench.tenant().await, bench.clock.clone(), claim);
    let waiting = || Filter::eq("state", "waiting");
    attempt.forget("jobs", "created_at", waiting(), now).await.expect("nothing");
    assert_eq!(bench.jobs(JobState::Waiting).await.len(), 100, "a page");
    let later = now.plus_seconds(1);
    attempt.forget("jobs", "created_at", Filter::eq("state", "dead"), later).await.expect("none");
    assert_eq!(bench.jobs(JobState::Waiting).await.len(), 100, "a page");
    attempt.forget("jobs", "created_at", waiting(), later).await.expect("forgotten");
    assert!(bench.jobs(JobState::Waiting).await.is_empty());
}

#[tokio::test]
async fn what_takes_too_long_fails_and_what_nobody_knows_is_told() {
    struct Unknown;
    impl Serialize for Unknown {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_unit()
        }
    }
    impl<'de> Deserialize<'de> for Unknown {
        fn deserialize<D: serde::Deserializer<'de>>(_from: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }
    impl Job for Unknown {
        const NAME: &'static str = "test.unknown";
    }
    let bench = Bench::start().await;
    bench
        .write(|tx| {
            tx.enqueue(&Endless {}).expect("enqueued");
            tx.enqueue(&Unknown).expect("enqueued");
        })
        .await;
    bench.run().await;
    let waiting = bench.jobs(JobState::Waiting).await;
    let errors: HashSet<_> = waiting.iter().filter_map(|job| job.error.as_deref()).collect();
    let expected = ["the attempt took longer than 0 s", "this release does not know the job"];
    assert_eq!(errors, HashSet::from(expected));
}

#[tokio::test]
async fn what_a_stop_cuts_off_runs_again() {
    let bench = Bench::start().await;
    bench.diary.fail(&["hang"]);
    bench.notes(&["hang"]).await;
    assert_eq!(bench.tenants.due().take(bench.clock.now()), [id()]);
    let runner = bench.runner.clone();
    let turn = tokio::spawn(async move { runner.turn(id(), || false).await });
    while bench.diary.take().is_empty() {
        tokio::task::yield_now().await;
    }
    turn.abort();
    assert!(turn.await.is_err_and(|error| error.is_cancelled()));
    let bench = bench.again().await;
    bench.tenants.due().confirm(id(), 1);
    bench.run().await;
    assert_eq!(bench.diary.take(), ["hang"]);
}

#[tokio::test]
async fn what_says_too_much_is_refused() {
    let bench = Bench::start().await;
    let mut tx = bench.tenant().await.begin(bench.clock.now()).await.expect("begun");
    let much = Note("x".repeat(PAYLOAD_BYTES_MAX));
    assert!(tx.enqueue(&much).is_err());
    for _ in 0..JOBS_PER_TX_MAX {
        tx.enqueue(&Note("x".into())).expect("enqueued");
    }
    assert!(tx.enqueue(&Note("x".into())).is_err());
}

#[tokio::test]
async fn a_new_subscriber_starts_at_the_newest_event_and_the_file_of_another_plan_is_not_used() {
    let bench = Bench::start().await;
    let file = bench.folder.path().join("due");
    bench.write(|tx| tx.emit(&Said("ada", 1)).expect("emitted")).await;
    bench.run().await;
    let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file.clone());
    keeper.stop(bench.clock.now()).await;
    let bench = bench.upgraded(true).await;
    let keeper = Keeper::start(bench.tenants.due(), &bench.plan, file);
    bench.tenants.due().confirm(id(), 1);
    assert_eq!(bench.run().await, 1, "it is looked into, since the plan is another one");
    bench.write(|tx| tx.emit(&Said("ada", 2)).expect("emitted")).await;
    bench.run().await;
    assert_eq!(said(&bench.diary, "l"), ["[\"ada\",2]"]);
    assert_eq!(said(&bench.diary, "a"), ["[\"ada\",2]"]);
    keeper.stop(bench.clock.now()).await;
}

#[tokio::test]
async fn a_tenant_that_is_owned_anew_is_looked_into_whoever_had_it() {
    let bench = Bench::start().await;
    assert_eq!(bench.run().await, 0);
    bench.tenants.assign(assignment(2)).expect("assigned");
    assert_eq!(bench.run().await, 0, "nobody said who owns it");
    bench.tenants.due().confirm(id(), 2);
    assert_eq!(bench.run().await, 1);
}
