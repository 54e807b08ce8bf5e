//! Whatever is wrong with a request, over all routes that the description knows: a problem that names the field.

mod bodies;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::bodies::{with_body, wrong_bodies};
use self::values::wrong_values;
use crate::{Admin, start};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";
/// Another way to write that number.
const BOB_AS_WRITTEN: &str = "155590100002";

/// A request as it goes out, and what is wrong with it.
struct Wrong {
    method: &'static str,
    path: String,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    status: u16,
    field: String,
}

impl Wrong {
    fn json(method: &'static str, path: &str, body: &Value, status: u16, field: &str) -> Self {
        Self::sent(
            method,
            path,
            Some("application/json"),
            body.to_string(),
            (status, field),
        )
    }

    fn bare(method: &'static str, path: &str, status: u16, field: &str) -> Self {
        Self::sent(method, path, None, "", (status, field))
    }

    fn sent(
        method: &'static str,
        path: &str,
        content_type: Option<&'static str>,
        body: impl Into<Vec<u8>>,
        (status, field): (u16, &str),
    ) -> Self {
        Self {
            method,
            path: path.to_owned(),
            content_type,
            body: body.into(),
            status,
            field: field.to_owned(),
        }
    }
}

/// The route with somebody and something in it that may be there.
fn filled(route: &str) -> String {
    let filled = route.replace("{phone}", ADA).replace("{group}", "1203630@g.us");
    filled.replace("{device}", "1").replace("{id}", "1")
}

/// What can be wrong with the path and the method of every route.
fn wrong_paths(routes: &BTreeMap<String, BTreeSet<String>>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (route, methods) in routes {
        let path = filled(route);
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !methods.contains(method) {
                wrong.push(Wrong::bare(method, &path, 405, "method"));
            } else if let Some((before, after)) = route.split_once("{phone}") {
                let after = filled(after);
                // A body that can be taken, where one is wanted: whose phone it is about is asked after it is read.
                let known = with_body()
                    .into_iter()
                    .find(|one| one.route == route && one.method == method);
                for (phone, status) in [("hello", 400), ("%ff", 400), ("15550100009", 404)] {
                    let path = format!("{before}{phone}{after}");
                    wrong.push(match &known {
                        Some(one) => Wrong::json(one.method, &path, &one.right, status, "phone"),
                        None => Wrong::bare(method, &path, status, "phone"),
                    });
                }
            }
        }
    }
    wrong
}

fn routes(api: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = api["paths"].as_object().expect("paths");
    let methods = |item: &Value| {
        item.as_object()
            .expect("methods")
            .keys()
            .map(|m| m.to_uppercase())
            .collect()
    };
    paths
        .iter()
        .map(|(route, item)| (route.clone(), methods(item)))
        .collect()
}

/// The operation of the description that a path leads to.
fn operation<'a>(api: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let path: Vec<&str> = path.split('?').next().expect("a path").split('/').collect();
    let fits = |route: &str| {
        let route: Vec<&str> = route.split('/').collect();
        let same = |(a, b): (&&str, &&str)| a == b || a.starts_with('{');
        route.len() == path.len() && route.iter().zip(&path).all(same)
    };
    let paths = api["paths"].as_object().expect("paths");
    let item = paths.iter().find(|(route, _)| fits(route))?.1;
    item.get(method.to_lowercase())
}

async fn check(admin: &Admin, api: &Value, wrong: Wrong) {
    let Wrong {
        method,
        path,
        content_type,
        body,
        status,
        field,
    } = wrong;
    let shown = format!(
        "{method} {path} {}",
        String::from_utf8_lossy(&body[..body.len().min(200)])
    );
    let mut call = admin
        .web
        .request(method.parse().expect("a method"), format!("{}{path}", admin.root));
    if let Some(content_type) = content_type {
        call = call.header("content-type", content_type);
    }
    let answer = call.body(body).send().await.expect("an answer");
    let got = answer.status().as_u16();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok().map(str::to_owned))
    };
    assert_eq!(
        header("content-type").as_deref(),
        Some("application/problem+json"),
        "{got} {shown}"
    );
    if status == 405 {
        assert!(header("allow").is_some_and(|allow| !allow.contains(method)), "{shown}");
    } else if let Some(operation) = operation(api, method, &path) {
        let told = &operation["responses"][&got.to_string()]["content"]["application/problem+json"];
        assert!(told.is_object(), "{got} is not described: {shown}");
    }
    let problem: Value = answer.json().await.expect("JSON");
    let named = problem["field"].as_str().unwrap_or_default();
    let is_named = if field.is_empty() {
        !named.is_empty()
    } else {
        named == field
    };
    assert!(
        got == status && problem["status"] == status && is_named,
        "{status} {field}: {problem} {shown}"
    );
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(
        detail.starts_with(&format!("{named}: ")) && detail.len() > named.len() + 5,
        "{problem}"
    );
}

#[tokio::test]
async fn whatever_is_wrong_is_a_problem_that_names_the_field() {
    let (network, admin) = start().await;
    for (phone, aliases) in [(ADA, json!([])), (BOB, json!([BOB_AS_WRITTEN]))] {
        let body = json!({"phone": phone, "aliases": aliases});
        assert_eq!(admin.call("POST", "/admin/phones", body).await.0, 201);
    }
    let (_, api) = admin.call("GET", "/admin/openapi.json", Value::Null).await;
    let mut table = wrong_values();
    table.extend(wrong_paths(&routes(&api)));
    for route in with_body() {
        table.extend(wrong_bodies(&route));
    }
    for wrong in table {
        check(&admin, &api, wrong).await;
    }
    let phones = network.phones();
    assert!(
        phones.len() == 2 && network.faults().is_empty(),
        "nothing wrong was done: {phones:?}"
    );
    network.shutdown().await;
}

#[tokio::test]
async fn the_table_of_wrong_requests_knows_every_route_and_every_field() {
    let api = serde_json::to_value(wanet::openapi()).expect("it has a JSON form");
    let mut known = BTreeSet::new();
    for route in with_body() {
        let operation = &api["paths"][route.route][route.method.to_lowercase()];
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let name = body
            .as_str()
            .and_then(|name| name.rsplit('/').next())
            .expect("a schema");
        let mut fields = BTreeSet::new();
        fields_of(&api["components"]["schemas"][name], &api, &mut fields);
        let tried: BTreeSet<_> = route.wrong.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(tried, fields, "{}", route.route);
        known.insert((route.route.to_owned(), route.method.to_owned()));
    }
    for (route, methods) in routes(&api) {
        for method in methods {
            let body = &api["paths"][&route][method.to_lowercase()]["requestBody"]["content"]["application/json"];
            assert_eq!(
                body.is_object(),
                known.contains(&(route.clone(), method.clone())),
                "{method} {route}"
            );
        }
    }
}

/// The fields of an object, of all its kinds.
fn fields_of(schema: &Value, api: &Value, fields: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        fields_of(&api["components"]["schemas"][name], api, fields);
    }
    fields.extend(
        schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone()),
    );
    for kinds in ["allOf", "oneOf"] {
        for kind in schema[kinds].as_array().into_iter().flatten() {
            fields_of(kind, api, fields);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_problem_and_says_how_much_is_taken() {
    let (network, admin) = start().await;
    admin.call("POST", "/admin/phones", json!({"phone": ADA})).await;
    let api = serde_json::to_value(wanet::openapi()).expect("it has a JSON form");
    let large = 64 * 1024 * 1024 + 1;
    let mut text = br#"{"to":"15550100001","text":""#.to_vec();
    text.resize(large, b'a');
    let messages = filled("/admin/phones/{phone}/messages");
    let json = Some("application/json");
    check(&admin, &api, Wrong::sent("POST", &messages, json, text, (413, "body"))).await;
    let picture = filled("/admin/phones/{phone}/picture");
    check(
        &admin,
        &api,
        Wrong::sent("PUT", &picture, None, vec![0; large], (413, "body")),
    )
    .await;
    network.shutdown().await;
}
