//! Outbound HTTP to addresses that other people chose: webhooks and links to files.
//!
//! One client for the process. Every request is checked twice: the URL before it is used (scheme, credentials, and the
//! host when it is an address in any notation), and every address a name resolves to right before the connection, which
//! then goes to exactly that address. So a name that resolves differently the second time gains nothing. No proxies, no
//! cookies, no redirects except for downloads, where each step is checked like the first.

mod download;
mod resolver;
mod target;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};

pub use download::{DOWNLOAD_DEADLINE, Download};
pub use target::{Refusal, Targets};

use resolver::{Guard, Lookup, SystemLookup};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const IDLE_CONNECTIONS_PER_HOST: usize = 32;
/// What is read of an answer that nobody looks at, so that its connection can be used again.
const DRAINED_BYTES: usize = 64 * 1024;

/// Why a request did not get an answer, or not a usable one. Texts are for people: they name no address and no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not allowed.
    #[error("the address {0}")]
    Refused(#[from] Refusal),
    /// No complete answer in time.
    #[error("no answer in time")]
    Timeout,
    /// There was no connection.
    #[error("could not connect: {0}")]
    Connect(String),
    /// The connection broke, or the answer was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer was not a success. Only for downloads.
    #[error("the server answered {0}")]
    Status(u16),
    /// More redirects than are followed. Only for downloads.
    #[error("too many redirects")]
    TooManyRedirects,
    /// The file is larger than allowed. Only for downloads.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The file could not be written here. Only for downloads.
    #[error("could not write the file: {0}")]
    File(#[from] std::io::Error),
    /// The client could not be made. Only at start.
    #[error("could not set up outgoing connections: {0}")]
    Setup(String),
}

/// A request that delivers something.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where.
    pub url: &'a str,
    /// Besides `content-type`, which is JSON.
    pub headers: Vec<(&'static str, String)>,
    /// What.
    pub body: Vec<u8>,
    /// Everything, from the name's resolution to the end of the answer, takes at most so long.
    pub deadline: Duration,
}

/// What was answered to a [`Post`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, as it was sent.
    pub retry_after: Option<String>,
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    targets: Targets,
    download_deadline: Duration,
}

impl Client {
    /// A client that connects to these targets only.
    pub fn new(targets: Targets) -> Result<Self, Error> {
        Self::with_lookup(targets, Arc::new(SystemLookup))
    }

    fn with_lookup(targets: Targets, lookup: Arc<dyn Lookup>) -> Result<Self, Error> {
        // Fails when one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("Pesan/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
            .dns_resolver(Guard::new(targets, lookup))
            .build()
            .map_err(|error| Error::Setup(root_cause(&error)))?;
        Ok(Self {
            http,
            targets,
            download_deadline: DOWNLOAD_DEADLINE,
        })
    }

    /// The same with another time for a download than [`DOWNLOAD_DEADLINE`].
    #[must_use]
    pub fn with_download_deadline(self, download_deadline: Duration) -> Self {
        Self {
            download_deadline,
            ..self
        }
    }

    /// Fails unless a request to this URL would be tried. What its name resolves to is only checked then.
    pub fn check(&self, url: &str) -> Result<(), Refusal> {
        target::check(url, self.targets).map(|_| ())
    }

    /// Posts JSON and says what was answered. The answer's body is thrown away.
    pub async fn post(&self, post: Post<'_>) -> Result<Answer, Error> {
        let url = target::check(post.url, self.targets)?;
        let mut request = self
            .http
            .post(url)
            .timeout(post.deadline)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in post.headers {
            request = request.header(HeaderName::from_static(name), value);
        }
        let mut response = request.body(post.body).send().await.map_err(explain)?;
        let answer = Answer {
            status: response.status().as_u16(),
            retry_after: response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
        };
        let mut read = 0;
        // The status is the answer; a body that breaks off changes nothing.
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > DRAINED_BYTES {
                break;
            }
        }
        Ok(answer)
    }
}

/// What went wrong, without the URL, which may hold a secret.
fn explain(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        if let Some(refusal) = found.downcast_ref::<Refusal>() {
            return Error::Refused(*refusal);
        }
        cause = found.source();
    }
    if error.is_timeout() {
        Error::Timeout
    } else if error.is_connect() {
        Error::Connect(root_cause(&error))
    } else {
        Error::Broken(root_cause(&error))
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
