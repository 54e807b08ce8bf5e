//! What a use case can answer instead of a result. `server` maps each to one HTTP problem.

use std::time::Duration;

use pesan_model::Flaw;

/// Short for a use case's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Which field, as a JSON pointer: `/text/body`.
    pub pointer: String,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl FieldError {
    /// What is wrong with the field at this pointer.
    pub fn new(pointer: impl Into<String>, flaw: impl Into<Flaw>) -> Self {
        Self {
            pointer: pointer.into(),
            flaw: flaw.into(),
        }
    }
}

/// Why a use case did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it belongs to somebody else.
    #[error("{what} not found")]
    NotFound {
        /// The word for it: `account`, `message`, …
        what: &'static str,
    },
    /// No or wrong credentials.
    #[error("log in, or send a valid API key")]
    Unauthenticated,
    /// A log-in with an unknown address or a wrong password; which of them is not told.
    #[error("the e-mail address or the password is wrong")]
    LogInFailed,
    /// Known, but not allowed. The text says which permission is missing.
    #[error("this needs the permission `{0}`")]
    Forbidden(&'static str),
    /// Fields are wrong; nothing was done.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// It does not fit the present state.
    #[error("{detail}")]
    Conflict {
        /// Stable, for programs.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// It was there, and is not any more.
    #[error("{detail}")]
    Gone {
        /// Stable, for programs.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// Too often.
    #[error("too many requests")]
    TooMany {
        /// When to come back.
        retry_after: Duration,
    },
    /// Larger than allowed.
    #[error("too large: at most {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// Something outside does not answer: the database, the disk, WhatsApp. Coming back later may work.
    #[error("{detail}")]
    Unavailable {
        /// Stable, for programs.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// A fault of ours. Logged where it is answered; people only see that it happened.
    #[error("could not {action}")]
    Internal {
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// One wrong field.
    pub fn field(pointer: impl Into<String>, flaw: impl Into<Flaw>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, flaw)])
    }

    /// A fault of ours.
    pub fn internal(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal {
            action,
            source: source.into(),
        }
    }

    /// Whether a stored value is not what this version expects: trying again does not help.
    pub(crate) fn is_corrupt(&self) -> bool {
        let Self::Internal { source, .. } = self else {
            return false;
        };
        matches!(
            source.downcast_ref::<pesan_store::Error>(),
            Some(pesan_store::Error::Corrupt { .. })
        )
    }
}

impl From<pesan_store::Error> for Error {
    fn from(error: pesan_store::Error) -> Self {
        match error {
            pesan_store::Error::NotFound { what } => Self::NotFound { what },
            pesan_store::Error::Conflict => Self::Conflict {
                code: "already_exists",
                detail: "it already exists".to_owned(),
            },
            pesan_store::Error::Unavailable(why) | pesan_store::Error::Unwritable(why) => {
                tracing::warn!(%why, "the database is unavailable");
                Self::Unavailable {
                    code: "database_unavailable",
                    detail: "the database is unavailable; try again in a moment".to_owned(),
                }
            }
            error => Self::internal("use the database", error),
        }
    }
}
