//! What somebody chose of a poll. WhatsApp encrypts it with the secret that came with the poll, and names each answer by
//! its hash.

use wacore::poll::{PollVoteCiphertext, compute_option_hash, decrypt_poll_vote_with_secret};

use crate::inbound::EncryptedVote;

/// Bytes of the nonce.
const IV_LEN: usize = 12;

/// A poll, as far as opening its votes goes.
#[derive(Debug, Clone, Copy)]
pub struct Ballot<'a> {
    /// WhatsApp's id of the poll.
    pub wa_id: &'a str,
    /// What its votes are encrypted with.
    pub secret: &'a [u8],
    /// Its answers, in order.
    pub options: &'a [&'a str],
}

/// The places of the answers that were chosen. `None` when it cannot be opened. Both who asked and who chose are known by
/// number and by LID, and WhatsApp does not say which of them was taken.
pub fn open_vote(vote: &EncryptedVote, ballot: Ballot<'_>, askers: &[String], voters: &[String]) -> Option<Vec<usize>> {
    if vote.iv.len() != IV_LEN {
        return None;
    }
    let ciphertext = PollVoteCiphertext {
        enc_payload: &vote.payload,
        enc_iv: &vote.iv,
    };
    let pairs = askers
        .iter()
        .flat_map(|asker| voters.iter().map(move |voter| (asker, voter)));
    let mut opened = pairs.filter_map(|(asker, voter)| {
        decrypt_poll_vote_with_secret(ciphertext, ballot.secret, ballot.wa_id, asker, voter).ok()
    });
    let chosen = opened.next()?;
    let hashes: Vec<_> = ballot
        .options
        .iter()
        .map(|option| compute_option_hash(option))
        .collect();
    let mut places: Vec<usize> = chosen
        .iter()
        .filter_map(|chosen| hashes.iter().position(|hash| chosen == hash))
        .collect();
    places.sort_unstable();
    places.dedup();
    Some(places)
}

/// The vote that `voter` makes on a poll of `asker`, as their phone encrypts it. For tests.
///
/// # Panics
/// When the secret is not one.
#[cfg(any(test, feature = "testing"))]
pub fn seal_vote(chosen: &[&str], ballot: Ballot<'_>, asker: &str, voter: &str) -> EncryptedVote {
    let hashes: Vec<_> = chosen
        .iter()
        .map(|option| compute_option_hash(option).to_vec())
        .collect();
    let (payload, iv) = wacore::poll::encrypt_poll_vote_with_secret(&hashes, ballot.secret, ballot.wa_id, asker, voter)
        .expect("the secret has the right length");
    EncryptedVote {
        payload,
        iv: iv.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const ASKER: &str = "6280000000001@s.whatsapp.net";
    const VOTER: &str = "1000123@lid";
    const OPTIONS: [&str; 3] = ["Sabtu", "Minggu", "Senin"];

    fn ballot(wa_id: &str) -> Ballot<'_> {
        Ballot {
            wa_id,
            secret: &SECRET,
            options: &OPTIONS,
        }
    }

    fn vote(chosen: &[&str]) -> EncryptedVote {
        seal_vote(chosen, ballot("3EB0A"), ASKER, VOTER)
    }

    fn open(vote: &EncryptedVote, wa_id: &str, voters: &[&str]) -> Option<Vec<usize>> {
        let askers = ["1000999@lid".to_owned(), ASKER.to_owned()];
        let voters: Vec<_> = voters.iter().map(|voter| (*voter).to_owned()).collect();
        open_vote(vote, ballot(wa_id), &askers, &voters)
    }

    #[test]
    fn a_vote_opens_under_whichever_address_it_was_made() {
        let voters = ["6280000000002@s.whatsapp.net", VOTER];
        assert_eq!(open(&vote(&["Senin", "Sabtu"]), "3EB0A", &voters), Some(vec![0, 2]));
        assert_eq!(open(&vote(&[]), "3EB0A", &voters), Some(vec![]), "taken back");
        assert_eq!(
            open(&vote(&["Rabu"]), "3EB0A", &voters),
            Some(vec![]),
            "nothing that was asked"
        );
    }

    #[test]
    fn a_vote_of_another_person_or_poll_does_not_open() {
        let chosen = vote(&["Sabtu"]);
        assert_eq!(open(&chosen, "3EB0B", &[VOTER]), None);
        assert_eq!(open(&chosen, "3EB0A", &["1000124@lid"]), None);
        assert_eq!(open(&chosen, "3EB0A", &[]), None);
        for (payload, iv) in [(vec![], vec![0; 12]), (vec![1; 40], vec![]), (vec![1; 40], vec![0; 12])] {
            assert_eq!(open(&EncryptedVote { payload, iv }, "3EB0A", &[VOTER]), None);
        }
    }
}
