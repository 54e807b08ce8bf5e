//! Passwords: Argon2id, two at a time, off the threads that serve requests.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use pesan_model::{Flaw, Random};
use tokio::sync::Semaphore;

use crate::error::{Error, FieldError, Result};

/// Each takes 19 MiB and about 50 ms of a core; more at once would starve sending.
const AT_ONCE: usize = 2;
/// Short enough to type, long enough that guessing through the rate limit is hopeless.
const MIN_CHARS: usize = 10;
/// Longer ones only cost time.
const MAX_BYTES: usize = 1024;

/// Hashes and checks passwords.
pub(super) struct Passwords {
    at_once: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            at_once: Semaphore::new(AT_ONCE),
        }
    }
}

impl Passwords {
    /// The hash of a password, as a text that names its method and parameters.
    pub(super) async fn hash(&self, password: String, random: &dyn Random) -> Result<String> {
        let mut salt = [0_u8; 16];
        random.fill(&mut salt);
        self.run("hash a password", move || {
            let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string())
        })
        .await?
        .map_err(|error| Error::internal("hash a password", error))
    }

    /// Whether the password has this hash. Takes as long when there is no hash, because nobody should learn from the
    /// time it takes whether an address is known.
    pub(super) async fn is_right(&self, password: String, hash: Option<String>, random: &dyn Random) -> Result<bool> {
        let Some(hash) = hash else {
            self.hash(password, random).await?;
            return Ok(false);
        };
        self.run("check a password", move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let _permit = self
            .at_once
            .acquire()
            .await
            .map_err(|error| Error::internal(action, error))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal(action, error))
    }
}

/// What is wrong with a new password, if anything.
pub(super) fn check(password: &str, pointer: &str) -> Option<FieldError> {
    let flaw = if password.chars().count() < MIN_CHARS {
        Flaw::TooShort { min: MIN_CHARS }
    } else if password.len() > MAX_BYTES {
        Flaw::TooManyBytes { max: MAX_BYTES }
    } else {
        return None;
    };
    Some(FieldError::new(pointer, flaw))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::SystemRandom;

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash("correct horse".to_owned(), &SystemRandom)
            .await
            .expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let is_right = async |password: &str, hash: Option<&String>| {
            passwords
                .is_right(password.to_owned(), hash.cloned(), &SystemRandom)
                .await
                .expect("checks")
        };
        assert!(is_right("correct horse", Some(&hash)).await);
        assert!(!is_right("wrong horse", Some(&hash)).await);
        assert!(!is_right("correct horse", None).await);
        assert!(!is_right("correct horse", Some(&"not a hash".to_owned())).await);
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check("123456789", "/password").is_some());
        assert_eq!(check("1234567890", "/password"), None);
        assert_eq!(check(&"x".repeat(1024), "/password"), None);
        assert!(check(&"x".repeat(1025), "/password").is_some());
    }
}
