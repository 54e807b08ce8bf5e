//! The first start: whoever has the link that was printed becomes the owner.

use std::sync::Arc;

use pesan_model::Flaw;
use pesan_store::{setting, user};

use super::log_in::{LoggedIn, open_session};
use super::organizations::Founding;
use super::token;
use super::users::NewUser;
use crate::context::App;
use crate::error::{Error, Result};

const SETTING: &str = "setup_token_hash";

/// Whether nobody can log in yet.
pub async fn needs_owner(app: &Arc<App>) -> Result<bool> {
    Ok(app
        .store
        .read(|tx| Box::pin(async move { user::is_empty(tx).await }))
        .await?)
}

/// Whether the database answers and takes what is written. While the last write was refused this tries one; otherwise it
/// only reads.
pub async fn check_database(app: &Arc<App>) -> Result<()> {
    if app.store.refuses_writes() {
        app.store.try_writing().await?;
    }
    needs_owner(app).await.map(drop)
}

/// A new one-time token for the link, when there is no owner yet. Earlier links are void.
pub async fn issue_token(app: &Arc<App>) -> Result<Option<String>> {
    if !needs_owner(app).await? {
        return Ok(None);
    }
    let token = token::generate(&*app.random);
    let hash = stored(&token);
    app.store
        .write(move |tx| Box::pin(async move { setting::set(tx, SETTING, &hash).await }))
        .await?;
    Ok(Some(token))
}

/// Makes the organization and its owner, and logs the owner in. Works once.
pub async fn create_owner(
    app: &Arc<App>,
    setup_token: &str,
    organization: &str,
    owner: NewUser,
    ip: Option<String>,
) -> Result<LoggedIn> {
    let hash = stored(setup_token);
    // Looked at before the password is hashed, so that strangers cannot make us work.
    let expected = app
        .store
        .read(|tx| Box::pin(async move { setting::find(tx, SETTING).await }))
        .await?;
    if !needs_owner(app).await? {
        return Err(done());
    }
    if expected.as_ref() != Some(&hash) {
        return Err(Error::field("/token", Flaw::WrongSetupToken));
    }
    let founding = Founding::prepare(app, organization, owner).await?;
    let user = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if !setting::take(tx, SETTING, &hash).await? || !user::is_empty(tx).await? {
                    return Err(done());
                }
                founding.insert(tx).await
            })
        })
        .await?;
    let token = open_session(app, &user, ip).await?;
    Ok(LoggedIn { user, token })
}

fn stored(setup_token: &str) -> String {
    hex::encode(token::hash(setup_token))
}

fn done() -> Error {
    Error::Conflict {
        code: "already_set_up",
        detail: "there is an owner already; log in instead".to_owned(),
    }
}
