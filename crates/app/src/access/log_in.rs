//! Logging in and out with a browser.

use std::sync::Arc;

use pesan_model::access::User;
use pesan_store::{browser_session, user};

use super::audit::Note;
use super::{Caller, Principal, token};
use crate::context::App;
use crate::error::{Error, Result};

/// Longer passwords are not looked at.
const MAX_PASSWORD: usize = 4096;

/// A fresh log-in.
pub struct LoggedIn {
    /// Who.
    pub user: User,
    /// For the cookie; not stored.
    pub token: String,
}

/// Logs somebody in. `ip` is where the request comes from.
pub async fn log_in(app: &Arc<App>, email: &str, password: String, ip: Option<String>) -> Result<LoggedIn> {
    // Nobody has such a password, and hashing a megabyte is work for nothing.
    if password.len() > MAX_PASSWORD {
        return Err(Error::LogInFailed);
    }
    let email = super::users::normal_email(email);
    let from = ip.clone().unwrap_or_default();
    app.access
        .attempts
        .take(&from, &email, app.clock.now())
        .map_err(|retry_after| Error::TooMany { retry_after })?;
    let asked = email.clone();
    let found = app
        .store
        .read(move |tx| Box::pin(async move { user::find_for_log_in(tx, &asked).await }))
        .await?;
    let (user, hash) = found.unzip();
    let is_right = app.access.passwords.is_right(password, hash, &*app.random).await?;
    let (Some(user), true) = (user, is_right) else {
        metrics::counter!("pesan_log_ins_failed_total").increment(1);
        return Err(Error::LogInFailed);
    };
    app.access.attempts.forget(&from, &email);
    let token = open_session(app, &user, ip).await?;
    Ok(LoggedIn { user, token })
}

/// Opens a browser session and returns its token.
pub(super) async fn open_session(app: &Arc<App>, user: &User, ip: Option<String>) -> Result<String> {
    let token = token::generate(&*app.random);
    let hash = token::hash(&token);
    let (id, now) = (user.id, app.clock.now());
    let caller = Caller {
        organization_id: user.organization_id,
        principal: Principal::User(id),
        permissions: Vec::new(),
        ip,
        session: None,
    };
    let note = Note::new(app, &caller, "user.log_in", Some(id.to_string()));
    let idle = app.settings.limits.session_idle;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                browser_session::delete_expired(tx, now).await?;
                browser_session::insert(tx, &hash, id, now, now.plus(idle)).await?;
                note.append(tx).await
            })
        })
        .await?;
    Ok(token)
}

/// Ends the browser session with this token.
pub async fn log_out(app: &Arc<App>, caller: &Caller, token: &str) -> Result<()> {
    let hash = token::hash(token);
    let target = match caller.principal {
        Principal::User(id) => Some(id.to_string()),
        Principal::Key(_) | Principal::System => None,
    };
    let note = Note::new(app, caller, "user.log_out", target);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                browser_session::delete(tx, &hash).await?;
                note.append(tx).await
            })
        })
        .await?;
    app.access.callers.clear();
    Ok(())
}
