//! Phones of the simulated network, for whoever tries Pesan in a browser: they are made, and write to an account.
//!
//! Only builds with the feature `sandbox` have this, and only where the network runs in this process (`pesan demo`). It is
//! no part of the API: nothing but the banner of the web app asks for it.

use std::sync::Arc;

use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Extension, Json as JsonBody, Router};
use pesan_app::accounts;
use pesan_model::{AccountId, Flaw, Permission};
use serde::{Deserialize, Serialize};
use wanet::{Network, NewPhone};

use super::auth::{self, Auth};
use super::extract::Json;
use super::problem::{Answer, Problem};
use super::{Server, Shared, router_with};

/// Numbers of phones that are made here begin like this; three digits follow. They are nobody's.
const NUMBERS: &str = "6280000007";
/// Most characters of what a phone writes.
const MAX_TEXT: usize = 4_096;
/// Most characters of its name.
const MAX_NAME: usize = 60;

/// Everything the server answers, with the phones of this network.
pub fn router(server: Server, network: Arc<Network>) -> Router {
    router_with(server, |server| {
        Router::new()
            .route("/sandbox/phones", get(list).post(write))
            .route_layer(from_fn_with_state(server.clone(), auth::require_caller))
            .route_layer(from_fn(auth::refuse_other_sites))
            .layer(Extension(network))
    })
}

/// A phone that writes.
#[derive(Serialize)]
struct Phone {
    /// Its number, digits only.
    phone: String,
    /// The name it shows.
    name: String,
}

/// What a phone writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    /// To which account.
    account_id: AccountId,
    /// From which phone; a new one when it is left out.
    phone: Option<String>,
    /// The name of a new phone.
    name: Option<String>,
    text: String,
}

/// Lists the phones that were made here.
async fn list(Auth(caller): Auth, Extension(network): Extension<Arc<Network>>) -> Answer<JsonBody<Vec<Phone>>> {
    caller.require(Permission::AccountsRead)?;
    Ok(JsonBody(made(&network)))
}

/// Lets a phone write to an account, and makes it first where none is named.
async fn write(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Extension(network): Extension<Arc<Network>>,
    Json(letter): Json<Letter>,
) -> Answer<JsonBody<Phone>> {
    caller.require(Permission::MessagesSend)?;
    let account = accounts::get(&server.app, &caller, letter.account_id).await?;
    let Some(to) = account.phone else {
        return Err(pesan_app::Error::Conflict {
            code: "not_linked",
            detail: "this account is linked with no phone yet, so nobody can write to it".to_owned(),
        }
        .into());
    };
    if letter.text.trim().is_empty() {
        return Err(Problem::field("/text", Flaw::Empty));
    }
    for (pointer, text, max) in [
        ("/text", Some(&letter.text), MAX_TEXT),
        ("/name", letter.name.as_ref(), MAX_NAME),
    ] {
        if text.is_some_and(|text| text.chars().count() > max) {
            return Err(Problem::field(pointer, Flaw::TooLong { max, length: None }));
        }
    }
    let known = made(&network);
    let phone = match letter.phone {
        Some(number) => {
            let found = known.into_iter().find(|phone| phone.phone == number);
            found.ok_or_else(|| Problem::field("/phone", Flaw::NotAPhoneNumber))?
        }
        None => make(&network, letter.name)?,
    };
    let sent = network.phone_send_text(&phone.phone, &to, &letter.text);
    sent.map_err(|_| Problem::internal())?;
    Ok(JsonBody(phone))
}

/// The phones that were made here.
fn made(network: &Network) -> Vec<Phone> {
    let phones = network.phones().into_iter();
    let made = phones.filter(|phone| phone.phone.starts_with(NUMBERS));
    made.map(|phone| Phone {
        phone: phone.phone,
        name: phone.push_name,
    })
    .collect()
}

/// A new phone, with the first number that is free.
fn make(network: &Network, name: Option<String>) -> Answer<Phone> {
    let free = (1..1_000)
        .map(|number| format!("{NUMBERS}{number:03}"))
        .find(|number| network.phone(number).is_err());
    let phone = free.ok_or_else(Problem::internal)?;
    let new = NewPhone {
        phone,
        push_name: name,
        ..NewPhone::default()
    };
    let made = network.add_phone(&new).map_err(|_| Problem::internal())?;
    Ok(Phone {
        phone: made.phone,
        name: made.push_name,
    })
}
