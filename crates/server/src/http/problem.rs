//! What went wrong, as `application/problem+json` (RFC 9457). The one place that turns errors into answers.

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pesan_app::{Error, FieldError};
use pesan_model::account::Account;
use pesan_model::{AccountId, AccountState, Flaw, codes};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// Short for a handler's answer.
pub(crate) type Answer<T> = Result<T, Problem>;

const SOON: Duration = Duration::from_secs(5);

/// Every code of a problem. The tests of the web app ask for a text for each.
const CODES: [&str; 57] = [
    "already_exists",
    "already_set_up",
    "being_sent",
    "changed_meanwhile",
    "cross_site",
    "database_unavailable",
    "deleted",
    "disk_unavailable",
    "email_taken",
    "forbidden",
    "idempotency_key_reused",
    "internal",
    "invalid",
    "invitation_void",
    "key_taken",
    "last_owner",
    "log_in_failed",
    "mail_not_set_up",
    "malformed_form",
    "malformed_json",
    "media_gone",
    "media_pending",
    "method_not_allowed",
    "no_qr",
    "not_a_person",
    "not_a_voice_note",
    "not_cancelled",
    "not_failed",
    "not_found",
    "not_linked",
    "not_queued",
    "not_running",
    "nothing_to_scan",
    "range_not_satisfiable",
    "remote_link_void",
    "same_person",
    "session_disconnected",
    "shortcut_taken",
    "shutting_down",
    "still_refused",
    "tag_exists",
    "team_exists",
    "timeout",
    "too_large",
    "too_many_fields",
    "too_many_quick_replies",
    "too_many_requests",
    "too_many_retries",
    "too_many_tags",
    "too_many_teams",
    "too_many_webhooks",
    "unauthenticated",
    "unreadable_body",
    "unsupported_media_type",
    "webhook_disabled",
    "whatsapp_failed",
    "whatsapp_unavailable",
];

fn code_schema() -> RefOr<Schema> {
    codes::schema(CODES, &[])
}

/// Why a request was not done (RFC 9457). Programs look at `code`, also of each wrong field; people read `detail`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status and the code say all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// A sentence for people.
    detail: String,
    /// Stable, for programs.
    #[schema(schema_with = code_schema)]
    code: &'static str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<WrongField>,
    /// The account that is in the way, what it is doing, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Box<AccountHint>>,
    /// In whole seconds, rounded up: who comes back then finds it open.
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// A wrong field of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct WrongField {
    /// Which: a JSON pointer into the body (`/text/body`), or `#query/limit`, `#header/Idempotency-Key`.
    pointer: String,
    #[serde(flatten)]
    flaw: Flaw,
    /// What is wrong with it, in words: they go on after the name of the field.
    detail: String,
}

/// An account that is in the way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AccountHint {
    id: AccountId,
    state: AccountState,
    /// What to do.
    advice: String,
}

impl Problem {
    /// A problem with a code of its own.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            account: None,
            retry_after: None,
        }
        .later_if_unavailable()
    }

    /// One wrong field.
    pub(crate) fn field(pointer: impl Into<String>, flaw: impl Into<Flaw>) -> Self {
        Error::field(pointer, flaw).into()
    }

    /// More bytes than are taken.
    pub(crate) fn too_large(pointer: &str, max_bytes: u64, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail);
        problem.errors = vec![WrongField::from(FieldError {
            pointer: pointer.to_owned(),
            flaw: Flaw::FileTooLarge { max_bytes },
        })];
        problem
    }

    /// There is nothing at this address.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    /// Adds the account that is in the way.
    #[must_use]
    pub(crate) fn about(mut self, account: &Account) -> Self {
        self.account = Some(Box::new(AccountHint {
            id: account.id,
            state: account.state,
            advice: account.advice.clone(),
        }));
        self
    }

    /// Whether this is the problem with this code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code == code
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Whether the same request may be done when it comes later.
    pub(crate) fn passes(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS.as_u16() || self.status >= 500
    }

    /// Whatever cannot be had now may be had soon.
    fn later_if_unavailable(self) -> Self {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            self.later(SOON)
        } else {
            self
        }
    }

    fn later(mut self, retry_after: Duration) -> Self {
        let secs = retry_after.as_millis().div_ceil(1000).max(1);
        self.retry_after = Some(u32::try_from(secs).unwrap_or(u32::MAX));
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            Error::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            Error::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail),
            Error::LogInFailed => Self::new(StatusCode::UNAUTHORIZED, "log_in_failed", detail),
            Error::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            Error::Invalid(fields) => {
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail);
                problem.errors = fields.into_iter().map(WrongField::from).collect();
                problem
            }
            // The draft of the header says 422 for this one.
            Error::Conflict {
                code: code @ "idempotency_key_reused",
                ..
            } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail),
            Error::Conflict { code, .. } => Self::new(StatusCode::CONFLICT, code, detail),
            Error::Gone { code, .. } => Self::new(StatusCode::GONE, code, detail),
            Error::TooMany { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).later(retry_after)
            }
            Error::TooLarge { limit_bytes } => Self::too_large("/file", limit_bytes, detail),
            Error::Unavailable { code, .. } => Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail),
            Error::Internal { action, source } => {
                tracing::error!(action, error = %chain(&*source), "a request failed by a fault of ours");
                Self::internal()
            }
        }
    }
}

impl Problem {
    /// A fault of ours, which was logged where it happened.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here. The log of the server says what.",
        )
    }
}

impl From<FieldError> for WrongField {
    fn from(field: FieldError) -> Self {
        Self {
            pointer: field.pointer,
            detail: field.flaw.to_string(),
            flaw: field.flaw,
        }
    }
}

/// Use cases say it in lower case without a full stop, as part of something; on its own it is a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let capital = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect());
    let mut text: String = capital.unwrap_or_default();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(secs) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_sentences() {
        assert_eq!(sentence("account not found"), "Account not found.");
        assert_eq!(sentence("Already one."), "Already one.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn every_error_has_its_status() {
        let conflict = |code| Error::Conflict {
            code,
            detail: "x".to_owned(),
        };
        let cases = [
            (Error::NotFound { what: "account" }, 404),
            (Error::Unauthenticated, 401),
            (Error::LogInFailed, 401),
            (Error::Forbidden("accounts:read"), 403),
            (Error::field("/name", Flaw::Required), 422),
            (conflict("last_owner"), 409),
            (conflict("idempotency_key_reused"), 422),
            (
                Error::Gone {
                    code: "media_gone",
                    detail: "x".to_owned(),
                },
                410,
            ),
            (
                Error::TooMany {
                    retry_after: Duration::from_millis(1500),
                },
                429,
            ),
            (Error::TooLarge { limit_bytes: 1 }, 413),
            (
                Error::Unavailable {
                    code: "x",
                    detail: "x".to_owned(),
                },
                503,
            ),
            (Error::internal("do it", "secret"), 500),
        ];
        for (error, status) in cases {
            let text = format!("{error:?}");
            let response = Problem::from(error).into_response();
            assert_eq!(response.status(), status, "{text}");
            assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                matches!(status, 429 | 503)
            );
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), status == 401);
        }
    }

    #[test]
    fn a_fault_of_ours_says_nothing_about_its_cause() {
        let problem = Problem::from(Error::internal("do it", "secret path"));
        assert!(!serde_json::to_string(&problem).expect("serializes").contains("secret"));
    }
}
