//! Creates that can be repeated safely: the same key gives the first result.

use std::sync::Arc;

use pesan_model::{Flaw, Timestamp};
use pesan_store::{Tx, idempotency};
use uuid::Uuid;

use crate::access::Caller;
use crate::context::App;
use crate::error::{Error, Result};

/// What a caller sent as `Idempotency-Key`: 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyText(String);

/// A caller's key, with a hash of the request it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: KeyText,
    /// SHA-256 of what was asked for: of the path and the body as they came, or of a file and what was said of it.
    fingerprint: [u8; 32],
}

impl KeyText {
    /// Checks the key's length and characters.
    pub fn new(key: &str) -> Result<Self> {
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Error::field(
                "#header/Idempotency-Key",
                Flaw::NotPrintableAscii { min: 1, max: 255 },
            ));
        }
        Ok(Self(key.to_owned()))
    }

    /// The key of the request with this hash.
    pub fn of(self, fingerprint: [u8; 32]) -> IdempotencyKey {
        IdempotencyKey { key: self, fingerprint }
    }
}

impl IdempotencyKey {
    /// The key of one part of the request. No key that a caller sends looks like it: theirs are printable.
    #[must_use]
    pub fn part(&self, index: usize) -> Self {
        Self {
            key: KeyText(format!("{}\n{index}", self.key.0)),
            fingerprint: self.fingerprint,
        }
    }
}

/// Remembers that `operation` with this key made `new_id`, in the transaction that makes it. When the key was used
/// before, gives the id that was made then, and the caller makes nothing.
///
/// # Errors
/// [`Error::Conflict`] with the code `idempotency_key_reused` when the key came with another request.
pub async fn once(
    tx: &mut Tx<'_>,
    caller: &Caller,
    operation: &'static str,
    key: Option<&IdempotencyKey>,
    (new_id, now): (Uuid, Timestamp),
) -> Result<Option<Uuid>> {
    let Some(key) = key else { return Ok(None) };
    let remembered = remembered(caller, operation, key, new_id);
    outcome(idempotency::remember(tx, caller.organization_id, &remembered, now).await?)
}

/// What an earlier create with this key made, looked up before any work outside the transaction is done for it.
///
/// # Errors
/// As [`once`].
pub async fn find(
    app: &Arc<App>,
    caller: &Caller,
    operation: &'static str,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Uuid>> {
    let Some(key) = key else { return Ok(None) };
    let organization = caller.organization_id;
    let asked = remembered(caller, operation, key, Uuid::nil());
    let found = app
        .store
        .read(move |tx| Box::pin(async move { idempotency::find(tx, organization, &asked).await }))
        .await?;
    outcome(found)
}

fn remembered(caller: &Caller, operation: &'static str, key: &IdempotencyKey, result: Uuid) -> idempotency::Remembered {
    idempotency::Remembered {
        principal: caller.principal.to_string(),
        operation,
        key: key.key.0.clone(),
        fingerprint: key.fingerprint,
        result,
    }
}

fn outcome(outcome: idempotency::Outcome) -> Result<Option<Uuid>> {
    match outcome {
        idempotency::Outcome::New => Ok(None),
        idempotency::Outcome::Repeated(id) => Ok(Some(id)),
        idempotency::Outcome::Reused => Err(Error::Conflict {
            code: "idempotency_key_reused",
            detail: "this Idempotency-Key was already used with another request".to_owned(),
        }),
    }
}
