//! What an upstream receives, and what a client is told when there is none.

use std::time::Duration;

use freehold_ids::TenantId;

use crate::support::{Fake, OK, Wire, config, edge, exchange, verified};

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
