//! People who log in.

use pesan_model::access::{Preferences, User};
use pesan_model::inbox::Colleague;
use pesan_model::{OrganizationId, Role, Timestamp, UserId};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// A stored person.
    struct UserRow {
        id: UserId,
        organization_id: OrganizationId,
        email: String,
        name: String,
        role: Role,
        created_at: Timestamp,
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            organization_id: row.organization_id,
            email: row.email,
            name: row.name,
            role: row.role,
            created_at: row.created_at,
        }
    }
}

/// Adds a person. [`Error::Conflict`] when the e-mail address is taken, in any organization.
pub async fn insert(tx: &mut Tx<'_>, user: &User, password_hash: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO app_user (id, organization_id, email, name, role, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            user.id,
            user.organization_id,
            &user.email,
            &user.name,
            user.role,
            password_hash,
            user.created_at
        ],
    )
    .await?;
    Ok(())
}

/// The organization's person with this id.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: UserId) -> Result<User, Error> {
    let sql = format!(
        "SELECT {} FROM app_user WHERE organization_id = $1 AND id = $2",
        UserRow::COLUMNS
    );
    let row: UserRow = tx.fetch_one("user", &sql, args![organization_id, id]).await?;
    Ok(row.into())
}

/// What to call a person who stays until the transaction ends; none when there is no such person.
pub async fn find_name(tx: &mut Tx<'_>, organization_id: OrganizationId, id: UserId) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT name FROM app_user WHERE organization_id = $1 AND id = $2{}",
        dialect::for_share(tx)
    );
    let found: Option<(String,)> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    Ok(found.map(|(name,)| name))
}

/// The names of the organization's people, oldest first, after `after`.
pub async fn list_names(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<Colleague>, Error> {
    let after = after.map_or(uuid::Uuid::nil(), UserId::uuid);
    let found: Vec<(UserId, String)> = tx
        .fetch_all(
            "SELECT id, name FROM app_user WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            args![organization_id, after, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(id, name)| Colleague { id, name }).collect())
}

/// The organization's people, oldest first, after `after`.
pub async fn list(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<User>, Error> {
    let sql = format!(
        "SELECT {} FROM app_user WHERE organization_id = $1 AND ($2 OR id > $3) ORDER BY id LIMIT $4",
        UserRow::COLUMNS
    );
    let rows: Vec<UserRow> = tx
        .fetch_all(&sql, args![organization_id, after.is_none(), after, limit])
        .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// What a person set for themselves.
pub async fn preferences(tx: &mut Tx<'_>, organization_id: OrganizationId, id: UserId) -> Result<Preferences, Error> {
    let (json,): (String,) = tx
        .fetch_one(
            "user",
            "SELECT preferences FROM app_user WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    serde_json::from_str(&json).map_err(|error| Error::corrupt("preferences", error))
}

/// Changes what a person set for themselves.
pub async fn set_preferences(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: UserId,
    preferences: &Preferences,
) -> Result<(), Error> {
    let json = serde_json::to_string(preferences).map_err(|error| Error::corrupt("preferences", error))?;
    tx.execute(
        "UPDATE app_user SET preferences = $1 WHERE organization_id = $2 AND id = $3",
        args![json, organization_id, id],
    )
    .await?;
    Ok(())
}

/// The organization's people with what they set, oldest first, up to a thousand.
pub async fn list_preferences(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
) -> Result<Vec<(User, Preferences)>, Error> {
    let sql = format!(
        "SELECT {}, preferences FROM app_user WHERE organization_id = $1 ORDER BY id LIMIT 1000",
        UserRow::COLUMNS
    );
    let rows: Vec<(UserId, OrganizationId, String, String, Role, Timestamp, String)> =
        tx.fetch_all(&sql, args![organization_id]).await?;
    rows.into_iter()
        .map(|(id, organization_id, email, name, role, created_at, preferences)| {
            let preferences =
                serde_json::from_str(&preferences).map_err(|error| Error::corrupt("preferences", error))?;
            let user = User {
                id,
                organization_id,
                email,
                name,
                role,
                created_at,
            };
            Ok((user, preferences))
        })
        .collect()
}

/// Who logs in with this address, and the hash of their password. Before the organization is known.
pub async fn find_for_log_in(tx: &mut Tx<'_>, email: &str) -> Result<Option<(User, String)>, Error> {
    let found: Option<(UserId, OrganizationId, String)> = tx
        .fetch_optional(
            "SELECT id, organization_id, password_hash FROM app_user WHERE email = $1",
            args![email],
        )
        .await?;
    let Some((id, organization_id, password_hash)) = found else {
        return Ok(None);
    };
    Ok(Some((get(tx, organization_id, id).await?, password_hash)))
}

/// Whether nobody at all can log in yet.
pub async fn is_empty(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let any: Option<(UserId,)> = tx.fetch_optional("SELECT id FROM app_user LIMIT 1", args![]).await?;
    Ok(any.is_none())
}

/// Changes name and role.
pub async fn update(tx: &mut Tx<'_>, user: &User) -> Result<(), Error> {
    tx.execute(
        "UPDATE app_user SET name = $1, role = $2 WHERE organization_id = $3 AND id = $4",
        args![&user.name, user.role, user.organization_id, user.id],
    )
    .await?;
    Ok(())
}

/// Changes the password.
pub async fn set_password(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: UserId,
    password_hash: &str,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE app_user SET password_hash = $1 WHERE organization_id = $2 AND id = $3",
        args![password_hash, organization_id, id],
    )
    .await?;
    Ok(())
}

/// Keeps a person as they are until the transaction ends: nobody gives them a chat meanwhile.
pub async fn lock(tx: &mut Tx<'_>, organization_id: OrganizationId, id: UserId) -> Result<(), Error> {
    let sql = format!(
        "SELECT id FROM app_user WHERE organization_id = $1 AND id = $2{}",
        dialect::for_update(tx)
    );
    let _: (UserId,) = tx.fetch_one("user", &sql, args![organization_id, id]).await?;
    Ok(())
}

/// Removes a person, who has no chats any more, and ends their log-ins.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: UserId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM app_user WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    Ok(())
}

/// How many owners the organization has. Nobody else changes its people until this transaction ends.
pub async fn count_owners(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<i64, Error> {
    // The row of the organization is the lock: on PostgreSQL two owners could otherwise each remove the other.
    tx.execute(
        "UPDATE organization SET name = name WHERE id = $1",
        args![organization_id],
    )
    .await?;
    let (owners,): (i64,) = tx
        .fetch_one(
            "organization",
            "SELECT COUNT(*) FROM app_user WHERE organization_id = $1 AND role = $2",
            args![organization_id, Role::Owner],
        )
        .await?;
    Ok(owners)
}
