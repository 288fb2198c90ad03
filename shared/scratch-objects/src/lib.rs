//! A private server of the S3 API for tests: buckets in a scratch folder, requests that must be signed.
//!
//! It listens on loopback alone and answers one request at a time, so that an object which may only be
//! made once is, also where two ask at the same moment. Nothing of this ships.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::IF_NONE_MATCH;
use http::{Request, Response, StatusCode};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// The bucket that is there.
pub const BUCKET: &str = "freehold";
/// Who may use it.
pub const ACCESS_KEY_ID: &str = "scratch";
/// What they sign with.
pub const SECRET_ACCESS_KEY: &str = "scratch-secret";

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    folder: PathBuf,
    /// How many of the next conditional writes are told to come again.
    conflicts: Arc<AtomicUsize>,
    stopping: CancellationToken,
}

impl Server {
    /// Starts one that keeps its objects below a folder.
    ///
    /// # Errors
    /// The system's.
    pub async fn start(folder: &Path) -> std::io::Result<Self> {
        Self::start_at(folder, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// [`Server::start`] where another one was before.
    ///
    /// # Errors
    /// The system's.
    pub async fn start_at(folder: &Path, address: SocketAddr) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder.join(BUCKET))?;
        let objects = s3s_fs::FileSystem::new(folder)
            .map_err(|error| std::io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(objects);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (conflicts, stopping) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let serving = serve(listener, (service.build(), conflicts.clone()), stopping.clone());
        tokio::spawn(stopping.clone().run_until_cancelled_owned(serving));
        Ok(Self { address, folder: folder.to_owned(), conflicts, stopping })
    }

    /// Refuses so many of the next writes with a condition, as S3 does while another request has the same
    /// key in its hands, whether or not an object is there.
    pub fn conflict(&self, writes: usize) {
        self.conflicts.store(writes, Ordering::SeqCst);
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the bucket's objects lie, by their keys.
    pub fn objects(&self) -> PathBuf {
        self.folder.join(BUCKET)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

async fn serve(
    listener: TcpListener,
    (service, conflicts): (S3Service, Arc<AtomicUsize>),
    stopping: CancellationToken,
) {
    // What the server behind this looks at and what it does then are two steps.
    let turn = Arc::new(Mutex::new(()));
    while let Ok((socket, _)) = listener.accept().await {
        let (service, turn, conflicts) = (service.clone(), turn.clone(), conflicts.clone());
        let answer = service_fn(move |request| {
            let (service, turn) = (service.clone(), turn.clone());
            let conflict = conflicts_with(&request, &conflicts).then(conflict);
            async move {
                let _turn = turn.lock().await;
                match conflict {
                    Some(conflict) => Ok(conflict),
                    None => hyper::service::Service::call(&service, request).await,
                }
            }
        });
        let stopping = stopping.clone();
        tokio::spawn(async move {
            let connection = Builder::new(TokioExecutor::new());
            let connection = connection.serve_connection(TokioIo::new(socket), answer);
            tokio::select! {
                // A client that goes away is no matter.
                _ = connection => {}
                () = stopping.cancelled() => {}
            }
        });
    }
}

fn conflicts_with<B>(request: &Request<B>, conflicts: &AtomicUsize) -> bool {
    let one_less = |left: usize| left.checked_sub(1);
    request.headers().contains_key(IF_NONE_MATCH)
        && conflicts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
}

fn conflict() -> Response<s3s::Body> {
    let text = "<Error><Code>ConditionalRequestConflict</Code></Error>".to_owned();
    let mut response = Response::new(s3s::Body::from(text));
    *response.status_mut() = StatusCode::CONFLICT;
    response
}
