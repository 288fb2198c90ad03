//! A whole platform in this process, on free ports and in a folder of its own.

use std::path::{Path, PathBuf};

use freehold_cli::Platform;
use freehold_clock::Clock;
use freehold_config::{Config, Sources};
use freehold_scratch_postgres::ScratchDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::{Api, client};

/// A password that the platform accepts.
pub const PASSWORD: &str = "tidal-lamp-93";

/// A running platform.
#[derive(Debug)]
pub struct Fleet {
    platform: Option<Platform>,
    folder: TempDir,
    port: u16,
    clock: Clock,
    http: reqwest::Client,
    settings: Vec<(String, String)>,
    /// Where sites are kept, in a run of the tests that keeps them in Postgres.
    database: Option<ScratchDatabase>,
}

/// What a sign-up left behind.
#[derive(Debug, Clone)]
pub struct SignedUp {
    /// The session's token on the console.
    pub session: String,
    /// The site's id.
    pub site: String,
    /// The whole answer's data.
    pub data: Value,
}

/// What signs up with a site of this slug; the e-mail is `<slug>@example.org`.
pub fn sign_up_body(slug: &str) -> Value {
    json!({
        "email": format!("{slug}@example.org"),
        "password": PASSWORD,
        "site": {"name": format!("Site {slug}"), "slug": slug},
    })
}

impl Fleet {
    /// A platform with rate limits off and a clock that moves only when told to.
    pub async fn start() -> Self {
        Self::with(&[("limits.enabled", "false")]).await
    }

    /// A platform with other settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let mut fleet = Self {
            platform: None,
            folder,
            port: 0,
            clock: Clock::manual(),
            http: client(),
            settings,
            database: ScratchDatabase::for_tenants(),
        };
        fleet.resume().await;
        fleet
    }

    /// Stops the platform, all planes, and starts it again with the same data.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.resume().await;
    }

    /// Stops the platform gracefully.
    pub async fn stop(&mut self) {
        if let Some(platform) = self.platform.take() {
            platform.stop().await;
        }
    }

    async fn resume(&mut self) {
        let mut flags = vec![
            ("data.dir".to_owned(), self.folder.path().display().to_string()),
            ("edge.listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("metrics.listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("stop.grace_seconds".to_owned(), "5".to_owned()),
        ];
        if let Some(database) = &self.database {
            flags.push(("worker.databases".to_owned(), format!("main={}", database.url())));
            flags.push(("control.engine".to_owned(), "postgres".to_owned()));
        }
        flags.extend(self.settings.iter().cloned());
        let sources = Sources { flags, ..Sources::default() };
        let config = Config::load(&sources).expect("a configuration");
        let _ = freehold_cli::start_test_logs();
        let platform = Platform::start(config, self.clock.clone()).await.expect("a platform");
        self.port = platform.address().port();
        self.platform = Some(platform);
    }

    /// The platform.
    pub fn platform(&self) -> &Platform {
        self.platform.as_ref().expect("a running platform")
    }

    /// The clock of every plane.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The edge's port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of everything that is kept.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a tenant's store.
    pub fn store_of(&self, site: &str) -> PathBuf {
        let shard = &site[site.len() - 2..];
        self.data().join("worker/tenants").join(shard).join(site).join("site.db")
    }

    /// A client of any hostname.
    pub fn host(&self, hostname: &str) -> Api {
        let origin = format!("http://{hostname}:{}", self.port);
        Api { http: self.http.clone(), origin, token: None }
    }

    /// A client of the console.
    pub fn console(&self) -> Api {
        self.host("console.localhost")
    }

    /// A client of a site's public host.
    pub fn site(&self, slug: &str) -> Api {
        self.host(&format!("{slug}.localhost"))
    }

    /// A client of a site's admin host.
    pub fn admin(&self, slug: &str) -> Api {
        self.host(&format!("{slug}.admin.localhost"))
    }

    /// A client of the console that is an operator.
    pub fn operator(&self) -> Api {
        let file = self.platform().operator_file();
        let token = std::fs::read_to_string(file).expect("an operator token");
        self.console().with_token(token.trim())
    }

    /// An account with a site of this slug; its e-mail is `<slug>@example.org`.
    pub async fn sign_up(&self, slug: &str) -> SignedUp {
        let data = self.console().post("/v1/signup", sign_up_body(slug)).await.data(201);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        SignedUp { session: text(&data["session"]["token"]), site: text(&data["site"]["id"]), data }
    }

    /// A ticket into a site.
    pub async fn ticket(&self, account: &SignedUp) -> String {
        let path = format!("/v1/sites/{}/sign-in", account.site);
        let console = self.console().with_token(&account.session);
        let data = console.post(&path, json!({})).await.data(201);
        data["ticket"].as_str().expect("a ticket").to_owned()
    }

    /// A client of a site's admin host that is its owner.
    pub async fn owner(&self, account: &SignedUp, slug: &str) -> Api {
        let ticket = self.ticket(account).await;
        let admin = self.admin(slug);
        let data = admin.post("/api/v1/auth/ticket", json!({"ticket": ticket})).await.data(200);
        admin.with_token(data["access_token"].as_str().expect("a token"))
    }

    /// A client of a site's public host that registered there as a reader.
    pub async fn reader(&self, slug: &str, name: &str) -> Api {
        let body = json!({
            "email": format!("{name}@example.net"), "username": name, "password": PASSWORD,
        });
        let site = self.site(slug);
        let data = site.post("/api/v1/auth/register", body).await.data(201);
        site.with_token(data["access_token"].as_str().expect("a token"))
    }

    /// The mails that were written to files, oldest first, once there are `count` of them.
    pub async fn mails(&self, count: usize) -> Vec<String> {
        let folder = self.data().join("mail");
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let mut mails = read_mails(&folder);
            if mails.len() >= count {
                mails.sort();
                return mails.into_iter().map(|(_, text)| text).collect();
            }
            assert!(tokio::time::Instant::now() < deadline, "{} of {count} mails", mails.len());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

/// Modification time and text of each whole mail.
fn read_mails(folder: &Path) -> Vec<(std::time::SystemTime, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mails = entries.flatten().filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        let time = entry.metadata().ok()?.modified().ok()?;
        text.ends_with("\n\n").then_some((time, text))
    });
    mails.collect()
}
