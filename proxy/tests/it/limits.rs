//! What one client or one tenant may ask for.

use std::time::Duration;

use freehold_proxy::EdgeConfig;
use tokio::io::AsyncWriteExt as _;

use crate::support::{Fake, HOST, OK, Wire, closes, config, edge, soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_grows_too_large_is_refused_before_it_ends() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    for (path, expected) in [("/", "<html"), ("/api/v1/posts", "\"code\":\"header_too_large\"")] {
        let mut wire = Wire::connect(port).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nX: ")).await;
        wire.send("y".repeat(17 * 1024)).await;
        let answer = wire.rest().await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(answer.contains(expected), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one answer only: {answer}");
    }
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_connections_get_scarce_none_is_kept_for_a_next_request() {
    let fake = Fake::new();
    let few = EdgeConfig { connections_max: 4, ..config() };
    let (edge, port) = edge(fake.socket(), few).await;
    let mut held = Vec::new();
    for is_kept in [true, true, false] {
        let mut wire = Wire::connect(port).await;
        wire.request("").await;
        let (_, mut stream) = fake.next().await;
        stream.write_all(OK.as_bytes()).await.expect("answered");
        if is_kept {
            wire.until("ok").await;
            held.push(wire);
        } else {
            let answer = wire.rest().await;
            assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        }
    }
    drop(held);
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_header_on_a_connection_is_counted_anew() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let mut wire = Wire::connect(port).await;
    let fields = format!("X: {}\r\n", "y".repeat(9_000));
    wire.request(&fields).await;
    let (_, mut stream) = fake.next().await;
    for _ in 0..3 {
        stream.write_all(OK.as_bytes()).await.expect("answered");
        let answer = wire.until("ok").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        wire.request(&fields).await;
        crate::support::until(&mut stream, "\r\n\r\n").await;
    }
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_answered_early_is_not_taken_for_a_header() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let mut wire = Wire::connect(port).await;
    let head = format!("POST /api/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 40000\r\n\r\n");
    wire.send(head).await;
    let (_, mut stream) = fake.next().await;
    stream.write_all(OK.as_bytes()).await.expect("answered");
    let answer = wire.until("ok").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The edge may have closed already.
    let _ = wire.0.write_all(&[b'x'; 40_000]).await;
    let _ = wire.0.write_all(b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let rest = wire.rest().await;
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 405"), "{rest}");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_cannot_take_the_whole_edge() {
    let fake = Fake::new();
    let mut config = config();
    config.tenant_in_flight_max = 1;
    let (edge, port) = edge(fake.socket(), config).await;
    let mut first = Wire::connect(port).await;
    first.request("").await;
    let (_, mut stream) = fake.next().await;
    let mut second = Wire::connect(port).await;
    second.request("Connection: close\r\n").await;
    let refused = second.rest().await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.to_lowercase().contains("retry-after: 1"), "{refused}");
    assert!(refused.contains("\"code\":\"site_busy\""), "{refused}");
    let mut other = Wire::connect(port).await;
    other.send("GET / HTTP/1.1\r\nHost: other.localhost\r\nConnection: close\r\n\r\n").await;
    let other = other.rest().await;
    assert!(other.starts_with("HTTP/1.1 404"), "another host: {other}");
    // Leaving gives the room back as well as an answer does.
    drop(first);
    assert!(closes(&mut stream).await);
    drop(stream);
    // The edge notices that a client has gone a moment after it went.
    let answered = async {
        loop {
            let mut third = Wire::connect(port).await;
            third.request("Connection: close\r\n").await;
            let answer = tokio::select! {
                (_, mut stream) = fake.next() => {
                    stream.write_all(OK.as_bytes()).await.expect("answered");
                    third.rest().await
                }
                refused = third.0.readable() => {
                    refused.expect("readable");
                    third.rest().await
                }
            };
            if answer.starts_with("HTTP/1.1 200") {
                break;
            }
            assert!(answer.contains("site_busy"), "{answer}");
        }
    };
    soon(answered).await;
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_of_an_api_are_told_what_is_left_of_their_rate() {
    let fake = Fake::new();
    let mut config = config();
    config.rate_limits_enabled = true;
    let (edge, port) = edge(fake.socket(), config).await;
    let (_, answer) = crate::support::exchange(port, &fake, "Connection: close\r\n", OK).await;
    let answer = answer.to_lowercase();
    assert!(answer.contains("ratelimit-policy: \"network\";q=400;w=2\r\n"), "{answer}");
    assert!(answer.contains("ratelimit: \"network\";r=399;t=1\r\n"), "{answer}");
    let tighter = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\
        RateLimit: \"network-logins\";r=0;t=9\r\n\r\n";
    let (_, answer) = crate::support::exchange(port, &fake, "Connection: close\r\n", tighter).await;
    assert!(answer.contains("\"network-logins\";r=0;t=9"), "{answer}");
    assert!(!answer.contains("\"network\""), "the tighter limit's word stands: {answer}");
    let mut wire = Wire::connect(port).await;
    // Without bodies, so that the client is quicker than the limit recovers.
    let page = "HEAD /%20 HTTP/1.1\r\nHost: other.localhost\r\n\r\n";
    let refused = loop {
        wire.send(page).await;
        let answer = wire.until("\r\n\r\n").await;
        if answer.starts_with("HTTP/1.1 429") {
            break answer.to_lowercase();
        }
        assert!(!answer.to_lowercase().contains("ratelimit"), "a page: {answer}");
    };
    assert!(refused.contains("ratelimit: \"network\";r=0;t=1\r\n"), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n"), "{refused}");
    edge.stop(Duration::from_secs(5)).await;
}
