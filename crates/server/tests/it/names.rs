//! What people and things are called.

use pesan_store::testing::both;
use serde_json::{Value, json};

use crate::support::TestServer;

/// What has no place in a name: the end of a text in C, the end of a line, the beginning of a command to a terminal, …
const ODD: [&str; 5] = ["a\u{0}b", "a\nb", "a\u{1b}[2Jb", "a\u{7f}b", "a\u{85}b"];

/// Where something is wrong, and what.
fn wrong(problem: &Value) -> [&Value; 2] {
    let error = &problem["errors"][0];
    [&error["pointer"], &error["code"]]
}

#[tokio::test]
async fn names_are_one_line_without_control_characters() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        for odd in ODD {
            let user = |email: &str, name: &str| json!({"email": email, "name": name, "role": "agent", "password": "long enough pw"});
            let invited = |email: &str, name: &str| json!({"email": email, "name": name, "role": "agent"});
            let field = |label: &str, choice: &str| json!({"key": "size", "label": label, "type": "choice", "choices": ["S", choice]});
            let key = json!({"name": odd, "scopes": ["events:read"]});
            let (named, mail) = ("not_one_line", "not_an_email_address");
            let email = format!("{odd}@example.com");
            for (path, body, pointer, code) in [
                ("/v1/accounts", json!({"name": odd}), "/name", named),
                ("/v1/keys", key, "/name", named),
                ("/v1/users", user("a@example.com", odd), "/name", named),
                ("/v1/users", user(&email, "A"), "/email", mail),
                ("/v1/invitations", invited("a@example.com", odd), "/name", named),
                ("/v1/invitations", invited(&email, "A"), "/email", mail),
                ("/v1/tags", json!({"name": odd}), "/name", named),
                ("/v1/teams", json!({"name": odd}), "/name", named),
                ("/v1/custom-fields", field(odd, "M"), "/label", named),
                ("/v1/custom-fields", field("Size", odd), "/choices/1", named),
            ] {
                let problem = server.post(path, &body).await.problem(422, "invalid");
                assert_eq!(wrong(&problem), [pointer, code], "{path} {body}");
            }
        }
        for path in [
            "/v1/accounts",
            "/v1/tags",
            "/v1/teams",
            "/v1/custom-fields",
            "/v1/invitations",
        ] {
            assert_eq!(server.get(path).await.expect(200)["data"], json!([]), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_renamed_keeps_to_one_line_too() {
    for database in both().await {
        let server = TestServer::new(&database).await;
        let account = server.post("/v1/accounts", &json!({"name": "Toko"})).await.expect(201)["id"].clone();
        let message = json!({"account_id": account, "to": "6280000000001", "type": "text", "text": {"body": "halo"}});
        server.post("/v1/messages", &message).await.expect(202);
        let path = |list: &str, found: &Value| format!("{list}/{}", found["data"][0]["id"].as_str().expect("an id"));
        let contact = path("/v1/contacts", &server.get("/v1/contacts").await.expect(200));
        let user = path("/v1/users", &server.get("/v1/users").await.expect(200));
        let organization = server.get("/v1/organization").await.expect(200);
        for odd in ODD {
            let mut opt_out = organization["settings"]["opt_out"].clone();
            opt_out["words"] = json!(["STOP", odd]);
            for (path, body, pointer) in [
                (contact.as_str(), json!({"name": odd}), "/name"),
                (&user, json!({"name": odd}), "/name"),
                ("/v1/organization", json!({"name": odd}), "/name"),
                (
                    "/v1/organization",
                    json!({"settings": {"opt_out": opt_out}}),
                    "/settings/opt_out/words/1",
                ),
            ] {
                let problem = server.patch(path, &body).await.problem(422, "invalid");
                assert_eq!(wrong(&problem), [pointer, "not_one_line"], "{path} {body}");
            }
            let contact_id = contact.trim_start_matches("/v1/contacts/");
            let gift = json!({"contact_id": contact_id, "amount": 5, "method": "cash", "fund": odd});
            let problem = server.post("/v1/donations", &gift).await.problem(422, "invalid");
            assert_eq!(wrong(&problem), ["/fund", "not_one_line"]);
        }
        assert_eq!(server.get("/v1/organization").await.expect(200), organization);
        // What is written for people to read has lines.
        let note = json!({"body": "satu\ndua"});
        server.post(&format!("{contact}/notes"), &note).await.expect(201);
    }
}

#[tokio::test]
async fn the_first_organization_and_its_owner_have_names_of_one_line() {
    for database in both().await {
        let server = TestServer::empty(&database).await;
        let owner = json!({"token": server.setup_token().await, "organization": "Toko\u{0}", "name": "Sa\nri",
            "email": "owner\u{0}@example.com", "password": "long enough pw"});
        let problem = server.post("/v1/setup/owner", &owner).await.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("a list").iter();
        let wrong: Vec<_> = errors
            .map(|error| (error["pointer"].clone(), error["code"].clone()))
            .collect();
        assert_eq!(
            wrong,
            [
                (json!("/organization"), json!("not_one_line")),
                (json!("/email"), json!("not_an_email_address")),
                (json!("/name"), json!("not_one_line")),
            ]
        );
    }
}
