//! A provider whose answers a test writes, for the tests of the crates above.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use pesan_model::chat::Activity;
use pesan_model::message::MessageError;
use pesan_model::{AccountId, Address, Capabilities, Phone, ProviderKind};
use tokio::sync::watch;

use crate::inbound::{Connection, Inbound, InboundSink, ReceiveError, Received};
use crate::provider::{
    Accepted, Connector, GroupInfo, NumberCheck, Outgoing, OutgoingMedia, Provider, ProviderError, ReadMark,
    RemoteMedia, SendError,
};
use crate::session_records::SessionRecords;

/// How a send ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The server accepts it.
    Accept,
    /// Certainly not accepted; may be tried again.
    Retry {
        /// Least wait.
        after: Option<Duration>,
    },
    /// There is no connection.
    NotConnected,
    /// Will never be accepted.
    Reject {
        /// The code.
        code: String,
    },
    /// The answer is lost.
    Unknown,
    /// Nothing happens until [`FakeProvider::release`]; then it is accepted.
    Hang,
    /// Nothing happens until [`FakeProvider::release`]; then there is no connection any more.
    Break,
}

#[derive(Default)]
struct Script {
    next: VecDeque<Answer>,
    always: Option<Answer>,
    sent: Vec<Outgoing>,
    uploads: Vec<OutgoingMedia>,
    reads: Vec<ReadMark>,
    activities: Vec<(Address, Activity)>,
    numbers: HashMap<Phone, NumberCheck>,
    pictures: HashMap<Address, String>,
    groups: HashMap<Address, GroupInfo>,
    media: HashMap<String, Vec<u8>>,
}

/// A provider whose answers a test writes. Accepts every send unless told otherwise.
pub struct FakeProvider {
    account: AccountId,
    sink: Arc<dyn InboundSink>,
    script: Mutex<Script>,
    sends: watch::Sender<usize>,
    released: watch::Sender<u64>,
    logout_hangs: watch::Sender<bool>,
    ended: watch::Sender<Option<End>>,
}

/// How a fake connection was ended by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By `shutdown`.
    ShutDown,
    /// By `logout`.
    LoggedOut,
}

impl FakeProvider {
    /// A provider for `account` that hands what a test injects to `sink`.
    pub fn new(account: AccountId, sink: Arc<dyn InboundSink>) -> Arc<Self> {
        Arc::new(Self {
            account,
            sink,
            script: Mutex::default(),
            sends: watch::Sender::new(0),
            released: watch::Sender::new(0),
            logout_hangs: watch::Sender::new(false),
            ended: watch::Sender::new(None),
        })
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The form in which WhatsApp knows a number, where that is another one.
    fn other_form(&self, to: &Address) -> Option<Phone> {
        let Address::Phone(phone) = to else { return None };
        match &self.script().numbers.get(phone)?.address {
            Some(Address::Phone(known)) if known != phone => Some(known.clone()),
            _ => None,
        }
    }

    /// The account it is for.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Answers the next send that has no answer yet.
    pub fn answer_next(&self, answer: Answer) {
        self.script().next.push_back(answer);
    }

    /// Answers every send that `answer_next` has no answer for.
    pub fn answer_always(&self, answer: Answer) {
        self.script().always = Some(answer);
    }

    /// Lets every send that hangs now go on.
    pub fn release(&self) {
        self.released.send_modify(|round| *round += 1);
    }

    /// While true, a log-out waits for WhatsApp's answer.
    pub fn set_logout_hangs(&self, hangs: bool) {
        self.logout_hangs.send_replace(hangs);
    }

    /// What was handed over to be sent, in order, whatever the answer.
    pub fn sent(&self) -> Vec<Outgoing> {
        self.script().sent.clone()
    }

    /// Waits until at least `count` sends were handed over, and returns them all.
    pub async fn wait_for_sends(&self, count: usize) -> Vec<Outgoing> {
        let mut sends = self.sends.subscribe();
        sends
            .wait_for(|sent| *sent >= count)
            .await
            .expect("the sender is in self");
        self.sent()
    }

    /// What was uploaded without being sent.
    pub fn uploads(&self) -> Vec<OutgoingMedia> {
        self.script().uploads.clone()
    }

    /// What was marked as read.
    pub fn reads(&self) -> Vec<ReadMark> {
        self.script().reads.clone()
    }

    /// Which activities were shown.
    pub fn activities(&self) -> Vec<(Address, Activity)> {
        self.script().activities.clone()
    }

    /// What `check_numbers` says of a number; numbers without an answer are on WhatsApp. What is sent to one that is known in
    /// another form is not handed over, and `send` says so.
    pub fn set_number(&self, check: NumberCheck) {
        self.script().numbers.insert(check.phone.clone(), check);
    }

    /// What `profile_picture` says.
    pub fn set_picture(&self, of: Address, url: impl Into<String>) {
        self.script().pictures.insert(of, url.into());
    }

    /// What `group` says.
    pub fn set_group(&self, group: Address, info: GroupInfo) {
        self.script().groups.insert(group, info);
    }

    /// What `fetch_media` finds.
    pub fn set_media(&self, remote: &RemoteMedia, bytes: impl Into<Vec<u8>>) {
        self.script().media.insert(remote.0.clone(), bytes.into());
    }

    /// Hands these to the sink, as if they came from WhatsApp.
    pub async fn receive(&self, batch: Vec<Inbound>) -> Result<Received, ReceiveError> {
        self.sink.receive(self.account, batch).await
    }

    /// Tells the sink that the connection changed.
    pub async fn connection(&self, connection: Connection) {
        self.sink.connection(self.account, connection).await;
    }

    /// How its owner ended it, if they did.
    pub fn ended(&self) -> Option<End> {
        *self.ended.borrow()
    }

    /// Waits until its owner ends it.
    pub async fn wait_for_end(&self) -> End {
        let mut ended = self.ended.subscribe();
        let end = *ended.wait_for(Option::is_some).await.expect("the sender is in self");
        end.expect("just waited for it")
    }
}

#[async_trait]
impl Provider for FakeProvider {
    fn capabilities(&self) -> &'static Capabilities {
        Capabilities::of(ProviderKind::LinkedDevice)
    }

    async fn upload(&self, media: &OutgoingMedia) -> Result<RemoteMedia, SendError> {
        let mut script = self.script();
        let remote = RemoteMedia(format!("uploaded-{}", script.uploads.len()));
        script.uploads.push(media.clone());
        Ok(remote)
    }

    async fn send(&self, out: &Outgoing) -> Result<Accepted, SendError> {
        if let Some(phone) = self.other_form(&out.to) {
            return Err(SendError::Elsewhere { phone });
        }
        let mut released = self.released.subscribe();
        released.mark_unchanged();
        let answer = {
            let mut script = self.script();
            script.sent.push(out.clone());
            script
                .next
                .pop_front()
                .or_else(|| script.always.clone())
                .unwrap_or(Answer::Accept)
        };
        self.sends.send_modify(|count| *count += 1);
        match answer {
            Answer::Accept => {}
            Answer::Hang => released.changed().await.expect("the sender is in self"),
            Answer::Break => {
                released.changed().await.expect("the sender is in self");
                return Err(SendError::NotConnected);
            }
            Answer::Retry { after } => {
                return Err(SendError::Retry {
                    after,
                    reason: "scripted".into(),
                });
            }
            Answer::NotConnected => return Err(SendError::NotConnected),
            Answer::Reject { code } => {
                return Err(SendError::Rejected(MessageError::refused(&code)));
            }
            Answer::Unknown => {
                return Err(SendError::Unknown {
                    reason: "scripted".into(),
                });
            }
        }
        Ok(Accepted {
            at: None,
            uploaded: None,
            address: None,
        })
    }

    async fn mark_read(&self, read: &ReadMark) -> Result<(), ProviderError> {
        self.script().reads.push(read.clone());
        Ok(())
    }

    async fn set_activity(&self, chat: &Address, activity: Activity) -> Result<(), ProviderError> {
        self.script().activities.push((chat.clone(), activity));
        Ok(())
    }

    async fn check_numbers(&self, phones: &[Phone]) -> Result<Vec<NumberCheck>, ProviderError> {
        let script = self.script();
        Ok(phones
            .iter()
            .map(|phone| {
                script.numbers.get(phone).cloned().unwrap_or_else(|| NumberCheck {
                    phone: phone.clone(),
                    address: Some(Address::Phone(phone.clone())),
                    lid: None,
                })
            })
            .collect())
    }

    async fn profile_picture(&self, of: &Address) -> Result<Option<String>, ProviderError> {
        Ok(self.script().pictures.get(of).cloned())
    }

    async fn group(&self, group: &Address) -> Result<GroupInfo, ProviderError> {
        self.script().groups.get(group).cloned().ok_or(ProviderError::NotFound)
    }

    async fn fetch_media(&self, remote: &RemoteMedia, file: &Path) -> Result<(), ProviderError> {
        let bytes = self
            .script()
            .media
            .get(&remote.0)
            .cloned()
            .ok_or(ProviderError::NotFound)?;
        tokio::fs::write(file, bytes)
            .await
            .map_err(|error| ProviderError::Failed(error.to_string()))
    }

    async fn logout(&self) -> Result<(), ProviderError> {
        let mut hangs = self.logout_hangs.subscribe();
        hangs.wait_for(|hangs| !hangs).await.expect("the sender is in self");
        if self.ended().is_some() {
            return Err(ProviderError::NotConnected);
        }
        self.ended.send_replace(Some(End::LoggedOut));
        Ok(())
    }

    async fn shutdown(&self) {
        self.ended.send_modify(|end| {
            end.get_or_insert(End::ShutDown);
        });
    }
}

/// Opens a [`FakeProvider`] for each connection and lets a test find it.
#[derive(Default)]
pub struct FakeConnector {
    opened: watch::Sender<Vec<Arc<FakeProvider>>>,
}

impl FakeConnector {
    /// Nothing opened yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Every provider opened so far, oldest first.
    pub fn opened(&self) -> Vec<Arc<FakeProvider>> {
        self.opened.borrow().clone()
    }

    /// Waits for provider number `number` (1 is the first) of `account`.
    pub async fn wait_for(&self, account: AccountId, number: usize) -> Arc<FakeProvider> {
        let mut opened = self.opened.subscribe();
        let find = |all: &Vec<Arc<FakeProvider>>| {
            all.iter()
                .filter(|provider| provider.account == account)
                .nth(number.saturating_sub(1))
                .cloned()
        };
        let all = opened
            .wait_for(|all| find(all).is_some())
            .await
            .expect("the sender is in self");
        find(&all).expect("just waited for it")
    }
}

#[async_trait]
impl Connector for FakeConnector {
    async fn open(
        &self,
        account: AccountId,
        _records: Arc<dyn SessionRecords>,
        sink: Arc<dyn InboundSink>,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        let provider = FakeProvider::new(account, sink);
        self.opened.send_modify(|all| all.push(Arc::clone(&provider)));
        Ok(provider)
    }
}
