//! The edge cache: answers of sites that are the same for everybody, in memory, within bounds.
//!
//! An answer is used while all of this holds: the line to the worker that gave it has not broken
//! since it was asked for, the tenant has not moved, and no newer public version of the tenant is
//! known. It is never used for or taken from a caller with credentials. Hostname, address and the
//! accepted forms are part of the key; an answer that varies by anything else is not kept.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use freehold_fleet::{
    Hostname, PUBLIC_VERSION_HEADER, Route, SHARED_BYTES_MAX, SHARED_HEADER, Surface, UpstreamId,
    accepted_forms, has_already, has_credentials,
};
use freehold_ids::TenantId;
use http::{HeaderName, Method, StatusCode, header};
use moka::sync::Cache;
use pingora::http::{RequestHeader, ResponseHeader};

use crate::versions::{Lease, Versions};

/// What an entry takes besides its body, its key and its fields.
const ENTRY_BYTES: usize = 512;
/// Fields that are about one connection, or that the edge sets itself.
const NOT_KEPT: [HeaderName; 6] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::SERVER,
    header::AGE,
    HeaderName::from_static("keep-alive"),
    // What the worker's own cache had to do with the answer that is kept here.
    HeaderName::from_static("x-cache-worker"),
];
/// Fields that say something even where the body is not sent again (RFC 9110 section 15.4.5).
const IN_NOT_MODIFIED: [HeaderName; 7] = [
    header::ETAG,
    header::CACHE_CONTROL,
    header::VARY,
    header::DATE,
    header::CONTENT_LOCATION,
    header::EXPIRES,
    header::REFERRER_POLICY,
];

/// What the cache had to do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It answered.
    Hit,
    /// It might have.
    Miss,
    /// The request is not for it.
    Bypass,
}

impl Outcome {
    /// The word in metrics and in `X-Cache`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

/// What one kept answer answers. Tenants and hostnames never share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    surface: Surface,
    /// Hostname, then path and query as they are passed on.
    address: String,
    /// The forms that the client takes.
    forms: (bool, bool),
}

/// A request that the cache may answer.
#[derive(Debug)]
pub(crate) struct Asked {
    key: Key,
    epoch: u64,
    upstream: UpstreamId,
    /// Under which the answer will be asked for.
    lease: Option<Lease>,
    is_get: bool,
}

/// An answer that arrives and will be kept once it is whole.
#[derive(Debug)]
pub(crate) struct Keeping {
    key: Key,
    epoch: u64,
    upstream: UpstreamId,
    lease: Lease,
    version: u64,
    header: ResponseHeader,
    body: BytesMut,
    body_bytes: usize,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Kept {
    epoch: u64,
    upstream: UpstreamId,
    lease: Lease,
    version: u64,
    header: ResponseHeader,
    body: Bytes,
    since: Instant,
}

/// The cache. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct EdgeCache {
    answers: Option<Cache<Key, Arc<Kept>>>,
    versions: Versions,
}

impl EdgeCache {
    /// A cache of so many bytes; none at all for 0.
    pub(crate) fn new(bytes_max: u64, versions: Versions) -> Self {
        let answers = (bytes_max > 0).then(|| {
            let weigh = |key: &Key, kept: &Arc<Kept>| {
                let fields = kept.header.headers.iter();
                let fields = fields.map(|(name, value)| name.as_str().len() + value.len());
                let bytes =
                    ENTRY_BYTES + kept.body.len() + key.address.len() + fields.sum::<usize>();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            };
            Cache::builder().max_capacity(bytes_max).weigher(weigh).build()
        });
        Self { answers, versions }
    }

    /// Whether anything is ever kept.
    pub(crate) const fn is_on(&self) -> bool {
        self.answers.is_some()
    }

    /// Notes the version that an answer of a tenant carries. This comes before the answer is
    /// passed on, so whoever is told that a write was done reads it at this edge.
    pub(crate) fn heard(&self, route: &Route, lease: Option<Lease>, answer: &ResponseHeader) {
        if let (Some(tenant), Some(version)) = (route.tenant, version(answer)) {
            self.versions.answered(&route.upstream, lease, tenant, version);
        }
    }

    /// The lease under which a route's worker is heard now.
    pub(crate) fn lease(&self, route: &Route) -> Option<Lease> {
        self.versions.lease(&route.upstream)
    }

    /// The request as the cache sees it, if it is one that may be answered from it.
    pub(crate) fn ask(
        &self,
        request: &RequestHeader,
        route: &Route,
        host: &Hostname,
        lease: Option<Lease>,
    ) -> Option<Asked> {
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        let is_plain = !request.headers.contains_key(header::UPGRADE);
        let is_site = route.surface == Surface::Site;
        if !(self.is_on() && is_read && is_plain && is_site && !has_credentials(&request.headers)) {
            return None;
        }
        let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
        let key = Key {
            tenant: route.tenant?,
            surface: route.surface,
            address: format!("{host} {target}"),
            forms: accepted_forms(&request.headers),
        };
        let (epoch, upstream) = (route.epoch, route.upstream.clone());
        Some(Asked { key, epoch, upstream, lease, is_get: request.method == Method::GET })
    }

    /// The kept answer, if it may be used now.
    pub(crate) fn find(&self, asked: &Asked) -> Option<Arc<Kept>> {
        let answers = self.answers.as_ref()?;
        let kept = answers.get(&asked.key)?;
        let is_usable = kept.epoch == asked.epoch
            && kept.upstream == asked.upstream
            && Some(kept.lease) == asked.lease
            && self.versions.is_newest(&kept.upstream, kept.lease, asked.key.tenant, kept.version);
        if is_usable {
            return Some(kept);
        }
        answers.invalidate(&asked.key);
        None
    }

    /// Begins to keep an answer, where it may be kept.
    pub(crate) fn begin(&self, asked: Asked, answer: &ResponseHeader) -> Option<Keeping> {
        let (lease, version) = (asked.lease?, version(answer)?);
        let headers = &answer.headers;
        let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<usize>().ok()?;
        let varies_by_form_only = headers.get_all(header::VARY).iter().all(|value| {
            let names = value.to_str().unwrap_or("*").split(',');
            names.map(str::trim).all(|name| name.eq_ignore_ascii_case("accept"))
        });
        let may_be_kept = asked.is_get
            && answer.status == StatusCode::OK
            && headers.contains_key(SHARED_HEADER)
            && !headers.contains_key(header::SET_COOKIE)
            && !headers.contains_key(header::TRANSFER_ENCODING)
            && varies_by_form_only
            && length <= SHARED_BYTES_MAX;
        may_be_kept.then(|| Keeping {
            key: asked.key,
            epoch: asked.epoch,
            upstream: asked.upstream,
            lease,
            version,
            header: kept_fields(answer),
            body: BytesMut::with_capacity(length),
            body_bytes: length,
        })
    }

    /// Keeps a whole answer, unless something newer is known by now.
    pub(crate) fn keep(&self, whole: Keeping) {
        let Some(answers) = &self.answers else { return };
        let Keeping { key, epoch, upstream, lease, version, header, body, body_bytes } = whole;
        if body.len() != body_bytes
            || !self.versions.is_newest(&upstream, lease, key.tenant, version)
        {
            return;
        }
        let (body, since) = (body.freeze(), Instant::now());
        let kept = Kept { epoch, upstream, lease, version, header, body, since };
        answers.insert(key, Arc::new(kept));
    }
}

impl Keeping {
    /// Takes the next part of the body; `false` where it is longer than was said.
    pub(crate) fn take(&mut self, part: &[u8]) -> bool {
        let fits = self.body.len() + part.len() <= self.body_bytes;
        if fits {
            self.body.extend_from_slice(part);
        }
        fits
    }
}

impl Kept {
    /// The answer to a request: as it was kept, or that the client has it already.
    pub(crate) fn answer(
        &self,
        request: &RequestHeader,
    ) -> pingora::Result<(ResponseHeader, Option<Bytes>)> {
        let tag = self.header.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let (mut header, body) = match tag {
            Some(tag) if has_already(&request.headers, tag) => (self.not_modified()?, None),
            _ => (self.header.clone(), Some(self.body.clone())),
        };
        header.insert_header(header::AGE, self.since.elapsed().as_secs())?;
        Ok((header, body.filter(|_| request.method != Method::HEAD)))
    }

    fn not_modified(&self) -> pingora::Result<ResponseHeader> {
        let mut header = ResponseHeader::build(StatusCode::NOT_MODIFIED, None)?;
        for name in IN_NOT_MODIFIED {
            if let Some(value) = self.header.headers.get(&name) {
                header.insert_header(name, value)?;
            }
        }
        Ok(header)
    }
}

/// The version that an answer carries.
fn version(answer: &ResponseHeader) -> Option<u64> {
    answer.headers.get(PUBLIC_VERSION_HEADER)?.to_str().ok()?.parse().ok()
}

/// The fields of an answer that are sent again with it.
fn kept_fields(answer: &ResponseHeader) -> ResponseHeader {
    let mut kept = answer.clone();
    strip(&mut kept);
    for name in NOT_KEPT {
        kept.remove_header(&name);
    }
    kept
}

/// Takes off what a worker says to the edge and not to clients.
pub(crate) fn strip(answer: &mut ResponseHeader) {
    answer.remove_header(&PUBLIC_VERSION_HEADER);
    answer.remove_header(&SHARED_HEADER);
}

#[cfg(test)]
mod tests {
    use freehold_fleet::RouteState;

    use super::*;

    fn route(tenant: u64, epoch: u64, upstream: &str) -> Route {
        Route {
            hostname: Hostname::parse("one.localhost").expect("a name"),
            surface: Surface::Site,
            tenant: Some(TenantId::from_random(tenant.into())),
            upstream: UpstreamId(upstream.into()),
            epoch,
            state: RouteState::Active,
            alias_of: None,
            redirect_to: None,
        }
    }

    #[test]
    fn an_entry_is_one_hosts_one_tenants_and_one_placements() {
        let versions = Versions::default();
        let _up =
            [versions.begin(&UpstreamId("a".into())), versions.begin(&UpstreamId("b".into()))];
        let cache = EdgeCache::new(1 << 20, versions);
        let request = RequestHeader::build("GET", b"/p?q=1", None).expect("a request");
        let ask = |route: &Route, host: &str| {
            let host = Hostname::parse(host).expect("a name");
            cache.ask(&request, route, &host, cache.lease(route)).expect("one to keep")
        };
        let mut answer = ResponseHeader::build(200, None).expect("an answer");
        for (name, value) in [("x-freehold-shared", "1"), ("x-freehold-public-version", "7")] {
            answer.insert_header(name, value).expect("a field");
        }
        answer.insert_header("content-length", "2").expect("a field");
        let mine = route(1, 3, "a");
        cache.heard(&mine, cache.lease(&mine), &answer);
        let mut keeping = cache.begin(ask(&mine, "one.localhost"), &answer).expect("kept");
        assert!(keeping.take(b"ok") && !keeping.take(b"more"));
        cache.keep(keeping);
        let found = |route: &Route, host: &str| cache.find(&ask(route, host)).is_some();
        assert!(found(&mine, "one.localhost"));
        assert!(!found(&mine, "two.localhost"), "another host");
        assert!(!found(&route(2, 3, "a"), "one.localhost"), "another tenant");
        assert!(found(&mine, "one.localhost"));
        assert!(!found(&route(1, 3, "b"), "one.localhost"), "another worker");
        assert!(!found(&mine, "one.localhost"), "an entry that was of no use is gone");
        let keeping = cache.begin(ask(&mine, "one.localhost"), &answer);
        cache.keep(keeping.expect("kept"));
        assert!(!found(&mine, "one.localhost"), "a body that was cut off");
        let mut keeping = cache.begin(ask(&mine, "one.localhost"), &answer).expect("kept");
        assert!(keeping.take(b"ok"));
        cache.keep(keeping);
        assert!(!found(&route(1, 4, "a"), "one.localhost"), "another placement");
    }
}
