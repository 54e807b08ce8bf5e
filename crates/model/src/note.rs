//! Private notes: what colleagues write for each other and nobody else sees.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{ChatId, ContactId, NoteId};

/// A private note about a person or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// Ours.
    pub id: NoteId,
    /// The person it is about.
    pub contact_id: Option<ContactId>,
    /// The group it is about.
    pub chat_id: Option<ChatId>,
    /// Who wrote it: `user:usr_…` or `key:key_…`.
    pub author: String,
    /// What they were called then.
    pub author_name: String,
    /// What it says.
    pub body: String,
    /// Whether it stays on top.
    pub is_pinned: bool,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its words were changed last.
    pub edited_at: Option<Timestamp>,
}
