//! Bodies that are wrong in themselves, for every route that takes one.

use serde_json::{Value, json};

use super::{ADA, BOB, Wrong, filled};

/// A route with a body of JSON: a right body, and for each of its fields a value of a wrong type.
pub(super) struct WithBody {
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) right: Value,
    pub(super) required: &'static [&'static str],
    pub(super) wrong: Value,
}

pub(super) fn with_body() -> Vec<WithBody> {
    vec![
        WithBody {
            method: "POST",
            route: "/admin/phones",
            right: json!({"phone": ADA}),
            required: &["phone"],
            wrong: json!({
                "phone": 15, "push_name": true, "aliases": "no list", "delivered_receipts": "yes", "share_keys": 1, "known_only": [],
                "salt": "pepper", "history": {}
            }),
        },
        WithBody {
            method: "POST",
            route: "/admin/phones/{phone}/messages",
            right: json!({"to": BOB, "text": "hello"}),
            required: &["to"],
            wrong: json!({
                "to": 1, "text": [], "image": "file", "video": ["AA=="], "audio": 1, "document": true, "reaction": "🌿",
                "location": [1.0, 2.0], "contacts": {}, "poll": "which?", "vote": ["A1", []], "revoke": true, "edit": "new",
                "key_only": "yes", "reply_to": 1, "id": 1, "addressing": "name"
            }),
        },
        WithBody {
            method: "POST",
            route: "/admin/phones/{phone}/read",
            right: json!({"ids": []}),
            required: &["ids"],
            wrong: json!({"ids": "A1", "played": "yes"}),
        },
        WithBody {
            method: "POST",
            route: "/admin/phones/{phone}/typing",
            right: json!({"to": BOB, "state": "paused"}),
            required: &["to", "state"],
            wrong: json!({"to": 1, "state": 1}),
        },
        WithBody {
            method: "POST",
            route: "/admin/phones/{phone}/presence",
            right: json!({"available": true}),
            required: &["available"],
            wrong: json!({"available": "yes"}),
        },
        WithBody {
            method: "POST",
            route: "/admin/phones/{phone}/block",
            right: json!({"phone": BOB, "blocked": true}),
            required: &["phone", "blocked"],
            wrong: json!({"phone": 1, "blocked": "yes"}),
        },
        WithBody {
            method: "POST",
            route: "/admin/groups",
            right: json!({"creator": ADA, "subject": "We", "members": [BOB]}),
            required: &["creator", "subject", "members"],
            wrong: json!({"creator": 1, "subject": 1, "members": BOB}),
        },
        WithBody {
            method: "PATCH",
            route: "/admin/groups/{group}",
            right: json!({"by": ADA}),
            required: &["by"],
            wrong: json!({"by": 1, "add": BOB, "remove": {}, "subject": 1}),
        },
        WithBody {
            method: "POST",
            route: "/admin/faults",
            right: json!({"kind": "delay_ack", "ms": 1}),
            required: &["kind", "ms"],
            wrong: json!({
                "kind": 1, "ms": "x", "copies": -1, "code": 70_000, "moment": "never", "seconds": true, "phone": 1, "device": 70_000,
                "stanza": 1, "stanza_id": 1, "chat": 1, "count": "x"
            }),
        },
    ]
}

/// Wrong in itself, whatever the route does.
pub(super) fn wrong_bodies(route: &WithBody) -> Vec<Wrong> {
    let (method, path) = (route.method, filled(route.route));
    let json = |body: &Value, field: &str| Wrong::json(method, &path, body, 400, field);
    let sent =
        |content_type, body: &str, status, field| Wrong::sent(method, &path, content_type, body, (status, field));
    let kind = Some("application/json; charset=utf-8");
    let right = route.right.to_string();
    let mut wrong = vec![
        sent(None, &right, 415, "content-type"),
        sent(Some("text/plain"), &right, 415, "content-type"),
        sent(kind, "", 400, "body"),
        sent(kind, "hello", 400, "body"),
        sent(kind, &format!("{right}{right}"), 400, "body"),
        sent(kind, &right[..right.len() - 1], 400, "body"),
        json(&json!([]), ""),
        json(&json!(3), "body"),
        json(&Value::Null, "body"),
    ];
    for name in route.required {
        let mut without = route.right.clone();
        without.as_object_mut().expect("an object").remove(*name);
        wrong.push(json(&without, name));
        let mut null = route.right.clone();
        null[*name] = Value::Null;
        wrong.push(json(&null, name));
    }
    for (name, value) in route.wrong.as_object().expect("an object") {
        let mut other = route.right.clone();
        other[name] = value.clone();
        wrong.push(json(&other, name));
    }
    let mut more = route.right.clone();
    more["pigeons"] = json!(1);
    wrong.push(json(&more, "pigeons"));
    let twice = format!("{},{}", &right[..right.len() - 1], &right[1..]);
    wrong.push(sent(kind, &twice, 400, ""));
    wrong
}
