//! Chance that can be repeated: the same seed gives the same run, as far as the machine allows.

use std::time::Duration;

/// A stream of numbers (splitmix64).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A duration of at least `least` and less than `most`.
    pub fn duration(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        least + Duration::from_micros(self.next_number() % span)
    }
}

/// A number that depends on the seed, a name and a count, and on nothing else.
pub fn number_of(seed: u64, name: &str, count: u64) -> u64 {
    let folded = name
        .bytes()
        .fold(seed ^ 0x51_7c_c1_b7, |sum, byte| mix(sum ^ u64::from(byte)));
    mix(folded.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut first, mut second) = (Seeded::new(7), Seeded::new(7));
        assert_eq!(first.next_number(), second.next_number());
        let wait = first.duration(Duration::from_millis(100), Duration::from_millis(200));
        assert!((100..200).contains(&wait.as_millis()));
        assert_eq!(number_of(7, "evt_1", 1), number_of(7, "evt_1", 1));
        assert_ne!(number_of(7, "evt_1", 1), number_of(7, "evt_1", 2));
    }

    #[test]
    fn three_tenths_are_three_tenths() {
        let failing = (0..10_000).filter(|count| number_of(1, "evt", *count) % 10 < 3).count();
        assert!((2_700..3_300).contains(&failing), "{failing}");
    }
}
