//! Small words for reading and building stanzas.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent};

use crate::ids;

/// Reading a stanza.
pub(crate) trait NodeExt {
    /// An attribute as text.
    fn text(&self, name: &str) -> Option<String>;
    /// An attribute as a JID.
    fn jid(&self, name: &str) -> Option<Jid>;
    /// The first child with this tag.
    fn child(&self, tag: &str) -> Option<&Node>;
    /// All children.
    fn kids(&self) -> &[Node];
    /// All children with this tag.
    fn children_named<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Node>;
    /// The content as bytes.
    fn bytes(&self) -> Option<&[u8]>;
    /// The content as text.
    fn body(&self) -> Option<String>;
}

impl NodeExt for Node {
    fn text(&self, name: &str) -> Option<String> {
        self.attrs.get(name).map(|value| value.as_str().into_owned())
    }

    fn jid(&self, name: &str) -> Option<Jid> {
        self.attrs.get(name).and_then(wacore_binary::NodeValue::to_jid)
    }

    fn child(&self, tag: &str) -> Option<&Node> {
        self.kids().iter().find(|child| child.tag == tag)
    }

    fn kids(&self) -> &[Node] {
        self.children().unwrap_or_default()
    }

    fn children_named<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Node> {
        self.kids().iter().filter(move |child| child.tag == tag)
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self.content.as_ref()? {
            NodeContent::Bytes(bytes) => Some(bytes),
            NodeContent::String(text) => Some(text.as_bytes()),
            NodeContent::Nodes(_) => None,
        }
    }

    fn body(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The answer to a request.
pub(crate) fn result(iq: &Node, children: impl IntoIterator<Item = Node>) -> Node {
    let children: Vec<Node> = children.into_iter().collect();
    let reply = answer(iq, "result");
    if children.is_empty() {
        reply.build()
    } else {
        reply.children(children).build()
    }
}

/// A refusal of a request.
pub(crate) fn error(iq: &Node, code: u16, text: &'static str) -> Node {
    answer(iq, "error").children([error_child(code, text)]).build()
}

/// `<error code text/>`.
pub(crate) fn error_child(code: u16, text: &'static str) -> Node {
    NodeBuilder::new("error").attr("code", code).attr("text", text).build()
}

fn answer(iq: &Node, kind: &'static str) -> NodeBuilder {
    NodeBuilder::new("iq")
        .attr("from", iq.jid("to").unwrap_or_else(ids::server))
        .attr("type", kind)
        .attr("id", iq.text("id").unwrap_or_default())
}

/// The id of a stanza and those in its `<list>`.
pub(crate) fn ids_of(node: &Node) -> Vec<String> {
    let listed = node
        .child("list")
        .into_iter()
        .flat_map(NodeExt::kids)
        .filter_map(|item| item.text("id"));
    node.text("id").into_iter().chain(listed).collect()
}

/// What a stanza is, for counting: tag, namespace, class, type and first child.
pub(crate) fn name_of(node: &Node) -> String {
    let mut name = node.tag.to_string();
    for part in ["xmlns", "class", "type"]
        .into_iter()
        .filter_map(|name| node.text(name))
    {
        name.push('/');
        name.push_str(&part);
    }
    if let Some(child) = node.kids().first() {
        name.push('/');
        name.push_str(&child.tag);
    }
    name
}
