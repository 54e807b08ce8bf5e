//! Sending.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_app::idempotency::KeyText;
use pesan_app::messaging::{self, MediaSource, NewContent, NewMedia, NewMessage, Sent};
use pesan_app::{Error, FieldError, media};
use pesan_model::content::MediaKind;
use pesan_model::pacing::Pacing;
use pesan_model::{AccountId, Clock, MessageId, MessageStatus, Metadata};
use pesan_providers::Inbound;
use pesan_providers::fake::{Answer, FakeProvider};
use pesan_providers::inbound::{InboundMessage, Person};
use pesan_providers::provider::{NumberCheck, OutgoingContent};
use pesan_store::testing;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::inbound::{SITI_LID, message, receive, receive_message};
use crate::support::{TestApp, within};

const TO: &str = "+1 555-000-0001";

pub(crate) fn text(account_id: AccountId, to: &str, body: &str) -> NewMessage {
    NewMessage {
        account_id,
        to: to.into(),
        content: NewContent::Text { body: body.into() },
        reply_to: None,
        send_at: None,
        metadata: None,
    }
}

pub(crate) async fn send(test: &TestApp, new: NewMessage) -> Sent {
    messaging::send(&test.app, &test.caller, new, None)
        .await
        .expect("accepted")
}

async fn refused(test: &TestApp, new: NewMessage) -> Vec<FieldError> {
    match messaging::send(&test.app, &test.caller, new, None).await {
        Err(Error::Invalid(fields)) => fields,
        other => panic!("expected wrong fields, got {other:?}"),
    }
}

async fn status(test: &TestApp, id: MessageId) -> (MessageStatus, Option<String>) {
    let message = messaging::get(&test.app, &test.caller, id).await.expect("found");
    (message.status, message.error.map(|error| error.code))
}

fn bodies(provider: &FakeProvider) -> Vec<String> {
    let text = |content| match content {
        OutgoingContent::Text(body) => body,
        other => format!("{other:?}"),
    };
    provider.sent().into_iter().map(|out| text(out.content)).collect()
}

#[tokio::test]
async fn a_message_is_queued_then_sent_once_the_server_accepted_it() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        test.run_outbox();
        let sent = send(&test, text(account, TO, "halo")).await;
        assert_eq!(sent.message.status, MessageStatus::Queued);
        assert!(!sent.is_replay);
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(status(&test, sent.message.id).await, (MessageStatus::Sent, None));
        let out = provider.sent();
        assert_eq!(
            (out.len(), &out[0].wa_id),
            (1, &sent.message.wa_id),
            "{}",
            database.kind
        );
        assert_eq!(out[0].to.to_string(), "15550000001@s.whatsapp.net");
        assert_eq!(test.waiting().await, 0);
        let names = test.event_names().await;
        assert!(
            names.ends_with(&["contact.created", "message.queued", "message.sent"]),
            "{names:?}"
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn bad_input_names_its_field_and_queues_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let stranger = TestApp::new(&database).await;
        let (foreign, _) = stranger.account(None).await;
        provider.set_number(NumberCheck {
            phone: "15550000404".parse().expect("valid"),
            address: None,
            lid: None,
        });
        let media = |data: &str, kind| NewMessage {
            content: NewContent::Media(NewMedia {
                kind,
                source: MediaSource::Data(data.into()),
                caption: None,
                file_name: None,
                voice: false,
            }),
            ..text(account, TO, "")
        };
        let cases = [
            (text(account, "abc", "x"), "/to"),
            (text(account, "", "x"), "/to"),
            (text(account, "0812", "x"), "/to"),
            (text(account, "+1 555-000-0404", "x"), "/to"),
            (text(account, "1000404@lid", "x"), "/to"),
            (text(account, &format!("{}@lid", "1".repeat(33)), "x"), "/to"),
            (text(account, &format!("{}@g.us", "1".repeat(33)), "x"), "/to"),
            (
                NewMessage {
                    metadata: Some(Metadata(
                        [("note".to_owned(), "x".repeat(Metadata::MAX_BYTES).into())]
                            .into_iter()
                            .collect(),
                    )),
                    ..text(account, TO, "x")
                },
                "/metadata",
            ),
            (text(account, TO, ""), "/text/body"),
            (text(account, TO, "  \n"), "/text/body"),
            (text(account, TO, &"é".repeat(4097)), "/text/body"),
            (text(foreign, TO, "x"), "/account_id"),
            (media("not base64!", MediaKind::Image), "/image/data"),
            (media("", MediaKind::Image), "/image/data"),
            (media("data:image/png;base64,aGFsbw==", MediaKind::Image), "/image/data"),
            (
                media("data:application/pdf;base64,JVBERi0xLjQK", MediaKind::Image),
                "/image",
            ),
            (
                media("data:image/webp;base64,UklGRgAAAABXRUJQVlA4", MediaKind::Sticker),
                "/type",
            ),
            (
                NewMessage {
                    reply_to: Some(MessageId::from(uuid::Uuid::nil())),
                    ..text(account, TO, "x")
                },
                "/reply_to",
            ),
            (
                NewMessage {
                    send_at: Some(test.clock.now().plus(Duration::from_hours(400 * 24))),
                    ..text(account, TO, "x")
                },
                "/send_at",
            ),
            (
                NewMessage {
                    content: NewContent::Reaction {
                        message_id: MessageId::from(uuid::Uuid::nil()),
                        emoji: "👍".into(),
                    },
                    ..text(account, TO, "")
                },
                "/reaction/message_id",
            ),
        ];
        for (new, pointer) in cases {
            let fields = refused(&test, new).await;
            assert_eq!(fields[0].pointer, pointer, "{}: {fields:?}", database.kind);
        }
        Box::pin(refuses_large_files(&test, account)).await;
        assert_eq!(test.waiting().await, 0);
        let names = test.event_names().await;
        assert!(
            !names.contains(&"message.queued") && !names.contains(&"contact.created"),
            "{names:?}"
        );
        send(&test, text(account, TO, &"é".repeat(4096))).await;
    }
}

/// A picture that is a byte too large, by each of the ways in which a file is given, and a file larger than any upload.
async fn refuses_large_files(test: &TestApp, account: AccountId) {
    let too_many = MediaKind::Image.max_bytes() + 1;
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.resize(usize::try_from(too_many).expect("it fits into memory"), 0);
    let data = MediaSource::Data(STANDARD.encode(&picture));
    let stored = test
        .store_file(picture, media::Described::default())
        .await
        .expect("it could be sent as a document");
    let uploadable = usize::try_from(test.app.settings.max_upload_bytes).expect("it fits into memory");
    let zeros = "A".repeat((uploadable / 3 + 1) * 4);
    let huge = MediaSource::Data(format!("data:application/pdf;base64,{zeros}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let link = MediaSource::Link(format!("http://{address}/a.png"));
    let serving = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        assert!(stream.read(&mut [0; 4096]).await.expect("a request") > 0);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {too_many}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("written");
        // It stays open: the length alone is reason enough.
        std::future::pending::<()>().await;
    };
    let asking = async {
        for (kind, source, pointer, detail) in [
            (MediaKind::Image, data, "/image/data", "is too large: at most 16 MB"),
            (
                MediaKind::Document,
                huge,
                "/document/data",
                "is too large: at most 32 MB",
            ),
            (MediaKind::Image, link, "/image/link", "is too large: at most 16 MB"),
            (
                MediaKind::Image,
                MediaSource::Stored(stored.id),
                "/image/media_id",
                "is too large: at most 16 MB",
            ),
        ] {
            let content = NewContent::Media(NewMedia {
                kind,
                source,
                caption: None,
                file_name: None,
                voice: false,
            });
            let new = NewMessage {
                content,
                ..text(account, TO, "")
            };
            let fields = refused(test, new).await;
            let told: Vec<_> = fields.iter().map(|f| (&*f.pointer, f.flaw.to_string())).collect();
            assert_eq!(told, [(pointer, detail.to_owned())]);
        }
    };
    tokio::select! {
        () = within(asking) => {}
        () = serving => unreachable!("it never ends"),
    }
}

#[tokio::test]
async fn a_repeat_with_the_same_key_is_the_first_message_and_another_request_is_refused() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let key = |fingerprint| Some(KeyText::new("order-1").expect("valid").of([fingerprint; 32]));
        let ask = |fingerprint| messaging::send(&test.app, &test.caller, text(account, TO, "halo"), key(fingerprint));
        let first = ask(1).await.expect("accepted");
        let again = ask(1).await.expect("accepted");
        assert_eq!((again.message.id, again.is_replay), (first.message.id, true));
        assert!(matches!(
            ask(2).await,
            Err(Error::Conflict {
                code: "idempotency_key_reused",
                ..
            })
        ));
        test.run_outbox();
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(provider.sent().len(), 1, "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_chat_keeps_its_order_and_a_head_that_fails_holds_no_other_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Retry { after: None });
        for (to, body) in [(TO, "a1"), (TO, "a2"), ("+15550000002", "b1"), (TO, "a3")] {
            send(&test, text(account, to, body)).await;
        }
        test.run_outbox();
        test.wait_for_events("message.sent", 1).await;
        // Two chats go at the same time, so only the order within one is certain.
        let of = |chat: char| {
            bodies(&provider)
                .into_iter()
                .filter(|body| body.starts_with(chat))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (of('a'), of('b')),
            (vec!["a1".to_owned()], vec!["b1".to_owned()]),
            "{}: a1 was refused, b1 went",
            database.kind
        );
        assert_eq!(test.waiting().await, 3);
        test.advance_to_next_try(account).await;
        test.wait_for_events("message.sent", 4).await;
        assert_eq!(
            (of('a').join(" "), of('b').join(" ")),
            ("a1 a1 a2 a3".to_owned(), "b1".to_owned())
        );
        let sent = provider.sent();
        let ids: Vec<_> = sent
            .iter()
            .filter(|out| matches!(&out.content, OutgoingContent::Text(body) if body == "a1"))
            .collect();
        assert_eq!(ids[0].wa_id, ids[1].wa_id, "a retry keeps its WhatsApp id");
        test.stop().await;
    }
}

#[tokio::test]
async fn a_message_without_connection_is_kept_and_leaves_when_it_is_back() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::NotConnected);
        test.run_outbox();
        let sent = send(&test, text(account, TO, "halo")).await;
        within(provider.wait_for_sends(1)).await;
        test.app.connections.remove(account);
        test.advance_to_next_try(account).await;
        let later = send(&test, text(account, "+15550000009", "nanti")).await;
        assert_eq!(status(&test, later.message.id).await.0, MessageStatus::Queued);
        test.connect(account, &provider);
        test.wait_for_events("message.sent", 2).await;
        let message = messaging::get(&test.app, &test.caller, sent.message.id)
            .await
            .expect("found");
        assert_eq!(
            (message.status, message.attempts),
            (MessageStatus::Sent, 1),
            "{}",
            database.kind
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_missed_its_connection_goes_over_the_next_one_although_that_was_quicker() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, old) = test.account(None).await;
        old.answer_next(Answer::Break);
        test.run_outbox();
        let sent = send(&test, text(account, TO, "halo")).await;
        within(old.wait_for_sends(1)).await;
        // What is woken now is not this message, which is still under way.
        let new = test.connect_anew(account);
        old.release();
        within(new.wait_for_sends(1)).await;
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(new.sent()[0].wa_id, sent.message.wa_id, "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn rejections_and_exhausted_retries_fail_with_a_reason_and_can_be_retried() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Reject { code: "463".into() });
        test.run_outbox();
        let sent = send(&test, text(account, TO, "halo")).await;
        test.wait_for_events("message.failed", 1).await;
        assert_eq!(
            status(&test, sent.message.id).await,
            (MessageStatus::Failed, Some("rejected_463".into()))
        );
        let failed = messaging::get(&test.app, &test.caller, sent.message.id)
            .await
            .expect("found");
        assert_eq!(failed.failed_at, Some(test.app.clock.now()), "{}", database.kind);
        let again = messaging::retry(&test.app, &test.caller, sent.message.id)
            .await
            .expect("queued again");
        assert_eq!((again.wa_id, again.status), (sent.message.wa_id, MessageStatus::Queued));
        assert_eq!(again.failed_at, None);
        test.wait_for_events("message.sent", 1).await;
        let twice = messaging::retry(&test.app, &test.caller, sent.message.id).await;
        assert!(
            matches!(twice, Err(Error::Conflict { code: "not_failed", .. })),
            "{}",
            database.kind
        );

        provider.answer_always(Answer::Unknown);
        let lost = send(&test, text(account, TO, "hilang")).await;
        for tries in 1..=3_usize {
            within(provider.wait_for_sends(2 + tries)).await;
            if tries < 3 {
                test.advance_to_next_try(account).await;
            }
        }
        test.wait_for_events("message.failed", 2).await;
        assert_eq!(
            status(&test, lost.message.id).await,
            (MessageStatus::Failed, Some("unconfirmed".into()))
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn a_person_retries_a_message_three_times_and_each_time_it_is_tried_as_often_as_a_new_one() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_always(Answer::Reject { code: "463".into() });
        test.run_outbox();
        let id = send(&test, text(account, TO, "halo")).await.message.id;
        for retries in 1..=messaging::MAX_RETRIES {
            test.wait_for_events("message.failed", retries as usize).await;
            let queued = messaging::retry(&test.app, &test.caller, id)
                .await
                .expect("queued again");
            assert_eq!((queued.retries, queued.attempts), (retries, 0), "{}", database.kind);
        }
        test.wait_for_events("message.failed", 4).await;
        let refused = messaging::retry(&test.app, &test.caller, id).await;
        assert!(
            matches!(
                refused,
                Err(Error::Conflict {
                    code: "too_many_retries",
                    ..
                })
            ),
            "{refused:?}"
        );
        let message = messaging::get(&test.app, &test.caller, id).await.expect("found");
        assert_eq!(
            (message.status, message.retries, message.attempts),
            (MessageStatus::Failed, 3, 1)
        );
        assert_eq!(test.waiting().await, 0);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_message_says_who_sent_it_to_whom_and_carries_what_was_given_along() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        receive_message(&test, account, message(&test, "A1", "halo")).await;
        let program = pesan_app::Caller {
            principal: pesan_app::Principal::Key(pesan_model::ApiKeyId::from(uuid::Uuid::from_u128(1))),
            ..test.caller.clone()
        };
        let metadata = Metadata(
            [("order".to_owned(), serde_json::json!({"id": 1042, "nul": "\0"}))]
                .into_iter()
                .collect(),
        );
        let new = NewMessage {
            metadata: Some(metadata.clone()),
            ..text(account, TO, "halo juga")
        };
        let sent = messaging::send(&test.app, &program, new, None)
            .await
            .expect("accepted")
            .message;
        let told = (sent.sent_by.as_deref(), sent.chat_name.as_str(), sent.metadata.as_ref());
        let key = program.principal.to_string();
        assert_eq!(told, (Some(key.as_str()), "Siti", Some(&metadata)));
        let stored = messaging::get(&test.app, &test.caller, sent.id).await.expect("found");
        assert_eq!(stored, sent, "{}", database.kind);
        test.run_outbox();
        let events = test.wait_for_events("message.sent", 1).await;
        let of_event = events[0].event.message().expect("a message");
        assert_eq!(
            (&of_event.sent_by, &of_event.chat_name, &of_event.metadata),
            (&sent.sent_by, &sent.chat_name, &sent.metadata)
        );
        let came = test.events().await.into_iter().find_map(|event| match event.event {
            pesan_model::Event::MessageReceived(message) => Some(message),
            _ => None,
        });
        let came = came.expect("it came in");
        assert_eq!(
            (came.sent_by, came.chat_name.as_str(), came.metadata),
            (None, "Siti", None)
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn somebody_known_by_lid_can_be_written_to_by_it() {
    const LID: &str = "1000123@lid";
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let stranger = refused(&test, text(account, LID, "halo")).await;
        assert_eq!(stranger[0].pointer, "/to");
        test.app.connections.remove(account);
        let stranger = refused(&test, text(account, LID, "halo")).await;
        assert_eq!(
            stranger[0].pointer, "/to",
            "{}: nobody can be asked later either",
            database.kind
        );
        let mut known = message(&test, "A1", "halo");
        known.sender.lid = Some(LID.into());
        receive_message(&test, account, known).await;
        let sent = send(&test, text(account, LID, "halo")).await.message;
        assert_eq!(
            (sent.chat.as_str(), sent.chat_name.as_str()),
            ("15550000001@s.whatsapp.net", "Siti")
        );
    }
}

#[tokio::test]
async fn pacing_lets_the_burst_go_and_then_one_at_a_time() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test
            .account(Some(Pacing {
                per_minute: 10,
                burst: 3,
            }))
            .await;
        for number in 0..5 {
            send(&test, text(account, &format!("+1555000001{number}"), "halo")).await;
        }
        test.run_outbox();
        test.wait_for_events("message.sent", 3).await;
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        assert_eq!(
            (provider.sent().len(), test.waiting().await),
            (3, 2),
            "{}",
            database.kind
        );
        test.clock.advance(Duration::from_secs(6));
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 4).await;
        assert_eq!(provider.sent().len(), 4);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_queued_message_can_be_cancelled_and_one_on_its_way_cannot() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Hang);
        let first = send(&test, text(account, TO, "satu")).await;
        let second = send(&test, text(account, TO, "dua")).await;
        let third = send(&test, text(account, TO, "tiga")).await;
        test.run_outbox();
        within(provider.wait_for_sends(1)).await;
        let late = messaging::cancel(&test.app, &test.caller, first.message.id).await;
        assert!(
            matches!(late, Err(Error::Conflict { code: "not_queued", .. })),
            "{}",
            database.kind
        );
        let cancelled = messaging::cancel(&test.app, &test.caller, second.message.id)
            .await
            .expect("cancelled");
        assert_eq!(cancelled.status, MessageStatus::Cancelled);
        provider.release();
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(bodies(&provider), ["satu", "tiga"]);
        assert_eq!(status(&test, third.message.id).await.0, MessageStatus::Sent);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_cancelled_message_is_queued_again_in_its_place_and_leaves_once() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let mut ids = Vec::new();
        for body in ["satu", "dua", "tiga"] {
            ids.push(send(&test, text(account, TO, body)).await.message.id);
        }
        let not_cancelled = messaging::resume(&test.app, &test.caller, ids[0]).await;
        assert!(
            matches!(
                not_cancelled,
                Err(Error::Conflict {
                    code: "not_cancelled",
                    ..
                })
            ),
            "{}",
            database.kind
        );
        // The first of the chat and one in the middle, taken back in the other order.
        for id in [ids[0], ids[1]] {
            messaging::cancel(&test.app, &test.caller, id).await.expect("cancelled");
        }
        for id in [ids[1], ids[0]] {
            let again = messaging::resume(&test.app, &test.caller, id).await.expect("queued");
            assert_eq!(again.status, MessageStatus::Queued);
            assert_eq!(status(&test, id).await.0, MessageStatus::Queued);
        }
        test.run_outbox();
        test.wait_for_events("message.sent", 3).await;
        assert_eq!(bodies(&provider), ["satu", "dua", "tiga"], "{}", database.kind);
        let late = messaging::resume(&test.app, &test.caller, ids[1]).await;
        assert!(matches!(
            late,
            Err(Error::Conflict {
                code: "not_cancelled",
                ..
            })
        ));

        // What was begun with is not overtaken.
        provider.answer_next(Answer::Hang);
        let first = send(&test, text(account, TO, "empat")).await.message.id;
        within(provider.wait_for_sends(4)).await;
        let second = send(&test, text(account, TO, "lima")).await.message.id;
        let third = send(&test, text(account, TO, "enam")).await.message.id;
        for id in [second, third] {
            messaging::cancel(&test.app, &test.caller, id).await.expect("cancelled");
        }
        messaging::resume(&test.app, &test.caller, second)
            .await
            .expect("queued");
        messaging::delete(&test.app, &test.caller, third)
            .await
            .expect("deleted");
        let deleted = messaging::resume(&test.app, &test.caller, third).await;
        assert!(matches!(deleted, Err(Error::Conflict { code: "deleted", .. })));
        provider.release();
        test.wait_for_events("message.sent", 5).await;
        assert_eq!(status(&test, first).await.0, MessageStatus::Sent);
        assert_eq!(
            bodies(&provider),
            ["satu", "dua", "tiga", "empat", "lima"],
            "{}",
            database.kind
        );
        test.stop().await;
    }
}

#[tokio::test]
async fn a_cancelled_message_that_was_to_leave_later_keeps_its_time() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let at = test.clock.now().plus(Duration::from_hours(1));
        let new = NewMessage {
            send_at: Some(at),
            ..text(account, TO, "nanti")
        };
        let id = send(&test, new).await.message.id;
        messaging::cancel(&test.app, &test.caller, id).await.expect("cancelled");
        let again = messaging::resume(&test.app, &test.caller, id).await.expect("queued");
        assert_eq!(again.send_at, Some(at), "{}", database.kind);
        test.run_outbox();
        send(&test, text(account, TO, "sekarang")).await;
        test.wait_for_events("message.sent", 1).await;
        test.clock.advance(Duration::from_hours(1));
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(bodies(&provider), ["sekarang", "nanti"], "{}", database.kind);
        test.stop().await;
    }
}

#[tokio::test]
async fn a_scheduled_message_waits_for_its_time_and_holds_up_nothing() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let at = test.clock.now().plus(Duration::from_hours(1));
        send(
            &test,
            NewMessage {
                send_at: Some(at),
                ..text(account, TO, "nanti")
            },
        )
        .await;
        send(&test, text(account, TO, "sekarang")).await;
        test.run_outbox();
        test.wait_for_events("message.sent", 1).await;
        assert_eq!(bodies(&provider), ["sekarang"], "{}", database.kind);
        test.clock.advance(Duration::from_hours(1));
        test.app.bus.publish(pesan_app::Signal::Outbox(account));
        test.wait_for_events("message.sent", 2).await;
        assert_eq!(bodies(&provider), ["sekarang", "nanti"]);
        test.stop().await;
    }
}

#[tokio::test]
async fn after_a_crash_the_same_id_is_sent_again() {
    for database in testing::both().await {
        let before = TestApp::new(&database).await;
        let (account, provider) = before.account(None).await;
        provider.answer_always(Answer::Hang);
        before.run_outbox();
        let sent = send(&before, text(account, TO, "halo")).await;
        within(provider.wait_for_sends(1)).await;
        // The process dies here: nothing of it is told to finish.
        before.app.lifecycle.hard().cancel();
        before.clock.advance(Duration::from_secs(1));

        let after = TestApp::start(&database, before.clock.clone(), before.caller.organization_id).await;
        let (node, start) = (after.app.settings.node.clone(), after.app.settings.start.clone());
        let now = after.app.clock.now();
        let rescued = after
            .app
            .store
            .write(move |tx| Box::pin(async move { pesan_store::job::rescue_orphans(tx, &node, &start, now).await }))
            .await;
        assert_eq!(rescued.expect("rescued"), 1, "{}", database.kind);
        let (_, again) = after.account(None).await;
        after.connect(account, &again);
        after.run_outbox();
        after.wait_for_events("message.sent", 1).await;
        assert_eq!(again.sent()[0].wa_id, sent.message.wa_id);
        after.stop().await;
    }
}

#[tokio::test]
async fn a_file_is_stored_once_uploaded_once_and_a_retry_sends_the_same_bytes() {
    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.answer_next(Answer::Unknown);
        let image = || NewMessage {
            content: NewContent::Media(NewMedia {
                kind: MediaKind::Image,
                source: MediaSource::Data(format!("data:image/png;base64,{PNG}")),
                caption: Some("foto".into()),
                file_name: None,
                voice: false,
            }),
            ..text(account, TO, "")
        };
        let (first, second) = (send(&test, image()).await, send(&test, image()).await);
        let id = |sent: &Sent| sent.message.content.media().map(|media| media.media_id);
        assert_eq!(
            id(&first),
            id(&second),
            "{}: the same content is one file",
            database.kind
        );
        test.run_outbox();
        within(provider.wait_for_sends(1)).await;
        test.advance_to_next_try(account).await;
        test.wait_for_events("message.sent", 2).await;
        let uploaded: Vec<_> = provider
            .sent()
            .into_iter()
            .map(|out| match out.content {
                OutgoingContent::Media(media) => (out.wa_id, media.uploaded.map(|remote| remote.0), media.caption),
                other => panic!("not a file: {other:?}"),
            })
            .collect();
        assert_eq!(uploaded[0], uploaded[1], "the retry is the same in everything");
        assert_eq!(uploaded[0].2.as_deref(), Some("foto"));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_person_sends_thirty_in_any_minute_and_a_program_any_number() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let person = pesan_app::Caller {
            principal: pesan_app::Principal::User(pesan_model::UserId::from(uuid::Uuid::from_u128(1))),
            ..test.caller.clone()
        };
        let send_as_person = |new| messaging::send(&test.app, &person, new, None);
        let unknown = Some(MessageId::from(uuid::Uuid::nil()));
        for number in 0..30 {
            if number == 10 {
                test.clock.advance(Duration::from_secs(20));
            }
            // What is refused for what it says is not counted.
            for refused in [
                text(account, TO, ""),
                NewMessage {
                    reply_to: unknown,
                    ..text(account, TO, "x")
                },
            ] {
                let answer = send_as_person(refused).await;
                assert!(matches!(answer, Err(Error::Invalid(_))), "{number}: {answer:?}");
            }
            send_as_person(text(account, TO, "halo")).await.expect("accepted");
        }
        let too_many_for = async |secs| {
            let next = send_as_person(text(account, TO, "halo")).await;
            assert!(
                matches!(next, Err(Error::TooMany { retry_after }) if retry_after == Duration::from_secs(secs)),
                "{next:?}"
            );
        };
        too_many_for(40).await;
        send(&test, text(account, TO, "from a program")).await;
        test.clock.advance(Duration::from_secs(39));
        too_many_for(1).await;
        test.clock.advance(Duration::from_secs(1));
        for _ in 0..10 {
            send_as_person(text(account, TO, "halo")).await.expect("accepted again");
        }
        too_many_for(20).await;
    }
}

#[tokio::test]
async fn a_repeat_does_not_fetch_its_file_again() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;";
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let link = format!("http://{}/a.gif", listener.local_addr().expect("bound"));
        let serve_once = async move {
            let (mut stream, _) = listener.accept().await.expect("a request");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await.expect("readable");
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: image/gif\r\ncontent-length: {}\r\n\r\n",
                GIF.len()
            );
            stream
                .write_all(&[head.as_bytes(), GIF].concat())
                .await
                .expect("writable");
        };
        let key = || Some(KeyText::new("photo").expect("valid").of([1; 32]));
        let image = || NewMessage {
            content: NewContent::Media(NewMedia {
                kind: MediaKind::Image,
                source: MediaSource::Link(link.clone()),
                caption: None,
                file_name: None,
                voice: false,
            }),
            ..text(account, TO, "")
        };
        let asked = messaging::send(&test.app, &test.caller, image(), key());
        let (first, ()) = tokio::join!(asked, serve_once);
        let first = first.expect("accepted");
        let again = messaging::send(&test.app, &test.caller, image(), key())
            .await
            .expect("the server is gone, the message is not");
        assert_eq!((again.message.id, again.is_replay), (first.message.id, true));
        assert_eq!(
            refused(&test, image()).await[0].pointer,
            "/image/link",
            "without the key it is fetched again"
        );
    }
}

#[tokio::test]
async fn a_reaction_is_one_emoji_on_a_message_of_the_same_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let target = send(&test, text(account, TO, "halo")).await.message.id;
        let react = |to: &str, emoji: &str| NewMessage {
            content: NewContent::Reaction {
                message_id: target,
                emoji: emoji.into(),
            },
            ..text(account, to, "")
        };
        for emoji in ["👍", "🇮🇩", "👨‍👩‍👧", "1️⃣", ""] {
            send(&test, react(TO, emoji)).await;
        }
        for word in ["ok", "not an emoji", "👍 ya", "1"] {
            assert_eq!(
                refused(&test, react(TO, word)).await[0].pointer,
                "/reaction/emoji",
                "{word}"
            );
        }
        let elsewhere = refused(&test, react("+15550000002", "👍")).await;
        assert_eq!(elsewhere[0].pointer, "/reaction/message_id", "{}", database.kind);
    }
}

#[tokio::test]
async fn a_group_this_account_is_not_in_is_refused() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let group = "120363000000000009@g.us";
        assert_eq!(refused(&test, text(account, group, "halo")).await[0].pointer, "/to");
        let info = pesan_providers::provider::GroupInfo {
            subject: "Relawan".into(),
            participants: vec![],
        };
        provider.set_group(group.parse().expect("valid"), info);
        send(&test, text(account, group, "halo")).await;
    }
}

#[tokio::test]
async fn a_file_name_is_a_name_and_not_a_path() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        for name in ["../../etc/passwd", "a\0b.txt", "..", "", "a\\b", &"n".repeat(256)] {
            let described = pesan_app::media::Described {
                mime: None,
                file_name: Some(name.to_owned()),
            };
            let stored = test.store_file(b"halo".to_vec(), described).await;
            let Err(Error::Invalid(fields)) = stored else {
                panic!("{name:?} was taken");
            };
            assert_eq!(fields[0].pointer, "/file_name");
        }
    }
}

#[tokio::test]
async fn many_first_messages_to_one_person_at_once_are_one_chat() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let all = (0..12)
            .map(|number| messaging::send(&test.app, &test.caller, text(account, TO, &format!("m{number}")), None));
        let chats: std::collections::HashSet<_> = futures::future::join_all(all)
            .await
            .into_iter()
            .map(|sent| sent.expect("accepted").message.chat_id)
            .collect();
        assert_eq!((chats.len(), test.waiting().await), (1, 12), "{}", database.kind);
    }
}

#[tokio::test]
async fn a_chat_that_becomes_one_with_another_while_it_sends_goes_on() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        let by_lid = InboundMessage {
            chat: SITI_LID.parse().expect("an address"),
            sender: Person {
                lid: Some(SITI_LID.into()),
                ..Person::default()
            },
            ..message(&test, "A1", "halo")
        };
        receive_message(&test, account, by_lid).await;
        provider.answer_next(Answer::Hang);
        test.run_outbox();
        for body in ["satu", "dua", "tiga"] {
            send(&test, text(account, TO, body)).await;
        }
        within(provider.wait_for_sends(1)).await;
        // The chat that is sending is the younger one, and becomes part of the other.
        let one_person = Person {
            phone: TO.parse().ok(),
            lid: Some(SITI_LID.into()),
            push_name: None,
        };
        receive(&test, account, vec![Inbound::Person(one_person)]).await;
        provider.release();
        within(provider.wait_for_sends(3)).await;
        assert_eq!(bodies(&provider), ["satu", "dua", "tiga"], "{}", database.kind);
        test.wait_for_events("message.sent", 3).await;
        assert_eq!(test.waiting().await, 0);
        test.stop().await;
    }
}
