//! What happens to one request on its way through: checks, route, hand-over, answer.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use freehold_fleet::{
    Counts, HandOver, Hostname, Hosts, Meter, REQUEST_ID_HEADER, Route, RouteState, Upstreams,
    Whole,
};
use http::{Method, header};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::Digest;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};

use crate::accept::Reception;
use crate::answers::Answer;
use crate::cache::EdgeCache;
use crate::cached::Caching;
use crate::framing::{self, BadHeader, HEADER_BYTES_MAX, HEADER_FIELDS_MAX};
use crate::guard::ConnectionGuard;
use crate::handover;
use crate::in_flight::InFlight;
use crate::limits::Limits;
use crate::misdirected::{Elsewhere, MISDIRECTED};
use crate::pulse::{Pulse, Waiting};
use crate::rate::Left;
use crate::redirect::Redirect;
use crate::table::RouteTable;
use crate::tenants::{TenantLimits, TenantPermit};
use crate::trust::Client;
use crate::upstream::Peers;

/// The longest address that is passed on.
const ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// How long a connection may wait for its next request.
const IDLE_SECONDS_MAX: u64 = 60;
/// Methods that are passed on.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct EdgeService {
    pub(crate) table: RouteTable,
    pub(crate) upstreams: Upstreams,
    pub(crate) peers: Peers,
    pub(crate) hosts: Hosts,
    pub(crate) limits: Limits,
    pub(crate) tenants: TenantLimits,
    pub(crate) cache: EdgeCache,
    pub(crate) pulse: Pulse,
    pub(crate) body_bytes_max: u64,
    pub(crate) meter: Meter,
    pub(crate) reception: Arc<Reception>,
    pub(crate) in_flight: Arc<AtomicUsize>,
}

/// One request on its way.
#[derive(Debug)]
pub(crate) struct RequestCtx {
    pub(crate) request_id: String,
    started: Instant,
    guard: Option<Arc<ConnectionGuard>>,
    client: Option<Client>,
    pub(crate) route: Option<Arc<Whole<Route>>>,
    pub(crate) host: Option<Hostname>,
    pub(crate) caching: Caching,
    pub(crate) elsewhere: Elsewhere,
    /// For the first byte of an answer.
    waiting: Option<Waiting>,
    body_bytes: u64,
    /// What is left to the client's network.
    pub(crate) left: Option<Left>,
    _tenant: Option<TenantPermit>,
    _in_flight: Option<InFlight>,
}

impl EdgeService {
    /// The checks that need no route.
    fn check(&self, session: &Session, ctx: &mut RequestCtx) -> Result<Hostname, Answer> {
        let request = session.req_header();
        if let Some(http1) = session.as_http1() {
            framing::check(&http1.get_headers_raw_bytes()).map_err(|bad| match bad {
                BadHeader::Ambiguous => Answer::BadFraming,
                BadHeader::TooLarge => Answer::HeaderTooLarge,
            })?;
        } else {
            let sizes =
                request.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
            let (fields, bytes) = (request.headers.len(), sizes.sum::<usize>());
            if fields > HEADER_FIELDS_MAX || bytes > HEADER_BYTES_MAX {
                return Err(Answer::HeaderTooLarge);
            }
        }
        if request.raw_path().len() > ADDRESS_BYTES_MAX {
            return Err(Answer::AddressTooLong);
        }
        if !METHODS.contains(&request.method) {
            return Err(Answer::MethodNotAllowed);
        }
        if let Some(client) = ctx.client {
            let counted = self.limits.request(client.address);
            ctx.left = counted.unwrap_or_else(Some);
            counted.map_err(|left| Answer::TooManyRequests(left.seconds))?;
        }
        let length = request.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let length = length.and_then(|text| text.parse::<u64>().ok());
        if length.is_some_and(|bytes| bytes > self.body_bytes_max) {
            return Err(Answer::BodyTooLarge);
        }
        let authority = request.uri.authority().map(|authority| authority.as_str());
        let host = authority
            .or_else(|| request.headers.get(header::HOST).and_then(|value| value.to_str().ok()));
        host.and_then(|host| Hostname::parse(host).ok()).ok_or(Answer::BadHost)
    }

    /// Where a hostname leads, if its site serves.
    pub(crate) fn route(&self, host: &Hostname) -> Result<Arc<Whole<Route>>, Answer> {
        let route = self.table.find(host).ok_or(Answer::SiteUnknown)?;
        match route.state {
            RouteState::Active => Ok(route),
            RouteState::Suspended => Err(Answer::SiteSuspended),
            RouteState::Deleted => Err(Answer::SiteDeleted),
            RouteState::Moving => Err(Answer::SiteMoving),
            RouteState::Maintenance => Err(Answer::SiteMaintenance),
        }
    }

    pub(crate) fn is_console(&self, ctx: &RequestCtx) -> bool {
        ctx.host.as_ref() == Some(&self.hosts.console)
    }
}

#[async_trait]
impl ProxyHttp for EdgeService {
    type CTX = RequestCtx;

    fn new_ctx(&self) -> RequestCtx {
        RequestCtx {
            request_id: HEXLOWER.encode(&self.reception.clock.random::<16>()),
            started: Instant::now(),
            guard: None,
            client: None,
            route: None,
            host: None,
            caching: Caching::default(),
            elsewhere: Elsewhere::default(),
            waiting: None,
            body_bytes: 0,
            left: None,
            _tenant: None,
            _in_flight: Some(InFlight::count(&self.in_flight)),
        }
    }

    async fn early_request_filter(
        &self,
        session: &mut Session,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        let digest = session.digest().and_then(|digest| digest.proxy_digest.clone());
        let data = digest.as_ref().and_then(|digest| digest.user_data.as_deref());
        ctx.guard = data.and_then(|data| data.downcast_ref::<Arc<ConnectionGuard>>()).cloned();
        if let Some(guard) = &ctx.guard {
            guard.request_began();
            let trusted = &self.reception.trusted;
            ctx.client = Some(trusted.client(guard.client, &session.req_header().headers));
        }
        let timeouts = &self.reception.timeouts;
        session.set_read_timeout(Some(timeouts.body_idle));
        if session.is_http2() {
            // A stream whose client gives no window; full sockets are the guard's.
            session.set_write_timeout(Some(timeouts.write_idle));
        }
        if session.get_keepalive().is_some() {
            // Reading a header sets this back to "for ever".
            let is_kept = !self.limits.is_crowded();
            session.set_keepalive(is_kept.then_some(IDLE_SECONDS_MAX));
        }
        Ok(())
    }

    async fn request_filter(
        &self,
        session: &mut Session,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<bool> {
        let found = self.check(session, ctx).and_then(|host| {
            let route = self.route(&host);
            ctx.host = Some(host);
            let route = route?;
            if let Some(tenant) = route.tenant {
                ctx._tenant = Some(self.tenants.enter(tenant).map_err(Answer::SiteBusy)?);
            }
            Ok(route)
        });
        match found {
            Err(answer) => {
                self.refuse(session, ctx, answer).await?;
                Ok(true)
            }
            Ok(route) => {
                let redirect = Redirect::of(&route, &self.hosts, &session.req_header().uri);
                ctx.route = Some(route);
                match redirect {
                    Some(redirect) => {
                        redirect.answer(session, &ctx.request_id).await?;
                        Ok(true)
                    }
                    None => self.answer_from_cache(session, ctx).await,
                }
            }
        }
    }

    async fn request_body_filter(
        &self,
        session: &mut Session,
        body: &mut Option<Bytes>,
        _end_of_stream: bool,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        if session.was_upgraded() {
            return Ok(());
        }
        ctx.body_bytes += body.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if ctx.body_bytes <= self.body_bytes_max {
            return Ok(());
        }
        Err(Error::explain(ErrorType::HTTPStatus(413), "the body is larger than is passed on"))
    }

    async fn upstream_peer(
        &self,
        session: &mut Session,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<Box<HttpPeer>> {
        let is_upgrade = session.is_upgrade_req();
        let answer_idle = (!is_upgrade).then_some(self.reception.timeouts.answer_idle);
        self.peer(ctx, answer_idle).await
    }

    async fn connected_to_upstream(
        &self,
        _session: &mut Session,
        _reused: bool,
        _peer: &HttpPeer,
        #[cfg(unix)] _fd: std::os::unix::io::RawFd,
        digest: Option<&Digest>,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        let made = digest.and_then(|digest| digest.proxy_digest.as_deref());
        let upstream = ctx.route.as_ref().map(|route| &route.upstream);
        ctx.waiting = upstream.and_then(|upstream| self.pulse.wait(upstream, made));
        Ok(())
    }

    fn fail_to_connect(
        &self,
        _session: &mut Session,
        _peer: &HttpPeer,
        ctx: &mut RequestCtx,
        error: Box<Error>,
    ) -> Box<Error> {
        let route = ctx.route.as_ref();
        if let Some(upstream) = route.and_then(|route| self.upstreams.get(&route.upstream)) {
            self.peers.forget(&upstream);
        }
        error
    }

    fn error_while_proxy(
        &self,
        _peer: &HttpPeer,
        session: &mut Session,
        error: Box<Error>,
        ctx: &mut RequestCtx,
        client_reused: bool,
    ) -> Box<Error> {
        self.again(session, error, ctx, client_reused)
    }

    async fn upstream_request_filter(
        &self,
        _session: &mut Session,
        request: &mut RequestHeader,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        // Another attempt sends the body again.
        ctx.body_bytes = 0;
        if ctx.caching.is_for_everybody() {
            request.remove_header(&header::COOKIE);
        }
        let (Some(route), Some(host), Some(client)) = (&ctx.route, &ctx.host, ctx.client) else {
            return Err(Error::explain(ErrorType::InternalError, "a request without a route"));
        };
        let upstream = self
            .upstreams
            .get(&route.upstream)
            .ok_or_else(|| Error::explain(ErrorType::InternalError, "an upstream went away"))?;
        let word = HandOver {
            tenant: route.tenant,
            epoch: route.epoch,
            surface: route.surface,
            host: host.clone(),
            client: client.address,
            scheme: client.scheme.to_owned(),
        };
        let Reception { trusted, clock, .. } = &*self.reception;
        let now = clock.now().seconds();
        let told_by_proxy = trusted.header();
        handover::prepare(request, &word, &upstream.key, told_by_proxy, &ctx.request_id, now)
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<()> {
        if !response.status.is_informational() || response.status.as_u16() == 101 {
            ctx.waiting = None;
        }
        if response.status.as_u16() == 101 {
            // Either side of a WebSocket may be silent for as long as it likes.
            session.set_read_timeout(None);
        }
        if response.status.as_u16() == 421 {
            return Err(self.note_refusal(response, ctx));
        }
        self.note_answer(response, ctx)?;
        handover::take_off(response);
        response.remove_header(&header::SERVER);
        response.remove_header("x-powered-by");
        response.insert_header(REQUEST_ID_HEADER, &ctx.request_id)?;
        self.tell_rate(session, ctx, response)
    }

    fn response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        end_of_stream: bool,
        ctx: &mut RequestCtx,
    ) -> pingora::Result<Option<Duration>> {
        self.keep_part(body.as_ref(), end_of_stream, ctx);
        Ok(None)
    }

    async fn fail_to_proxy(
        &self,
        session: &mut Session,
        error: &Error,
        ctx: &mut RequestCtx,
    ) -> FailToProxy {
        let gone = FailToProxy { error_code: 0, can_reuse_downstream: false };
        let begun = session.response_written();
        if begun.is_some_and(|response| !response.status.is_informational()) {
            return gone;
        }
        let answer = match (error.etype(), error.esource()) {
            (ErrorType::HTTPStatus(413), _) => Answer::BodyTooLarge,
            (ErrorType::HTTPStatus(405), _) => Answer::MethodNotAllowed,
            (ErrorType::HTTPStatus(_), _) => Answer::BadFraming,
            (ErrorType::ReadTimedout, ErrorSource::Downstream) => Answer::BodyTooSlow,
            (
                ErrorType::WriteError | ErrorType::ReadError | ErrorType::ConnectionClosed,
                ErrorSource::Downstream,
            ) => return gone,
            (_, ErrorSource::Downstream) => Answer::BadFraming,
            (
                ErrorType::ConnectTimedout
                | ErrorType::ConnectRefused
                | ErrorType::ConnectError
                | ErrorType::ConnectNoRoute
                | ErrorType::SocketError
                | ErrorType::ConnectionClosed,
                _,
            ) => Answer::WorkerUnavailable,
            (etype, _) if *etype == MISDIRECTED => self.misdirected(ctx),
            _ if self.is_silent(ctx) => Answer::WorkerUnavailable,
            _ => Answer::BadGateway,
        };
        tracing::warn!(request_id = ctx.request_id, %error, "a request could not be passed on");
        session.set_keepalive(None);
        if self.refuse(session, ctx, answer).await.is_err() {
            return gone;
        }
        let status = session.response_written().map_or(0, |response| response.status.as_u16());
        FailToProxy { error_code: status, can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _error: Option<&Error>, ctx: &mut RequestCtx) {
        if let Some(guard) = &ctx.guard {
            // What is left of a body must not be taken for the next header.
            if !session.is_http2() && !session.is_body_done() {
                session.set_keepalive(None);
            }
            guard.request_ended();
        }
        let status = session.response_written().map_or(0, |response| response.status.as_u16());
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            5 => "5xx",
            _ => "none",
        };
        if let Some(tenant) = ctx.route.as_ref().and_then(|route| route.tenant) {
            let counts = Counts {
                requests: 1,
                request_bytes: session.body_bytes_read() as u64,
                answer_bytes: session.body_bytes_sent() as u64,
                ..Counts::default()
            };
            self.meter.count(tenant, counts);
        }
        let surface = ctx.route.as_ref().map_or("none", |route| route.surface.as_str());
        let elapsed = ctx.started.elapsed();
        let labels = [("surface", surface), ("status", class)];
        metrics::counter!("freehold_edge_requests_total", &labels).increment(1);
        metrics::histogram!("freehold_edge_request_seconds").record(elapsed.as_secs_f64());
        let request = session.req_header();
        tracing::info!(
            target: "freehold::edge::access",
            request_id = ctx.request_id,
            method = request.method.as_str(),
            host = ctx.host.as_ref().map_or("", |host| host.as_str()),
            path = request.uri.path(),
            status,
            micros = elapsed.as_micros() as u64,
        );
    }

    fn suppress_error_log(&self, _session: &Session, _ctx: &RequestCtx, _error: &Error) -> bool {
        // What matters is logged once, in fail_to_proxy.
        true
    }

    fn request_summary(&self, _session: &Session, ctx: &RequestCtx) -> String {
        // The library's own summary holds the query, which may hold secrets.
        ctx.request_id.clone()
    }
}
