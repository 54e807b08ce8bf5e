//! The protocol library's HTTP client over reqwest: files in both directions, streamed.

use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::runtime::Handle;
use wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};
use whatsapp_rust::anyhow::{Context, Result, bail};

use super::network::{Network, allowed};

/// Answers that are read whole are texts of a few hundred bytes; files are streamed.
const MAX_WHOLE: usize = 64 * 1024 * 1024;
/// How much of an upload is read at once.
const CHUNK: usize = 64 * 1024;

/// HTTP for one linked device.
#[derive(Clone)]
pub(super) struct MediaHttp {
    client: reqwest::Client,
    base: Option<Arc<str>>,
    runtime: Handle,
}

impl MediaHttp {
    /// Must be called on the runtime that is to carry the requests.
    pub(super) fn new(network: &Network) -> Self {
        Self {
            client: network.http.clone(),
            base: network.media_base.as_deref().map(Arc::from),
            runtime: Handle::current(),
        }
    }

    /// Where a request really goes.
    fn target(&self, url: &str) -> Result<String> {
        let url = match (&self.base, url.strip_prefix("https://")) {
            (Some(base), Some(rest)) => {
                let path = rest.find('/').map_or("", |slash| &rest[slash..]);
                format!("{}{path}", base.trim_end_matches('/'))
            }
            _ => url.to_owned(),
        };
        allowed(&url)?;
        Ok(url)
    }

    fn request(&self, request: &HttpRequest) -> Result<reqwest::RequestBuilder> {
        let url = self.target(&request.url)?;
        let builder = match request.method.as_str() {
            "GET" => self.client.get(url),
            "POST" => self.client.post(url),
            other => bail!("unexpected method {other}"),
        };
        Ok(request
            .headers
            .iter()
            .fold(builder, |builder, (name, value)| builder.header(name, value)))
    }
}

async fn read_whole(response: reqwest::Response) -> Result<HttpResponse> {
    let status_code = response.status().as_u16();
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.context("reading the answer")?;
        if body.len() + chunk.len() > MAX_WHOLE {
            bail!("the answer is larger than {MAX_WHOLE} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status_code, body })
}

#[async_trait]
impl HttpClient for MediaHttp {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse> {
        let mut builder = self.request(&request)?;
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        read_whole(builder.send().await.context("sending the request")?).await
    }

    fn supports_streaming(&self) -> bool {
        true
    }

    fn execute_streaming(&self, request: HttpRequest) -> Result<StreamingHttpResponse> {
        let builder = self.request(&request)?;
        let response = self.runtime.block_on(builder.send()).context("sending the request")?;
        let status_code = response.status().as_u16();
        let body = BodyReader {
            runtime: self.runtime.clone(),
            chunks: response.bytes_stream().boxed(),
            current: Bytes::new(),
        };
        Ok(StreamingHttpResponse {
            status_code,
            body: Box::new(body),
        })
    }

    fn supports_upload_streaming(&self) -> bool {
        true
    }

    fn execute_upload(&self, request: HttpRequest, mut body: UploadBody, content_length: u64) -> Result<HttpResponse> {
        let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(2);
        let stream = futures::stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|chunk| (chunk, receiver))
        });
        let builder = self
            .request(&request)?
            .header(reqwest::header::CONTENT_LENGTH, content_length)
            .body(reqwest::Body::wrap_stream(stream));
        // This runs on a thread for blocking work: it reads the file between the steps of the request.
        let feed = async move {
            let mut left = content_length;
            while left > 0 {
                let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
                let read = body.read(&mut chunk);
                let item = read.map(|count| {
                    chunk.truncate(count);
                    Bytes::from(chunk)
                });
                let ends = !matches!(&item, Ok(chunk) if !chunk.is_empty());
                left -= item.as_ref().map_or(0, |chunk| chunk.len() as u64);
                // A closed channel means that the server answered early; its answer tells why.
                if sender.send(item).await.is_err() || ends {
                    break;
                }
            }
        };
        self.runtime.block_on(async {
            let (response, ()) = futures::join!(async { builder.send().await.context("sending the file") }, feed);
            read_whole(response?).await
        })
    }
}

/// A body as a blocking reader, for a thread that may block.
struct BodyReader {
    runtime: Handle,
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    current: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.current.is_empty() {
            match self.runtime.block_on(self.chunks.next()) {
                None => return Ok(0),
                Some(chunk) => self.current = chunk.map_err(std::io::Error::other)?,
            }
        }
        let count = self.current.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(base: Option<&str>) -> MediaHttp {
        // One of the TLS providers must be chosen before a client is made.
        let _ = rustls::crypto::ring::default_provider().install_default();
        MediaHttp::new(&Network {
            ws_url: "ws://127.0.0.1/".into(),
            media_base: base.map(Into::into),
            version: None,
            http: reqwest::Client::builder().build().expect("a client"),
        })
    }

    #[tokio::test]
    async fn media_addresses_are_rewritten_for_a_simulated_network() {
        let http = http(Some("http://127.0.0.1:8089/"));
        let target = |url: &str| http.target(url).expect("allowed");
        assert_eq!(
            target("https://127.0.0.1:8443/mms/image/a?auth=b"),
            "http://127.0.0.1:8089/mms/image/a?auth=b"
        );
        assert_eq!(target("https://127.0.0.1:8443"), "http://127.0.0.1:8089");
        assert_eq!(target("http://127.0.0.1:1/x"), "http://127.0.0.1:1/x");
    }

    #[tokio::test]
    #[cfg(feature = "sandbox")]
    async fn a_sandbox_build_fetches_nothing_from_elsewhere() {
        let refused = http(None)
            .execute(HttpRequest::get("https://mmg.whatsapp.net/v/1"))
            .await
            .expect_err("refused");
        assert!(refused.to_string().contains("refuses to connect"), "{refused}");
    }
}
