//! Sends the edge's own answers: refusals, and what is left of a client's rate.

use http::Method;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use crate::answers::{self, Answer, Form};
use crate::service::{EdgeService, RequestCtx};

impl EdgeService {
    /// Tells callers of an API, and whoever is refused for it, how much of their rate is left.
    pub(crate) fn tell_rate(
        &self,
        session: &Session,
        ctx: &RequestCtx,
        answer: &mut ResponseHeader,
    ) -> pingora::Result<()> {
        let is_api = answers::is_api(session.req_header().uri.path(), self.is_console(ctx));
        let is_used_up = ctx.left.is_some_and(|left| left.requests == 0);
        match &ctx.left {
            Some(left) if is_api || (is_used_up && answer.status == 429) => left.write(answer),
            _ => Ok(()),
        }
    }

    /// Answers why a request is not passed on.
    pub(crate) async fn refuse(
        &self,
        session: &mut Session,
        ctx: &RequestCtx,
        answer: Answer,
    ) -> pingora::Result<()> {
        let request = session.req_header();
        let form = Form::of(request.uri.path(), &request.headers, self.is_console(ctx));
        let is_head = request.method == Method::HEAD;
        let (mut header, body) = answers::write(answer, form, &ctx.request_id)?;
        self.tell_rate(session, ctx, &mut header)?;
        if answer.closes() || !session.is_body_empty() {
            session.set_keepalive(None);
        }
        session.write_response_header(Box::new(header), is_head).await?;
        if !is_head {
            session.write_response_body(Some(body), true).await?;
        }
        Ok(())
    }
}
