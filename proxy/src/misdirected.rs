//! What the edge does when a worker says that it does not own a tenant.
//!
//! Either the routes of this edge are behind, or that worker is. The request has done nothing yet,
//! so it is sent once more, whatever its method: to where the feed says by now, or else to whom the
//! worker names in a hint that it has signed. Nothing lasting is learned from a hint. Where there
//! is nobody else to ask, or that one refuses too, the client is told to come back.

use std::sync::Arc;

use freehold_fleet::{OwnerHint, Route, Whole};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};

use crate::answers::Answer;
use crate::service::{EdgeService, RequestCtx};

/// A worker's answer that it is the wrong one.
pub(crate) const MISDIRECTED: ErrorType = ErrorType::Custom("misdirected");

/// Whom else a request may be sent to.
#[derive(Debug, Default)]
pub(crate) enum Elsewhere {
    /// Nobody refused it yet.
    #[default]
    Unasked,
    /// The one to ask next.
    Known(Arc<Whole<Route>>),
    /// It was sent on once, or there is nobody.
    Nowhere,
}

impl EdgeService {
    /// Notes whom to ask after a worker refused, and ends this attempt.
    pub(crate) fn note_refusal(&self, answer: &ResponseHeader, ctx: &mut RequestCtx) -> Box<Error> {
        ctx.elsewhere = match std::mem::replace(&mut ctx.elsewhere, Elsewhere::Nowhere) {
            Elsewhere::Unasked => self.elsewhere(answer, ctx).map_or(Elsewhere::Nowhere, |route| {
                metrics::counter!("freehold_edge_misdirected_total", "result" => "followed")
                    .increment(1);
                Elsewhere::Known(route)
            }),
            Elsewhere::Known(_) | Elsewhere::Nowhere => Elsewhere::Nowhere,
        };
        if matches!(ctx.elsewhere, Elsewhere::Nowhere) {
            metrics::counter!("freehold_edge_misdirected_total", "result" => "refused")
                .increment(1);
        }
        Error::explain(MISDIRECTED, "the worker does not own the tenant")
    }

    fn elsewhere(&self, answer: &ResponseHeader, ctx: &RequestCtx) -> Option<Arc<Whole<Route>>> {
        let (asked, host) = (ctx.route.as_ref()?, ctx.host.as_ref()?);
        let by_now = self.route(host).ok().filter(|route| route.tenant == asked.tenant);
        let is_other = |route: &Arc<Whole<Route>>| {
            (route.epoch, &route.upstream) != (asked.epoch, &asked.upstream)
        };
        if let Some(route) = by_now.filter(is_other) {
            return Some(route);
        }
        let key = &self.upstreams.get(&asked.upstream)?.key;
        let now = self.reception.clock.now().seconds();
        let hint = OwnerHint::verify(&answer.headers, key, asked.tenant?, now).ok()?;
        // An owner under an older epoch was one before; one that is not known cannot be asked.
        let is_usable = hint.epoch > asked.epoch && self.upstreams.get(&hint.owner).is_some();
        let followed = Route { upstream: hint.owner, epoch: hint.epoch, ..(***asked).clone() };
        is_usable.then(|| Arc::new(followed.into()))
    }

    /// Decides whether an attempt that failed is made again, and where.
    pub(crate) fn again(
        &self,
        session: &Session,
        mut error: Box<Error>,
        ctx: &mut RequestCtx,
        was_reused: bool,
    ) -> Box<Error> {
        let has_whole_body = !session.as_ref().retry_buffer_truncated();
        if *error.etype() == MISDIRECTED {
            let elsewhere = std::mem::replace(&mut ctx.elsewhere, Elsewhere::Nowhere);
            error.set_retry(false);
            if let (Elsewhere::Known(route), true) = (elsewhere, has_whole_body) {
                self.ask_anew(ctx, &route);
                ctx.route = Some(route);
                error.set_retry(true);
            }
        } else if has_whole_body && session.req_header().method.is_idempotent() {
            error.retry.decide_reuse(was_reused);
        } else {
            error.set_retry(false);
        }
        error
    }

    /// The answer after a worker refused and nobody else could be asked.
    pub(crate) fn misdirected(&self, ctx: &RequestCtx) -> Answer {
        let by_now = ctx.host.as_ref().map(|host| self.route(host));
        by_now.and_then(Result::err).unwrap_or(Answer::WorkerUnavailable)
    }
}
