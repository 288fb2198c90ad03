//! Requests that belong to another of a site's names: the back office's, or the one that the site's
//! pages are to be read under.
//!
//! Programs are answered under every name: following a redirect, they would leave their credentials
//! behind. So are well-known addresses, with which others see who answers for a name.

use freehold_fleet::{Hosts, REQUEST_ID_HEADER, Route, Surface};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use crate::answers;

/// Where a request belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    status: u16,
    location: String,
}

impl Redirect {
    /// Where a request for a route belongs, if not here.
    pub(crate) fn of(route: &Route, hosts: &Hosts, target: &http::Uri) -> Option<Self> {
        Self::admin(route, hosts, target).or_else(|| Self::canonical(route, hosts, target))
    }

    /// `/admin` on a site's name leads to its admin host.
    fn admin(route: &Route, hosts: &Hosts, target: &http::Uri) -> Option<Self> {
        let below = target.path().strip_prefix("/admin")?;
        let wanted = route.surface == Surface::Site && (below.is_empty() || below.starts_with('/'));
        let own = route.alias_of.as_ref().unwrap_or(&route.hostname);
        let suffix = format!(".{}", hosts.sites);
        let slug = own.as_str().strip_suffix(suffix.as_str()).filter(|_| wanted)?;
        let rest = if below.is_empty() { "/" } else { below };
        let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
        let location = format!("{}{rest}{query}", hosts.origin(&hosts.admin(slug)));
        Some(Self { status: 307, location })
    }

    /// Pages of a name that is not the one to read them under lead there, path and query and all.
    fn canonical(route: &Route, hosts: &Hosts, target: &http::Uri) -> Option<Self> {
        let canonical = route.redirect_to.as_ref()?;
        let path = target.path();
        let is_page = path.starts_with('/') && !path.starts_with("/.well-known/");
        if !is_page || answers::is_api(path, false) {
            return None;
        }
        let rest = target.path_and_query().map_or("/", |rest| rest.as_str());
        Some(Self { status: 308, location: format!("{}{rest}", hosts.origin(canonical)) })
    }

    /// Answers with where the request belongs. Nobody keeps that: the next choice is in force at once.
    pub(crate) async fn answer(
        &self,
        session: &mut Session,
        request_id: &str,
    ) -> pingora::Result<()> {
        let mut header = ResponseHeader::build(self.status, Some(4))?;
        header.insert_header("location", &self.location)?;
        header.insert_header("content-length", 0)?;
        header.insert_header("cache-control", "no-store")?;
        header.insert_header(REQUEST_ID_HEADER, request_id)?;
        if !session.is_body_empty() {
            session.set_keepalive(None);
        }
        session.write_response_header(Box::new(header), true).await
    }
}

#[cfg(test)]
mod tests {
    use freehold_fleet::{Hostname, RouteState, UpstreamId};

    use super::*;

    #[test]
    fn a_request_is_led_to_the_name_where_it_belongs() {
        let name = |text: &str| Hostname::parse(text).expect("a name");
        let hosts = Hosts {
            console: name("console.localhost"),
            sites: name("localhost"),
            admin: name("admin.localhost"),
            media: name("media.localhost"),
            scheme: "http".to_owned(),
            port: Some(8080),
        };
        let route = |hostname: &str, alias: bool, redirect_to: Option<&str>| Route {
            hostname: name(hostname),
            surface: Surface::Site,
            tenant: None,
            upstream: UpstreamId("one".to_owned()),
            epoch: 1,
            state: RouteState::Active,
            alias_of: alias.then(|| name("acme.localhost")),
            redirect_to: redirect_to.map(name),
        };
        let own = route("acme.localhost", false, None);
        let led = route("acme.localhost", false, Some("www.acme.test"));
        let alias = route("acme.test", true, Some("www.acme.test"));
        let canonical = route("www.acme.test", true, None);
        let admin = |rest: &str| Some((307, format!("http://acme.admin.localhost:8080{rest}")));
        let www = |rest: &str| Some((308, format!("http://www.acme.test:8080{rest}")));
        for (route, target, expected) in [
            (&own, "/posts", None),
            (&own, "/admin/x?y=1", admin("/x?y=1")),
            (&own, "/administer", None),
            (&led, "/", www("/")),
            (&led, "/posts/a%20b?x=%2F&y", www("/posts/a%20b?x=%2F&y")),
            (&led, "//evil.example/", www("//evil.example/")),
            (&led, "http://acme.localhost:8080/a?b", www("/a?b")),
            (&led, "/api/v1/posts", None),
            (&led, "/.well-known/jwks.json", None),
            (&led, "/admin", admin("/")),
            (&alias, "/feed.xml", www("/feed.xml")),
            (&alias, "/admin/", admin("/")),
            (&canonical, "/posts", None),
            (&canonical, "/admin", admin("/")),
        ] {
            let found = Redirect::of(route, &hosts, &target.parse().expect("an address"));
            let found = found.map(|found| (found.status, found.location));
            assert_eq!(found, expected, "{} {target}", route.hostname);
        }
    }
}
