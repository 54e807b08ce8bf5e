//! Organizations: the tenants. They are made by the set-up page and the command line; through the API they are renamed and
//! decide about themselves.

use std::sync::Arc;

use pesan_model::access::User;
use pesan_model::organization::SettingsChange;
use pesan_model::{OrganizationId, Permission, Role, UserId};
use pesan_store::organization::Organization;
use pesan_store::{Error as StoreError, Tx, custom_field, organization, organization_setting, user};

use super::Caller;
use super::audit::Note;
use super::users::{MAX_NAME, NewUser, checked};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, FieldError, Result};
use crate::words::one_line;

/// Hinted at when an organization decided something anew.
pub(crate) const SETTINGS_CHANGED: &str = "organization_settings";

/// A new organization and its first owner. Nothing is stored before [`Founding::insert`].
pub(super) struct Founding {
    organization: Organization,
    owner: User,
    password_hash: String,
}

impl Founding {
    pub(super) async fn prepare(app: &Arc<App>, name: &str, owner: NewUser) -> Result<Self> {
        let name = name.trim();
        let (owner, mut errors) = checked(owner);
        if let Some(error) = check_name(name, "/organization") {
            errors.insert(0, error);
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let id = OrganizationId::new(&*app.clock, &*app.random);
        let (_, data_key) = app.keyring().create(id, &*app.random);
        Ok(Self {
            organization: Organization {
                id,
                name: name.to_owned(),
                data_key,
                master_key_id: app.keyring().master_key_id().to_owned(),
            },
            owner: User {
                id: UserId::new(&*app.clock, &*app.random),
                organization_id: id,
                email: owner.email,
                name: owner.name,
                role: Role::Owner,
                created_at: app.clock.now(),
            },
            password_hash: app.access.passwords.hash(owner.password, &*app.random).await?,
        })
    }

    pub(super) async fn insert(self, tx: &mut Tx<'_>) -> Result<User> {
        organization::insert(tx, &self.organization, self.owner.created_at).await?;
        user::insert(tx, &self.owner, &self.password_hash).await?;
        Ok(self.owner)
    }
}

/// Makes an organization with its first owner.
pub async fn create(app: &Arc<App>, name: &str, owner: NewUser) -> Result<User> {
    let founding = Founding::prepare(app, name, owner).await?;
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { founding.insert(tx).await }))
        .await
        .map_err(super::users::email_taken)
}

/// The ids of all organizations, oldest first. For the process and the command line.
pub async fn list_ids(app: &Arc<App>) -> Result<Vec<OrganizationId>> {
    Ok(app
        .store
        .read(|tx| Box::pin(async move { organization::list_ids(tx).await }))
        .await?)
}

/// The caller's organization, with what it decided.
pub async fn get(app: &Arc<App>, caller: &Caller) -> Result<pesan_model::organization::Organization> {
    caller.require(Permission::MessagesRead)?;
    let id = caller.organization_id;
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { read(tx, id).await }))
        .await?)
}

async fn read(tx: &mut Tx<'_>, id: OrganizationId) -> Result<pesan_model::organization::Organization, StoreError> {
    Ok(pesan_model::organization::Organization {
        id,
        name: organization::get(tx, id).await?.name,
        settings: organization_setting::get(tx, id).await?,
    })
}

/// Renames the caller's organization or changes what it decided; what is left out stays.
pub async fn update(
    app: &Arc<App>,
    caller: &Caller,
    name: Option<String>,
    change: SettingsChange,
) -> Result<pesan_model::organization::Organization> {
    caller.require(Permission::OrganizationManage)?;
    let name = name.map(|name| name.trim().to_owned());
    let bad_name: Option<FieldError> = name.as_deref().and_then(|name| check_name(name, "/name"));
    let id = caller.organization_id;
    let note = Note::new(app, caller, "organization.update", Some(id.to_string()));
    let changed = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let fields = custom_field::list(tx, id).await?;
                let wrong = change
                    .wrong(|key| fields.iter().any(|field| field.key == key))
                    .into_iter();
                let errors: Vec<FieldError> = bad_name
                    .into_iter()
                    .chain(wrong.map(|(place, flaw)| FieldError::new(format!("/settings{place}"), flaw)))
                    .collect();
                if !errors.is_empty() {
                    return Err(Error::Invalid(errors));
                }
                // Also keeps two changes of the settings from undoing each other.
                let before = organization::get(tx, id).await?.name;
                organization::set_name(tx, id, &name.unwrap_or(before)).await?;
                let mut settings = organization_setting::get(tx, id).await?;
                settings.apply(change);
                organization_setting::set(tx, id, &settings).await?;
                note.append(tx).await?;
                Ok(read(tx, id).await?)
            })
        })
        .await?;
    app.bus.publish(Signal::Jobs(SETTINGS_CHANGED));
    Ok(changed)
}

fn check_name(name: &str, pointer: &str) -> Option<FieldError> {
    one_line(name, pointer, MAX_NAME).1
}

/// The name of the caller's organization.
pub async fn name(app: &Arc<App>, caller: &Caller) -> Result<String> {
    let id = caller.organization_id;
    let found = app
        .store
        .read(move |tx| Box::pin(async move { organization::get(tx, id).await }))
        .await?;
    Ok(found.name)
}
