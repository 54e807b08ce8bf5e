//! How people learn what happened to a group.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::clock;
use crate::hub::Hub;
use crate::ids::{self, Address};
use crate::inbox::Happening;
use crate::world::World;

impl Hub {
    /// Tells the members.
    pub(super) fn announce(&self, world: &mut World, id: &str, by: u64, child: Node) {
        let Some(group) = world.groups.get(id) else { return };
        let members: Vec<u64> = group.members.keys().copied().collect();
        let what = child.tag.to_string();
        self.tell(world, (id, by), &what, child, &members);
    }

    /// Tells some people; their phones show it as `what`.
    pub(super) fn tell(&self, world: &mut World, (id, by): (&str, u64), what: &str, child: Node, whom: &[u64]) {
        let name = world
            .accounts
            .get(&by)
            .map(|account| account.push_name.clone())
            .unwrap_or_default();
        let node = NodeBuilder::new("notification")
            .attr("from", Jid::group(id.to_owned()))
            .attr("type", "w:gp2")
            .attr("id", ids::stanza_id())
            .attr("t", clock::now())
            .attr("participant", ids::lid(by))
            .attr("participant_pn", ids::pn(by))
            .attr("notify", name)
            .attr("addressing_mode", "lid")
            .children([child])
            .build();
        for phone in whom {
            let devices: Vec<Address> = world
                .accounts
                .get(phone)
                .map(|account| account.addresses().filter(|a| a.device != 0).collect())
                .unwrap_or_default();
            for to in devices {
                self.enqueue(world, to, &node);
            }
            if let Some(account) = world.accounts.get_mut(phone) {
                account.inbox.happened(Happening::group(id, by, what));
            }
        }
    }
}
