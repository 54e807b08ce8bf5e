//! Every fault of the simulated network, and what a user sees of it: through the whole product, on both databases.
//!
//! Each test looks at what the API shows (status and error of messages, state, reason and history of the account, events)
//! and at what the other person's phone shows. At the end of each, every event was told by webhook.

mod connection;
mod log_in;
mod receiving;
mod sending;
pub(crate) mod world;

use serde_json::{Value, json};
use wanet::FaultKind;

/// The tests that show a kind of fault. A new kind does not compile without one.
fn shown_by(kind: &FaultKind) -> Vec<fn()> {
    match kind {
        FaultKind::DropAck => vec![
            sending::a_message_without_an_answer_is_sent_again_and_shown_once,
            sending::a_receipt_proves_what_no_answer_said,
            sending::a_message_that_is_never_confirmed_fails_and_a_person_decides,
            sending::a_late_receipt_heals_a_message_that_was_never_confirmed,
        ],
        FaultKind::DelayAck { .. } => vec![sending::an_answer_that_comes_late_changes_nothing_for_the_other_person],
        FaultKind::DuplicateAck { .. } => vec![sending::an_answer_that_comes_twice_is_told_once],
        FaultKind::Nack { .. } => vec![
            sending::a_refused_message_fails_with_a_reason_and_holds_up_nothing,
            sending::a_refusal_that_passes_is_overcome,
            sending::a_refusal_that_does_not_pass_fails_after_four_tries,
            sending::a_refusal_that_comes_late_fails_the_message_for_the_same_reason,
            sending::a_refusal_that_comes_late_and_passes_is_overcome,
        ],
        FaultKind::DropStanza => vec![sending::a_message_that_got_lost_is_sent_again_before_the_next_one],
        FaultKind::CorruptCiphertext => vec![
            sending::a_message_that_arrives_damaged_is_sent_again_and_shown_once,
            receiving::a_damaged_message_is_announced_and_healed,
            receiving::a_damaged_first_message_is_announced_and_healed,
        ],
        FaultKind::Cut { .. } => vec![
            connection::a_broken_connection_comes_back_and_nothing_is_lost,
            connection::a_connection_that_breaks_around_a_message_sends_it_once,
            receiving::a_connection_that_breaks_before_the_receipt_stores_the_message_once,
        ],
        FaultKind::HalfOpen { .. } => vec![
            connection::a_mute_connection_is_noticed_and_mended_in_the_stated_time,
            connection::a_connection_that_falls_mute_around_a_message_sends_it_once,
        ],
        FaultKind::RefuseLogin { .. } => vec![
            log_in::a_refusal_that_passes_is_tried_again,
            log_in::a_log_out_keeps_what_was_to_be_sent_until_the_account_is_linked_again,
            log_in::a_ban_stops_the_account_until_a_person_connects_it_and_needs_no_new_link,
            log_in::a_version_that_is_too_old_is_tried_again_after_a_long_wait,
        ],
        FaultKind::TemporaryBan { .. } => vec![log_in::a_ban_for_a_while_is_waited_out],
        FaultKind::RefuseResumption => vec![log_in::a_refused_resumption_is_not_seen_by_anybody],
        FaultKind::StreamError { .. } => vec![
            connection::a_stream_that_ends_with_a_code_is_opened_again,
            connection::a_new_start_around_a_message_sends_it_once,
        ],
        FaultKind::ConflictReplaced => vec![
            connection::an_account_that_was_replaced_waits_before_it_comes_back,
            connection::an_account_that_was_replaced_comes_back_when_a_person_connects_it,
        ],
    }
}

#[test]
fn every_kind_of_fault_that_the_network_offers_has_a_test() {
    let api = serde_json::to_value(wanet::openapi()).expect("it has a JSON form");
    let kinds = api["components"]["schemas"]["FaultKind"]["oneOf"]
        .as_array()
        .expect("its kinds");
    let name = |kind: &Value| kind["properties"]["kind"]["enum"][0].as_str().map(str::to_owned);
    for kind in kinds {
        let name = name(kind).expect("a name");
        // More than any of them needs.
        let order = json!({"kind": name, "ms": 1, "copies": 1, "code": 1, "seconds": 1});
        let kind: FaultKind = serde_json::from_value(order).expect("a kind that is offered can be ordered");
        assert!(!shown_by(&kind).is_empty(), "{name}");
    }
    assert!(kinds.len() >= 13);
}
