//! An edge on a free port, an upstream that a test plays by hand, and clients of both protocols.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use freehold_clock::Clock;
use freehold_fleet::{
    Address, HandOver, HandOverKey, Hostname, Hosts, Meter, RequestLine, Route, RouteFeed,
    RouteState, Surface, UpstreamEntry, UpstreamId, Upstreams, VERSIONS_PATH,
};
use freehold_ids::TenantId;
use freehold_proxy::{Edge, EdgeConfig, RouteSource, Timeouts, TrustedProxies};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

pub(crate) const HOST: &str = "shop.localhost";
pub(crate) const PATH: &str = "/api/v1/posts?q=a";
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: secret/1\r\n\r\nok";
/// Nothing here takes this long, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

fn name(text: &str) -> Hostname {
    Hostname::parse(text).expect("a name")
}

pub(crate) fn key() -> HandOverKey {
    HandOverKey::from_secret([7; 32])
}

pub(crate) fn other_key() -> HandOverKey {
    HandOverKey::from_secret([8; 32])
}

/// What must happen, or the test fails.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it should have happened by now")
}

pub(crate) fn config() -> EdgeConfig {
    let hosts = Hosts {
        console: name("console.localhost"),
        sites: name("localhost"),
        admin: name("admin.localhost"),
        media: name("media.localhost"),
        scheme: "http".to_owned(),
        port: None,
    };
    EdgeConfig {
        meter: Meter::default(),
        hosts,
        body_bytes_max: 1_000_000,
        rate_limits_enabled: false,
        connections_max: freehold_proxy::CONNECTIONS_MAX,
        tenant_in_flight_max: 100,
        cache_bytes_max: 0,
        trusted_proxies: TrustedProxies::default(),
        timeouts: Timeouts::default(),
        clock: Clock::system(),
    }
}

/// An edge that routes [`HOST`] to a socket; returns its port too.
pub(crate) async fn edge(socket: &Path, config: EdgeConfig) -> (Edge, u16) {
    edge_beside(socket, None, config).await
}

/// The same, which knows another upstream too, called `other`.
pub(crate) async fn edge_beside(
    socket: &Path,
    other: Option<&Path>,
    config: EdgeConfig,
) -> (Edge, u16) {
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
            alias_of: None,
            redirect_to: None,
        }],
        Vec::new(),
    );
    let listener = freehold_proxy::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let address = Address::Unix(socket.to_owned());
    let upstreams = Upstreams::default();
    upstreams.put(UpstreamEntry { id: upstream, address, key: key() });
    if let Some(socket) = other {
        let (id, address) = (UpstreamId("other".to_owned()), Address::Unix(socket.to_owned()));
        upstreams.put(UpstreamEntry { id, address, key: other_key() });
    }
    let edge = Edge::start(listener, config, RouteSource::Local { feed: feed.clone(), upstreams });
    while !edge.readiness()() {
        tokio::task::yield_now().await;
    }
    feed.confirmed(revision, Duration::from_secs(5)).await;
    (edge, port)
}

/// An upstream that does what a test tells it. It is alive, and knows of no versions.
pub(crate) struct Fake {
    folder: tempfile::TempDir,
    requests: Mutex<mpsc::Receiver<(String, UnixStream)>>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("s")).expect("a socket");
        let (asked, requests) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let asked = asked.clone();
                tokio::spawn(async move {
                    let header = until(&mut stream, "\r\n\r\n").await;
                    if wants_versions(&header) {
                        // Whoever asked may have gone.
                        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
                    } else {
                        asked.send((header, stream)).await.expect("a test");
                    }
                });
            }
        });
        Self { folder, requests: Mutex::new(requests) }
    }

    pub(crate) fn socket(&self) -> &'static Path {
        // Leaked: a test has one.
        Box::leak(self.folder.path().join("s").into_boxed_path())
    }

    /// The next request's header, and the connection that it came on.
    pub(crate) async fn next(&self) -> (String, UnixStream) {
        soon(self.requests.lock().await.recv()).await.expect("a connection")
    }
}

/// Whether this is the header of an edge that asks for the stream of versions.
pub(crate) fn wants_versions(header: &str) -> bool {
    header.starts_with(&format!("GET {VERSIONS_PATH} "))
}

/// Reads up to and with a text.
pub(crate) async fn until(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let byte = soon(stream.read_u8()).await;
        text.push(byte.unwrap_or_else(|_| panic!("an end: {}", String::from_utf8_lossy(&text))));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether the other end closes.
pub(crate) async fn closes(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.is_err() || rest.is_empty()
}

/// An HTTP/1 connection.
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    pub(crate) async fn connect(port: u16) -> Self {
        Self(TcpStream::connect(("127.0.0.1", port)).await.expect("a connection"))
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.expect("sent");
    }

    pub(crate) async fn request(&mut self, fields: &str) {
        self.send(format!("GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n")).await;
    }

    pub(crate) async fn until(&mut self, end: &str) -> String {
        until(&mut self.0, end).await
    }

    /// Everything until the edge closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        // A reset after the answer is an end too.
        let _ = soon(self.0.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// One request on a connection of its own, with the answer that the upstream gives.
pub(crate) async fn exchange(
    port: u16,
    fake: &Fake,
    fields: &str,
    answer: &str,
) -> (String, String) {
    let mut wire = Wire::connect(port).await;
    wire.request(fields).await;
    let (header, mut stream) = fake.next().await;
    stream.write_all(answer.as_bytes()).await.expect("answered");
    (header, wire.rest().await)
}

/// The fields of a request's header.
pub(crate) fn headers_of(header: &str) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    for (field, value) in header.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        let field = field.parse::<http::HeaderName>().expect("a field");
        headers.append(field, value.parse().expect("a value"));
    }
    headers
}

/// The hand-over in a request's header.
pub(crate) fn verified(header: &str) -> HandOver {
    verified_by(&key(), header)
}

/// The same, by the key of another upstream.
pub(crate) fn verified_by(key: &HandOverKey, header: &str) -> HandOver {
    let headers = headers_of(header);
    let method = header.split(' ').next().expect("a method");
    let line = RequestLine { method, path_and_query: PATH };
    let now = Clock::system().now().seconds();
    HandOver::verify(&headers, key, line, now).expect("a hand-over")
}

/// An HTTP/2 connection, and the task that ends with it.
pub(crate) async fn http2(
    port: u16,
) -> (h2::client::SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let (client, connection) = h2::client::handshake(stream).await.expect("a handshake");
    let ended = tokio::spawn(connection);
    (soon(client.ready()).await.expect("ready"), ended)
}

pub(crate) fn http2_request(method: &str) -> http::Request<()> {
    let target = format!("http://{HOST}{PATH}");
    http::Request::builder().method(method).uri(target).body(()).expect("a request")
}
