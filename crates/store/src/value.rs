//! Values that go into statements: the few types that SQLite and PostgreSQL share.

use pesan_model::donor::Segment;
use pesan_model::{
    AccountId, AccountState, ApiKeyId, AutomaticKind, ChatId, ChatLogId, ChatStatus, ContactId, Currency,
    CustomFieldId, Day, DeliveryId, Direction, DonationId, EventId, InvitationId, JobId, MediaId, MergeId, MessageId,
    MessageStatus, NoteId, OrganizationId, ProviderKind, QuarantineId, QuickReplyId, ReminderId, RemoteLinkId, Role,
    TagColor, TagId, TeamId, Timestamp, UserId, WebhookId, Zone,
};
use uuid::Uuid;

/// One bound value. The type is kept for NULL too: PostgreSQL needs it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Bool(Option<bool>),
}

/// What can be bound.
pub(crate) trait IntoValue {
    fn into_value(self) -> Value;
    fn null() -> Value;
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or_else(T::null, T::into_value)
    }

    fn null() -> Value {
        T::null()
    }
}

macro_rules! into_value {
    ($($type:ty => $variant:ident, |$value:ident| $convert:expr;)*) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Value {
                let $value = self;
                Value::$variant(Some($convert))
            }

            fn null() -> Value {
                Value::$variant(None)
            }
        }
    )*};
}

into_value! {
    i64 => Int, |value| value;
    i32 => Int, |value| i64::from(value);
    u32 => Int, |value| i64::from(value);
    u16 => Int, |value| i64::from(value);
    u64 => Int, |value| value as i64;
    usize => Int, |value| value as i64;
    Timestamp => Int, |value| value.millis();
    String => Text, |value| without_nul(value);
    &String => Text, |value| without_nul(value.clone());
    &str => Text, |value| without_nul(value.to_owned());
    Vec<u8> => Blob, |value| value;
    &Vec<u8> => Blob, |value| value.clone();
    &[u8] => Blob, |value| value.to_vec();
    &[u8; 32] => Blob, |value| value.to_vec();
    Uuid => Uuid, |value| value;
    bool => Bool, |value| value;
    OrganizationId => Uuid, |value| value.uuid();
    UserId => Uuid, |value| value.uuid();
    AccountId => Uuid, |value| value.uuid();
    ContactId => Uuid, |value| value.uuid();
    ChatId => Uuid, |value| value.uuid();
    MessageId => Uuid, |value| value.uuid();
    MediaId => Uuid, |value| value.uuid();
    EventId => Uuid, |value| value.uuid();
    WebhookId => Uuid, |value| value.uuid();
    QuarantineId => Uuid, |value| value.uuid();
    DeliveryId => Uuid, |value| value.uuid();
    JobId => Uuid, |value| value.uuid();
    ApiKeyId => Uuid, |value| value.uuid();
    InvitationId => Uuid, |value| value.uuid();
    TeamId => Uuid, |value| value.uuid();
    TagId => Uuid, |value| value.uuid();
    ChatLogId => Uuid, |value| value.uuid();
    ChatStatus => Text, |value| value.name().to_owned();
    TagColor => Text, |value| value.name().to_owned();
    DonationId => Uuid, |value| value.uuid();
    NoteId => Uuid, |value| value.uuid();
    ReminderId => Uuid, |value| value.uuid();
    CustomFieldId => Uuid, |value| value.uuid();
    QuickReplyId => Uuid, |value| value.uuid();
    MergeId => Uuid, |value| value.uuid();
    RemoteLinkId => Uuid, |value| value.uuid();
    Currency => Text, |value| value.code().to_owned();
    Day => Text, |value| value.to_string();
    &Zone => Text, |value| value.name().to_owned();
    Segment => Text, |value| value.name().to_owned();
    Role => Text, |value| value.name().to_owned();
    MessageStatus => Text, |value| value.name().to_owned();
    AutomaticKind => Text, |value| value.name().to_owned();
    AccountState => Text, |value| value.name().to_owned();
    ProviderKind => Text, |value| value.name().to_owned();
    Direction => Text, |value| match value { Direction::In => "in", Direction::Out => "out" }.to_owned();
}

/// Strangers choose names and captions, and PostgreSQL refuses U+0000 in text: such a message could never be stored.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text
    }
}

/// The bound values of a statement, in the order of `$1`, `$2`, ….
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::value::IntoValue::into_value($value)),*]
    };
}
pub(crate) use args;
