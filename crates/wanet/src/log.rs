//! A file of named values that survives `kill -9`: every change is appended at once, the file is rewritten when it has
//! grown to mostly old values. A torn last record is ignored.
//!
//! Not here: what is kept (`saved`).

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

const NAME: &str = "wanet.log";
const HEAD: usize = 10;
const SLACK: u64 = 64 * 1024 * 1024;

/// A change of one value; `None` removes it.
pub(crate) struct Change {
    pub name: String,
    pub value: Option<Vec<u8>>,
}

enum Order {
    Change(Change),
    Flush(mpsc::SyncSender<()>),
}

/// The appending end.
pub(crate) struct Log {
    orders: Mutex<Option<mpsc::Sender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Where a value lies in the file.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    length: u32,
}

struct Writer {
    path: PathBuf,
    file: File,
    index: HashMap<String, Place>,
    size: u64,
    live: u64,
}

fn checksum(name: &[u8], value: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in name.iter().chain(value) {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash
}

/// Flag, length of the name, length of the value, checksum; then name and value.
fn record(change: &Change) -> Vec<u8> {
    let name = change.name.as_bytes();
    let value = change.value.as_deref().unwrap_or_default();
    let mut bytes = Vec::with_capacity(HEAD + 1 + name.len() + value.len());
    bytes.push(u8::from(change.value.is_some()));
    bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&checksum(name, value).to_be_bytes());
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(value);
    bytes
}

/// Splits the first whole record off.
fn parse(bytes: &[u8]) -> Option<(Change, usize)> {
    let head = bytes.get(..=HEAD)?;
    let name_len = usize::from(u16::from_be_bytes([head[1], head[2]]));
    let value_len = u32::from_be_bytes([head[3], head[4], head[5], head[6]]) as usize;
    let sum = u32::from_be_bytes([head[7], head[8], head[9], head[10]]);
    let name = bytes.get(HEAD + 1..HEAD + 1 + name_len)?;
    let end = HEAD + 1 + name_len + value_len;
    let value = bytes.get(HEAD + 1 + name_len..end)?;
    if checksum(name, value) != sum {
        return None;
    }
    let change = Change {
        name: String::from_utf8(name.to_vec()).ok()?,
        value: (head[0] == 1).then(|| value.to_vec()),
    };
    Some((change, end))
}

impl Log {
    /// Opens the log of a directory and returns what it holds.
    pub(crate) fn open(dir: &Path) -> io::Result<(Self, HashMap<String, Vec<u8>>)> {
        std::fs::create_dir_all(dir)?;
        let path = dir.join(NAME);
        let mut bytes = Vec::new();
        if path.exists() {
            File::open(&path)?.read_to_end(&mut bytes)?;
        }
        let mut values = HashMap::new();
        let mut rest = bytes.as_slice();
        while let Some((change, used)) = parse(rest) {
            match change.value {
                Some(value) => values.insert(change.name, value),
                None => values.remove(&change.name),
            };
            rest = &rest[used..];
        }
        drop(bytes);
        let mut writer = Writer::fresh(
            &path,
            values.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
        )?;
        let (orders, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("wanet-log".into()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                if let Err(error) = writer.work(first, &receiver) {
                    tracing::error!(%error, "the state could not be saved");
                }
            }
        })?;
        Ok((
            Self {
                orders: Mutex::new(Some(orders)),
                thread: Mutex::new(Some(thread)),
            },
            values,
        ))
    }

    /// Appends a change.
    pub(crate) fn put(&self, change: Change) {
        if let Some(orders) = self.orders.lock().as_ref()
            && orders.send(Order::Change(change)).is_err()
        {
            tracing::error!("the state is not saved any more");
        }
    }

    /// Writes everything out and ends.
    pub(crate) fn close(&self) {
        let Some(orders) = self.orders.lock().take() else {
            return;
        };
        let (done, wait) = mpsc::sync_channel(1);
        if orders.send(Order::Flush(done)).is_ok() && wait.recv().is_err() {
            tracing::error!("the last changes may not be saved");
        }
        drop(orders);
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the log ended badly");
        }
    }
}

impl Writer {
    /// A new file with only these values, put in place of the old one in one step.
    fn fresh<'a>(path: &Path, values: impl Iterator<Item = (&'a str, &'a [u8])>) -> io::Result<Self> {
        let partial = path.with_extension("new");
        let mut out = BufWriter::new(File::create(&partial)?);
        let mut index = HashMap::new();
        let mut size = 0_u64;
        for (name, value) in values {
            let bytes = record(&Change {
                name: name.to_owned(),
                value: Some(value.to_vec()),
            });
            out.write_all(&bytes)?;
            index.insert(
                name.to_owned(),
                Place {
                    offset: size,
                    length: bytes.len() as u32,
                },
            );
            size += bytes.len() as u64;
        }
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&partial, path)?;
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            index,
            size,
            live: size,
        })
    }

    fn work(&mut self, first: Order, orders: &mpsc::Receiver<Order>) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Change(change) => self.note(&change, &mut buffer),
                Order::Flush(done) => waiting.push(done),
            }
            next = if buffer.len() < 1024 * 1024 {
                orders.try_recv().ok()
            } else {
                None
            };
        }
        self.file.write_all(&buffer)?;
        for done in waiting {
            if done.send(()).is_err() {
                tracing::debug!("nobody waits for the log any more");
            }
        }
        if self.size > 2 * self.live + SLACK {
            self.shrink()
        } else {
            Ok(())
        }
    }

    fn note(&mut self, change: &Change, buffer: &mut Vec<u8>) {
        let bytes = record(change);
        let length = bytes.len() as u32;
        let old = match change.value {
            Some(_) => self.index.insert(
                change.name.clone(),
                Place {
                    offset: self.size,
                    length,
                },
            ),
            None => self.index.remove(&change.name),
        };
        self.live -= old.map_or(0, |place| u64::from(place.length));
        if change.value.is_some() {
            self.live += u64::from(length);
        }
        self.size += u64::from(length);
        buffer.extend_from_slice(&bytes);
    }

    fn shrink(&mut self) -> io::Result<()> {
        let mut values = Vec::with_capacity(self.index.len());
        for place in self.index.values() {
            let mut bytes = vec![0; place.length as usize];
            self.file.seek(SeekFrom::Start(place.offset))?;
            self.file.read_exact(&mut bytes)?;
            if let Some((
                Change {
                    name,
                    value: Some(value),
                },
                _,
            )) = parse(&bytes)
            {
                values.push((name, value));
            }
        }
        *self = Self::fresh(
            &self.path,
            values.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(log: &Log, name: &str, value: Option<&str>) {
        log.put(Change {
            name: name.into(),
            value: value.map(|v| v.as_bytes().to_vec()),
        });
    }

    #[test]
    fn values_survive_and_a_torn_tail_is_ignored() {
        let dir = tempfile::tempdir().expect("a directory");
        let (log, values) = Log::open(dir.path()).expect("a new log");
        assert!(values.is_empty());
        put(&log, "a", Some("1"));
        put(&log, "b", Some("2"));
        put(&log, "a", Some("3"));
        put(&log, "b", None);
        log.close();
        let path = dir.path().join(NAME);
        let mut file = OpenOptions::new().append(true).open(&path).expect("the file is there");
        let torn = record(&Change {
            name: "c".into(),
            value: Some(vec![0; 100]),
        });
        file.write_all(&torn[..50]).expect("it can be written");
        drop(file);
        let (_log, values) = Log::open(dir.path()).expect("the log opens");
        assert_eq!(values, HashMap::from([("a".to_owned(), b"3".to_vec())]));
    }

    #[test]
    fn shrinking_keeps_the_values() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(NAME);
        let mut writer = Writer::fresh(&path, std::iter::empty()).expect("a new file");
        let mut buffer = Vec::new();
        for value in ["1", "2"] {
            writer.note(
                &Change {
                    name: "a".into(),
                    value: Some(value.into()),
                },
                &mut buffer,
            );
        }
        writer.file.write_all(&buffer).expect("it can be written");
        writer.shrink().expect("it shrinks");
        assert_eq!(writer.size, writer.live);
        drop(writer);
        let (_log, values) = Log::open(dir.path()).expect("the log opens");
        assert_eq!(values, HashMap::from([("a".to_owned(), b"2".to_vec())]));
    }
}
