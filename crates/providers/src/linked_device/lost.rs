//! A message may be lost when the process dies at the wrong moment: it must not be lost in silence.
//!
//! The library decrypts a message in memory and hands it to us for the commit; apart from that it stores the state of all
//! its ciphers every 25 ms, and before some sends. When that falls between the two and the process dies then, the state
//! says that the message was decrypted and nobody has what it said. WhatsApp delivers it again, the library takes it for
//! a repeat, asks the backend for the copy that waits to be committed, and acknowledges it when there is none.
//!
//! So the backend does not say that there is none. It answers with a stand-in, which is committed like any message: as
//! one that cannot be read. Of a message that is stored, that is no news, and nothing happens; any other gets a line in
//! its thread and is announced, and the phone is asked what it said ([`super::resend`]). What was never meant to be stored
//! leaves a trace in the backend instead.
//!
//! The library keeps to itself that a stanza brought a key for a group and nothing else, so such a one leaves no trace.
//! When it comes again it is known by its look, and gets no line; the phone is asked all the same, in case that it was more.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wacore::types::message::MessageInfo;
use wacore_binary::{JidExt, NodeRef};
use waproto::whatsapp as wa;
use whatsapp_rust::RawNodeLease;

/// Why the message cannot be read.
pub(super) const REASON: &str = "interrupted";

/// An empty text, and nothing else: nobody sends that.
fn stand_in() -> wa::Message {
    wa::Message {
        conversation: Some(String::new()),
        ..wa::Message::default()
    }
}

/// What stands in for a message that is a repeat of something nobody has, as the library keeps messages.
pub(super) fn stand_in_bytes() -> Vec<u8> {
    waproto::codec::message_to_vec(&stand_in())
}

/// Whether a message is the stand-in.
pub(super) fn is_stand_in(message: &wa::Message) -> bool {
    message.conversation.as_ref().is_some_and(String::is_empty) && *message == stand_in()
}

/// How many stanzas of a connection are remembered that bring nothing but a key. Of more, each gets a line.
const MOST_KEYS: usize = 1_000;

/// The stanzas that had waited for us and look as if they bring a key for a group and nothing else.
#[derive(Default)]
pub(super) struct KeyStanzas(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// By chat and id.
    stanzas: HashSet<(String, String)>,
    /// While it lives, the library shows us every stanza.
    lease: Option<RawNodeLease>,
}

impl KeyStanzas {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on stanzas are looked at.
    pub(super) fn watch(&self, lease: RawNodeLease) {
        self.seen().lease = Some(lease);
    }

    /// Nothing comes any more that had waited.
    pub(super) fn rest(&self) {
        self.seen().lease = None;
    }

    /// Told of every stanza, before the library looks at it.
    ///
    /// What is said in a group is encrypted with the key of its writer for all (`skmsg`); keys go to each device alone. What
    /// was asked for again also comes to one device alone, and says how often it was (`count`).
    pub(super) fn note(&self, node: &NodeRef<'_>) {
        if node.tag.as_ref() != "message" || node.get_attr("offline").is_none() {
            return;
        }
        let encs = || {
            node.children()
                .unwrap_or_default()
                .iter()
                .filter(|child| child.tag.as_ref() == "enc")
        };
        let is_key = |enc: &NodeRef<'_>| {
            let kind = enc.get_attr("type").map(|kind| kind.as_str().into_owned());
            matches!(kind.as_deref(), Some("pkmsg" | "msg")) && enc.get_attr("count").is_none()
        };
        if encs().next().is_none() || !encs().all(is_key) {
            return;
        }
        let (Some(chat), Some(id)) = (node.attrs().optional_jid("from"), node.get_attr("id")) else {
            return;
        };
        let stanzas = &mut self.seen().stanzas;
        if chat.is_group() && stanzas.len() < MOST_KEYS {
            stanzas.insert((chat.to_string(), id.as_str().into_owned()));
        }
    }

    /// Whether the stanza of this message is one of them.
    pub(super) fn has(&self, info: &MessageInfo) -> bool {
        let stanzas = &self.seen().stanzas;
        !stanzas.is_empty() && stanzas.contains(&(info.source.chat.to_string(), info.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use wacore_binary::Jid;
    use wacore_binary::builder::NodeBuilder;

    use super::*;

    #[test]
    fn a_stand_in_is_known_after_it_was_stored_and_no_message_looks_like_it() {
        let read = waproto::codec::message_decode(&stand_in_bytes()).expect("a message");
        assert!(is_stand_in(&read) && !stand_in_bytes().is_empty());
        assert!(!is_stand_in(&wa::Message::default()));
        let text = wa::Message {
            conversation: Some("halo".into()),
            ..wa::Message::default()
        };
        assert!(!is_stand_in(&text));
    }

    #[test]
    fn a_stanza_that_brings_a_key_alone_is_known_by_its_look() {
        let group = "120363000000000001@g.us";
        let enc = |kind: &'static str| NodeBuilder::new("enc").attr("type", kind);
        let table = [
            (group, true, vec![enc("pkmsg")], true),
            (group, true, vec![enc("msg")], true),
            (group, true, vec![enc("pkmsg"), enc("skmsg")], false),
            (group, true, vec![enc("skmsg")], false),
            (group, true, vec![enc("pkmsg").attr("count", "1")], false),
            (group, false, vec![enc("pkmsg")], false),
            (group, true, Vec::new(), false),
            ("6280000000001@s.whatsapp.net", true, vec![enc("pkmsg")], false),
        ];
        for (from, has_waited, encs, expected) in table {
            let chat: Jid = from.parse().expect("a JID");
            let mut node = NodeBuilder::new("message").attr("from", chat.clone()).attr("id", "A1");
            if has_waited {
                node = node.attr("offline", "0");
            }
            let node = node.children(encs.into_iter().map(NodeBuilder::build)).build();
            let keys = KeyStanzas::default();
            keys.note(&node.as_node_ref());
            let mut info = MessageInfo {
                id: "A1".into(),
                ..MessageInfo::default()
            };
            info.source.chat = chat;
            assert_eq!(keys.has(&info), expected, "{node:?}");
            info.id = "A2".into();
            assert!(!keys.has(&info));
        }
    }
}
