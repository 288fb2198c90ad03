//! Who is believed about a client's address.

use std::time::Duration;

use freehold_proxy::{Edge, ProxySource, TrustedProxies};
use tokio::io::AsyncWriteExt as _;

use crate::support::{Fake, HOST, OK, Wire, config, edge, exchange, verified};

/// PROXY protocol v2: version and command, family, addresses of 12 bytes, client and own.
const PROXIED: &[u8] =
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x09\x7f\x00\x00\x01\x10\x00\x00\x50";

async fn behind(network: &str, source: ProxySource, fake: &Fake) -> (Edge, u16) {
    let networks = vec![network.parse().expect("a network")];
    let mut config = config();
    config.trusted_proxies = TrustedProxies { networks, source };
    edge(fake.socket(), config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_names_its_client_by_proxy_protocol() {
    let fake = Fake::new();
    let (edge, port) = behind("127.0.0.0/8", ProxySource::ProxyV2, &fake).await;
    let mut wire = Wire::connect(port).await;
    for byte in PROXIED {
        wire.send([*byte]).await;
    }
    wire.request("Connection: close\r\nX-Forwarded-For: 203.0.113.1\r\n").await;
    let (header, mut stream) = fake.next().await;
    assert_eq!(verified(&header).client.to_string(), "192.0.2.9");
    stream.write_all(OK.as_bytes()).await.expect("answered");
    assert!(wire.rest().await.starts_with("HTTP/1.1 200"));
    let mut silent = Wire::connect(port).await;
    silent.request("Connection: close\r\n").await;
    assert_eq!(silent.rest().await, "", "a proxy that does not say for whom it speaks");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_believed() {
    let fake = Fake::new();
    let (edge, port) = behind("10.0.0.0/8", ProxySource::ProxyV2, &fake).await;
    let mut wire = Wire::connect(port).await;
    // In one piece: the edge may close as soon as it has seen the first bytes.
    let request = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    wire.send([PROXIED, request.as_bytes()].concat()).await;
    let answer = wire.rest().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    let (header, _) = exchange(port, &fake, "Connection: close\r\n", OK).await;
    assert_eq!(verified(&header).client.to_string(), "127.0.0.1");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_is_believed_from_trusted_proxies_only() {
    let fields = "Connection: close\r\nX-Client: 198.51.100.1, 192.0.2.9\r\n\
        X-Forwarded-Proto: https\r\n";
    for (network, client, scheme) in
        [("127.0.0.1/32", "192.0.2.9", "https"), ("10.0.0.0/8", "127.0.0.1", "http")]
    {
        let fake = Fake::new();
        let source = ProxySource::header("x-client").expect("a name");
        let (edge, port) = behind(network, source, &fake).await;
        let (header, _) = exchange(port, &fake, fields, OK).await;
        let handover = verified(&header);
        assert_eq!((handover.client.to_string().as_str(), &*handover.scheme), (client, scheme));
        let passed = header.to_lowercase();
        assert!(!passed.contains("x-client") && !passed.contains("x-forwarded"), "{header}");
        edge.stop(Duration::from_secs(5)).await;
    }
}
