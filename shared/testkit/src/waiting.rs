//! Waiting for what another process or task brings about: looking again and again, up to a limit.

use std::time::Duration;

use crate::Api;

const PAUSE_MS: u64 = 20;
const ANSWER_SECONDS_MAX: u64 = 30;

/// Looks until there is something to find; fails the test after so many seconds.
pub async fn until<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "in vain after {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
    }
}

/// Asks until the answer has this status; fails the test when it never does.
pub async fn until_answered(api: &Api, path: &str, status: u16) {
    until(&format!("{path} answers {status}"), ANSWER_SECONDS_MAX, async || {
        let answer = api.request(reqwest::Method::GET, path).send().await.ok()?;
        (answer.status().as_u16() == status).then_some(())
    })
    .await;
}
