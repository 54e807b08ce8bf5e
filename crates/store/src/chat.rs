//! Chats: threads on one account.
//!
//! Here is how they are read; [`change`](self) has the only functions that write them, because what is counted of chats
//! follows every change, [`mod@list`] how they are listed, and [`search`] how they are found.

mod change;
mod forget;
mod join;
mod list;
mod person;
pub mod search;

use std::collections::HashMap;

use pesan_model::chat::{Chat, LastMessage};
use pesan_model::visible::seen;
use pesan_model::{
    AccountId, Address, ChatId, ChatStatus, ContactId, Content, Direction, MessageStatus, OrganizationId, TagId,
    TeamId, Timestamp, UserId,
};

use crate::contact::{ContactRow, display_name};
use crate::{Error, Tx, args, dialect, rows};

pub use change::{
    Arrival, NewChat, Update, add_message, forget_message, insert, leave_out, set_subject, set_unread, unassign_all,
    update,
};
pub use forget::{Gone, delete, forget_gone, list_with_old};
pub(crate) use join::merge_of_contact;
pub use join::readdress;
pub use list::{Assignee, Filter, list, list_ids_of_person, list_ids_of_tag, list_ids_of_team, list_quiet};
pub use person::{follow_person, follow_reminders, know_person, segments_of_person};

rows! {
    /// A chat with what a list shows of it.
    struct ChatView {
        id: ChatId,
        account_id: AccountId,
        address: String,
        is_group: bool,
        subject: Option<String>,
        contact_id: Option<ContactId>,
        unread: u32,
        last_message_at: Timestamp,
        status: ChatStatus,
        snoozed_until: Option<Timestamp>,
        assignee_id: Option<UserId>,
        team_id: Option<TeamId>,
        is_starred: bool,
        is_tagged: bool,
        waiting_since: Option<Timestamp>,
        reminder_due: bool,
        contact_name: Option<String>,
        contact_push_name: Option<String>,
        contact_phone: Option<String>,
        last_content: Option<String>,
        last_direction: Option<Direction>,
        last_status: Option<MessageStatus>,
    }
}

/// The columns of a [`ChatView`], of the chat `c`, its person `p` and its newest message `m`.
const VIEW: &str = "c.id, c.account_id, c.address, c.is_group, c.subject, p.id, c.unread, c.last_message_at, \
     c.status, c.snoozed_until, c.assignee_id, c.team_id, c.is_starred, c.is_tagged, c.waiting_since, \
     c.reminder_due, p.name, p.push_name, p.phone, m.content, m.direction, m.status";
/// What a chat `c` is shown with. Its person may be another row than the identity that it is with.
const SHOWN_WITH: &str = "LEFT JOIN contact i ON i.id = c.contact_id \
     LEFT JOIN contact p ON p.id = COALESCE(i.merged_into, i.id) LEFT JOIN message m ON m.id = c.last_message_id";

impl ChatView {
    fn into_chat(self, tag_ids: Vec<TagId>) -> Result<Chat, Error> {
        let name = thread_name(
            (self.is_group, self.subject.as_deref()),
            (
                self.contact_name.as_deref(),
                self.contact_push_name.as_deref(),
                self.contact_phone.as_deref(),
            ),
        );
        let last_message = match (self.last_content, self.last_direction, self.last_status) {
            (Some(content), Some(direction), Some(status)) => {
                let content: Content =
                    serde_json::from_str(&content).map_err(|error| Error::corrupt("message", error))?;
                Some(LastMessage {
                    kind: content.kind().to_owned(),
                    preview: content.preview().map(|text| text.chars().take(200).collect()),
                    direction,
                    status,
                })
            }
            _ => None,
        };
        Ok(Chat {
            id: self.id,
            account_id: self.account_id,
            address: self.address,
            is_group: self.is_group,
            name,
            contact_id: self.contact_id,
            unread: self.unread,
            last_message,
            last_message_at: self.last_message_at,
            status: self.status,
            snoozed_until: self.snoozed_until,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            is_starred: self.is_starred,
            tag_ids,
            waiting_since: self.waiting_since,
            reminder_due: self.reminder_due,
        })
    }
}

/// What a thread is called: a group by its subject, any other by its person, of whom the name given here, the one they
/// give themselves, and the number are known.
pub(crate) fn thread_name(
    (is_group, subject): (bool, Option<&str>),
    (name, push_name, phone): (Option<&str>, Option<&str>, Option<&str>),
) -> String {
    if is_group {
        subject.and_then(seen).unwrap_or("Group").to_owned()
    } else {
        display_name(name, push_name, phone)
    }
}

/// What sending and receiving need of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatKey {
    /// Its id.
    pub id: ChatId,
    /// Where messages go.
    pub address: Address,
    /// The subject of a group, where it is known.
    pub subject: Option<String>,
}

impl ChatKey {
    /// What the thread with this person, or of this group, is called.
    pub fn name(&self, person: Option<&ContactRow>) -> String {
        let facts = person.map_or((None, None, None), ContactRow::names);
        thread_name((self.address.is_group(), self.subject.as_deref()), facts)
    }
}

fn key((id, address, subject): (ChatId, String, Option<String>)) -> Result<ChatKey, Error> {
    let address = address.parse().map_err(|error| Error::corrupt("chat address", error))?;
    Ok(ChatKey { id, address, subject })
}

/// The chat of an account with this address.
pub async fn find_by_address(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    address: &Address,
) -> Result<Option<ChatKey>, Error> {
    tx.fetch_optional(
        "SELECT id, address, subject FROM chat WHERE organization_id = $1 AND account_id = $2 AND address = $3",
        args![organization_id, account_id, address.to_string()],
    )
    .await?
    .map(key)
    .transpose()
}

/// The chat of an account with this person.
pub async fn find_by_contact(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    account_id: AccountId,
    contact_id: ContactId,
) -> Result<Option<ChatKey>, Error> {
    tx.fetch_optional(
        "SELECT id, address, subject FROM chat WHERE organization_id = $1 AND account_id = $2 AND contact_id = $3",
        args![organization_id, account_id, contact_id],
    )
    .await?
    .map(key)
    .transpose()
}

/// The chat.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId) -> Result<Chat, Error> {
    one(tx, organization_id, id, "").await
}

/// The chat, which nobody else changes until the transaction ends.
pub async fn get_for_change(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId) -> Result<Chat, Error> {
    let lock = dialect::for_update_of_chat(tx);
    one(tx, organization_id, id, lock).await
}

async fn one(tx: &mut Tx<'_>, organization_id: OrganizationId, id: ChatId, lock: &str) -> Result<Chat, Error> {
    let sql = format!("SELECT {VIEW} FROM chat c {SHOWN_WITH} WHERE c.organization_id = $1 AND c.id = $2{lock}");
    let view: ChatView = tx.fetch_one("chat", &sql, args![organization_id, id]).await?;
    let mut chats = with_tags(tx, vec![view]).await?;
    chats.pop().ok_or(Error::NotFound { what: "chat" })
}

/// The chats with their tags, in the same order.
async fn with_tags(tx: &mut Tx<'_>, views: Vec<ChatView>) -> Result<Vec<Chat>, Error> {
    let tagged: Vec<ChatId> = views.iter().filter(|view| view.is_tagged).map(|view| view.id).collect();
    let mut tags: HashMap<ChatId, Vec<TagId>> = HashMap::new();
    if !tagged.is_empty() {
        let places: Vec<String> = (1..=tagged.len()).map(|number| format!("${number}")).collect();
        let sql = format!(
            "SELECT chat_id, tag_id FROM chat_tag WHERE chat_id IN ({}) ORDER BY chat_id, tag_id",
            places.join(", ")
        );
        let values = tagged.into_iter().flat_map(|id| args![id]).collect();
        for (chat, tag) in tx.fetch_all::<(ChatId, TagId)>(&sql, values).await? {
            tags.entry(chat).or_default().push(tag);
        }
    }
    let chat = |view: ChatView| {
        let tag_ids = tags.remove(&view.id).unwrap_or_default();
        view.into_chat(tag_ids)
    };
    views.into_iter().map(chat).collect()
}
