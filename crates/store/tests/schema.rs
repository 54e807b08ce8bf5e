//! The schema is the same on both databases.

use std::collections::BTreeSet;

use pesan_store::StoreOptions;
use pesan_store::testing::{postgres, sqlite};
use sqlx::{Connection as _, Row as _};

#[tokio::test]
async fn both_databases_end_in_the_same_tables_and_columns() {
    let (lite, server) = (sqlite(), postgres().await);
    lite.open().await.close().await;
    server.open().await.close().await;
    // The words of messages are kept as each database does it best: in tables of its own, or in a column.
    let mut lite = columns_of_sqlite(&lite.options);
    lite.retain(|name| !name.starts_with("message_word"));
    let mut server = columns_of_postgres(&server.options).await;
    assert!(server.remove("message_search.words"));
    assert_eq!(lite, server);
}

/// `table.column` of everything.
fn columns_of_sqlite(options: &StoreOptions) -> BTreeSet<String> {
    let StoreOptions::Sqlite { path } = options else {
        panic!("the SQLite database is in a file");
    };
    let connection = rusqlite::Connection::open(path).expect("opens");
    let mut statement = connection
        .prepare(
            "SELECT tables.name || '.' || columns.name FROM sqlite_schema tables, \
             pragma_table_info(tables.name) columns WHERE tables.type = 'table'",
        )
        .expect("is SQL");
    let names = statement.query_map([], |row| row.get(0)).expect("runs");
    names.map(|name| name.expect("a text")).collect()
}

async fn columns_of_postgres(options: &StoreOptions) -> BTreeSet<String> {
    let StoreOptions::Postgres { url, .. } = options else {
        panic!("the PostgreSQL database has an address");
    };
    let mut connection = sqlx::PgConnection::connect(url).await.expect("connects");
    let rows = sqlx::query(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("runs");
    rows.iter().map(|row| row.get(0)).collect()
}
