//! What an HTTP/2 connection may ask for.

use std::time::Duration;

use crate::support::{Fake, config, edge, http2, http2_request, soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_resets_is_cut() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let (mut client, ended) = http2(port).await;
    let flood = async {
        for sent in 0..10_000 {
            let Ok(ready) = client.ready().await else { return sent };
            client = ready;
            let Ok((_, mut stream)) = client.send_request(http2_request("GET"), false) else {
                return sent;
            };
            stream.send_reset(h2::Reason::CANCEL);
            tokio::task::yield_now().await;
        }
        10_000
    };
    let sent = soon(flood).await;
    assert!(sent < 10_000, "the edge takes any number of resets");
    // That the connection has ended is what counts; with an error or without.
    let _ = soon(ended).await.expect("no panic");
    edge.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_headers_are_bounded() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let (mut client, _ended) = http2(port).await;
    let mut request = http2_request("GET");
    let large = "y".repeat(20_000).parse().expect("a value");
    request.headers_mut().insert("x", large);
    let (answer, _) = client.send_request(request, true).expect("sent");
    assert_eq!(soon(answer).await.expect("an answer").status(), 431);
    assert_eq!(client.current_max_send_streams(), 100, "the settings have arrived");
    edge.stop(Duration::from_secs(5)).await;
}
