//! The schema, step by step. One text for both databases: SQLite takes PostgreSQL's type names as they are.
//!
//! To change the schema add a file and a line here; a file that was released never changes. What only one of them can do
//! stands in a file of its own (`dialect::own_migration`).

use crate::value::args;
use crate::{Error, Store};

/// Every migration in order: its name and its statements.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_init", include_str!("../migrations/0001_init.sql")),
    (
        "0002_message_deleted",
        include_str!("../migrations/0002_message_deleted.sql"),
    ),
    ("0003_quarantine", include_str!("../migrations/0003_quarantine.sql")),
    (
        "0004_account_not_before",
        include_str!("../migrations/0004_account_not_before.sql"),
    ),
    ("0005_media_file", include_str!("../migrations/0005_media_file.sql")),
    ("0006_loose_file", include_str!("../migrations/0006_loose_file.sql")),
    ("0007_inbox", include_str!("../migrations/0007_inbox.sql")),
    ("0008_crm", include_str!("../migrations/0008_crm.sql")),
    ("0010_mail", include_str!("../migrations/0010_mail.sql")),
    (
        "0011_message_sender",
        include_str!("../migrations/0011_message_sender.sql"),
    ),
    (
        "0012_message_failed",
        include_str!("../migrations/0012_message_failed.sql"),
    ),
    ("0013_search", include_str!("../migrations/0013_search.sql")),
    ("0014_replies", include_str!("../migrations/0014_replies.sql")),
    ("0015_statistics", include_str!("../migrations/0015_statistics.sql")),
    ("0015_remote_link", include_str!("../migrations/0015_remote_link.sql")),
    ("0016_words", include_str!("../migrations/0016_words.sql")),
    ("0017_contact_tag", include_str!("../migrations/0017_contact_tag.sql")),
    ("0018_figure_lists", include_str!("../migrations/0018_figure_lists.sql")),
    (
        "0019_message_change",
        include_str!("../migrations/0019_message_change.sql"),
    ),
    ("0020_filters", include_str!("../migrations/0020_filters.sql")),
    ("0021_keeping", include_str!("../migrations/0021_keeping.sql")),
    ("0022_handler", include_str!("../migrations/0022_handler.sql")),
    (
        "0023_early_receipt",
        include_str!("../migrations/0023_early_receipt.sql"),
    ),
    ("0024_scheduled", include_str!("../migrations/0024_scheduled.sql")),
    (
        "0025_contact_alias",
        include_str!("../migrations/0025_contact_alias.sql"),
    ),
];

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT NOT NULL PRIMARY KEY)";

/// Brings the schema up to date. Each step is one transaction, so a crash leaves it before or after.
pub(crate) async fn run(store: &Store) -> Result<(), Error> {
    store
        .write(|tx| {
            Box::pin(async move {
                crate::dialect::lock_migrations(tx).await?;
                tx.execute_script(CREATE_TABLE).await?;
                let done: Vec<(String,)> = tx.fetch_all("SELECT name FROM schema_migration", args![]).await?;
                for (name,) in &done {
                    if !MIGRATIONS.iter().any(|(known, _)| known == name) {
                        return Err(Error::Version(format!(
                            "this database was made by a newer version of Pesan (it has step {name}); \
                             please run that version"
                        )));
                    }
                }
                for (name, sql) in MIGRATIONS {
                    if done.iter().any(|(done,)| done == name) {
                        continue;
                    }
                    tx.execute_script(sql).await?;
                    if let Some(own) = crate::dialect::own_migration(tx, name) {
                        tx.execute_script(own).await?;
                    }
                    tx.execute("INSERT INTO schema_migration (name) VALUES ($1)", args![*name])
                        .await?;
                }
                Ok(())
            })
        })
        .await
}
