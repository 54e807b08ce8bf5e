//! Inviting people: a link that works once, sent by mail where mail is set up.

use std::sync::Arc;
use std::time::Duration;

use pesan_model::access::{Invitation, Language, User};
use pesan_model::inbox::SettingsPart;
use pesan_model::{InvitationId, Permission, Role, UserId};
use pesan_store::{OrganizationKey, Tx, invitation, job, organization, user};

use super::audit::Note;
use super::log_in::{LoggedIn, open_session};
use super::users::{NewUser, check_email, check_name, checked, email_taken, normal_email, require_for};
use super::{Caller, Principal, token};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{IdempotencyKey, once};
use crate::mail::{self, Mail};

/// How long a link works.
const LIFE: Duration = Duration::from_hours(7 * 24);

/// Who is to join.
pub struct NewInvitation {
    /// What they will log in with.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// What they will be.
    pub role: Role,
}

/// An invitation that was just made.
pub struct CreatedInvitation {
    /// What is stored of it.
    pub invitation: Invitation,
    /// The link. It is shown this once; none when an earlier request made it.
    pub link: Option<String>,
    /// Whether it goes out by mail too.
    pub is_mailed: bool,
}

/// What somebody sees who opens a link.
pub struct Welcome {
    /// What they were invited as.
    pub invitation: Invitation,
    /// The organization's name.
    pub organization: String,
}

/// The open invitations, oldest first, after `after`.
pub async fn list(
    app: &Arc<App>,
    caller: &Caller,
    after: Option<InvitationId>,
    limit: usize,
) -> Result<Vec<Invitation>> {
    caller.require(Permission::MembersManage)?;
    let (organization_id, now) = (caller.organization_id, app.clock.now());
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { invitation::list(tx, organization_id, now, after, limit).await }))
        .await?)
}

/// Invites somebody. An earlier link for the same address no longer works. Only owners invite owners.
pub async fn create(
    app: &Arc<App>,
    caller: &Caller,
    new: NewInvitation,
    idempotency: Option<IdempotencyKey>,
) -> Result<CreatedInvitation> {
    caller.require(Permission::MembersManage)?;
    require_for(caller, new.role)?;
    let (email, name) = (normal_email(&new.email), new.name.trim().to_owned());
    let errors: Vec<_> = check_email(&email).into_iter().chain(check_name(&name)).collect();
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let now = app.clock.now();
    let invitation = Invitation {
        id: InvitationId::new(&*app.clock, &*app.random),
        email,
        name,
        role: new.role,
        created_at: now,
        expires_at: now.plus(LIFE),
    };
    let token = token::generate(&*app.random);
    // Behind the `#`, so that it is in no log of a server in between.
    let link = format!("{}/invitation#{token}", app.settings.public_url);
    let key = app.organization_key(caller.organization_id).await?;
    let note = Note::new(app, caller, "invitation.create", Some(invitation.id.to_string()));
    let (owned, caller) = (app.clone(), caller.clone());
    let created = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let organization_id = caller.organization_id;
                let made = (invitation.id.uuid(), invitation.created_at);
                if let Some(earlier) = once(tx, &caller, "create_invitation", idempotency.as_ref(), made).await? {
                    return Ok(CreatedInvitation {
                        invitation: invitation::get(tx, organization_id, earlier.into()).await?,
                        link: None,
                        is_mailed: owned.mail.is_some(),
                    });
                }
                if user::find_for_log_in(tx, &invitation.email).await?.is_some() {
                    return Err(email_taken(Error::Conflict {
                        code: "already_exists",
                        detail: String::new(),
                    }));
                }
                invitation::replace(tx, organization_id, &invitation, &token::hash(&token)).await?;
                write(&owned, tx, (&caller, &key), (&invitation, &link)).await?;
                note.append(tx).await?;
                Ok(CreatedInvitation {
                    invitation,
                    link: Some(link),
                    is_mailed: owned.mail.is_some(),
                })
            })
        })
        .await?;
    app.bus.publish(Signal::Jobs(job::SEND_MAIL));
    Ok(created)
}

/// Writes the mail with the link, in the language of who invites.
async fn write(
    app: &App,
    tx: &mut Tx<'_>,
    (caller, key): (&Caller, &OrganizationKey),
    (invitation, link): (&Invitation, &str),
) -> Result<()> {
    let id = caller.organization_id;
    let (inviter, language) = match caller.principal {
        Principal::User(user_id) => {
            let preferences = user::preferences(tx, id, user_id).await?;
            (Some(user::get(tx, id, user_id).await?.name), preferences.language)
        }
        Principal::Key(_) | Principal::System => (None, None),
    };
    let name = organization::get(tx, id).await?.name;
    let language = language.unwrap_or(Language::En);
    let mail = Mail {
        to: invitation.email.clone(),
        content: mail::invitation(language, &name, inviter.as_deref(), link),
    };
    mail::write(app, tx, id, key, &mail).await
}

/// Takes an invitation back: its link no longer works.
pub async fn revoke(app: &Arc<App>, caller: &Caller, id: InvitationId) -> Result<()> {
    caller.require(Permission::MembersManage)?;
    let organization_id = caller.organization_id;
    let note = Note::new(app, caller, "invitation.revoke", Some(id.to_string()));
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if !invitation::delete(tx, organization_id, id).await? {
                    return Err(Error::NotFound { what: "invitation" });
                }
                note.append(tx).await
            })
        })
        .await
}

/// What the link with this token is for.
pub async fn look_up(app: &Arc<App>, token: &str) -> Result<Welcome> {
    let (hash, now) = (token::hash(token), app.clock.now());
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (organization_id, invitation) =
                    invitation::find_by_token(tx, &hash, now).await?.ok_or_else(void)?;
                let organization = organization::get(tx, organization_id).await?.name;
                Ok(Welcome {
                    invitation,
                    organization,
                })
            })
        })
        .await
}

/// Joins with the link's token, and logs in. Works once.
pub async fn accept(
    app: &Arc<App>,
    token: &str,
    (name, password): (String, String),
    ip: Option<String>,
) -> Result<LoggedIn> {
    // Looked at before the password is hashed, so that strangers cannot make us work.
    let email = look_up(app, token).await?.invitation.email;
    let (new, errors) = checked(NewUser { email, name, password });
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let password_hash = app.access.passwords.hash(new.password, &*app.random).await?;
    let (hash, now) = (token::hash(token), app.clock.now());
    let id = UserId::new(&*app.clock, &*app.random);
    let (owned, name, asker) = (app.clone(), new.name, ip.clone());
    let joined = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (organization_id, invitation) =
                    invitation::find_by_token(tx, &hash, now).await?.ok_or_else(void)?;
                if !invitation::delete(tx, organization_id, invitation.id).await? {
                    return Err(void());
                }
                let user = User {
                    id,
                    organization_id,
                    email: invitation.email,
                    name,
                    role: invitation.role,
                    created_at: now,
                };
                user::insert(tx, &user, &password_hash).await?;
                let caller = Caller {
                    organization_id,
                    principal: Principal::User(id),
                    permissions: Vec::new(),
                    ip: asker,
                    session: None,
                };
                Note::new(&owned, &caller, "invitation.accept", Some(invitation.id.to_string()))
                    .append(tx)
                    .await?;
                Ok(user)
            })
        })
        .await
        .map_err(email_taken)?;
    events::settings_changed(app, joined.organization_id, SettingsPart::Members);
    let token = open_session(app, &joined, ip).await?;
    Ok(LoggedIn { user: joined, token })
}

fn void() -> Error {
    Error::Gone {
        code: "invitation_void",
        detail: "this invitation was used, taken back, or has run out; ask for a new one".to_owned(),
    }
}
