//! Mail: written in the transaction of what it is about, handed over by a job.
//!
//! Without a server for outgoing mail nothing is written. A mail is handed over at least once: after a crash in between it
//! goes again, with the same `Message-ID`.

mod smtp;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use pesan_model::id::new_uuid;
use pesan_model::{JobId, OrganizationId};
use pesan_store::job::{self, NewJob};
use pesan_store::mail::{CONTENT_COLUMN, Mail as StoredMail};
use pesan_store::{OrganizationKey, Tx};
use serde::{Deserialize, Serialize};

pub use smtp::{Smtp, SmtpError};
pub(crate) use words::{Due, dropped, invitation, reminded, test};

use crate::context::App;
use crate::error::{Error, Result};

/// A mail: plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// What it is about.
    pub content: MailContent,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailContent {
    /// One line.
    pub subject: String,
    /// Lines of text.
    pub text: String,
}

/// Where mail is handed over.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Hands a mail over under this id, the same in every try. `Ok` means that the server took it.
    async fn send(&self, id: uuid::Uuid, mail: &Mail) -> std::result::Result<(), TransportError>;
}

/// A mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Another try may work.
    #[error("the mail server did not take it: {0}")]
    Passing(String),
    /// No other try will work.
    #[error("the mail server refused it: {0}")]
    Lasting(String),
}

/// Writes a mail and the job that hands it over, when mail is set up. The caller publishes a hint for
/// [`job::SEND_MAIL`] after the commit.
pub(crate) async fn write(
    app: &App,
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    key: &OrganizationKey,
    mail: &Mail,
) -> Result<()> {
    if app.mail.is_none() {
        return Ok(());
    }
    let (id, now) = (new_uuid(&*app.clock, &*app.random), app.clock.now());
    let json = serde_json::to_vec(&mail.content).map_err(|error| Error::internal("write a mail", error))?;
    let content = key.seal(CONTENT_COLUMN, id.as_bytes(), &json, &*app.random);
    let row = StoredMail::new(id, mail.to.clone(), content, now);
    pesan_store::mail::insert(tx, organization, &row).await?;
    let job = NewJob {
        id: JobId::new(&*app.clock, &*app.random),
        organization_id: organization,
        kind: job::SEND_MAIL,
        partition: organization.uuid(),
        lane: id,
        subject: id,
        run_at: now,
    };
    job::insert(tx, &job, now).await?;
    Ok(())
}

/// What a stored mail says.
pub(crate) fn open(key: &OrganizationKey, stored: &StoredMail) -> Result<Mail> {
    let json = key.open(CONTENT_COLUMN, stored.id().as_bytes(), stored.content())?;
    let content = serde_json::from_slice(&json).map_err(|error| Error::internal("read a mail", error))?;
    Ok(Mail {
        to: stored.recipient().to_owned(),
        content,
    })
}

/// Mail goes out from here.
pub(crate) fn require(app: &Arc<App>) -> Result<()> {
    if app.mail.is_some() {
        return Ok(());
    }
    Err(Error::Conflict {
        code: "mail_not_set_up",
        detail: "no server for outgoing mail is set up (mail.smtp_url)".to_owned(),
    })
}
