//! Clients that take too long, and those that only seem to.

use std::time::Duration;

use freehold_proxy::EdgeConfig;
use tokio::io::AsyncWriteExt as _;

use crate::support::{
    Fake, HOST, OK, Wire, closes, config, edge, http2, http2_request, soon, until,
};

const SHORT: Duration = Duration::from_millis(250);

/// An edge that waits for clients as long as [`SHORT`], and no longer.
fn impatient() -> EdgeConfig {
    let mut config = config();
    config.timeouts.body_idle = SHORT;
    config.timeouts.write_idle = SHORT;
    config.timeouts.header = SHORT;
    config
}

async fn silence() {
    // not synchronisation: that nothing happens for longer than the limits is what is tested
    tokio::time::sleep(SHORT * 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http2_body_that_stalls_is_cut() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let (mut client, ended) = http2(port).await;
    let (answer, mut body) = client.send_request(http2_request("POST"), false).expect("sent");
    body.send_data("some".into(), false).expect("sent");
    let (_, mut stream) = fake.next().await;
    assert!(soon(answer).await.is_err(), "there is no answer to half a request");
    // That the connection has ended is what counts; with an error or without.
    let _ = soon(ended).await.expect("no panic");
    let _ = until(&mut stream, "some").await;
    until(&mut stream, "\r\n").await;
    assert!(closes(&mut stream).await, "the upstream is told");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_connections_without_an_open_body_may_wait() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let (mut client, _ended) = http2(port).await;
    silence().await;
    let (answer, _) = client.send_request(http2_request("GET"), true).expect("sent");
    let (_, mut stream) = fake.next().await;
    silence().await;
    stream.write_all(OK.as_bytes()).await.expect("answered");
    let answer = soon(answer).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http1_body_that_stalls_is_answered_408() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let mut wire = Wire::connect(port).await;
    wire.send(format!("POST /api/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9\r\n\r\nsome"))
        .await;
    let (_, _stream) = fake.next().await;
    let answer = wire.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_cut() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let mut wire = Wire::connect(port).await;
    wire.request("").await;
    let (_, mut stream) = fake.next().await;
    let header = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    stream.write_all(header.as_bytes()).await.expect("begun");
    let endless = async { while stream.write_all(&[b'x'; 65_536]).await.is_ok() {} };
    soon(endless).await;
    drop(wire);
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_arrives_piece_by_piece_and_may_be_silent() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let mut wire = Wire::connect(port).await;
    wire.request("Accept: text/event-stream\r\n").await;
    let (_, mut stream) = fake.next().await;
    let header = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(header.as_bytes()).await.expect("begun");
    // Browsers say that the stream is open when its header is there, events or none.
    assert!(wire.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    for event in ["one", "two", "three"] {
        let chunk = format!("{:x}\r\ndata: {event}\n\n\r\n", event.len() + 8);
        stream.write_all(chunk.as_bytes()).await.expect("sent");
        let seen = wire.until(&format!("data: {event}\n\n")).await;
        assert!(!seen.contains("HTTP/1.1 4"), "{seen}");
        silence().await;
    }
    drop(wire);
    assert!(closes(&mut stream).await, "a reader who has gone ends the request");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_does_not_wait_for_its_body() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let mut wire = Wire::connect(port).await;
    wire.request("").await;
    let (_, mut stream) = fake.next().await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await.expect("begun");
    assert!(wire.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    stream.write_all(b"whole").await.expect("sent");
    assert!(wire.until("whole").await.ends_with("whole"));
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_passes_both_ways_and_may_be_silent() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), impatient()).await;
    let mut wire = Wire::connect(port).await;
    wire.request(
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    )
    .await;
    let (header, mut stream) = fake.next().await;
    assert!(header.to_lowercase().contains("upgrade: websocket"), "{header}");
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    stream.write_all(switch.as_bytes()).await.expect("switched");
    let answer = wire.until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    for _ in 0..2 {
        silence().await;
        wire.send("there.").await;
        assert_eq!(until(&mut stream, ".").await, "there.");
        stream.write_all(b"back.").await.expect("echoed");
        assert_eq!(wire.until(".").await, "back.");
    }
    drop(wire);
    assert!(closes(&mut stream).await, "a client that has gone ends the request");
    edge.stop(Duration::from_secs(5)).await;
}
