//! The audit log: who changed what, when and from where.
//!
//! Use cases of `access` write their entry in the transaction of the change; the HTTP server writes the others after
//! the change was answered with success. Sending, reading and typing are not in it: messages are their own record, and
//! an entry for each would double the writes of the busiest path.

use std::sync::Arc;

use pesan_model::access::AuditEntry;
use pesan_model::{OrganizationId, Permission};
use pesan_store::{Tx, audit};

use super::Caller;
use crate::context::App;
use crate::error::{Error, Result};

/// What is written about a change: made before the transaction, appended as its last statement.
pub(crate) struct Note {
    organization_id: OrganizationId,
    entry: AuditEntry,
}

impl Note {
    pub(crate) fn new(app: &App, caller: &Caller, action: &str, target: Option<String>) -> Self {
        Self {
            organization_id: caller.organization_id,
            entry: AuditEntry {
                seq: 0,
                at: app.clock.now(),
                actor: caller.principal.to_string(),
                action: action.to_owned(),
                target,
                ip: caller.ip.clone(),
            },
        }
    }

    pub(crate) async fn append(&self, tx: &mut Tx<'_>) -> Result<()> {
        audit::append(tx, self.organization_id, &self.entry).await?;
        Ok(())
    }
}

/// Writes an entry about something that was just done.
pub async fn record(app: &Arc<App>, caller: &Caller, action: &str, target: Option<String>) -> Result<()> {
    let note = Note::new(app, caller, action, target);
    app.store
        .write::<_, Error, _>(move |tx| Box::pin(async move { note.append(tx).await }))
        .await
}

/// The newest entries before place `before`.
pub async fn list(app: &Arc<App>, caller: &Caller, before: Option<i64>, limit: usize) -> Result<Vec<AuditEntry>> {
    caller.require(Permission::AuditRead)?;
    let organization_id = caller.organization_id;
    let entries = app
        .store
        .read(move |tx| Box::pin(async move { audit::list(tx, organization_id, before, limit).await }))
        .await?;
    Ok(entries)
}
