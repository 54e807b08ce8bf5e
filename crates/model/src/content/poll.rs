//! A question with answers to choose from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question with answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// What can be chosen, in order.
    pub options: Vec<PollOption>,
    /// How many of them each person may choose; null for as many as they like.
    #[serde(default)]
    #[schema(required = true)]
    pub max_choices: Option<u32>,
    /// How many people have chosen something.
    #[serde(default)]
    #[schema(required = true)]
    pub voters: u32,
}

/// An answer of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PollOption {
    /// What it says.
    pub text: String,
    /// How many people have chosen it.
    #[serde(default)]
    #[schema(required = true)]
    pub votes: u32,
}

impl Poll {
    /// Counts what each person has chosen, by the places of the options.
    pub fn count(&mut self, votes: &[Vec<usize>]) {
        for (place, option) in self.options.iter_mut().enumerate() {
            option.votes = count(votes.iter().filter(|chosen| chosen.contains(&place)));
        }
        let places = self.options.len();
        let has_chosen = |chosen: &&Vec<usize>| chosen.iter().any(|place| *place < places);
        self.voters = count(votes.iter().filter(has_chosen));
    }
}

fn count(those: impl Iterator) -> u32 {
    u32::try_from(those.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voter_counts_once_for_each_of_their_choices() {
        let option = |text: &str| PollOption {
            text: text.into(),
            votes: 9,
        };
        let mut poll = Poll {
            question: "Kapan?".into(),
            options: vec![option("Sabtu"), option("Minggu"), option("Senin")],
            max_choices: None,
            voters: 9,
        };
        // Of two, two of choices that there are not, and one who took all back.
        poll.count(&[vec![0, 1], vec![1, 1], vec![3], vec![7], vec![]]);
        let votes: Vec<u32> = poll.options.iter().map(|option| option.votes).collect();
        assert_eq!((votes, poll.voters), (vec![1, 2, 0], 2));
    }
}
