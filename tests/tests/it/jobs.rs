//! Work that outlives a request, through real processes: probes that run and fail, processes that
//! are killed, tenants that sleep, and what a site's administrators see of events.

use std::time::Duration;

use freehold_testkit::{Api, Fleet, Planes, Process, until};
use serde_json::{Value, json};

use crate::PROGRAM;

const SECONDS_MAX: u64 = 60;
const ACTIVITY: &str = "/api/v1/admin/activity";

fn tenant(slug: &str) -> String {
    format!("/v1/fleet/tenants/{slug}")
}

/// Begins a probe and returns the address where it is asked after.
async fn begin(operator: &Api, slug: &str, jobs: u64, failing: u64) -> String {
    let path = format!("{}/probe", tenant(slug));
    let begun = operator.post(&path, json!({"jobs": jobs, "failing": failing})).await.data(200);
    let part = |name: &str| begun[name].as_str().expect("an id").to_owned();
    format!("{path}?first={}&last={}", part("first"), part("last"))
}

async fn probed(operator: &Api, path: &str, name: &str, count: u64) -> Value {
    until(&format!("{count} {name}"), SECONDS_MAX, async || {
        let facts = operator.get(path).await.data(200);
        (facts[name] == count).then_some(facts)
    })
    .await
}

/// An operator of a platform that is a process of its own.
fn operator(process: &Process, data: &std::path::Path) -> Api {
    let token = std::fs::read_to_string(data.join("secrets/operator-token")).expect("a token");
    process.host("console.localhost").with_token(token.trim())
}

async fn metric(process: &Process, name: &str) -> u64 {
    let text = process.private().get("/metrics").await.text;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse::<f64>().ok()).map_or(0, |value| value as u64)
}

#[tokio::test]
async fn what_fails_the_first_time_runs_again_when_it_is_due() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let operator = fleet.operator();
    let probe = begin(&operator, "acme", 10, 3).await;
    let facts = probed(&operator, &probe, "failures", 3).await;
    assert_eq!(facts["dead"], 0);
    probed(&operator, &probe, "done", 7).await;
    let waiting = format!("{}/jobs?state=waiting", tenant("acme"));
    let waiting = operator.get(&waiting).await.data(200)["items"].take();
    let waiting = waiting.as_array().expect("jobs");
    let failed = waiting.iter().filter(|job| {
        assert!(job.get("payload").is_none(), "{job}");
        job["error"] == "the probe was asked to fail the first time"
    });
    assert_eq!(failed.count(), 3);
    fleet.clock().advance_seconds(1);
    assert_eq!(probed(&operator, &probe, "done", 10).await["effects"], 10);
    // Pages, and what is wrong with a question.
    let jobs = format!("{}/jobs?state=done&limit=6", tenant("acme"));
    let page = operator.get(&jobs).await.data(200);
    let before = page["next"].as_str().expect("there are more");
    let rest = operator.get(&format!("{jobs}&before={before}")).await.data(200);
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next"]), (Some(4), &Value::Null));
    for wrong in ["state=odd", "limit=0", "before=pst_1"] {
        let path = format!("{}/jobs?{wrong}", tenant("acme"));
        operator.get(&path).await.refused(400, "invalid_request");
    }
    // As a whole.
    let work = operator.get(&format!("{}/work", tenant("acme"))).await.data(200);
    let done = work["jobs"].as_array().expect("counts").iter().find(|row| row["state"] == "done");
    assert_eq!(done.expect("some are done")["jobs"], 10, "{work}");
    let activity = json!({"name": "site.activity", "in_order": false, "behind": 0});
    let follower = &work["subscribers"][0];
    assert!(activity.as_object().expect("facts").iter().all(|(k, v)| follower[k] == *v), "{work}");
    assert_eq!(work["schedules"][0]["zone"], "site", "{work}");
    let job = rest["items"][0]["id"].as_str().expect("an id");
    let retry = format!("{}/jobs/{job}/retry", tenant("acme"));
    operator.post(&retry, json!({})).await.refused(404, "not_found");
    // None of it is for members.
    let member = fleet.console().with_token(&account.session);
    member.get(&jobs).await.refused(403, "forbidden");
    member.get(&format!("{}/work", tenant("acme"))).await.refused(403, "forbidden");
    let probe = format!("{}/probe", tenant("acme"));
    member.post(&probe, json!({"jobs": 1})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn work_of_a_suspended_site_waits_until_it_is_resumed() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let operator = fleet.operator();
    let probe = begin(&operator, "acme", 2, 2).await;
    probed(&operator, &probe, "failures", 2).await;
    let suspend = format!("{}/suspend", tenant("acme"));
    operator.post(&suspend, json!({"reason": "a test"})).await.data(200);
    operator.get(&probe).await.refused(409, "wrong_state");
    // Their time comes and goes.
    fleet.clock().advance_seconds(3_600);
    fleet.sign_up("other").await;
    let other = begin(&operator, "other", 1, 0).await;
    probed(&operator, &other, "done", 1).await;
    operator.post(&format!("{}/resume", tenant("acme")), json!({})).await.data(200);
    probed(&operator, &probe, "done", 2).await;
}

#[tokio::test]
async fn administrators_see_what_happened_once_however_often_it_is_delivered() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let owner = fleet.owner(&account, "acme").await;
    let post = json!({"title": "Notes", "content": "x", "status": "published"});
    let post = owner.post("/api/v1/posts", post).await.data(201);
    let told = async |count: usize| {
        until("all is told", SECONDS_MAX, async || {
            let list = owner.get(&format!("{ACTIVITY}?page_size=100")).await.data(200);
            let items = list["items"].as_array().expect("items").clone();
            (items.len() >= count).then_some(items)
        })
        .await
    };
    let operator = fleet.operator();
    let events = format!("{}/events?limit=100", tenant("acme"));
    let events = operator.get(&events).await.data(200)["items"].take();
    let events = events.as_array().expect("events");
    // From the first event of the site on.
    let items = told(events.len()).await;
    let name = |item: &Value| (item["id"].clone(), item["name"].clone(), item["subject"].clone());
    assert_eq!(
        items.iter().map(name).collect::<Vec<_>>(),
        events.iter().map(name).collect::<Vec<_>>()
    );
    let published = items.iter().find(|item| item["name"] == "post.published").expect("told");
    assert_eq!(
        (&published["subject"], &published["details"]["slug"]),
        (&post["id"], &json!("notes"))
    );
    // Once more: a row each, still.
    let now = fleet.clock().now();
    let (from, to) = (now.minus_seconds(60).rfc3339(), now.plus_seconds(60).rfc3339());
    let window = json!({"subscriber": "site.activity", "from": from, "to": to});
    let replay = format!("{}/replay", tenant("acme"));
    let replayed = operator.post(&replay, window).await.data(200);
    assert_eq!(replayed, json!({"events": events.len(), "next": null}));
    let nobody = json!({"subscriber": "nobody", "from": from, "to": to});
    operator.post(&replay, nobody).await.refused(404, "not_found");
    let never = json!({"subscriber": "site.activity", "from": "today", "to": to});
    operator.post(&replay, never).await.refused(400, "invalid_request");
    until("all was delivered once more", SECONDS_MAX, async || {
        let jobs = format!("{}/jobs?limit=100", tenant("acme"));
        let jobs = operator.get(&jobs).await.data(200)["items"].take();
        jobs.as_array()
            .expect("jobs")
            .iter()
            .all(|job| job["name"] != "site.activity")
            .then_some(())
    })
    .await;
    assert_eq!(told(items.len()).await.len(), items.len());
    let editor = crate::users::add(&owner, "cleo", "editor").await;
    editor.get(ACTIVITY).await.refused(403, "forbidden");
    fleet.site("acme").get(ACTIVITY).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_backlog_survives_kills_and_every_effect_is_there_once() {
    let kills = if crate::is_long() { 50 } else { 3 };
    let jobs = if crate::is_long() { 1_000 } else { 200 };
    let folder = tempfile::tempdir().expect("a folder");
    let mut process = Process::start(PROGRAM, folder.path(), &[], None);
    process.sign_up("acme").await;
    let probe = begin(&operator(&process, folder.path()), "acme", jobs, 5).await;
    for kill in 1..=kills {
        let operator = operator(&process, folder.path());
        let goal = jobs * kill / (kills + 1);
        until("some ran", SECONDS_MAX, async || {
            let facts = operator.get(&probe).await.data(200);
            (facts["done"].as_u64() >= Some(goal)).then_some(())
        })
        .await;
        process.kill();
        process = Process::start(PROGRAM, folder.path(), &[], None);
    }
    let operator = operator(&process, folder.path());
    let facts = probed(&operator, &probe, "done", jobs).await;
    assert_eq!((&facts["effects"], &facts["dead"]), (&json!(jobs), &json!(0)));
    assert!(process.terminate());
}

#[tokio::test]
async fn a_sleeping_tenant_wakes_when_it_is_due() {
    let folder = tempfile::tempdir().expect("a folder");
    // One store at a time: who is not used is closed.
    let process = Process::start(PROGRAM, folder.path(), &["worker.open_tenants_max=1"], None);
    process.sign_up("acme").await;
    process.sign_up("other").await;
    let operator = operator(&process, folder.path());
    let probe = begin(&operator, "acme", 2, 2).await;
    probed(&operator, &probe, "failures", 2).await;
    let done = metric(&process, "freehold_jobs_done_total").await;
    assert_eq!(process.host("other.localhost").get("/").await.status, 200);
    // Nobody touches the site any more.
    until("both ran", SECONDS_MAX, async || {
        (metric(&process, "freehold_jobs_done_total").await >= done + 2).then_some(())
    })
    .await;
    let jobs = format!("{}/jobs?state=done&limit=2", tenant("acme"));
    for job in operator.get(&jobs).await.data(200)["items"].as_array().expect("jobs") {
        assert_eq!(job["attempts"], 2);
        let time = |name: &str| {
            let text = job[name].as_str().expect("a time");
            freehold_clock::UnixMs::parse_rfc3339(text).expect("a time").0
        };
        let late = time("started_at") - time("due_at");
        assert!((0..2_000).contains(&late), "{late} ms late");
    }
    assert!(process.terminate());
}

#[tokio::test]
async fn the_index_may_be_kept_lost_or_damaged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("worker/tenants/due");
    let mut process = Process::start(PROGRAM, folder.path(), &[], None);
    let account = process.sign_up("acme").await;
    let site = account["site"]["id"].as_str().expect("an id");
    for damage in ["kept", "lost", "damaged", "cut off"] {
        let probe = begin(&operator(&process, folder.path()), "acme", 4, 4).await;
        let operator_of = operator(&process, folder.path());
        until("all have failed", SECONDS_MAX, async || {
            let facts = operator_of.get(&probe).await.data(200);
            (facts["failures"] == 4).then_some(())
        })
        .await;
        assert!(process.terminate());
        let text = std::fs::read_to_string(&file).expect("the index");
        assert!(text.contains(site), "{text}");
        match damage {
            "kept" => {}
            "lost" => std::fs::remove_file(&file).expect("removed"),
            "damaged" => std::fs::write(&file, text.replace("at_ms", "at_mt")).expect("damaged"),
            _ => std::fs::write(&file, &text[..text.len() / 2]).expect("cut off"),
        }
        process = Process::start(PROGRAM, folder.path(), &[], None);
        let operator = operator(&process, folder.path());
        probed(&operator, &probe, "done", 4).await;
    }
    assert!(process.terminate());
}

#[tokio::test]
async fn a_backlog_delays_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let process = Process::start(PROGRAM, folder.path(), &[], None);
    process.sign_up("busy").await;
    process.sign_up("calm").await;
    let operator = operator(&process, folder.path());
    let mut last = String::new();
    for _ in 0..if crate::is_long() { 100 } else { 3 } {
        last = begin(&operator, "busy", 1_000, 0).await;
    }
    let calm = begin(&operator, "calm", 1, 0).await;
    let facts = probed(&operator, &calm, "done", 1).await;
    let busy = operator.get(&last).await.data(200);
    assert!(busy["done"].as_u64() < Some(1_000), "the backlog was none: {busy}");
    assert!(facts["elapsed_ms"].as_u64() < Some(5_000), "{facts}");
    assert!(process.terminate());
}

#[tokio::test]
async fn a_worker_without_a_control_plane_runs_jobs_of_tenants_that_edges_hand_over() {
    let mut planes = Planes::start(PROGRAM);
    let worker = planes.worker("one");
    let edge = planes.edge("north");
    edge.sign_up("acme").await;
    edge.sign_up("still").await;
    for slug in ["acme", "still"] {
        let probe = planes.operate(&["tenant", "probe", slug, "--jobs", "3", "--fail", "1"]);
        assert_eq!((&probe["done"], &probe["failures"]), (&json!(3), &json!(1)));
        assert!(probe["elapsed_ms"].as_u64() > Some(0), "{probe}");
        let jobs = planes.operate(&["tenant", "jobs", slug, "--state", "done"]);
        assert_eq!(jobs["items"].as_array().map(Vec::len), Some(3));
        let events = planes.operate(&["tenant", "events", slug]);
        assert!(events["items"].as_array().is_some_and(|events| !events.is_empty()));
        let window = ["--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z"];
        let replay = ["tenant", "replay", slug, "--subscriber", "site.activity"];
        let replayed = planes.operate(&[&replay[..], &window[..]].concat());
        assert!(replayed["events"].as_u64() > Some(0), "{replayed}");
    }
    planes.control.take().expect("a control plane").kill();
    worker.kill();
    // It was killed, so it knows of nobody when they are due; and nobody tells it whom it owns.
    let worker = planes.worker("one");
    let site = edge.host("acme.localhost");
    until("the site answers", SECONDS_MAX, async || {
        (site.get("/").await.status == 200).then_some(())
    })
    .await;
    until("its tenant had a turn", SECONDS_MAX, async || {
        (metric(&worker, "freehold_jobs_turns_total").await >= 1).then_some(())
    })
    .await;
    // The other one has had none, and gets none.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    while tokio::time::Instant::now() < deadline {
        assert_eq!(metric(&worker, "freehold_jobs_turns_total").await, 1);
    }
    assert!(worker.terminate() && edge.terminate());
}
