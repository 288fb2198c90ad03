//! The edge in front of an upstream of the test's own, which shows exactly what is passed on and
//! answers as no healthy worker would.

use std::path::Path;
use std::time::Duration;

use freehold_clock::Clock;
use freehold_fleet::{
    Address, HandOver, HandOverKey, Hostname, Hosts, RequestLine, Route, RouteFeed, RouteState,
    Surface, Upstream, UpstreamId,
};
use freehold_ids::TenantId;
use freehold_proxy::{Edge, EdgeConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener};
use tokio::sync::mpsc;

const HOST: &str = "shop.localhost";

fn name(text: &str) -> Hostname {
    Hostname::parse(text).expect("a name")
}

fn key() -> HandOverKey {
    HandOverKey::from_secret([7; 32])
}

/// An edge that routes [`HOST`] to a socket; returns its port too.
async fn edge(socket: &Path) -> (Edge, u16) {
    let upstream = UpstreamId("test".to_owned());
    let feed = RouteFeed::default();
    let revision = feed.publish(
        vec![Route {
            hostname: name(HOST),
            surface: Surface::Site,
            tenant: Some(TenantId::from_random(1)),
            upstream: upstream.clone(),
            epoch: 3,
            state: RouteState::Active,
        }],
        Vec::new(),
    );
    let hosts = Hosts {
        console: name("console.localhost"),
        sites: name("localhost"),
        admin: name("admin.localhost"),
        media: name("media.localhost"),
        scheme: "http".to_owned(),
        port: None,
    };
    let clock = Clock::system();
    let config = EdgeConfig { hosts, body_bytes_max: 1_000, rate_limits_enabled: false, clock };
    let listener = freehold_proxy::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let address = Address::Unix(socket.to_owned());
    let upstreams = vec![Upstream { id: upstream, address, key: key() }];
    let edge = Edge::start(listener, config, upstreams, feed.clone());
    while !edge.readiness()() {
        tokio::task::yield_now().await;
    }
    feed.confirmed(revision).await;
    (edge, port)
}

/// An upstream that gives every request the same answer and passes its header on to the test.
fn upstream(socket: &Path, answer: &'static str) -> mpsc::UnboundedReceiver<String> {
    let listener = UnixListener::bind(socket).expect("a socket");
    let (sender, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut header = Vec::new();
                while !header.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => header.push(byte),
                        Err(_) => return,
                    }
                }
                // The test may have seen enough.
                let _ = sender.send(String::from_utf8_lossy(&header).into_owned());
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    seen
}

async fn send(port: u16, fields: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let request = format!("GET /api/v1/posts?q=a HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(15), read).await.expect("an end").expect("read");
    String::from_utf8_lossy(&answer).into_owned()
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: secret/1\r\n\r\nok";
const MISDIRECTED: &str = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_sees_the_edges_word_and_none_of_the_clients() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("s");
    let mut seen = upstream(&socket, OK);
    let (edge, port) = edge(&socket).await;
    let forged = "Connection: close, x-freehold-mac, x-freehold-tenant\r\n\
        X-Freehold-Tenant: forged\r\nX-Freehold-Extra: forged\r\nX-Forwarded-For: forged\r\n\
        X-Forwarded-Host: forged\r\nForwarded: host=forged\r\nX-Real-IP: forged\r\n\
        X-Tenant-ID: forged\r\nX-Request-Id: forged\r\nX-Mine: kept\r\n";
    let answer = send(port, forged).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
    assert!(!answer.to_lowercase().contains("server:"), "{answer}");
    let header = seen.recv().await.expect("a request");
    assert!(!header.contains("forged"), "{header}");
    assert!(header.to_lowercase().contains("x-mine: kept"), "{header}");
    let mut headers = http::HeaderMap::new();
    for (field, value) in header.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        let field = field.parse::<http::HeaderName>().expect("a field");
        headers.append(field, value.parse().expect("a value"));
    }
    let line = RequestLine { method: "GET", path_and_query: "/api/v1/posts?q=a" };
    let now = Clock::system().now().seconds();
    let handover = HandOver::verify(&headers, &key(), line, now).expect("a hand-over");
    assert_eq!((handover.tenant, handover.epoch), (Some(TenantId::from_random(1)), 3));
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_gone_or_the_wrong_one_is_an_honest_503() {
    let folder = tempfile::tempdir().expect("a folder");
    let (wrong, gone) = (folder.path().join("wrong"), folder.path().join("gone"));
    let _seen = upstream(&wrong, MISDIRECTED);
    for socket in [wrong, gone] {
        let (edge, port) = edge(&socket).await;
        let answer = send(port, "Connection: close\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
        assert!(answer.contains("\"code\":\"worker_unavailable\""), "{answer}");
        edge.stop(Duration::from_secs(5)).await;
    }
}
