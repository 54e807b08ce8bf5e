//! What can go wrong.

use std::borrow::Cow;

/// An error of the simulated network or its admin interface.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client did not complete the Noise handshake.
    #[error("handshake failed: {0}")]
    Handshake(String),
    /// Encrypting or decrypting for an emulated phone failed.
    #[error("signal: {0}")]
    Signal(String),
    /// The request is wrong; `field` says where.
    #[error("{field}: {why}")]
    Invalid {
        /// The field of the request that is wrong.
        field: Cow<'static, str>,
        /// What is wrong with it.
        why: String,
    },
    /// The thing asked for does not exist.
    #[error("{field}: {why}")]
    NotFound {
        /// The field that names it.
        field: Cow<'static, str>,
        /// What was looked for.
        why: String,
    },
    /// The request contradicts the state of the network.
    #[error("{field}: {why}")]
    Conflict {
        /// The field that contradicts.
        field: Cow<'static, str>,
        /// Why it cannot be done.
        why: String,
    },
    /// Listening or reading and writing the state directory failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn invalid(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            why: why.into(),
        }
    }

    pub(crate) fn not_found(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::NotFound {
            field: field.into(),
            why: why.into(),
        }
    }

    pub(crate) fn conflict(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::Conflict {
            field: field.into(),
            why: why.into(),
        }
    }

    pub(crate) fn io(what: &'static str, source: std::io::Error) -> Self {
        Self::Io { what, source }
    }
}
