//! What the test suites of other projects count on: a phone for every client that asks to be scanned, chosen by the name
//! the client has before it is linked, and names that say how the phone should behave.

use crate::accounts::blank;
use crate::crypto;
use crate::trust::SaltWay;
use crate::world::{Habits, World};

const FIRST: u64 = 15_550_000_000;
const HOW_MANY: u64 = 10_000_000;

/// The phone of a name, and whether it had to be made. One without a name is nobody else's; `seed` tells it apart.
pub(crate) fn phone_for(world: &mut World, name: &str, seed: &str) -> (u64, bool) {
    let known = world.named.get(name).copied().or_else(|| {
        let mut accounts = world.accounts.values();
        accounts.find(|account| account.push_name == name).map(|a| a.phone)
    });
    if let Some(phone) = known.filter(|_| !name.is_empty()) {
        return (phone, false);
    }
    let seed = if name.is_empty() { seed } else { name };
    let hash = crypto::sha256(seed.as_bytes());
    let start = u64::from(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]));
    let phone = (start..start + HOW_MANY)
        .map(|n| FIRST + n % HOW_MANY)
        .find(|phone| !world.accounts.contains_key(phone))
        .unwrap_or(FIRST);
    let mut account = blank(phone);
    account.habits = habits_of(name);
    if !name.is_empty() {
        name.clone_into(&mut account.push_name);
        world.named.insert(name.to_owned(), phone);
    }
    world.accounts.insert(phone, account);
    (phone, true)
}

/// What a phone does that was made for a scan. Nobody holds it: it confirms no message.
///
/// `restricted:…` hears only of people who show a token. `scenario:flag,flag=value,…:…` may say so as well (`restricted`),
/// and how the account learns the salt of its own tokens (`nct_history_delivery=1`, `nct_syncd_delivery=1`).
fn habits_of(name: &str) -> Habits {
    let flags = name
        .strip_prefix("scenario:")
        .and_then(|rest| rest.split(':').next())
        .unwrap_or_default();
    let says = |flag: &str| flags.split(',').any(|one| one == flag);
    Habits {
        delivered_receipts: false,
        known_only: name.starts_with("restricted:") || says("restricted"),
        salt: if says("nct_history_delivery=1") {
            Some(SaltWay::History)
        } else {
            says("nct_syncd_delivery=1").then_some(SaltWay::Settings)
        },
        ..Habits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_phone_whatever_it_is_called_later() {
        let mut world = World::default();
        let (ada, made) = phone_for(&mut world, "Ada", "1");
        assert!(made);
        world.accounts.get_mut(&ada).expect("a phone").push_name = "Countess".into();
        assert_eq!(phone_for(&mut world, "Ada", "2"), (ada, false));
        assert_eq!(phone_for(&mut world, "Countess", "3"), (ada, false));
        assert_ne!(phone_for(&mut world, "Bob", "4").0, ada);
    }

    #[test]
    fn clients_without_a_name_share_no_phone_and_a_taken_number_is_left_alone() {
        let mut world = World::default();
        let (one, _) = phone_for(&mut world, "", "1");
        let (other, made) = phone_for(&mut world, "", "1");
        assert!(made && one != other);
        assert!(!world.accounts[&one].push_name.is_empty());
    }

    #[test]
    fn a_name_says_how_its_phone_behaves() {
        let plain = habits_of("Ada");
        assert!(!plain.known_only && !plain.delivered_receipts && plain.share_keys);
        assert!(habits_of("restricted:Ada").known_only);
        let history = habits_of("scenario:restricted,nct_history_delivery=1,nct_syncd_delivery=0:Ada");
        assert_eq!((history.known_only, history.salt), (true, Some(SaltWay::History)));
        let settings = habits_of("scenario:nct_syncd_delivery=1:restricted");
        assert_eq!((settings.known_only, settings.salt), (false, Some(SaltWay::Settings)));
    }
}
