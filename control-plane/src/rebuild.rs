//! Making a control plane's database again from the manifests beside tenants' stores, when neither it
//! nor a backup of it is left.
//!
//! Told again are accounts with the one who answers for each, sites, their domains and the workers that
//! hold them. Passwords are not in manifests: owners set a new one by mail. Only what carries the seal of
//! these secrets is believed, and what cannot be told again is listed, not guessed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use freehold_clock::Clock;
use freehold_credentials::{Email, HashError, Opaque, Password, PasswordHasher};
use freehold_db::{Database, DbError, Insert, PostgresOptions, Select, Writer};
use freehold_fleet::{
    MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest, ManifestKey, ManifestSlug, SealedManifest,
};
use freehold_ids::{AccountId, MemberId, TenantId, WorkerId};
use serde::Serialize;

use crate::accounts::{self, Member};
use crate::domains;
use crate::secrets::Secrets;
use crate::server::{ControlError, open_database};
use crate::sites::previous_slugs::{self, PreviousSlug};
use crate::sites::{self, Site, SiteState};

/// Folders below one another in which manifests are looked for.
const DEPTH_MAX: usize = 6;
/// Manifests in all.
const MANIFESTS_MAX: usize = 1_000_000;

/// What was told again.
#[derive(Debug, Default, Serialize)]
pub struct Rebuilt {
    /// How many accounts there are.
    pub accounts: usize,
    /// How many sites.
    pub sites: usize,
    /// How many domains of sites.
    pub domains: usize,
    /// How many workers hold them.
    pub workers: usize,
    /// What was left out.
    pub refused: Vec<Refused>,
}

/// A manifest, or a part of one, that was left out.
#[derive(Debug, Serialize)]
pub struct Refused {
    /// Its file.
    pub file: PathBuf,
    /// Why.
    pub reason: String,
}

/// Why nothing was rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A folder or a file cannot be read.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// There are more than one control plane can have.
    #[error("more than {MANIFESTS_MAX} manifests")]
    TooMany,
    /// There is none, or none that can be believed.
    #[error(
        "no manifest with this installation's seal was found; are these its secrets, and its workers' folders?"
    )]
    Nothing,
    /// The database has something in it.
    #[error("the control plane's database is not empty; only an empty one is rebuilt")]
    Occupied,
    /// The database cannot be opened.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A password that nobody knows cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// A manifest that is believed.
struct Found {
    file: PathBuf,
    modified: SystemTime,
    manifest: Manifest,
}

/// Writes what manifests below these folders say into an empty database.
///
/// # Errors
/// [`RebuildError`]; then the database is as empty as before.
pub async fn rebuild(
    folder: &Path,
    database: Option<&PostgresOptions>,
    secrets: &Secrets,
    (hasher, clock): (&PasswordHasher, &Clock),
    from: &[PathBuf],
) -> Result<Rebuilt, RebuildError> {
    let mut rebuilt = Rebuilt::default();
    let found = read(&secrets.manifests, from, &mut rebuilt.refused)?;
    if found.is_empty() {
        return Err(RebuildError::Nothing);
    }
    // Of a password that nobody knows: every owner sets one of their own.
    let unknown = Opaque::from_random("none", clock.random());
    let password_hash = hasher.hash(Password::generated(&unknown)).await?;
    std::fs::create_dir_all(folder).map_err(|error| RebuildError::Io(folder.to_owned(), error))?;
    let (db, _leadership) = open_database(folder, database, secrets).await?;
    let outcome = write_all(&db, clock, &password_hash, found, &mut rebuilt).await;
    db.close().await;
    outcome.map(|()| rebuilt)
}

/// The manifests of all tenants, one of each, the newest sites first.
fn read(
    key: &ManifestKey,
    from: &[PathBuf],
    refused: &mut Vec<Refused>,
) -> Result<Vec<Found>, RebuildError> {
    let mut files = Vec::new();
    for folder in from {
        collect(folder, DEPTH_MAX, &mut files)?;
    }
    let mut newest: HashMap<TenantId, Found> = HashMap::new();
    for file in files {
        match open(key, &file) {
            Err(reason) => refused.push(Refused { file, reason }),
            Ok((manifest, modified)) => {
                let found = Found { file, modified, manifest };
                let known = newest.get(&found.manifest.tenant);
                let age = |found: &Found| (found.manifest.epoch, found.modified);
                if known.is_none_or(|known| age(known) < age(&found)) {
                    newest.insert(found.manifest.tenant, found);
                }
            }
        }
    }
    let mut found: Vec<Found> = newest.into_values().collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.manifest.created_at));
    Ok(found)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), RebuildError> {
    let io = |error| RebuildError::Io(folder.to_owned(), error);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), depth - 1, files)?;
        } else if kind.is_file() && entry.file_name() == MANIFEST_FILE {
            files.push(entry.path());
            if files.len() > MANIFESTS_MAX {
                return Err(RebuildError::TooMany);
            }
        }
    }
    Ok(())
}

fn open(key: &ManifestKey, file: &Path) -> Result<(Manifest, SystemTime), String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.len() > MANIFEST_BYTES_MAX {
        return Err(format!("more than {MANIFEST_BYTES_MAX} bytes"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let manifest = key.open(&SealedManifest::from_text(text)).map_err(|error| error.to_string())?;
    Ok((manifest, metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
}

async fn write_all(
    db: &Database,
    clock: &Clock,
    password_hash: &str,
    found: Vec<Found>,
    rebuilt: &mut Rebuilt,
) -> Result<(), RebuildError> {
    let mut writer = db.write().await?;
    for table in ["accounts", "sites"] {
        if writer.count(&Select::count(table)).await? > 0 {
            return Err(RebuildError::Occupied);
        }
    }
    let (taken, former_slugs) = (Taken::default(), Vec::new());
    let mut telling = Telling { writer, clock, password_hash, taken, former_slugs };
    for found in found {
        let file = found.file;
        let refusals = telling.site(found.manifest, rebuilt).await?;
        let refusals = refusals.into_iter().map(|reason| Refused { file: file.clone(), reason });
        rebuilt.refused.extend(refusals);
    }
    telling.former_slugs().await?;
    telling.writer.commit().await?;
    Ok(())
}

/// What was told so far and may be there once only.
#[derive(Default)]
struct Taken {
    accounts: HashSet<AccountId>,
    emails: HashMap<String, MemberId>,
    slugs: HashSet<String>,
    hostnames: HashSet<String>,
    workers: HashSet<WorkerId>,
}

struct Telling<'a> {
    writer: Writer,
    clock: &'a Clock,
    password_hash: &'a str,
    taken: Taken,
    former_slugs: Vec<(TenantId, ManifestSlug)>,
}

impl Telling<'_> {
    /// Writes a site with everything that it needs; returns what was left out, and why.
    async fn site(
        &mut self,
        manifest: Manifest,
        rebuilt: &mut Rebuilt,
    ) -> Result<Vec<String>, DbError> {
        if self.taken.slugs.contains(&manifest.slug) {
            return Ok(vec![format!("the address {} is a newer site's", manifest.slug)]);
        }
        if !self.taken.accounts.contains(&manifest.account) {
            if let Err(reason) = self.account(&manifest).await? {
                return Ok(vec![reason]);
            }
            rebuilt.accounts += 1;
        }
        if self.taken.workers.insert(manifest.worker) {
            self.worker(&manifest).await?;
            rebuilt.workers += 1;
        }
        let site = site(&manifest);
        sites::store::insert(&mut self.writer, &site).await?;
        self.taken.slugs.insert(manifest.slug);
        let former = manifest.previous_slugs.into_iter().map(|former| (site.id, former));
        self.former_slugs.extend(former);
        rebuilt.sites += 1;
        let mut refused = Vec::new();
        for domain in &manifest.domains {
            let name = domain.hostname.as_str().to_owned();
            if self.taken.hostnames.contains(&name) {
                refused.push(format!("the domain {name} is a newer site's"));
                continue;
            }
            domains::take_up(&mut self.writer, self.clock, &site, domain).await?;
            self.taken.hostnames.insert(name);
            rebuilt.domains += 1;
        }
        Ok(refused)
    }

    /// Writes the addresses that sites had before, once it is known which ones sites have now.
    async fn former_slugs(&mut self) -> Result<(), DbError> {
        let now = self.clock.now();
        for (site, ManifestSlug { slug, until }) in std::mem::take(&mut self.former_slugs) {
            if until > now.0 && self.taken.slugs.insert(slug.clone()) {
                let former = PreviousSlug { slug, until };
                previous_slugs::insert(&mut self.writer, site, &former, now).await?;
            }
        }
        Ok(())
    }

    /// Writes an account, named like its newest site, with the one who answers for it.
    async fn account(&mut self, manifest: &Manifest) -> Result<Result<(), String>, DbError> {
        let owner = &manifest.owner;
        let Ok(email) = Email::parse(&owner.email) else {
            return Ok(Err("the owner's e-mail address is none".to_owned()));
        };
        let now = self.clock.now();
        match self.taken.emails.get(email.key()) {
            Some(known) if *known == owner.member => {
                let (writer, account) = (&mut self.writer, manifest.account);
                accounts::store::create_account(writer, account, owner.member, &manifest.name, now)
                    .await?;
                self.taken.accounts.insert(account);
                return Ok(Ok(()));
            }
            Some(_) => return Ok(Err(format!("{} is somebody else's address", owner.email))),
            None => {}
        }
        let member = Member {
            id: owner.member,
            account: manifest.account,
            email: owner.email.clone(),
            password_hash: self.password_hash.to_owned(),
            verified_at: owner.is_verified.then_some(now.0),
        };
        accounts::store::create(&mut self.writer, &member, &email, &manifest.name, now).await?;
        self.taken.emails.insert(email.key().to_owned(), owner.member);
        self.taken.accounts.insert(manifest.account);
        Ok(Ok(()))
    }

    /// Writes a worker; what it is called it says itself when it connects.
    async fn worker(&mut self, manifest: &Manifest) -> Result<(), DbError> {
        let id = manifest.worker.to_string();
        let insert = Insert::into("workers")
            .set("id", id.as_str())
            .set("name", id.as_str())
            .set("region", manifest.region.as_str())
            .set("joined_at", self.clock.now().0);
        self.writer.insert(&insert).await.map(drop)
    }
}

fn site(manifest: &Manifest) -> Site {
    Site {
        id: manifest.tenant,
        account: manifest.account,
        slug: manifest.slug.clone(),
        name: manifest.name.clone(),
        region: manifest.region.clone(),
        state: match (&manifest.erase_at, &manifest.suspended) {
            (Some(_), _) => SiteState::Deleted,
            (None, Some(_)) => SiteState::Suspended,
            (None, None) => SiteState::Ready,
        },
        reason: manifest.suspended.clone(),
        worker: manifest.worker,
        epoch: manifest.epoch,
        created_at: manifest.created_at,
        erase_at: manifest.erase_at,
        // One that this release does not know is for the worker to refuse.
        engine: manifest.engine.parse().unwrap_or_default(),
        engine_next: None,
        engine_former: None,
        keys: manifest.keys.clone(),
        keys_are_stale: false,
        keys_due_at: None,
    }
}
