//! The product and an unmodified Baileys client talk over the simulated network: everything a user sees through the API.

mod talk;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use wanet::FaultKind;

use talk::{EVE, GRACE, OWN, Talk, sha256, talks};

/// A picture that every library takes for one.
fn picture() -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 64 * 3_u32).map(|n| (n * 7 % 251) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 64, 64);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

fn paper() -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    bytes.extend((0..100_000_u32).map(|n| (n % 251) as u8));
    bytes
}

fn sound() -> Vec<u8> {
    let mut bytes = b"OggS\0\x02".to_vec();
    bytes.resize(28, 0);
    bytes.extend(b"OpusHead");
    // 0x0302 samples at the beginning are not played.
    bytes.extend((0..30_000_u32).map(|n| (n % 239) as u8));
    // The last page says where it ends: after seven seconds.
    bytes.extend(b"OggS\0\x04");
    bytes.extend((0x0302 + 7 * 48_000_u64).to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend([1, 1, 0]);
    bytes
}

/// The first frame of an MP3 file, and more.
fn song() -> Vec<u8> {
    let mut bytes = b"\xff\xf3\x40\xc0".to_vec();
    bytes.extend((0..50_000_u32).map(|n| (n % 233) as u8));
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_replies_and_reactions_go_both_ways_with_receipts_and_typing() {
    for mut talk in talks().await {
        // From here to Baileys, with what its receipts make of it.
        let hello = talk
            .send(&json!({"type": "text", "text": {"body": "Selamat pagi"}}))
            .await;
        let sent = talk.message_event("message.sent", &hello).await;
        let hello_wa = sent["wa_id"].as_str().expect("an id").to_owned();
        let told = talk
            .grace
            .event(json!({"event": "message", "id": hello_wa, "from": OWN}))
            .await;
        assert_eq!((&told["kind"], &told["text"]), (&json!("text"), &json!("Selamat pagi")));
        talk.message_event("message.delivered", &hello).await;
        talk.grace.order(json!({"do": "read", "ids": [hello_wa]})).await;
        let read = talk.message_event("message.read", &hello).await;
        assert_eq!(read["status"], "read");
        let shown = talk.get(&format!("/v1/messages/{hello}")).await;
        assert_eq!(shown["status"], "read");
        assert!(shown["sent_at"].is_string() && shown["delivered_at"].is_string() && shown["read_at"].is_string());

        // From Baileys to here, as a reply, with the read mark that the API sets.
        let reply_wa = talk
            .grace
            .send(json!({"to": OWN, "text": "Pagi juga", "reply_to": hello_wa}))
            .await;
        let reply = talk.received(&reply_wa).await;
        assert_eq!(
            (&reply["type"], &reply["text"]["body"]),
            (&json!("text"), &json!("Pagi juga"))
        );
        assert_eq!(
            (&reply["reply_to"], &reply["push_name"]),
            (&json!(hello), &json!("Grace"))
        );
        assert_eq!(reply["chat_id"], sent["chat_id"], "one person, one chat");
        talk.grace
            .event(json!({"event": "receipt", "id": reply_wa, "status": "delivered", "from": OWN}))
            .await;
        let chat = reply["chat_id"].as_str().expect("a chat").to_owned();
        assert_eq!(talk.get(&format!("/v1/chats/{chat}")).await["unread"], 1);
        let read = talk.post(&format!("/v1/chats/{chat}/read"), &json!({})).await;
        assert_eq!(read["unread"], 0);
        talk.grace
            .event(json!({"event": "receipt", "id": reply_wa, "status": "read", "from": OWN}))
            .await;

        // A reply and a reaction from here.
        let answer = talk
            .send(&json!({"type": "text", "text": {"body": "Apa kabar?"}, "reply_to": reply["id"]}))
            .await;
        let answer_wa = talk.wa_id(&answer).await;
        talk.grace
            .event(json!({"event": "message", "id": answer_wa, "text": "Apa kabar?", "reply_to": reply_wa}))
            .await;
        let heart = talk
            .send(&json!({"type": "reaction", "reaction": {"message_id": reply["id"], "emoji": "❤️"}}))
            .await;
        let heart_wa = talk.wa_id(&heart).await;
        let told = talk.grace.event(json!({"event": "message", "id": heart_wa})).await;
        assert_eq!(told["reaction"], json!({"message_id": reply_wa, "emoji": "❤️"}));

        // A reaction from Baileys, on a message of ours.
        let sun_wa = talk
            .grace
            .send(json!({"to": OWN, "reaction": {"message_id": hello_wa, "emoji": "🌞"}}))
            .await;
        let sun = talk.received(&sun_wa).await;
        assert_eq!(sun["type"], "reaction");
        assert_eq!(
            (&sun["reaction"]["message_id"], &sun["reaction"]["emoji"]),
            (&json!(hello), &json!("🌞"))
        );

        // Typing.
        talk.grace
            .order(json!({"do": "typing", "to": OWN, "state": "composing"}))
            .await;
        let typing = talk
            .event("chat.typing", |data| {
                data["activity"] == "typing" && data["chat_id"] == chat.as_str()
            })
            .await;
        assert_eq!(typing["account_id"], talk.account.as_str());
        talk.grace
            .order(json!({"do": "typing", "to": OWN, "state": "paused"}))
            .await;
        talk.event("chat.typing", |data| data["activity"] == "stopped").await;
        for (activity, state) in [("typing", "composing"), ("recording", "recording")] {
            talk.post(&format!("/v1/chats/{chat}/typing"), &json!({"activity": activity}))
                .await;
            talk.grace
                .event(json!({"event": "typing", "from": OWN, "state": state}))
                .await;
        }
        talk.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_documents_sounds_and_voice_notes_go_both_ways_unchanged() {
    for mut talk in talks().await {
        let stored = talk.upload("image/png", &picture()).await;
        let sent = [
            (
                picture(),
                json!({"type": "image", "image": {"media_id": stored["id"], "caption": "Danau"}}),
            ),
            (
                paper(),
                json!({"type": "document", "document": {"data": BASE64.encode(paper()), "file_name": "daftar.pdf"}}),
            ),
            (
                sound(),
                json!({"type": "audio", "audio": {"data": BASE64.encode(sound()), "voice": true}}),
            ),
            (
                song(),
                json!({"type": "audio", "audio": {"data": BASE64.encode(song())}}),
            ),
        ];
        for (bytes, message) in sent {
            let id = talk.send(&message).await;
            let wa_id = talk.wa_id(&id).await;
            let told = talk.grace.event(json!({"event": "message", "id": wa_id})).await;
            assert_eq!(told["kind"], message["type"]);
            assert_eq!(told["media"]["sha256"], sha256(&bytes), "{told}");
            match message["type"].as_str() {
                Some("image") => assert_eq!(
                    (&told["text"], &told["media"]["mime_type"]),
                    (&json!("Danau"), &json!("image/png"))
                ),
                Some("document") => assert_eq!(told["media"]["file_name"], "daftar.pdf"),
                _ => assert_eq!(told["media"]["voice_note"], message["audio"]["voice"] == true, "{told}"),
            }
            talk.message_event("message.delivered", &id).await;
            if told["media"]["voice_note"] == true {
                assert_eq!(
                    (&told["media"]["mime_type"], &told["media"]["seconds"]),
                    (&json!("audio/ogg; codecs=opus"), &json!(7))
                );
                talk.grace.order(json!({"do": "play", "ids": [wa_id]})).await;
                let played = talk.message_event("message.played", &id).await;
                assert_eq!(played["status"], "played");
            }
        }

        let received = [
            (
                picture(),
                json!({"image": {"data": BASE64.encode(picture()), "mime_type": "image/png", "caption": "Bukit"}}),
            ),
            (
                paper(),
                json!({"document": {"data": BASE64.encode(paper()), "mime_type": "application/pdf", "file_name": "nota.pdf"}}),
            ),
            (
                sound(),
                json!({"voice": {"data": BASE64.encode(sound()), "seconds": 3}}),
            ),
            (
                song(),
                json!({"audio": {"data": BASE64.encode(song()), "mime_type": "audio/mpeg", "seconds": 3}}),
            ),
        ];
        for (bytes, mut message) in received {
            let is_voice_note = message["voice"].is_object();
            message["to"] = OWN.into();
            let wa_id = talk.grace.send(message).await;
            let message = talk.received(&wa_id).await;
            let kind = message["type"].as_str().expect("a kind").to_owned();
            let id = message["id"].as_str().expect("an id").to_owned();
            let ready = talk.message_event("message.media_ready", &id).await;
            let media = &ready[&kind];
            match kind.as_str() {
                "image" => assert_eq!(
                    (&media["caption"], &media["mime"]),
                    (&json!("Bukit"), &json!("image/png"))
                ),
                "document" => assert_eq!(media["file_name"], "nota.pdf"),
                _ => assert_eq!(
                    (kind.as_str(), media["voice"] == true, &media["seconds"]),
                    ("audio", is_voice_note, &json!(3))
                ),
            }
            if is_voice_note {
                // Reading comes first, and a played voice note is told apart from it.
                let chat = message["chat_id"].as_str().expect("a chat");
                talk.post(&format!("/v1/chats/{chat}/read"), &json!({})).await;
                let read = json!({"event": "receipt", "id": wa_id, "status": "read", "from": OWN});
                talk.grace.event(read).await;
                talk.post(&format!("/v1/messages/{id}/played"), &json!({})).await;
                let played = json!({"event": "receipt", "id": wa_id, "status": "played", "from": OWN});
                talk.grace.event(played).await;
            }
            let media_id = media["media_id"].as_str().expect("a file");
            assert!(talk.content(media_id).await == bytes, "{kind} came unchanged");
            assert_eq!(
                talk.get(&format!("/v1/media/{media_id}")).await["sha256"],
                sha256(&bytes)
            );
        }
        talk.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_baileys_made_talks() {
    for mut talk in talks().await {
        let made = talk
            .grace
            .order(json!({"do": "create_group", "subject": "Jalan Sehat", "members": [OWN, EVE]}))
            .await;
        let group = made["group"].as_str().expect("a group").to_owned();
        let change = talk
            .event("message.received", |data| {
                data["type"] == "group_change" && data["chat"] == group.as_str()
            })
            .await;
        let chat = change["chat_id"].as_str().expect("a chat").to_owned();
        let shown = talk.get(&format!("/v1/chats/{chat}")).await;
        assert_eq!(
            (&shown["is_group"], &shown["name"]),
            (&json!(true), &json!("Jalan Sehat"))
        );

        let ask_wa = talk.grace.send(json!({"to": group, "text": "Siapa ikut?"})).await;
        let ask = talk.received(&ask_wa).await;
        assert_eq!(
            (&ask["chat_id"], &ask["text"]["body"]),
            (&json!(chat), &json!("Siapa ikut?"))
        );
        assert_eq!(ask["push_name"], "Grace");
        let contact = talk
            .get(&format!(
                "/v1/contacts/{}",
                ask["contact_id"].as_str().expect("a contact")
            ))
            .await;
        assert_eq!(contact["phone"], format!("+{GRACE}"));
        talk.post(&format!("/v1/chats/{chat}/read"), &json!({})).await;
        talk.grace
            .event(json!({"event": "receipt", "id": ask_wa, "status": "read", "from": OWN, "chat": group}))
            .await;

        let id = talk
            .send_to(
                &group,
                &json!({"type": "text", "text": {"body": "Saya"}, "reply_to": ask["id"]}),
            )
            .await;
        let wa_id = talk.wa_id(&id).await;
        let told = talk
            .grace
            .event(json!({"event": "message", "id": wa_id, "chat": group}))
            .await;
        assert_eq!(
            (&told["from"], &told["text"], &told["reply_to"]),
            (&json!(OWN), &json!("Saya"), &json!(ask_wa))
        );
        talk.message_event("message.delivered", &id).await;
        talk.grace.order(json!({"do": "read", "ids": [wa_id]})).await;
        talk.message_event("message.read", &id).await;

        let thumb_wa = talk
            .grace
            .send(json!({"to": group, "reaction": {"message_id": wa_id, "emoji": "👍"}}))
            .await;
        let thumb = talk.received(&thumb_wa).await;
        assert_eq!(
            (&thumb["chat_id"], &thumb["reaction"]["message_id"]),
            (&json!(chat), &json!(id))
        );
        let picture_wa = talk
            .grace
            .send(json!({"to": group, "image": {"data": BASE64.encode(picture()), "mime_type": "image/png"}}))
            .await;
        let image = talk.received(&picture_wa).await;
        let image_id = image["id"].as_str().expect("an id").to_owned();
        let ready = talk.message_event("message.media_ready", &image_id).await;
        let media_id = ready["image"]["media_id"].as_str().expect("a file");
        assert!(talk.content(media_id).await == picture());

        // The same from here.
        let map = json!({"type": "image", "image": {"data": BASE64.encode(picture()), "caption": "Peta"}});
        let map_wa = {
            let id = talk.send_to(&group, &map).await;
            talk.wa_id(&id).await
        };
        let told = talk
            .grace
            .event(json!({"event": "message", "id": map_wa, "chat": group}))
            .await;
        assert_eq!(
            (&told["kind"], &told["from"], &told["text"], &told["media"]["sha256"]),
            (&json!("image"), &json!(OWN), &json!("Peta"), &json!(sha256(&picture())))
        );
        for (target, target_wa) in [(&ask["id"], &ask_wa), (&json!(id), &wa_id)] {
            let heart = json!({"type": "reaction", "reaction": {"message_id": target, "emoji": "❤️"}});
            let heart = talk.send_to(&group, &heart).await;
            let heart_wa = talk.wa_id(&heart).await;
            let told = talk
                .grace
                .event(json!({"event": "message", "id": heart_wa, "chat": group}))
                .await;
            assert_eq!(
                (&told["from"], &told["reaction"]),
                (&json!(OWN), &json!({"message_id": target_wa, "emoji": "❤️"}))
            );
        }

        talk.grace
            .order(json!({"do": "rename_group", "group": group, "subject": "Lari Pagi"}))
            .await;
        talk.event("message.received", |data| {
            data["group_change"]["subject"] == "Lari Pagi"
        })
        .await;
        assert_eq!(talk.get(&format!("/v1/chats/{chat}")).await["name"], "Lari Pagi");
        talk.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_deletions_places_cards_and_polls_of_baileys_arrive() {
    for mut talk in talks().await {
        let said_wa = talk.grace.send(json!({"to": OWN, "text": "Sampai besok"})).await;
        let said = talk.received(&said_wa).await;
        let (id, chat) = (
            said["id"].as_str().expect("an id"),
            said["chat_id"].as_str().expect("a chat"),
        );
        talk.grace
            .send(json!({"to": OWN, "edit": {"message_id": said_wa, "text": "Sampai lusa"}}))
            .await;
        let edited = talk.message_event("message.edited", id).await;
        assert_eq!(edited["text"]["body"], "Sampai lusa");
        let shown = talk.get(&format!("/v1/messages/{id}")).await;
        assert!(
            shown["edited_at"].is_string() && shown["text"] == edited["text"],
            "{shown}"
        );
        let found = talk.get("/v1/search?q=lusa&kinds=messages").await;
        assert_eq!(found["messages"]["data"][0]["message"]["id"], id);
        let found = talk.get("/v1/search?q=besok&kinds=messages").await;
        assert_eq!(found["messages"]["data"], json!([]));

        talk.grace.send(json!({"to": OWN, "delete": said_wa})).await;
        let revoked = talk.message_event("message.revoked", id).await;
        assert_eq!(
            (&revoked["type"], &revoked["revoked"]),
            (&json!("revoked"), &json!({"by_admin": false}))
        );
        assert!(
            revoked["revoked_at"].is_string() && revoked.get("text").is_none(),
            "{revoked}"
        );
        let line = talk.get(&format!("/v1/chats/{chat}")).await;
        assert_eq!(
            (&line["last_message"]["type"], &line["last_message"]["preview"]),
            (&json!("revoked"), &Value::Null)
        );

        let place = json!({"latitude": -6.175_392, "longitude": 106.827_153, "name": "Monas", "address": "Jakarta"});
        let wa_id = talk.grace.send(json!({"to": OWN, "location": place})).await;
        let came = talk.received(&wa_id).await;
        assert_eq!((&came["type"], &came["location"]), (&json!("location"), &place));
        let wa_id = talk
            .grace
            .send(json!({"to": OWN, "contacts": [{"name": "Budi", "phone": EVE}]}))
            .await;
        let came = talk.received(&wa_id).await;
        let number = json!({"written": format!("+{EVE}"), "phone": format!("+{EVE}")});
        assert_eq!(
            came["contacts"]["cards"],
            json!([{"name": "Budi", "numbers": [number]}])
        );
        let two = json!([{"name": "Budi", "phone": EVE}, {"name": "Sari", "phone": GRACE}]);
        let wa_id = talk.grace.send(json!({"to": OWN, "contacts": two})).await;
        assert_eq!(talk.received(&wa_id).await["contacts"]["cards"][1]["name"], "Sari");
        for max_choices in [1, 0] {
            let poll = json!({"question": "Kapan?", "options": ["Sabtu", "Minggu"], "max_choices": max_choices});
            let wa_id = talk.grace.send(json!({"to": OWN, "poll": poll})).await;
            let came = talk.received(&wa_id).await;
            assert_eq!(
                (&came["type"], &came["poll"]["question"]),
                (&json!("poll"), &json!("Kapan?"))
            );
            let expected = if max_choices == 0 { Value::Null } else { json!(1) };
            assert_eq!(came["poll"]["max_choices"], expected);
            assert_eq!(came["poll"]["options"][1], json!({"text": "Minggu", "votes": 0}));
        }
        talk.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_everybody_edits_their_own_and_its_admin_deletes_what_others_wrote() {
    for mut talk in talks().await {
        let made = talk
            .grace
            .order(json!({"do": "create_group", "subject": "Rapat", "members": [OWN, EVE]}))
            .await;
        let group = made["group"].as_str().expect("a group").to_owned();
        let phone = |message: wanet::PhoneMessage| wanet::PhoneMessage {
            to: group.clone(),
            ..message
        };
        let said = phone(wanet::PhoneMessage {
            text: Some("Dari Eve".into()),
            ..wanet::PhoneMessage::default()
        });
        let said_wa = talk.network.phone_send(EVE, &said).expect("sent");
        let said = talk.received(&said_wa).await;
        let id = said["id"].as_str().expect("an id").to_owned();
        talk.grace.event(json!({"event": "message", "id": said_wa})).await;
        let edit = phone(wanet::PhoneMessage {
            edit: Some(wanet::Edit {
                message_id: said_wa.clone(),
                text: "Dari Eve sendiri".into(),
            }),
            ..wanet::PhoneMessage::default()
        });
        talk.network.phone_send(EVE, &edit).expect("sent");
        let edited = talk.message_event("message.edited", &id).await;
        assert_eq!(edited["text"]["body"], "Dari Eve sendiri");

        // A poll with the votes of three people, who are known by their hidden ids.
        let poll = phone(wanet::PhoneMessage {
            poll: Some(wanet::Poll {
                question: "Kapan?".into(),
                options: vec!["Sabtu".into(), "Minggu".into()],
                max_choices: 1,
            }),
            ..wanet::PhoneMessage::default()
        });
        let poll_wa = talk.network.phone_send(EVE, &poll).expect("sent");
        let asked = talk.received(&poll_wa).await;
        let poll_id = asked["id"].as_str().expect("an id").to_owned();
        for (voter, chosen) in [(EVE, "Sabtu"), (GRACE, "Minggu"), (OWN, "Minggu")] {
            talk.network
                .wait_message(voter, wanet_patience(), |seen| seen.id == poll_wa)
                .await
                .expect("the phone has the poll");
            let vote = phone(wanet::PhoneMessage {
                vote: Some(wanet::Vote {
                    message_id: poll_wa.clone(),
                    chosen: vec![chosen.into()],
                }),
                ..wanet::PhoneMessage::default()
            });
            talk.network.phone_send(voter, &vote).expect("sent");
        }
        let voted = talk
            .event("message.voted", |data| {
                data["poll"]["voters"] == 3 && data["id"] == poll_id.as_str()
            })
            .await;
        let votes = ["/poll/options/0/votes", "/poll/options/1/votes"].map(|votes| voted.pointer(votes).cloned());
        assert_eq!(votes, [Some(json!(1)), Some(json!(2))]);

        // Eve is no admin; Grace made the group.
        let revoke = phone(wanet::PhoneMessage {
            revoke: Some(said_wa.clone()),
            ..wanet::PhoneMessage::default()
        });
        assert!(talk.network.phone_send(OWN, &revoke).is_err(), "the server refuses it");
        talk.grace.send(json!({"to": group, "delete": said_wa})).await;
        let revoked = talk.message_event("message.revoked", &id).await;
        assert_eq!(revoked["revoked"], json!({"by_admin": true}));
        talk.end().await;
    }
}

/// Longer than a phone takes to see a message.
fn wanet_patience() -> std::time::Duration {
    std::time::Duration::from_secs(30)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_messages_heal_both_ways() {
    for mut talk in talks().await {
        // Once each has answered, a damaged message is one of a session, not one that makes a session.
        let first_wa = talk.grace.send(json!({"to": OWN, "text": "Satu"})).await;
        talk.received(&first_wa).await;
        let second = talk.send(&json!({"type": "text", "text": {"body": "Dua"}})).await;
        let second_wa = talk.wa_id(&second).await;
        talk.grace.event(json!({"event": "message", "id": second_wa})).await;
        let again_wa = talk.grace.send(json!({"to": OWN, "text": "Dua juga"})).await;
        talk.received(&again_wa).await;

        talk.disturb(FaultKind::CorruptCiphertext, OWN);
        let third_wa = talk.grace.send(json!({"to": OWN, "text": "Tiga"})).await;
        let unreadable = talk.received(&third_wa).await;
        assert_eq!(unreadable["type"], "undecryptable");
        let id = unreadable["id"].as_str().expect("an id").to_owned();
        let healed = talk.message_event("message.healed", &id).await;
        assert_eq!(
            (&healed["type"], &healed["text"]["body"]),
            (&json!("text"), &json!("Tiga"))
        );

        talk.disturb(FaultKind::CorruptCiphertext, GRACE);
        let fourth = talk.send(&json!({"type": "text", "text": {"body": "Empat"}})).await;
        let fourth_wa = talk.wa_id(&fourth).await;
        talk.grace
            .event(json!({"event": "message", "id": fourth_wa, "text": "Empat"}))
            .await;
        talk.message_event("message.delivered", &fourth).await;
        talk.end_after(2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_baileys_says_while_the_account_reconnects_arrives_once_and_in_order() {
    for mut talk in talks().await {
        let cut = FaultKind::Cut {
            moment: wanet::Moment::Before,
        };
        talk.disturb(cut, OWN);
        let mut sent = Vec::new();
        for n in 0..5 {
            let text = format!("Pesan {n}");
            sent.push(talk.grace.send(json!({"to": OWN, "text": text})).await);
        }
        let last = talk.received(&sent[4]).await;
        let chat = last["chat_id"].as_str().expect("a chat");
        let page = talk.get(&format!("/v1/chats/{chat}/messages")).await;
        let messages = page["data"].as_array().expect("a list").iter().rev();
        let wa_ids: Vec<_> = messages
            .map(|message| message["wa_id"].as_str().expect("an id"))
            .collect();
        assert_eq!(wa_ids, sent);
        talk.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_lists_what_the_stream_told() {
    let mut talk = Talk::start(None).await;
    let wa_id = talk.grace.send(json!({"to": OWN, "text": "Halo"})).await;
    let message = talk.received(&wa_id).await;
    let log = talk.get("/v1/events?after=0&limit=200").await;
    let logged: Vec<&Value> = log["data"].as_array().expect("a list").iter().collect();
    let same = logged
        .iter()
        .filter(|event| event["type"] == "message.received" && event["data"]["id"] == message["id"]);
    assert_eq!(same.count(), 1);
    for event in talk.told() {
        assert!(logged.contains(&event), "{event} is in the log");
    }
    talk.end().await;
}
