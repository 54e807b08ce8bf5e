//! Queues a message that Pesan sends by itself, in the transaction that decided it.

use pesan_model::content::Text;
use pesan_model::message::Message;
use pesan_model::visible::seen;
use pesan_model::{AccountId, AutomaticKind, Capabilities, Content, Direction, MessageId, MessageStatus};
use pesan_model::{OrganizationId, ProviderKind};
use pesan_providers::provider::new_wa_id;
use pesan_store::chat::{self, Arrival, ChatKey};
use pesan_store::contact::ContactRow;
use pesan_store::{Error as StoreError, Tx, message};

use crate::context::App;

/// Where a message goes that nobody sends.
pub(crate) struct Recipient<'a> {
    pub(crate) organization: OrganizationId,
    pub(crate) account: AccountId,
    pub(crate) chat: &'a ChatKey,
    /// The identity that the chat is with.
    pub(crate) contact: &'a ContactRow,
}

/// Stores the message, which is to be queued ([`super::enqueue`]) as one of the last things of the transaction. It answers nobody: whoever waits still does, and the chat stays unread. `None` when
/// there is nothing to see in the text.
pub(crate) async fn store(
    app: &App,
    tx: &mut Tx<'_>,
    to: &Recipient<'_>,
    (kind, text): (AutomaticKind, String),
) -> Result<Option<Message>, StoreError> {
    if seen(&text).is_none() {
        return Ok(None);
    }
    // Values can be long, and nobody is there to shorten them.
    let most = Capabilities::of(ProviderKind::LinkedDevice).text_chars;
    let content = Content::Text(Text {
        body: text.chars().take(most).collect(),
    });
    let now = app.clock.now();
    let message = Message {
        id: MessageId::new(&*app.clock, &*app.random),
        account_id: to.account,
        chat_id: to.chat.id,
        direction: Direction::Out,
        wa_id: new_wa_id(&*app.random),
        chat: to.chat.address.to_string(),
        chat_name: to.chat.name(Some(to.contact)),
        sender: String::new(),
        sent_by: None,
        automatic: Some(kind),
        contact_id: Some(to.contact.id()),
        push_name: None,
        kind: content.kind().to_owned(),
        content,
        metadata: None,
        reply_to: None,
        status: MessageStatus::Queued,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: now,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    };
    message::insert(tx, to.organization, &message, now, None).await?;
    chat::add_message(tx, to.organization, to.chat.id, (message.id, now), Arrival::Noted).await?;
    Ok(Some(message))
}
