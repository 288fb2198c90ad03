//! Making what is measured: accounts, their sites, and posts in them, all through the edge.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::http::{Answer, Host, text_at};

/// A password that the platform accepts.
pub(crate) const PASSWORD: &str = "tidal-lamp-93";
/// Sites that an account may have on a machine of one's own.
pub(crate) const SITES_PER_ACCOUNT_MAX: u32 = 100;

/// The text of a post: about 150 words, as many short posts have.
const POST_TEXT: &str = "A *kettle* should be quiet until it is ready, and then it should say so \
    once. This one was made in a shed by two people who like tea, and it shows: the handle stays \
    cool, the lid comes off with one hand, and the spout pours where you point it.\n\n\
    ## What is in the box\n\nThe kettle, a spare seal, and a card with the names of the people \
    who made it. There is **no** manual, because there is nothing to explain. If something \
    breaks, [write to us](https://example.org/repairs) and we send the part.\n\n\
    - holds 1.2 litres\n- boils in four minutes on a small flame\n- can be taken apart with a coin\n\n\
    We have been using the first one every day for six years. It has a dent from a fall down the \
    stairs and a stain that no one can explain, and it still boils water, which is all that was \
    ever asked of it.";

/// An account that signed up.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) session: String,
    pub(crate) site: String,
}

/// The console of a platform.
pub(crate) fn console(edge: SocketAddr) -> Host {
    Host::new(edge, "console.localhost")
}

/// The public face of a site.
pub(crate) fn site(edge: SocketAddr, slug: &str) -> Host {
    Host::new(edge, format!("{slug}.localhost"))
}

/// The body of a sign-up for a site with this slug and name.
pub(crate) fn sign_up_body(slug: &str, name: &str) -> Value {
    json!({
        "email": format!("{slug}@example.org"),
        "password": PASSWORD,
        "site": {"name": name, "slug": slug},
    })
}

/// What the answer to a sign-up says.
pub(crate) fn account(answer: &Answer) -> anyhow::Result<Account> {
    let data = answer.data(201)?;
    Ok(Account { session: text_at(&data, "/session/token")?, site: text_at(&data, "/site/id")? })
}

/// Signs up.
pub(crate) async fn sign_up(edge: SocketAddr, slug: &str, name: &str) -> anyhow::Result<Account> {
    account(&console(edge).post("/v1/signup", &sign_up_body(slug, name)).await?)
}

/// Another site of an account.
pub(crate) async fn add_site(
    edge: SocketAddr,
    account: &Account,
    slug: &str,
    name: &str,
) -> anyhow::Result<()> {
    let console = console(edge).with_token(&account.session);
    console.post("/v1/sites", &json!({"slug": slug, "name": name})).await?.data(201)?;
    Ok(())
}

/// Publishes posts in an account's first site, as its owner.
pub(crate) async fn publish(
    edge: SocketAddr,
    account: &Account,
    slug: &str,
    posts: u32,
) -> anyhow::Result<()> {
    let console = console(edge).with_token(&account.session);
    let path = format!("/v1/sites/{}/sign-in", account.site);
    let ticket = text_at(&console.post(&path, &json!({})).await?.data(201)?, "/ticket")?;
    let admin = Host::new(edge, format!("{slug}.admin.localhost"));
    let entered = admin.post("/api/v1/auth/ticket", &json!({"ticket": ticket})).await?.data(200)?;
    let owner = admin.with_token(&text_at(&entered, "/access_token")?);
    for number in 1..=posts {
        let post = json!({
            "title": format!("Notes on a kettle, part {number}"),
            "content": POST_TEXT,
            "status": "published",
        });
        owner.post("/api/v1/posts", &post).await?.data(201)?;
    }
    Ok(())
}
