//! The data folder: one process at a time, and the master key.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_model::Random;
use pesan_store::MasterKey;

/// The variable that holds the master key in base64, for those who keep no key on disk.
pub const MASTER_KEY_VARIABLE: &str = "PESAN_MASTER_KEY";

const DATABASE: &str = "pesan.db";

/// The data folder, which no other process uses until this is dropped.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process uses it.
    #[error("{0} is in use by another Pesan process; stop it first")]
    InUse(PathBuf),
    /// The file system refused.
    #[error("could not {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The master key is not 32 bytes in base64.
    #[error("{0} does not hold a master key: 32 bytes in base64")]
    BadKey(String),
}

impl DataDir {
    /// Makes the folder when it is missing, and takes it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|source| io("make", path, source))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|source| io("open", &lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(io("lock", &lock_path, source)),
        }
    }

    /// Whether Pesan keeps a SQLite database in this folder already.
    pub fn has_database(path: &Path) -> bool {
        path.join(DATABASE).is_file()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SQLite database in it.
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The master key: from `variable` when it is set, else from the file `master.key`, which is made at the first start.
    pub fn master_key(&self, variable: Option<String>, random: &dyn Random) -> Result<MasterKey, DataDirError> {
        if let Some(text) = variable {
            return parse(&text).ok_or_else(|| DataDirError::BadKey(MASTER_KEY_VARIABLE.to_owned()));
        }
        let path = self.path.join("master.key");
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&text).ok_or_else(|| DataDirError::BadKey(path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.make_key(&path, random),
            Err(source) => Err(io("read", &path, source)),
        }
    }

    /// The name of this node, which is made at the first start: two processes never share a data folder.
    pub fn node_name(&self, random: &dyn Random) -> Result<String, DataDirError> {
        let path = self.path.join("node");
        match std::fs::read_to_string(&path) {
            Ok(name) => Ok(name.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = [0_u8; 8];
                random.fill(&mut bytes);
                let name = format!("{:016x}", u64::from_le_bytes(bytes));
                self.write("node", &name)?;
                Ok(name)
            }
            Err(source) => Err(io("read", &path, source)),
        }
    }

    /// Writes a small secret file as a whole, for its owner only.
    pub fn write(&self, name: &str, text: &str) -> Result<(), DataDirError> {
        let path = self.path.join(name);
        // Under another name first: a crash must not leave half a file.
        let unfinished = self.path.join(format!("{name}.new"));
        let write = || {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&unfinished)?;
            writeln!(file, "{text}")?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|source| io("write", &path, source))
    }

    fn make_key(&self, path: &Path, random: &dyn Random) -> Result<MasterKey, DataDirError> {
        let mut key = [0_u8; 32];
        random.fill(&mut key);
        self.write("master.key", &STANDARD.encode(key))?;
        tracing::info!(path = %path.display(), "made a master key; keep a copy of it apart from backups of the database");
        Ok(MasterKey::new(key))
    }
}

fn parse(text: &str) -> Option<MasterKey> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let key: [u8; 32] = bytes.try_into().ok()?;
    // A key of one repeated byte is an example or a mistake.
    (key.iter().any(|byte| *byte != key[0])).then(|| MasterKey::new(key))
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> DataDirError {
    DataDirError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use pesan_model::SystemRandom;

    #[test]
    fn a_second_process_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = DataDir::open(folder.path()).expect("free");
        assert!(matches!(DataDir::open(folder.path()), Err(DataDirError::InUse(_))));
        drop(first);
        DataDir::open(folder.path()).expect("free again");
    }

    #[test]
    fn the_master_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataDir::open(&folder.path().join("new")).expect("made");
        let made = data.master_key(None, &SystemRandom).expect("made");
        let read = data.master_key(None, &SystemRandom).expect("read");
        assert_eq!(made.id(), read.id());
        let mode = std::fs::metadata(data.path().join("master.key"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let name = data.node_name(&SystemRandom).expect("made");
        assert_eq!(name, data.node_name(&SystemRandom).expect("read"));
    }

    #[test]
    fn a_bad_master_key_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataDir::open(folder.path()).expect("free");
        for bad in ["", "short", &STANDARD.encode([0_u8; 32]), &STANDARD.encode([1_u8; 31])] {
            assert!(matches!(
                data.master_key(Some(bad.to_owned()), &SystemRandom),
                Err(DataDirError::BadKey(_))
            ));
        }
        let good: Vec<u8> = (0..32).collect();
        data.master_key(Some(STANDARD.encode(good)), &SystemRandom)
            .expect("a key");
    }
}
