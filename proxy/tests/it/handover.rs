//! What an upstream receives, and what a client is told when there is none.

use std::time::Duration;

use freehold_clock::Clock;
use freehold_fleet::{HandOverKey, OWNER_HEADER, OwnerHint, UpstreamId};
use freehold_ids::TenantId;
use tokio::io::AsyncWriteExt;

use crate::support::{
    Fake, HOST, OK, PATH, Wire, config, edge, edge_beside, exchange, key, other_key, until,
    verified, verified_by,
};

const MISDIRECTED: &str = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_sees_the_edges_word_and_none_of_the_clients() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let forged = "Connection: close, x-freehold-mac, x-freehold-tenant\r\n\
        X-Freehold-Tenant: forged\r\nX-Freehold-Extra: forged\r\nX-Forwarded-For: forged\r\n\
        X-Forwarded-Host: forged\r\nForwarded: host=forged\r\nX-Real-IP: forged\r\n\
        X-Tenant-ID: forged\r\nX-Request-Id: forged\r\nX-Mine: kept\r\n";
    let (header, answer) = exchange(port, &fake, forged, OK).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
    assert!(!answer.to_lowercase().contains("server:"), "{answer}");
    assert!(!header.contains("forged"), "{header}");
    assert!(header.to_lowercase().contains("x-mine: kept"), "{header}");
    let handover = verified(&header);
    assert_eq!((handover.tenant, handover.epoch), (Some(TenantId::from_random(1)), 3));
    assert_eq!((handover.client.to_string(), handover.scheme), ("127.0.0.1".into(), "http".into()));
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_valid_trace_is_passed_on() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    for (fields, is_kept) in [
        (format!("traceparent: {TRACE}\r\ntracestate: vendor=1\r\n"), true),
        (format!("traceparent: {TRACE}0\r\ntracestate: vendor=1\r\n"), false),
        ("tracestate: vendor=1\r\n".to_owned(), false),
    ] {
        let fields = format!("{fields}Connection: close\r\n");
        let (header, _) = exchange(port, &fake, &fields, OK).await;
        let header = header.to_lowercase();
        assert_eq!(header.contains(&format!("traceparent: {TRACE}\r\n")), is_kept, "{header}");
        assert_eq!(header.contains("tracestate: vendor=1"), is_kept, "{header}");
    }
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_gone_or_the_wrong_one_is_an_honest_503() {
    let check = |answer: String| {
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
        assert!(answer.contains("\"code\":\"worker_unavailable\""), "{answer}");
    };
    let fake = Fake::new();
    let (wrong, port) = edge(fake.socket(), config()).await;
    check(exchange(port, &fake, "Connection: close\r\n", MISDIRECTED).await.1);
    wrong.stop(Duration::from_secs(5)).await;
    let (gone, port) = edge(&fake.socket().with_extension("gone"), config()).await;
    let mut wire = Wire::connect(port).await;
    wire.request("Connection: close\r\n").await;
    check(wire.rest().await);
    gone.stop(Duration::from_secs(5)).await;
}

/// A refusal that names an owner.
fn refusal(key: &HandOverKey, tenant: u64, epoch: u64, owner: &str) -> String {
    let tenant = TenantId::from_random(tenant.into());
    let hint = OwnerHint { tenant, epoch, owner: UpstreamId(owner.to_owned()) };
    let value = hint.sign(key, Clock::system().now().seconds());
    format!(
        "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n{OWNER_HEADER}: {value}\r\n\r\n"
    )
}

async fn post(port: u16, body: &str) -> Wire {
    let mut wire = Wire::connect(port).await;
    let length = body.len();
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n");
    wire.send(format!("{head}Connection: close\r\n\r\n{body}")).await;
    wire
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_is_followed_once_for_any_method_with_the_whole_body() {
    let (first, second) = (Fake::new(), Fake::new());
    let (edge, port) = edge_beside(first.socket(), Some(second.socket()), config()).await;
    let mut wire = post(port, "all of it!").await;
    let (header, mut stream) = first.next().await;
    assert_eq!(verified(&header).epoch, 3);
    stream.write_all(refusal(&key(), 1, 4, "other").as_bytes()).await.expect("refused");
    let (header, mut stream) = second.next().await;
    let handover = verified_by(&other_key(), &header);
    assert_eq!((handover.tenant, handover.epoch), (Some(TenantId::from_random(1)), 4));
    assert_eq!(until(&mut stream, "!").await, "all of it!");
    // What workers say to edges stays between them, in whatever answer it stands.
    let internal = OK.replace(
        "Server:",
        "Connection: close\r\nX-Freehold-Owner: x\r\nX-Freehold-More: y\r\nServer:",
    );
    stream.write_all(internal.as_bytes()).await.expect("answered");
    let answer = wire.rest().await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200") && answer.ends_with("ok"), "{answer}");
    assert!(!answer.contains("x-freehold"), "{answer}");
    // The routes are the feed's: the next request goes where they say. Two refusals are the end.
    let mut wire = post(port, "again!").await;
    let (_, mut stream) = first.next().await;
    stream.write_all(refusal(&key(), 1, 4, "other").as_bytes()).await.expect("refused");
    let (_, mut stream) = second.next().await;
    let back = refusal(&other_key(), 1, 5, "test");
    stream.write_all(back.as_bytes()).await.expect("refused");
    unavailable(&wire.rest().await);
    edge.stop(Duration::from_secs(5)).await;
}

fn unavailable(answer: &str) {
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    assert!(!answer.contains("x-freehold"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_that_is_forged_old_or_of_no_use_is_not_followed() {
    let (first, second) = (Fake::new(), Fake::new());
    let (edge, port) = edge_beside(first.socket(), Some(second.socket()), config()).await;
    for refusal in [
        refusal(&other_key(), 1, 4, "other"),
        refusal(&key(), 2, 4, "other"),
        refusal(&key(), 1, 3, "other"),
        refusal(&key(), 1, 4, "nobody"),
    ] {
        let (_, answer) = exchange(port, &first, "Connection: close\r\n", &refusal).await;
        unavailable(&answer);
    }
    // More than the edge can send again.
    let mut wire = post(port, &"x".repeat(100_000)).await;
    let (_, mut stream) = first.next().await;
    until(&mut stream, &"x".repeat(70_000)).await;
    let good = refusal(&key(), 1, 4, "other");
    stream.write_all(good.as_bytes()).await.expect("refused");
    unavailable(&wire.rest().await);
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_worker_keeps_nobody_waiting_and_a_slow_one_may_take_its_time() {
    // Nobody accepts there: what the system takes for it is all that happens.
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("s");
    let listener = tokio::net::UnixListener::bind(&socket).expect("a socket");
    let slow = Fake::new();
    let (still, port) = edge(&socket, config()).await;
    let (living, slow_port) = edge(slow.socket(), config()).await;
    let mut patient = Wire::connect(slow_port).await;
    patient.request("Connection: close\r\n").await;
    let (_, mut late) = slow.next().await;
    let mut wire = Wire::connect(port).await;
    wire.request("Connection: close\r\n").await;
    unavailable(&wire.rest().await);
    let began = std::time::Instant::now();
    unavailable(&post(port, "nothing waits any more").await.rest().await);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // The other one was asked before, and is waited for.
    late.write_all(OK.as_bytes()).await.expect("answered");
    assert!(patient.rest().await.ends_with("ok"));
    // Whoever stood still goes on: the first word counts, whatever it is.
    let awake = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(async move {
                let mut header = [0; 4096];
                // What was asked for long ago has an end by now.
                let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut header).await;
                let _ = stream.write_all(OK.as_bytes()).await;
            });
        }
    });
    let back = async {
        loop {
            let mut wire = Wire::connect(port).await;
            wire.request("Connection: close\r\n").await;
            if wire.rest().await.ends_with("ok") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is asked again");
    awake.abort();
    still.stop(Duration::from_secs(5)).await;
    living.stop(Duration::from_secs(5)).await;
}
