//! What could not be read here, because a crash took it or because it came damaged, is asked of the account's own phone.

use std::sync::Arc;

use pesan_model::reconnect::Disconnect;
use pesan_model::{Address, Direction};
use pesan_providers::Inbound;
use pesan_providers::inbound::{InboundContent, InboundMessage};
use pesan_providers::provider::Provider;
use pesan_providers::session_records::{LOST, RecordKind, RecordWrite, SessionRecords as _};
use wanet::{Attachment, Edit, Family, FaultKind, Moment, NewFault, Options, PhoneMessage, Reaction};

use crate::support::{
    BUDI, DEADLINE, Dead, Linked, SARI, Sink, TOKO, Told, World, all_acknowledged, chat, delivered, text,
};

const PENDING: RecordKind = RecordKind("pending_inbound");
const SESSION: RecordKind = RecordKind("session");
const SENDER_KEY: RecordKind = RecordKind("sender_key");

/// The process dies after the library stored that a message was decrypted, and before anybody stored what it said. What
/// `write` hands out is the id of the message. The next process is not started yet.
async fn lost(world: &World, linked: &mut Linked, write: impl FnOnce(&World) -> String) -> (String, Dead) {
    // Writing to somebody has the library store the state of all its ciphers: nothing of what came before is left to do.
    delivered(world, linked).await;
    let records = Arc::clone(&linked.records);
    let state = async |kind| records.list(kind, &[]).await.expect("readable");
    let keys = state(SENDER_KEY).await;
    linked.sink.hold();
    let id = write(world);
    linked.sink.hangs().await;
    let sessions = state(SESSION).await;
    let is_in_group = is_in_group(world, &id);
    let stored = async {
        while state(SESSION).await == sessions || (is_in_group && state(SENDER_KEY).await == keys) {
            tokio::task::yield_now().await;
        }
    };
    let out = text(SARI, "never leaves");
    tokio::select! {
        sent = linked.device().send(&out) => panic!("it waits for the commit: {sent:?}"),
        stored = tokio::time::timeout(DEADLINE, stored) => stored.expect("the ciphers are stored"),
    }
    let forget = RecordWrite::DeletePrefix {
        kind: PENDING,
        prefix: Vec::new(),
    };
    records.write(vec![forget]).await.expect("forgotten");
    (id, linked.die())
}

fn is_in_group(world: &World, id: &str) -> bool {
    let seen = world.network.phone_messages(TOKO, 0).expect("an inbox");
    seen.iter()
        .any(|message| message.id == id && message.chat.ends_with("@g.us"))
}

/// The message once it says something.
async fn healed(sink: &Sink, id: &str) -> InboundMessage {
    let fits = |told: &Told| match told {
        Told::In(Inbound::Message(message)) if message.wa_id == id => match message.content {
            InboundContent::Undecryptable { .. } => None,
            _ => Some((**message).clone()),
        },
        _ => None,
    };
    sink.wait("what it says", fits).await
}

/// The line that says that something was lost.
async fn line(sink: &Sink, id: &str, nth: usize) -> InboundMessage {
    let told = sink.message(id, nth).await;
    assert!(
        matches!(&told.content, InboundContent::Undecryptable { reason } if reason == "interrupted"),
        "{told:?}"
    );
    told
}

/// Waits until nothing is to be asked for any more.
async fn none_left(linked: &Linked) {
    tokio::time::timeout(DEADLINE, linked.records.wait_for_count(LOST, 0))
        .await
        .expect("nothing is left to be asked for");
}

async fn end(world: World, linked: Linked, dead: impl IntoIterator<Item = Dead>) {
    none_left(&linked).await;
    all_acknowledged(&world).await;
    for one in dead {
        one.bury().await;
    }
    world.end([linked]).await;
}

/// What TOKO's companion asks its phone.
fn request(fault: FaultKind) -> NewFault {
    let mut fault = NewFault::once(fault).phone(TOKO).device(1).stanza("message");
    fault.chat = Some(TOKO.into());
    fault
}

/// Whether it is what was sent.
type IsIt = fn(&InboundContent) -> bool;

/// Waits until a fault has happened.
async fn happened(world: &World) {
    let all = async {
        while world.network.faults().iter().any(|fault| fault.happened == 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, all).await.expect("it happens");
}

fn says(message: &InboundMessage) -> Option<&str> {
    match &message.content {
        InboundContent::Text(body) => Some(body),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_text_a_crash_took_is_announced_and_asked_of_the_phone() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let write = |world: &World| world.network.phone_send_text(SARI, TOKO, "lost").expect("sent");
    let (id, dead) = lost(&world, &mut linked, write).await;
    linked.open(&world).await;
    let before = line(&linked.sink, &id, 0).await;
    let after = healed(&linked.sink, &id).await;
    assert_eq!(says(&after), Some("lost"));
    assert_eq!(
        (&after.chat, &after.sender, after.direction, after.at),
        (&before.chat, &before.sender, before.direction, before.at)
    );
    end(world, linked, [dead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_message_comes_back() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let about = world.network.phone_send_text(SARI, TOKO, "halo").expect("sent");
    linked.sink.message(&about, 0).await;
    let image = Attachment {
        data: "aGFsbw==".into(),
        caption: Some("a picture".into()),
        ..Attachment::default()
    };
    let kinds: [(PhoneMessage, IsIt); 3] = [
        (
            PhoneMessage {
                image: Some(image),
                ..PhoneMessage::default()
            },
            |content| matches!(content, InboundContent::Media(media) if media.caption.as_deref() == Some("a picture")),
        ),
        (
            PhoneMessage {
                reaction: Some(Reaction {
                    message_id: about.clone(),
                    emoji: "👍".into(),
                }),
                ..PhoneMessage::default()
            },
            |content| matches!(content, InboundContent::Reaction { emoji, .. } if emoji == "👍"),
        ),
        (
            PhoneMessage {
                edit: Some(Edit {
                    message_id: about.clone(),
                    text: "halo semua".into(),
                }),
                ..PhoneMessage::default()
            },
            |content| matches!(content, InboundContent::Edit { words, .. } if words == "halo semua"),
        ),
    ];
    let mut dead = Vec::new();
    for (message, is_it) in kinds {
        let message = PhoneMessage {
            to: TOKO.into(),
            ..message
        };
        let write = |world: &World| world.network.phone_send(SARI, &message).expect("sent");
        let (id, one) = lost(&world, &mut linked, write).await;
        dead.push(one);
        linked.open(&world).await;
        let content = healed(&linked.sink, &id).await.content;
        assert!(is_it(&content), "{content:?}");
        none_left(&linked).await;
        linked.sink.connected(0).await;
    }
    end(world, linked, dead).await;
}

/// The answer comes to a connection that never asked: the library knows nothing about it then.
async fn answered_later(world: &World, linked: &mut Linked, id: &str) -> (InboundMessage, InboundMessage) {
    let cut = request(FaultKind::Cut { moment: Moment::After });
    world.network.set_fault(cut).expect("armed");
    linked.open(world).await;
    let before = line(&linked.sink, id, 0).await;
    assert_eq!(linked.sink.disconnected(0).await, Disconnect::Lost);
    linked.open(world).await;
    (before, healed(&linked.sink, id).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_own_phone_wrote_comes_back_as_that() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let write = |world: &World| {
        world
            .network
            .phone_send_text(TOKO, SARI, "from the phone")
            .expect("sent")
    };
    let (id, dead) = lost(&world, &mut linked, write).await;
    let (before, after) = answered_later(&world, &mut linked, &id).await;
    assert_eq!(says(&after), Some("from the phone"));
    assert_eq!((before.direction, after.direction), (Direction::Out, Direction::Out));
    assert_eq!((&after.chat, &after.peer), (&before.chat, &before.peer));
    let peer = after.peer.as_ref().expect("somebody");
    assert!(
        peer.phone.as_ref().is_some_and(|phone| phone.digits() == SARI),
        "{peer:?}"
    );
    end(world, linked, [dead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_by_lid_comes_back_as_theirs() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let message = PhoneMessage {
        to: TOKO.into(),
        text: Some("by LID".into()),
        addressing: Some(Family::Lid),
        ..PhoneMessage::default()
    };
    let write = |world: &World| world.network.phone_send(SARI, &message).expect("sent");
    let (id, dead) = lost(&world, &mut linked, write).await;
    let (before, after) = answered_later(&world, &mut linked, &id).await;
    assert_eq!(says(&after), Some("by LID"));
    assert_eq!(
        (&after.chat, &after.sender, after.direction),
        (&before.chat, &before.sender, Direction::In)
    );
    end(world, linked, [dead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_of_a_group_wrote_comes_back_as_theirs() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let members = [TOKO.to_owned(), BUDI.to_owned()];
    let group = world.network.create_group(SARI, "Pasar", &members).expect("created");
    let first = world.network.phone_send_text(BUDI, &group, "halo").expect("sent");
    linked.sink.message(&first, 0).await;
    let write = |world: &World| world.network.phone_send_text(BUDI, &group, "lost").expect("sent");
    let (id, dead) = lost(&world, &mut linked, write).await;
    let (before, after) = answered_later(&world, &mut linked, &id).await;
    assert_eq!(says(&after), Some("lost"));
    assert_eq!(
        (&after.chat, &after.sender, after.direction),
        (&chat(&group), &before.sender, Direction::In)
    );
    let budi: Address = chat(BUDI);
    assert_eq!(after.sender.phone.map(Address::Phone), Some(budi));
    end(world, linked, [dead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_connection_asks_again_when_a_request_got_lost() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let write = |world: &World| world.network.phone_send_text(SARI, TOKO, "lost").expect("sent");
    let (id, first) = lost(&world, &mut linked, write).await;
    world.network.set_fault(request(FaultKind::DropStanza)).expect("armed");
    linked.open(&world).await;
    line(&linked.sink, &id, 0).await;
    happened(&world).await;
    all_acknowledged(&world).await;
    assert_eq!((linked.records.count(LOST), world.network.stats().wanted_again), (1, 0));
    // WhatsApp has no reason to bring it again, and the process that knew of it is dead.
    let second = linked.die();
    linked.open(&world).await;
    assert_eq!(says(&healed(&linked.sink, &id).await), Some("lost"));
    assert_eq!(world.network.stats().wanted_again, 1);
    end(world, linked, [first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_remembered_after_its_line_was_committed_comes_again() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let write = |world: &World| world.network.phone_send_text(SARI, TOKO, "lost").expect("sent");
    let (id, dead) = lost(&world, &mut linked, write).await;
    linked.sink.disturb_only(&id);
    linked.sink.hold();
    linked.open(&world).await;
    linked.sink.hangs().await;
    linked.records.break_down();
    linked.sink.release();
    line(&linked.sink, &id, 0).await;
    assert_eq!(linked.sink.disconnected(0).await, Disconnect::Lost);
    linked.records.mend();
    assert_eq!(linked.records.count(LOST), 0);
    linked.open(&world).await;
    line(&linked.sink, &id, 1).await;
    assert_eq!(says(&healed(&linked.sink, &id).await), Some("lost"));
    end(world, linked, [dead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_what_is_stored_asks_for_nothing() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    delivered(&world, &linked).await;
    let dropped = NewFault::once(FaultKind::DropStanza).phone(TOKO).stanza("receipt");
    world.network.set_fault(dropped).expect("armed");
    let id = world.network.phone_send_text(SARI, TOKO, "halo").expect("sent");
    linked.sink.message(&id, 0).await;
    happened(&world).await;
    linked.shut_down().await;
    linked.open(&world).await;
    line(&linked.sink, &id, 1).await;
    all_acknowledged(&world).await;
    // What is to be asked for is remembered before anything is acknowledged.
    assert_eq!((linked.records.count(LOST), world.network.stats().wanted_again), (0, 0));
    end(world, linked, []).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_again_is_no_lost_message() {
    let world = World::new().await;
    let mut linked = world.linked(TOKO).await;
    let members = [TOKO.to_owned(), BUDI.to_owned()];
    let group = world.network.create_group(SARI, "Pasar", &members).expect("created");
    let first = world.network.phone_send_text(BUDI, &group, "halo").expect("sent");
    linked.sink.message(&first, 0).await;
    delivered(&world, &linked).await;
    let dropped = NewFault::once(FaultKind::DropStanza).phone(TOKO).stanza("receipt");
    world.network.set_fault(dropped).expect("armed");
    let key = PhoneMessage {
        to: group.clone(),
        key_only: true,
        ..PhoneMessage::default()
    };
    let key = world.network.phone_send(BUDI, &key).expect("sent");
    happened(&world).await;
    let second = world.network.phone_send_text(BUDI, &group, "lagi").expect("sent");
    linked.sink.message(&second, 0).await;
    for connection in 1..=2 {
        linked.shut_down().await;
        linked.open(&world).await;
        linked.sink.connected(connection).await;
        all_acknowledged(&world).await;
        delivered(&world, &linked).await;
    }
    assert!(linked.sink.messages().iter().all(|message| message.wa_id != key));
    // The phone was asked, and knows of no message.
    world
        .network
        .wait_stats(DEADLINE, |stats| stats.wanted_again > 0 && stats.queued == 0)
        .await
        .expect("asked");
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_has_it_not_is_asked_once_on_each_connection() {
    let options = Options {
        inbox_limit: 1,
        ..Options::default()
    };
    let world = World::with(pesan_providers::linked_device::Patience::default(), options).await;
    let mut linked = world.linked(TOKO).await;
    let write = |world: &World| world.network.phone_send_text(SARI, TOKO, "lost").expect("sent");
    let (id, dead) = lost(&world, &mut linked, write).await;
    // This one takes its place on the phone.
    let next = world.network.phone_send_text(SARI, TOKO, "next").expect("sent");
    world
        .network
        .wait_message(TOKO, DEADLINE, |message| message.id == next)
        .await
        .expect("on the phone");
    for connection in 1..=2 {
        linked.open(&world).await;
        world
            .network
            .wait_stats(DEADLINE, |stats| stats.wanted_again == connection && stats.queued == 0)
            .await
            .expect("asked, and the answer taken");
        linked.sink.connected(connection as usize - 1).await;
        delivered(&world, &linked).await;
        assert_eq!(world.network.stats().wanted_again, connection);
        assert_eq!(linked.records.count(LOST), 1);
        linked.shut_down().await;
    }
    line(&linked.sink, &id, 0).await;
    let told = linked.sink.messages();
    assert_eq!(told.iter().filter(|message| message.wa_id == id).count(), 1);
    assert!(told.iter().any(|message| message.wa_id == next));
    dead.bury().await;
    world.end([linked]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_that_is_never_sent_again_heals_from_the_phone() {
    let world = World::new().await;
    let linked = world.linked(TOKO).await;
    let first = world.network.phone_send_text(SARI, TOKO, "before").expect("sent");
    linked.sink.message(&first, 0).await;
    // After an answer the session is settled, and the next message is an ordinary one.
    delivered(&world, &linked).await;
    let damaged = NewFault::once(FaultKind::CorruptCiphertext).phone(TOKO).device(1);
    let unheard = NewFault::once(FaultKind::DropStanza).phone(TOKO).stanza("receipt");
    world.network.set_fault(damaged).expect("armed");
    world.network.set_fault(unheard).expect("armed");
    let id = world.network.phone_send_text(SARI, TOKO, "damaged").expect("sent");
    let before = linked.sink.message(&id, 0).await;
    assert!(
        matches!(&before.content, InboundContent::Undecryptable { reason } if reason == "no_session"),
        "{before:?}"
    );
    let after = healed(&linked.sink, &id).await;
    assert_eq!(says(&after), Some("damaged"));
    assert_eq!((&after.chat, &after.sender), (&before.chat, &before.sender));
    assert_eq!(
        (world.network.stats().retries, world.network.stats().wanted_again),
        (0, 1)
    );
    end(world, linked, []).await;
}
