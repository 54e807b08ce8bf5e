//! Donations that are written down at once, and the files that prove them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_app::messaging::{self, MediaSource, NewContent, NewMedia, NewMessage};
use pesan_app::{accounts, contacts, donations, media};
use pesan_model::content::MediaKind;
use pesan_store::testing;

use crate::donations::{donor, gift, give};
use crate::people::person;
use crate::support::TestApp;

const SITI: &str = "6280000000001";
const BUDI: &str = "6280000000002";

#[tokio::test]
async fn donations_of_one_person_that_come_at_once_all_count() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        futures::future::join_all((1..=12).map(|amount| give(&test, gift(siti, amount, 0)))).await;
        let total = &donor(&test, siti).await.totals[0];
        assert_eq!(
            (total.gifts, total.lifetime_value, total.largest),
            (12, 78, 12),
            "{}",
            database.kind
        );
    }
}

#[tokio::test]
async fn donations_while_two_records_are_joined_are_the_persons() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let other = person(&test, account, BUDI, "Siti kantor").await;
        let gifts = futures::future::join_all((1..=4).map(|amount| give(&test, gift(other, amount, 0))));
        let merge = contacts::merging::merge(&test.app, &test.caller, (siti, other), None);
        let (_, merged) = futures::future::join(gifts, merge).await;
        let (merge, _) = merged.expect("joined");
        let total = &donor(&test, siti).await.totals[0];
        assert_eq!((total.gifts, total.lifetime_value), (4, 10), "{}", database.kind);
        contacts::merging::unmerge(&test.app, &test.caller, siti, merge.id)
            .await
            .expect("separated");
        let gifts = async |id| donor(&test, id).await.totals.first().map_or(0, |total| total.gifts);
        assert_eq!(gifts(siti).await + gifts(other).await, 4, "nothing is lost or doubled");
    }
}

#[tokio::test]
async fn a_receipt_outlives_the_account_that_it_came_through() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let siti = person(&test, account, SITI, "Siti").await;
        let proof = NewMedia {
            kind: MediaKind::Image,
            source: MediaSource::Data(format!(
                "data:image/png;base64,{}",
                STANDARD.encode(b"\x89PNG\r\n\x1a\n")
            )),
            caption: None,
            file_name: None,
            voice: false,
        };
        let message = NewMessage {
            account_id: account,
            to: SITI.into(),
            content: NewContent::Media(proof),
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        let sent = messaging::send(&test.app, &test.caller, message, None)
            .await
            .expect("sent");
        let mut new = gift(siti, 100, 0);
        new.media_id = sent.message.content.media().map(|media| media.media_id);
        let donation = give(&test, new).await;
        accounts::delete(&test.app, &test.caller, account)
            .await
            .expect("deleted");
        let kept = donations::get(&test.app, &test.caller, donation.id)
            .await
            .expect("kept");
        assert_eq!(kept.media_id, donation.media_id, "{}", database.kind);
        let receipt = kept.media_id.expect("a receipt");
        media::open(&test.app, &test.caller, receipt)
            .await
            .expect("still there");
    }
}
