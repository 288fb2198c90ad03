//! The layer that serves the admin to browsers on a site's admin host.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use freehold_fleet::Surface;
use freehold_kernel::Admission;
use freehold_web_app::WebApp;

pub(crate) async fn admin(request: Request, next: Next) -> Response {
    match answer(&request) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

fn answer(request: &Request) -> Option<Response> {
    let admission = request.extensions().get::<Admission>()?;
    if admission.handover.surface != Surface::Admin {
        return None;
    }
    let (method, path) = (request.method(), request.uri().path());
    let nonce = admission.clock.random_bits();
    WebApp::Admin.answer(method, path, request.headers(), nonce)
}
