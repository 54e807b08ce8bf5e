//! What can go wrong with the database.

/// Why the database did not do something. Texts carry no SQL values.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row, or it belongs to another organization.
    #[error("{what} not found")]
    NotFound {
        /// The word for it: `account`, `message`, …
        what: &'static str,
    },
    /// A unique value is taken, or what the row refers to went at this very moment: another transaction was first.
    #[error("already exists")]
    Conflict,
    /// The database is busy, out of space or gone for the moment. Trying again later may work.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database takes nothing that is written, whatever it is: its disk is full or fails, or it may only be read.
    #[error("the database takes nothing that is written: {0}")]
    Unwritable(String),
    /// It took longer than it was given, and was ended.
    #[error("it took too long")]
    Stopped,
    /// SQLite refused a statement.
    #[error("SQLite could not {action}")]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// PostgreSQL refused a statement.
    #[error("PostgreSQL could not {action}")]
    Postgres {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value is not what this version expects.
    #[error("stored {what} is not readable: {detail}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// The work in a transaction panicked; none of it happened.
    #[error("the work in a transaction panicked")]
    Panicked,
    /// The file or the migrations belong to another version.
    #[error("{0}")]
    Version(String),
    /// A secret could not be opened: wrong master key, or the row was moved.
    #[error("could not decrypt {what}")]
    Decrypt {
        /// Which secret.
        what: &'static str,
    },
    /// The account's lease belongs to another node, or to a later start of this one.
    #[error("the account's lease is lost")]
    Fenced,
}

impl Error {
    /// A stored value that this version cannot read.
    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
    pub fn corrupt(what: &'static str, detail: impl ToString) -> Self {
        Self::Corrupt {
            what,
            detail: detail.to_string(),
        }
    }

    /// True when the same work would fail again on a sound database: what was to be stored is refused. False when the
    /// database itself is in trouble, which passes or is for people to mend.
    pub fn is_lasting(&self) -> bool {
        use rusqlite::ErrorCode::{
            DatabaseCorrupt, FileLockingProtocolFailed, InternalMalfunction, NotADatabase, OperationAborted,
            OperationInterrupted, OutOfMemory, PermissionDenied,
        };
        match self {
            Self::NotFound { .. } | Self::Conflict | Self::Corrupt { .. } | Self::Panicked => true,
            Self::Unavailable(_)
            | Self::Unwritable(_)
            | Self::Stopped
            | Self::Version(_)
            | Self::Decrypt { .. }
            | Self::Fenced => false,
            Self::Sqlite { source, .. } => !matches!(
                source.sqlite_error_code(),
                Some(
                    DatabaseCorrupt
                        | FileLockingProtocolFailed
                        | InternalMalfunction
                        | NotADatabase
                        | OperationAborted
                        | OperationInterrupted
                        | OutOfMemory
                        | PermissionDenied
                )
            ),
            // Connection, invalid transaction state (read-only), log-in, system and internal errors.
            Self::Postgres { source, .. } => source.as_database_error().is_some_and(|error| {
                let code = error.code().unwrap_or_default();
                !["08", "25", "28", "58", "XX"]
                    .iter()
                    .any(|class| code.starts_with(class))
            }),
        }
    }

    pub(crate) fn sqlite(action: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, ConstraintViolation, DatabaseBusy, DatabaseLocked, DiskFull, OperationInterrupted, ReadOnly,
            SystemIoFailure,
        };
        match source.sqlite_error_code() {
            Some(ConstraintViolation) if is_unique_violation(&source) => Self::Conflict,
            Some(DatabaseBusy | DatabaseLocked) => Self::Unavailable("it is locked".to_owned()),
            Some(OperationInterrupted) => Self::Stopped,
            Some(DiskFull) => Self::Unwritable("the disk is full".to_owned()),
            Some(ReadOnly) => Self::Unwritable("it is read-only".to_owned()),
            Some(SystemIoFailure) => Self::Unwritable("the disk does not answer".to_owned()),
            Some(CannotOpen) => Self::Unavailable("the disk does not answer".to_owned()),
            _ => Self::Sqlite { action, source },
        }
    }

    pub(crate) fn postgres(action: &'static str, source: sqlx::Error) -> Self {
        match &source {
            sqlx::Error::Database(error) if error.is_unique_violation() || error.is_foreign_key_violation() => {
                Self::Conflict
            }
            // Disk full, and a transaction that may only read.
            sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("53100" | "25006")) => {
                Self::Unwritable(error.message().to_owned())
            }
            // A statement that ran longer than it may: `statement_timeout`.
            sqlx::Error::Database(error) if error.code().as_deref() == Some("57014") => Self::Stopped,
            // Deadlock, serialization failure, lock timeout, too many connections, shutting down.
            sqlx::Error::Database(error)
                if error.code().is_some_and(|code| {
                    matches!(code.as_ref(), "40P01" | "40001" | "55P03")
                        || code.starts_with("53")
                        || code.starts_with("57")
                }) =>
            {
                Self::Unavailable(error.message().to_owned())
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                Self::Unavailable("PostgreSQL does not answer".to_owned())
            }
            _ => Self::Postgres { action, source },
        }
    }
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error().map(|error| error.extended_code),
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}
