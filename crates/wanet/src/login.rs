//! Who may come in: a device that was paired, or a new one that wants to be.

use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp as wa;

use crate::clock;
use crate::hub::Hub;
use crate::ids::{Address, Family};
use crate::line::Line;
use crate::world::Link;

/// What the handshake brought.
pub(crate) struct Greeting {
    pub client_static: [u8; 32],
    pub payload: Vec<u8>,
}

/// Starts pairing or logs in.
pub(crate) fn greet(hub: &Arc<Hub>, line: &Arc<Line>, greeting: &Greeting) {
    let Ok(payload) = wa::ClientPayload::decode_from_slice(&greeting.payload) else {
        return refuse(line, 400);
    };
    if let Some(phone) = payload.username {
        let address = Address::new(phone, payload.device.unwrap_or(0) as u16);
        log_in(hub, line, address, greeting);
    } else if let Some(pairing) = payload.device_pairing_data.into_option() {
        hub.start_pairing(
            line,
            greeting.client_static,
            &pairing,
            payload.push_name.unwrap_or_default(),
        );
    } else {
        refuse(line, 400);
    }
}

fn log_in(hub: &Arc<Hub>, line: &Arc<Line>, address: Address, greeting: &Greeting) {
    let mut world = hub.world.lock();
    if let Some(farewell) = world.faults.refuse_login(address) {
        world.counters.refused_logins += 1;
        line.send(farewell);
        return line.close();
    }
    let known = world
        .device(address)
        .is_some_and(|device| device.noise == greeting.client_static);
    if !known {
        world.counters.refused_logins += 1;
        return refuse(line, 401);
    }
    world.counters.logins += 1;
    let name = world
        .accounts
        .get(&address.phone)
        .map(|account| account.push_name.clone())
        .unwrap_or_default();
    let Some(device) = world.device_mut(address) else {
        return;
    };
    line.set_owner(address);
    line.send(success(address, device.linked_at, &name));
    let link = Link {
        line: Arc::clone(line),
        cursor: 0,
        active: false,
        offline: None,
    };
    if let Some(old) = device.link.replace(link) {
        old.line.send(conflict("replaced"));
        old.line.close();
        if old.line.frozen() {
            old.line.cut.cancel();
        }
    }
    drop(world);
    hub.ring();
}

fn success(address: Address, linked_at: i64, name: &str) -> Node {
    NodeBuilder::new("success")
        .attr("t", clock::now())
        .attr("lid", address.jid(Family::Lid))
        .attr("props", 27)
        .attr("abprops", 1)
        .attr("companion_enc_static", "")
        .attr("location", "sim")
        .attr("creation", linked_at)
        .attr("display_name", name)
        .build()
}

/// Says no and closes.
pub(crate) fn refuse(line: &Line, code: u16) {
    line.send(failure(code));
    line.close();
}

/// `<failure reason>`.
pub(crate) fn failure(code: u16) -> Node {
    NodeBuilder::new("failure")
        .attr("reason", code)
        .attr("location", "sim")
        .build()
}

/// `<failure reason>` for a number that is banned for so many seconds.
pub(crate) fn ban(code: u16, seconds: u64) -> Node {
    NodeBuilder::new("failure")
        .attr("reason", 402)
        .attr("location", "sim")
        .attr("code", code)
        .attr("expire", seconds)
        .build()
}

/// `<stream:error>` because of another connection or a removed device.
pub(crate) fn conflict(kind: &'static str) -> Node {
    let error = NodeBuilder::new("stream:error");
    let error = if kind == "device_removed" {
        error.attr("code", 401)
    } else {
        error
    };
    error
        .children([NodeBuilder::new("conflict").attr("type", kind).build()])
        .build()
}

/// `<stream:error code>`.
pub(crate) fn stream_error(code: u16) -> Node {
    NodeBuilder::new("stream:error").attr("code", code).build()
}

impl Hub {
    /// The connection is over.
    pub(crate) fn hang_up(&self, line: &Line) {
        let mut world = self.world.lock();
        world.lines.remove(&line.id);
        world.pairings.remove(&line.id);
        let Some(owner) = line.owner() else { return };
        let gone = world.device_mut(owner).is_some_and(|device| {
            let mine = device.line().is_some_and(|current| current.id == line.id);
            if mine {
                device.link = None;
            }
            mine
        });
        drop(world);
        if gone {
            self.went_away(owner);
        }
        self.ring();
    }
}
