//! Values that only some fields, paths and queries can have.

use serde_json::{Value, json};

use super::{ADA, BOB, BOB_AS_WRITTEN, Wrong, filled};

/// What only some fields can have.
pub(super) fn wrong_values() -> Vec<Wrong> {
    let (messages, group) = (format!("/admin/phones/{ADA}/messages"), filled("/admin/groups/{group}"));
    let message = |body: Value, status, field| Wrong::json("POST", &messages, &body, status, field);
    let fault = |body: Value, field| Wrong::json("POST", "/admin/faults", &body, 400, field);
    let phone = |body: Value, field| Wrong::json("POST", "/admin/phones", &body, 400, field);
    let new_group = |body: Value, status, field| Wrong::json("POST", "/admin/groups", &body, status, field);
    let change = |body: Value, status, field| Wrong::json("PATCH", &group, &body, status, field);
    let one = |method, what: &str, body: Value, status, field| {
        Wrong::json(method, &format!("/admin/phones/{ADA}/{what}"), &body, status, field)
    };
    let to_bob = |name: &str, value: Value| {
        let mut body = json!({"to": BOB});
        body[name] = value;
        body
    };
    vec![
        phone(json!({"phone": "hello"}), "phone"),
        phone(
            json!({"phone": ADA, "history": [{"with": "x", "messages": []}]}),
            "history[0].with",
        ),
        phone(json!({"phone": ADA, "aliases": ["15550100009", "hello"]}), "aliases[1]"),
        phone(json!({"phone": ADA, "aliases": [ADA]}), "aliases[0]"),
        phone(json!({"phone": ADA, "aliases": [BOB]}), "aliases[0]"),
        phone(json!({"phone": ADA, "aliases": [BOB_AS_WRITTEN]}), "aliases[0]"),
        phone(json!({"phone": BOB_AS_WRITTEN}), "phone"),
        phone(json!({"phone": ADA, "history": [{"with": BOB}]}), "history[0].messages"),
        phone(json!({"phone": ADA, "history": [[BOB, []]]}), "history[0]"),
        message(json!({"to": "15550100009", "text": "x"}), 404, "to"),
        message(json!({"to": "1203630@g.us", "text": "x"}), 404, "to"),
        message(json!({"to": "x", "text": "x"}), 400, "to"),
        message(json!({"to": BOB}), 400, "text"),
        message(json!({"to": BOB, "key_only": true}), 400, "to"),
        message(to_bob("image", json!({"data": "*"})), 400, "image.data"),
        message(to_bob("video", json!({})), 400, "video.data"),
        message(
            to_bob("audio", json!({"data": "AA==", "seconds": -1})),
            400,
            "audio.seconds",
        ),
        message(
            to_bob("document", json!({"data": "AA==", "pigeons": 1})),
            400,
            "document.pigeons",
        ),
        message(to_bob("reaction", json!({"message_id": "A1"})), 400, "reaction.emoji"),
        message(
            to_bob("reaction", json!({"message_id": "A1", "emoji": ""})),
            404,
            "reaction.message_id",
        ),
        message(to_bob("location", json!({"latitude": "x"})), 400, "location.latitude"),
        message(to_bob("contacts", json!([{"phone": BOB}])), 400, "contacts[0].name"),
        message(
            to_bob("poll", json!({"question": "?", "options": [1]})),
            400,
            "poll.options[0]",
        ),
        message(
            to_bob("vote", json!({"message_id": "A1", "chosen": []})),
            404,
            "vote.message_id",
        ),
        message(
            to_bob("edit", json!({"message_id": "A1", "text": ""})),
            404,
            "edit.message_id",
        ),
        message(to_bob("revoke", json!("A1")), 404, "revoke"),
        message(json!({"to": BOB, "text": "x", "reply_to": "A1"}), 404, "reply_to"),
        one("POST", "read", json!({"ids": ["nothing"]}), 404, "ids"),
        one("POST", "read", json!({"ids": ["A1", 2]}), 400, "ids[1]"),
        one("POST", "typing", json!({"to": BOB, "state": "dancing"}), 400, "state"),
        one(
            "POST",
            "typing",
            json!({"to": "15550100009", "state": "paused"}),
            404,
            "to",
        ),
        one(
            "POST",
            "block",
            json!({"phone": "15550100009", "blocked": true}),
            404,
            "phone",
        ),
        new_group(
            json!({"creator": "15550100009", "subject": "We", "members": []}),
            404,
            "creator",
        ),
        new_group(
            json!({"creator": ADA, "subject": "We", "members": ["x"]}),
            400,
            "members",
        ),
        new_group(json!({"creator": ADA, "subject": "", "members": []}), 400, "subject"),
        change(json!({"by": "x"}), 400, "by"),
        change(json!({"by": ADA, "add": ["15550100009"]}), 404, "add"),
        change(json!({"by": ADA, "remove": ["x"]}), 400, "remove"),
        change(json!({"by": ADA, "subject": "Us"}), 404, "group"),
        fault(json!({"kind": "earthquake"}), "kind"),
        fault(json!({"kind": "nack"}), "code"),
        fault(json!({"kind": "nack", "code": 1, "stanza": "iq"}), "stanza"),
        fault(json!({"kind": "drop_ack", "phones": ADA}), "phones"),
        fault(json!({"kind": "drop_ack", "phone": "x"}), "phone"),
        fault(json!({"kind": "drop_ack", "ms": 3}), "ms"),
        fault(json!({"kind": "nack", "code": null}), "code"),
        fault(json!({"kind": "drop_ack", "count": 0}), "count"),
        fault(json!({"kind": "drop_ack", "stanza": "receipt"}), "stanza"),
        fault(json!({"kind": "cut", "chat": ADA}), "stanza"),
        fault(
            json!({"kind": "refuse_login", "code": 503, "stanza_id": "A1"}),
            "stanza_id",
        ),
        Wrong::bare("POST", &filled("/admin/phones/{phone}/scan"), 400, "qr"),
        Wrong::bare("POST", "/admin/mock-phone/scan-qr", 400, "qr"),
        Wrong::sent("POST", "/admin/mock-phone/scan-qr", None, [0xff], (400, "body")),
        Wrong::json(
            "POST",
            "/admin/mock-phone/scan-qr",
            &json!({"qr": "2@"}),
            415,
            "content-type",
        ),
        Wrong::json(
            "POST",
            &filled("/admin/phones/{phone}/scan"),
            &json!({}),
            415,
            "content-type",
        ),
        Wrong::json(
            "PUT",
            &filled("/admin/phones/{phone}/picture"),
            &json!({}),
            415,
            "content-type",
        ),
        Wrong::bare("GET", &format!("{messages}/A1/media"), 404, "id"),
        Wrong::bare("GET", &format!("{messages}?after=x"), 400, "after"),
        Wrong::bare("GET", &format!("{messages}?wait_ms=-1"), 400, "wait_ms"),
        Wrong::bare("GET", &format!("{messages}?pigeons=1"), 400, "pigeons"),
        Wrong::bare("GET", &format!("{messages}?after=1&after=2"), 400, "after"),
        Wrong::bare("GET", &filled("/admin/phones/{phone}/happenings?since=3"), 400, "since"),
        Wrong::bare(
            "DELETE",
            &filled("/admin/phones/{phone}/devices/{device}"),
            404,
            "device",
        ),
        Wrong::bare("DELETE", &filled("/admin/phones/{phone}/devices/x"), 400, "device"),
        Wrong::bare("DELETE", &filled("/admin/phones/{phone}/devices/70000"), 400, "device"),
        Wrong::bare("DELETE", "/admin/faults/7", 404, "id"),
        Wrong::bare("DELETE", "/admin/faults/x", 400, "id"),
        Wrong::bare("DELETE", "/admin/faults/-1", 400, "id"),
        Wrong::bare("GET", "/admin/phones/", 404, "path"),
        Wrong::bare("GET", "/admin/pigeons", 404, "path"),
        Wrong::bare("GET", "/", 404, "path"),
    ]
}
