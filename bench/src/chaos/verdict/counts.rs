//! What happened how often.

use std::fmt;

/// What happened how often.
#[derive(Debug, Default)]
pub(in crate::chaos) struct Counts {
    pub(super) accepted: usize,
    pub(super) sent_events: usize,
    pub(super) shown: usize,
    pub(super) wire_repeats: u64,
    pub(super) dropped_by_network: u64,
    pub(super) written: usize,
    pub(super) stored: usize,
    pub(super) past: usize,
    pub(super) told: usize,
    pub(super) webhook_tries: u64,
    pub(super) webhook_repeats: u64,
    pub(super) logins: u64,
    pub(super) network_retries: u64,
    pub(super) undecryptable_at_first: u64,
    pub(super) lost: usize,
    pub(super) doubled: usize,
    pub(super) stuck: usize,
    pub(super) out_of_order: usize,
    /// There, and nobody knows what they say.
    pub(super) unread: usize,
    /// How often phones were asked for what a kill took.
    pub(super) asked_of_phones: u64,
    /// Of all, those that were no texts.
    pub(super) pictures: usize,
    pub(super) replies: usize,
    pub(super) reactions: usize,
    /// Pictures that were looked at, at both sides.
    pub(super) files: usize,
    /// Pictures of messages that are there, and that are not here yet.
    pub(super) unfetched: usize,
    /// There, and saying something else.
    pub(super) changed: usize,
}

impl Counts {
    /// How often a message was sent again that had reached the network before.
    pub(in crate::chaos) fn repeats(&self) -> u64 {
        self.wire_repeats
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "logins={} | out: accepted={} shown={} sent_events={} wire_repeats={} dropped_by_network={} | in: past={} written={} \
             stored={} told={} webhook_tries={} webhook_repeats={} | decryption_retries={} undecryptable_at_first={} \
             asked_of_phones={} | pictures={} replies={} reactions={} files={} | lost={} doubled={} stuck={} out_of_order={} unread={} unfetched={} changed={}",
            self.logins,
            self.accepted,
            self.shown,
            self.sent_events,
            self.wire_repeats,
            self.dropped_by_network,
            self.past,
            self.written,
            self.stored,
            self.told,
            self.webhook_tries,
            self.webhook_repeats,
            self.network_retries,
            self.undecryptable_at_first,
            self.asked_of_phones,
            self.pictures,
            self.replies,
            self.reactions,
            self.files,
            self.lost,
            self.doubled,
            self.stuck,
            self.out_of_order,
            self.unread,
            self.unfetched,
            self.changed
        )
    }
}
