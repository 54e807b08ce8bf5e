//! The history that a phone sends after it was linked: kept whole until every message of it is committed.
//!
//! The library acknowledges the stanza that announces a piece of history before it tells us the piece, and nobody can be
//! asked for it again. So the piece becomes a session record before anything else leaves for WhatsApp, and goes when its
//! last message is committed. What a crash, a lost connection or a log-out leaves behind is taken in by the next
//! connection. One piece is in memory at a time, and of it one conversation in clear.

use std::sync::{Arc, Weak};

use pesan_model::Clock;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wacore::history_sync::{HistorySyncStream, MAX_DECOMPRESSED};
use wacore::types::events::LazyHistorySync;
use whatsapp_rust::Client;

use super::convert_in;
use super::identity::identity;
use super::queue::MAX_BATCH;
use crate::inbound::{Inbound, Person};
use crate::session_records::{HISTORY, RecordError, RecordWrite, SessionRecords};

/// How many batches are read ahead while newer things go first.
const AHEAD: usize = 2;

/// What the phone of one account told of the past and is not yet taken in.
pub(super) struct History {
    records: Arc<dyn SessionRecords>,
    clock: Arc<dyn Clock>,
    client: Weak<Client>,
    state: State,
}

enum State {
    /// Nobody has looked which piece is next.
    Unknown,
    /// A piece is read.
    Reading(Piece),
    /// All of the piece with this key is committed.
    Done(Vec<u8>),
    /// Nothing is to be done until a piece comes.
    Idle,
}

struct Piece {
    key: Vec<u8>,
    batches: mpsc::Receiver<Vec<Inbound>>,
    reader: JoinHandle<()>,
}

impl History {
    /// What is left in `records` from earlier connections. `client` knows who the account is.
    pub(super) fn new(records: Arc<dyn SessionRecords>, clock: Arc<dyn Clock>, client: Weak<Client>) -> Self {
        Self {
            records,
            clock,
            client,
            state: State::Unknown,
        }
    }

    /// Keeps a piece. `Ok` means that a crash does not lose it.
    pub(super) async fn keep(&mut self, piece: &LazyHistorySync) -> Result<(), RecordError> {
        let bytes = piece.compressed_bytes();
        // The oldest goes first. The hash keeps two of the same moment apart.
        let mut key = self.clock.now().millis().to_be_bytes().to_vec();
        key.extend_from_slice(&Sha256::digest(bytes)[..8]);
        let put = RecordWrite::Put {
            kind: HISTORY,
            key,
            value: bytes.to_vec(),
            expires_at: None,
        };
        self.records.write(vec![put]).await?;
        if matches!(self.state, State::Idle) {
            self.state = State::Unknown;
        }
        Ok(())
    }

    /// The next batch. To ask for it says that the one before is committed. Waits while there is none. Can be dropped
    /// and asked again.
    pub(super) async fn next(&mut self) -> Vec<Inbound> {
        loop {
            match self.step().await {
                Ok(Some(batch)) => return batch,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "the history waits for the next connection");
                    self.state = State::Idle;
                }
            }
        }
    }

    /// A batch was not committed: the piece stays as it is, and the next connection begins it again.
    pub(super) fn stop(&mut self) {
        self.state = State::Idle;
    }

    async fn step(&mut self) -> Result<Option<Vec<Inbound>>, RecordError> {
        self.state = match &mut self.state {
            State::Unknown => match self.records.first(HISTORY).await? {
                Some((key, bytes)) => State::Reading(self.open(key, bytes)),
                None => State::Idle,
            },
            State::Reading(piece) => match piece.batches.recv().await {
                Some(batch) => return Ok(Some(batch)),
                None if (&mut piece.reader).await.is_ok() => State::Done(std::mem::take(&mut piece.key)),
                // A panic, which is in the log already.
                None => State::Idle,
            },
            State::Done(key) => {
                let delete = RecordWrite::Delete {
                    kind: HISTORY,
                    key: key.clone(),
                };
                self.records.write(vec![delete]).await?;
                State::Unknown
            }
            State::Idle => std::future::pending().await,
        };
        Ok(None)
    }

    fn open(&self, key: Vec<u8>, bytes: Vec<u8>) -> Piece {
        let own = self
            .client
            .upgrade()
            .map(|client| identity(&client))
            .unwrap_or_default();
        let own = Person {
            phone: own.phone,
            lid: own.lid,
            push_name: own.push_name,
        };
        let (sender, batches) = mpsc::channel(AHEAD);
        let reader = tokio::task::spawn_blocking(move || read(&bytes, &own, &sender));
        Piece { key, batches, reader }
    }
}

/// Reads a piece conversation by conversation. Blocks: unpacking takes a while, and the sink may be busy.
fn read(piece: &[u8], own: &Person, batches: &mpsc::Sender<Vec<Inbound>>) {
    let mut conversations = HistorySyncStream::new(piece, MAX_DECOMPRESSED);
    let mut batch = Vec::new();
    loop {
        let conversation = match conversations.next_conversation() {
            Ok(Some(conversation)) => conversation,
            Ok(None) => break,
            Err(error) => {
                // Reading it again would end in the same place.
                tracing::warn!(%error, "the rest of a piece of history could not be read");
                break;
            }
        };
        for message in convert_in::history(&conversation, own) {
            batch.push(message);
            if batch.len() == MAX_BATCH && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return;
            }
        }
    }
    if !batch.is_empty() {
        // Nobody takes it any more when the connection is over.
        let _ = batches.blocking_send(batch);
    }
}
