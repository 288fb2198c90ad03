//! From merged values to the typed configuration.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use toml::Value;

use crate::layers::Setting;
use crate::mail::Mail;
use crate::{BucketSettings, Config, Problem, WorkerSettings};

/// The name of a database of tenants.
const DATABASE_NAME_CHARS_MAX: usize = 40;
/// Unverified accounts' sites where every host is below localhost.
const UNVERIFIED_SITES_LOCAL: u64 = 100;
/// Unverified accounts' sites on public hosts.
const UNVERIFIED_SITES_PUBLIC: u64 = 1;

/// The host families as configured.
#[derive(Debug, Clone)]
pub struct HostNames {
    /// The console.
    pub console: String,
    /// Sites live below this.
    pub sites: String,
    /// Admins live below this.
    pub admin: String,
    /// Uploaded files are served below this.
    pub media: String,
    /// `http` or `https`.
    pub scheme: String,
    /// The public port; `None` for the one that the edge listens on.
    pub port: Option<u16>,
}

impl HostNames {
    /// Whether every family is below `localhost`.
    fn is_local(&self) -> bool {
        [&self.console, &self.sites, &self.admin, &self.media]
            .iter()
            .all(|name| *name == "localhost" || name.ends_with(".localhost"))
    }
}

/// How trusted proxies tell who their client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxySource {
    /// They do not.
    None,
    /// In a PROXY protocol v2 header of each connection.
    ProxyV2,
    /// In this header of each request, in lower case.
    Header(String),
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

struct Reader<'a> {
    settings: BTreeMap<String, Setting>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, key: &str, message: &str) {
        let origin = self.settings.get(key).map(|s| s.origin.to_string()).unwrap_or_default();
        self.problems.push(Problem { key: key.into(), origin, message: message.into() });
    }

    fn text(&self, key: &str) -> String {
        let value = self.settings.get(key).map(|setting| &setting.value);
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A path, or nothing.
    fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    fn flag(&self, key: &str) -> bool {
        let value = self.settings.get(key).map(|setting| &setting.value);
        value.and_then(Value::as_bool).unwrap_or_default()
    }

    fn number(&mut self, key: &str, min: u64, max: u64) -> u64 {
        let value = self.settings.get(key).map(|setting| &setting.value);
        let value = value.and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok());
        match value {
            Some(number) if (min..=max).contains(&number) => number,
            _ => {
                self.wrong(key, &format!("expected a whole number from {min} to {max}"));
                min
            }
        }
    }

    fn address(&mut self, key: &str) -> Option<SocketAddr> {
        let parsed = self.text(key).parse().ok();
        if parsed.is_none() {
            self.wrong(key, "expected an address and port such as 127.0.0.1:8080");
        }
        parsed
    }

    fn networks(&mut self, key: &str) -> Vec<IpNet> {
        let value = self.settings.get(key).map(|setting| &setting.value);
        let entries = value.and_then(Value::as_array).map_or(&[] as &[_], Vec::as_slice);
        let parsed: Option<Vec<IpNet>> =
            entries.iter().map(|entry| network(entry.as_str()?)).collect();
        parsed.unwrap_or_else(|| {
            self.wrong(key, "expected networks such as 10.0.0.0/8 or fd00::/8");
            Vec::new()
        })
    }

    fn one_of<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key);
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(key, &format!("expected {}", names.join(" or ")));
        }
        found
    }

    fn name(&mut self, key: &str) -> String {
        let text = self.text(key);
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !fits {
            self.wrong(key, "expected 1 to 63 letters, digits and hyphens");
        }
        text
    }
}

/// Reads the typed configuration; `None` only where a problem was noted.
pub(crate) fn read(settings: Vec<Setting>, problems: &mut Vec<Problem>) -> Option<Config> {
    let by_key = settings.iter().map(|s| (s.key.clone(), s.clone())).collect();
    let mut reader = Reader { settings: by_key, problems };
    let hosts = hosts(&mut reader);
    let mail = mail(&mut reader);
    let edge_listen = reader.address("edge.listen");
    let metrics_listen = reader.address("metrics.listen");
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let log_format = reader.one_of("log.format", &formats);
    let body_bytes_max = reader.number("edge.body_bytes_max", 1_024, 1 << 30);
    let tenant_in_flight_max = reader.number("edge.tenant_in_flight_max", 1, 100_000);
    let cache_bytes_max = reader.number("edge.cache_bytes_max", 0, 1 << 40);
    let trusted_proxies = reader.networks("edge.trusted_proxies");
    let trusted_proxy_source = proxy_source(&mut reader, &trusted_proxies);
    let unverified = reader.number("accounts.unverified_sites_max", 0, 10_000);
    let backup_hours = reader.number("control.backup_hours", 0, 24 * 365);
    let worker = worker(&mut reader);
    let engine = reader.one_of("control.engine", &[("sqlite", false), ("postgres", true)]);
    let grace_seconds = reader.number("stop.grace_seconds", 0, 3_600);
    let (worker_name, worker_region) = (reader.name("worker.name"), reader.name("worker.region"));
    let (edge_name, edge_region) = (reader.name("edge.name"), reader.name("edge.region"));
    let fleet_controls = fleet_controls(&mut reader);
    let fleet_listen = listen(&mut reader, "fleet.listen");
    let control_listen = advertised(&mut reader, "control.listen", "control.advertise");
    let worker_listen = advertised(&mut reader, "worker.listen", "worker.advertise");
    let control_database = control_database(&mut reader);
    let join_token = Some(reader.text("fleet.join_token")).filter(|token| !token.is_empty());
    let data_dir = data_dir(&mut reader);
    let rate_limits_enabled = rate_limits_enabled(&mut reader, &hosts);
    let unverified_sites_max = unverified_sites_max(unverified, &hosts);
    let trust_reserved_names = trust_reserved_names(&mut reader, &hosts);
    let domains_resolver = listen(&mut reader, "domains.resolver");
    Some(Config {
        data_dir,
        edge_listen: edge_listen?,
        body_bytes_max,
        edge_name,
        edge_region,
        fleet_controls,
        fleet_listen,
        control_listen,
        worker_listen,
        join_token,
        tenant_in_flight_max: usize::try_from(tenant_in_flight_max).ok()?,
        cache_bytes_max,
        trusted_proxies,
        trusted_proxy_source,
        hosts,
        control_database,
        jobs_enabled: reader.flag("control.jobs"),
        backup_hours,
        backup_dir: reader.path("control.backup_dir"),
        master_key_file: reader.path("control.master_key_file"),
        postgres_for_new_sites: engine?,
        unverified_sites_max,
        trust_reserved_names,
        domains_resolver,
        worker_name,
        worker_region,
        worker: worker?,
        objects: bucket(&mut reader),
        mail: mail?,
        rate_limits_enabled,
        metrics_listen: metrics_listen?,
        log_format: log_format?,
        log_filter: reader.text("log.filter"),
        grace_seconds,
        settings,
    })
}

/// How a worker keeps its tenants.
fn worker(reader: &mut Reader<'_>) -> Option<WorkerSettings> {
    let open_tenants_max = reader.number("worker.open_tenants_max", 1, 100_000);
    let connections = reader.number("worker.database_connections_max", 2, 1_000);
    Some(WorkerSettings {
        open_tenants_max: usize::try_from(open_tenants_max).ok()?,
        idle_close_seconds: reader.number("worker.idle_close_seconds", 1, 86_400),
        cache_bytes_max: reader.number("worker.cache_bytes_max", 0, 1 << 40),
        database_connections_max: u32::try_from(connections).ok()?,
        databases: databases(reader),
        wrapping_key_file: reader.path("worker.wrapping_key_file"),
    })
}

/// The Postgres databases of tenants: `NAME=URL`, with spaces between.
fn databases(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let text = reader.text("worker.databases");
    let mut known: Vec<(String, String)> = Vec::new();
    for (name, url) in text.split_whitespace().map(|e| e.split_once('=').unwrap_or((e, ""))) {
        let is_name = (1..=DATABASE_NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !is_name || !is_postgres(url) || known.iter().any(|(other, _)| other == name) {
            reader.wrong("worker.databases", "expected NAME=postgres://…, each name once");
            return Vec::new();
        }
        known.push((name.to_owned(), url.to_owned()));
    }
    known
}

fn is_postgres(url: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

/// As chosen, or by where the hosts are.
fn unverified_sites_max(chosen: u64, hosts: &HostNames) -> u64 {
    match chosen {
        0 if hosts.is_local() => UNVERIFIED_SITES_LOCAL,
        0 => UNVERIFIED_SITES_PUBLIC,
        chosen => chosen,
    }
}

/// As chosen, or by where the hosts are.
fn trust_reserved_names(reader: &mut Reader<'_>, hosts: &HostNames) -> bool {
    let choices = [("auto", None), ("on", Some(true)), ("off", Some(false))];
    let chosen = reader.one_of("domains.trust_reserved_names", &choices);
    chosen.flatten().unwrap_or_else(|| hosts.is_local())
}

/// Off only where nobody else can reach the platform.
fn rate_limits_enabled(reader: &mut Reader<'_>, hosts: &HostNames) -> bool {
    let enabled = reader.flag("limits.enabled");
    if !enabled && !hosts.is_local() {
        reader
            .wrong("limits.enabled", "limits can be off only where every host is below localhost");
    }
    enabled
}

fn data_dir(reader: &mut Reader<'_>) -> PathBuf {
    let data_dir = PathBuf::from(reader.text("data.dir"));
    if data_dir.as_os_str().is_empty() {
        reader.wrong("data.dir", "expected a folder");
    }
    data_dir
}

/// `unix:PATH` or `tls://HOST:PORT`, several of them with commas between, or nothing.
fn fleet_controls(reader: &mut Reader<'_>) -> Vec<String> {
    let text = reader.text("fleet.control");
    let places = text.split(',').map(str::trim).filter(|place| !place.is_empty());
    let places: Vec<String> = places.map(ToOwned::to_owned).collect();
    let is_known = |text: &String| {
        text.strip_prefix("unix:").is_some_and(|path| path.starts_with('/'))
            || text.strip_prefix("tls://").is_some_and(is_place)
    };
    if !places.iter().all(is_known) {
        let expected =
            "expected unix:/path/of/a/socket or tls://host:port, with commas between several";
        reader.wrong("fleet.control", expected);
    }
    places
}

/// Whether a text is `host:port`.
fn is_place(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    parts.is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// An address that may be absent.
fn listen(reader: &mut Reader<'_>, key: &str) -> Option<SocketAddr> {
    if reader.text(key).is_empty() { None } else { reader.address(key) }
}

/// An address that may be absent, with what other hosts call it.
fn advertised(
    reader: &mut Reader<'_>,
    listen_key: &str,
    advertise_key: &str,
) -> Option<(SocketAddr, String)> {
    let (address, place) = (listen(reader, listen_key), reader.text(advertise_key));
    if address.is_none() && !place.is_empty() {
        reader.wrong(listen_key, "expected an address, because one is advertised");
    }
    let address = address?;
    if !is_place(&place) {
        reader.wrong(advertise_key, "expected the host:port under which other hosts find it");
    }
    Some((address, place))
}

/// A URL, or nothing.
fn control_database(reader: &mut Reader<'_>) -> Option<String> {
    let url = reader.text("control.database");
    if !url.is_empty() && !is_postgres(&url) {
        reader.wrong("control.database", "expected postgres://… or nothing");
    }
    (!url.is_empty()).then_some(url)
}

fn hosts(reader: &mut Reader<'_>) -> HostNames {
    let schemes = [("http", "http"), ("https", "https")];
    let scheme = reader.one_of("hosts.scheme", &schemes).unwrap_or("http").to_owned();
    let port = reader.number("hosts.port", 0, 65_535);
    HostNames {
        console: reader.text("hosts.console"),
        sites: reader.text("hosts.sites"),
        admin: reader.text("hosts.admin"),
        media: reader.text("hosts.media"),
        scheme,
        port: u16::try_from(port).ok().filter(|port| *port != 0),
    }
}

/// A network, or one address as a network of its own.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| address.into()))
}

fn proxy_source(reader: &mut Reader<'_>, networks: &[IpNet]) -> ProxySource {
    let key = "edge.trusted_proxy_source";
    let text = reader.text(key).to_ascii_lowercase();
    let source = match text.as_str() {
        "none" => return ProxySource::None,
        "proxy_v2" => ProxySource::ProxyV2,
        _ => match text.strip_prefix("header:").filter(|name| is_header_name(name)) {
            Some(name) => ProxySource::Header(name.to_owned()),
            None => {
                reader.wrong(key, "expected none, proxy_v2 or header:<name>");
                return ProxySource::None;
            }
        },
    };
    if networks.is_empty() {
        reader.wrong(key, "name the proxies in edge.trusted_proxies, or nobody is believed");
    }
    source
}

fn is_header_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The bucket of objects, where one is named.
fn bucket(reader: &mut Reader<'_>) -> Option<BucketSettings> {
    let url = reader.text("objects.url");
    if url.is_empty() {
        return None;
    }
    if !url.starts_with("s3://") {
        reader.wrong("objects.url", "expected s3://BUCKET, s3://BUCKET/PREFIX or nothing");
    }
    let endpoint = reader.text("objects.endpoint");
    if !endpoint.is_empty() && !["http://", "https://"].iter().any(|s| endpoint.starts_with(s)) {
        reader.wrong("objects.endpoint", "expected http://…, https://… or nothing");
    }
    for key in ["objects.region", "objects.access_key_id", "objects.secret_access_key"] {
        if reader.text(key).is_empty() {
            reader.wrong(key, "a bucket needs it");
        }
    }
    Some(BucketSettings {
        url,
        endpoint: (!endpoint.is_empty()).then_some(endpoint),
        region: reader.text("objects.region"),
        access_key_id: reader.text("objects.access_key_id"),
        secret_access_key: reader.text("objects.secret_access_key"),
    })
}

fn mail(reader: &mut Reader<'_>) -> Option<Mail> {
    match reader.one_of("mail.sender", &[("log", false), ("smtp", true)])? {
        false => Some(Mail::Log),
        true => {
            let (url, from) = (reader.text("mail.smtp_url"), reader.text("mail.from"));
            if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
                reader.wrong("mail.smtp_url", "expected smtp://… or smtps://…");
            }
            if !from.contains('@') {
                reader.wrong(
                    "mail.from",
                    "expected a sender such as Freehold <no-reply@example.org>",
                );
            }
            Some(Mail::Smtp { url, from })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, ProxySource, Sources};

    fn with(flags: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let sources = Sources { flags, ..Sources::default() };
        Config::load(&sources).map_err(|list| list.into_iter().map(|p| p.key).collect())
    }

    #[test]
    fn the_defaults_are_a_configuration() {
        let config = with(&[]).expect("valid");
        assert_eq!((config.unverified_sites_max, config.rate_limits_enabled), (100, true));
    }

    #[test]
    fn limits_can_be_off_on_localhost_only() {
        assert!(with(&[("limits.enabled", "false")]).is_ok());
        let public = with(&[("limits.enabled", "false"), ("hosts.sites", "sites.example")]);
        assert_eq!(public.expect_err("refused"), ["limits.enabled"]);
    }

    #[test]
    fn reserved_names_are_trusted_where_every_host_is_local() {
        let key = "domains.trust_reserved_names";
        let trusted =
            |flags: &[(&str, &str)]| with(flags).map(|config| config.trust_reserved_names);
        let public = ("hosts.sites", "sites.example");
        assert_eq!((trusted(&[]), trusted(&[public])), (Ok(true), Ok(false)));
        assert_eq!(trusted(&[(key, "off")]), Ok(false));
        assert_eq!(trusted(&[public, (key, "on")]), Ok(true));
        assert_eq!(trusted(&[(key, "perhaps")]), Err(vec![key.to_owned()]));
        assert_eq!(with(&[]).expect("valid").domains_resolver, None);
        let named = with(&[("domains.resolver", "10.0.0.53:53")]).expect("valid");
        assert_eq!(named.domains_resolver, "10.0.0.53:53".parse().ok());
        assert!(with(&[("domains.resolver", "dns.example")]).is_err());
    }

    #[test]
    fn the_control_database_is_a_file_unless_a_server_is_named() {
        let url = "postgres://me:secret@db.example/freehold";
        assert_eq!(with(&[]).expect("valid").control_database, None);
        let named = with(&[("control.database", url)]).expect("valid");
        assert_eq!(named.control_database.as_deref(), Some(url));
        let wrong = with(&[("control.database", "mysql://db.example/freehold")]);
        assert_eq!(wrong.expect_err("refused"), ["control.database"]);
    }

    #[test]
    fn proxies_are_named_before_they_are_believed() {
        let key = "edge.trusted_proxy_source";
        let nobody = with(&[]).expect("valid");
        assert_eq!(nobody.trusted_proxy_source, ProxySource::None);
        assert!(nobody.trusted_proxies.is_empty());
        assert_eq!(with(&[(key, "proxy_v2")]).expect_err("refused"), [key]);
        let named = ("edge.trusted_proxies", "10.0.0.0/8, fd00::1");
        let named_with = |source| with(&[named, (key, source)]);
        let config = named_with("header:X-Forwarded-For").expect("valid");
        let networks: Vec<String> =
            config.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "fd00::1/128"]);
        let header = ProxySource::Header("x-forwarded-for".to_owned());
        assert_eq!(config.trusted_proxy_source, header);
        let source = named_with("proxy_v2").expect("valid").trusted_proxy_source;
        assert_eq!(source, ProxySource::ProxyV2);
        for wrong in ["header:", "header:a b", "forwarded", ""] {
            assert_eq!(named_with(wrong).expect_err("refused"), [key], "{wrong:?}");
        }
        let network = with(&[("edge.trusted_proxies", "10.0.0.0/40")]);
        assert_eq!(network.expect_err("refused"), ["edge.trusted_proxies"]);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let wrong = with(&[
            ("edge.listen", "nowhere"),
            ("hosts.scheme", "gopher"),
            ("mail.sender", "pigeon"),
            ("worker.open_tenants_max", "0"),
        ]);
        let mut keys = wrong.expect_err("refused");
        keys.sort();
        assert_eq!(keys, ["edge.listen", "hosts.scheme", "mail.sender", "worker.open_tenants_max"]);
    }
}
