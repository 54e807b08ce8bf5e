//! Groups, addressed by hidden id: create, look up, change, and tell the members.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

pub(crate) mod communities;
mod news;
mod settings;

use crate::clock;
use crate::error::Error;
use crate::hub::Hub;
use crate::ids::{self, Address};
use crate::wire::{self, NodeExt as _};
use crate::world::World;
use communities::Part;

/// A group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub id: String,
    pub subject: String,
    pub creator: u64,
    pub created: i64,
    pub subject_by: u64,
    pub subject_at: i64,
    pub description: Option<String>,
    pub description_id: Option<String>,
    pub announce: bool,
    pub locked: bool,
    /// After how many seconds messages disappear; 0: they stay.
    #[serde(default)]
    pub disappearing: u32,
    /// Whoever wants to join has to be let in.
    #[serde(default)]
    pub approval: bool,
    /// What it is in a community.
    #[serde(default)]
    pub part: Part,
    pub members: BTreeMap<u64, Rank>,
    /// Grows with every change of the members.
    pub version: u64,
}

/// A group to make.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub subject: String,
    pub members: Vec<u64>,
    pub disappearing: u32,
    pub approval: bool,
    pub part: Part,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rank {
    Member,
    Admin,
    Founder,
}

impl Group {
    pub(crate) fn jid(&self) -> Jid {
        Jid::group(self.id.clone())
    }

    pub(crate) fn is_admin(&self, phone: u64) -> bool {
        self.members.get(&phone).is_some_and(|rank| *rank != Rank::Member)
    }

    fn node(&self) -> Node {
        let mut children: Vec<Node> = self.members.iter().map(|(phone, rank)| member(*phone, *rank)).collect();
        if self.announce {
            children.push(NodeBuilder::new("announcement").build());
        }
        if self.locked {
            children.push(NodeBuilder::new("locked").build());
        }
        if self.disappearing > 0 {
            children.push(settings::ephemeral(self.disappearing));
        }
        if self.approval {
            children.push(settings::approval_mode(true));
        }
        children.extend(self.part.nodes());
        if let Some(text) = &self.description {
            let body = NodeBuilder::new("body").bytes(text.clone().into_bytes()).build();
            let id = self.description_id.clone().unwrap_or_default();
            children.push(NodeBuilder::new("description").attr("id", id).children([body]).build());
        }
        NodeBuilder::new("group")
            .attr("id", self.id.clone())
            .attr("creator", ids::lid(self.creator))
            .attr("creator_pn", ids::pn(self.creator))
            .attr("creation", self.created)
            .attr("subject", self.subject.clone())
            .attr("s_t", self.subject_at)
            .attr("s_o", ids::lid(self.subject_by))
            .attr("s_o_pn", ids::pn(self.subject_by))
            .attr("addressing_mode", "lid")
            .attr("size", self.members.len())
            .attr("p_v_id", self.version)
            .attr("a_v_id", self.version)
            .children(children)
            .build()
    }
}

fn member(phone: u64, rank: Rank) -> Node {
    let node = NodeBuilder::new("participant")
        .attr("jid", ids::lid(phone))
        .attr("phone_number", ids::pn(phone));
    match rank {
        Rank::Member => node.build(),
        Rank::Admin => node.attr("type", "admin").build(),
        Rank::Founder => node.attr("type", "superadmin").build(),
    }
}

/// A change of a group, whoever makes it.
#[derive(Debug, Clone)]
pub(crate) enum GroupChange {
    Add(Vec<u64>),
    Remove(Vec<u64>),
    Promote(Vec<u64>),
    Demote(Vec<u64>),
    Subject(String),
    Describe { id: String, text: Option<String> },
    Announce(bool),
    Lock(bool),
    Disappear(u32),
    Approval(bool),
}

impl Hub {
    pub(crate) fn on_group_iq(&self, owner: Address, iq: &Node) -> Node {
        let Some(request) = iq.kids().first() else {
            return wire::error(iq, 400, "bad-request");
        };
        let group = iq.jid("to").map(|to| to.user.to_string()).unwrap_or_default();
        let outcome = match request.tag.as_ref() {
            "create" => self
                .make_from_request(owner.phone, request)
                .map(|id| self.world.lock().groups.get(&id).map(Group::node).into_iter().collect()),
            "query" => self.group_info(owner.phone, &group),
            "participating" => Ok(vec![self.groups_of(owner.phone)]),
            "invite" => Ok(vec![
                NodeBuilder::new("invite").attr("code", invite_code(&group)).build(),
            ]),
            "leave" => {
                for jid in request
                    .kids()
                    .iter()
                    .filter_map(|g| g.jid("id").or_else(|| g.jid("jid")))
                {
                    let gone = GroupChange::Remove(vec![owner.phone]);
                    if self.change_group(owner.phone, jid.user.as_str(), &gone).is_err() {
                        return wire::error(iq, 404, "item-not-found");
                    }
                }
                Ok(vec![request.clone()])
            }
            _ if communities::is_about(request) => self.on_community(owner.phone, &group, request),
            _ => {
                if let Some(change) = change_of(request) {
                    self.change_group(owner.phone, &group, &change)
                        .map(|()| vec![done(request)])
                } else {
                    return self.refuse_unknown(iq);
                }
            }
        };
        match outcome {
            Ok(children) => wire::result(iq, children),
            Err(Error::NotFound { .. }) => wire::error(iq, 404, "item-not-found"),
            Err(Error::Conflict { .. }) => wire::error(iq, 403, "forbidden"),
            Err(_) => wire::error(iq, 400, "bad-request"),
        }
    }

    fn group_info(&self, asker: u64, id: &str) -> Result<Vec<Node>, Error> {
        let world = self.world.lock();
        let group = find(&world, id)?;
        if !group.members.contains_key(&asker) {
            return Err(Error::conflict("group", "not a member"));
        }
        Ok(vec![group.node()])
    }

    fn groups_of(&self, phone: u64) -> Node {
        let world = self.world.lock();
        let groups = world
            .groups
            .values()
            .filter(|group| group.members.contains_key(&phone))
            .map(Group::node);
        NodeBuilder::new("groups").children(groups.collect::<Vec<_>>()).build()
    }

    /// Makes a group and tells everybody in it but the creator's asking device, which gets an answer instead.
    pub(crate) fn create_group(&self, creator: u64, subject: &str, members: &[u64]) -> Result<String, Error> {
        let draft = Draft {
            subject: subject.to_owned(),
            members: members.to_vec(),
            ..Draft::default()
        };
        self.make_group(&mut self.world.lock(), creator, draft)
    }

    fn make_group(&self, world: &mut World, creator: u64, draft: Draft) -> Result<String, Error> {
        if draft.subject.is_empty() || draft.subject.chars().count() > 100 {
            return Err(Error::invalid("subject", "must have 1 to 100 characters"));
        }
        let members = &draft.members;
        if let Some(stranger) = members.iter().find(|phone| !world.accounts.contains_key(phone)) {
            return Err(Error::not_found(
                "members",
                format!("{stranger} is not a phone of this network"),
            ));
        }
        let now = clock::now();
        let number = 363_020_000_000_000_000_u64 + (clock::now_ms() as u64) * 1_000 + world.groups.len() as u64 % 1_000;
        let id = format!("120{number}");
        let mut everybody: BTreeMap<u64, Rank> = members.iter().map(|phone| (*phone, Rank::Member)).collect();
        everybody.insert(creator, Rank::Founder);
        let group = Group {
            id: id.clone(),
            subject: draft.subject,
            creator,
            created: now,
            subject_by: creator,
            subject_at: now,
            description: None,
            description_id: None,
            announce: draft.part.is_announcements(),
            locked: false,
            disappearing: draft.disappearing,
            approval: draft.approval,
            part: draft.part,
            members: everybody,
            version: 1,
        };
        self.saved.group(&group);
        let create = NodeBuilder::new("create").attr("type", "new").attr("key", id.clone());
        let create = create.children([group.node()]).build();
        world.groups.insert(id.clone(), group);
        self.announce(world, &id, creator, create);
        Ok(id)
    }

    /// Changes a group on behalf of a member.
    pub(crate) fn change_group(&self, by: u64, id: &str, change: &GroupChange) -> Result<(), Error> {
        let mut guard = self.world.lock();
        let world = &mut *guard;
        self.change_one(world, by, id, change)?;
        if matches!(change, GroupChange::Add(_) | GroupChange::Remove(_))
            && let Some(announcements) = communities::announcements_of(world, id)
        {
            self.change_one(world, by, &announcements, change)?;
        }
        Ok(())
    }

    fn change_one(&self, world: &mut World, by: u64, id: &str, change: &GroupChange) -> Result<(), Error> {
        if let GroupChange::Add(phones) = change
            && let Some(stranger) = phones.iter().find(|phone| !world.accounts.contains_key(phone))
        {
            return Err(Error::not_found(
                "members",
                format!("{stranger} is not a phone of this network"),
            ));
        }
        let group = world
            .groups
            .get_mut(id)
            .ok_or_else(|| Error::not_found("group", "no such group"))?;
        let leaves = matches!(change, GroupChange::Remove(phones) if phones.as_slice() == [by]);
        let open = match change {
            GroupChange::Subject(_) | GroupChange::Describe { .. } | GroupChange::Disappear(_) => !group.locked,
            GroupChange::Add(_)
            | GroupChange::Remove(_)
            | GroupChange::Promote(_)
            | GroupChange::Demote(_)
            | GroupChange::Announce(_)
            | GroupChange::Lock(_)
            | GroupChange::Approval(_) => false,
        };
        if !group.members.contains_key(&by) || !(leaves || open || group.is_admin(by)) {
            return Err(Error::conflict(
                "group",
                "only an administrator of the group may do this",
            ));
        }
        self.carry_out(world, by, id, change);
        Ok(())
    }

    /// Changes a group and tells everybody concerned: who comes in gets the whole group, the others get the news.
    fn carry_out(&self, world: &mut World, by: u64, id: &str, change: &GroupChange) {
        let Some(group) = world.groups.get_mut(id) else { return };
        let asked: &[u64] = if let GroupChange::Add(phones) = change {
            phones
        } else {
            &[]
        };
        let newcomers = asked.iter().filter(|phone| !group.members.contains_key(phone));
        let newcomers: Vec<u64> = newcomers.copied().collect();
        let (news, gone) = apply(group, by, change);
        self.saved.group(group);
        let members = group.members.keys().filter(|phone| !newcomers.contains(phone));
        let others: Vec<u64> = members.chain(&gone).copied().collect();
        let whole = NodeBuilder::new("create").attr("key", id.to_owned());
        let whole = whole.children([group.node()]).build();
        let what = news.tag.to_string();
        self.tell(world, (id, by), &what, news, &others);
        self.tell(world, (id, by), &what, whole, &newcomers);
    }
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Group, Error> {
    world
        .groups
        .get(id)
        .ok_or_else(|| Error::not_found("group", "no such group"))
}

fn invite_code(group: &str) -> String {
    crate::crypto::b64url(&crate::crypto::sha256(group.as_bytes())[..16])
}

/// The people a request names, by either address.
fn phones(request: &Node) -> Vec<u64> {
    let jids = request.children_named("participant").filter_map(|p| p.jid("jid"));
    jids.filter_map(|jid| Address::of(&jid))
        .map(|address| address.phone)
        .collect()
}

fn change_of(request: &Node) -> Option<GroupChange> {
    Some(match request.tag.as_ref() {
        "add" => GroupChange::Add(phones(request)),
        "remove" => GroupChange::Remove(phones(request)),
        "promote" => GroupChange::Promote(phones(request)),
        "demote" => GroupChange::Demote(phones(request)),
        "subject" => GroupChange::Subject(request.body().unwrap_or_default()),
        "description" => GroupChange::Describe {
            id: request.text("id").unwrap_or_default(),
            text: request.child("body").and_then(wire::NodeExt::body),
        },
        "announcement" => GroupChange::Announce(true),
        "not_announcement" => GroupChange::Announce(false),
        "locked" => GroupChange::Lock(true),
        "unlocked" => GroupChange::Lock(false),
        "ephemeral" => GroupChange::Disappear(settings::expiration(request)),
        "not_ephemeral" => GroupChange::Disappear(0),
        "membership_approval_mode" => GroupChange::Approval(settings::wants_approval(request)),
        _ => return None,
    })
}

/// The answer repeats the request; each participant without an error was dealt with, which some clients read from `type`.
fn done(request: &Node) -> Node {
    let mut answer = request.clone();
    if matches!(request.tag.as_ref(), "add" | "remove" | "promote" | "demote") {
        let people = phones(request).into_iter().map(|phone| {
            let mut person = member(phone, Rank::Member);
            person.attrs.insert("type", "200");
            person
        });
        answer.content = Some(wacore_binary::NodeContent::Nodes(people.collect()));
    }
    answer
}

/// Does it, and says what the members are told and who is no longer one.
fn apply(group: &mut Group, by: u64, change: &GroupChange) -> (Node, Vec<u64>) {
    let people = |phones: &[u64], rank| phones.iter().map(|phone| member(*phone, rank)).collect::<Vec<_>>();
    group.version += 1;
    let version = group.version;
    let listed = |tag: &'static str, phones: &[u64], rank| {
        NodeBuilder::new(tag)
            .attr("v_id", version)
            .attr("prev_v_id", version - 1)
            .children(people(phones, rank))
            .build()
    };
    match change {
        GroupChange::Add(phones) => {
            for phone in phones {
                group.members.entry(*phone).or_insert(Rank::Member);
            }
            (listed("add", phones, Rank::Member), Vec::new())
        }
        GroupChange::Remove(phones) => {
            let gone: Vec<u64> = phones
                .iter()
                .copied()
                .filter(|p| group.members.remove(p).is_some())
                .collect();
            (listed("remove", phones, Rank::Member), gone)
        }
        GroupChange::Promote(phones) => {
            for phone in phones {
                group.members.entry(*phone).and_modify(|rank| {
                    if *rank == Rank::Member {
                        *rank = Rank::Admin;
                    }
                });
            }
            (listed("promote", phones, Rank::Admin), Vec::new())
        }
        GroupChange::Demote(phones) => {
            for phone in phones {
                group.members.entry(*phone).and_modify(|rank| *rank = Rank::Member);
            }
            (listed("demote", phones, Rank::Member), Vec::new())
        }
        GroupChange::Subject(subject) => {
            group.subject.clone_from(subject);
            group.subject_by = by;
            group.subject_at = clock::now();
            let node = NodeBuilder::new("subject")
                .attr("subject", subject.clone())
                .attr("s_t", group.subject_at)
                .attr("s_o", ids::lid(by))
                .attr("s_o_pn", ids::pn(by));
            (node.build(), Vec::new())
        }
        GroupChange::Describe { id, text } => {
            group.description.clone_from(text);
            group.description_id = Some(id.clone());
            let node = NodeBuilder::new("description").attr("id", id.clone());
            let node = match text {
                Some(text) => node
                    .children([NodeBuilder::new("body").bytes(text.clone().into_bytes()).build()])
                    .build(),
                None => node.children([NodeBuilder::new("delete").build()]).build(),
            };
            (node, Vec::new())
        }
        GroupChange::Announce(on) => {
            group.announce = *on;
            let tag = if *on { "announcement" } else { "not_announcement" };
            (NodeBuilder::new(tag).build(), Vec::new())
        }
        GroupChange::Lock(on) => {
            group.locked = *on;
            (
                NodeBuilder::new(if *on { "locked" } else { "unlocked" }).build(),
                Vec::new(),
            )
        }
        GroupChange::Disappear(seconds) => {
            group.disappearing = *seconds;
            (settings::ephemeral(*seconds), Vec::new())
        }
        GroupChange::Approval(on) => {
            group.approval = *on;
            (settings::approval_mode(*on), Vec::new())
        }
    }
}
