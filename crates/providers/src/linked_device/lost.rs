//! A message may be lost when the process dies at the wrong moment: it must not be lost in silence.
//!
//! The library decrypts a message in memory and hands it to us for the commit; apart from that it stores the state of all
//! its ciphers every 25 ms, and before some sends. When that falls between the two and the process dies then, the state
//! says that the message was decrypted and nobody has what it said. WhatsApp delivers it again, the library takes it for
//! a repeat, asks the backend for the copy that waits to be committed, and acknowledges it when there is none.
//!
//! So the backend does not say that there is none. It answers with a stand-in, which is committed like any message: as
//! one that cannot be read. Of a message that is stored, that is no news, and nothing happens; any other gets a line in
//! its thread and is announced. What was never meant to be stored leaves a trace in the backend instead.

use waproto::whatsapp as wa;

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

#[cfg(test)]
mod tests {
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
}
