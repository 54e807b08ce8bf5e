//! Links by which somebody far away links an account: a page without a log-in that shows its QR code.
//!
//! A link works for ten minutes, for the first browser that opens it, and until the account is linked. It shows the
//! account's name, where linking stands and the code, and can ask for a new code; nothing else can be done with it.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::remote_link::{RemoteLink, RemoteLinkState};
use pesan_model::{AccountId, AccountState, OrganizationId, Permission, RemoteLinkId, Timestamp};
use pesan_store::remote_link::{self, Ending, FoundLink};
use pesan_store::{Tx, account, api_key, user};

use super::audit::Note;
use super::{Caller, Principal, audit, token};
use crate::accounts;
use crate::connections::QrCode;
use crate::context::App;
use crate::error::{Error, Result};
use crate::idempotency::{IdempotencyKey, once};

/// How long a link works.
const LIFE: Duration = Duration::from_mins(10);

/// A link that was just made.
pub struct CreatedLink {
    /// What is stored of it.
    pub link: RemoteLink,
    /// The link itself. It is shown this once; none when an earlier request made it.
    pub url: Option<String>,
}

/// Who has a link, as far as they show it.
pub struct Visitor<'a> {
    /// What stands behind the `#` of the link.
    pub token: &'a str,
    /// What the browser got when it opened the link.
    pub browser: Option<&'a str>,
    /// From which network address.
    pub ip: Option<String>,
}

/// What whoever has a link sees.
pub struct Seen {
    /// The name of the account.
    pub account_name: String,
    /// Where linking stands.
    pub state: RemoteLinkState,
    /// The code that waits for a phone.
    pub qr: Option<QrCode>,
    /// The link works until then.
    pub expires_at: Timestamp,
    /// For the cookie of a browser that opened the link just now; not stored.
    pub browser: Option<String>,
}

/// Makes a link for an account that is to be linked. Earlier ones no longer work.
///
/// # Errors
/// [`Error::Conflict`] with the code `nothing_to_scan` when the account shows no code unless something else is done first.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    account_id: AccountId,
    idempotency: Option<IdempotencyKey>,
) -> Result<CreatedLink> {
    caller.require(Permission::AccountsConnect)?;
    let now = app.clock.now();
    let link = RemoteLink {
        id: RemoteLinkId::new(&*app.clock, &*app.random),
        account_id,
        created_at: now,
        expires_at: now.plus(LIFE),
        opened_at: None,
    };
    let token = token::generate(&*app.random);
    // Behind the `#`, so that it is in no log of a server in between and in no header of the browser.
    let url = format!("{}/link#{token}", app.settings.public_url);
    let note = Note::new(app, caller, "remote_link.create", Some(account_id.to_string()));
    let caller = caller.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization = caller.organization_id;
                let made = (link.id.uuid(), now);
                if let Some(earlier) = once(tx, &caller, "create_remote_link", idempotency.as_ref(), made).await? {
                    return Ok(CreatedLink {
                        link: remote_link::get(tx, organization, earlier.into()).await?,
                        url: None,
                    });
                }
                let account = account::get(tx, organization, account_id).await?;
                if !is_to_be_linked(account.state) {
                    return Err(Error::Conflict {
                        code: "nothing_to_scan",
                        detail: format!("the account is {} and shows no QR code", account.state.name()),
                    });
                }
                remote_link::end_all(tx, organization, account_id, (Ending::Revoked, now)).await?;
                let maker = match caller.principal {
                    Principal::User(id) => (Some(id), None),
                    Principal::Key(id) => (None, Some(id)),
                    Principal::System => (None, None),
                };
                remote_link::insert(tx, organization, (&link, &token::hash(&token)), maker).await?;
                note.append(tx).await?;
                Ok(CreatedLink { link, url: Some(url) })
            })
        })
        .await
}

/// The links of an account that work.
pub async fn list(app: &Arc<App>, caller: &Caller, account_id: AccountId) -> Result<Vec<RemoteLink>> {
    caller.require(Permission::AccountsConnect)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                account::get(tx, organization, account_id).await?;
                Ok(remote_link::list(tx, organization, account_id, now).await?)
            })
        })
        .await
}

/// Takes a link back: it no longer works, whoever has it open.
pub async fn revoke(app: &Arc<App>, caller: &Caller, id: RemoteLinkId) -> Result<()> {
    caller.require(Permission::AccountsConnect)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let note = Note::new(app, caller, "remote_link.revoke", Some(id.to_string()));
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if !remote_link::revoke(tx, organization, id, now).await? {
                    return Err(Error::NotFound { what: "remote link" });
                }
                note.append(tx).await
            })
        })
        .await
}

/// Shows what is behind a link. The first browser that asks opens it, and begins to link the account.
///
/// # Errors
/// [`Error::NotFound`] when there never was such a link, [`Error::Gone`] with the code `remote_link_void` when it works no
/// more or another browser opened it.
pub async fn look(app: &Arc<App>, visitor: Visitor<'_>) -> Result<Seen> {
    let found = find(app, &visitor).await?;
    let mine = visitor
        .browser
        .is_some_and(|browser| found.is_opened_by(&token::hash(browser)));
    if mine && found.is_linked() {
        return linked(app, &found, visitor.ip).await;
    }
    if !found.is_good(app.clock.now()) || (found.is_opened() && !mine) {
        return Err(void());
    }
    let caller = maker(&found, visitor.ip);
    if mine {
        return seen(app, &found, (&caller, None)).await;
    }
    // A browser that opened another link is known by the same, so that both pages go on.
    let known = visitor.browser.filter(|browser| token::is_secret(browser));
    let browser = known.map_or_else(|| token::generate(&*app.random), str::to_owned);
    // What can fail comes first: a link that is opened is answered to the browser that learns its secret, or to nobody.
    start(app, &caller, found.account_id()).await?;
    let seen = seen(app, &found, (&caller, Some(browser.clone()))).await?;
    open(app, &found, (&caller, &browser)).await?;
    Ok(seen)
}

/// Asks for a new code after the last one ran out. Only the browser that opened the link may.
///
/// # Errors
/// As [`look`].
pub async fn renew(app: &Arc<App>, visitor: Visitor<'_>) -> Result<Seen> {
    let found = find(app, &visitor).await?;
    let mine = visitor
        .browser
        .is_some_and(|browser| found.is_opened_by(&token::hash(browser)));
    if !mine || !found.is_good(app.clock.now()) {
        return Err(void());
    }
    let caller = maker(&found, visitor.ip);
    start(app, &caller, found.account_id()).await?;
    seen(app, &found, (&caller, None)).await
}

/// The account is linked: its links are used up.
pub(crate) async fn use_up(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account_id: AccountId,
) -> Result<()> {
    let ended = remote_link::end_all(tx, organization, account_id, (Ending::Linked, app.clock.now())).await?;
    for id in ended {
        let caller = Caller::system(organization);
        Note::new(app, &caller, "remote_link.use", Some(id.to_string()))
            .append(tx)
            .await?;
    }
    Ok(())
}

async fn find(app: &Arc<App>, visitor: &Visitor<'_>) -> Result<FoundLink> {
    let hash = token::hash(visitor.token);
    app.access
        .visits
        .take(
            visitor.ip.as_deref().unwrap_or_default(),
            &hex::encode(hash),
            app.clock.now(),
        )
        .map_err(|retry_after| Error::TooMany { retry_after })?;
    let found = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let Some(found) = remote_link::find_by_token(tx, &hash).await? else {
                    return Err(Error::NotFound { what: "remote link" });
                };
                if !may_link(tx, &found).await? {
                    return Err(void());
                }
                Ok(found)
            })
        })
        .await?;
    Ok(found)
}

/// Whether who made a link may still do what it does. A link goes with its maker.
async fn may_link(tx: &mut Tx<'_>, found: &FoundLink) -> Result<bool> {
    let organization = found.organization_id();
    Ok(match (found.user_id(), found.key_id()) {
        (Some(id), _) => user::get(tx, organization, id)
            .await?
            .role
            .may(Permission::AccountsConnect),
        (None, Some(id)) => api_key::get(tx, organization, id)
            .await?
            .scopes
            .contains(&Permission::AccountsConnect),
        (None, None) => true,
    })
}

/// Gives the link to this browser.
async fn open(app: &Arc<App>, found: &FoundLink, (caller, browser): (&Caller, &str)) -> Result<()> {
    let (id, hash, now) = (found.id(), token::hash(browser), app.clock.now());
    let note = Note::new(app, caller, "remote_link.open", Some(found.account_id().to_string()));
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if !remote_link::open(tx, id, &hash, now).await? {
                    return Err(void());
                }
                note.append(tx).await
            })
        })
        .await
}

/// Begins to link the account, unless it is on the way.
async fn start(app: &Arc<App>, caller: &Caller, account_id: AccountId) -> Result<()> {
    match accounts::find(app, caller, account_id).await?.state {
        AccountState::Created | AccountState::LoggedOut => {
            accounts::connect(app, caller, account_id).await?;
            audit::record(app, caller, "account.connect", Some(account_id.to_string())).await?;
        }
        AccountState::Starting
        | AccountState::NeedScan
        | AccountState::PairingCode
        | AccountState::PasskeyRequired
        | AccountState::Syncing
        | AccountState::Connected
        | AccountState::Reconnecting
        | AccountState::Restricted
        | AccountState::Banned
        | AccountState::Paused => {}
    }
    Ok(())
}

async fn seen(app: &Arc<App>, found: &FoundLink, (caller, browser): (&Caller, Option<String>)) -> Result<Seen> {
    let account = accounts::find(app, caller, found.account_id()).await?;
    let qr = match accounts::qr(app, caller, account.id).await {
        Ok(qr) => Some(qr),
        Err(Error::Conflict { code: "no_qr", .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(Seen {
        account_name: account.name,
        state: RemoteLinkState::of(account.state),
        qr,
        expires_at: found.expires_at(),
        browser,
    })
}

/// What the browser sees that opened a link which is used up. Whatever becomes of the account later is not told.
async fn linked(app: &Arc<App>, found: &FoundLink, ip: Option<String>) -> Result<Seen> {
    let account = accounts::find(app, &maker(found, ip), found.account_id()).await?;
    Ok(Seen {
        account_name: account.name,
        state: RemoteLinkState::Connected,
        qr: None,
        expires_at: found.expires_at(),
        browser: None,
    })
}

/// Whoever made a link did what is done with it; whether they may was asked when it was found.
fn maker(found: &FoundLink, ip: Option<String>) -> Caller {
    let principal = match (found.user_id(), found.key_id()) {
        (Some(id), _) => Principal::User(id),
        (None, Some(id)) => Principal::Key(id),
        (None, None) => Principal::System,
    };
    Caller {
        organization_id: found.organization_id(),
        principal,
        permissions: vec![Permission::AccountsConnect],
        ip,
        session: None,
    }
}

/// Whether there is something to scan for it, now or when it is connected.
fn is_to_be_linked(state: AccountState) -> bool {
    match state {
        AccountState::Created
        | AccountState::Starting
        | AccountState::NeedScan
        | AccountState::PairingCode
        | AccountState::PasskeyRequired
        | AccountState::LoggedOut => true,
        AccountState::Syncing
        | AccountState::Connected
        | AccountState::Reconnecting
        | AccountState::Restricted
        | AccountState::Banned
        | AccountState::Paused => false,
    }
}

fn void() -> Error {
    Error::Gone {
        code: "remote_link_void",
        detail: "this link was used, taken back, opened elsewhere, or has run out; ask for a new one".to_owned(),
    }
}
