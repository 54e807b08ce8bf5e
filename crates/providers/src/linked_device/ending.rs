//! Why a connection ended, from the traces it leaves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pesan_model::reconnect::Disconnect;
use wacore::protocol::keepalive::DEAD_SOCKET_TIME;
use wacore::types::events::{ConnectFailureReason, Event};
use wacore_binary::{Node, NodeRef};

#[derive(Debug, Default)]
struct Traces {
    /// What the protocol said plainly.
    told: Option<Disconnect>,
    /// The code of the last stream error that had one.
    stream_code: Option<u16>,
    /// The phone has scanned: what is left of this connection is its end.
    paired: bool,
    /// Our own finding that nothing comes in any more.
    silent: bool,
    /// The library ended the connection, or saw its end, before we did.
    by_itself: bool,
    /// Whether nothing had come in for too long when the library let go of the socket.
    mute: Option<bool>,
    /// The socket was closed by the other side, or broke.
    closed: bool,
}

impl Traces {
    /// Nothing came in any more. The library notices that too, and sooner than we do when something was written right
    /// after the last thing that came in; it says nothing of it, and just lets go of the socket.
    fn is_silence(&self) -> bool {
        self.silent || (self.by_itself && self.mute == Some(true) && !self.closed)
    }
}

/// Collects why a connection ended.
#[derive(Debug, Default)]
pub(super) struct Ending(Mutex<Traces>);

impl Ending {
    fn note(&self, note: impl FnOnce(&mut Traces)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes what an event says about the end. The first plain word counts.
    pub(super) fn event(&self, event: &Event) {
        if matches!(event, Event::Disconnected(_)) {
            self.note(|traces| traces.closed = true);
        }
        if let Some(disconnect) = disconnect(event) {
            self.note(|traces| {
                traces.told.get_or_insert(disconnect);
            });
        }
    }

    /// Notes that the phone has scanned. True the first time.
    pub(super) fn paired(&self) -> bool {
        let mut first = false;
        self.note(|traces| first = !std::mem::replace(&mut traces.paired, true));
        first
    }

    /// Notes a `<stream:error>`.
    pub(super) fn stream_error(&self, node: &NodeRef<'_>) {
        let code = node.get_attr("code").and_then(|code| code.as_str().parse().ok());
        if code.is_some() {
            self.note(|traces| traces.stream_code = code);
        }
    }

    /// Notes that nothing comes in any more.
    pub(super) fn silent(&self) {
        self.note(|traces| traces.silent = true);
    }

    /// Notes that the library came to the end of the connection before we did.
    pub(super) fn by_itself(&self) {
        self.note(|traces| traces.by_itself = true);
    }

    /// Notes that the library lets go of the socket, and how long nothing came in. The first time counts.
    pub(super) fn let_go(&self, quiet: Duration) {
        self.note(|traces| {
            traces.mute.get_or_insert(quiet >= DEAD_SOCKET_TIME);
        });
    }

    /// The reason, once the connection has ended.
    pub(super) fn reason(&self) -> Disconnect {
        let traces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&traces.told, traces.stream_code, traces.is_silence()) {
            (Some(told), _, _) => told.clone(),
            (None, Some(515), _) => Disconnect::RestartRequired,
            (None, Some(code), _) => Disconnect::Refused(code),
            // After linking the server asks for a new connection, and its word can be lost with the old one.
            (None, None, _) if traces.paired => Disconnect::RestartRequired,
            (None, None, true) => Disconnect::Silent,
            (None, None, false) => Disconnect::Lost,
        }
    }
}

/// What an event says about the end of the connection.
fn disconnect(event: &Event) -> Option<Disconnect> {
    Some(match event {
        Event::LoggedOut(logged_out) => match logged_out.reason {
            ConnectFailureReason::LoggedOut => conflict(logged_out.raw.as_ref()),
            reason => Disconnect::Refused(code_of(reason)),
        },
        Event::StreamReplaced(_) => Disconnect::Replaced,
        Event::TemporaryBan(ban) => Disconnect::TemporaryBan {
            code: u16::try_from(ban.code.code()).unwrap_or(0),
            seconds: u64::try_from(ban.expire.num_seconds()).unwrap_or(0),
        },
        Event::ClientOutdated(_) => Disconnect::Outdated,
        Event::ConnectFailure(failure) => Disconnect::Refused(code_of(failure.reason)),
        Event::PairingQrCodesExhausted(_) => Disconnect::NotScanned,
        _ => return None,
    })
}

fn code_of(reason: ConnectFailureReason) -> u16 {
    u16::try_from(reason.code()).unwrap_or(0)
}

/// The library takes every conflict but a replacement for a log-out. Only the ones that are known to be one are: an
/// unknown kind must not cost the credentials.
fn conflict(raw: Option<&Node>) -> Disconnect {
    let kind = raw
        .and_then(|node| node.get_optional_child("conflict"))
        .map(|conflict| {
            conflict
                .attrs()
                .optional_string("type")
                .as_deref()
                .unwrap_or_default()
                .to_owned()
        });
    match kind.as_deref() {
        None | Some("device_removed") => Disconnect::LoggedOut,
        Some(_) => Disconnect::Lost,
    }
}

#[cfg(test)]
mod tests {
    use wacore::types::events::{
        ClientOutdated, ConnectFailure, LoggedOut, PairingQrCodesExhausted, StreamReplaced, TempBanReason, TemporaryBan,
    };
    use wacore_binary::builder::NodeBuilder;

    use super::*;

    fn logged_out(reason: ConnectFailureReason, raw: Option<Node>) -> Event {
        Event::LoggedOut(
            LoggedOut::builder()
                .on_connect(true)
                .reason(reason)
                .maybe_raw(raw)
                .build(),
        )
    }

    fn conflict_node(kind: &str) -> Node {
        let conflict = NodeBuilder::new("conflict").attr("type", kind).build();
        NodeBuilder::new("stream:error").children([conflict]).build()
    }

    fn ban(seconds: i64) -> Event {
        let expire = whatsapp_rust::chrono::Duration::seconds(seconds);
        Event::TemporaryBan(
            TemporaryBan::builder()
                .code(TempBanReason::BlockedByUsers)
                .expire(expire)
                .build(),
        )
    }

    #[test]
    fn every_plain_word_has_its_reason() {
        use ConnectFailureReason as Why;
        let failed = |reason| Event::ConnectFailure(ConnectFailure::builder().reason(reason).build());
        let table = [
            (logged_out(Why::LoggedOut, None), Disconnect::LoggedOut),
            (
                logged_out(Why::LoggedOut, Some(NodeBuilder::new("failure").build())),
                Disconnect::LoggedOut,
            ),
            (
                logged_out(Why::LoggedOut, Some(conflict_node("device_removed"))),
                Disconnect::LoggedOut,
            ),
            (
                logged_out(Why::LoggedOut, Some(conflict_node("new_kind"))),
                Disconnect::Lost,
            ),
            (logged_out(Why::AccountLocked, None), Disconnect::Refused(403)),
            (logged_out(Why::UnknownLogout, None), Disconnect::Refused(406)),
            (
                Event::StreamReplaced(StreamReplaced::builder().build()),
                Disconnect::Replaced,
            ),
            (
                ban(3600),
                Disconnect::TemporaryBan {
                    code: 102,
                    seconds: 3600,
                },
            ),
            (
                Event::ClientOutdated(ClientOutdated::builder().build()),
                Disconnect::Outdated,
            ),
            (failed(Why::ServiceUnavailable), Disconnect::Refused(503)),
            (failed(Why::Unknown(499)), Disconnect::Refused(499)),
            (failed(Why::Unknown(-1)), Disconnect::Refused(0)),
            (
                Event::PairingQrCodesExhausted(PairingQrCodesExhausted::builder().disconnected(true).build()),
                Disconnect::NotScanned,
            ),
        ];
        for (event, expected) in table {
            let ending = Ending::default();
            ending.event(&event);
            assert_eq!(ending.reason(), expected, "{event:?}");
        }
    }

    #[test]
    fn after_linking_the_loss_of_the_connection_is_the_expected_new_start() {
        let ending = Ending::default();
        assert!(ending.paired());
        assert!(!ending.paired(), "told once");
        assert_eq!(ending.reason(), Disconnect::RestartRequired);
        ending.event(&Event::StreamReplaced(StreamReplaced::builder().build()));
        assert_eq!(ending.reason(), Disconnect::Replaced);
    }

    #[test]
    fn what_the_library_gives_up_by_itself_after_a_silence_is_silent() {
        use wacore::net::DisconnectReason;
        let mute = DEAD_SOCKET_TIME + Duration::from_millis(1);
        let closed = || {
            Event::Disconnected(
                wacore::types::events::Disconnected::builder()
                    .reason(DisconnectReason::StreamEnded)
                    .build(),
            )
        };
        let ended = |by_itself: bool, quiet: Duration, closed: Option<Event>| {
            let ending = Ending::default();
            ending.let_go(quiet);
            // The library lets go once more when it tidies up, and knows no more when something came in.
            ending.let_go(Duration::ZERO);
            if let Some(closed) = closed {
                ending.event(&closed);
            }
            if by_itself {
                ending.by_itself();
            }
            ending.reason()
        };
        assert_eq!(ended(true, mute, None), Disconnect::Silent);
        assert_eq!(
            ended(true, Duration::from_secs(5), None),
            Disconnect::Lost,
            "something came in"
        );
        assert_eq!(
            ended(true, mute, Some(closed())),
            Disconnect::Lost,
            "the other side closed it"
        );
        assert_eq!(ended(false, mute, None), Disconnect::Lost, "we closed it");
    }

    #[test]
    fn without_a_word_the_stream_error_counts_then_silence_then_nothing() {
        let stream_error = |code: &str| NodeBuilder::new("stream:error").attr("code", code).build();
        let ending = Ending::default();
        assert_eq!(ending.reason(), Disconnect::Lost);
        ending.silent();
        assert_eq!(ending.reason(), Disconnect::Silent);
        ending.stream_error(&NodeBuilder::new("stream:error").build().as_node_ref());
        assert_eq!(ending.reason(), Disconnect::Silent, "one without a code ends nothing");
        ending.stream_error(&stream_error("503").as_node_ref());
        assert_eq!(ending.reason(), Disconnect::Refused(503));
        ending.stream_error(&stream_error("515").as_node_ref());
        assert_eq!(ending.reason(), Disconnect::RestartRequired);
        ending.event(&Event::StreamReplaced(StreamReplaced::builder().build()));
        ending.event(&logged_out(ConnectFailureReason::LoggedOut, None));
        assert_eq!(ending.reason(), Disconnect::Replaced, "the first plain word");
    }
}
