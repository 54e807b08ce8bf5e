//! Accounts: the connected WhatsApp numbers.

use axum::Json as JsonBody;
use axum::extract::State;
use axum::http::StatusCode;
use pesan_app::accounts::{self, AccountChange, NewAccount};
use pesan_model::account::{Account, AccountActivity, NumberStatus, StateChange};
use pesan_model::chat::Contact;
use pesan_model::pacing::Pacing;
use pesan_model::patch::{given, present};
use pesan_model::{AccountId, Phone, TeamId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Made;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::{Create, Json, NoBody, Path, Query, REPEATABLE};
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts, create_account))
        .routes(routes!(list_account_activity))
        .routes(routes!(get_account, update_account, delete_account))
        .routes(routes!(connect_account))
        .routes(routes!(pause_account))
        .routes(routes!(log_out_account))
        .routes(routes!(list_account_history))
        .routes(routes!(get_contact_by_phone))
        .routes(routes!(check_number))
        .routes(routes!(get_picture))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccountBody {
    /// What people call it.
    name: String,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedAccount {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// How fast it may send; null turns pacing off.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Pacing>)]
    #[expect(clippy::option_option, reason = "left out, null and a value are three things")]
    pacing: Option<Option<Pacing>>,
    /// Who looks after chats that begin on it from now on; null for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    #[expect(clippy::option_option, reason = "left out, null and a value are three things")]
    assignee_id: Option<Option<UserId>>,
    /// The team that they belong to; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<TeamId>)]
    #[expect(clippy::option_option, reason = "left out, null and a value are three things")]
    team_id: Option<Option<TeamId>>,
}

/// Where a picture is.
#[derive(Serialize, ToSchema)]
struct Picture {
    /// At WhatsApp, for a while; null when there is none or it is hidden.
    #[schema(required = true)]
    url: Option<String>,
}

/// Lists the accounts, oldest first.
#[utoipa::path(get, path = "/v1/accounts", tag = "accounts", operation_id = "listAccounts", params(PageQuery),
    responses((status = 200, description = "A page of accounts.", body = Page<Account>)))]
async fn list_accounts(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<Account>>> {
    let found = accounts::list(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |account| account.id.to_string())?))
}

/// Lists what goes over the accounts and how steadily they are connected, oldest account first.
#[utoipa::path(get, path = "/v1/accounts/activity", tag = "accounts", operation_id = "listAccountActivity",
    params(PageQuery), responses((status = 200, description = "A page.", body = Page<AccountActivity>)))]
async fn list_account_activity(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<AccountActivity>>> {
    let found = accounts::activity(&server.app, &caller, query.after()?, query.fetch()?).await?;
    Ok(JsonBody(query.page(found, |activity| activity.account_id.to_string())?))
}

/// Makes an account. Connect it next.
#[utoipa::path(post, path = "/v1/accounts", tag = "accounts", operation_id = "createAccount",
    request_body = NewAccountBody,
    params(("Idempotency-Key" = Option<String>, Header, description = REPEATABLE)), responses(
    (status = 201, description = "The account.", body = Account),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn create_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    request: Create<NewAccountBody>,
) -> Answer<Made<Account>> {
    let new = NewAccount::named(request.body.name);
    let created = accounts::create(&server.app, &caller, new, request.idempotency).await?;
    Ok(Made {
        status: StatusCode::CREATED,
        location: format!("/v1/accounts/{}", created.account.id),
        is_replayed: created.is_replay,
        body: created.account,
    })
}

/// Shows an account.
#[utoipa::path(get, path = "/v1/accounts/{id}", tag = "accounts", operation_id = "getAccount",
    params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The account.", body = Account),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
) -> Answer<JsonBody<Account>> {
    Ok(JsonBody(accounts::get(&server.app, &caller, id).await?))
}

/// Renames an account, changes how fast it may send, or says to whom chats are given that begin on it.
#[utoipa::path(patch, path = "/v1/accounts/{id}", tag = "accounts", operation_id = "updateAccount",
    request_body = ChangedAccount, params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The account as it is now.", body = Account),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn update_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    Json(body): Json<ChangedAccount>,
) -> Answer<JsonBody<Account>> {
    let change = AccountChange {
        name: body.name,
        pacing: body.pacing,
        assignee_id: body.assignee_id,
        team_id: body.team_id,
    };
    Ok(JsonBody(accounts::update(&server.app, &caller, id, change).await?))
}

/// Unlinks and deletes an account with its chats and messages.
#[utoipa::path(delete, path = "/v1/accounts/{id}", tag = "accounts", operation_id = "deleteAccount",
    params(("id" = AccountId, Path)), responses(
    (status = 204, description = "Deleted."),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn delete_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
) -> Answer<StatusCode> {
    accounts::delete(&server.app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Connects an account, or shows a QR code when it is not linked.
#[utoipa::path(post, path = "/v1/accounts/{id}/connect", tag = "accounts", operation_id = "connectAccount",
    params(("id" = AccountId, Path)), responses(
    (status = 202, description = "It is being connected.", body = Account),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn connect_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    _: NoBody,
) -> Answer<(StatusCode, JsonBody<Account>)> {
    let account = accounts::connect(&server.app, &caller, id).await?;
    Ok((StatusCode::ACCEPTED, JsonBody(account)))
}

/// Disconnects an account until somebody connects it. It stays linked.
#[utoipa::path(post, path = "/v1/accounts/{id}/pause", tag = "accounts", operation_id = "pauseAccount",
    params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The account as it is now.", body = Account),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn pause_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    _: NoBody,
) -> Answer<JsonBody<Account>> {
    Ok(JsonBody(accounts::pause(&server.app, &caller, id).await?))
}

/// Unlinks an account from its phone.
#[utoipa::path(post, path = "/v1/accounts/{id}/logout", tag = "accounts", operation_id = "logOutAccount",
    params(("id" = AccountId, Path)), responses(
    (status = 200, description = "The account as it is now.", body = Account),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is not linked.", body = Problem, content_type = "application/problem+json"),
))]
async fn log_out_account(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    _: NoBody,
) -> Answer<JsonBody<Account>> {
    Ok(JsonBody(accounts::logout(&server.app, &caller, id).await?))
}

/// Lists what states an account was in, newest first.
#[utoipa::path(get, path = "/v1/accounts/{id}/history", tag = "accounts", operation_id = "listAccountHistory",
    params(("id" = AccountId, Path), PageQuery), responses(
    (status = 200, description = "A page of states.", body = Page<StateChange>),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
))]
async fn list_account_history(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path(id): Path<AccountId>,
    Query(query): Query<PageQuery>,
) -> Answer<JsonBody<Page<StateChange>>> {
    let found = accounts::history(&server.app, &caller, id, query.after()?, query.fetch()?).await?;
    let page = query.page(found, |(key, _)| key.to_string())?;
    Ok(JsonBody(page.map(|(_, change)| change)))
}

/// Shows the person with this number.
#[utoipa::path(get, path = "/v1/accounts/{id}/contacts/{phone}", tag = "contacts", operation_id = "getContactByPhone",
    params(("id" = AccountId, Path), ("phone" = String, Path, description = "With or without the plus.")), responses(
    (status = 200, description = "The person.", body = Contact),
    (status = 404, description = "There is no such account or person.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_contact_by_phone(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path((id, phone)): Path<(AccountId, String)>,
) -> Answer<JsonBody<Contact>> {
    let phone = read_phone(&phone)?;
    Ok(JsonBody(
        pesan_app::contacts::find_by_phone(&server.app, &caller, id, &phone).await?,
    ))
}

/// Says whether a number is on WhatsApp.
#[utoipa::path(get, path = "/v1/accounts/{id}/contacts/{phone}/check", tag = "contacts", operation_id = "checkNumber",
    params(("id" = AccountId, Path), ("phone" = String, Path, description = "With or without the plus.")), responses(
    (status = 200, description = "Whether it is.", body = NumberStatus),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The account is not connected.", body = Problem, content_type = "application/problem+json"),
))]
async fn check_number(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path((id, phone)): Path<(AccountId, String)>,
) -> Answer<JsonBody<NumberStatus>> {
    let phone = read_phone(&phone)?;
    Ok(JsonBody(
        accounts::check_number(&server.app, &caller, id, &phone).await?,
    ))
}

/// Says where the profile picture of a number is.
#[utoipa::path(get, path = "/v1/accounts/{id}/contacts/{phone}/picture", tag = "contacts", operation_id = "getPicture",
    params(("id" = AccountId, Path), ("phone" = String, Path, description = "With or without the plus.")), responses(
    (status = 200, description = "Where it is.", body = Picture),
    (status = 404, description = "There is no such account.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The account is not connected.", body = Problem, content_type = "application/problem+json"),
))]
async fn get_picture(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Path((id, phone)): Path<(AccountId, String)>,
) -> Answer<JsonBody<Picture>> {
    let phone = read_phone(&phone)?;
    let url = accounts::profile_picture(&server.app, &caller, id, &phone).await?;
    Ok(JsonBody(Picture { url }))
}

fn read_phone(text: &str) -> Answer<Phone> {
    text.parse()
        .map_err(|error: pesan_model::address::AddressError| Problem::field("#path/phone", error))
}
