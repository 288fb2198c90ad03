//! Where a request and its answer meet the cache: looked up before the worker is asked, noted and
//! kept on the way back.

use bytes::Bytes;
use freehold_fleet::{REQUEST_ID_HEADER, Route, Surface};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use crate::cache::{Asked, Keeping, Outcome, strip};
use crate::service::{EdgeService, RequestCtx};
use crate::versions::Lease;

/// Tells clients what the cache had to do with their request.
const X_CACHE: &str = "x-cache";

/// What the cache knows of one request.
#[derive(Debug, Default)]
pub(crate) struct Caching {
    outcome: Option<Outcome>,
    /// Under which the worker was asked.
    lease: Option<Lease>,
    asked: Option<Asked>,
    keeping: Option<Keeping>,
}

impl Caching {
    /// Whether the answer is to be the same for everybody, whatever cookies the client has.
    pub(crate) const fn is_for_everybody(&self) -> bool {
        self.asked.is_some()
    }
}

impl EdgeService {
    /// Answers from the cache, if it can; says whether it did.
    pub(crate) async fn answer_from_cache(
        &self,
        session: &mut Session,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<bool> {
        let (Some(route), Some(host)) = (&ctx.route, &ctx.host) else { return Ok(false) };
        let has_no_body = session.is_body_empty();
        let request = session.req_header();
        ctx.caching.lease = self.cache.lease(route);
        if has_no_body {
            ctx.caching.asked = self.cache.ask(request, route, host, ctx.caching.lease);
        }
        let asked = ctx.caching.asked.as_ref();
        let kept = asked.and_then(|asked| self.cache.find(asked));
        if route.surface == Surface::Site {
            let outcome = match (&kept, asked) {
                (Some(_), _) => Outcome::Hit,
                (None, Some(_)) if self.cache.is_on() => Outcome::Miss,
                _ => Outcome::Bypass,
            };
            metrics::counter!("freehold_edge_cache_total", "result" => outcome.as_str())
                .increment(1);
            ctx.caching.outcome = Some(outcome);
        }
        let Some(kept) = kept else { return Ok(false) };
        let (mut header, body) = kept.answer(request)?;
        header.insert_header(X_CACHE, Outcome::Hit.as_str())?;
        header.insert_header(REQUEST_ID_HEADER, &ctx.request_id)?;
        self.tell_rate(session, ctx, &mut header)?;
        session.write_response_header(Box::new(header), body.is_none()).await?;
        if let Some(body) = body {
            session.write_response_body(Some(body), true).await?;
        }
        Ok(true)
    }

    /// Begins anew for a request that is sent to another worker. Its answer is not kept.
    pub(crate) fn ask_anew(&self, ctx: &mut RequestCtx, route: &Route) {
        let lease = self.cache.lease(route);
        ctx.caching = Caching { outcome: ctx.caching.outcome, lease, ..Caching::default() };
    }

    /// Notes what an answer of a worker says of its tenant's version, begins to keep it, and takes
    /// off what is not for clients.
    pub(crate) fn note_answer(
        &self,
        answer: &mut ResponseHeader,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        if answer.status.is_informational() {
            return Ok(());
        }
        if let Some(route) = &ctx.route {
            self.cache.heard(route, ctx.caching.lease, answer);
        }
        let asked = ctx.caching.asked.take();
        ctx.caching.keeping = asked.and_then(|asked| self.cache.begin(asked, answer));
        strip(answer);
        match ctx.caching.outcome {
            Some(outcome) => answer.insert_header(X_CACHE, outcome.as_str()),
            None => Ok(()),
        }
    }

    /// Adds a part of an answer to what is kept.
    pub(crate) fn keep_part(&self, part: Option<&Bytes>, is_last: bool, ctx: &mut RequestCtx) {
        let Some(mut keeping) = ctx.caching.keeping.take() else { return };
        if !part.is_none_or(|part| keeping.take(part)) {
            return;
        }
        if is_last {
            self.cache.keep(keeping);
        } else {
            ctx.caching.keeping = Some(keeping);
        }
    }
}
