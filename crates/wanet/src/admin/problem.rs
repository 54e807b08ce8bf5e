//! What is wrong with a request, after RFC 9457, and how the description of the interface tells it.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};

use crate::error::Error;

const JSON: &str = "application/problem+json";

/// What is wrong with a request, after RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The HTTP status once more.
    status: u16,
    /// What kind of problem, in a few words.
    title: &'static str,
    /// What exactly is wrong, and where.
    detail: String,
    /// Which field of the request is meant.
    field: Option<String>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, title: &'static str, field: &str, why: &str) -> Self {
        Self {
            status: status.as_u16(),
            title,
            detail: format!("{field}: {why}"),
            field: Some(field.to_owned()),
        }
    }

    /// A field is wrong.
    pub(super) fn wrong(field: &str, why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request is wrong", field, why)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Invalid { field, why } => Self::wrong(field, why),
            Error::NotFound { field, why } => Self::new(StatusCode::NOT_FOUND, "There is no such thing", field, why),
            Error::Conflict { field, why } => Self::new(StatusCode::CONFLICT, "That cannot be done now", field, why),
            Error::Handshake(_) | Error::Signal(_) | Error::Io { .. } => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
                title: "The network failed",
                detail: error.to_string(),
                field: None,
            },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("a problem is made with a status");
        let body = serde_json::to_vec(&self).expect("a problem has a JSON form");
        (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
    }
}

/// Nothing is at this path.
pub(crate) async fn no_such_path(uri: Uri) -> Response {
    let why = format!("nothing is at {}", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "There is no such thing", "path", &why).into_response()
}

/// Something is at this path, for other methods.
pub(super) async fn no_such_method(method: Method) -> Problem {
    let why = format!("{method} is not for this path; Allow says which are");
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "The path has no such method",
        "method",
        &why,
    )
}

/// Writes into the description which problems each request can have.
pub(super) fn describe(api: &mut OpenApi) {
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            describe_operation(operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn describe_operation(operation: &mut Operation) {
    let mut told = Vec::new();
    if operation.request_body.is_some() {
        told.push(("413", "The body is larger than 64 MiB"));
        told.push(("415", "The body is sent as something else"));
    }
    if operation.request_body.is_some() || operation.parameters.is_some() {
        told.push(("400", "The request is wrong"));
    }
    let responses = &mut operation.responses.responses;
    if responses.contains_key("404") {
        told.push(("404", "There is no such thing"));
    }
    if responses.contains_key("409") {
        told.push(("409", "That cannot be done now"));
    }
    for (status, words) in told {
        let content = ContentBuilder::new()
            .schema(Some(RefOr::<utoipa::openapi::Schema>::Ref(Ref::from_schema_name(
                "Problem",
            ))))
            .build();
        let response = ResponseBuilder::new().description(words).content(JSON, content).build();
        responses.insert(status.to_owned(), RefOr::T(response));
    }
}
