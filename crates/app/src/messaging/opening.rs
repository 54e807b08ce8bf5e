//! The chat that a message goes to: found by whom it is for, and made when it is new and WhatsApp knows them.

use std::sync::Arc;

use pesan_model::{AccountId, Address, ChatId, Event, Flaw, OrganizationId, Phone};
use pesan_providers::ProviderError;
use pesan_store::Tx;
use pesan_store::chat::{self, ChatKey, NewChat};
use pesan_store::contact::{self, ContactRow, Known};

use super::{Checked, Unaccepted};
use crate::access::Caller;
use crate::accounts;
use crate::context::App;
use crate::error::{Error, Result};
use crate::inbound::people;
use crate::inbox::organize;

/// What to do about an address that the account never wrote to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Strangers {
    /// Accept nothing yet.
    AskFirst,
    /// Accept the message, for this number where WhatsApp knows the typed one in another form.
    Welcome(Option<Phone>),
}

/// The chat that a message goes to, and the person it is with.
pub(super) struct OpenChat {
    pub(super) key: ChatKey,
    pub(super) contact: Option<ContactRow>,
}

/// The chat that a message goes to, made when it is new. A person is one chat, by whatever address they are written to.
pub(super) async fn open(
    app: &Arc<App>,
    tx: &mut Tx<'_>,
    new: &Checked,
    strangers: &Strangers,
    events: &mut Vec<Event>,
) -> Result<OpenChat, Unaccepted> {
    let (organization, account) = (new.caller.organization_id, new.account);
    let contact = match (&new.address, strangers) {
        (Address::Phone(typed), Strangers::Welcome(Some(told))) => {
            Some(people::respell(app, tx, organization, (typed, told), events).await?)
        }
        (Address::Phone(typed), _) => Some(people::resolve_typed(app, tx, organization, typed, events).await?),
        (Address::Lid(_), _) => Some(met(tx, organization, &new.address).await?),
        (Address::Group(_), _) => None,
    };
    let found = match &contact {
        Some(contact) => chat::find_by_contact(tx, organization, account, contact.id()).await?,
        None => chat::find_by_address(tx, organization, account, &new.address).await?,
    };
    if let Some(key) = found {
        return Ok(OpenChat { key, contact });
    }
    if *strangers == Strangers::AskFirst {
        return Err(Unaccepted::Stranger);
    }
    // The number that WhatsApp knows, whatever was typed.
    let number = contact.as_ref().and_then(|contact| contact.phone()?.parse().ok());
    let address = match (&new.address, number) {
        (Address::Phone(_), Some(number)) => Address::Phone(number),
        (address, _) => address.clone(),
    };
    let new = NewChat {
        id: ChatId::new(&*app.clock, &*app.random),
        account_id: account,
        address,
        contact_id: contact.as_ref().map(ContactRow::id),
    };
    let now = app.clock.now();
    chat::insert(tx, organization, &new, now).await?;
    if let Some(contact) = &contact {
        chat::know_person(tx, organization, (new.id, contact.person_id()), now).await?;
    }
    events.extend(organize::hand_over_new(app, tx, organization, (account, new.id)).await?);
    Ok(OpenChat {
        key: ChatKey {
            id: new.id,
            address: new.address,
            subject: None,
        },
        contact,
    })
}

/// Whom we know by WhatsApp's own id. Nobody can be asked about others: WhatsApp answers about any such id as if
/// somebody had it, and takes a message to nobody.
async fn met(tx: &mut Tx<'_>, organization: OrganizationId, lid: &Address) -> Result<ContactRow> {
    let known = Known {
        lid: Some(lid.to_string()),
        ..Known::default()
    };
    let found = contact::find_by_identity(tx, organization, &known).await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Error::field("/to", Flaw::NobodyWeKnow))
}

/// Asks WhatsApp about an address that we never wrote to, so that a typing error is an error and not a failed message. Gives
/// the form in which WhatsApp knows the number, where that is another one.
pub(super) async fn ensure_on_whatsapp(
    app: &Arc<App>,
    caller: &Caller,
    account: AccountId,
    to: &Address,
) -> Result<Option<Phone>> {
    let Some(provider) = app.connections.get(account) else {
        return Ok(None);
    };
    let Address::Phone(phone) = to else {
        // Whatever else WhatsApp says comes with the attempt to send it.
        let is_unknown = to.is_group() && matches!(provider.group(to).await, Err(ProviderError::NotFound));
        return if is_unknown {
            Err(Error::field("/to", Flaw::NotInGroup))
        } else {
            Ok(None)
        };
    };
    match accounts::check_number(app, caller, account, phone).await {
        Ok(check) if !check.exists => Err(Error::field("/to", Flaw::NotOnWhatsapp)),
        Ok(check) => Ok(match check.address.and_then(|address| address.parse().ok()) {
            Some(Address::Phone(told)) if told != *phone => Some(told),
            _ => None,
        }),
        // WhatsApp did not say; the message is kept, and the answer comes with the attempt to send it.
        Err(Error::Unavailable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
