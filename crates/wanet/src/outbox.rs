//! What a device's connection writes next: the block of stanzas that waited, with its announcement and its end mark,
//! then what comes in live.

use bytes::Bytes;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::node::OwnedNodeRef;

use crate::clock;
use crate::hub::{Hub, encode};
use crate::ids;
use crate::line::Line;
use crate::world::{Class, Device};

const BATCH: usize = 64;

/// Encoded stanzas to write now.
pub(crate) struct Batch {
    pub stanzas: Vec<Bytes>,
    /// Ask again right away.
    pub more: bool,
}

impl Hub {
    /// Takes what the connection should write next.
    pub(crate) fn next_batch(&self, line: &Line) -> Batch {
        let mut world = self.world.lock();
        let device = line.owner().and_then(|owner| world.device_mut(owner));
        let mut stanzas = Vec::new();
        let more = device.is_some_and(|device| collect(device, line, &mut stanzas));
        Batch { stanzas, more }
    }

    /// The client wants its messages: what waited goes first, with a mark at its end.
    pub(crate) fn activate(&self, line: &Line) {
        let mut world = self.world.lock();
        let Some(device) = line.owner().and_then(|owner| world.device_mut(owner)) else {
            return;
        };
        let (until, count) = (device.next_seq, device.queue.len() as u64);
        if let Some(link) = device
            .link
            .as_mut()
            .filter(|link| link.line.id == line.id && !link.active)
        {
            link.active = true;
            link.offline = Some(crate::world::Offline {
                until,
                count,
                announced: false,
            });
            line.wake.notify_one();
            let now = clock::now_ms();
            for typing in device.typing.drain(..).filter(|typing| typing.until > now) {
                line.send(typing.stanza);
            }
        }
    }
}

fn collect(device: &mut Device, line: &Line, stanzas: &mut Vec<Bytes>) -> bool {
    let Some(link) = device
        .link
        .as_mut()
        .filter(|link| link.line.id == line.id && link.active)
    else {
        return false;
    };
    if let Some(offline) = link.offline.as_mut().filter(|offline| !offline.announced) {
        offline.announced = true;
        if offline.count > 0 {
            stanzas.push(preview(device.queue.iter().map(|entry| entry.class)));
        }
    }
    let start = device.queue.partition_point(|entry| entry.seq < link.cursor);
    for entry in device.queue.iter().skip(start).take(BATCH) {
        let waited = link.offline.as_ref().map(|offline| entry.seq < offline.until);
        match waited {
            Some(true) => stanzas.push(mark_offline(&entry.bytes)),
            Some(false) => {
                stanzas.extend(link.offline.take().map(|offline| end_mark(offline.count)));
                stanzas.push(entry.bytes.clone());
            }
            None => stanzas.push(entry.bytes.clone()),
        }
        link.cursor = entry.seq + 1;
    }
    let more = device.queue.back().is_some_and(|last| last.seq >= link.cursor);
    if !more && let Some(offline) = link.offline.take() {
        stanzas.push(end_mark(offline.count));
    }
    more
}

fn preview(classes: impl Iterator<Item = Class>) -> Bytes {
    let (mut messages, mut receipts, mut notifications) = (0_u64, 0_u64, 0_u64);
    for class in classes {
        match class {
            Class::Message => messages += 1,
            Class::Receipt => receipts += 1,
            Class::Notification => notifications += 1,
        }
    }
    let preview = NodeBuilder::new("offline_preview")
        .attr("count", messages + receipts + notifications)
        .attr("message", messages)
        .attr("receipt", receipts)
        .attr("notification", notifications)
        .attr("appdata", 0);
    encode(
        &NodeBuilder::new("ib")
            .attr("from", ids::server())
            .children([preview.build()])
            .build(),
    )
}

fn end_mark(count: u64) -> Bytes {
    let offline = NodeBuilder::new("offline").attr("count", count).build();
    encode(
        &NodeBuilder::new("ib")
            .attr("from", ids::server())
            .children([offline])
            .build(),
    )
}

fn mark_offline(bytes: &Bytes) -> Bytes {
    let body = bytes.slice(1..);
    let mut node = OwnedNodeRef::new(body)
        .expect("the queue holds what was encoded here")
        .to_owned_node();
    node.attrs.insert("offline", "0");
    encode(&node)
}
