//! Mail: invitations, accounts that stay away, and reminders.

use std::time::Duration;

use axum::http::Method;
use pesan_model::{Clock as _, SystemClock};
use pesan_store::testing::postgres;
use serde_json::{Value, json};
use wanet::NewPhone;

use crate::product::{Mailbox, Pace, Product};

const TOKO: &str = "6280000000311";

/// Runs a test on both databases, with a mail server.
async fn on_both(test: impl AsyncFn(&mut Product, &mut Mailbox)) {
    for database in [None, Some(postgres().await)] {
        let mut mailbox = Mailbox::start().await;
        let mut product = Product::start_with_mail(database, Pace::AsShipped, &mailbox.url).await;
        test(&mut product, &mut mailbox).await;
        product.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_invited_by_mail_and_joins_once() {
    on_both(async |product, mailbox| {
        let invited = json!({"email": " Sari.Baru@example.com ", "name": "Sari", "role": "agent"});
        let created = product.post("/v1/invitations", &invited).await;
        assert_eq!(created["mailed"], true);
        assert_eq!(created["email"], "sari.baru@example.com");
        let link = created["link"].as_str().expect("a link");
        let mail = mailbox.mail(0).await;
        assert_eq!(mail.to, "sari.baru@example.com");
        assert!(mail.text.contains("Subject: Join Toko on Pesan"), "{}", mail.text);
        assert!(mail.text.contains(link), "{}", mail.text);
        let token = link.split('#').nth(1).expect("a token");

        let welcome = product
            .open_post("/v1/invitations/look-up", &json!({"token": token}))
            .await;
        assert_eq!(welcome.0, 200);
        assert_eq!(
            welcome.1,
            json!({"organization": "Toko", "email": "sari.baru@example.com", "name": "Sari", "role": "agent"})
        );
        let acceptance = json!({"token": token, "name": "Sari Dewi", "password": "short"});
        let refused = product.open_post("/v1/invitations/accept", &acceptance).await;
        assert_eq!(
            (refused.0, &refused.1["errors"][0]["pointer"]),
            (422, &json!("/password"))
        );
        let acceptance = json!({"token": token, "name": "Sari Dewi", "password": "long enough password"});
        let joined = product.open_post("/v1/invitations/accept", &acceptance).await;
        assert_eq!(
            (joined.0, &joined.1["name"]),
            (201, &json!("Sari Dewi")),
            "{}",
            joined.1
        );
        for path in ["/v1/invitations/look-up", "/v1/invitations/accept"] {
            let body = if path.ends_with("accept") {
                acceptance.clone()
            } else {
                json!({"token": token})
            };
            let again = product.open_post(path, &body).await;
            assert_eq!((again.0, &again.1["code"]), (410, &json!("invitation_void")));
        }
        assert_eq!(product.get("/v1/invitations").await["data"], json!([]));
        let users = product.get("/v1/users").await;
        assert_eq!(users["data"].as_array().expect("a list").len(), 2);
        let taken = product.failing_post("/v1/invitations", &invited).await;
        assert_eq!((taken.0, &taken.1["code"]), (409, &json!("email_taken")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_invitation_and_a_revoked_one_void_the_link() {
    on_both(async |product, _| {
        let invited = json!({"email": "budi@example.com", "name": "Budi", "role": "admin"});
        let token = |created: &Value| {
            let link = created["link"].as_str().expect("a link");
            json!({"token": link.split('#').nth(1).expect("a token")})
        };
        let first = product.post("/v1/invitations", &invited).await;
        let second = product.post("/v1/invitations", &invited).await;
        assert_eq!(
            product.open_post("/v1/invitations/look-up", &token(&first)).await.0,
            410
        );
        assert_eq!(
            product.open_post("/v1/invitations/look-up", &token(&second)).await.0,
            200
        );
        let id = second["id"].as_str().expect("an id");
        product.delete(&format!("/v1/invitations/{id}")).await;
        assert_eq!(
            product.open_post("/v1/invitations/look-up", &token(&second)).await.0,
            410
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_stays_away_is_told_by_mail_once_for_each_drop() {
    on_both(async |product, mailbox| {
        let phone = NewPhone {
            phone: TOKO.to_owned(),
            ..NewPhone::default()
        };
        product.network.add_phone(&phone).expect("the phone is added");
        product.link(TOKO).await;
        for drop in 0..2 {
            let devices = format!("/admin/phones/{TOKO}/devices");
            let linked = product.admin(Method::GET, &devices, &Value::Null).await;
            let linked = linked.as_array().expect("a list").last().expect("a device")["device"].clone();
            product
                .admin(Method::DELETE, &format!("{devices}/{linked}"), &Value::Null)
                .await;
            let mail = mailbox.mail(drop).await;
            assert_eq!(mail.to, crate::support::OWNER);
            assert!(
                mail.text.contains("Toko is disconnected from WhatsApp"),
                "{}",
                mail.text
            );
            assert!(
                mail.text.contains(&format!("/accounts?link={}", product.account)),
                "{}",
                mail.text
            );
            // What a person does about it is no new drop.
            product.connect().await;
            product.scan(TOKO).await;
            assert_eq!(mailbox.count(), drop + 1);
        }
        // A person who stops it knows.
        product.post(&product.account_path("/pause"), &json!({})).await;
        product
            .event("account.state_changed", |data| data["state"] == "paused")
            .await;
        assert_eq!(mailbox.count(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_comes_by_mail_to_whom_it_reminds() {
    on_both(async |product, mailbox| {
        let account = product.post("/v1/accounts", &json!({"name": "Toko"})).await;
        let message = json!({
            "account_id": account["id"], "to": "6280000000001", "type": "text", "text": {"body": "halo"}
        });
        let message = product.post("/v1/messages", &message).await;
        let owner = product.get("/v1/users").await["data"][0]["id"].clone();
        let due = SystemClock.now().plus(Duration::from_millis(1_500));
        let reminder = json!({
            "chat_id": message["chat_id"], "owner_id": owner, "text": "Kirim kwitansi", "due_at": due
        });
        let reminder = product.post("/v1/reminders", &reminder).await;
        // Where nobody said where they live, the organization's place counts.
        assert_eq!(reminder["time_zone"], "Asia/Jakarta");
        product.event("reminder.due", |data| data["id"] == reminder["id"]).await;
        let mail = mailbox.mail(0).await;
        assert_eq!(mail.to, crate::support::OWNER);
        let chat = message["chat_id"].as_str().expect("an id");
        for part in [
            "Subject: Reminder: +6280000000001: Kirim kwitansi",
            "(Asia/Jakarta)",
            &format!("/chats/{chat}"),
        ] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
    })
    .await;
}
