//! Files from links: streamed to disk, capped, with redirects that are checked like the first address.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use tokio::io::AsyncWriteExt;
use url::Url;

use super::{Client, Error, explain, target};

const MAX_REDIRECTS: usize = 3;
/// For the whole file: enough for the largest document from a server that sends a megabyte each second.
pub const DOWNLOAD_DEADLINE: Duration = Duration::from_mins(2);
const MAX_FILE_NAME_CHARS: usize = 200;

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// What the server says it is, else what its name says, where either does.
    pub mime: Option<String>,
    /// Bytes.
    pub size: u64,
    /// What the server or the URL calls it; never a path.
    pub file_name: Option<String>,
}

impl Client {
    /// Fetches a link into a new file at `path`, at most `max_bytes`. Leaves no file when it fails.
    pub async fn download_to(&self, url: &str, path: &Path, max_bytes: u64) -> Result<Download, Error> {
        let fetched = tokio::time::timeout(self.download_deadline, self.fetch(url, path, max_bytes)).await;
        let result = fetched.unwrap_or(Err(Error::Timeout));
        if result.is_err() {
            // It may not have been made yet.
            let _ = tokio::fs::remove_file(path).await;
        }
        result
    }

    async fn fetch(&self, url: &str, path: &Path, max_bytes: u64) -> Result<Download, Error> {
        let mut url = target::check(url, self.targets)?;
        let mut redirects = 0;
        let mut response = loop {
            let response = self
                .http
                .get(url.clone())
                .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
                .send()
                .await
                .map_err(explain)?;
            let status = response.status();
            if status.is_success() {
                break response;
            }
            let next = next_step(status.as_u16(), response.headers(), &url)?;
            if redirects == MAX_REDIRECTS {
                return Err(Error::TooManyRedirects);
            }
            redirects += 1;
            url = target::check(&next, self.targets)?;
        };
        if response.content_length().is_some_and(|length| length > max_bytes) {
            return Err(Error::TooLarge { limit_bytes: max_bytes });
        }
        let file_name = file_name(response.headers(), &url);
        let mime = mime(response.headers(), file_name.as_deref());
        let mut file = tokio::fs::File::create(path).await?;
        let mut size = 0_u64;
        while let Some(chunk) = response.chunk().await.map_err(explain)? {
            size += chunk.len() as u64;
            if size > max_bytes {
                return Err(Error::TooLarge { limit_bytes: max_bytes });
            }
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        Ok(Download { mime, size, file_name })
    }
}

/// Where a redirect leads; every other status is a failure.
fn next_step(status: u16, headers: &HeaderMap, from: &Url) -> Result<String, Error> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Err(Error::Status(status));
    }
    headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| from.join(location).ok())
        .map(String::from)
        .ok_or(Error::Status(status))
}

fn mime(headers: &HeaderMap, file_name: Option<&str>) -> Option<String> {
    let told = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::trim);
    match told {
        Some(told) if !told.is_empty() && told != "application/octet-stream" => Some(told.to_ascii_lowercase()),
        _ => mime_guess::from_path(file_name?).first().map(|guess| guess.to_string()),
    }
}

fn file_name(headers: &HeaderMap, url: &Url) -> Option<String> {
    let told = headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| value.to_str().ok())
        .and_then(told_file_name);
    let last = || {
        url.path_segments()
            .and_then(|mut segments| segments.next_back())
            .map(percent_decoded)
    };
    told.or_else(last).as_deref().and_then(clean)
}

/// The `filename*` or else the `filename` of a Content-Disposition.
fn told_file_name(disposition: &str) -> Option<String> {
    let mut plain = None;
    for part in disposition.split(';').skip(1) {
        let Some((key, value)) = part.split_once('=') else {
            continue;
        };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "filename*" => {
                if let Some((charset, rest)) = value.split_once('\'')
                    && charset.eq_ignore_ascii_case("utf-8")
                    && let Some((_, encoded)) = rest.split_once('\'')
                {
                    return Some(percent_decoded(encoded));
                }
            }
            "filename" => plain = Some(value.trim_matches('"').to_owned()),
            _ => {}
        }
    }
    plain
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok()))
            .flatten()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A name without folders and control characters.
fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let name: String = last
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_FILE_NAME_CHARS)
        .collect();
    let name = name.trim();
    (!name.is_empty() && name.chars().any(|c| c != '.')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_come_from_the_header_or_the_url_and_are_never_paths() {
        let url = Url::parse("https://example.com/files/b%20c.pdf?x=1").expect("valid");
        let named = |disposition: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(disposition) = disposition {
                headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
            }
            file_name(&headers, &url)
        };
        assert_eq!(named(None).as_deref(), Some("b c.pdf"));
        assert_eq!(named(Some("attachment; filename=\"a.png\"")).as_deref(), Some("a.png"));
        assert_eq!(
            named(Some("attachment; filename=x; filename*=UTF-8''na%C3%AFve.txt")).as_deref(),
            Some("naïve.txt")
        );
        assert_eq!(
            named(Some("attachment; filename=\"../../etc/passwd\"")).as_deref(),
            Some("passwd")
        );
        assert_eq!(
            named(Some("attachment; filename=\"..\\..\\boot.ini\"")).as_deref(),
            Some("boot.ini")
        );
        assert_eq!(named(Some("attachment; filename=\"..\"")), None);
        assert_eq!(named(Some("inline")).as_deref(), Some("b c.pdf"));
    }

    #[test]
    fn the_type_is_what_the_server_says_or_what_the_name_says() {
        let mut headers = HeaderMap::new();
        assert_eq!(mime(&headers, Some("a.pdf")).as_deref(), Some("application/pdf"));
        assert_eq!(mime(&headers, Some("a")), None);
        assert_eq!(mime(&headers, None), None);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        assert_eq!(mime(&headers, Some("a.png")).as_deref(), Some("image/png"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("Image/JPEG"));
        assert_eq!(mime(&headers, Some("a.png")).as_deref(), Some("image/jpeg"));
    }
}
