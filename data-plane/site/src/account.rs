//! The account's pages: registering, signing in and out, and what somebody changes of themselves. Plain
//! forms, which need no script.
//!
//! A form counts only when a page of this very site sent it. Its answer is never kept by anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use freehold_api::{ApiError, Form, Method, Params, QueryParams, Route, Routes};
use freehold_content::api::WRITE_POSTS;
use freehold_fleet::{HandOver, Surface};
use freehold_identity::api::{Desk, PageSession};
use freehold_kernel::Ctx;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Deserialize;

use crate::ReadPages;
use crate::frame::{self, PageError, SiteContext, html, missing};
use crate::theme::Theme;

const HOME: &str = "/account";
const SIGN_IN: &str = "/account/sign-in";
const REGISTER: &str = "/account/register";

/// What the pages need.
#[derive(Debug)]
struct Pages {
    theme: Arc<Theme>,
    desk: Desk,
}

/// What was just done, for the page that one is led back to.
#[derive(Debug, Default, Deserialize)]
struct Done {
    done: Option<String>,
}

impl QueryParams for Done {
    const FIELDS: &'static [(&'static str, &'static str)] = &[("done", "What was just saved.")];
}

pub(crate) fn routes(theme: Arc<Theme>, desk: Desk) -> Vec<Route> {
    Routes::new(Arc::new(Pages { theme, desk }))
        .add(Method::Get, HOME, account, |op| {
            op.summary("The signed-in person's page").returns_other(200, "text/html")
        })
        .add(Method::Get, SIGN_IN, sign_in_page, |op| {
            op.summary("The form to sign in").returns_other(200, "text/html")
        })
        .add(Method::Post, SIGN_IN, sign_in, |op| {
            op.summary("Sign in by form").returns_other(303, "text/html")
        })
        .add(Method::Get, REGISTER, register_page, |op| {
            op.summary("The form to register").returns_other(200, "text/html")
        })
        .add(Method::Post, REGISTER, register, |op| {
            op.summary("Register by form").returns_other(303, "text/html")
        })
        .add(Method::Post, "/account/profile", profile, |op| {
            op.summary("Change what one says of oneself, by form").returns_other(303, "text/html")
        })
        .add(Method::Post, "/account/password", password, |op| {
            op.summary("Replace one's password by form").returns_other(303, "text/html")
        })
        .add(Method::Post, "/account/sign-out", sign_out, |op| {
            op.summary("Sign out by form").returns_other(303, "text/html")
        })
        .rows()
}

/// The site, unless it is closed or these pages are not of this host.
async fn open(ctx: &Ctx<ReadPages>, pages: &Pages) -> Result<SiteContext, PageError> {
    let site = frame::open(ctx, &pages.theme).await?;
    if ctx.handover().surface == Surface::Site {
        return Ok(site);
    }
    Err(PageError::Closed(Box::new(missing(&pages.theme, site)?)))
}

/// The site, where the form was sent by a page of its own.
async fn received(
    ctx: &Ctx<ReadPages>,
    pages: &Pages,
    headers: &HeaderMap,
) -> Result<SiteContext, PageError> {
    let site = open(ctx, pages).await?;
    if is_own(headers, ctx.handover()) {
        return Ok(site);
    }
    let words = ("foreign", "foreign.text");
    let answer = frame::apology(&pages.theme, site, StatusCode::FORBIDDEN, words)?;
    Err(PageError::Closed(Box::new(answer)))
}

/// The same for what only somebody who is signed in sends; others are led to the form to sign in.
async fn received_from_user(
    ctx: &Ctx<ReadPages>,
    pages: &Pages,
    headers: &HeaderMap,
) -> Result<SiteContext, PageError> {
    let site = received(ctx, pages, headers).await?;
    match ctx.actor().user() {
        Some(_) => Ok(site),
        None => Err(PageError::Closed(Box::new(led_to(SIGN_IN, None)?))),
    }
}

/// Whether a page of this origin sent the request. Browsers say so themselves (Fetch Metadata); older
/// ones name the origin.
fn is_own(headers: &HeaderMap, handover: &HandOver) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text("origin").and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(scheme, authority)| {
        let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
        scheme == handover.scheme && host == handover.host.as_str()
    })
}

/// A page that is this person's alone.
fn personal(
    pages: &Pages,
    status: StatusCode,
    template: &str,
    context: Value,
) -> Result<Response, PageError> {
    let mut response = html(&pages.theme, status, template, context)?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

fn led_to(location: &'static str, session: Option<&PageSession>) -> Result<Response, PageError> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_static(location));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(session) = session {
        let cookie = HeaderValue::try_from(session.cookie())
            .map_err(|error| ApiError::internal(error.to_string()))?;
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What was wrong with a form, in the site's words: by field, and all in all.
fn problems(site: &SiteContext, error: Option<&ApiError>) -> (Value, Option<&'static str>) {
    let Some(error) = error else { return (context! {}, None) };
    let known = |code: &str, path: &str| {
        Some(match (code, path) {
            ("email_taken", _) => "problem.email_taken",
            ("username_taken", _) => "problem.username_taken",
            ("wrong_password", _) => "problem.wrong_password",
            (_, "email") => "problem.email",
            (_, "username") => "problem.username",
            (_, "password" | "new_password" | "old_password") => "problem.password",
            (_, "bio") => "problem.bio",
            (_, "website") => "problem.website",
            _ => return None,
        })
    };
    let fields: BTreeMap<String, &'static str> = error
        .fields()
        .iter()
        .filter_map(|field| Some((field.path.clone(), site.word(known(&field.code, &field.path)?))))
        .collect();
    let problem = match (fields.is_empty(), error.status()) {
        (false, _) => "problem",
        (true, StatusCode::UNAUTHORIZED) => "problem.wrong_credentials",
        (true, StatusCode::FORBIDDEN) => "register.closed",
        (true, StatusCode::TOO_MANY_REQUESTS) => "problem.many",
        (true, _) => "problem.other",
    };
    (Value::from(Serde(fields)), Some(site.word(problem)))
}

/// Takes an error of a form's use case apart: what people can mend is shown with the form.
fn mendable(error: ApiError) -> Result<ApiError, PageError> {
    if error.status().is_client_error() { Ok(error) } else { Err(error.into()) }
}

fn form_page(
    pages: &Pages,
    site: SiteContext,
    template: &str,
    (title, path): (&'static str, &str),
    (form, error): (&Form, Option<&ApiError>),
) -> Result<Response, PageError> {
    let status = error.map_or(StatusCode::OK, ApiError::status);
    let (wrong, problem) = problems(&site, error);
    let is_open = site.options.is_registration_open();
    // What was typed stays, but for secrets.
    let values = context! { email => form.text("email"), username => form.text("username") };
    let title = site.word(title);
    let base = site.with(title, "", path);
    let page = context! { values, wrong, problem, is_open, ..base };
    personal(pages, status, template, page)
}

async fn sign_in_page(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &pages).await?;
    if ctx.actor().user().is_some() {
        return led_to(HOME, None);
    }
    form_page(&pages, site, "sign-in.html", ("sign_in", SIGN_IN), (&Form::default(), None))
}

async fn sign_in(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let site = received(&ctx, &pages, &headers).await?;
    match pages.desk.sign_in(&ctx, &headers, (form.text("email"), form.text("password"))).await {
        Ok(session) => led_to(HOME, Some(&session)),
        Err(error) => {
            let error = mendable(error)?;
            form_page(&pages, site, "sign-in.html", ("sign_in", SIGN_IN), (&form, Some(&error)))
        }
    }
}

async fn register_page(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &pages).await?;
    if ctx.actor().user().is_some() {
        return led_to(HOME, None);
    }
    form_page(&pages, site, "register.html", ("register", REGISTER), (&Form::default(), None))
}

async fn register(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let site = received(&ctx, &pages, &headers).await?;
    let entered = (form.text("email"), form.text("username"), form.text("password"));
    match pages.desk.register(&ctx, &headers, entered).await {
        Ok(session) => led_to(HOME, Some(&session)),
        Err(error) => {
            let error = mendable(error)?;
            form_page(&pages, site, "register.html", ("register", REGISTER), (&form, Some(&error)))
        }
    }
}

/// The account's page, after a form on it or without one.
async fn account_page(
    ctx: &Ctx<ReadPages>,
    pages: &Pages,
    site: SiteContext,
    (form, error, done): (&Form, Option<&ApiError>, Option<&'static str>),
) -> Result<Response, PageError> {
    let me = pages.desk.profile(ctx).await?;
    let status = error.map_or(StatusCode::OK, ApiError::status);
    let (wrong, problem) = problems(&site, error);
    let done = done.map(|key| site.word(key));
    let or = |name: &str, known: String| match error {
        Some(_) if !form.text(name).is_empty() => form.text(name),
        _ => known,
    };
    let values = context! {
        username => or("username", me.username),
        bio => or("bio", me.bio),
        website => or("website", me.website),
    };
    let writes = ctx.actor().holds(&WRITE_POSTS);
    let (email, has_password) = (me.email, me.has_password);
    let title = site.word("account");
    let base = site.with(title, "", HOME);
    let page = context! { email, has_password, writes, values, wrong, problem, done, ..base };
    personal(pages, status, "account.html", page)
}

async fn account(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    Params(done): Params<Done>,
) -> Result<Response, PageError> {
    let site = open(&ctx, &pages).await?;
    if ctx.actor().user().is_none() {
        return led_to(SIGN_IN, None);
    }
    let done = match done.done.as_deref() {
        Some("profile") => Some("saved"),
        Some("password") => Some("password.saved"),
        _ => None,
    };
    account_page(&ctx, &pages, site, (&Form::default(), None, done)).await
}

async fn profile(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let site = received_from_user(&ctx, &pages, &headers).await?;
    let entered = (form.text("username"), form.text("bio"), form.text("website"));
    match pages.desk.change_profile(&ctx, entered).await {
        Ok(()) => led_to("/account?done=profile", None),
        Err(error) => {
            let error = mendable(error)?;
            account_page(&ctx, &pages, site, (&form, Some(&error), None)).await
        }
    }
}

async fn password(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let site = received_from_user(&ctx, &pages, &headers).await?;
    let entered = (form.text("old_password"), form.text("new_password"));
    match pages.desk.change_password(&ctx, &headers, entered).await {
        Ok(session) => led_to("/account?done=password", Some(&session)),
        Err(error) => {
            let error = mendable(error)?;
            account_page(&ctx, &pages, site, (&form, Some(&error), None)).await
        }
    }
}

async fn sign_out(
    ctx: Ctx<ReadPages>,
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    _form: Form,
) -> Result<Response, PageError> {
    received_from_user(&ctx, &pages, &headers).await?;
    let ended = pages.desk.sign_out(&ctx, &headers).await?;
    led_to(SIGN_IN, Some(&ended))
}
