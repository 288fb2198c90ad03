//! The worker's cache: public answers in memory, within bounds, so that many edges that ask for the
//! same page have it made once, and a site that nobody changes is served without its store.
//!
//! An entry's key holds the epoch and the public version that were current when its request came.
//! An answer is at least as new as that version, and the version moves before a write is answered,
//! so an entry that is found is as good as a new answer; older ones are never asked for again and
//! give way. Requests that ask for the same at the same time wait for one of them.

use std::future::Future;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use freehold_fleet::{
    HandOver, SHARED_BYTES_MAX, SHARED_HEADER, Surface, accepted_forms, has_already,
    has_credentials,
};
use freehold_ids::TenantId;
use freehold_kernel::Tenants;
use moka::future::Cache;

/// What an entry takes besides its body, its key and its fields.
const ENTRY_BYTES: usize = 512;
/// Tells what this cache had to do with an answer.
const X_CACHE_WORKER: HeaderName = HeaderName::from_static("x-cache-worker");

/// What an entry answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    epoch: u64,
    version: u64,
    /// Host, then path and query.
    address: String,
    /// The forms that the client takes.
    forms: (bool, bool),
}

/// A public answer, whole.
#[derive(Debug)]
struct Kept {
    headers: HeaderMap,
    body: Bytes,
}

/// The cache. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct PublicCache {
    answers: Option<Cache<Key, Arc<Kept>>>,
    tenants: Tenants,
}

/// A request that the cache may answer.
#[derive(Debug)]
pub(crate) struct Asked(Key);

impl PublicCache {
    /// A cache of so many bytes; none at all for 0.
    pub(crate) fn new(bytes_max: u64, tenants: Tenants) -> Self {
        let answers = (bytes_max > 0).then(|| {
            let weigh = |key: &Key, kept: &Arc<Kept>| {
                let fields = kept.headers.iter();
                let fields = fields.map(|(name, value)| name.as_str().len() + value.len());
                let bytes =
                    ENTRY_BYTES + kept.body.len() + key.address.len() + fields.sum::<usize>();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            };
            Cache::builder().max_capacity(bytes_max).weigher(weigh).build()
        });
        Self { answers, tenants }
    }

    /// The request as the cache sees it, where it is one that may be answered from it: by anybody,
    /// for a site of this worker's.
    pub(crate) fn ask(&self, request: &Request, handover: &HandOver) -> Option<Asked> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_public = handover.surface == Surface::Site && !has_credentials(request.headers());
        if self.answers.is_none() || !is_read || !is_public {
            return None;
        }
        let tenant = handover.tenant?;
        let version = self.tenants.public_version(tenant, handover.epoch)?;
        let host = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
        let host = String::from_utf8_lossy(host.unwrap_or_default());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let address = format!("{host} {target}");
        let forms = accepted_forms(request.headers());
        Some(Asked(Key { tenant, epoch: handover.epoch, version, address, forms }))
    }

    /// Answers from the cache, or with what `make` makes, which is kept where it may be.
    pub(crate) async fn answer<F: Future<Output = Response>>(
        &self,
        Asked(key): Asked,
        request: Request,
        make: impl Fn(Request) -> F,
    ) -> Response {
        let Some(answers) = &self.answers else { return make(request).await };
        let conditions = request.headers().clone();
        if let Some(kept) = answers.get(&key).await {
            count("hit");
            return kept.answer(&conditions, "hit");
        }
        // Whoever waits for this answer has conditions of its own.
        let (mut request, mut private) = (Some(request), None);
        let making = async {
            let mut request = request.take()?;
            request.headers_mut().remove(header::IF_NONE_MATCH);
            match keep(make(request).await).await {
                Ok(kept) => Some(kept),
                Err(response) => {
                    private = Some(response);
                    None
                }
            }
        };
        let kept = answers.optionally_get_with(key, making).await;
        count("miss");
        match (kept, private, request) {
            (Some(kept), ..) => kept.answer(&conditions, "miss"),
            (None, Some(response), _) => response,
            // The one that this request waited for had nothing for others.
            (None, None, Some(request)) => make(request).await,
            (None, None, None) => Response::new(Body::empty()),
        }
    }
}

fn count(result: &'static str) {
    metrics::counter!("freehold_worker_cache_total", "result" => result).increment(1);
}

/// Takes an answer for others, where the handler said that it is the same for everybody.
async fn keep(response: Response) -> Result<Arc<Kept>, Response> {
    let is_shared = response.status() == StatusCode::OK
        && response.headers().contains_key(SHARED_HEADER)
        && !response.headers().contains_key(header::SET_COOKIE);
    if !is_shared {
        return Err(response);
    }
    let (parts, body) = response.into_parts();
    // A shared answer is in memory and within its bound already.
    match to_bytes(body, SHARED_BYTES_MAX).await {
        Ok(body) => Ok(Arc::new(Kept { headers: parts.headers, body })),
        Err(_) => {
            let mut response = Response::from_parts(parts, Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Err(response)
        }
    }
}

impl Kept {
    fn answer(&self, conditions: &HeaderMap, result: &'static str) -> Response {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let is_known = tag.is_some_and(|tag| has_already(conditions, tag));
        let mut response =
            Response::new(if is_known { Body::empty() } else { Body::from(self.body.clone()) });
        *response.headers_mut() = self.headers.clone();
        let headers = response.headers_mut();
        headers.insert(X_CACHE_WORKER, HeaderValue::from_static(result));
        if is_known {
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_LENGTH);
            headers.remove(SHARED_HEADER);
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use freehold_clock::Clock;
    use freehold_ids::WorkerId;
    use freehold_kernel::TenantsConfig;
    use freehold_objects::{Objects, ObjectsPlace};
    use tokio::sync::Notify;

    use super::*;

    const CLIENTS: usize = 10;

    fn key(version: u64) -> Key {
        let tenant = TenantId::from_random(1);
        Key { tenant, epoch: 1, version, address: "/".into(), forms: (false, false) }
    }

    fn objects(folder: &std::path::Path) -> Objects {
        Objects::open(&ObjectsPlace::Folder(folder.join("objects"))).expect("a folder")
    }

    async fn cache(folder: &std::path::Path) -> PublicCache {
        let config = TenantsConfig {
            root: folder.to_owned(),
            open_max: 1,
            idle_close: std::time::Duration::from_secs(300),
            databases: Vec::new(),
            migrations: freehold_migrations::TENANT,
            wrapping_key: freehold_sealing::Key::from_random([1; 32]),
            claims: (objects(folder), WorkerId::from_random(1)),
        };
        PublicCache::new(1 << 20, Tenants::new(config, Clock::manual()).await.unwrap())
    }

    /// How often an answer is made when many ask for it before the first is made.
    async fn made(version: u64, shared: bool) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path()).await;
        let (made, go) = (AtomicUsize::new(0), Notify::new());
        let make = |_: Request| async {
            if made.fetch_add(1, Ordering::SeqCst) == 0 {
                go.notified().await;
            }
            let mut response = Response::new(Body::from("all of it"));
            if shared {
                response.headers_mut().insert(SHARED_HEADER, HeaderValue::from_static("1"));
            }
            response
        };
        let clients = (0..CLIENTS).map(|_| async {
            let asked = Asked(key(version));
            let response = cache.answer(asked, Request::new(Body::empty()), make).await;
            to_bytes(response.into_body(), 100).await.unwrap()
        });
        let (answers, ()) = tokio::join!(futures::future::join_all(clients), async {
            go.notify_one();
        });
        assert!(answers.iter().all(|answer| answer == "all of it"));
        made.into_inner()
    }

    #[tokio::test]
    async fn what_many_ask_for_at_once_is_made_once() {
        assert_eq!(made(1, true).await, 1);
    }

    #[tokio::test]
    async fn what_is_not_for_others_is_made_for_each() {
        assert_eq!(made(1, false).await, CLIENTS);
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_answer_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path()).await;
        let never = |_: Request| std::future::pending::<Response>();
        let gone = cache.answer(Asked(key(1)), Request::new(Body::empty()), never);
        let soon = std::time::Duration::from_millis(20);
        let make = |_: Request| async { Response::new(Body::from("here")) };
        let waiting = cache.answer(Asked(key(1)), Request::new(Body::empty()), make);
        let (gone, answer) = tokio::join!(tokio::time::timeout(soon, gone), waiting);
        assert!(gone.is_err());
        assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), "here");
    }
}
