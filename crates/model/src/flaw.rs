//! What can be wrong with a field of a request: a stable code with its parameters for programs, and words for people.
//!
//! The words go on after the name of the field, in lower case and without a full stop.
//! A new flaw is a variant here. The description of the API has it by itself, and a test of the web app asks for its
//! words in every language.

mod json_type;
mod words;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{address::AddressError, currency::CurrencyError, day::DayError, hours::ClockTimeError, id::IdError};

pub use json_type::JsonType;
use words::{family_words, has, listed, range};

/// What is wrong with a field. More codes can be added; `detail` says the same in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, thiserror::Error)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum Flaw {
    /// It must be given.
    #[error("is missing")]
    Required,
    /// It must be given, or the other one.
    #[error("is missing; or give `{other}`")]
    RequiredWithout {
        /// The other field.
        other: &'static str,
    },
    /// It and the other one exclude each other.
    #[error("must not come together with `{other}`")]
    NotTogether {
        /// The other field.
        other: &'static str,
    },
    /// Exactly one of its fields must be given.
    #[error("needs exactly one of {}", listed(fields))]
    ExactlyOneOf {
        /// The fields of which one is needed.
        fields: Vec<&'static str>,
    },
    /// The body or the query has it more than once.
    #[error("is given twice")]
    GivenTwice,
    /// The request has no such field.
    #[error("is not a field of this request")]
    UnknownField,
    /// The request has no such parameter.
    #[error("is not a parameter of this request")]
    UnknownParameter,
    /// It belongs to messages of another type.
    #[error("does not belong to a message of type {kind}")]
    NotOfThisType {
        /// The type of the message.
        kind: &'static str,
    },
    /// It belongs to another kind of file.
    #[error("does not belong to {kind}")]
    NotOfThisKind {
        /// The kind of the file.
        kind: &'static str,
    },

    /// It is JSON of another type.
    #[error("{}", expected.words())]
    WrongType {
        /// What it must be.
        expected: JsonType,
    },
    /// It must be a whole number, in this range where one is given.
    #[error("must be a whole number{}", range(*min, *max))]
    NotAWholeNumber {
        /// The least that is read.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(required = false, nullable = false)]
        min: Option<u64>,
        /// The most that is read.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(required = false, nullable = false)]
        max: Option<u64>,
    },
    /// It is a number that is too large to be read.
    #[error("is too large")]
    NumberTooLarge,
    /// It must be a number in this range.
    #[error("must be {min} to {max}")]
    OutOfRange {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// It must be one of these words.
    #[error("must be one of {}", allowed.join(", "))]
    NotOneOf {
        /// What it can be.
        allowed: Vec<String>,
    },
    /// It must be a time.
    #[error("is not a time such as 2026-11-20T10:00:00Z")]
    NotATime,
    /// It must be an id of ours.
    #[error("{}", IdError { prefix })]
    NotAnId {
        /// How ids of that kind begin, without the underscore.
        prefix: &'static str,
    },
    /// It is a list with too many or too few entries.
    #[error("has the wrong number of entries")]
    WrongNumberOfEntries,
    /// It is a list with too many entries.
    #[error("must have at most {max} entries")]
    TooManyEntries {
        /// The most.
        max: usize,
    },
    /// It is something else than was asked for, in a way that has no code of its own.
    #[error("{words}")]
    NotUnderstood {
        /// How it is told.
        #[serde(skip)]
        words: String,
    },

    /// Bytes or escapes in it stand for no character.
    #[error("has something in it that is no character of Unicode")]
    NotUnicode,
    /// It must say something.
    #[error("must not be empty")]
    Empty,
    /// It must have something that can be searched for.
    #[error("must have a letter or a digit")]
    NoWord,
    /// It has too many or too few characters.
    #[error("must have {min} to {max} characters")]
    WrongLength {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// It has too few characters.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The fewest.
        min: usize,
    },
    /// It has too many characters.
    #[error("must have at most {max} characters{}", has(*length))]
    TooLong {
        /// The most.
        max: usize,
        /// How many it has.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(required = false, nullable = false)]
        length: Option<usize>,
    },
    /// It has too many bytes.
    #[error("must have at most {max} bytes")]
    TooManyBytes {
        /// The most.
        max: usize,
    },
    /// It has line breaks or control characters.
    #[error("must be one line without control characters")]
    NotOneLine,
    /// It must be so many printable ASCII characters.
    #[error("must be {min} to {max} printable ASCII characters")]
    NotPrintableAscii {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// It must be an e-mail address.
    #[error("must be an e-mail address")]
    NotAnEmailAddress,
    /// It must be the name of a time zone.
    #[error("must be the name of a time zone, as `Asia/Jakarta`")]
    NotATimeZone,
    /// It must be a time of day.
    #[error("{ClockTimeError}")]
    NotAClockTime,
    /// It must not be the same as the other one.
    #[error("must not be the same as `{other}`")]
    SameAs {
        /// The other field.
        other: &'static str,
    },
    /// It shares some time with another one of the list.
    #[error("overlaps with another one")]
    Overlaps,
    /// It must be a word that quick replies are called by.
    #[error("must have 1 to {max} letters, digits, `-` and `_`")]
    NotAShortcut {
        /// The most characters.
        max: usize,
    },
    /// Two braces begin a variable that does not end.
    #[error("has `{{{{` without `}}}}` at character {position}")]
    BracesNotClosed {
        /// Where they stand, counted from 1.
        position: usize,
    },
    /// Two braces end a variable that does not begin.
    #[error("has `}}}}` without `{{{{` at character {position}")]
    BracesNotOpened {
        /// Where they stand, counted from 1.
        position: usize,
    },
    /// There is no variable of this name.
    #[error("has no variable `{name}` (character {position})")]
    UnknownVariable {
        /// What stands between the braces.
        name: String,
        /// Where it begins, counted from 1.
        position: usize,
    },
    /// There is such a variable, but not in messages that nobody sends.
    #[error("cannot use `{name}`, because nobody sends this message (character {position})")]
    VariableNotHere {
        /// The variable.
        name: String,
        /// Where it begins, counted from 1.
        position: usize,
    },
    /// The variable may have no value, and nobody looks at the message before it is sent.
    #[error("needs `{{{{{name}|…}}}}`: what to say when it is not known (character {position})")]
    FallbackMissing {
        /// The variable.
        name: String,
        /// Where it begins, counted from 1.
        position: usize,
    },
    /// It must be a day.
    #[error("{DayError}")]
    NotADay,
    /// It must not be after today.
    #[error("must not be in the future")]
    InTheFuture,
    /// It must not be before 1900.
    #[error("must not be before 1900")]
    TooLongAgo,
    /// It must be within so many years.
    #[error("must be within {years} years")]
    TooManyYearsAhead {
        /// How many.
        years: u32,
    },
    /// It must be the code of a currency.
    #[error("{CurrencyError}")]
    NotACurrency,
    /// It must be given again, because the currency is another one.
    #[error("must be given anew, in the new currency")]
    OfAnotherCurrency,
    /// It must be more than the other one.
    #[error("must be more than `{other}`")]
    NotMoreThan {
        /// The other field.
        other: &'static str,
    },
    /// It must not be before the other one.
    #[error("must not be before `{other}`")]
    EarlierThan {
        /// The other field.
        other: &'static str,
    },
    /// They are too many days at once.
    #[error("must be at most {max} days in all")]
    TooManyDays {
        /// The most.
        max: u32,
    },
    /// It must be a tag of a language.
    #[error("must be a language such as id or pt-BR")]
    NotALanguage,
    /// The organization has defined no such field.
    #[error("is not a field of this organization")]
    NotACustomField,
    /// It must be a key of a field.
    #[error("must have 1 to {max} small letters, digits and underscores, a letter first")]
    NotAKey {
        /// The most characters.
        max: usize,
    },
    /// It names too many or too few choices.
    #[error("must name {min} to {max} choices")]
    WrongNumberOfChoices {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Only fields of the type choice have choices.
    #[error("is for fields of the type choice")]
    NotOfAChoice,
    /// It must be one emoji.
    #[error("must be one emoji, or empty to take it back")]
    NotAnEmoji,

    /// It is no phone number in international form.
    #[error("{}", AddressError::Characters)]
    NotAPhoneNumber,
    /// A phone number has too many or too few digits.
    #[error("{}", AddressError::Length)]
    WrongPhoneLength {
        /// The fewest digits, with the country code.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A phone number begins with 0, so its country code is missing.
    #[error("{}", AddressError::NoCountryCode)]
    NoCountryCode,
    /// It is no id as WhatsApp gives them to people and groups.
    #[error("{}", AddressError::Id)]
    NotAWhatsappId,
    /// What stands behind the `@` is none of WhatsApp's servers.
    #[error("{}", AddressError::Server)]
    NotAWhatsappServer,
    /// The number has no WhatsApp.
    #[error("this number is not on WhatsApp")]
    NotOnWhatsapp,
    /// The address is a hidden id that nobody we know has.
    #[error("nobody we know has this address; write to the number instead")]
    NobodyWeKnow,
    /// The account is not in that group.
    #[error("this account is not in such a group")]
    NotInGroup,

    /// There is no account with this id.
    #[error("there is no such account")]
    NoSuchAccount,
    /// Nobody with this id works here.
    #[error("there is no such person")]
    NoSuchPerson,
    /// There is no team with this id.
    #[error("there is no such team")]
    NoSuchTeam,
    /// There is no tag with this id.
    #[error("there is no such tag")]
    NoSuchTag,
    /// The chat has no message with this id.
    #[error("there is no such message in this chat")]
    NoSuchMessage,
    /// The other side does not have the message: it failed, was cancelled, or is sent later.
    #[error("this message was not sent, or is only sent later")]
    NotSent,
    /// Nothing is said to a reaction, but to the message that it is on.
    #[error("is a reaction; name the message that it is on")]
    IsAReaction,
    /// There is no file with this id.
    #[error("there is no such file")]
    NoSuchFile,
    /// The file is known, but not stored here.
    #[error("this file is not stored here")]
    FileNotStored,
    /// It is too far in the future.
    #[error("must be within a year")]
    TooFarAhead,
    /// It is not in the future.
    #[error("must be in the future")]
    NotAhead,
    /// It must say whose chats are meant.
    #[error("must be `me`, `none` or the id of a person")]
    NotAnAssignee,
    /// A program has nothing of its own here.
    #[error("`me` is only for people who logged in")]
    OnlyForPeople,
    /// It is no place where a page begins.
    #[error("is not the `next` of a page")]
    NotAPage,
    /// The stream has no event with this id.
    #[error("is not the id of an event of this stream")]
    NotAnEventOfThisStream,
    /// The log does not reach so far.
    #[error("must be a place in the log: 0 to {max}")]
    NotAPlaceInTheLog {
        /// The last place.
        max: i64,
    },

    /// A key must have at least one permission.
    #[error("must name at least one permission")]
    NoPermission,
    /// Only permissions that one has can be given.
    #[error("you do not have the permission `{permission}` yourself")]
    PermissionNotYours {
        /// Which.
        permission: &'static str,
    },
    /// It is not the token of the link for the first start.
    #[error("is not the token of the link that was printed at the last start")]
    WrongSetupToken,

    /// The account cannot send such files.
    #[error("this account cannot send {kind}s")]
    CannotSend {
        /// The kind of the file.
        kind: &'static str,
    },
    /// It must be base64.
    #[error("must be base64, or a data URL with base64")]
    NotBase64,
    /// It must be a name without a path.
    #[error("must be a file name of at most {max} characters, without a path")]
    NotAFileName {
        /// The most characters.
        max: usize,
    },
    /// There is nothing in the file.
    #[error("the file is empty")]
    FileEmpty,
    /// The file is too large.
    #[error("is too large: at most {} MB", max_bytes / (1024 * 1024))]
    FileTooLarge {
        /// The most bytes.
        max_bytes: u64,
    },
    /// A file of this type is not sent as this kind.
    #[error("a file of type {mime} cannot be sent as {kind}")]
    WrongFileType {
        /// The type of the file.
        mime: String,
        /// What it was to be sent as.
        kind: &'static str,
    },
    /// What the file holds is of another type than was said.
    #[error("is said to be {claimed} but looks like {found}")]
    FileOfOtherType {
        /// What was said.
        claimed: String,
        /// What it looks like.
        found: &'static str,
    },
    /// What the file holds is not what was said.
    #[error("is said to be {claimed} but is not {}", family_words(claimed))]
    FileNotOfType {
        /// What was said.
        claimed: String,
    },
    /// It must look like a type of file.
    #[error("the type must look like image/jpeg")]
    NotAFileType,
    /// A voice note must be recorded as WhatsApp does it.
    #[error("needs sound as WhatsApp records it: Opus in an Ogg file")]
    NotAVoiceNote,
    /// The upload ended too early.
    #[error("the upload broke off")]
    UploadBrokeOff,
    /// The file could not be fetched from its address.
    #[error("could not be fetched: {reason}")]
    NotFetched {
        /// Why, in words.
        reason: String,
    },

    /// It must be an address on the web.
    #[error("is not a valid URL")]
    NotAUrl,
    /// The address is too long.
    #[error("is longer than {max} characters")]
    UrlTooLong {
        /// The most characters.
        max: usize,
    },
    /// The address is of another kind.
    #[error("must start with https:// or http://")]
    WrongUrlScheme,
    /// The address carries a user name or a password.
    #[error("must not contain a user name or a password")]
    UrlWithPassword,
    /// The address is in a private or reserved network.
    #[error("is in a private or reserved network, which is not allowed")]
    PrivateNetwork,
    /// It names too many or too few events.
    #[error("must name {min} to {max} events")]
    WrongNumberOfEvents {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// It is neither an event nor a pattern of events.
    #[error("is neither an event ({}) nor a pattern such as `message.*` or `*`", events.join(", "))]
    NotAnEvent {
        /// The events there are.
        events: Vec<&'static str>,
    },
    /// It names too many accounts.
    #[error("must name at most {max} accounts")]
    TooManyAccounts {
        /// The most.
        max: usize,
    },
}

#[cfg(test)]
mod tests;
