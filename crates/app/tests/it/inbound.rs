//! Receiving.

use std::time::Duration;

use pesan_app::jobs::retention;
use pesan_app::{App, Error, Signal, contacts, inbound, inbox, jobs, messaging};
use pesan_model::chat::Activity;
use pesan_model::content::MediaKind;
use pesan_model::message::{Message, MessageError};
use pesan_model::{AccountId, Address, Clock, Content, Direction, Event, MediaId, MessageStatus, Timestamp};
use pesan_providers::Inbound;
use pesan_providers::fake::Answer;
use pesan_providers::inbound::{GroupNotice, InboundContent, InboundMedia, InboundMessage, Person, Receipt};
use pesan_providers::provider::{GroupInfo, ReadKind, Refusal, RemoteMedia};
use pesan_store::early_receipt::{self, EarlyReceipt};
use pesan_store::{chat, job, testing};

use crate::support::{DEADLINE, TestApp, within};

pub(crate) const SITI: &str = "15550000001";
pub(crate) const SITI_LID: &str = "100000015550000001@lid";
const GROUP: &str = "120363000000000001@g.us";

fn siti() -> Person {
    Person {
        phone: SITI.parse().ok(),
        lid: None,
        push_name: Some("Siti".into()),
    }
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("valid")
}

pub(crate) fn message(test: &TestApp, wa_id: &str, body: &str) -> InboundMessage {
    InboundMessage {
        wa_id: wa_id.into(),
        chat: address(SITI),
        sender: siti(),
        direction: Direction::In,
        peer: None,
        at: test.clock.now(),
        content: InboundContent::Text(body.into()),
        reply_to: None,
        from_history: false,
    }
}

pub(crate) async fn receive(test: &TestApp, account: AccountId, batch: Vec<Inbound>) {
    inbound::receive(&test.app, account, batch).await.expect("stored");
}

pub(crate) async fn receive_message(test: &TestApp, account: AccountId, message: InboundMessage) {
    receive(test, account, vec![Inbound::Message(Box::new(message))]).await;
}

async fn chats(test: &TestApp) -> Vec<pesan_model::chat::Chat> {
    inbox::chats(&test.app, &test.caller, chat::Filter::default(), None, 50)
        .await
        .expect("listed")
}

async fn thread(test: &TestApp, chat: usize) -> Vec<Message> {
    let id = chats(test).await[chat].id;
    let page = inbox::messages(&test.app, &test.caller, id, None, 50)
        .await
        .expect("listed");
    page.into_iter().map(|(message, _)| message).rev().collect()
}

async fn contact_count(app: &std::sync::Arc<App>, test: &TestApp) -> usize {
    contacts::list(app, &test.caller, None, None, 50)
        .await
        .expect("listed")
        .len()
}

#[tokio::test]
async fn a_message_makes_a_contact_a_chat_and_an_event_and_comes_twice_without_effect() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for _ in 0..2 {
            receive_message(&test, account, message(&test, "A1", "halo")).await;
        }
        let all = chats(&test).await;
        assert_eq!(
            (all.len(), all[0].name.as_str(), all[0].unread),
            (1, "Siti", 1),
            "{}",
            database.kind
        );
        assert_eq!(
            all[0].last_message.as_ref().and_then(|last| last.preview.as_deref()),
            Some("halo")
        );
        assert_eq!(thread(&test, 0).await.len(), 1);
        let names = test.event_names().await;
        assert!(names.ends_with(&["contact.created", "message.received"]), "{names:?}");
        let read = inbox::mark_read(&test.app, &test.caller, all[0].id)
            .await
            .expect("read");
        assert_eq!(read.unread, 0);
    }
}

#[tokio::test]
async fn reading_a_chat_tells_whatsapp_of_new_messages_only_and_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let old = InboundMessage {
            from_history: true,
            ..message(&test, "A1", "dari dulu")
        };
        let reaction = InboundMessage {
            content: InboundContent::Reaction {
                target: "A2".into(),
                emoji: "👍".into(),
            },
            ..message(&test, "A4", "")
        };
        for came in [old, message(&test, "A2", "satu"), message(&test, "A3", "dua"), reaction] {
            receive_message(&test, account, came).await;
            test.clock.advance(Duration::from_secs(2));
        }
        let chat = chats(&test).await[0].clone();
        assert_eq!(chat.unread, 2, "{}", database.kind);
        let mut hints = test.app.bus.subscribe();
        for _ in 0..2 {
            let read = inbox::mark_read(&test.app, &test.caller, chat.id).await.expect("read");
            assert_eq!(read.unread, 0);
        }
        within(async { while !matches!(hints.recv().await, Ok(Signal::Events(_))) {} }).await;
        // The marks are sent apart from the answer.
        test.app.lifecycle.shut_down(DEADLINE).await;
        let reads = provider.reads();
        assert_eq!((reads.len(), &reads[0].kind), (1, &ReadKind::Read));
        assert_eq!(reads[0].wa_ids, ["A3", "A2"]);
        let changes = test.event_names().await;
        assert_eq!(changes.iter().filter(|name| **name == "chat.updated").count(), 1);
    }
}

#[tokio::test]
async fn only_a_voice_note_that_came_in_is_marked_as_played() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let voice = InboundMedia {
            kind: MediaKind::Audio,
            mime: "audio/ogg; codecs=opus".into(),
            size: Some(3),
            caption: None,
            file_name: None,
            voice: true,
            seconds: Some(1),
            remote: RemoteMedia("{}".into()),
        };
        let song = InboundMedia {
            voice: false,
            ..voice.clone()
        };
        for (wa_id, content) in [
            ("A1", InboundContent::Text("halo".into())),
            ("A2", InboundContent::Media(song)),
            ("A3", InboundContent::Media(voice)),
        ] {
            let came = InboundMessage {
                content,
                ..message(&test, wa_id, "")
            };
            receive_message(&test, account, came).await;
            test.clock.advance(Duration::from_secs(2));
        }
        let played = async |number: usize| {
            let id = thread(&test, 0).await[number].id;
            inbox::mark_played(&test.app, &test.caller, id).await
        };
        for number in [0, 1] {
            let refused = played(number).await;
            assert!(
                matches!(
                    refused,
                    Err(Error::Conflict {
                        code: "not_a_voice_note",
                        ..
                    })
                ),
                "{}",
                database.kind
            );
        }
        played(2).await.expect("told");
        let reads = provider.reads();
        assert_eq!((reads.len(), &reads[0].kind), (1, &ReadKind::Played));
        assert_eq!(reads[0].wa_ids, ["A3"]);
        test.app.connections.remove(account);
        assert!(matches!(
            played(2).await,
            Err(Error::Unavailable {
                code: "session_disconnected",
                ..
            })
        ));
    }
}

#[tokio::test]
async fn phone_and_lid_become_one_person_and_one_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "from the number")).await;
        let by_lid = Person {
            phone: None,
            lid: Some(SITI_LID.into()),
            push_name: None,
        };
        let unknown = InboundMessage {
            chat: address(SITI_LID),
            sender: by_lid,
            ..message(&test, "A2", "from the LID, before anybody knows")
        };
        receive_message(&test, account, unknown).await;
        assert_eq!(
            (chats(&test).await.len(), contact_count(&test.app, &test).await),
            (2, 2),
            "{}",
            database.kind
        );
        let both = Person {
            lid: Some(SITI_LID.into()),
            ..siti()
        };
        receive_message(
            &test,
            account,
            InboundMessage {
                sender: both,
                ..message(&test, "A3", "now both")
            },
        )
        .await;
        let all = chats(&test).await;
        assert_eq!(
            (all.len(), contact_count(&test.app, &test).await, all[0].unread),
            (1, 1, 3)
        );
        let ids: Vec<_> = thread(&test, 0)
            .await
            .into_iter()
            .map(|message| message.wa_id)
            .collect();
        assert_eq!(ids, ["A1", "A2", "A3"]);
        assert!(test.event_names().await.contains(&"contact.merged"));
    }
}

#[tokio::test]
async fn receipts_climb_and_a_late_delivered_does_not_undo_read() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        test.run_outbox();
        let new = messaging::NewMessage {
            account_id: account,
            to: SITI.into(),
            content: messaging::NewContent::Text { body: "halo".into() },
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        let sent = messaging::send(&test.app, &test.caller, new, None)
            .await
            .expect("accepted")
            .message;
        test.wait_for_events("message.sent", 1).await;
        for status in [MessageStatus::Read, MessageStatus::Delivered, MessageStatus::Read] {
            let receipt = Receipt {
                chat: address(SITI),
                from: address(SITI),
                from_self: false,
                peer: None,
                wa_ids: vec![sent.wa_id.clone()],
                status,
                at: test.clock.now(),
            };
            receive(&test, account, vec![Inbound::Receipt(receipt)]).await;
        }
        let message = messaging::get(&test.app, &test.caller, sent.id).await.expect("found");
        assert_eq!(message.status, MessageStatus::Read, "{}", database.kind);
        assert!(message.delivered_at.is_some() && message.read_at.is_some());
        let names = test.event_names().await;
        assert_eq!(names.iter().filter(|name| **name == "message.read").count(), 1);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_late_acknowledgement_settles_a_message_that_was_to_be_sent_again() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_always(Answer::Unknown);
        test.run_outbox();
        let send = async |to: &str| {
            let new = crate::messaging::text(account, to, "halo");
            let sent = messaging::send(&test.app, &test.caller, new, None).await;
            sent.expect("accepted").message
        };
        let (accepted, refused) = (send(SITI).await, send("15550000002").await);
        within(provider.wait_for_sends(2)).await;
        let acknowledged = |wa_id: &str, refusal| Inbound::Acknowledged {
            wa_id: wa_id.into(),
            refusal,
            at: None,
        };
        receive(
            &test,
            account,
            vec![
                acknowledged(&accepted.wa_id, None),
                acknowledged(&refused.wa_id, Some(no("479"))),
            ],
        )
        .await;
        assert_eq!(test.waiting().await, 0, "{}", database.kind);
        let message = messaging::get(&test.app, &test.caller, accepted.id)
            .await
            .expect("found");
        assert_eq!(message.status, MessageStatus::Sent);
        let message = messaging::get(&test.app, &test.caller, refused.id)
            .await
            .expect("found");
        let error = message.error.expect("an error");
        assert_eq!((error.code.as_str(), error.detail.as_str()), ("rejected_479", "No."));
        test.stop().await;
    }
}

fn no(code: &str) -> Refusal {
    Refusal::Final(MessageError::refused(code).told("No."))
}

/// When the account's next message is due.
async fn due(test: &TestApp, account: AccountId) -> Option<Timestamp> {
    let partition = Some(account.uuid());
    let found = test
        .app
        .store
        .read(move |tx| Box::pin(async move { job::next_due(tx, job::SEND_MESSAGE, partition).await }))
        .await;
    found.expect("read")
}

#[tokio::test]
async fn a_refusal_that_comes_late_means_what_it_would_have_meant_in_time() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_always(Answer::Unknown);
        test.run_outbox();
        let sent = messaging::send(
            &test.app,
            &test.caller,
            crate::messaging::text(account, SITI, "halo"),
            None,
        )
        .await
        .expect("accepted")
        .message;
        let refused = |refusal| {
            vec![Inbound::Acknowledged {
                wa_id: sent.wa_id.clone(),
                refusal: Some(refusal),
                at: None,
            }]
        };
        let passing = |secs: Option<u64>| Refusal::Passing {
            after: secs.map(Duration::from_secs),
            reason: "busy".into(),
        };
        let now = async || messaging::get(&test.app, &test.caller, sent.id).await.expect("found");
        within(provider.wait_for_sends(1)).await;
        within(async { while due(&test, account).await.is_none() {} }).await;
        // It passes: the next try is when the table and the refusal say, and nothing has failed.
        for (after, wait) in [(None, 10), (Some(60), 60)] {
            receive(&test, account, refused(passing(after))).await;
            assert_eq!(
                due(&test, account).await,
                Some(test.clock.now().plus(Duration::from_secs(wait))),
                "{}",
                database.kind
            );
        }
        test.advance_to_next_try(account).await;
        within(provider.wait_for_sends(2)).await;
        within(async { while due(&test, account).await.is_none() {} }).await;
        receive(&test, account, refused(passing(None))).await;
        let second = test.clock.now().plus(Duration::from_secs(30));
        assert_eq!(due(&test, account).await, Some(second), "the second wait of the table");
        // It does not pass.
        receive(&test, account, refused(no("463"))).await;
        let failed = now().await;
        assert_eq!(
            (failed.status, failed.error.expect("an error").code.as_str()),
            (MessageStatus::Failed, "rejected_463")
        );
        assert_eq!(test.waiting().await, 0);
        // A person retries it: what comes late of an earlier try is no word on this one.
        test.app.connections.remove(account);
        messaging::retry(&test.app, &test.caller, sent.id)
            .await
            .expect("queued");
        receive(&test, account, refused(no("463"))).await;
        receive(&test, account, refused(passing(None))).await;
        assert_eq!((now().await.status, test.waiting().await), (MessageStatus::Queued, 1));
        // What was accepted stays so when an earlier try was refused for now.
        let accepted = Inbound::Acknowledged {
            wa_id: sent.wa_id.clone(),
            refusal: None,
            at: None,
        };
        receive(&test, account, vec![accepted]).await;
        receive(&test, account, refused(passing(None))).await;
        assert_eq!((now().await.status, test.waiting().await), (MessageStatus::Sent, 0));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_receipt_moves_messages_of_its_own_thread_only() {
    const BUDI: &str = "15550000002";
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let from_budi = InboundMessage {
            chat: address(BUDI),
            sender: Person {
                phone: BUDI.parse().ok(),
                ..Person::default()
            },
            ..message(&test, "B1", "halo")
        };
        receive_message(&test, account, from_budi).await;
        let in_group = InboundMessage {
            chat: address(GROUP),
            ..message(&test, "G1", "halo")
        };
        receive_message(&test, account, in_group).await;
        let send = async |to: &str| {
            let new = crate::messaging::text(account, to, "halo");
            let sent = messaging::send(&test.app, &test.caller, new, None).await;
            sent.expect("accepted").message
        };
        let (to_siti, to_group) = (send(SITI).await, send(GROUP).await);
        let receipt = |chat: &str, peer: Option<Person>, wa_id: &str, status| {
            vec![Inbound::Receipt(Receipt {
                chat: address(chat),
                from: address(chat),
                from_self: false,
                peer,
                wa_ids: vec![wa_id.to_owned()],
                status,
                at: test.clock.now(),
            })]
        };
        let status = async |message: &Message| {
            let message = messaging::get(&test.app, &test.caller, message.id).await;
            message.expect("found").status
        };
        for (chat, wa_id) in [
            (BUDI, &to_siti.wa_id),
            (GROUP, &to_siti.wa_id),
            (SITI, &to_group.wa_id),
            (BUDI, &to_group.wa_id),
            ("15550000099", &to_group.wa_id),
        ] {
            receive(&test, account, receipt(chat, None, wa_id, MessageStatus::Read)).await;
        }
        assert_eq!(
            (status(&to_siti).await, status(&to_group).await),
            (MessageStatus::Queued, MessageStatus::Queued),
            "{}",
            database.kind
        );
        // The same person under WhatsApp's own id, as the connection knows it.
        let both = Person {
            lid: Some(SITI_LID.into()),
            ..siti()
        };
        let by_lid = receipt(SITI_LID, Some(both), &to_siti.wa_id, MessageStatus::Delivered);
        receive(&test, account, by_lid).await;
        assert_eq!(status(&to_siti).await, MessageStatus::Delivered);
        // A number that we know nothing of: WhatsApp can know a person under another form of it.
        let other_form = receipt("15550000098", None, &to_siti.wa_id, MessageStatus::Read);
        receive(&test, account, other_form).await;
        assert_eq!(status(&to_siti).await, MessageStatus::Read);
        // One member is enough for a group.
        let member = receipt(GROUP, None, &to_group.wa_id, MessageStatus::Delivered);
        receive(&test, account, member).await;
        assert_eq!(status(&to_group).await, MessageStatus::Delivered);
    }
}

#[tokio::test]
async fn members_of_a_group_are_written_by_number_where_anybody_here_knows_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let both = Person {
            lid: Some(SITI_LID.into()),
            ..siti()
        };
        let known = InboundMessage {
            sender: both,
            ..message(&test, "A1", "halo")
        };
        receive_message(&test, account, known).await;
        let by_lid = |lid: &str| Person {
            lid: Some(lid.into()),
            ..Person::default()
        };
        let told = Person {
            phone: "15550000003".parse().ok(),
            ..by_lid("1000003@lid")
        };
        let notice = GroupNotice {
            group: address(GROUP),
            wa_id: "N1".into(),
            by: siti(),
            action: "add".into(),
            participants: vec![by_lid(SITI_LID), by_lid("1000099@lid"), told, Person::default()],
            subject: None,
            at: test.clock.now(),
        };
        let contacts = contact_count(&test.app, &test).await;
        receive(&test, account, vec![Inbound::Group(notice)]).await;
        let event = test.events().await.pop().expect("an event").event;
        let Some(Content::GroupChange(change)) = event.message().map(|message| &message.content) else {
            panic!("no line in the thread: {event:?}")
        };
        assert_eq!(
            change.participants,
            [
                "15550000001@s.whatsapp.net",
                "1000099@lid",
                "15550000003@s.whatsapp.net"
            ],
            "{}",
            database.kind
        );
        assert_eq!(
            contact_count(&test.app, &test).await,
            contacts,
            "who is only mentioned is no contact"
        );
    }
}

#[tokio::test]
async fn an_undecryptable_message_is_announced_and_healed_in_its_place() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let unreadable = InboundContent::Undecryptable {
            reason: "no session".into(),
        };
        let placeholder = InboundMessage {
            content: unreadable.clone(),
            ..message(&test, "A1", "")
        };
        receive_message(&test, account, placeholder.clone()).await;
        assert_eq!(thread(&test, 0).await[0].content.kind(), "undecryptable");
        receive_message(&test, account, message(&test, "A1", "now readable")).await;
        receive_message(&test, account, placeholder).await;
        let thread = thread(&test, 0).await;
        assert_eq!(
            (thread.len(), thread[0].content.preview().as_deref()),
            (1, Some("now readable")),
            "{}",
            database.kind
        );
        assert_eq!(chats(&test).await[0].unread, 1);
        assert!(
            test.event_names()
                .await
                .ends_with(&["message.received", "message.healed"])
        );
    }
}

#[tokio::test]
async fn what_the_phone_sends_and_reads_is_ours_too() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "halo")).await;
        test.clock.advance(Duration::from_secs(5));
        let own = InboundMessage {
            direction: Direction::Out,
            sender: Person::default(),
            peer: Some(siti()),
            ..message(&test, "B1", "from the phone")
        };
        receive_message(&test, account, own).await;
        // The library names us instead of the chat.
        let read = Receipt {
            chat: address("15550009999"),
            from: address("15550009999"),
            from_self: true,
            peer: None,
            wa_ids: vec!["A1".into()],
            status: MessageStatus::Read,
            at: test.clock.now(),
        };
        receive(&test, account, vec![Inbound::Receipt(read)]).await;
        let all = chats(&test).await;
        assert_eq!((all.len(), all[0].unread), (1, 0), "{}", database.kind);
        let thread = thread(&test, 0).await;
        assert_eq!(
            (thread[1].direction, thread[1].status),
            (Direction::Out, MessageStatus::Sent)
        );
    }
}

#[tokio::test]
async fn a_receipt_may_come_before_the_message_that_the_phone_sent() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let receipt = |from: &str, wa_id: &str, status: MessageStatus| {
            Inbound::Receipt(Receipt {
                chat: address(from),
                from: address(from),
                from_self: false,
                peer: None,
                wa_ids: vec![wa_id.into()],
                status,
                at: test.clock.now(),
            })
        };
        let own = |wa_id: &str| InboundMessage {
            direction: Direction::Out,
            sender: Person::default(),
            peer: Some(siti()),
            ..message(&test, wa_id, "from the phone")
        };
        for _ in 0..2 {
            receive(&test, account, vec![receipt(SITI, "B1", MessageStatus::Delivered)]).await;
        }
        receive_message(&test, account, own("B1")).await;
        assert_eq!(thread(&test, 0).await[0].status, MessageStatus::Delivered);
        assert!(
            test.event_names()
                .await
                .ends_with(&["message.sent", "message.delivered"]),
            "{}",
            database.kind
        );
        // So may that the phone has read what came while we were away.
        let Inbound::Receipt(read) = receipt("15550009999", "A1", MessageStatus::Read) else {
            unreachable!("it is one")
        };
        let read = Receipt {
            from_self: true,
            ..read
        };
        receive(&test, account, vec![Inbound::Receipt(read)]).await;
        receive_message(&test, account, message(&test, "A1", "halo")).await;
        assert_eq!(chats(&test).await[0].unread, 0, "{}", database.kind);
        // One that another version wrote is no reason to keep its message aside.
        let (organization, now) = (test.caller.organization_id, test.clock.now());
        let strange = test.app.store.write::<_, pesan_store::Error, _>(move |tx| {
            Box::pin(async move {
                let early = EarlyReceipt {
                    wa_id: "A2",
                    sender: SITI,
                    status: MessageStatus::Read,
                    receipt: "{}",
                };
                early_receipt::keep(tx, organization, account, (&early, now)).await
            })
        });
        strange.await.expect("kept");
        receive_message(&test, account, message(&test, "A2", "halo lagi")).await;
        assert_eq!(chats(&test).await[0].unread, 1, "{}", database.kind);
        // Nobody expects it after a day.
        receive(&test, account, vec![receipt(SITI, "B2", MessageStatus::Read)]).await;
        test.clock.advance(Duration::from_hours(23));
        assert_eq!(retention::sweep(&test.app).await.expect("swept"), 0);
        test.clock.advance(Duration::from_hours(2));
        assert_eq!(retention::sweep(&test.app).await.expect("swept"), 1);
        receive_message(&test, account, own("B2")).await;
        assert_eq!(thread(&test, 0).await[3].status, MessageStatus::Sent);
    }
}

#[tokio::test]
async fn groups_have_one_chat_a_subject_and_senders() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let notice = GroupNotice {
            group: address(GROUP),
            wa_id: "N1".into(),
            by: siti(),
            action: "create".into(),
            participants: vec![],
            subject: Some("Relawan".into()),
            at: test.clock.now(),
        };
        for _ in 0..2 {
            receive(&test, account, vec![Inbound::Group(notice.clone())]).await;
        }
        test.clock.advance_millis(1);
        receive_message(
            &test,
            account,
            InboundMessage {
                chat: address(GROUP),
                ..message(&test, "A1", "halo")
            },
        )
        .await;
        let all = chats(&test).await;
        assert_eq!(
            (all.len(), all[0].is_group, all[0].name.as_str(), all[0].unread),
            (1, true, "Relawan", 1)
        );
        let thread = thread(&test, 0).await;
        assert_eq!(
            thread.iter().map(|m| m.content.kind()).collect::<Vec<_>>(),
            ["group_change", "text"]
        );
        assert_eq!(thread[1].sender, "15550000001@s.whatsapp.net", "{}", database.kind);
    }
}

#[tokio::test]
async fn a_group_that_is_only_known_by_a_message_gets_its_name_later() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        receive_message(
            &test,
            account,
            InboundMessage {
                chat: address(GROUP),
                ..message(&test, "A1", "halo")
            },
        )
        .await;
        assert_eq!(chats(&test).await[0].name, "Group");
        provider.set_group(
            address(GROUP),
            GroupInfo {
                subject: "Relawan".into(),
                participants: vec![],
            },
        );
        test.app
            .lifecycle
            .spawn("groups", jobs::refresh_group::run(test.app.clone()));
        test.wait_for_events("chat.updated", 1).await;
        assert_eq!(chats(&test).await[0].name, "Relawan", "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn replies_and_reactions_point_at_our_message_and_history_is_silent() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let old = InboundMessage {
            from_history: true,
            at: Timestamp::from_secs(1_600_000_000),
            ..message(&test, "A1", "old")
        };
        receive_message(&test, account, old).await;
        assert_eq!(
            (chats(&test).await[0].unread, test.event_names().await.last().copied()),
            (0, Some("contact.created"))
        );
        let reply = InboundMessage {
            reply_to: Some("A1".into()),
            ..message(&test, "A2", "reply")
        };
        let reaction = InboundMessage {
            content: InboundContent::Reaction {
                target: "A1".into(),
                emoji: "👍".into(),
            },
            ..message(&test, "A3", "")
        };
        receive_message(&test, account, reply).await;
        receive_message(&test, account, reaction).await;
        let thread = thread(&test, 0).await;
        assert_eq!(thread[1].reply_to, Some(thread[0].id), "{}", database.kind);
        let Content::Reaction(reaction) = &thread[2].content else {
            panic!("not a reaction")
        };
        assert_eq!(
            (reaction.message_id, reaction.emoji.as_str()),
            (Some(thread[0].id), "👍")
        );
        assert_eq!(chats(&test).await[0].unread, 1, "a reaction is not unread");
    }
}

/// A file that came in, at this place.
async fn receive_file(test: &TestApp, account: AccountId, remote: &RemoteMedia) -> MediaId {
    let file = InboundMedia {
        kind: MediaKind::Document,
        remote: remote.clone(),
        mime: "text/plain".into(),
        size: Some(4),
        caption: None,
        file_name: Some("catatan.txt".into()),
        voice: false,
        seconds: None,
    };
    let message = InboundMessage {
        content: InboundContent::Media(file),
        ..message(test, "A1", "")
    };
    receive_message(test, account, message).await;
    thread(test, 0).await[0].content.media().expect("a file").media_id
}

#[tokio::test]
async fn a_file_is_fetched_apart_from_its_message() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let remote = RemoteMedia("{\"path\":\"/x\"}".into());
        let id = receive_file(&test, account, &remote).await;
        let pending = pesan_app::media::open(&test.app, &test.caller, id).await;
        assert!(matches!(
            pending,
            Err(pesan_app::Error::Conflict {
                code: "media_pending",
                ..
            })
        ));
        provider.set_media(&remote, *b"halo");
        test.app
            .lifecycle
            .spawn("fetch", jobs::fetch_media::run(test.app.clone()));
        test.wait_for_events("message.media_ready", 1).await;
        let (stored, path) = pesan_app::media::open(&test.app, &test.caller, id)
            .await
            .expect("ready");
        assert_eq!(
            (stored.size, std::fs::read(path).expect("on disk")),
            (Some(4), b"halo".to_vec()),
            "{}",
            database.kind
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_fetched_is_tried_again_and_given_up_in_the_end() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let remote = RemoteMedia("{\"path\":\"/x\"}".into());
        let id = receive_file(&test, account, &remote).await;
        test.app
            .lifecycle
            .spawn("fetch", jobs::fetch_media::run(test.app.clone()));
        let second = test.until_retried_later(job::FETCH_MEDIA).await;
        test.advance_to(second, job::FETCH_MEDIA);
        let third = test.until_retried_later(job::FETCH_MEDIA).await;
        provider.set_media(&remote, *b"halo");
        test.advance_to(third, job::FETCH_MEDIA);
        test.wait_for_events("message.media_ready", 1).await;
        let (stored, _) = pesan_app::media::open(&test.app, &test.caller, id)
            .await
            .expect("ready at the third try");
        assert_eq!(stored.size, Some(4), "{}", database.kind);
        test.stop().await;
    }
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let id = receive_file(&test, account, &RemoteMedia("{\"path\":\"/y\"}".into())).await;
        test.app
            .lifecycle
            .spawn("fetch", jobs::fetch_media::run(test.app.clone()));
        for _ in pesan_model::retry::FETCH_MEDIA {
            let next = test.until_retried_later(job::FETCH_MEDIA).await;
            test.advance_to(next, job::FETCH_MEDIA);
        }
        let mut signals = test.app.bus.subscribe();
        let code = within(async {
            loop {
                match pesan_app::media::open(&test.app, &test.caller, id).await {
                    Err(pesan_app::Error::Gone { code, .. }) => return code,
                    _ => drop(signals.recv().await),
                }
            }
        })
        .await;
        assert_eq!(code, "media_gone", "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn typing_is_an_event_with_its_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "halo")).await;
        let typing = Inbound::Activity {
            chat: address(SITI),
            from: address(SITI),
            activity: Activity::Typing,
        };
        receive(&test, account, vec![typing]).await;
        let last = test.events().await.pop().expect("an event");
        let Event::ChatTyping(typing) = last.event else {
            panic!("not typing")
        };
        assert_eq!(typing.chat_id, Some(chats(&test).await[0].id), "{}", database.kind);
    }
}

#[tokio::test]
async fn a_name_that_no_database_can_hold_does_not_block_the_account() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let sender = Person {
            push_name: Some("Si\0ti".into()),
            ..siti()
        };
        let hostile = InboundMessage {
            sender,
            ..message(&test, "A1", "ha\0lo")
        };
        receive_message(&test, account, hostile).await;
        assert_eq!(chats(&test).await[0].name, "Siti", "{}", database.kind);
        assert_eq!(thread(&test, 0).await.len(), 1);
    }
}

#[tokio::test]
async fn somebody_whose_name_nobody_can_see_is_called_by_their_number_and_a_group_a_group() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        for (number, unseen) in [" \u{200b}\u{2060}", "\u{202e}\u{2069}", "\u{3164}\u{2800}"]
            .iter()
            .enumerate()
        {
            let sender = Person {
                push_name: Some((*unseen).into()),
                ..siti()
            };
            let came = InboundMessage {
                sender,
                ..message(&test, &format!("A{number}"), "halo")
            };
            receive_message(&test, account, came).await;
        }
        assert_eq!(chats(&test).await[0].name, format!("+{SITI}"), "{}", database.kind);
        assert!(thread(&test, 0).await.iter().all(|message| message.push_name.is_none()));

        let named = Person {
            push_name: Some("\u{202e}itiS".into()),
            ..siti()
        };
        let came = InboundMessage {
            sender: named,
            ..message(&test, "B1", "halo")
        };
        receive_message(&test, account, came).await;
        assert_eq!(
            chats(&test).await[0].name,
            "\u{202e}itiS",
            "what can be seen stays as it is"
        );

        let notice = GroupNotice {
            group: address(GROUP),
            wa_id: "N1".into(),
            by: siti(),
            action: "subject".into(),
            participants: vec![],
            subject: Some("\u{200b}".into()),
            at: test.clock.now(),
        };
        receive(&test, account, vec![Inbound::Group(notice)]).await;
        let group = chats(&test)
            .await
            .into_iter()
            .find(|chat| chat.is_group)
            .expect("a group");
        assert_eq!(group.name, "Group", "{}", database.kind);
    }
}
