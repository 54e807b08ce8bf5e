//! Who may turn to whom: tokens that people give each other, and tokens that people make themselves for strangers.
//!
//! An account gives everybody it writes to a token; whoever shows it later is no stranger. A stranger shows a token made
//! with the salt of their own account. Only phones that want it so refuse who shows neither.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::clock;
use crate::crypto;
use crate::hub::{Hub, encode};
use crate::ids::{self, Address};
use crate::wire::{self, NodeExt as _};
use crate::world::{Account, Class, World};

/// The refusal of a message of somebody who shows no token.
pub(crate) const NO_TOKEN: u16 = 463;

/// Properties of the server by which clients know that they should show tokens, by their numbers.
const TOKENS_ON_MESSAGES: u32 = 10_518;
const TOKENS_FROM_SALT: u32 = 24_941;

/// How a new companion learns the salt of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SaltWay {
    /// With the history.
    History,
    /// In the settings that all devices share.
    Settings,
}

impl Account {
    /// What the account gives to somebody so that they are no stranger.
    fn token_for(&self, somebody: u64) -> [u8; 32] {
        crypto::derive(&self.secret, &format!("token for {somebody}"))
    }

    /// With what the account's devices make tokens for strangers.
    pub(crate) fn salt(&self) -> [u8; 32] {
        crypto::derive(&self.secret, "salt of tokens")
    }
}

impl World {
    /// Whether somebody may turn to an account with a stanza, whose tokens are children of this node.
    pub(crate) fn admits(&self, whom: u64, who: Address, node: &Node) -> bool {
        let Some(account) = self.accounts.get(&whom) else {
            return true;
        };
        if !account.habits.known_only || who.phone == whom {
            return true;
        }
        let given = node.child("tctoken").and_then(|token| token.bytes());
        let made = node.child("cstoken").and_then(|token| token.bytes());
        let of_salt = |asker: &Account| crypto::hmac(&asker.salt(), ids::lid(whom).to_string().as_bytes());
        given.is_some_and(|token| token == account.token_for(who.phone))
            || made
                .zip(self.accounts.get(&who.phone))
                .is_some_and(|(token, asker)| token == of_salt(asker))
            || (who.device == 0 && account.peers.contains(&who.phone))
    }
}

impl Hub {
    /// Hands the tokens an account gives to the devices of those who get them.
    pub(crate) fn give_tokens(&self, owner: Address, tokens: &Node) {
        for token in tokens.children_named("token") {
            let Some(whom) = token.jid("jid").and_then(|jid| Address::of(&jid)) else {
                continue;
            };
            let time = token.text("t").unwrap_or_else(|| clock::now().to_string());
            let kind = token.text("type").unwrap_or_default();
            let mut guard = self.world.lock();
            let world = &mut *guard;
            let (Some(giver), Some(taker)) = (world.accounts.get(&owner.phone), world.accounts.get(&whom.phone)) else {
                continue;
            };
            let devices: Vec<Address> = taker.addresses().filter(|address| address.device != 0).collect();
            let token = NodeBuilder::new("token")
                .attr("type", kind)
                .attr("t", time)
                .bytes(giver.token_for(whom.phone).to_vec());
            let id = ids::stanza_id();
            let news = NodeBuilder::new("notification")
                .attr("from", ids::pn(owner.phone))
                .attr("sender_lid", ids::lid(owner.phone))
                .attr("id", id.clone())
                .attr("t", clock::now())
                .attr("type", "privacy_token")
                .children([NodeBuilder::new("tokens").children([token.build()]).build()])
                .build();
            let bytes = encode(&news);
            for to in devices {
                self.enqueue_bytes(world, to, Class::Notification, id.clone(), bytes.clone());
            }
        }
    }

    /// The server's properties as far as a client has to know them.
    pub(crate) fn on_props(&self, owner: Address, iq: &Node) -> Node {
        let has_salt = {
            let world = self.world.lock();
            let account = world.accounts.get(&owner.phone);
            account.is_some_and(|account| account.habits.salt.is_some())
        };
        let mut props = vec![TOKENS_ON_MESSAGES];
        props.extend(has_salt.then_some(TOKENS_FROM_SALT));
        let props = props.into_iter().map(|code| {
            NodeBuilder::new("prop")
                .attr("config_code", code)
                .attr("config_value", "1")
                .build()
        });
        let answer = NodeBuilder::new("props")
            .attr("protocol", 1)
            .attr("ab_key", "1")
            .attr("hash", "1")
            .attr("refresh", 86_400)
            .attr("refresh_id", 1)
            .children(props);
        wire::result(iq, [answer.build()])
    }
}
