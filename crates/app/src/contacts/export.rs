//! Everything that is held about a person, for them or for whoever asks in their name.

use std::collections::BTreeMap;
use std::sync::Arc;

use pesan_model::donation::Donation;
use pesan_model::export::{Dossier, ExportedChat, Labelled};
use pesan_model::message::Message;
use pesan_model::reminder::{Reminder, ReminderStatus};
use pesan_model::{ContactId, MediaId, MessageId, OrganizationId, Permission, Timestamp};
use pesan_store::contact::{self, ContactRow, erase, merge, tag};
use pesan_store::media::StoredMedia;
use pesan_store::message::Whose;
use pesan_store::{
    Error as StoreError, Tx, chat, chat_log, custom_field, donation, media, message, note, reminder, tag as tags,
};

use crate::access::{Caller, audit};
use crate::context::App;
use crate::error::{Error, Result};

/// Rows of a list that are read at once.
const PAGE: usize = 500;
/// No limit.
const ALL: usize = i64::MAX as usize;

/// What of a person is still to be read: their messages, chat by chat.
#[derive(Debug, Clone)]
pub struct Export {
    organization: OrganizationId,
    /// Everything else.
    pub dossier: Dossier,
    /// Whose messages are read, in this order.
    pub parts: Vec<Whose>,
}

/// Begins an export, and notes that somebody asked for it.
pub async fn begin(app: &Arc<App>, caller: &Caller, id: ContactId) -> Result<Export> {
    caller.require(Permission::ContactsManage)?;
    caller.require(Permission::MessagesRead)?;
    caller.require(Permission::DonationsRead)?;
    let (organization, now) = (caller.organization_id, app.clock.now());
    let export = app
        .store
        .read::<_, Error, _>(move |tx| Box::pin(async move { Ok(collect(tx, organization, id, now).await?) }))
        .await?;
    let target = Some(export.dossier.contact.id.to_string());
    audit::record(app, caller, "contact.export", target).await?;
    Ok(export)
}

async fn collect(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ContactId,
    now: Timestamp,
) -> Result<Export, StoreError> {
    let person = contact::person(tx, organization, id).await?;
    let rows = erase::identities(tx, organization, person.id()).await?;
    let mut chats = Vec::new();
    for chat in chat::list_ids_of_person(tx, organization, person.id(), ALL).await? {
        chats.push(ExportedChat {
            chat: chat::get(tx, organization, chat).await?,
            log: chat_log::list(tx, organization, chat, None, ALL).await?,
        });
    }
    let parts = chats
        .iter()
        .map(|chat| Whose::Chat(chat.chat.id))
        .chain(rows.iter().map(|row| Whose::InGroups(row.id())))
        .collect();
    let fields = labelled(tx, organization, &person).await?;
    let contact = tag::show(tx, organization, person.clone()).await?;
    let mut tags = tags::list(tx, organization).await?;
    tags.retain(|tag| contact.tag_ids.contains(&tag.id));
    let dossier = Dossier {
        exported_at: now,
        tags: tags.into_iter().map(|tag| tag.name).collect(),
        custom_fields: fields,
        donation_totals: donation::totals(tx, organization, contact.id).await?,
        donations: donations(tx, organization, contact.id).await?,
        notes: note::list(tx, organization, note::About::Contact(contact.id), None, ALL).await?,
        reminders: reminders(tx, organization, contact.id).await?,
        merges: merge::list(tx, organization, contact.id, None, ALL).await?,
        identities: tag::show_all(tx, organization, rows).await?,
        contact,
        chats,
    };
    Ok(Export {
        organization,
        dossier,
        parts,
    })
}

async fn labelled(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    person: &ContactRow,
) -> Result<Vec<Labelled>, StoreError> {
    let labels: BTreeMap<String, String> = custom_field::list(tx, organization)
        .await?
        .into_iter()
        .map(|field| (field.key, field.label))
        .collect();
    let values = person.fields().iter().map(|(key, value)| Labelled {
        key: key.clone(),
        label: labels.get(key).cloned(),
        value: value.clone(),
    });
    Ok(values.collect())
}

async fn donations(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    person: ContactId,
) -> Result<Vec<Donation>, StoreError> {
    let filter = donation::Filter {
        contact_id: Some(person),
        ..donation::Filter::default()
    };
    let found = donation::list(tx, organization, &filter, None, ALL).await?;
    Ok(found.into_iter().map(|(donation, _)| donation).collect())
}

async fn reminders(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    person: ContactId,
) -> Result<Vec<Reminder>, StoreError> {
    let filter = reminder::Filter {
        contact_id: Some(person),
        ..reminder::Filter::default()
    };
    let mut found = Vec::new();
    for status in ReminderStatus::ALL {
        found.extend(reminder::list(tx, organization, (status, &filter), None, ALL).await?);
    }
    Ok(found)
}

/// A page of messages, and the place where the next begins; none at the end.
pub type MessagePage = (Vec<Message>, Option<(Timestamp, MessageId)>);

impl Export {
    /// A page of the messages of a part, oldest first.
    pub async fn messages(
        &self,
        app: &Arc<App>,
        part: Whose,
        after: Option<(Timestamp, MessageId)>,
    ) -> Result<MessagePage> {
        let organization = self.organization;
        let found = app
            .store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move { Ok(message::list_whole(tx, organization, part, after, PAGE).await?) })
            })
            .await?;
        let next = found
            .last()
            .filter(|_| found.len() == PAGE)
            .map(|(message, at)| (*at, message.id));
        Ok((found.into_iter().map(|(message, _)| message).collect(), next))
    }

    /// What is known of some files; those that are gone are left out.
    pub async fn files(&self, app: &Arc<App>, ids: Vec<MediaId>) -> Result<Vec<StoredMedia>> {
        let organization = self.organization;
        app.store
            .read::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let mut found = Vec::with_capacity(ids.len());
                    for id in ids {
                        match media::get(tx, organization, id).await {
                            Ok(media) => found.push(media),
                            Err(StoreError::NotFound { .. }) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                    Ok(found)
                })
            })
            .await
    }
}
