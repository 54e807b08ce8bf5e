use pesan_model::content::Text;
use pesan_model::message::Message;
use pesan_model::search::Search;
use pesan_model::{Direction, MessageStatus};

use super::*;
use crate::{Store, chat};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[test]
fn places_are_in_the_order_of_time_and_read_as_they_were_written() {
    let at = |millis| Place::of(Timestamp::from_millis(millis));
    let late = at(1_700_000_000_000);
    assert!(at(1_699_999_999_999) < late && late < Place::END);
    assert_eq!(late.at(), Timestamp::from_millis(1_700_000_000_000));
    assert!(late.with_tie(-1) < at(1_700_000_000_001) && late.with_tie(-1) > late);
    assert_eq!(late.to_string().parse(), Ok(late));
    assert!("x".parse::<Place>().is_err());
    assert_eq!(at(-5), at(0), "no time is before the first");
    assert!(at(i64::MAX) < Place::END && at(i64::MAX).with_tie(-1) < Place::END);
    assert!(Place::of_week(late.week()) <= late && late < Place::of_week(late.week() + 1));
}

#[test]
fn the_words_of_an_organization_in_a_week_begin_with_as_much_each() {
    let one = OrganizationId::from(Uuid::from_u128(35));
    let two = OrganizationId::from(Uuid::from_u128(36));
    assert_eq!(prefix(one, 1), "00000z001");
    assert_eq!(prefix(two, 46_655), "000010zzz");
    let last = Place::of(Timestamp::from_millis(i64::MAX)).week();
    assert!(last < 46_656, "it has three digits");
}

fn message(organization: u128, number: u128, body: &str, at: i64) -> (Message, Timestamp) {
    let at = Timestamp::from_millis(at);
    let content = Content::Text(Text { body: body.to_owned() });
    let message = Message {
        id: Uuid::from_u128(organization * 1_000_000 + number).into(),
        account_id: Uuid::from_u128(organization).into(),
        chat_id: Uuid::from_u128(organization + 100 * (number % 3)).into(),
        direction: Direction::In,
        wa_id: number.to_string(),
        chat: String::new(),
        chat_name: String::new(),
        sender: String::new(),
        sent_by: None,
        automatic: None,
        contact_id: None,
        push_name: None,
        kind: content.kind().to_owned(),
        content,
        metadata: None,
        reply_to: None,
        status: MessageStatus::Received,
        error: None,
        attempts: 0,
        retries: 0,
        created_at: at,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        send_at: None,
        deleted_at: None,
        edited_at: None,
        revoked_at: None,
    };
    (message, at)
}

/// An organization with three chats and as many messages as make a plan for many, a hundred on each day.
async fn fill(tx: &mut Tx<'_>, organization: u128, count: u128) -> Result<(), Error> {
    let id = OrganizationId::from(Uuid::from_u128(organization));
    tx.execute(
        "INSERT INTO organization (id, name, event_seq, audit_seq, data_key, master_key_id, created_at) \
         VALUES ($1, 'Test', 0, 0, $2, 'm', 0)",
        args![id, vec![1_u8]],
    )
    .await?;
    tx.execute(
        "INSERT INTO account (id, organization_id, name, provider, state, state_since, is_wanted, bucket_millitokens, \
         bucket_at, created_at) VALUES ($1, $1, 'Test', 'linked_device', 'created', 0, FALSE, 0, 0, 0)",
        args![id],
    )
    .await?;
    for number in 0..3 {
        let new = chat::NewChat {
            id: Uuid::from_u128(organization + 100 * number).into(),
            account_id: id.uuid().into(),
            address: format!("1555{organization:03}{number:04}@s.whatsapp.net")
                .parse()
                .expect("an address"),
            contact_id: None,
        };
        chat::insert(tx, id, &new, Timestamp::from_millis(0)).await?;
    }
    for number in 0..count {
        let word = if number % 500 == 3 { "wakaf" } else { "halo" };
        let at = number as i64 * DAY_MS / 100;
        let (message, at) = message(organization, number, &format!("{word} nomor {number}"), at);
        crate::message::insert(tx, id, &message, at, None).await?;
    }
    if tx.is_postgres() {
        tx.execute("ANALYZE", args![]).await?;
    }
    Ok(())
}

async fn filled(store: &Store, count: u128) {
    store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                fill(tx, 7, count).await?;
                fill(tx, 8, 50).await
            })
        })
        .await
        .expect("filled");
}

fn scope(organization: u128, chat: Option<u128>) -> Scope {
    Scope {
        organization_id: Uuid::from_u128(organization).into(),
        account_id: None,
        chat_id: chat.map(|chat| Uuid::from_u128(chat).into()),
    }
}

/// What the database says it would do.
async fn plan(tx: &mut Tx<'_>, (sql, values): (String, Vec<Value>)) -> Result<Vec<String>, Error> {
    if tx.is_postgres() {
        let lines: Vec<(String,)> = tx.fetch_all(&format!("EXPLAIN {sql}"), values).await?;
        return Ok(lines.into_iter().map(|(line,)| line).collect());
    }
    let lines: Vec<(i64, i64, i64, String)> = tx.fetch_all(&format!("EXPLAIN QUERY PLAN {sql}"), values).await?;
    Ok(lines.into_iter().map(|(.., line)| line).collect())
}

#[tokio::test]
async fn no_search_reads_a_whole_table_and_none_sorts_what_it_walks() {
    for database in crate::testing::both().await {
        let store = database.open().await;
        filled(&store, 3_000).await;
        let plans = store
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    // As a search does it.
                    dialect::limit_search(tx, Duration::from_secs(30)).await?;
                    let end = Place::END;
                    let account_id = Some(Uuid::from_u128(7).into());
                    let mut plans = Vec::new();
                    for scope in [
                        scope(7, None),
                        scope(7, Some(107)),
                        Scope {
                            account_id,
                            ..scope(7, None)
                        },
                    ] {
                        plans.push((true, plan(tx, walk_statement(scope, end, 300)).await?));
                        plans.push((true, plan(tx, last_statement(scope, end)).await?));
                        for (typed, weeks) in [("wakaf", 0..=0), ("wak", 0..=63), ("nomor halo wak", 0..=63)] {
                            let terms = Search::new(typed).terms();
                            let statement = find_statement(tx, scope, (&terms, weeks), (end, 51));
                            plans.push((false, plan(tx, statement).await?));
                        }
                    }
                    Ok(plans)
                })
            })
            .await
            .expect("planned");
        for (is_walk, lines) in plans {
            let text = lines.join("\n");
            let reads_all = lines.iter().any(|line| {
                let is_index = line.contains("VIRTUAL TABLE INDEX") || line == "SCAN s";
                line.contains("Seq Scan") || (line.starts_with("SCAN") && !is_index)
            });
            assert!(!reads_all, "{}:\n{text}", database.kind);
            // On PostgreSQL what the index gave of a few weeks is put in order; SQLite's index is in order.
            let sorts = text.contains("TEMP B-TREE") || (is_walk && text.contains("Sort"));
            assert!(!sorts, "{}:\n{text}", database.kind);
            let is_asked = text.contains("message_search_words") || text.contains("VIRTUAL TABLE INDEX");
            assert_eq!(is_asked, !is_walk, "{}:\n{text}", database.kind);
        }
    }
}

#[tokio::test]
async fn the_index_finds_the_words_of_one_organization_in_the_weeks_that_are_asked_for() {
    for database in crate::testing::both().await {
        let store = database.open().await;
        filled(&store, 2_000).await;
        let found = store
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    let mut found = Vec::new();
                    for (scope, typed, weeks) in [
                        (scope(7, None), "wakaf", 0..=63),
                        (scope(7, None), "wak", 0..=0),
                        (scope(7, Some(107)), "wakaf", 0..=63),
                        (scope(8, None), "wakaf", 0..=63),
                        (scope(9, None), "wakaf", 0..=63),
                        (scope(7, None), "wakaf halo", 0..=63),
                    ] {
                        let terms = Search::new(typed).terms();
                        let time = Duration::from_secs(30);
                        let page = (Place::END, 51);
                        let candidates = find(tx, scope, (&terms, weeks), page, time).await?;
                        let numbers = candidates.into_iter().map(|each| each.id.uuid().as_u128() % 1_000_000);
                        found.push(numbers.collect::<Vec<_>>());
                    }
                    Ok(found)
                })
            })
            .await
            .expect("found");
        let expected: [&[u128]; 6] = [&[1503, 1003, 503, 3], &[503, 3], &[1003], &[3], &[], &[]];
        assert_eq!(found, expected, "{}", database.kind);
    }
}

#[tokio::test]
async fn messages_of_one_moment_have_a_place_each() {
    for database in crate::testing::both().await {
        let store = database.open().await;
        let walked = store
            .write::<_, Error, _>(|tx| {
                Box::pin(async move {
                    fill(tx, 7, 0).await?;
                    for number in 0..40_u128 {
                        // Ids that end alike want the same place.
                        let (message, at) = message(7, number << 40, "halo", 5);
                        crate::message::insert(tx, Uuid::from_u128(7).into(), &message, at, None).await?;
                    }
                    let scope = scope(7, None);
                    let first = walk(tx, scope, Place::END, 25).await?;
                    let rest = walk(tx, scope, first[24].place, 25).await?;
                    Ok([first, rest].concat())
                })
            })
            .await
            .expect("written");
        assert_eq!(walked.len(), 40, "{}", database.kind);
        assert!(walked.windows(2).all(|pair| pair[0].place > pair[1].place));
    }
}

#[tokio::test]
async fn what_takes_too_long_is_stopped_and_says_so() {
    for database in crate::testing::both().await {
        let store = database.open().await;
        let stopped = store
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    dialect::limit_search(tx, Duration::from_millis(2)).await?;
                    let forever = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) \
                         SELECT COUNT(*) FROM n";
                    tx.fetch_one::<(i64,)>("number", forever, args![]).await
                })
            })
            .await;
        assert!(matches!(stopped, Err(Error::Stopped)), "{}: {stopped:?}", database.kind);
        // The connection is as good as before.
        let answered = store
            .read::<_, Error, _>(|tx| {
                Box::pin(async move {
                    tx.fetch_one::<(i64,)>("number", "SELECT CAST(1 AS BIGINT)", args![])
                        .await
                })
            })
            .await;
        assert_eq!(answered.expect("answered"), (1,));
    }
}
