//! Communities: a parent group, its announcements, its general chat and the groups that are linked to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{Draft, Group, GroupChange, find, member, phones, settings};
use crate::error::Error;
use crate::hub::Hub;
use crate::wire::NodeExt as _;
use crate::world::World;

/// What a group is in a community. A string is the id of the parent group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// In none.
    #[default]
    Alone,
    /// The community itself; a closed one lets people in one by one.
    Community { closed: bool },
    /// Where its administrators tell everybody something.
    Announcements(String),
    /// Where everybody talks.
    General(String),
    /// One of its other groups.
    Linked(String),
}

impl Part {
    pub(super) fn is_announcements(&self) -> bool {
        matches!(self, Self::Announcements(_))
    }

    fn is_community(&self) -> bool {
        matches!(self, Self::Community { .. })
    }

    fn parent(&self) -> Option<&str> {
        match self {
            Self::Alone | Self::Community { .. } => None,
            Self::Announcements(parent) | Self::General(parent) | Self::Linked(parent) => Some(parent),
        }
    }

    /// How a description of the group says it.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let linked = |parent: &str| {
            NodeBuilder::new("linked_parent")
                .attr("jid", Jid::group(parent.to_owned()))
                .build()
        };
        let bare = |tag: &'static str| NodeBuilder::new(tag).build();
        match self {
            Self::Alone => Vec::new(),
            Self::Community { closed: false } => vec![bare("parent")],
            Self::Community { closed: true } => vec![
                NodeBuilder::new("parent")
                    .attr("default_membership_approval_mode", "request_required")
                    .build(),
            ],
            Self::Announcements(parent) => vec![linked(parent), bare("default_sub_group")],
            Self::General(parent) => vec![linked(parent), bare("general_chat")],
            Self::Linked(parent) => vec![linked(parent)],
        }
    }
}

/// Whether a request to a group is one about communities.
pub(super) fn is_about(request: &Node) -> bool {
    matches!(
        request.tag.as_ref(),
        "links"
            | "unlink"
            | "delete_parent"
            | "query_linked"
            | "join_linked_group"
            | "linked_groups_participants"
            | "sub_groups"
    )
}

impl Hub {
    /// Makes what a client asks for: a group, or a community with the groups that every community has.
    pub(super) fn make_from_request(&self, creator: u64, request: &Node) -> Result<String, Error> {
        let parent = request.child("parent");
        let linked_to = request.child("linked_parent").and_then(|linked| linked.jid("jid"));
        let draft = Draft {
            subject: request.text("subject").unwrap_or_default(),
            members: phones(request),
            disappearing: request.child("ephemeral").map(settings::expiration).unwrap_or_default(),
            approval: request
                .child("membership_approval_mode")
                .is_some_and(settings::wants_approval),
            part: match (&parent, &linked_to) {
                (Some(parent), _) => Part::Community {
                    closed: parent.attrs.contains_key("default_membership_approval_mode"),
                },
                (None, Some(linked_to)) => Part::Linked(linked_to.user.to_string()),
                (None, None) => Part::Alone,
            },
        };
        let mut guard = self.world.lock();
        let world = &mut *guard;
        if let Some(linked_to) = &linked_to {
            administered(world, creator, linked_to.user.as_str())?;
        }
        let (name, members) = (draft.subject.clone(), draft.members.clone());
        let id = self.make_group(world, creator, draft)?;
        if parent.is_some() {
            let mut parts = vec![(name, Part::Announcements(id.clone()))];
            if request.child("create_general_chat").is_some() {
                parts.push(("General".to_owned(), Part::General(id.clone())));
            }
            for (subject, part) in parts {
                let draft = Draft {
                    subject,
                    members: members.clone(),
                    part,
                    ..Draft::default()
                };
                self.make_group(world, creator, draft)?;
            }
        }
        Ok(id)
    }

    pub(super) fn on_community(&self, asker: u64, parent: &str, request: &Node) -> Result<Vec<Node>, Error> {
        let mut guard = self.world.lock();
        let world = &mut *guard;
        joined(world, asker, parent)?;
        match request.tag.as_ref() {
            "links" => {
                let asked = request.kids().iter().flat_map(|link| link.children_named("group"));
                let groups = self.link(world, asker, parent, asked, true)?;
                let link = NodeBuilder::new("link").attr("link_type", "sub_group");
                let links = NodeBuilder::new("links").children([link.children(groups).build()]);
                Ok(vec![links.build()])
            }
            "unlink" => {
                let groups = self.link(world, asker, parent, request.children_named("group"), false)?;
                let unlink = NodeBuilder::new("unlink").attr("unlink_type", "sub_group");
                Ok(vec![unlink.children(groups).build()])
            }
            "delete_parent" => {
                administered(world, asker, parent)?;
                self.dissolve(world, asker, parent);
                Ok(Vec::new())
            }
            "query_linked" => {
                let group = in_community(world, parent, &named(request)?)?;
                Ok(vec![linked_group(group)])
            }
            "join_linked_group" => {
                let id = named(request)?;
                in_community(world, parent, &id)?;
                self.enter(world, asker, &id)?;
                Ok(vec![linked_group(find(world, &id)?)])
            }
            "linked_groups_participants" => {
                let people: BTreeMap<u64, _> = groups_of(world, parent)
                    .flat_map(|group| group.members.iter())
                    .map(|(phone, rank)| (*phone, *rank))
                    .collect();
                let people = people.into_iter().map(|(phone, rank)| member(phone, rank));
                let list = NodeBuilder::new("linked_groups_participants").children(people);
                Ok(vec![list.build()])
            }
            _ => {
                let groups = groups_of(world, parent).map(Group::node);
                let list = NodeBuilder::new("sub_groups").children(groups.collect::<Vec<_>>());
                Ok(vec![list.build()])
            }
        }
    }

    /// Links groups to a community or takes them out; each with an error if it could not be done.
    fn link<'a>(
        &self,
        world: &mut World,
        by: u64,
        parent: &str,
        asked: impl Iterator<Item = &'a Node>,
        into: bool,
    ) -> Result<Vec<Node>, Error> {
        administered(world, by, parent)?;
        let mut answers = Vec::new();
        for group in asked {
            let jid = group
                .jid("jid")
                .ok_or_else(|| Error::invalid("group", "without a JID"))?;
            let answer = NodeBuilder::new("group").attr("jid", jid.clone());
            let fails = match world.groups.get_mut(jid.user.as_str()) {
                None => Some(404),
                Some(group) if !group.is_admin(by) => Some(403),
                Some(group) => {
                    let (from, to) = (Part::Alone, Part::Linked(parent.to_owned()));
                    let (from, to) = if into { (from, to) } else { (to, from) };
                    if group.part == from {
                        group.part = to;
                        self.saved.group(group);
                        None
                    } else {
                        Some(409)
                    }
                }
            };
            if let Some(code) = fails {
                answers.push(answer.attr("error", code).build());
                continue;
            }
            let answer = answer.build();
            let (tag, kind) = if into {
                ("link", "link_type")
            } else {
                ("unlink", "unlink_type")
            };
            let news = NodeBuilder::new(tag).attr(kind, "sub_group").children([answer.clone()]);
            self.announce(world, parent, by, news.build());
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Ends a community: its own groups go, the linked ones are on their own again.
    fn dissolve(&self, world: &mut World, by: u64, parent: &str) {
        let ids: Vec<String> = groups_of(world, parent).map(|group| group.id.clone()).collect();
        for id in ids.iter().map(String::as_str).chain([parent]) {
            let Some(group) = world.groups.get_mut(id) else {
                continue;
            };
            if matches!(group.part, Part::Linked(_)) {
                group.part = Part::Alone;
                self.saved.group(group);
            } else {
                self.announce(world, id, by, NodeBuilder::new("delete").build());
                world.groups.remove(id);
                self.saved.no_group(id);
            }
        }
    }

    /// Lets somebody into a group of a community they are in.
    fn enter(&self, world: &mut World, who: u64, id: &str) -> Result<(), Error> {
        if !find(world, id)?.members.contains_key(&who) {
            self.carry_out(world, who, id, &GroupChange::Add(vec![who]));
        }
        Ok(())
    }

    /// The groups of a community as its GraphQL interface tells them: the announcements, and the others.
    pub(crate) fn subgroups(&self, asker: u64, parent: &str) -> Result<serde_json::Value, Error> {
        let world = self.world.lock();
        joined(&world, asker, parent)?;
        let told = |group: &Group| {
            serde_json::json!({
                "id": group.jid().to_string(),
                "subject": { "value": group.subject, "creation_time": group.subject_at.to_string() },
                "creation_time": group.created.to_string(),
                "total_participants_count": group.members.len(),
                "properties": { "general_chat": matches!(group.part, Part::General(_)) },
            })
        };
        let (first, others): (Vec<&Group>, Vec<&Group>) =
            groups_of(&world, parent).partition(|group| group.part.is_announcements());
        let edges: Vec<_> = others
            .into_iter()
            .map(|group| serde_json::json!({ "node": told(group) }))
            .collect();
        Ok(serde_json::json!({ "xwa2_group_query_by_id": {
            "id": Jid::group(parent.to_owned()).to_string(),
            "default_sub_group": first.first().map(|group| told(group)),
            "sub_groups": { "edges": edges },
        } }))
    }
}

fn missing(what: &'static str) -> Error {
    Error::not_found(what, "no such group")
}

/// The group a request names.
fn named(request: &Node) -> Result<String, Error> {
    let jid = request.jid("jid").ok_or_else(|| Error::invalid("jid", "is missing"))?;
    Ok(jid.user.to_string())
}

/// The community, if somebody is in it.
fn joined<'a>(world: &'a World, who: u64, id: &str) -> Result<&'a Group, Error> {
    let group = find(world, id)?;
    if !group.part.is_community() {
        return Err(missing("community"));
    }
    if !group.members.contains_key(&who) {
        return Err(Error::conflict("community", "not a member"));
    }
    Ok(group)
}

fn administered(world: &World, who: u64, id: &str) -> Result<(), Error> {
    if joined(world, who, id)?.is_admin(who) {
        Ok(())
    } else {
        Err(Error::conflict("community", "only an administrator may do this"))
    }
}

/// A group of a community.
fn in_community<'a>(world: &'a World, parent: &str, id: &str) -> Result<&'a Group, Error> {
    let group = find(world, id)?;
    if group.part.parent() == Some(parent) {
        Ok(group)
    } else {
        Err(missing("group"))
    }
}

/// Where the administrators of a community tell everybody something: whoever is in the one is in the other.
pub(super) fn announcements_of(world: &World, id: &str) -> Option<String> {
    find(world, id).ok().filter(|group| group.part.is_community())?;
    let found = groups_of(world, id).find(|group| group.part.is_announcements());
    found.map(|group| group.id.clone())
}

/// The groups of a community, oldest first.
fn groups_of<'a>(world: &'a World, parent: &'a str) -> impl Iterator<Item = &'a Group> {
    let mut found: Vec<&Group> = world
        .groups
        .values()
        .filter(|group| group.part.parent() == Some(parent))
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.into_iter()
}

fn linked_group(group: &Group) -> Node {
    NodeBuilder::new("linked_group").children([group.node()]).build()
}
