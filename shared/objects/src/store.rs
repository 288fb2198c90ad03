//! The open store, and its limits on time and size.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload,
    RetryConfig,
};

use crate::{ObjectsError, ObjectsPlace};

/// How long one request may take.
const REQUEST_SECONDS_MAX: u64 = 3;
/// How long connecting may take.
const CONNECT_SECONDS_MAX: u64 = 2;
/// How long anything asked of this crate may take, repetitions included; less than an order of the
/// control plane.
const SECONDS_MAX: u64 = 6;
/// How often a request is repeated.
const RETRIES_MAX: usize = 2;

/// Object storage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    pub(crate) store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// Opens a place, making the folder where it is one. A bucket is not asked anything yet.
    ///
    /// # Errors
    /// [`ObjectsError::Settings`].
    pub fn open(place: &ObjectsPlace) -> Result<Self, ObjectsError> {
        let settings = |error: object_store::Error| ObjectsError::Settings(error.to_string());
        let store: Arc<dyn ObjectStore> = match place {
            ObjectsPlace::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| {
                    ObjectsError::Settings(format!("{}: {error}", folder.display()))
                })?;
                let folder = LocalFileSystem::new_with_prefix(folder).map_err(settings)?;
                // Folders that hold nothing any more go, too.
                Arc::new(folder.with_automatic_cleanup(true))
            }
            ObjectsPlace::Bucket(bucket) => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&bucket.name)
                    .with_region(&bucket.region)
                    .with_access_key_id(&bucket.access_key_id)
                    .with_secret_access_key(&bucket.secret_access_key)
                    .with_client_options(client())
                    .with_retry(retries());
                if let Some(endpoint) = &bucket.endpoint {
                    let is_open = endpoint.starts_with("http://");
                    builder = builder.with_endpoint(endpoint).with_allow_http(is_open);
                }
                let bucket_store = builder.build().map_err(settings)?;
                Arc::new(PrefixStore::new(bucket_store, bucket.prefix.as_str()))
            }
        };
        Ok(Self { store })
    }

    /// Makes an object, if it is not there yet; says whether it was made.
    pub(crate) async fn create(&self, path: &Path, bytes: String) -> Result<bool, ObjectsError> {
        let payload = PutPayload::from(bytes);
        match self.store.put_opts(path, payload, PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads an object of so many bytes at most, if it is there.
    pub(crate) async fn read(
        &self,
        path: &Path,
        bytes_max: u64,
    ) -> Result<Option<Vec<u8>>, ObjectsError> {
        let found = match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        if found.meta.size > bytes_max {
            let problem = format!("it has {} bytes", found.meta.size);
            return Err(ObjectsError::Damaged(path.to_string(), problem));
        }
        Ok(Some(found.bytes().await?.to_vec()))
    }

    /// Makes an object that nobody has, asks for it to be made once more, and removes it: whether this
    /// place can be a fence.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn probe(&self, name: &str) -> Result<(), ObjectsError> {
        within(async {
            let path = Path::from_iter(["probes", name]);
            self.create(&path, String::new()).await?;
            let is_fence = !self.create(&path, String::new()).await?;
            self.store.delete(&path).await?;
            if is_fence {
                return Ok(());
            }
            let reason = "it replaces objects that were to be created once (If-None-Match)";
            Err(ObjectsError::Settings(reason.into()))
        })
        .await
    }
}

fn client() -> ClientOptions {
    ClientOptions::new()
        .with_timeout(Duration::from_secs(REQUEST_SECONDS_MAX))
        .with_connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_millis(500),
            base: 2.0,
        },
        max_retries: RETRIES_MAX,
        retry_timeout: Duration::from_secs(SECONDS_MAX),
    }
}

/// What came of something, if that was in time.
pub(crate) async fn within<T, E: From<ObjectsError>>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let answered = tokio::time::timeout(Duration::from_secs(SECONDS_MAX), asked).await;
    answered.unwrap_or_else(|_| {
        Err(ObjectsError::Away(format!("no answer within {SECONDS_MAX} seconds")).into())
    })
}
