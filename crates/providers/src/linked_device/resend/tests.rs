use pesan_model::SystemClock;
use wacore::types::message::{EditAttribute, MessageInfo, MessageSource};

use super::*;
use crate::session_records::MemoryRecords;

const GROUP: &str = "120363000000000001@g.us";
const SARI: &str = "6280000000002@s.whatsapp.net";
const SARI_LID: &str = "10006280000000002@lid";
const BUDI: &str = "6280000000003@s.whatsapp.net";

fn jid(text: &str) -> Jid {
    text.parse().expect("a JID")
}

fn now() -> i64 {
    SystemClock.now().secs()
}

/// A message of `sender` in a chat.
fn info(id: &str, chat: &str, sender: &str) -> MessageInfo {
    MessageInfo {
        id: id.into(),
        source: MessageSource {
            chat: jid(chat),
            sender: jid(sender),
            is_group: chat == GROUP,
            ..MessageSource::default()
        },
        timestamp: wacore::time::from_secs_or_now(now()),
        push_name: "Sari".into(),
        ..MessageInfo::default()
    }
}

fn message(info: &MessageInfo, text: &str) -> Inbound {
    let content = waproto::whatsapp::Message {
        conversation: Some(text.into()),
        ..Default::default()
    };
    super::super::convert_in::message(&content, info).expect("a message")
}

fn resend(records: &Arc<MemoryRecords>) -> Resend {
    Resend::new(Arc::<MemoryRecords>::clone(records), Arc::new(SystemClock))
}

async fn lose(resend: &Resend, unread: Vec<Unread>) {
    resend.remember(unread).await.expect("kept");
}

#[test]
fn what_is_remembered_names_the_message_as_its_stanza_did() {
    let mut original = info("A1", GROUP, SARI_LID);
    original.source.sender_alt = Some(jid(SARI));
    original.edit = EditAttribute::AdminRevoke;
    let unread = Unread::of(&original);
    let json = serde_json::to_vec(&unread).expect("JSON");
    let read: Unread = serde_json::from_slice(&json).expect("the same");
    let again = read.info().expect("sound");
    assert_eq!(read, unread);
    assert_eq!(
        (
            &again.id,
            &again.source.chat,
            &again.source.sender,
            &again.source.sender_alt
        ),
        (
            &original.id,
            &original.source.chat,
            &original.source.sender,
            &original.source.sender_alt
        )
    );
    assert_eq!(
        (
            again.source.is_group,
            again.edit,
            again.timestamp.timestamp(),
            &*again.push_name
        ),
        (true, EditAttribute::AdminRevoke, original.timestamp.timestamp(), "Sari")
    );
}

#[tokio::test]
async fn only_what_is_stored_nowhere_is_remembered_and_once() {
    let records = Arc::new(MemoryRecords::new());
    let resend = resend(&records);
    let unread = Unread::of(&info("A1", SARI, SARI));
    let stored = Received::default();
    let kept = resend.settle((vec![unread.clone()], Vec::new()), &stored);
    kept.await.expect("nothing to do");
    assert_eq!((records.count(LOST), records.commits()), (0, 0));
    lose(&resend, vec![unread.clone()]).await;
    lose(&resend, vec![unread]).await;
    assert_eq!((records.count(LOST), records.commits()), (1, 1));
}

#[tokio::test]
async fn what_is_found_is_forgotten_and_nobody_else_can_pretend_to_have_written_it() {
    let mut by_lid = info("A1", SARI_LID, SARI_LID);
    by_lid.source.sender_alt = Some(jid(SARI));
    let mut own = info("A1", BUDI, "6280000000001@s.whatsapp.net");
    own.source.is_from_me = true;
    let table = vec![
        (info("A1", SARI, SARI), info("A1", SARI, SARI), true),
        (by_lid, info("A1", SARI, SARI), true),
        (info("A1", SARI, SARI), info("A2", SARI, SARI), false),
        (info("A1", SARI, SARI), info("A1", BUDI, BUDI), false),
        (info("A1", SARI, SARI), info("A1", GROUP, SARI), false),
        (info("A1", GROUP, SARI), info("A1", GROUP, SARI), true),
        (info("A1", GROUP, SARI), info("A1", GROUP, BUDI), false),
        (info("A1", GROUP, SARI), info("A1", SARI, SARI), false),
        (own.clone(), own.clone(), true),
        (own, info("A1", BUDI, BUDI), false),
    ];
    for (lost, came, is_it) in table {
        let records = Arc::new(MemoryRecords::new());
        let resend = resend(&records);
        lose(&resend, vec![Unread::of(&lost)]).await;
        let found = resend.found_in(&[message(&came, "halo")]);
        assert_eq!(found.len(), usize::from(is_it), "{lost:?} {came:?}");
        let stored = Received::default();
        let settled = resend.settle((Vec::new(), found), &stored);
        settled.await.expect("written");
        assert_eq!(records.count(LOST), usize::from(!is_it));
    }
}

#[tokio::test]
async fn each_is_asked_for_once_the_newest_first_and_not_before_what_waited_has_come() {
    let records = Arc::new(MemoryRecords::new());
    let aged = |id: &str, age: i64| MessageInfo {
        timestamp: wacore::time::from_secs_or_now(now() - age),
        ..info(id, SARI, SARI)
    };
    let unread = ["A1", "A2", "A3"].into_iter().zip([60, 20, 40]);
    lose(
        &resend(&records),
        unread.map(|(id, age)| Unread::of(&aged(id, age))).collect(),
    )
    .await;
    // WhatsApp's phones are asked for nothing that is older than two weeks.
    let old = Unread::of(&aged("A4", 14 * 24 * 3_600 + 60));
    let put = RecordWrite::Put {
        kind: LOST,
        key: old.key(),
        value: serde_json::to_vec(&old).expect("JSON"),
        expires_at: None,
    };
    records.write(vec![put]).await.expect("written");
    let next = resend(&records);
    next.load().await;
    assert_eq!(records.count(LOST), 3);
    assert_eq!(next.next(), None);
    next.open();
    let asked: Vec<String> = std::iter::from_fn(|| next.next()).map(|unread| unread.id).collect();
    assert_eq!(asked, ["A2", "A3", "A1"]);
    lose(&next, vec![old]).await;
    assert_eq!(records.count(LOST), 3, "too old to be asked for");
}

#[tokio::test]
async fn one_connection_asks_for_so_many() {
    let records = Arc::new(MemoryRecords::new());
    let resend = resend(&records);
    resend.open();
    let unread = (0..=MOST).map(|number| Unread::of(&info(&format!("A{number}"), SARI, SARI)));
    lose(&resend, unread.collect()).await;
    assert_eq!(std::iter::from_fn(|| resend.next()).count(), MOST);
}

#[tokio::test]
async fn an_answer_is_about_the_message_that_was_lost() {
    let records = Arc::new(MemoryRecords::new());
    let resend = resend(&records);
    let mut lost = info("A1", SARI_LID, SARI_LID);
    lost.source.sender_alt = Some(jid(SARI));
    lose(&resend, vec![Unread::of(&lost)]).await;
    let mut answer = info("A1", SARI, SARI);
    assert!(resend.original(&answer).is_none(), "it came by itself");
    answer.unavailable_request_id = Some("request".into());
    let original = resend.original(&answer).expect("known");
    assert_eq!(original.source.chat, jid(SARI_LID));
    answer.source.is_from_me = true;
    assert!(resend.original(&answer).is_none());
}
