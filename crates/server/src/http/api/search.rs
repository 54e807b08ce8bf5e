//! Finding chats, people and messages.

use std::fmt;
use std::str::FromStr;

use axum::Json as JsonBody;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pesan_app::contacts::SearchPlace;
use pesan_app::search::{self, Asked, ChatsPlace};
use pesan_model::search::{ChatHit, ContactHit, MessageHit};
use pesan_model::{AccountId, ChatId, Flaw, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contacts::Behind;
use crate::http::Shared;
use crate::http::auth::Auth;
use crate::http::extract::Query;
use crate::http::page::{Page, PageQuery};
use crate::http::problem::{Answer, Problem};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(search_all))
}

/// What to find.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words, all of which a message has: the last one may be unfinished, and `"words in quotation marks"` stand beside
    /// each other. Case, accents and Arabic vowel marks do not matter. For chats and people the beginnings of names, or a
    /// number in any form. 1 to 200 characters.
    #[param(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// `chats`, `contacts` and `messages`, with commas between them; all when it is left out, and `messages` in one chat.
    kinds: Option<String>,
    /// Only chats and messages of this account. People belong to no account.
    account_id: Option<AccountId>,
    /// Only messages of this chat.
    chat_id: Option<ChatId>,
    /// Most items of each kind, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before; with exactly one of the kinds.
    after: Option<String>,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chats,
    Contacts,
    Messages,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Chats, Self::Contacts, Self::Messages];

    fn name(self) -> &'static str {
        match self {
            Self::Chats => "chats",
            Self::Contacts => "contacts",
            Self::Messages => "messages",
        }
    }
}

/// What was found; of what was not asked for, nothing is said.
#[derive(Serialize, ToSchema)]
struct Found {
    /// Chats with people who are found, and groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    chats: Option<Page<ChatHit>>,
    /// People.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    contacts: Option<Page<ContactHit>>,
    /// Messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    messages: Option<MessagePage>,
}

/// A page of messages that were found, newest first.
#[derive(Serialize, ToSchema)]
struct MessagePage {
    /// The messages.
    data: Vec<MessageHit>,
    /// Send it as `after` to go further back; null when there is nothing left to look at. A page can be short, or even
    /// empty, and have it: a search ends when it has taken long enough.
    #[schema(required = true)]
    next: Option<String>,
    /// All messages since then were looked at; null when all there are were. Without `next`, older ones cannot be found
    /// yet: after an update they are made findable one after the other.
    #[schema(required = true)]
    searched_back_to: Option<Timestamp>,
}

/// Where a page of chats begins, as text.
struct ChatsBehind(ChatsPlace);

impl fmt::Display for ChatsBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ChatsPlace::Person(word, id) => write!(f, "p.{}.{id}", URL_SAFE_NO_PAD.encode(word)),
            ChatsPlace::Group(Some((word, id))) => write!(f, "g.{}.{id}", URL_SAFE_NO_PAD.encode(word)),
            ChatsPlace::Group(None) => f.write_str("g"),
        }
    }
}

impl FromStr for ChatsBehind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        fn behind<T: FromStr>(text: &str) -> Result<(Vec<u8>, T), ()> {
            let (word, id) = text.split_once('.').ok_or(())?;
            let word = URL_SAFE_NO_PAD.decode(word).map_err(|_| ())?;
            Ok((word, id.parse().map_err(|_| ())?))
        }
        if text == "g" {
            return Ok(Self(ChatsPlace::Group(None)));
        }
        match text.split_once('.').ok_or(())? {
            ("p", rest) => behind(rest).map(|(word, id)| Self(ChatsPlace::Person(word, id))),
            ("g", rest) => Ok(Self(ChatsPlace::Group(Some(behind(rest)?)))),
            _ => Err(()),
        }
    }
}

/// What a query asks for.
fn kinds(query: &SearchQuery) -> Answer<Vec<Kind>> {
    const POINTER: &str = "#query/kinds";
    let kinds = match &query.kinds {
        None if query.chat_id.is_some() => vec![Kind::Messages],
        None => Kind::ALL.to_vec(),
        Some(names) => {
            let kind = |name: &str| Kind::ALL.into_iter().find(|kind| kind.name() == name);
            let found: Option<Vec<Kind>> = names.split(',').map(|name| kind(name.trim())).collect();
            let allowed = Kind::ALL.map(|kind| kind.name().to_owned()).to_vec();
            found.ok_or_else(|| Problem::field(POINTER, Flaw::NotOneOf { allowed }))?
        }
    };
    if query.chat_id.is_some() && kinds.iter().any(|kind| *kind != Kind::Messages) {
        return Err(Problem::field("#query/chat_id", Flaw::NotTogether { other: "kinds" }));
    }
    if query.after.is_some() && kinds.len() != 1 {
        let fields = Kind::ALL.map(Kind::name).to_vec();
        return Err(Problem::field(POINTER, Flaw::ExactlyOneOf { fields }));
    }
    Ok(kinds)
}

/// Finds chats, people and messages. Every search is bounded: of messages it says how far back it looked.
#[utoipa::path(get, path = "/v1/search", tag = "search", operation_id = "search", params(SearchQuery), responses(
    (status = 200, description = "What was found.", body = Found),
    (status = 404, description = "There is no such account or chat.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "There is nothing to search for, or a parameter is wrong.", body = Problem, content_type = "application/problem+json"),
))]
async fn search_all(
    State(server): State<Shared>,
    Auth(caller): Auth,
    Query(query): Query<SearchQuery>,
) -> Answer<JsonBody<Found>> {
    let kinds = kinds(&query)?;
    let app = &server.app;
    let asked = Asked {
        text: query.q.unwrap_or_default(),
        account_id: query.account_id,
        chat_id: query.chat_id,
    };
    let page = PageQuery::new(query.limit, query.after);
    let mut found = Found {
        chats: None,
        contacts: None,
        messages: None,
    };
    for kind in kinds {
        match kind {
            Kind::Chats => {
                let after = page.after::<ChatsBehind>()?.map(|ChatsBehind(place)| place);
                let (data, next) = search::chats(app, &caller, &asked, after, page.limit()?).await?;
                let next = next.map(|place| ChatsBehind(place).to_string());
                found.chats = Some(Page::new(data, next));
            }
            Kind::Contacts => {
                let after: Option<SearchPlace> = page.after::<Behind>()?.map(|Behind(place)| place);
                let people = search::people(app, &caller, &asked.text, after, page.fetch()?).await?;
                let people = page.page(people, |(_, place)| Behind(place.clone()).to_string())?;
                found.contacts = Some(people.map(|(hit, _)| hit));
            }
            Kind::Messages => {
                let messages = search::messages(app, &caller, &asked, page.after()?, page.limit()?).await?;
                found.messages = Some(MessagePage {
                    data: messages.hits,
                    next: messages.next.map(|place| place.to_string()),
                    searched_back_to: messages.searched_back_to,
                });
            }
        }
    }
    Ok(JsonBody(found))
}
