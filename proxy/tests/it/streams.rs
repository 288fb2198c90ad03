//! What an HTTP/2 connection may ask for.

use std::time::Duration;

use crate::support::{Fake, config, edge, http2, http2_request, soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_resets_is_cut() {
    let fake = Fake::new();
    let (edge, port) = edge(fake.socket(), config()).await;
    let (mut client, mut ended) = http2(port).await;
    // Each request has reached the upstream before it is reset, which costs the edge the most and is
    // what the library underneath does not bound.
    let mut resets = 0;
    while resets < 300 {
        let Ok(ready) = client.ready().await else { break };
        client = ready;
        let Ok((_, mut stream)) = client.send_request(http2_request("GET"), false) else { break };
        tokio::select! {
            _ = fake.next() => stream.send_reset(h2::Reason::CANCEL),
            _ = &mut ended => break,
        }
        resets += 1;
    }
    assert!((150..300).contains(&resets), "cut after {resets}");
    if !ended.is_finished() {
        // That it has ended is what counts; with an error or without.
        let _ = soon(&mut ended).await.expect("no panic");
    }
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
