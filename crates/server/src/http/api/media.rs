//! Files: uploads, and what came in.

use axum::Json as JsonBody;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use pesan_app::media::{self, Described, MediaState, StoredMedia};
use pesan_model::visible::without_turns;
use pesan_model::{Flaw, MediaId, Timestamp};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Path, Query, REPEATABLE, idempotency_key};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    // Uploads go to disk piece by piece, up to the configured limit.
    let upload = OpenApiRouter::new()
        .routes(routes!(upload_media))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(get_media))
        .routes(routes!(get_media_content))
}

/// A stored file.
#[derive(Serialize, ToSchema)]
#[schema(as = StoredMedia)]
pub(super) struct Stored {
    /// For `media_id` when sending.
    id: MediaId,
    /// Whether its content can be had.
    state: StoredState,
    /// For example `image/jpeg`.
    mime: String,
    /// Bytes, where known.
    #[schema(required = true)]
    size: Option<u64>,
    /// The name it is saved under.
    #[schema(required = true)]
    file_name: Option<String>,
    /// SHA-256 of its content in hexadecimal, once it is here.
    #[schema(required = true)]
    sha256: Option<String>,
    /// When we heard of it.
    created_at: Timestamp,
}

/// Whether a file's content can be had.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StoredMediaState)]
enum StoredState {
    /// Yes.
    Ready,
    /// Not yet: it is still at WhatsApp.
    Pending,
    /// Not any more.
    Failed,
}

impl From<StoredMedia> for Stored {
    fn from(stored: StoredMedia) -> Self {
        Self {
            id: stored.id,
            state: match stored.state {
                MediaState::Ready => StoredState::Ready,
                MediaState::Pending => StoredState::Pending,
                MediaState::Failed => StoredState::Failed,
            },
            mime: stored.mime,
            size: stored.size,
            file_name: stored.file_name,
            sha256: stored.sha256.map(hexadecimal),
            created_at: stored.created_at,
        }
    }
}

fn hexadecimal(hash: [u8; 32]) -> String {
    let (high, low) = hash.split_at(16);
    let number = |half: &[u8]| u128::from_be_bytes(half.try_into().expect("half of 32 bytes is 16"));
    format!("{:032x}{:032x}", number(high), number(low))
}

/// About a file that is sent as the body itself.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// The file's name.
    file_name: Option<String>,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form")]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Stores a file: as the field `file` of a form, or as the body itself with its type in `Content-Type`.
#[utoipa::path(post, path = "/v1/media", tag = "media", operation_id = "uploadMedia",
    params(UploadQuery, ("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)),
    request_body(content((UploadForm = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))), responses(
    (status = 201, description = "The file.", body = Stored),
    (status = 413, description = "It is too large.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn upload_media(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Answer<Made<Stored>> {
    let key = idempotency_key(request.headers())?;
    let mime = header(request.headers(), &CONTENT_TYPE);
    let is_form = mime
        .as_deref()
        .is_some_and(|mime| essence(mime) == "multipart/form-data");
    let stored = if is_form {
        let mut form = Multipart::from_request(request, &server)
            .await
            .map_err(|rejection| Problem::new(rejection.status(), "malformed_form", rejection.body_text()))?;
        let field = loop {
            match form.next_field().await {
                Ok(Some(field)) if field.name() == Some("file") => break field,
                Ok(Some(_)) => {}
                Ok(None) => return Err(Problem::field("/file", Flaw::Required)),
                Err(error) => return Err(Problem::new(error.status(), "malformed_form", error.body_text())),
            }
        };
        let described = Described {
            mime: field.content_type().map(str::to_owned),
            file_name: field.file_name().map(str::to_owned).or(query.file_name),
        };
        media::store_stream(&server.app, &caller, field, described, key).await?
    } else {
        let described = Described {
            mime,
            file_name: query.file_name,
        };
        let pieces = request.into_body().into_data_stream().boxed();
        media::store_stream(&server.app, &caller, pieces, described, key).await?
    };
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/media/{}", stored.media.id),
        is_replayed: stored.is_replay,
        body: stored.media.into(),
    })
}

/// Shows what is known of a file.
#[utoipa::path(get, path = "/v1/media/{id}", tag = "media", operation_id = "getMedia", params(("id" = MediaId, Path)),
    responses(
    (status = 200, description = "The file.", body = Stored),
    (status = 404, description = "There is no such file.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_media(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MediaId>,
) -> Answer<JsonBody<Stored>> {
    Ok(JsonBody(media::get(&server.app, &caller, id).await?.into()))
}

/// The file itself. Takes `Range`.
#[utoipa::path(get, path = "/v1/media/{id}/content", tag = "media", operation_id = "getMediaContent",
    params(("id" = MediaId, Path)), responses(
    (status = 200, description = "The content.", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 206, description = "A part of it.", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, description = "There is no such file.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is still being fetched (`media_pending`).", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "It cannot be had any more (`media_gone`).", body = Problem, content_type = "application/problem+json"),
    (status = 416, description = "It has no such part. `Content-Range` says how long it is.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_media_content(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<MediaId>,
    request: Request<Body>,
) -> Answer<Response> {
    let (stored, path) = media::open(&server.app, &caller, id).await?;
    let Ok(served) = ServeFile::new(path).oneshot(request).await;
    if served.status() == StatusCode::NOT_FOUND {
        tracing::error!(media = %id, "a stored file is missing on disk");
        return Err(Problem::internal());
    }
    if served.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        let detail = "The file has no such part: it ends before it.";
        let mut refused = Problem::new(served.status(), "range_not_satisfiable", detail).into_response();
        if let Some(size) = served.headers().get(CONTENT_RANGE) {
            refused.headers_mut().insert(CONTENT_RANGE, size.clone());
        }
        return Ok(refused);
    }
    let mut response = served.map(Body::new).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, served_as(&stored.mime));
    // Somebody else wrote it: a browser may show it in a page of ours, but never opens it as a page.
    headers.insert(CONTENT_DISPOSITION, disposition(stored.file_name.as_deref()));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=86400, immutable"),
    );
    // Compressing would change the bytes that `Range` counts.
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    Ok(response)
}

/// A type without what follows it. Types have no case.
fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn header(headers: &HeaderMap, name: &axum::http::HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// Pictures that are nothing but pictures: SVG can carry scripts.
const PICTURES: [&str; 9] = ["jpeg", "jpg", "png", "gif", "webp", "avif", "bmp", "heic", "heif"];

/// The type a file is served as: its own where browsers show or play it and can do nothing else with it. Whoever sent it
/// chose the type.
fn served_as(mime: &str) -> HeaderValue {
    let essence = essence(mime);
    let is_harmless = match essence.split_once('/') {
        Some(("audio" | "video", _)) => true,
        Some(("image", kind)) => PICTURES.contains(&kind),
        Some(_) => essence == "application/pdf",
        None => false,
    };
    let own = HeaderValue::from_str(mime).ok().filter(|_| is_harmless);
    own.unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// `attachment`, with the name as RFC 8187 writes it.
fn disposition(name: Option<&str>) -> HeaderValue {
    let attachment = HeaderValue::from_static("attachment");
    let Some(name) = name else { return attachment };
    let encoded: String = without_turns(name)
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}")).unwrap_or(attachment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_do_no_harm_is_served_as_what_it_says_it_is() {
        for own in [
            "image/png",
            "IMAGE/JPEG",
            "audio/ogg; codecs=opus",
            "video/mp4",
            "application/pdf",
        ] {
            assert_eq!(served_as(own), own);
        }
        for other in [
            "image/svg+xml",
            "image/svg+xml; charset=utf-8",
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/javascript",
            "image",
            "",
            "image/png\r\nx: y",
        ] {
            assert_eq!(served_as(other), "application/octet-stream", "{other}");
        }
    }

    #[test]
    fn names_of_files_cannot_break_out_of_the_header() {
        assert_eq!(disposition(None), "attachment");
        assert_eq!(disposition(Some("a b.pdf")), "attachment; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            disposition(Some("\"\r\né")),
            "attachment; filename*=UTF-8''%22%0D%0A%C3%A9"
        );
        let disguised = disposition(Some("a\u{202e}fdp.exe"));
        assert_eq!(disguised, "attachment; filename*=UTF-8''afdp.exe");
    }
}
