//! Disturbances on demand: what goes wrong, for whom, for which stanza, how often.
//!
//! A fault with a `stanza` waits for a matching one; without it, those that concern a connection happen at once.

mod order;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wacore_binary::Node;

pub use self::order::NewFault;
use crate::ids::Address;
use crate::line::Line;
use crate::login;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The message is relayed, its acknowledgement never sent.
    DropAck,
    /// The acknowledgement comes late.
    DelayAck {
        /// By so many milliseconds.
        ms: u64,
    },
    /// The acknowledgement comes more than once.
    DuplicateAck {
        /// So many extra times.
        #[serde(default = "one")]
        copies: u32,
    },
    /// The message is refused, and not relayed.
    Nack {
        /// With this error code, as 463 or 479.
        code: u16,
        /// So many milliseconds later.
        #[serde(default)]
        ms: u64,
    },
    /// The stanza vanishes on its way to the server: neither relayed nor acknowledged.
    DropStanza,
    /// A ciphertext is damaged on its way to the device, which will ask for it again.
    CorruptCiphertext,
    /// The connection breaks without a goodbye.
    Cut {
        /// For a stanza: before or after the server has taken it. Its acknowledgement is lost either way.
        #[serde(default)]
        moment: Moment,
    },
    /// The server neither reads nor writes any more but keeps the connection open.
    HalfOpen {
        /// For a stanza: before or after the server has taken it.
        #[serde(default)]
        moment: Moment,
    },
    /// Log-in is refused.
    RefuseLogin {
        /// 401, 403, 503 or any other.
        code: u16,
    },
    /// Log-in is refused because the number is banned for a while.
    TemporaryBan {
        /// Why, as 101.
        code: u16,
        /// For how long.
        seconds: u64,
    },
    /// A resumed handshake is refused, so that the client must fall back to a full one.
    RefuseResumption,
    /// The stream ends with this code, as 515 or 503.
    StreamError {
        /// The code.
        code: u16,
    },
    /// The stream ends because the device is said to have connected elsewhere.
    ConflictReplaced,
}

fn one() -> u32 {
    1
}

/// When a connection breaks, seen from the stanza that triggers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The stanza is lost.
    #[default]
    Before,
    /// The stanza is relayed, its acknowledgement lost.
    After,
}

/// A fault that waits or has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Its number.
    pub id: u64,
    /// What was ordered.
    #[serde(flatten)]
    pub order: NewFault,
    /// How often it has happened.
    pub happened: u32,
}

/// All faults.
#[derive(Default)]
pub(crate) struct Faults {
    next: u64,
    all: Vec<Armed>,
}

struct Armed {
    fault: Fault,
    phone: Option<u64>,
    chat: Option<String>,
}

/// A stanza on its way, as far as faults look at it.
pub(crate) struct Passing<'a> {
    pub who: Address,
    pub class: &'static str,
    pub id: &'a str,
    pub chat: &'a str,
}

/// What happens to an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum AckFate {
    #[default]
    Send,
    Drop,
    Delay(u64),
    Repeat(u32),
    Nack {
        code: u16,
        ms: u64,
    },
}

/// What happens to a stanza and to the connection it came on.
#[derive(Default)]
pub(crate) struct Fate {
    pub ack: AckFate,
    pub swallow: bool,
    pub cut: Option<Moment>,
    pub freeze: Option<Moment>,
    end: Option<Node>,
}

impl Fate {
    /// Breaks the connection if that is due now. Then nothing more is to be sent.
    pub(crate) fn disturb(&self, line: &Line, now: Moment) -> bool {
        if self.cut == Some(now) {
            line.cut.cancel();
            return true;
        }
        if self.freeze == Some(now) {
            line.freeze();
            return true;
        }
        if now == Moment::After
            && let Some(end) = &self.end
        {
            line.send(end.clone());
            line.close();
            return true;
        }
        false
    }
}

impl Faults {
    /// Arms a fault.
    pub(crate) fn add(&mut self, order: NewFault, phone: Option<u64>) -> Fault {
        self.next += 1;
        let chat = order.chat.as_deref().map(|chat| {
            if chat.contains('@') {
                chat.to_owned()
            } else {
                chat.chars().filter(char::is_ascii_digit).collect()
            }
        });
        let fault = Fault {
            id: self.next,
            order,
            happened: 0,
        };
        self.all.push(Armed {
            fault: fault.clone(),
            phone,
            chat,
        });
        fault
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.all.iter().map(|armed| armed.fault.clone()).collect()
    }

    pub(crate) fn remove(&mut self, id: Option<u64>) -> usize {
        let before = self.all.len();
        self.all.retain(|armed| id.is_some_and(|id| armed.fault.id != id));
        before - self.all.len()
    }

    /// Counts how often a fault without a stanza happened at once.
    pub(crate) fn happened(&mut self, id: u64, times: u32) {
        if let Some(armed) = self.all.iter_mut().find(|armed| armed.fault.id == id) {
            armed.fault.happened += times;
            armed.fault.order.count = Some(0);
        }
    }

    fn take(&mut self, who: Option<Address>, wanted: impl Fn(&Armed) -> bool) -> Option<FaultKind> {
        let armed = self.all.iter_mut().find(|armed| {
            armed.fault.order.count != Some(0)
                && armed
                    .phone
                    .is_none_or(|phone| who.is_some_and(|who| who.phone == phone))
                && armed
                    .fault
                    .order
                    .device
                    .is_none_or(|device| who.is_some_and(|who| who.device == device))
                && wanted(armed)
        })?;
        armed.fault.happened += 1;
        if let Some(left) = armed.fault.order.count.as_mut() {
            *left -= 1;
        }
        Some(armed.fault.order.fault.clone())
    }

    /// What the next stanza from a client meets.
    pub(crate) fn on_incoming(&mut self, passing: &Passing<'_>) -> Fate {
        let mut fate = Fate::default();
        if self.all.is_empty() {
            return fate;
        }
        let taken = self.take(Some(passing.who), |armed| {
            let default = match armed.fault.order.fault {
                FaultKind::DropAck
                | FaultKind::DelayAck { .. }
                | FaultKind::DuplicateAck { .. }
                | FaultKind::Nack { .. }
                | FaultKind::DropStanza => Some("message"),
                FaultKind::Cut { .. }
                | FaultKind::HalfOpen { .. }
                | FaultKind::StreamError { .. }
                | FaultKind::ConflictReplaced => None,
                FaultKind::CorruptCiphertext
                | FaultKind::RefuseLogin { .. }
                | FaultKind::TemporaryBan { .. }
                | FaultKind::RefuseResumption => return false,
            };
            armed.concerns(passing, default)
        });
        match taken {
            Some(FaultKind::DropAck) => fate.ack = AckFate::Drop,
            Some(FaultKind::DelayAck { ms }) => fate.ack = AckFate::Delay(ms),
            Some(FaultKind::DuplicateAck { copies }) => fate.ack = AckFate::Repeat(copies),
            Some(FaultKind::Nack { code, ms }) => fate.ack = AckFate::Nack { code, ms },
            Some(FaultKind::DropStanza) => fate.swallow = true,
            Some(FaultKind::Cut { moment }) => fate.cut = Some(moment),
            Some(FaultKind::HalfOpen { moment }) => fate.freeze = Some(moment),
            Some(FaultKind::StreamError { code }) => fate.end = Some(login::stream_error(code)),
            Some(FaultKind::ConflictReplaced) => fate.end = Some(login::conflict("replaced")),
            Some(
                FaultKind::CorruptCiphertext
                | FaultKind::RefuseLogin { .. }
                | FaultKind::TemporaryBan { .. }
                | FaultKind::RefuseResumption,
            )
            | None => {}
        }
        fate
    }

    /// Whether the ciphertext on its way to this device is damaged.
    pub(crate) fn corrupts(&mut self, passing: &Passing<'_>) -> bool {
        !self.all.is_empty()
            && self
                .take(Some(passing.who), |armed| {
                    armed.fault.order.fault == FaultKind::CorruptCiphertext && armed.concerns(passing, Some("message"))
                })
                .is_some()
    }

    /// The words with which this device is sent away.
    pub(crate) fn refuse_login(&mut self, who: Address) -> Option<Node> {
        let farewell = |fault: &FaultKind| match *fault {
            FaultKind::RefuseLogin { code } => Some(login::failure(code)),
            FaultKind::TemporaryBan { code, seconds } => Some(login::ban(code, seconds)),
            FaultKind::DropAck
            | FaultKind::DelayAck { .. }
            | FaultKind::DuplicateAck { .. }
            | FaultKind::Nack { .. }
            | FaultKind::DropStanza
            | FaultKind::CorruptCiphertext
            | FaultKind::Cut { .. }
            | FaultKind::HalfOpen { .. }
            | FaultKind::RefuseResumption
            | FaultKind::StreamError { .. }
            | FaultKind::ConflictReplaced => None,
        };
        let taken = self.take(Some(who), |armed| farewell(&armed.fault.order.fault).is_some())?;
        farewell(&taken)
    }

    /// Whether the next resumed handshake is refused. Nobody is known yet at that point.
    pub(crate) fn refuse_resumption(&mut self) -> bool {
        self.take(None, |armed| armed.fault.order.fault == FaultKind::RefuseResumption)
            .is_some()
    }
}

impl Armed {
    fn concerns(&self, passing: &Passing<'_>, default_class: Option<&str>) -> bool {
        let order = &self.fault.order;
        let class = order.stanza.as_deref().or(default_class);
        class == Some(passing.class)
            && order.id.as_deref().is_none_or(|id| id == passing.id)
            && self.chat.as_deref().is_none_or(|chat| {
                if chat.contains('@') {
                    chat == passing.chat
                } else {
                    let user = passing.chat.split('@').next().unwrap_or_default();
                    user == chat || user.strip_prefix("1000") == Some(chat)
                }
            })
    }
}

/// What a fault disturbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concerns {
    /// The acknowledgement of a message.
    Acknowledgement,
    /// A stanza itself.
    Stanza,
    /// A connection, at once or when a stanza passes.
    Connection,
    /// The next log-in.
    LogIn,
}

impl FaultKind {
    /// What it disturbs.
    pub(crate) fn concerns(&self) -> Concerns {
        match self {
            Self::Cut { .. } | Self::HalfOpen { .. } | Self::StreamError { .. } | Self::ConflictReplaced => {
                Concerns::Connection
            }
            Self::DropAck | Self::DelayAck { .. } | Self::DuplicateAck { .. } | Self::Nack { .. } => {
                Concerns::Acknowledgement
            }
            Self::DropStanza | Self::CorruptCiphertext => Concerns::Stanza,
            Self::RefuseLogin { .. } | Self::TemporaryBan { .. } | Self::RefuseResumption => Concerns::LogIn,
        }
    }

    /// What a connection is told at once if no stanza is waited for; nothing for faults that always wait.
    pub(crate) fn strike(&self, line: &Line) -> bool {
        match self {
            Self::Cut { .. } => line.cut.cancel(),
            Self::HalfOpen { .. } => line.freeze(),
            Self::StreamError { code } => {
                line.send(login::stream_error(*code));
                line.close();
            }
            Self::ConflictReplaced => {
                line.send(login::conflict("replaced"));
                line.close();
            }
            Self::DropAck
            | Self::DelayAck { .. }
            | Self::DuplicateAck { .. }
            | Self::Nack { .. }
            | Self::DropStanza
            | Self::CorruptCiphertext
            | Self::RefuseLogin { .. }
            | Self::TemporaryBan { .. }
            | Self::RefuseResumption => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(phone: u64, class: &'static str) -> Passing<'static> {
        Passing {
            who: Address::new(phone, 1),
            class,
            id: "A",
            chat: "15550100002@s.whatsapp.net",
        }
    }

    #[test]
    fn a_fault_happens_as_often_as_ordered_and_only_to_its_account() {
        let mut faults = Faults::default();
        faults.add(NewFault::once(FaultKind::Nack { code: 463, ms: 7 }).times(2), Some(1));
        assert_eq!(faults.on_incoming(&passing(2, "message")).ack, AckFate::Send);
        assert_eq!(faults.on_incoming(&passing(1, "receipt")).ack, AckFate::Send);
        assert_eq!(
            faults.on_incoming(&passing(1, "message")).ack,
            AckFate::Nack { code: 463, ms: 7 }
        );
        assert_eq!(
            faults.on_incoming(&passing(1, "message")).ack,
            AckFate::Nack { code: 463, ms: 7 }
        );
        assert_eq!(faults.on_incoming(&passing(1, "message")).ack, AckFate::Send);
        assert_eq!(faults.list()[0].happened, 2);
    }

    #[test]
    fn a_fault_can_be_meant_for_one_chat() {
        let mut faults = Faults::default();
        let mut order = NewFault::once(FaultKind::DropAck);
        order.chat = Some("+1 555-010-0003".into());
        faults.add(order.clone(), None);
        assert_eq!(faults.on_incoming(&passing(1, "message")).ack, AckFate::Send);
        order.chat = Some("+1 555-010-0002".into());
        faults.add(order, None);
        assert_eq!(faults.on_incoming(&passing(1, "message")).ack, AckFate::Drop);
    }

    #[test]
    fn without_a_count_a_fault_lasts_until_removed() {
        let mut faults = Faults::default();
        let mut order = NewFault::once(FaultKind::RefuseLogin { code: 503 });
        order.count = None;
        let id = faults.add(order, None).id;
        assert_eq!(faults.refuse_login(Address::new(1, 1)), Some(login::failure(503)));
        assert_eq!(faults.refuse_login(Address::new(1, 1)), Some(login::failure(503)));
        assert_eq!(faults.remove(Some(id)), 1);
        assert_eq!(faults.refuse_login(Address::new(1, 1)), None);
    }
}
