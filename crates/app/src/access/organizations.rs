//! Organizations: the tenants. They are made by the set-up page and the command line, not through the API.

use std::sync::Arc;

use pesan_model::access::User;
use pesan_model::{Flaw, OrganizationId, Role, UserId};
use pesan_store::organization::Organization;
use pesan_store::{Tx, organization, user};

use super::Caller;
use super::users::{NewUser, checked};
use crate::context::App;
use crate::error::{Error, FieldError, Result};

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
        if name.is_empty() || name.chars().count() > 100 {
            errors.insert(
                0,
                FieldError::new("/organization", Flaw::WrongLength { min: 1, max: 100 }),
            );
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

/// The name of the caller's organization.
pub async fn name(app: &Arc<App>, caller: &Caller) -> Result<String> {
    let id = caller.organization_id;
    let found = app
        .store
        .read(move |tx| Box::pin(async move { organization::get(tx, id).await }))
        .await?;
    Ok(found.name)
}
