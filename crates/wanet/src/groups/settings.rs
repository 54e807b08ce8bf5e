//! How long messages of a group stay and whether who joins has to be let in, as stanzas say it.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::wire::NodeExt as _;

/// For how many seconds messages stay; 0 is for ever.
pub(super) fn ephemeral(seconds: u32) -> Node {
    match seconds {
        0 => NodeBuilder::new("not_ephemeral").build(),
        seconds => NodeBuilder::new("ephemeral").attr("expiration", seconds).build(),
    }
}

/// What [`ephemeral`] says.
pub(super) fn expiration(ephemeral: &Node) -> u32 {
    let seconds = ephemeral.text("expiration").and_then(|text| text.parse().ok());
    seconds.unwrap_or_default()
}

/// Whether who joins has to be let in.
pub(super) fn approval_mode(on: bool) -> Node {
    let state = NodeBuilder::new("group_join").attr("state", if on { "on" } else { "off" });
    NodeBuilder::new("membership_approval_mode")
        .children([state.build()])
        .build()
}

/// What [`approval_mode`] says.
pub(super) fn wants_approval(mode: &Node) -> bool {
    let state = mode.child("group_join").and_then(|join| join.text("state"));
    state.as_deref() == Some("on")
}
