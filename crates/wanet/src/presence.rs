//! Who is online and who is typing. Nothing of it is kept for later.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, Server};

use crate::clock;
use crate::hub::Hub;
use crate::ids::{self, Address, Family, family};
use crate::inbox::Happening;
use crate::wire::NodeExt as _;
use crate::world::World;

impl Hub {
    pub(crate) fn on_presence(&self, owner: Address, node: &Node) {
        match node.text("type").as_deref() {
            Some("subscribe") => self.watch(owner, node),
            Some("unsubscribe") => {
                let whom = node.jid("to").and_then(|jid| Address::of(&jid));
                let mut world = self.world.lock();
                if let Some(watchers) = whom.and_then(|whom| world.watchers.get_mut(&whom.phone)) {
                    watchers.remove(&owner);
                }
            }
            kind => {
                if let Some(name) = node.text("name").filter(|name| !name.is_empty()) {
                    self.rename(owner.phone, name);
                }
                self.set_available(owner.phone, kind != Some("unavailable"));
            }
        }
    }

    fn rename(&self, phone: u64, name: String) {
        let mut world = self.world.lock();
        if let Some(account) = world
            .accounts
            .get_mut(&phone)
            .filter(|account| account.push_name != name)
        {
            account.push_name = name;
            self.saved.account(account);
        }
    }

    fn watch(&self, owner: Address, node: &Node) {
        let Some(to) = node.jid("to") else { return };
        let Some(whom) = Address::of(&to) else { return };
        let mut world = self.world.lock();
        if !world.admits(whom.phone, owner, node) {
            return;
        }
        world.watchers.entry(whom.phone).or_default().insert(owner, family(&to));
        let Some(state) = state_of(&world, whom.phone, family(&to)) else {
            return;
        };
        if let Some(line) = world.device(owner).and_then(|device| device.line()) {
            line.send(state);
        }
    }

    /// Says that a person came online or went.
    pub(crate) fn set_available(&self, phone: u64, available: bool) {
        let mut world = self.world.lock();
        let Some(account) = world.accounts.get_mut(&phone) else {
            return;
        };
        account.available = available;
        account.last_seen = clock::now();
        for (watcher, family) in world.watchers.get(&phone).cloned().unwrap_or_default() {
            let state = state_of(&world, phone, family);
            if let (Some(line), Some(state)) = (world.device(watcher).and_then(|device| device.line()), state) {
                line.send(state);
            }
        }
    }

    /// A device lost its connection.
    pub(crate) fn went_away(&self, owner: Address) {
        let was = self
            .world
            .lock()
            .accounts
            .get(&owner.phone)
            .is_some_and(|account| account.available);
        if was {
            self.set_available(owner.phone, false);
        }
    }

    pub(crate) fn on_chatstate(&self, owner: Address, node: &Node) {
        let Some(to) = node.jid("to") else { return };
        let state = node.kids().first().cloned();
        let word = state.as_ref().map(|state| {
            if state.text("media").is_some() {
                "recording".to_owned()
            } else {
                state.tag.to_string()
            }
        });
        let mut world = self.world.lock();
        let targets: Vec<u64> = if to.server == Server::Group {
            let members = world
                .groups
                .get(to.user.as_str())
                .map(|group| group.members.keys().copied().collect());
            members.unwrap_or_default()
        } else {
            Address::of(&to).map(|address| address.phone).into_iter().collect()
        };
        for phone in targets.into_iter().filter(|phone| *phone != owner.phone) {
            let out = NodeBuilder::new("chatstate");
            let out = if to.server == Server::Group {
                out.attr("from", to.clone()).attr("participant", owner.jid(Family::Lid))
            } else {
                let own = Address::primary(owner.phone);
                out.attr("from", own.jid(family(&to)))
            };
            let out = out.children(state.clone()).build();
            let ttl = self.settings.chatstate_ttl;
            for device in world
                .accounts
                .get_mut(&phone)
                .into_iter()
                .flat_map(|a| a.devices.values_mut())
            {
                match device.line() {
                    Some(line) => line.send(out.clone()),
                    None => device.keep_typing(owner, &to, &out, ttl),
                }
            }
            if let (Some(account), Some(word)) = (world.accounts.get_mut(&phone), &word) {
                account.inbox.happened(Happening::typing(owner.phone, &to, word));
            }
        }
        drop(world);
        self.ring();
    }
}

fn state_of(world: &World, phone: u64, in_family: Family) -> Option<Node> {
    let account = world.accounts.get(&phone)?;
    let from = match in_family {
        Family::Pn => ids::pn(phone),
        Family::Lid => ids::lid(phone),
    };
    let node = NodeBuilder::new("presence").attr("from", from);
    Some(if account.available {
        node.attr("type", "available").build()
    } else {
        node.attr("type", "unavailable").attr("last", account.last_seen).build()
    })
}
