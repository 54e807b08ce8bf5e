//! One WebSocket from handshake to goodbye: Noise, frames, and two loops that read and write stanzas.
//!
//! What a stanza means is decided in `router`; who may log in in `login`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use bytes::{Buf as _, Bytes, BytesMut};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use wacore_binary::node::OwnedNodeRef;
use wacore_binary::util::unpack_bytes;
use wacore_binary::{Node, marshal_to_vec};
use wacore_noise::NoiseCipher;
use wacore_noise::framing::{FrameDecoder, append_frame_into};

use crate::error::Error;
use crate::hub::Hub;
use crate::line::{Line, Out};
use crate::noise::{self, Resumption, Session, Step};
use crate::outbox::Batch;

const HEADER: usize = 4;

/// How long a client may take to hang up after a goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// The reading half: bytes in, frames out.
struct Frames {
    socket: SplitStream<WebSocket>,
    decoder: FrameDecoder,
}

impl Frames {
    /// The next frame, or nothing when the client is gone.
    async fn next(&mut self) -> Option<BytesMut> {
        loop {
            if let Some(frame) = self.decoder.decode_frame() {
                return Some(frame);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Option<()> {
        let bytes = next_binary(&mut self.socket).await?;
        self.decoder.feed(&bytes);
        Some(())
    }
}

async fn next_binary(socket: &mut SplitStream<WebSocket>) -> Option<Bytes> {
    loop {
        match socket.next().await? {
            Ok(Message::Binary(bytes)) => return Some(bytes),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_)) => {}
        }
    }
}

/// Serves one client until it goes.
pub(crate) async fn serve(hub: Arc<Hub>, socket: WebSocket) {
    let (mut sink, socket) = socket.split();
    let mut frames = Frames {
        socket,
        decoder: FrameDecoder::new(),
    };
    let session = match handshake(&hub, &mut sink, &mut frames).await {
        Ok(session) => session,
        Err(error) => {
            tracing::debug!(%error, "client did not get in");
            return;
        }
    };
    let (line, out) = Line::new(hub.next_line(), hub.stop.child_token());
    let line = Arc::new(line);
    {
        let mut world = hub.world.lock();
        world.counters.handshake(session.pattern);
        world.lines.insert(line.id, Arc::clone(&line));
    }
    let writer = Writer {
        sink,
        cipher: session.write,
        counter: 0,
        said_goodbye: false,
        hub: Arc::clone(&hub),
        line: Arc::clone(&line),
    };
    let writing = hub.tasks.spawn(writer.run(out));
    let greeting = crate::login::Greeting {
        client_static: session.client_static,
        payload: session.payload,
    };
    crate::login::greet(&hub, &line, &greeting);
    let reading = read(&hub, &line, &mut frames, &session.read);
    tokio::select! {
        () = reading => line.cut.cancel(),
        () = line.cut.cancelled() => {}
    }
    hub.hang_up(&line);
    match writing.await {
        Ok(true) => {
            // A socket closed over unread bytes is reset, and a reset can take the last words with it. So the client is
            // heard out until it hangs up too.
            let heard_out = async { while frames.fill().await.is_some() {} };
            let _ = tokio::time::timeout(FAREWELL, heard_out).await;
        }
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "a connection's writer failed"),
    }
}

async fn handshake(hub: &Hub, sink: &mut SplitSink<WebSocket, Message>, frames: &mut Frames) -> Result<Session, Error> {
    let gone = || Error::Handshake("the client left".into());
    let header = header(frames).await.ok_or_else(gone)?;
    if header[..3] != *b"WA\x06" {
        return Err(Error::Handshake("not a WhatsApp client".into()));
    }
    if header[3] != 3 {
        return Err(Error::Handshake(format!(
            "token dictionary {} is not spoken here, only 3",
            header[3]
        )));
    }
    let hello = frames.next().await.ok_or_else(gone)?;
    let resumption = if hub.world.lock().faults.refuse_resumption() {
        Resumption::Refuse
    } else {
        Resumption::Accept
    };
    match noise::respond(&hub.keys, &header, &hello, resumption)? {
        Step::Done(reply, session) => {
            send_plain(sink, &reply).await?;
            Ok(*session)
        }
        Step::Wait(reply, waiting) => {
            send_plain(sink, &reply).await?;
            let finish = frames.next().await.ok_or_else(gone)?;
            waiting.finish(&finish)
        }
    }
}

/// The four bytes that open the stream; routing information before them is skipped.
async fn header(frames: &mut Frames) -> Option<[u8; HEADER]> {
    let mut start = BytesMut::new();
    loop {
        start.extend_from_slice(&next_binary(&mut frames.socket).await?);
        if start.starts_with(b"ED") {
            if start.len() < 7 {
                continue;
            }
            let skip = 7 + (usize::from(start[4]) << 16 | usize::from(start[5]) << 8 | usize::from(start[6]));
            if start.len() < skip {
                continue;
            }
            start.advance(skip);
        }
        if start.len() >= HEADER {
            let header = start[..HEADER].try_into().expect("four bytes are four bytes");
            frames.decoder.feed(&start[HEADER..]);
            return Some(header);
        }
    }
}

async fn send_plain(sink: &mut SplitSink<WebSocket, Message>, payload: &[u8]) -> Result<(), Error> {
    let mut frame = Vec::with_capacity(payload.len() + 3);
    append_frame_into(payload, None, &mut frame).map_err(|e| Error::Handshake(e.to_string()))?;
    sink.send(Message::Binary(frame.into()))
        .await
        .map_err(|e| Error::Handshake(e.to_string()))
}

async fn read(hub: &Arc<Hub>, line: &Arc<Line>, frames: &mut Frames, cipher: &NoiseCipher) {
    let counter = AtomicU32::new(0);
    while let Some(mut frame) = frames.next().await {
        if line.frozen() {
            std::future::pending::<()>().await;
        }
        let n = counter.fetch_add(1, Ordering::Relaxed);
        let node = cipher
            .decrypt_in_place_with_counter(n, &mut frame)
            .ok()
            .and_then(|()| unpack_bytes(frame).ok())
            .and_then(|bytes| OwnedNodeRef::new(bytes).ok());
        let Some(node) = node else {
            tracing::warn!("a frame could not be read; closing");
            return;
        };
        hub.on_stanza(line, &node.to_owned_node());
    }
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    cipher: NoiseCipher,
    counter: u32,
    said_goodbye: bool,
    hub: Arc<Hub>,
    line: Arc<Line>,
}

impl Writer {
    /// Writes until the connection is closed or cut. True when it was closed in good order.
    async fn run(mut self, mut out: mpsc::Receiver<Out>) -> bool {
        let line = Arc::clone(&self.line);
        let work = async {
            loop {
                let first = tokio::select! {
                    biased;
                    first = out.recv() => match first {
                        Some(first) => Some(first),
                        None => return,
                    },
                    () = line.wake.notified() => None,
                };
                if line.frozen() {
                    std::future::pending::<()>().await;
                }
                let going = match first {
                    Some(first) => self.answers(first, &mut out).await,
                    None => self.queue().await,
                };
                if !going {
                    return;
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = line.cut.cancelled() => {}
        }
        line.cut.cancel();
        self.said_goodbye
    }

    /// Writes answers, as many as are ready, in one go.
    async fn answers(&mut self, first: Out, out: &mut mpsc::Receiver<Out>) -> bool {
        let mut buffer = Vec::new();
        let mut next = Some(first);
        let mut close = false;
        while let Some(one) = next {
            match one {
                Out::Node(node) => self.seal_node(&node, &mut buffer),
                Out::Close => {
                    close = true;
                    break;
                }
            }
            next = if buffer.len() < 32_768 {
                out.try_recv().ok()
            } else {
                None
            };
        }
        let sent = buffer.is_empty() || self.flush(buffer).await;
        if close {
            let farewell = self.sink.send(Message::Close(None)).await;
            self.said_goodbye = farewell.is_ok();
            tracing::trace!(ok = farewell.is_ok(), "closed");
        }
        sent && !close
    }

    /// Writes the next part of the device's queue.
    async fn queue(&mut self) -> bool {
        loop {
            let Batch { stanzas, more } = self.hub.next_batch(&self.line);
            if stanzas.is_empty() {
                return true;
            }
            let mut buffer = Vec::new();
            for stanza in &stanzas {
                self.seal(stanza, &mut buffer);
            }
            if !self.flush(buffer).await {
                return false;
            }
            if !more {
                return true;
            }
            if self.line.frozen() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn seal_node(&mut self, node: &Node, buffer: &mut Vec<u8>) {
        let mut bytes = Vec::with_capacity(256);
        marshal_to_vec(node, &mut bytes).expect("writing to memory cannot fail");
        self.seal(&bytes, buffer);
    }

    fn seal(&mut self, stanza: &[u8], buffer: &mut Vec<u8>) {
        let sealed = self
            .cipher
            .encrypt_with_counter(self.counter, stanza)
            .expect("a stanza fits into one message");
        self.counter += 1;
        append_frame_into(&sealed, None, buffer).expect("a stanza fits into a frame");
        self.hub.stanza_out();
    }

    async fn flush(&mut self, buffer: Vec<u8>) -> bool {
        self.sink.send(Message::Binary(buffer.into())).await.is_ok()
    }
}
