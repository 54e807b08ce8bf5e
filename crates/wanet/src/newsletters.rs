//! Newsletters: one person writes in clear, everybody may read, react and follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::clock;
use crate::crypto;
use crate::error::Error;
use crate::hub::{Hub, encode};
use crate::ids::{self, Address};
use crate::wire::{self, NodeExt as _};
use crate::world::{Account, Class, World};

/// How long a device that asked for them hears of new reactions, in seconds.
const LIVE: i64 = 300;

/// A newsletter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Newsletter {
    pub id: String,
    name: String,
    description: String,
    owner: u64,
    created: i64,
    followers: BTreeSet<u64>,
    /// By their numbers, which start at 1.
    #[serde(skip)]
    pub posts: BTreeMap<u64, Post>,
    /// Who hears of reactions at once, and until when.
    #[serde(skip)]
    live: HashMap<Address, i64>,
}

/// What was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub number: u64,
    id: String,
    time: i64,
    kind: String,
    media: Option<String>,
    /// The message in clear, in base64.
    plain: String,
    reactions: BTreeMap<u64, String>,
}

impl Newsletter {
    fn jid(&self) -> Jid {
        Jid::newsletter(self.id.clone())
    }

    fn invite(&self) -> String {
        crypto::b64url(&crypto::sha256(self.id.as_bytes())[..16])
    }

    /// As the GraphQL interface tells it to somebody.
    fn told(&self, to: u64) -> Value {
        let role = if to == self.owner {
            "owner"
        } else if self.followers.contains(&to) {
            "subscriber"
        } else {
            "guest"
        };
        json!({
            "id": self.jid().to_string(),
            "state": { "type": "active" },
            "thread_metadata": {
                "name": { "text": self.name },
                "description": { "text": self.description },
                "subscribers_count": self.followers.len().to_string(),
                "verification": "UNVERIFIED",
                "invite": self.invite(),
                "creation_time": self.created.to_string(),
            },
            "viewer_metadata": { "role": role, "mute": "OFF" },
        })
    }
}

impl Post {
    fn plaintext(&self) -> Node {
        let node = NodeBuilder::new("plaintext").bytes(crypto::unb64(&self.plain).unwrap_or_default());
        match &self.media {
            Some(media) => node.attr("mediatype", media.clone()).build(),
            None => node.build(),
        }
    }

    fn reactions(&self) -> Node {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for code in self.reactions.values() {
            *counts.entry(code).or_default() += 1;
        }
        let counts = counts.into_iter().map(|(code, count)| {
            NodeBuilder::new("reaction")
                .attr("code", code.to_owned())
                .attr("count", count)
                .build()
        });
        NodeBuilder::new("reactions").children(counts).build()
    }

    fn node(&self) -> NodeBuilder {
        NodeBuilder::new("message")
            .attr("id", self.id.clone())
            .attr("server_id", self.number)
            .attr("t", self.time)
            .attr("type", self.kind.clone())
    }
}

impl Hub {
    /// A question or a wish about newsletters in the GraphQL interface, if these variables make one.
    pub(crate) fn on_newsletter_query(
        &self,
        asker: u64,
        number: &str,
        variables: &Value,
    ) -> Option<Result<Value, Error>> {
        use wacore::iq::mex_operations::{join_newsletter, leave_newsletter};
        let (input, named) = (&variables["input"], &variables["newsletter_id"]);
        if let Some(id) = named.as_str() {
            let id = ids::user_of(id);
            return match (variables["updates"].as_object(), number) {
                (Some(updates), _) => Some(self.change_newsletter(asker, id, updates)),
                (None, join_newsletter::DOC_ID) => Some(self.follow(asker, id, true)),
                (None, leave_newsletter::DOC_ID) => Some(self.follow(asker, id, false)),
                (None, _) => None,
            };
        }
        if let Some(key) = input["key"].as_str() {
            return Some(self.newsletter_info(asker, key, input["type"] == "INVITE"));
        }
        if let Some(name) = input["name"].as_str() {
            let description = input["description"].as_str().unwrap_or_default();
            return Some(self.create_newsletter(asker, name, description));
        }
        let asks_nothing = variables.as_object().is_some_and(serde_json::Map::is_empty);
        asks_nothing.then(|| Ok(self.followed(asker)))
    }

    fn create_newsletter(&self, owner: u64, name: &str, description: &str) -> Result<Value, Error> {
        if name.is_empty() {
            return Err(Error::invalid("name", "is empty"));
        }
        let mut world = self.world.lock();
        let number =
            363_040_000_000_000_000_u64 + (clock::now_ms() as u64) * 1_000 + world.newsletters.len() as u64 % 1_000;
        let newsletter = Newsletter {
            id: format!("120{number}"),
            name: name.to_owned(),
            description: description.to_owned(),
            owner,
            created: clock::now(),
            followers: BTreeSet::from([owner]),
            posts: BTreeMap::new(),
            live: HashMap::new(),
        };
        self.saved.newsletter(&newsletter);
        let told = newsletter.told(owner);
        world.newsletters.insert(newsletter.id.clone(), newsletter);
        Ok(json!({ "xwa2_newsletter_create": told }))
    }

    fn change_newsletter(&self, by: u64, id: &str, updates: &serde_json::Map<String, Value>) -> Result<Value, Error> {
        let mut world = self.world.lock();
        let newsletter = find(&mut world, id)?;
        if newsletter.owner != by {
            return Err(Error::conflict("newsletter", "only its owner may change it"));
        }
        let text = |name: &str| updates.get(name).and_then(Value::as_str);
        if let Some(name) = text("name") {
            name.clone_into(&mut newsletter.name);
        }
        if let Some(description) = text("description") {
            description.clone_into(&mut newsletter.description);
        }
        self.saved.newsletter(newsletter);
        Ok(json!({ "xwa2_newsletter_update": newsletter.told(by) }))
    }

    fn follow(&self, who: u64, id: &str, joins: bool) -> Result<Value, Error> {
        let mut world = self.world.lock();
        let newsletter = find(&mut world, id)?;
        let answer = if joins {
            newsletter.followers.insert(who);
            "xwa2_newsletter_join_v2"
        } else {
            newsletter.followers.remove(&who);
            "xwa2_newsletter_leave_v2"
        };
        self.saved.newsletter(newsletter);
        Ok(json!({ answer: newsletter.told(who) }))
    }

    fn newsletter_info(&self, asker: u64, key: &str, by_invite: bool) -> Result<Value, Error> {
        let world = self.world.lock();
        let mut all = world.newsletters.values();
        let found = all.find(|one| {
            if by_invite {
                one.invite() == key
            } else {
                one.id == ids::user_of(key)
            }
        });
        let found = found.ok_or_else(missing)?;
        Ok(json!({ "xwa2_newsletter": found.told(asker) }))
    }

    fn followed(&self, who: u64) -> Value {
        let world = self.world.lock();
        let all = world.newsletters.values().filter(|one| one.followers.contains(&who));
        json!({ "xwa2_newsletter_subscribed": all.map(|one| one.told(who)).collect::<Vec<_>>() })
    }

    /// A request to one newsletter: what was written, or to hear of reactions at once.
    pub(crate) fn on_newsletter_iq(&self, owner: Address, iq: &Node) -> Node {
        let id = iq.jid("to").map(|to| to.user.to_string()).unwrap_or_default();
        let mut world = self.world.lock();
        let Ok(newsletter) = find(&mut world, &id) else {
            return wire::error(iq, 404, "item-not-found");
        };
        if let Some(asked) = iq.child("messages") {
            let number = |name: &str| asked.text(name).and_then(|text| text.parse::<u64>().ok());
            let (most, before) = (
                number("count").unwrap_or(50) as usize,
                number("before").unwrap_or(u64::MAX),
            );
            let newest = newsletter.posts.range(..before).rev().take(most);
            let mut posts: Vec<Node> = newest
                .map(|(_, post)| {
                    let node = post.node().children([post.plaintext(), post.reactions()]);
                    if newsletter.owner == owner.phone {
                        node.attr("is_sender", "true").build()
                    } else {
                        node.build()
                    }
                })
                .collect();
            posts.reverse();
            let messages = NodeBuilder::new("messages")
                .attr("jid", newsletter.jid())
                .attr("t", clock::now())
                .children(posts);
            return wire::result(iq, [messages.build()]);
        }
        if iq.child("live_updates").is_some() {
            newsletter.live.insert(owner, clock::now() + LIVE);
            let until = NodeBuilder::new("live_updates").attr("duration", LIVE);
            return wire::result(iq, [until.build()]);
        }
        drop(world);
        self.refuse_unknown(iq)
    }

    /// Somebody writes in a newsletter or reacts to what is in it. The error is the code of the refusal.
    pub(crate) fn publish_post(&self, sender: Address, to: &Jid, node: &Node) -> Result<(), u16> {
        let mut guard = self.world.lock();
        let world = &mut *guard;
        let newsletter = world.newsletters.get_mut(to.user.as_str()).ok_or(404_u16)?;
        if let Some(reaction) = node.child("reaction") {
            let number = node.text("server_id").and_then(|number| number.parse().ok());
            let post = number.and_then(|number: u64| newsletter.posts.get_mut(&number));
            let post = post.ok_or(404_u16)?;
            match reaction.text("code").filter(|code| !code.is_empty()) {
                Some(code) => post.reactions.insert(sender.phone, code),
                None => post.reactions.remove(&sender.phone),
            };
            self.saved.post(&newsletter.id, post);
            let told = post.node().children([post.reactions()]).build();
            let now = clock::now();
            newsletter.live.retain(|_, until| *until > now);
            let (jid, hearers) = (newsletter.jid(), newsletter.live.keys().copied().collect::<Vec<_>>());
            self.tell_live(world, &jid, told, &hearers);
            return Ok(());
        }
        if newsletter.owner != sender.phone {
            return Err(403);
        }
        let Some((id, plain)) = node.text("id").zip(node.child("plaintext")) else {
            return Err(400);
        };
        let post = Post {
            number: newsletter.posts.keys().next_back().unwrap_or(&0) + 1,
            id,
            time: clock::now(),
            kind: node.text("type").unwrap_or_else(|| "text".into()),
            media: plain.text("mediatype"),
            plain: crypto::b64(plain.bytes().unwrap_or_default()),
            reactions: BTreeMap::new(),
        };
        self.saved.post(&newsletter.id, &post);
        let message = post.node().attr("from", newsletter.jid());
        let (message, id) = (message.children([post.plaintext()]).build(), post.id.clone());
        newsletter.posts.insert(post.number, post);
        let readers = newsletter
            .followers
            .iter()
            .filter_map(|phone| world.accounts.get(phone));
        let devices: Vec<Address> = readers
            .flat_map(Account::addresses)
            .filter(|to| to.device != 0 && *to != sender)
            .collect();
        let bytes = encode(&message);
        for device in devices {
            self.enqueue_bytes(world, device, Class::Message, id.clone(), bytes.clone());
        }
        Ok(())
    }

    fn tell_live(&self, world: &mut World, newsletter: &Jid, message: Node, hearers: &[Address]) {
        let messages = NodeBuilder::new("messages")
            .attr("jid", newsletter.clone())
            .attr("t", clock::now())
            .children([message]);
        let news = NodeBuilder::new("notification")
            .attr("from", newsletter.clone())
            .attr("id", ids::stanza_id())
            .attr("t", clock::now())
            .attr("type", "newsletter")
            .children([NodeBuilder::new("live_updates").children([messages.build()]).build()])
            .build();
        for to in hearers {
            self.enqueue(world, *to, &news);
        }
    }
}

fn missing() -> Error {
    Error::not_found("newsletter", "no such newsletter")
}

fn find<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Newsletter, Error> {
    world.newsletters.get_mut(id).ok_or_else(missing)
}
