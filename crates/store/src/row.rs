//! Values that come out of rows, by position.

use pesan_model::custom_field::{FieldKind, FieldValues};
use pesan_model::donation::{DonationMethod, DonationStatus};
use pesan_model::donor::Segment;
use pesan_model::reminder::ReminderStatus;
use pesan_model::webhook::{DeliveryState, Envelope};
use pesan_model::{
    AccountId, AccountState, ApiKeyId, AutomaticKind, ChatId, ChatLogId, ChatStatus, ContactId, Currency,
    CustomFieldId, Day, DeliveryId, Direction, DonationId, EventId, InvitationId, JobId, MediaId, MergeId, MessageId,
    MessageStatus, NoteId, OrganizationId, ProviderKind, QuarantineId, QuickReplyId, ReminderId, RemoteLinkId, Role,
    TagColor, TagId, TeamId, Timestamp, UserId, WebhookId, Zone,
};
use sqlx::Row as _;
use uuid::Uuid;

use crate::Error;

/// A row of either database.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r sqlx::postgres::PgRow),
}

impl Row<'_> {
    /// The value in column `index`, from 0.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        T::read(self, index)
    }
}

/// What can be read from a column.
pub(crate) trait Column: Sized {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error>;
}

/// What can be read from a whole row.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                match row {
                    Row::Sqlite(row) => row.get(index).map_err(|error| Error::sqlite("read a column", error)),
                    Row::Postgres(row) => row.try_get(index).map_err(|error| Error::postgres("read a column", error)),
                }
            }
        }

        impl Column for Option<$type> {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                match row {
                    Row::Sqlite(row) => row.get(index).map_err(|error| Error::sqlite("read a column", error)),
                    Row::Postgres(row) => row.try_get(index).map_err(|error| Error::postgres("read a column", error)),
                }
            }
        }
    )*};
}

plain!(i64, bool, String, Vec<u8>);

impl Column for Option<Uuid> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        match row {
            Row::Sqlite(_) => Option::<Vec<u8>>::read(row, index)?
                .map(|bytes| Uuid::from_slice(&bytes).map_err(|error| Error::corrupt("id", error)))
                .transpose(),
            Row::Postgres(row) => row
                .try_get(index)
                .map_err(|error| Error::postgres("read a column", error)),
        }
    }
}

impl Column for Uuid {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        Option::<Self>::read(row, index)?.ok_or_else(|| Error::corrupt("id", "is null"))
    }
}

macro_rules! converted {
    ($($type:ty : $from:ty, |$value:ident| $convert:expr;)*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                let $value = <$from>::read(row, index)?;
                $convert
            }
        }

        impl Column for Option<$type> {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                Option::<$from>::read(row, index)?.map(|$value| $convert).transpose()
            }
        }
    )*};
}

fn named<T>(what: &'static str, name: &str, found: Option<T>) -> Result<T, Error> {
    found.ok_or_else(|| Error::corrupt(what, format!("`{name}` is not known to this version")))
}

converted! {
    u64: i64, |value| u64::try_from(value).map_err(|error| Error::corrupt("count", error));
    u32: i64, |value| u32::try_from(value).map_err(|error| Error::corrupt("count", error));
    u16: i64, |value| u16::try_from(value).map_err(|error| Error::corrupt("code", error));
    Timestamp: i64, |value| Ok(Timestamp::from_millis(value));
    OrganizationId: Uuid, |value| Ok(value.into());
    UserId: Uuid, |value| Ok(value.into());
    AccountId: Uuid, |value| Ok(value.into());
    ContactId: Uuid, |value| Ok(value.into());
    ChatId: Uuid, |value| Ok(value.into());
    MessageId: Uuid, |value| Ok(value.into());
    MediaId: Uuid, |value| Ok(value.into());
    EventId: Uuid, |value| Ok(value.into());
    WebhookId: Uuid, |value| Ok(value.into());
    QuarantineId: Uuid, |value| Ok(value.into());
    DeliveryId: Uuid, |value| Ok(value.into());
    JobId: Uuid, |value| Ok(value.into());
    ApiKeyId: Uuid, |value| Ok(value.into());
    InvitationId: Uuid, |value| Ok(value.into());
    TeamId: Uuid, |value| Ok(value.into());
    TagId: Uuid, |value| Ok(value.into());
    ChatLogId: Uuid, |value| Ok(value.into());
    ChatStatus: String, |value| named("chat status", &value, ChatStatus::from_name(&value));
    TagColor: String, |value| named("tag color", &value, TagColor::from_name(&value));
    DonationId: Uuid, |value| Ok(value.into());
    NoteId: Uuid, |value| Ok(value.into());
    ReminderId: Uuid, |value| Ok(value.into());
    CustomFieldId: Uuid, |value| Ok(value.into());
    QuickReplyId: Uuid, |value| Ok(value.into());
    MergeId: Uuid, |value| Ok(value.into());
    RemoteLinkId: Uuid, |value| Ok(value.into());
    Currency: String, |value| value.parse().map_err(|error| Error::corrupt("currency", error));
    Day: String, |value| value.parse().map_err(|error| Error::corrupt("day", error));
    Zone: String, |value| value.parse().map_err(|error| Error::corrupt("time zone", error));
    FieldValues: String, |value| serde_json::from_str(&value).map_err(|error| Error::corrupt("fields", error));
    DonationStatus: String, |value| named("donation status", &value, DonationStatus::from_name(&value));
    DonationMethod: String, |value| named("donation method", &value, DonationMethod::from_name(&value));
    ReminderStatus: String, |value| named("reminder status", &value, ReminderStatus::from_name(&value));
    Segment: String, |value| named("segment", &value, Segment::from_name(&value));
    FieldKind: String, |value| named("field type", &value, FieldKind::from_name(&value));
    Role: String, |value| named("role", &value, Role::from_name(&value));
    MessageStatus: String, |value| named("message status", &value, MessageStatus::from_name(&value));
    AutomaticKind: String, |value| named("automatic message", &value, AutomaticKind::from_name(&value));
    AccountState: String, |value| named("account state", &value, AccountState::from_name(&value));
    ProviderKind: String, |value| named("provider", &value, ProviderKind::from_name(&value));
    Envelope: String, |value| named("envelope", &value, Envelope::from_name(&value));
    DeliveryState: String, |value| named("delivery state", &value, DeliveryState::from_name(&value));
    Direction: String, |value| match value.as_str() {
        "in" => Ok(Direction::In),
        "out" => Ok(Direction::Out),
        _ => named("direction", &value, None),
    };
}

macro_rules! tuples {
    ($(($($name:ident $index:literal),*);)*) => {$(
        impl<$($name: Column),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                Ok(($(row.get::<$name>($index)?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

/// Declares a row struct whose fields are its columns, in order: `Self::COLUMNS` is the list for `SELECT` and `RETURNING`.
macro_rules! rows {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident {
        $first:ident: $first_type:ty $(, $(#[$field_doc:meta])* $field:ident: $type:ty)* $(,)?
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        $visibility struct $name {
            pub(crate) $first: $first_type,
            $($(#[$field_doc])* pub(crate) $field: $type,)*
        }

        impl $name {
            /// The columns, in the order of the fields.
            pub(crate) const COLUMNS: &'static str = concat!(stringify!($first) $(, ", ", stringify!($field))*);
        }

        // Not every row is selected by its own list.
        const _: &str = $name::COLUMNS;

        impl $crate::row::FromRow for $name {
            fn from_row(row: &$crate::row::Row<'_>) -> Result<Self, $crate::Error> {
                let mut index = 0..;
                let mut next = || index.next().expect("columns are counted from 0 without end");
                Ok(Self {
                    $first: row.get(next())?,
                    $($field: row.get(next())?,)*
                })
            }
        }
    )*};
}
pub(crate) use rows;
