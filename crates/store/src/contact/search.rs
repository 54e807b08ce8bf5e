//! Finding people by the beginnings of words of their names, and by their numbers as people write them.
//!
//! Every word of a person is a row, so that a search walks an index from where the word begins and stops when the page is
//! full, however many people there are.

use std::collections::BTreeSet;

use pesan_model::{ContactId, OrganizationId};
use uuid::Uuid;

use super::ContactRow;
use crate::row::{FromRow, Row};
use crate::value::Value;
use crate::{Error, Tx, args};

/// Letters of a word that count.
const MAX_CHARS: usize = 32;
/// Words of the names of a person that count.
const MAX_WORDS: usize = 60;
/// Forms of the numbers of a person that count: three for each.
const MAX_FORMS: usize = 60;
/// Words of a search that count.
const MAX_TOKENS: usize = 5;
/// Rows that are looked at to tell which word of a search is the rarest.
const PROBE: usize = 1_000;

/// A person who was found, and the word by which: together the keyset of the next page.
pub struct Found {
    /// The person.
    pub row: ContactRow,
    /// The word, in UTF-8.
    pub word: Vec<u8>,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            row: ContactRow::from_row(row)?,
            word: row.get(ContactRow::COLUMNS.split(", ").count())?,
        })
    }
}

/// Where the words of something stand.
#[derive(Clone, Copy)]
pub(crate) struct Indexed {
    /// The table of words.
    pub(crate) words: &'static str,
    /// The column in it that says whose word it is.
    pub(crate) id: &'static str,
    /// The table of what is found.
    pub(crate) found: &'static str,
}

const PEOPLE: Indexed = Indexed {
    words: "contact_word",
    id: "contact_id",
    found: "contact",
};

/// What is searched for: the beginnings of words, all of which a person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<String>);

impl Search {
    /// Reads what somebody typed: a number in any form, or words.
    pub fn new(text: &str) -> Self {
        let is_number = |letter: char| letter.is_ascii_digit() || " +-().\u{a0}".contains(letter);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if text.chars().all(is_number) && !digits.is_empty() {
            // Some dial 00 for the plus.
            let number = digits.strip_prefix("00").unwrap_or(&digits);
            return Self(vec![number.chars().take(MAX_CHARS).collect()]);
        }
        let mut tokens: Vec<String> = words(text).collect();
        tokens.truncate(MAX_TOKENS);
        Self(tokens)
    }
}

/// The words of a name, cut and folded as those of messages are.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    pesan_model::search::words(text).map(|word| word.text)
}

/// How many digits the country code of an international number has (ITU-T E.164).
fn country_code_len(digits: &str) -> usize {
    const TWO: [&str; 43] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95",
    ];
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if digits.starts_with("98") || TWO.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3.min(digits.len()),
    }
}

/// What a person is found by. Many numbers do not push out a name, nor long names a number.
pub(crate) fn words_of<'a>(
    names: impl Iterator<Item = &'a str>,
    numbers: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let forms = numbers.flat_map(|number| {
        let national = &number[country_code_len(number)..];
        [number.to_owned(), national.to_owned(), format!("0{national}")]
    });
    let mut all = first_of(names.flat_map(words), MAX_WORDS);
    all.extend(first_of(forms, MAX_FORMS));
    all
}

/// So many different words, those that come first.
fn first_of(words: impl Iterator<Item = String>, most: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for word in words.filter(|word| !word.is_empty()) {
        if found.len() == most {
            break;
        }
        found.insert(word);
    }
    found
}

/// Writes the words of a person anew, from all their rows. A row that was merged into another one has none of its own.
pub async fn index(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<(), Error> {
    type Names = (Option<String>, Option<String>, Option<String>);
    // This locks the row, so that two who write its words do it one after the other, each with the names of that time.
    let sql = format!(
        "UPDATE contact SET is_indexed = TRUE WHERE organization_id = $1 AND id = $2 RETURNING {}",
        ContactRow::COLUMNS
    );
    let found: Option<ContactRow> = tx.fetch_optional(&sql, args![organization_id, person]).await?;
    let Some(row) = found else {
        return Ok(());
    };
    forget(tx, organization_id, person).await?;
    if row.is_merged() {
        return Ok(());
    }
    let aliases = super::alias::list_of(tx, organization_id, person).await?;
    let mut rows: Vec<Names> = vec![(row.name, row.push_name, row.phone)];
    let merged: Vec<Names> = tx
        .fetch_all(
            "SELECT name, push_name, phone FROM contact WHERE organization_id = $1 AND merged_into = $2 ORDER BY id",
            args![organization_id, person],
        )
        .await?;
    rows.extend(merged);
    let names = rows
        .iter()
        .flat_map(|(name, push_name, _)| [name.as_deref(), push_name.as_deref()])
        .flatten();
    let numbers = rows.iter().filter_map(|(_, _, phone)| phone.as_ref()).chain(&aliases);
    let words = words_of(names, numbers.map(String::as_str));
    if !words.is_empty() {
        let places: Vec<_> = (3..words.len() + 3)
            .map(|place| format!("($1, ${place}, $2)"))
            .collect();
        let mut values = args![organization_id, person];
        for word in words {
            values.extend(args![word.into_bytes()]);
        }
        let sql = format!(
            "INSERT INTO contact_word (organization_id, word, contact_id) VALUES {} ON CONFLICT DO NOTHING",
            places.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// Deletes the words of a row, so that it is not found any more.
pub(super) async fn forget(tx: &mut Tx<'_>, organization_id: OrganizationId, person: ContactId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM contact_word WHERE organization_id = $1 AND contact_id = $2",
        args![organization_id, person],
    )
    .await?;
    Ok(())
}

/// Up to `limit` people of any organization who were there before people could be searched for.
pub async fn list_unindexed(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<(OrganizationId, ContactId)>, Error> {
    tx.fetch_all(
        "SELECT organization_id, id FROM contact WHERE is_indexed = FALSE ORDER BY id LIMIT $1",
        args![limit],
    )
    .await
}

/// A page of the people who have all words of the search, by the word that was found.
pub async fn find(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    search: &Search,
    after: Option<(Vec<u8>, ContactId)>,
    limit: usize,
) -> Result<Vec<Found>, Error> {
    let after = after.map(|(word, id)| (word, id.uuid()));
    let columns: Vec<_> = ContactRow::COLUMNS
        .split(", ")
        .map(|column| format!("k.{column}"))
        .collect();
    find_in(
        tx,
        (PEOPLE, &columns.join(", ")),
        organization_id,
        search,
        (after, limit),
    )
    .await
}

/// A page of whatever has all words of the search: these columns of the row `k`, and the word that was found.
pub(crate) async fn find_in<T: FromRow + Send>(
    tx: &mut Tx<'_>,
    (of, columns): (Indexed, &str),
    organization_id: OrganizationId,
    search: &Search,
    (after, limit): (Option<(Vec<u8>, Uuid)>, usize),
) -> Result<Vec<T>, Error> {
    let Some(rarest) = rarest(tx, of, organization_id, &search.0).await? else {
        return Ok(Vec::new());
    };
    let (sql, values) = statement((of, columns), organization_id, (search, rarest), (after, limit));
    tx.fetch_all(&sql, values).await
}

/// Walks the words that begin with the rarest token, and looks for each whether its person has the others.
fn statement(
    (of, columns): (Indexed, &str),
    organization_id: OrganizationId,
    (search, rarest): (&Search, usize),
    (after, limit): (Option<(Vec<u8>, Uuid)>, usize),
) -> (String, Vec<Value>) {
    let Indexed {
        words,
        id: column,
        found,
    } = of;
    let (from, to) = range(&search.0[rarest]);
    let (word, id) = after.unwrap_or((from.clone(), Uuid::nil()));
    let mut values = args![organization_id, from, to, word, id, limit];
    let mut others = String::new();
    for (place, token) in search.0.iter().enumerate() {
        if place == rarest {
            continue;
        }
        let (from, to) = range(token);
        let condition = format!(
            " AND EXISTS (SELECT 1 FROM {words} o WHERE o.{column} = w.{column} AND o.word >= ${} \
             AND o.word < ${})",
            values.len() + 1,
            values.len() + 2
        );
        others.push_str(&condition);
        values.extend(args![from, to]);
    }
    // Somebody with two fitting words is found by the first of them.
    let sql = format!(
        "SELECT {columns}, w.word FROM {words} w JOIN {found} k ON k.id = w.{column} \
         WHERE w.organization_id = $1 AND w.word >= $4 AND w.word < $3 AND (w.word, w.{column}) > ($4, $5) \
         AND NOT EXISTS (SELECT 1 FROM {words} e WHERE e.{column} = w.{column} AND e.word >= $2 \
         AND e.word < w.word){others} ORDER BY w.word, w.{column} LIMIT $6"
    );
    (sql, values)
}

/// The words that begin with this: from the first to before the second. No UTF-8 has the byte 255.
fn range(token: &str) -> (Vec<u8>, Vec<u8>) {
    let from = token.as_bytes().to_vec();
    let to = [from.as_slice(), &[0xff]].concat();
    (from, to)
}

/// The place of the token that the fewest words begin with.
async fn rarest(
    tx: &mut Tx<'_>,
    of: Indexed,
    organization_id: OrganizationId,
    tokens: &[String],
) -> Result<Option<usize>, Error> {
    if tokens.len() <= 1 {
        return Ok(tokens.len().checked_sub(1));
    }
    let mut least = None;
    for (place, token) in tokens.iter().enumerate() {
        let (from, to) = range(token);
        // In order, so that PostgreSQL does not hope to meet so many soon in the table itself.
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT w.word FROM {} w WHERE w.organization_id = $1 AND w.word >= $2 \
             AND w.word < $3 ORDER BY w.word LIMIT $4) counted",
            of.words
        );
        let (count,): (u64,) = tx
            .fetch_one("word", &sql, args![organization_id, from, to, PROBE])
            .await?;
        if least.is_none_or(|(fewest, _)| count < fewest) {
            least = Some((count, place));
        }
    }
    Ok(least.map(|(_, place)| place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        Search::new(text).0
    }

    #[test]
    fn a_number_is_read_in_any_form() {
        for (typed, token) in [
            ("0812-3456", "08123456"),
            ("+62 812-3456", "628123456"),
            ("62812 3456", "628123456"),
            ("0062 812", "62812"),
            ("(021) 345", "021345"),
            ("812", "812"),
        ] {
            assert_eq!(tokens(typed), [token], "{typed}");
        }
    }

    #[test]
    fn words_are_read_without_case_and_signs() {
        assert_eq!(tokens("Siti  NUR-haliza"), ["siti", "nur", "haliza"]);
        assert_eq!(tokens("siti 0812"), ["siti", "0812"]);
        assert_eq!(tokens("فاطمة"), tokens("فاطمه"));
        assert_eq!((tokens(""), tokens("  - ")), (vec![], vec![]));
        assert_eq!(tokens("a b c d e f").len(), 5);
    }

    #[test]
    fn a_person_is_found_by_each_name_and_each_form_of_the_number() {
        let words = words_of(["Siti Aminah", "siti"].into_iter(), ["6280000000001"].into_iter());
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        assert_eq!(
            words,
            ["080000000001", "6280000000001", "80000000001", "aminah", "siti"]
        );
    }

    #[test]
    fn neither_many_numbers_nor_long_names_push_out_the_other() {
        let numbers: Vec<String> = (0..50).map(|number| format!("62800000000{number:02}")).collect();
        let long: Vec<String> = (0..100).map(|number| format!("nama{number}")).collect();
        let long = long.join(" ");
        let names = [vec!["Siti Aminah"; 40], vec![long.as_str()]].concat();
        let words = words_of(names.into_iter(), numbers.iter().map(String::as_str));
        for word in ["siti", "aminah", "nama57", "6280000000000", "080000000019"] {
            assert!(words.contains(word), "{word}");
        }
        assert_eq!(words.len(), MAX_WORDS + MAX_FORMS);
    }

    #[test]
    fn country_codes_are_those_of_the_itu() {
        for (number, len) in [
            ("15550000001", 1),
            ("6280000000001", 2),
            ("9710000000", 3),
            ("35200000", 3),
            ("98000", 2),
        ] {
            assert_eq!(country_code_len(number), len, "{number}");
        }
    }

    /// What the database says it would do.
    async fn plan(tx: &mut Tx<'_>, sql: &str, values: Vec<Value>) -> Result<String, Error> {
        if tx.is_postgres() {
            let lines: Vec<(String,)> = tx.fetch_all(&format!("EXPLAIN {sql}"), values).await?;
            let lines: Vec<String> = lines.into_iter().map(|(line,)| line).collect();
            return Ok(lines.join("\n"));
        }
        let lines: Vec<(i64, i64, i64, String)> = tx.fetch_all(&format!("EXPLAIN QUERY PLAN {sql}"), values).await?;
        let lines: Vec<String> = lines.into_iter().map(|(.., line)| line).collect();
        Ok(lines.join("\n"))
    }

    /// Two thousand people, as many as make a plan for many.
    async fn fill(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<(), Error> {
        tx.execute(
            "INSERT INTO organization (id, name, event_seq, audit_seq, data_key, master_key_id, created_at) \
             VALUES ($1, $2, 0, 0, $3, $4, 0)",
            args![organization, "Test", vec![1_u8], "m"],
        )
        .await?;
        for number in 0..2_000_u128 {
            let id = ContactId::from(uuid::Uuid::from_u128(number + 1));
            let known = crate::contact::Known {
                phone: Some(format!("62800{number:08}")),
                lid: None,
                push_name: Some(format!("Ahmad Nomor{number}")),
            };
            crate::contact::insert(tx, organization, id, &known, pesan_model::Timestamp::from_millis(0)).await?;
        }
        if tx.is_postgres() {
            tx.execute("ANALYZE", args![]).await?;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_search_and_the_list_walk_an_index_and_sort_nothing() {
        for database in crate::testing::both().await {
            let store = database.open().await;
            let organization = OrganizationId::from(uuid::Uuid::from_u128(7));
            store
                .write::<_, Error, _>(move |tx| Box::pin(async move { fill(tx, organization).await }))
                .await
                .expect("filled");
            let plans = store
                .read::<_, Error, _>(move |tx| {
                    Box::pin(async move {
                        let deep = Some((b"nomor1".to_vec(), Uuid::from_u128(900)));
                        let mut plans = Vec::new();
                        for (text, after) in [("nomor", None), ("nomor", deep), ("ahmad nomor7", None), ("0800", None)]
                        {
                            let search = Search::new(text);
                            let rarest = rarest(tx, PEOPLE, organization, &search.0).await?.expect("a token");
                            let asked = ((PEOPLE, "k.id"), organization, (&search, rarest), (after, 50));
                            let (sql, values) = statement(asked.0, asked.1, asked.2, asked.3);
                            plans.push(plan(tx, &sql, values).await?);
                        }
                        let middle = uuid::Uuid::from_u128(1_000);
                        let values = args![organization, middle, 50];
                        plans.push(plan(tx, &crate::contact::list_statement(), values).await?);
                        Ok(plans)
                    })
                })
                .await
                .expect("planned");
            for plan in plans {
                let reads_all = plan.contains("Seq Scan on contact") || plan.contains("SCAN ");
                let sorts = plan.contains("Sort") || plan.contains("TEMP B-TREE");
                assert!(!reads_all && !sorts, "{}:\n{plan}", database.kind);
            }
        }
    }
}
