//! The edge against clients that do not behave.

use std::time::{Duration, Instant};

use freehold_testkit::{Answer, Fleet};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that drips must be cut within this.
const CUT_SECONDS_MAX: u64 = 15;

async fn connect(fleet: &Fleet) -> TcpStream {
    TcpStream::connect(("127.0.0.1", fleet.port())).await.expect("a connection")
}

/// Sends raw bytes and reads until the edge closes the connection.
async fn raw(fleet: &Fleet, bytes: &[u8]) -> String {
    let mut stream = connect(fleet).await;
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let wait = Duration::from_secs(CUT_SECONDS_MAX);
    let read = tokio::time::timeout(wait, stream.read_to_end(&mut answer)).await;
    // A reset after the answer is as good as an orderly end.
    let _ = read.expect("the edge closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Drips one byte at a time until the edge closes; says how long that took.
async fn drip(fleet: &Fleet, first: &[u8], then: &[u8]) -> Duration {
    let mut stream = connect(fleet).await;
    let started = Instant::now();
    stream.write_all(first).await.expect("sent");
    let (mut reader, mut writer) = stream.into_split();
    let closed = tokio::spawn(async move {
        let mut sink = [0; 1_024];
        while !matches!(reader.read(&mut sink).await, Ok(0) | Err(_)) {}
    });
    for byte in then.iter().cycle() {
        if closed.is_finished() || started.elapsed().as_secs() > CUT_SECONDS_MAX {
            break;
        }
        if writer.write_all(&[*byte]).await.is_err() {
            break;
        }
        // not synchronisation: the client drips on purpose
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    started.elapsed()
}

#[tokio::test]
async fn unknown_hosts_are_nobodys() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    for host in ["other.localhost", "localhost", "acme.localhost.evil.example", "127.0.0.1"] {
        let answer = fleet.host(host).get("/api/v1/posts").await;
        answer.refused(404, "site_unknown");
    }
    let none = raw(&fleet, b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n").await;
    assert!(none.starts_with("HTTP/1.") && none.contains(" 400 "), "{none}");
    let upper =
        b"GET /api/v1/posts HTTP/1.1\r\nHost: ACME.Localhost.:9\r\nConnection: close\r\n\r\n";
    let upper = raw(&fleet, upper).await;
    assert!(upper.contains(" 200 OK"), "one name in all its spellings: {upper}");
    let absolute = b"GET http://acme.localhost/api/v1/posts HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n";
    let absolute = raw(&fleet, absolute).await;
    assert!(absolute.contains(" 200 OK"), "{absolute}");
}

#[tokio::test]
async fn headers_that_claim_to_be_ours_are_ignored() {
    let fleet = Fleet::start().await;
    let (one, two) = (fleet.sign_up("one").await, fleet.sign_up("two").await);
    let request = fleet.site("one").request(Method::GET, "/");
    let answer = Answer::of(
        request
            .header("x-freehold-tenant", &two.site)
            .header("x-freehold-surface", "admin")
            .header("x-freehold-mac", "00")
            .header("x-tenant-id", &two.site)
            .header("forwarded", "host=two.localhost")
            .header("x-forwarded-host", "two.localhost")
            .header("x-forwarded-for", "192.0.2.1")
            .header("connection", "keep-alive, x-freehold-tenant, x-freehold-mac"),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("Site one") && !answer.text.contains("Site two"));
    assert_ne!(one.site, two.site);
}

#[tokio::test]
async fn messages_with_two_readings_are_refused_and_cut() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ] {
        let request = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: acme.localhost\r\n{fields}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: acme.localhost\r\n\r\n"
        );
        let answer = raw(&fleet, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{fields:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one answer only: {answer}");
    }
}

#[tokio::test]
async fn limits_of_headers_addresses_and_methods_hold() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let request = |line: &str, fields: &str| {
        let text =
            format!("{line} HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n{fields}\r\n");
        let fleet = &fleet;
        async move { raw(fleet, text.as_bytes()).await }
    };
    let large = request("GET /", &format!("X: {}\r\n", "y".repeat(20_000))).await;
    assert!(large.contains(" 431 "), "{large}");
    let many = request("GET /", &"X: y\r\n".repeat(120)).await;
    assert!(many.contains(" 431 "), "{many}");
    let long = request(&format!("GET /{}", "a".repeat(9_000)), "").await;
    assert!(long.contains(" 414 "), "{long}");
    let trace = request("TRACE /", "").await;
    assert!(trace.contains(" 405 "), "{trace}");
    let declared = request("POST /api/v1/auth/login", "Content-Length: 2000000\r\n").await;
    assert!(declared.contains(" 413 "), "{declared}");
}

#[tokio::test]
async fn a_streamed_body_over_the_limit_is_refused() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let mut stream = connect(&fleet).await;
    let head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: acme.localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head).await.expect("sent");
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..32 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn dripped_headers_are_cut_in_http_1() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let first = b"GET / HTTP/1.1\r\nHost: acme.localhost\r\nX-Slow: ";
    let (line, header) = tokio::join!(drip(&fleet, b"", b"G"), drip(&fleet, first, b"a"));
    for elapsed in [line, header] {
        assert!(elapsed.as_secs() < CUT_SECONDS_MAX, "cut after {elapsed:?}");
        assert!(elapsed.as_secs() >= 8, "an honest client has some time: {elapsed:?}");
    }
}

#[tokio::test]
async fn dripped_headers_are_cut_in_http_2() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let mut first = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    first.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
    // A HEADERS frame of 16,000 bytes without END_HEADERS, of which a byte comes now and then.
    first.extend_from_slice(&[0, 0x3e, 0x80, 1, 0, 0, 0, 0, 1]);
    let (frame, preface) =
        tokio::join!(drip(&fleet, &first, &[0x40]), drip(&fleet, b"PRI * HT", b""));
    assert!(frame.as_secs() < CUT_SECONDS_MAX, "cut after {frame:?}");
    assert!(preface.as_secs() < CUT_SECONDS_MAX);
}

#[tokio::test]
async fn a_connection_carries_many_requests_and_http_2_too() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let mut stream = connect(&fleet).await;
    for _ in 0..3 {
        let request = b"GET /robots.txt HTTP/1.1\r\nHost: acme.localhost\r\n\r\n";
        stream.write_all(request).await.expect("sent");
        let mut answer = vec![0; 4_096];
        let read = stream.read(&mut answer).await.expect("an answer");
        assert!(
            answer[..read].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    let stream = connect(&fleet).await;
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.expect("HTTP/2");
    let driver = tokio::spawn(connection);
    for _ in 0..3 {
        let request = http::Request::get("http://acme.localhost/api/v1/posts")
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .expect("a request");
        let answer = sender.send_request(request).await.expect("an answer");
        assert_eq!(
            (answer.status(), answer.version()),
            (http::StatusCode::OK, http::Version::HTTP_2)
        );
        use http_body_util::BodyExt;
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert!(body.starts_with(b"{\"code\":0"));
    }
    driver.abort();
}

#[tokio::test]
async fn admin_on_a_sites_host_leads_to_the_admin_host() {
    let fleet = Fleet::start().await;
    fleet.sign_up("acme").await;
    let answer = fleet.site("acme").get("/admin/posts").await;
    assert_eq!(answer.status, 307);
    let location = answer.headers["location"].to_str().expect("text");
    assert_eq!(location, format!("http://acme.admin.localhost:{}/posts", fleet.port()));
    let admin = fleet.admin("acme").get("/").await;
    assert!(admin.status == 200 && admin.text.contains("/api/v1/auth/ticket"), "{}", admin.text);
    assert_eq!(fleet.site("acme").get("/administer").await.status, 404);
    fleet.host("acme.media.localhost").get("/api/v1/posts").await.refused(404, "not_found");
}

#[tokio::test]
async fn only_the_edge_reaches_a_worker() {
    let fleet = Fleet::start().await;
    let account = fleet.sign_up("acme").await;
    let socket = fleet.data().join("run/worker.sock");
    let mut stream = tokio::net::UnixStream::connect(socket).await.expect("the worker's socket");
    let request = format!(
        "GET /api/v1/posts HTTP/1.1\r\nHost: acme.localhost\r\nx-freehold-tenant: {}\r\nx-freehold-epoch: 1\r\nx-freehold-surface: site\r\nx-freehold-host: acme.localhost\r\nx-freehold-client: 127.0.0.1\r\nx-freehold-scheme: http\r\nx-freehold-at: {}\r\nx-freehold-mac: {}\r\nConnection: close\r\n\r\n",
        account.site,
        fleet.clock().now().seconds(),
        "0".repeat(64),
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("not_a_handover"), "{answer}");
}
