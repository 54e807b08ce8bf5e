//! Places, contact cards, polls and votes that a phone sends.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wacore::poll::{compute_option_hash, encrypt_poll_vote_with_secret};
use wacore_binary::Jid;
use waproto::buffa::MessageField;
use waproto::whatsapp as wa;

use crate::clock;
use crate::crypto;
use crate::error::Error;
use crate::inbox::InboxMessage;

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Its address.
    #[serde(default)]
    pub address: Option<String>,
    /// The phone shows where it goes; nothing follows here.
    #[serde(default)]
    pub live: bool,
    /// The words under a live one.
    #[serde(default)]
    pub caption: Option<String>,
}

/// Somebody's card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What they are called.
    pub name: String,
    /// Their number, digits. Absent: a card without a number.
    #[serde(default)]
    pub phone: Option<String>,
    /// The card as it is sent, instead of one made of name and number.
    #[serde(default)]
    pub vcard: Option<String>,
}

/// A question with answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// The answers.
    pub options: Vec<String>,
    /// How many may be chosen; 0 is any number.
    #[serde(default)]
    pub max_choices: u32,
}

/// What somebody chooses of a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The id of the poll, which must be in the phone's inbox.
    pub message_id: String,
    /// The answers, as the poll has them; none takes the choice back.
    pub chosen: Vec<String>,
}

pub(crate) fn place(place: &Place) -> wa::Message {
    let (latitude, longitude) = (Some(place.latitude), Some(place.longitude));
    if place.live {
        return wa::Message {
            live_location_message: MessageField::some(wa::message::LiveLocationMessage {
                degrees_latitude: latitude,
                degrees_longitude: longitude,
                caption: place.caption.clone(),
                sequence_number: Some(clock::now_ms()),
                ..Default::default()
            }),
            ..Default::default()
        };
    }
    wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: latitude,
            degrees_longitude: longitude,
            name: place.name.clone(),
            address: place.address.clone(),
            comment: place.caption.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(crate) fn cards(cards: &[Card]) -> wa::Message {
    let mut all: Vec<_> = cards.iter().map(contact).collect();
    if all.len() == 1 {
        return wa::Message {
            contact_message: all.pop().map_or_else(MessageField::none, MessageField::some),
            ..Default::default()
        };
    }
    wa::Message {
        contacts_array_message: MessageField::some(wa::message::ContactsArrayMessage {
            display_name: Some(format!("{} contacts", all.len())),
            contacts: all,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn contact(card: &Card) -> wa::message::ContactMessage {
    let escaped: String = card
        .name
        .chars()
        .flat_map(|letter| match letter {
            '\\' | ';' | ',' => vec!['\\', letter],
            '\n' => vec!['\\', 'n'],
            letter => vec![letter],
        })
        .collect();
    let number = card.phone.as_ref().map_or_else(String::new, |phone| {
        format!("item1.TEL;waid={phone}:+{phone}\nitem1.X-ABLabel:Mobile\n")
    });
    let made = format!("BEGIN:VCARD\nVERSION:3.0\nN:;{escaped};;;\nFN:{escaped}\n{number}END:VCARD");
    wa::message::ContactMessage {
        display_name: Some(card.name.clone()),
        vcard: Some(card.vcard.clone().unwrap_or(made)),
        ..Default::default()
    }
}

pub(crate) fn poll(poll: &Poll) -> wa::Message {
    let creation = wa::message::PollCreationMessage {
        name: Some(poll.question.clone()),
        options: poll
            .options
            .iter()
            .map(|option| wa::message::poll_creation_message::Option {
                option_name: Some(option.clone()),
                ..Default::default()
            })
            .collect(),
        selectable_options_count: Some(poll.max_choices),
        ..Default::default()
    };
    let mut message = wa::Message {
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_secret: Some(crypto::random32().to_vec()),
            ..Default::default()
        }),
        ..Default::default()
    };
    // As the apps do: one choice has a version of its own.
    if poll.max_choices == 1 {
        message.poll_creation_message_v3 = MessageField::some(creation);
    } else {
        message.poll_creation_message = MessageField::some(creation);
    }
    message
}

/// A vote on a poll that `asker` made and `voter` answers.
pub(crate) fn vote(
    vote: &Vote,
    key: wa::MessageKey,
    poll: &InboxMessage,
    (asker, voter): (&Jid, &Jid),
) -> Result<wa::Message, Error> {
    let hashes: Vec<Vec<u8>> = vote
        .chosen
        .iter()
        .map(|option| compute_option_hash(option).to_vec())
        .collect();
    let (asker, voter) = (asker.to_non_ad_string(), voter.to_non_ad_string());
    let (payload, iv) = encrypt_poll_vote_with_secret(&hashes, &poll.secret, &poll.id, &asker, &voter)
        .map_err(|error| Error::invalid("vote", error.to_string()))?;
    Ok(wa::Message {
        poll_update_message: MessageField::some(wa::message::PollUpdateMessage {
            poll_creation_message_key: MessageField::some(key),
            vote: MessageField::some(wa::message::PollEncValue {
                enc_payload: Some(payload),
                enc_iv: Some(iv.to_vec()),
            }),
            sender_timestamp_ms: Some(clock::now_ms()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// What a poll asks.
pub(crate) fn question(message: &wa::Message) -> Option<&wa::message::PollCreationMessage> {
    [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
    ]
    .into_iter()
    .find_map(|poll| poll.as_option())
}
