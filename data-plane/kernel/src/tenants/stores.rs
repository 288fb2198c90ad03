//! Where stores are and how they are made and removed, engine by engine.
//!
//! The rest of the kernel asks for a tenant's `Database` and knows no engine. A SQLite store is a
//! file in the tenant's folder; one in Postgres is a schema that bears the tenant's id, in a
//! database that the worker's configuration names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freehold_db::{
    Catalog, Database, DatabaseOptions, DbError, Migration, PostgresOptions, SchemaHost,
    schema_version_of_file,
};
use freehold_fleet::Engine;
use freehold_ids::TenantId;

use crate::StoreError;

/// Read-only connections of one file at most.
const READERS_PER_TENANT_MAX: u32 = 4;
/// The file of a store, and what SQLite puts beside it.
const STORE_FILES: [&str; 3] = ["site.db", "site.db-wal", "site.db-shm"];

/// The stores of one worker, opened by nobody yet.
#[derive(Debug)]
pub(super) struct Stores {
    root: PathBuf,
    catalog: Arc<Catalog>,
    template: PathBuf,
    databases: HashMap<String, SchemaHost>,
    migrations: &'static [Migration],
}

impl Stores {
    /// Prepares the folder and the template from which new files are copied.
    pub(super) async fn new(
        root: PathBuf,
        databases: &[(String, PostgresOptions)],
        migrations: &'static [Migration],
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(&root).map_err(io)?;
        let catalog = Arc::new(Catalog::of(migrations));
        let template = prepare_template(&root, &catalog, migrations).await?;
        let mut hosts = HashMap::new();
        for (name, options) in databases {
            hosts.insert(name.clone(), SchemaHost::lazy(options)?);
        }
        Ok(Self { root, catalog, template, databases: hosts, migrations })
    }

    /// The schema changes that this worker brings.
    pub(super) const fn migrations(&self) -> &'static [Migration] {
        self.migrations
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// `<root>/<last two letters>/<id>`, so that no folder holds a hundred thousand others.
    pub(super) fn directory(&self, tenant: TenantId) -> PathBuf {
        let name = tenant.to_string();
        let shard = &name[name.len() - 2..];
        self.root.join(shard).join(&name)
    }

    /// The tenant's store, which has to be there.
    pub(super) fn open(&self, tenant: TenantId, engine: &Engine) -> Result<Database, StoreError> {
        let catalog = Arc::clone(&self.catalog);
        Ok(match engine {
            Engine::Sqlite => {
                let path = self.directory(tenant).join("site.db");
                let readers_max = READERS_PER_TENANT_MAX;
                Database::open(&DatabaseOptions { path, create: false, readers_max }, catalog)?
            }
            Engine::Postgres { database } => {
                Database::in_schema(self.host(database)?, &tenant.to_string(), catalog)?
            }
        })
    }

    /// Makes an empty store with this release's schema where none is there yet.
    pub(super) async fn make(&self, tenant: TenantId, engine: &Engine) -> Result<(), StoreError> {
        match engine {
            Engine::Sqlite => copy_template(&self.template, &self.directory(tenant)),
            Engine::Postgres { database } => {
                self.host(database)?.create(&tenant.to_string()).await?;
                Ok(self.open(tenant, engine)?.migrate(self.migrations).await?)
            }
        }
    }

    /// Removes a store with all that is in it, if it is there.
    pub(super) async fn remove(&self, tenant: TenantId, engine: &Engine) -> Result<(), StoreError> {
        match engine {
            Engine::Sqlite => remove_files(&self.directory(tenant)),
            Engine::Postgres { database } => {
                Ok(self.host(database)?.remove(&tenant.to_string()).await?)
            }
        }
    }

    /// Removes everything of a tenant: what keeps it, and what an unfinished conversion has left
    /// elsewhere, as far as that can be reached.
    pub(super) async fn remove_all(
        &self,
        tenant: TenantId,
        engine: Option<&Engine>,
    ) -> Result<(), StoreError> {
        if let Some(engine) = engine {
            self.remove(tenant, engine).await?;
        }
        for (database, host) in &self.databases {
            if let Err(error) = host.remove(&tenant.to_string()).await {
                tracing::warn!(%tenant, database, %error, "what may be left there stays");
            }
        }
        match std::fs::remove_dir_all(self.directory(tenant)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(error)),
            _ => Ok(()),
        }
    }

    /// The schema version that a closed store's file names, and its size in bytes; nothing where a
    /// server keeps it.
    pub(super) fn glance(&self, tenant: TenantId, engine: &Engine) -> (Option<i64>, u64) {
        if !engine.is_sqlite() {
            return (None, 0);
        }
        let path = self.directory(tenant).join("site.db");
        (schema_version_of_file(&path), path.metadata().map_or(0, |file| file.len()))
    }

    /// Ends the connections that stores share.
    pub(super) async fn close(&self) {
        for host in self.databases.values() {
            host.close().await;
        }
    }

    fn host(&self, database: &str) -> Result<&SchemaHost, StoreError> {
        self.databases.get(database).ok_or_else(|| {
            let message = format!("worker.databases names no database {database:?}");
            StoreError::Db(DbError::Shape(message))
        })
    }
}

/// Makes the migrated, empty store that new tenants are copied from. It is made anew at every
/// start, so that it always has this release's schema.
async fn prepare_template(
    root: &Path,
    catalog: &Arc<Catalog>,
    migrations: &[Migration],
) -> Result<PathBuf, StoreError> {
    let path = root.join("template.db");
    for leftover in ["template.db", "template.db-wal", "template.db-shm"] {
        match std::fs::remove_file(root.join(leftover)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    let options = DatabaseOptions { path: path.clone(), create: true, readers_max: 1 };
    let template = Database::open(&options, catalog.clone())?;
    template.migrate(migrations).await?;
    template.close().await;
    Ok(path)
}

/// Puts a copy of the template where the store belongs, whole or not at all.
fn copy_template(template: &Path, directory: &Path) -> Result<(), StoreError> {
    let store = directory.join("site.db");
    if store.is_file() {
        return Ok(());
    }
    let shard = directory.parent().unwrap_or(directory);
    if !shard.is_dir() {
        std::fs::create_dir_all(shard).map_err(io)?;
        sync_folder(shard.parent().unwrap_or(shard))?;
    }
    std::fs::create_dir_all(directory).map_err(io)?;
    let unfinished = directory.join("site.db.new");
    std::fs::copy(template, &unfinished).map_err(io)?;
    std::fs::File::open(&unfinished).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&unfinished, &store).map_err(io)?;
    // The tenant's own folder is synced with the log of its first rows, before which it is nothing.
    sync_folder(shard)
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

pub(super) fn io(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return DbError::Full.into();
    }
    DbError::Io(error.to_string()).into()
}

/// The file last: as long as it is there, the store is.
fn remove_files(directory: &Path) -> Result<(), StoreError> {
    for name in STORE_FILES.into_iter().rev() {
        match std::fs::remove_file(directory.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    Ok(())
}
