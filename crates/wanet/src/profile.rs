//! What an account shows of itself, its picture and its "about" text, and who hears that they changed.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::clock;
use crate::hub::{Hub, encode};
use crate::ids::{self, Address};
use crate::wire::{self, NodeExt as _};
use crate::world::{About, Class, Picture, World};

impl Hub {
    pub(crate) fn on_picture(&self, owner: Address, iq: &Node) -> Node {
        let asked = iq.child("picture");
        if iq.text("type").as_deref() == Some("set") {
            let bytes = asked.and_then(|picture| picture.bytes()).unwrap_or_default().to_vec();
            let id = self.set_picture(owner.phone, bytes);
            let picture = id.map(|id| NodeBuilder::new("picture").attr("id", id).build());
            return wire::result(iq, picture);
        }
        let target = iq
            .jid("target")
            .or_else(|| iq.jid("to").filter(|to| !to.user.is_empty()));
        let world = self.world.lock();
        let picture = target
            .and_then(|jid| Address::of(&jid))
            .filter(|whose| world.admits(whose.phone, owner, asked.unwrap_or(iq)))
            .and_then(|whose| world.accounts.get(&whose.phone)?.picture.clone());
        let node = NodeBuilder::new("picture");
        let node = match picture {
            Some(picture) => node
                .attr("id", picture.id)
                .attr(
                    "type",
                    asked.and_then(|p| p.text("type")).unwrap_or_else(|| "image".into()),
                )
                .attr("url", format!("https://{}{}", self.settings.media_host, picture.path))
                .attr("direct_path", picture.path)
                .build(),
            None => node.children([wire::error_child(404, "item-not-found")]).build(),
        };
        wire::result(iq, [node])
    }

    /// Sets the profile picture of an account; nothing removes it.
    pub(crate) fn set_picture(&self, phone: u64, bytes: Vec<u8>) -> Option<String> {
        let picture = if bytes.is_empty() {
            None
        } else {
            let path = self.media.put(bytes.into()).ok()?;
            let id = format!("{}", clock::now_ms());
            Some(Picture { id, path })
        };
        let mut guard = self.world.lock();
        let world = &mut *guard;
        let account = world.accounts.get_mut(&phone)?;
        let id = picture.as_ref().map(|picture| picture.id.clone());
        let was_there = account.picture.is_some();
        account.picture = picture;
        self.saved.account(account);
        let jid = ids::pn(phone);
        match &id {
            Some(id) => {
                let set = NodeBuilder::new("set").attr("jid", jid.clone()).attr("id", id.clone());
                self.tell_profile(world, phone, "picture", set.attr("author", jid).build());
            }
            None if was_there => {
                let gone = NodeBuilder::new("delete").attr("jid", jid.clone()).attr("author", jid);
                self.tell_profile(world, phone, "picture", gone.build());
            }
            None => {}
        }
        id
    }

    /// The text under the name.
    pub(crate) fn on_about(&self, owner: Address, iq: &Node) -> Node {
        if let Some(status) = iq.child("status").filter(|_| iq.text("type").as_deref() == Some("set")) {
            let text = status.body().unwrap_or_default();
            let mut guard = self.world.lock();
            let world = &mut *guard;
            if let Some(account) = world.accounts.get_mut(&owner.phone) {
                account.about = About {
                    text: text.clone(),
                    since: clock::now(),
                };
                self.saved.account(account);
            }
            let set = NodeBuilder::new("set").bytes(text.into_bytes()).build();
            self.tell_profile(world, owner.phone, "status", set);
        }
        wire::result(iq, [])
    }

    /// Tells the account itself, everybody who writes with it, and, because nobody's address book is known here, whoever
    /// else is online, unless it hears only of known people itself.
    fn tell_profile(&self, world: &mut World, phone: u64, kind: &'static str, what: Node) {
        let Some(account) = world.accounts.get(&phone) else {
            return;
        };
        let id = ids::stanza_id();
        let news = NodeBuilder::new("notification")
            .attr("from", ids::pn(phone))
            .attr("id", id.clone())
            .attr("t", clock::now())
            .attr("type", kind)
            .attr("notify", account.push_name.clone())
            .children([what])
            .build();
        let bytes = encode(&news);
        let is_open = !account.habits.known_only;
        let hearers: Vec<Address> = world
            .accounts
            .values()
            .flat_map(|other| {
                let is_near = other.phone == phone || account.peers.contains(&other.phone);
                let devices = other
                    .devices
                    .values()
                    .filter(move |d| is_near || (is_open && d.link.is_some()));
                devices.map(|device| Address::new(other.phone, device.id))
            })
            .collect();
        for to in hearers {
            self.enqueue_bytes(world, to, Class::Notification, id.clone(), bytes.clone());
        }
    }
}
