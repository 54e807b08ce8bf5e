//! Webhooks: endpoints of other programs, and their sealed secrets.

use pesan_model::webhook::{Envelope, Webhook};
use pesan_model::{AccountId, OrganizationId, Timestamp, WebhookId};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// A webhook's row.
    pub struct WebhookRow {
        id: WebhookId,
        url: String,
        events: String,
        accounts: String,
        envelope: Envelope,
        secret: Vec<u8>,
        previous_secret: Option<Vec<u8>>,
        previous_secret_until: Option<Timestamp>,
        is_enabled: bool,
        disabled_reason: Option<String>,
        failing_since: Option<Timestamp>,
        created_at: Timestamp,
    }
}

impl WebhookRow {
    /// Its sealed secret.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The sealed secret it had before, while that is still valid.
    pub fn previous_secret(&self, now: Timestamp) -> Option<&[u8]> {
        self.previous_secret
            .as_deref()
            .filter(|_| self.previous_secret_until.is_some_and(|until| now < until))
    }

    /// Since when every try has failed.
    pub fn failing_since(&self) -> Option<Timestamp> {
        self.failing_since
    }

    /// The webhook as the API shows it.
    pub fn webhook(&self) -> Result<Webhook, Error> {
        Ok(Webhook {
            id: self.id,
            url: self.url.clone(),
            events: serde_json::from_str(&self.events).map_err(|error| Error::corrupt("webhook events", error))?,
            accounts: serde_json::from_str(&self.accounts)
                .map_err(|error| Error::corrupt("webhook accounts", error))?,
            envelope: self.envelope,
            enabled: self.is_enabled,
            disabled_reason: self.disabled_reason.clone(),
            created_at: self.created_at,
        })
    }
}

fn json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::corrupt(what, error))
}

/// Adds a webhook with its sealed secret.
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    webhook: &Webhook,
    secret: &[u8],
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO webhook (id, organization_id, url, events, accounts, envelope, secret, is_enabled, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            webhook.id,
            organization_id,
            &webhook.url,
            json("webhook events", &webhook.events)?,
            json("webhook accounts", &webhook.accounts)?,
            webhook.envelope.name(),
            secret,
            webhook.enabled,
            webhook.created_at
        ],
    )
    .await?;
    Ok(())
}

/// Every webhook of the organization, oldest first.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<Webhook>, Error> {
    let sql = format!(
        "SELECT {} FROM webhook WHERE organization_id = $1 ORDER BY id",
        WebhookRow::COLUMNS
    );
    let rows: Vec<WebhookRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    rows.iter().map(WebhookRow::webhook).collect()
}

/// The webhooks that are on.
pub async fn list_enabled(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<Webhook>, Error> {
    let sql = format!(
        "SELECT {} FROM webhook WHERE organization_id = $1 AND is_enabled = $2 ORDER BY id",
        WebhookRow::COLUMNS
    );
    let rows: Vec<WebhookRow> = tx.fetch_all(&sql, args![organization_id, true]).await?;
    rows.iter().map(WebhookRow::webhook).collect()
}

/// How many the organization has.
pub async fn count(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one(
            "webhook",
            "SELECT COUNT(*) FROM webhook WHERE organization_id = $1",
            args![organization_id],
        )
        .await?;
    Ok(count)
}

/// One webhook with what is stored about it.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: WebhookId) -> Result<WebhookRow, Error> {
    find(tx, organization_id, id)
        .await?
        .ok_or(Error::NotFound { what: "webhook" })
}

/// As [`get`], of a webhook that nobody else changes until the transaction ends.
pub async fn get_for_change(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: WebhookId,
) -> Result<WebhookRow, Error> {
    let sql = format!(
        "SELECT {} FROM webhook WHERE id = $1 AND organization_id = $2{}",
        WebhookRow::COLUMNS,
        dialect::for_update(tx)
    );
    tx.fetch_one("webhook", &sql, args![id, organization_id]).await
}

/// As [`get`], of a webhook that may be gone.
pub async fn find(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: WebhookId,
) -> Result<Option<WebhookRow>, Error> {
    let sql = format!(
        "SELECT {} FROM webhook WHERE id = $1 AND organization_id = $2",
        WebhookRow::COLUMNS
    );
    tx.fetch_optional(&sql, args![id, organization_id]).await
}

/// Stores what can be changed. A webhook that is on starts with a clean record.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, webhook: &Webhook) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook SET url = $3, events = $4, accounts = $5, envelope = $6, is_enabled = $7, \
         disabled_reason = $8, failing_since = NULL WHERE id = $1 AND organization_id = $2",
        args![
            webhook.id,
            organization_id,
            &webhook.url,
            json("webhook events", &webhook.events)?,
            json("webhook accounts", &webhook.accounts)?,
            webhook.envelope.name(),
            webhook.enabled,
            webhook.disabled_reason.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// A new secret, and how long the old one stays valid.
pub struct Rotation {
    /// The new secret, sealed.
    pub secret: Vec<u8>,
    /// The old one, sealed for its new place.
    pub previous: Vec<u8>,
    /// Until when the old one is used too.
    pub until: Timestamp,
}

/// Changes the secret.
pub async fn rotate(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: WebhookId,
    rotation: &Rotation,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook SET secret = $3, previous_secret = $4, previous_secret_until = $5 \
         WHERE id = $1 AND organization_id = $2",
        args![
            id,
            organization_id,
            &rotation.secret,
            &rotation.previous,
            rotation.until
        ],
    )
    .await?;
    Ok(())
}

/// A try succeeded: the record is clean again. Says whether it was not.
pub async fn set_healthy(tx: &mut Tx<'_>, organization_id: OrganizationId, id: WebhookId) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE webhook SET failing_since = NULL \
             WHERE id = $1 AND organization_id = $2 AND failing_since IS NOT NULL",
            args![id, organization_id],
        )
        .await?;
    Ok(changed > 0)
}

/// A try failed: the time of the first failure in a row stays. Says which that is.
pub async fn set_failing(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: WebhookId,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let since: Option<(Timestamp,)> = tx
        .fetch_optional(
            "UPDATE webhook SET failing_since = COALESCE(failing_since, $3) WHERE id = $1 AND organization_id = $2 \
             RETURNING failing_since",
            args![id, organization_id, now],
        )
        .await?;
    Ok(since.map_or(now, |(since,)| since))
}

/// Switches a webhook off. Does nothing when it is off already.
pub async fn disable(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    id: WebhookId,
    reason: &str,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook SET is_enabled = $3, disabled_reason = $4 \
         WHERE id = $1 AND organization_id = $2 AND is_enabled = $5",
        args![id, organization_id, false, reason, true],
    )
    .await?;
    Ok(())
}

/// Deletes a webhook. Its deliveries should be gone by then.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: WebhookId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM webhook WHERE id = $1 AND organization_id = $2",
        args![id, organization_id],
    )
    .await?;
    Ok(())
}

/// Whether the organization has this account.
pub async fn has_account(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
) -> Result<bool, Error> {
    let found: Option<(AccountId,)> = tx
        .fetch_optional(
            "SELECT id FROM account WHERE id = $1 AND organization_id = $2",
            args![account_id, organization_id],
        )
        .await?;
    Ok(found.is_some())
}
