//! Finding chats, people and messages.
//!
//! Every search is bounded, and says how far it got. Chats and people are found by walking an index of their words. For
//! messages nobody knows beforehand how common a word is, so the newest messages tell: they are read first, whatever they
//! say, and when that fills the page the word is common and all is done. Else the index is asked, for one week, then for
//! two, four, …, until the page is full, nothing is left, or the time is over.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use pesan_model::chat::{Chat, Contact};
use pesan_model::message::Message;
use pesan_model::search::{ChatHit, ContactHit, MAX_SEARCH_CHARS, MessageHit, Search, Term};
use pesan_model::{AccountId, ChatId, ContactId, Content, Flaw, MessageId, OrganizationId, Permission, Timestamp};
use pesan_store::chat::search as chats;
use pesan_store::contact::search as people;
use pesan_store::message::search::{self as index, Candidate, Place, Scope};
use pesan_store::{Error as StoreError, Tx, account, chat};

use crate::access::Caller;
use crate::contacts::{self, SearchPlace};
use crate::context::App;
use crate::error::{Error, Result};

/// Messages that are read before the index is asked.
const WALK: usize = 300;
/// The same in one chat, of which most are read whole so.
const WALK_IN_CHAT: usize = 1_000;
/// Candidates that the index is asked for at once, at least.
const CANDIDATES: usize = 50;
/// Candidates that are looked at in one search. Those that have the words, but not beside each other, cost too.
const MAX_CANDIDATES: usize = 2_000;
/// Weeks that the index is asked for at once, at most.
const MAX_WEEKS: i64 = 16;
/// After this, a search goes no further back by itself.
const PATIENCE: Duration = Duration::from_millis(400);
/// What one question to the index may take.
const STATEMENT: Duration = Duration::from_millis(600);
/// Pages of people that are looked through for those who have a chat.
const MAX_PAGES: usize = 5;

/// What is searched for, and where.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What somebody typed.
    pub text: String,
    /// Only of this account.
    pub account_id: Option<AccountId>,
    /// Only in this chat.
    pub chat_id: Option<ChatId>,
}

/// A page of messages that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagesFound {
    /// The messages.
    pub hits: Vec<MessageHit>,
    /// Where the next page begins; `None` when there is nothing further back to look at.
    pub next: Option<Place>,
    /// Everything since then was looked at; `None` when everything was.
    pub searched_back_to: Option<Timestamp>,
}

/// Where a page of chats begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatsPlace {
    /// Behind this word of this person.
    Person(Vec<u8>, ContactId),
    /// Behind this word of this group; none when all people were looked at.
    Group(Option<(Vec<u8>, ChatId)>),
}

/// What somebody typed, where it can be searched for.
fn checked(caller: &Caller, text: &str) -> Result<Search> {
    caller.require(Permission::MessagesRead)?;
    if text.is_empty() {
        return Err(Error::field("#query/q", Flaw::Required));
    }
    let length = text.chars().count();
    if length > MAX_SEARCH_CHARS {
        let flaw = Flaw::TooLong {
            max: MAX_SEARCH_CHARS,
            length: Some(length),
        };
        return Err(Error::field("#query/q", flaw));
    }
    let search = Search::new(text);
    if search.is_empty() {
        return Err(Error::field("#query/q", Flaw::NoWord));
    }
    Ok(search)
}

/// Finds messages, the newest first: those before `before`.
pub async fn messages(
    app: &Arc<App>,
    caller: &Caller,
    asked: &Asked,
    before: Option<Place>,
    limit: usize,
) -> Result<MessagesFound> {
    let search = checked(caller, &asked.text)?;
    let scope = Scope {
        organization_id: caller.organization_id,
        account_id: asked.account_id,
        chat_id: asked.chat_id,
    };
    let backlog = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                check_scope(tx, scope).await?;
                Ok(index::backlog(tx).await?)
            })
        })
        .await?;
    let mut looking = Looking {
        app,
        terms: search.terms(),
        search,
        scope,
        floor: backlog.map_or(Place::of(Timestamp::from_millis(0)), Place::of),
        end: before.unwrap_or(Place::END),
        found: Vec::new(),
        wanted: limit,
        looked_at: 0,
        since: app.clock.monotonic(),
    };
    let outcome = looking.look().await?;
    let next = match outcome {
        Outcome::Full | Outcome::Stopped => Some(looking.end),
        Outcome::All => None,
    };
    let searched_back_to = next.map(Place::at).or(backlog);
    let found = std::mem::take(&mut looking.found);
    let hits = show(app, scope, &looking.search, found).await?;
    Ok(MessagesFound {
        hits,
        next,
        searched_back_to,
    })
}

/// Whether the account and the chat are there.
async fn check_scope(tx: &mut Tx<'_>, scope: Scope) -> Result<()> {
    if let Some(account_id) = scope.account_id {
        account::standing(tx, scope.organization_id, account_id).await?;
    }
    if let Some(chat_id) = scope.chat_id {
        chat::get(tx, scope.organization_id, chat_id).await?;
    }
    Ok(())
}

/// The messages as they are now, in the order in which they were found.
async fn show(
    app: &Arc<App>,
    scope: Scope,
    search: &Search,
    found: Vec<(Place, MessageId)>,
) -> Result<Vec<MessageHit>> {
    let ids: Vec<MessageId> = found.iter().map(|(_, id)| *id).collect();
    let messages = app
        .store
        .read::<_, StoreError, _>(move |tx| {
            Box::pin(async move { index::list_by_ids(tx, scope.organization_id, &ids).await })
        })
        .await?;
    let mut messages: HashMap<MessageId, Message> = messages.into_iter().map(|message| (message.id, message)).collect();
    let hit = |(place, id): (Place, MessageId)| {
        let message = messages.remove(&id)?;
        Some(MessageHit {
            at: place.at(),
            snippet: search.snippet(&message.content.searched()),
            message,
        })
    };
    Ok(found.into_iter().filter_map(hit).collect())
}

/// How looking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The page is full.
    Full,
    /// Everything was looked at.
    All,
    /// It took too long.
    Stopped,
}

/// A search on its way back in time.
struct Looking<'a> {
    app: &'a Arc<App>,
    search: Search,
    terms: Vec<Term>,
    scope: Scope,
    /// Before this, not all can be found yet.
    floor: Place,
    /// Everything from here on was looked at.
    end: Place,
    found: Vec<(Place, MessageId)>,
    wanted: usize,
    looked_at: usize,
    /// When it began.
    since: Duration,
}

impl Looking<'_> {
    async fn look(&mut self) -> Result<Outcome> {
        if let Some(outcome) = self.walk().await? {
            return Ok(outcome);
        }
        let mut weeks = 1;
        loop {
            let Some(newest) = self.last().await? else {
                return Ok(Outcome::All);
            };
            let window = (newest.week() - weeks + 1).max(0)..=newest.week();
            let asked = self.app.clock.monotonic();
            match self.ask(window.clone()).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => self.end = Place::of_week(*window.start()).max(self.floor).min(self.end),
                // A window that is too much is tried again as one week; a week that is, not at all.
                Err(StoreError::Stopped) if weeks > 1 => {
                    weeks = 1;
                    continue;
                }
                Err(StoreError::Stopped) => return Ok(Outcome::Stopped),
                Err(error) => return Err(error.into()),
            }
            if self.is_over() {
                return self.rest().await;
            }
            // SQLite cannot be stopped while it gathers what begins so: only what was quick is asked for twice as much.
            if self.app.clock.monotonic().saturating_sub(asked) < PATIENCE / 4 {
                weeks = (weeks * 2).min(MAX_WEEKS);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.looked_at >= MAX_CANDIDATES || self.app.clock.monotonic().saturating_sub(self.since) >= PATIENCE
    }

    /// How it ends when it goes no further.
    async fn rest(&self) -> Result<Outcome> {
        let is_more = self.last().await?.is_some();
        Ok(if is_more { Outcome::Stopped } else { Outcome::All })
    }

    /// The newest message that was not looked at yet.
    async fn last(&self) -> Result<Option<Place>> {
        let (scope, end, floor) = (self.scope, self.end, self.floor);
        let last = self
            .app
            .store
            .read::<_, StoreError, _>(move |tx| Box::pin(async move { index::last_before(tx, scope, end).await }))
            .await?;
        Ok(last.filter(|last| *last >= floor))
    }

    /// Reads the newest messages. Says how it ended, if it did.
    async fn walk(&mut self) -> Result<Option<Outcome>> {
        let (scope, end) = (self.scope, self.end);
        let limit = if scope.chat_id.is_some() { WALK_IN_CHAT } else { WALK };
        let walked = self
            .app
            .store
            .read::<_, StoreError, _>(move |tx| Box::pin(async move { index::walk(tx, scope, end, limit).await }))
            .await?;
        let is_all = self.is_end(&walked, limit);
        let is_full = self.take(walked);
        Ok(match (is_full, is_all) {
            (true, _) => Some(Outcome::Full),
            (false, true) => Some(Outcome::All),
            (false, false) => None,
        })
    }

    /// Asks the index for some weeks. Says how it ended, if it did before all of them were looked at.
    async fn ask(&mut self, weeks: RangeInclusive<i64>) -> Result<Option<Outcome>, StoreError> {
        loop {
            let limit = CANDIDATES.max(self.wanted + 1 - self.found.len());
            let (scope, end, terms, weeks) = (self.scope, self.end, self.terms.clone(), weeks.clone());
            let candidates = self
                .app
                .store
                .read::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { index::find(tx, scope, (&terms, weeks), (end, limit), STATEMENT).await })
                })
                .await?;
            let is_all = self.is_end(&candidates, limit);
            if self.take(candidates) {
                return Ok(Some(Outcome::Full));
            }
            if is_all {
                return Ok(None);
            }
            if self.is_over() {
                return Ok(Some(Outcome::Stopped));
            }
        }
    }

    /// Whether nothing that is looked at comes after these: there are no more, or the last one is below the floor.
    fn is_end(&self, candidates: &[Candidate], limit: usize) -> bool {
        candidates.len() < limit || candidates.last().is_some_and(|last| last.place < self.floor)
    }

    /// Keeps those that are meant. True when the page is full, and there is more.
    fn take(&mut self, candidates: Vec<Candidate>) -> bool {
        for Candidate { place, id, content } in candidates {
            if place < self.floor {
                break;
            }
            let is_meant = content.is_some_and(|content: Content| self.search.finds(&content.searched()));
            if is_meant && self.found.len() == self.wanted {
                return true;
            }
            self.looked_at += 1;
            self.end = place;
            if is_meant {
                self.found.push((place, id));
            }
        }
        false
    }
}

/// Where chats are looked for.
#[derive(Clone, Copy)]
struct Among {
    organization: OrganizationId,
    account_id: Option<AccountId>,
    limit: usize,
}

/// Finds chats: those with people, by the person's word that was found, and then groups. A person can have several chats,
/// which come together, so a page can be longer than asked for.
pub async fn chats(
    app: &Arc<App>,
    caller: &Caller,
    asked: &Asked,
    after: Option<ChatsPlace>,
    limit: usize,
) -> Result<(Vec<ChatHit>, Option<ChatsPlace>)> {
    checked(caller, &asked.text)?;
    let among = Among {
        organization: caller.organization_id,
        account_id: asked.account_id,
        limit,
    };
    let words = people::Search::new(&asked.text);
    let (found, next) = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if let Some(account_id) = among.account_id {
                    account::standing(tx, among.organization, account_id).await?;
                }
                find_chats(tx, among, &words, after).await
            })
        })
        .await?;
    let search = Search::of_beginnings(&asked.text);
    let hit = |chat: Chat| ChatHit {
        name: search.parts(&chat.name),
        chat,
    };
    Ok((found.into_iter().map(hit).collect(), next))
}

async fn find_chats(
    tx: &mut Tx<'_>,
    among: Among,
    words: &people::Search,
    after: Option<ChatsPlace>,
) -> Result<(Vec<Chat>, Option<ChatsPlace>)> {
    let (mut found, mut place) = (Vec::new(), after);
    // People without a chat are looked past, but not for ever.
    for _ in 0..MAX_PAGES {
        let next = match place {
            None => of_people(tx, among, words, None, &mut found).await?,
            Some(ChatsPlace::Person(word, id)) => of_people(tx, among, words, Some((word, id)), &mut found).await?,
            Some(ChatsPlace::Group(after)) => {
                let next = of_groups(tx, among, words, after, &mut found).await?;
                return Ok((found, next));
            }
        };
        if found.len() >= among.limit {
            return Ok((found, has_groups(tx, among, words, next).await?));
        }
        place = Some(next);
    }
    Ok((found, place))
}

/// Adds the chats of a page of people. Gives where to go on.
async fn of_people(
    tx: &mut Tx<'_>,
    among: Among,
    words: &people::Search,
    after: Option<SearchPlace>,
    found: &mut Vec<Chat>,
) -> Result<ChatsPlace> {
    let mut page = people::find(tx, among.organization, words, after, among.limit + 1).await?;
    let is_more = page.len() > among.limit;
    page.truncate(among.limit);
    let ids: Vec<ContactId> = page.iter().map(|person| person.row.id()).collect();
    found.extend(chats::list_of_people(tx, among.organization, among.account_id, &ids).await?);
    Ok(match page.pop() {
        Some(last) if is_more => ChatsPlace::Person(last.word, last.row.id()),
        _ => ChatsPlace::Group(None),
    })
}

/// Adds a page of groups. Gives where to go on, if there are more.
async fn of_groups(
    tx: &mut Tx<'_>,
    among: Among,
    words: &people::Search,
    after: Option<(Vec<u8>, ChatId)>,
    found: &mut Vec<Chat>,
) -> Result<Option<ChatsPlace>> {
    let room = among.limit.saturating_sub(found.len()).max(1);
    let mut page = chats::find_groups(tx, among.organization, words, after, room + 1).await?;
    let is_more = page.len() > room;
    page.truncate(room);
    let ids: Vec<ChatId> = page.iter().map(|(id, _)| *id).collect();
    found.extend(chats::list_by_ids(tx, among.organization, among.account_id, &ids).await?);
    let last = page.pop().filter(|_| is_more);
    Ok(last.map(|(id, word)| ChatsPlace::Group(Some((word, id)))))
}

/// The same place, if there is something behind it.
async fn has_groups(
    tx: &mut Tx<'_>,
    among: Among,
    words: &people::Search,
    place: ChatsPlace,
) -> Result<Option<ChatsPlace>> {
    if place != ChatsPlace::Group(None) {
        return Ok(Some(place));
    }
    let first = chats::find_groups(tx, among.organization, words, None, 1).await?;
    Ok((!first.is_empty()).then_some(place))
}

/// Finds people, by the word that was found. With each their place.
pub async fn people(
    app: &Arc<App>,
    caller: &Caller,
    text: &str,
    after: Option<SearchPlace>,
    limit: usize,
) -> Result<Vec<(ContactHit, SearchPlace)>> {
    checked(caller, text)?;
    let found = contacts::search(app, caller, text, after, limit).await?;
    let search = Search::of_beginnings(text);
    let hit = |(contact, place): (Contact, SearchPlace)| {
        let name = search.parts(&contact.name);
        (ContactHit { contact, name }, place)
    };
    Ok(found.into_iter().map(hit).collect())
}
