//! The sending end of one connection, as the rest of the network sees it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use wacore_binary::Node;

use crate::ids::Address;

/// How many answers may wait to be written before the client counts as stuck.
const BACKLOG: usize = 8_192;

/// What the writer of a connection is told.
pub(crate) enum Out {
    /// Write this stanza.
    Node(Box<Node>),
    /// Write what came before, then close.
    Close,
}

/// One connection after its handshake.
pub(crate) struct Line {
    pub id: u64,
    out: mpsc::Sender<Out>,
    /// There may be something new in the queue of the device.
    pub wake: Notify,
    /// Drops the connection at once, without a goodbye.
    pub cut: CancellationToken,
    /// Neither reads nor writes any more, but keeps the connection.
    frozen: AtomicBool,
    owner: Mutex<Option<Address>>,
    next_iq: AtomicU64,
}

impl Line {
    pub(crate) fn new(id: u64, cut: CancellationToken) -> (Self, mpsc::Receiver<Out>) {
        let (out, receiver) = mpsc::channel(BACKLOG);
        let line = Self {
            id,
            out,
            wake: Notify::new(),
            cut,
            frozen: AtomicBool::new(false),
            owner: Mutex::new(None),
            next_iq: AtomicU64::new(1),
        };
        (line, receiver)
    }

    /// Queues a stanza. A client that does not read loses its connection, as it would at any server.
    pub(crate) fn send(&self, node: Node) {
        if self.out.try_send(Out::Node(Box::new(node))).is_err() {
            self.cut.cancel();
        }
    }

    /// Closes after what is already queued was written.
    pub(crate) fn close(&self) {
        if self.out.try_send(Out::Close).is_err() {
            self.cut.cancel();
        }
    }

    pub(crate) fn freeze(&self) {
        self.frozen.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    pub(crate) fn frozen(&self) -> bool {
        self.frozen.load(Ordering::SeqCst)
    }

    /// The device that is logged in here.
    pub(crate) fn owner(&self) -> Option<Address> {
        *self.owner.lock()
    }

    pub(crate) fn set_owner(&self, address: Address) {
        *self.owner.lock() = Some(address);
    }

    /// An id for a request of the server.
    pub(crate) fn next_id(&self) -> String {
        format!("{}-{}", self.id, self.next_iq.fetch_add(1, Ordering::Relaxed))
    }
}
