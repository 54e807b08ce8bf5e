//! Places, contact cards, polls and votes; edits and deletions of messages.

use pesan_model::content::{ContactCard, Contacts, Degrees, Location, Poll, PollOption};
use wacore::proto_helpers::MessageExt;
use waproto::whatsapp as wa;

use super::super::vcard;
use super::{quoted, text};
use crate::inbound::{EncryptedVote, InboundContent};

/// Cards of a message that are kept. WhatsApp's apps send fewer.
const MAX_CARDS: usize = 300;
/// Answers of a poll that are kept. WhatsApp's apps offer 12.
const MAX_OPTIONS: usize = 100;

/// A message with what it answers.
type Found = (InboundContent, Option<String>);

fn unsupported(kind: &str) -> InboundContent {
    InboundContent::Unsupported { kind: kind.into() }
}

/// An edit or a deletion. `None` for what is between devices.
pub(super) fn protocol(protocol: &wa::message::ProtocolMessage) -> Option<InboundContent> {
    use wa::message::protocol_message::Type;
    let target = protocol.key.as_option().and_then(|key| text(key.id.as_ref()));
    match protocol.r#type {
        Some(Type::REVOKE) => Some(match target {
            Some(target) => InboundContent::Revoke {
                target,
                by_admin: false,
            },
            None => unsupported("revoke"),
        }),
        Some(Type::MESSAGE_EDIT) => {
            let words = protocol.edited_message.as_option().and_then(words);
            Some(match (target, words) {
                (Some(target), Some(words)) => InboundContent::Edit { target, words },
                (None, _) | (_, None) => unsupported("edit"),
            })
        }
        _ => None,
    }
}

/// The text or caption of the message that takes another one's place. `None` when it is of a kind that has none.
fn words(edited: &wa::Message) -> Option<String> {
    let base = edited.get_base_message();
    let has_caption = base.image_message.is_set() || base.video_message.is_set() || base.document_message.is_set();
    let caption = has_caption.then(|| base.get_caption().unwrap_or_default());
    base.text_content().or(caption).map(str::to_owned)
}

/// A place, cards, a poll or a vote.
pub(super) fn shown(message: &wa::Message, base: &wa::Message) -> Option<Found> {
    location(base)
        .or_else(|| contacts(base))
        .or_else(|| poll(message, base))
        .or_else(|| vote(base))
}

fn location(base: &wa::Message) -> Option<Found> {
    if let Some(place) = base.location_message.as_option() {
        let found = at((place.degrees_latitude, place.degrees_longitude), |location| {
            location.name = text(place.name.as_ref());
            location.address = text(place.address.as_ref());
            location.caption = text(place.comment.as_ref());
            location.is_live = place.is_live.unwrap_or(false);
        });
        return Some((found, quoted(place.context_info.as_option())));
    }
    let place = base.live_location_message.as_option()?;
    let found = at((place.degrees_latitude, place.degrees_longitude), |location| {
        location.caption = text(place.caption.as_ref());
        location.is_live = true;
    });
    Some((found, quoted(place.context_info.as_option())))
}

fn at((north, east): (Option<f64>, Option<f64>), fill: impl FnOnce(&mut Location)) -> InboundContent {
    let (Some(latitude), Some(longitude)) = (north.and_then(Degrees::north), east.and_then(Degrees::east)) else {
        return unsupported("location");
    };
    let mut location = Location {
        latitude,
        longitude,
        name: None,
        address: None,
        caption: None,
        is_live: false,
    };
    fill(&mut location);
    InboundContent::Location(location)
}

fn contacts(base: &wa::Message) -> Option<Found> {
    if let Some(contact) = base.contact_message.as_option() {
        let cards = card(contact).into_iter().collect();
        return Some((people(cards), quoted(contact.context_info.as_option())));
    }
    let array = base.contacts_array_message.as_option()?;
    let cards = array.contacts.iter().filter_map(card).take(MAX_CARDS).collect();
    Some((people(cards), quoted(array.context_info.as_option())))
}

fn card(contact: &wa::message::ContactMessage) -> Option<ContactCard> {
    vcard::read(
        contact.display_name.as_deref(),
        contact.vcard.as_deref().unwrap_or_default(),
    )
}

fn people(cards: Vec<ContactCard>) -> InboundContent {
    if cards.is_empty() {
        return unsupported("contact");
    }
    InboundContent::Contacts(Contacts { cards })
}

fn poll(message: &wa::Message, base: &wa::Message) -> Option<Found> {
    let wrapped = base.poll_creation_message_v4.as_option();
    let base = wrapped
        .and_then(|wrapper| wrapper.message.as_option())
        .map_or(base, MessageExt::get_base_message);
    let asked = [
        &base.poll_creation_message,
        &base.poll_creation_message_v2,
        &base.poll_creation_message_v3,
        &base.poll_creation_message_v5,
        &base.poll_creation_message_v6,
    ]
    .into_iter()
    .find_map(|version| version.as_option())?;
    let reply_to = quoted(asked.context_info.as_option());
    let options: Vec<PollOption> = asked
        .options
        .iter()
        .take(MAX_OPTIONS)
        .map(|option| PollOption {
            text: option.option_name.clone().unwrap_or_default(),
            votes: 0,
        })
        .collect();
    let Some(question) = text(asked.name.as_ref()).filter(|_| !options.is_empty()) else {
        return Some((unsupported("poll"), reply_to));
    };
    let poll = Poll {
        question,
        options,
        max_choices: asked.selectable_options_count.filter(|count| *count > 0),
        voters: 0,
    };
    let secret = [base, message].into_iter().find_map(|message| {
        let context = message.message_context_info.as_option()?;
        context.message_secret.clone()
    });
    Some((InboundContent::Poll { poll, secret }, reply_to))
}

fn vote(base: &wa::Message) -> Option<Found> {
    let update = base.poll_update_message.as_option()?;
    let key = update.poll_creation_message_key.as_option();
    let target = key.and_then(|key| text(key.id.as_ref()));
    let vote = update.vote.as_option().and_then(|vote| {
        Some(EncryptedVote {
            payload: vote.enc_payload.clone()?,
            iv: vote.enc_iv.clone()?,
        })
    });
    let content = match (target, vote) {
        (Some(target), Some(vote)) => InboundContent::Vote { target, vote },
        (None, _) | (_, None) => unsupported("poll_vote"),
    };
    Some((content, None))
}

#[cfg(test)]
mod tests;
