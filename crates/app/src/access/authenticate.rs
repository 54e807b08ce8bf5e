//! From a key or a browser's token to a [`Caller`].

use std::sync::Arc;

use pesan_store::{api_key, browser_session};

use super::{Caller, Principal, token};
use crate::context::App;
use crate::error::{Error, Result};

/// What a request shows.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    /// `Authorization: Bearer …`
    Key(&'a str),
    /// The cookie of a browser.
    Session(&'a str),
}

/// Who this is. Revoked credentials are refused at once on this node and within five seconds on others.
pub async fn authenticate(app: &Arc<App>, credentials: Credentials<'_>, ip: Option<String>) -> Result<Caller> {
    let hash = match credentials {
        Credentials::Key(key) if !token::is_key(key) => return Err(Error::Unauthenticated),
        Credentials::Key(text) | Credentials::Session(text) => token::hash(text),
    };
    let now = app.clock.monotonic();
    if let Some(caller) = app.access.callers.find(&hash, now) {
        return Ok(Caller { ip, ..caller });
    }
    let generation = app.access.callers.generation();
    let caller = match credentials {
        Credentials::Key(_) => find_key(app, hash).await?,
        Credentials::Session(_) => find_session(app, hash).await?,
    };
    app.access.callers.remember(hash, caller.clone(), generation, now);
    Ok(Caller { ip, ..caller })
}

/// Whether this caller would be let in with the same rights now. Asks the database, and unlike a request it neither
/// notes a key as used nor lets a log-in live longer: an open page is not a person who does something.
pub(crate) async fn still_holds(app: &Arc<App>, caller: &Caller) -> Result<bool> {
    let (organization_id, session, now) = (caller.organization_id, caller.session, app.clock.now());
    let permissions = match (caller.principal, session) {
        (Principal::System, _) => return Ok(true),
        (Principal::Key(id), _) => app
            .store
            .read(move |tx| Box::pin(async move { api_key::find(tx, organization_id, id).await }))
            .await?
            .map(|key| key.scopes),
        (Principal::User(_), Some(session)) => app
            .store
            .read(move |tx| Box::pin(async move { browser_session::find(tx, &session, now).await }))
            .await?
            .map(|(user, _)| Caller::permissions_of(user.role)),
        (Principal::User(_), None) => None,
    };
    Ok(permissions.is_some_and(|permissions| permissions == caller.permissions))
}

async fn find_key(app: &Arc<App>, hash: [u8; 32]) -> Result<Caller> {
    let found = app
        .store
        .read(move |tx| Box::pin(async move { api_key::find_by_hash(tx, &hash).await }))
        .await?;
    let (organization_id, key) = found.ok_or(Error::Unauthenticated)?;
    let now = app.clock.now();
    // To the minute, so that a busy key costs one write a minute.
    if key.last_used_at.is_none_or(|used| used.secs() / 60 < now.secs() / 60) {
        let id = key.id;
        let touched = app
            .store
            .write(move |tx| Box::pin(async move { api_key::touch(tx, organization_id, id, now).await }))
            .await;
        log_unnoted(touched);
    }
    Ok(Caller {
        organization_id,
        principal: Principal::Key(key.id),
        permissions: key.scopes,
        ip: None,
        session: None,
    })
}

async fn find_session(app: &Arc<App>, hash: [u8; 32]) -> Result<Caller> {
    let now = app.clock.now();
    let found = app
        .store
        .read(move |tx| Box::pin(async move { browser_session::find(tx, &hash, now).await }))
        .await?;
    let (user, expires_at) = found.ok_or(Error::Unauthenticated)?;
    // A session that is used lives longer, but that is written down seldom and not with every request.
    let idle = app.settings.limits.session_idle;
    if expires_at.since(now) < idle.saturating_sub(idle / 30) {
        let extended = app
            .store
            .write(move |tx| Box::pin(async move { browser_session::extend(tx, &hash, now.plus(idle)).await }))
            .await;
        log_unnoted(extended);
    }
    Ok(Caller {
        organization_id: user.organization_id,
        principal: Principal::User(user.id),
        permissions: Caller::permissions_of(user.role),
        ip: None,
        session: Some(hash),
    })
}

/// That somebody was here is noted when it can be. Whoever only wants to read is let in on a full disk too.
fn log_unnoted(noted: Result<(), pesan_store::Error>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "could not note that a key or a session was used");
    }
}
