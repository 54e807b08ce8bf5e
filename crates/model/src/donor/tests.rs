use super::*;
use proptest::prelude::*;

const CURRENCY: Currency = Currency::IDR;

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

#[test]
fn names_of_segments_are_those_of_the_api() {
    for segment in Segment::ALL {
        assert_eq!(serde_json::to_value(segment).expect("serializes"), segment.name());
        assert_eq!(Segment::from_name(segment.name()), Some(segment));
    }
    assert_eq!(Segment::from_name("x"), None);
}

/// Somebody we met years ago who has never given.
fn nobody() -> Facts {
    Facts {
        today: day("2026-11-20"),
        currency: CURRENCY,
        known_since: day("2020-01-01"),
        opted_out_at: None,
        lifetime_value: 0,
        days: None,
        streak_years: 0,
        year: Window::default(),
        year_of_last: Window::default(),
        talk: Talk::default(),
    }
}

/// Somebody whose last of some gifts was so many days ago, all of them long after the first.
fn giver(days_ago: u32, gifts_in_year: u32) -> Facts {
    let last = nobody().today.minus_days(days_ago);
    let window = Window {
        gifts: gifts_in_year,
        amount: 100 * i64::from(gifts_in_year),
    };
    Facts {
        lifetime_value: 1_000,
        days: Some((day("2020-02-01"), last)),
        streak_years: 1,
        year: if days_ago <= 365 { window } else { Window::default() },
        year_of_last: window,
        ..nobody()
    }
}

fn rules() -> DonorRules {
    DonorRules::default()
}

/// A hundred donors who gave 1, 2, … 100.
fn hundred() -> Cuts {
    Cuts::from_counts(&(1..=100).map(|amount| (amount, 1)).collect::<Vec<_>>())
}

fn segment_of(facts: &Facts) -> (Segment, Why) {
    segment(facts, &rules(), &Cuts::default())
}

#[test]
fn equal_amounts_get_equal_percents_and_all_donors_are_counted() {
    assert_eq!(Cuts::from_counts(&[]), Cuts::default());
    assert_eq!(Cuts::from_counts(&[(100, 0)]), Cuts::default(), "nobody gave that");
    assert_eq!(Cuts::default().percent(5), 0);
    let seven_of_ten = Cuts::from_counts(&[(100, 7), (500, 2), (900, 1)]);
    assert_eq!((seven_of_ten.amounts.len(), seven_of_ten.givers), (100, 10));
    let percents = [0, 99, 100, 499, 500, 900, 1_000].map(|amount| seven_of_ten.percent(amount));
    assert_eq!(percents, [0, 0, 70, 70, 90, 100, 100]);
    assert_eq!(
        [1, 50, 95, 100].map(|amount| hundred().percent(amount)),
        [1, 50, 95, 100]
    );
}

#[test]
fn scores_follow_the_written_formulas() {
    let facts = Facts {
        year: Window { gifts: 3, amount: 50 },
        talk: Talk { replies: 3, started: 1 },
        ..giver(90, 3)
    };
    let found = engagement(&facts, &hundred());
    // 100·e^(-90/180) = 60.65; 100·ln 4/ln 13 = 54.05; 50; 100·(1-e^(-5/4)) = 71.35.
    let scores = [&found.recency, &found.frequency, &found.amount, &found.conversation].map(|score| score.score);
    assert_eq!(scores, [61, 54, 50, 71]);
    // 0.75·(0.4·60.65 + 0.3·54.05 + 0.3·50) + 0.25·71.35 = 59.44.
    assert_eq!(found.score, 59);
    assert_eq!(found.recency.why, Why::LastGift { days: 90 });
    assert_eq!(found.frequency.why, Why::GiftsInYear { gifts: 3, needed: None });
    assert_eq!(
        found.amount.why,
        Why::AmountInYear {
            amount: 50,
            currency: CURRENCY,
            percent: 50
        }
    );
    assert_eq!(found.conversation.why, Why::Conversation { replies: 3, started: 1 });

    let opted_out = Facts {
        opted_out_at: Some(Timestamp::from_millis(1)),
        ..facts
    };
    assert_eq!(engagement(&opted_out, &hundred()).score, 19);
}

#[test]
fn who_has_never_given_has_no_score_and_twelve_gifts_a_year_are_all() {
    let found = engagement(&nobody(), &hundred());
    assert_eq!((found.score, found.recency.why), (0, Why::NoGift));
    let monthly = engagement(&giver(0, 12), &hundred());
    assert_eq!((monthly.recency.score, monthly.frequency.score), (100, 100));
    assert_eq!(engagement(&giver(0, 40), &hundred()).frequency.score, 100);
    let tomorrow = Facts {
        days: Some((nobody().today, day("2026-11-21"))),
        ..giver(0, 1)
    };
    assert_eq!(
        engagement(&tomorrow, &hundred()).recency.score,
        100,
        "another time zone's day"
    );
}

#[test]
fn messages_in_a_row_are_one_answer_and_after_a_day_of_silence_they_begin() {
    const HOUR: i64 = 3_600_000;
    let at = |hours: i64| Timestamp::from_millis((hours + 1_000) * HOUR);
    assert_eq!(talk(&[]), Talk::default());
    let ours_only = [(false, at(2)), (false, at(1))];
    assert_eq!(talk(&ours_only), Talk::default());
    let thread = [
        (true, at(60)),  // begins again
        (true, at(12)),  // in a row
        (true, at(11)),  // an answer
        (false, at(10)), // ours
        (true, at(1)),   // begins
    ];
    assert_eq!(talk(&thread), Talk { replies: 1, started: 2 });
    let exactly_a_day = [(true, at(24)), (false, at(0))];
    assert_eq!(talk(&exactly_a_day), Talk { replies: 0, started: 1 });
    let just_within = [(true, Timestamp::from_millis(at(24).millis() - 1)), (false, at(0))];
    assert_eq!(talk(&just_within), Talk { replies: 1, started: 0 });
}

#[test]
fn each_segment_has_its_reason() {
    let opted_out = Facts {
        opted_out_at: Some(Timestamp::from_millis(7)),
        ..giver(1, 12)
    };
    let at = Timestamp::from_millis(7);
    assert_eq!(segment_of(&opted_out), (Segment::OptedOut, Why::OptedOut { at }));

    let rich = Facts {
        lifetime_value: 2_500_000_000,
        ..giver(1_000, 0)
    };
    assert!(matches!(segment_of(&rich), (Segment::Vip, Why::LifetimeValue { .. })));
    let almost_rich = Facts {
        lifetime_value: 2_499_999_999,
        ..giver(1_000, 0)
    };
    assert_eq!(segment_of(&almost_rich).0, Segment::LongLapsed);

    assert_eq!(
        segment_of(&giver(300, 3)),
        (
            Segment::Loyal,
            Why::GiftsInYear {
                gifts: 3,
                needed: Some(3)
            }
        )
    );
    let yearly = Facts {
        streak_years: 2,
        ..giver(320, 1)
    };
    assert_eq!(
        segment_of(&yearly),
        (Segment::Loyal, Why::Streak { years: 2, needed: 2 })
    );

    let first = Facts {
        days: Some((day("2026-08-22"), day("2026-08-22"))),
        ..giver(90, 1)
    };
    assert_eq!(segment_of(&first), (Segment::New, Why::FirstGift { days: 90 }));
    let met = Facts {
        known_since: day("2026-08-22"),
        ..nobody()
    };
    assert_eq!(segment_of(&met), (Segment::New, Why::FirstContact { days: 90 }));
    let met_before = Facts {
        known_since: day("2026-08-21"),
        ..nobody()
    };
    assert_eq!(segment_of(&met_before), (Segment::Prospect, Why::NoGift));
    assert_eq!(segment_of(&nobody()), (Segment::Prospect, Why::NoGift));
}

#[test]
fn as_time_goes_by_a_donor_goes_from_active_to_long_lapsed() {
    let once = |days: u32| segment_of(&giver(days, 1)).0;
    assert_eq!(
        [1, 90, 91, 365, 366, 730, 731, 5_000].map(once),
        [
            Segment::Active,
            Segment::Active,
            Segment::Active,
            Segment::Active,
            Segment::Lapsed,
            Segment::Lapsed,
            Segment::LongLapsed,
            Segment::LongLapsed
        ]
    );
    let was_loyal = |days: u32| {
        segment_of(&Facts {
            year: Window { gifts: 1, amount: 100 },
            ..giver(days, 3)
        })
    };
    assert_eq!(was_loyal(90).0, Segment::Active);
    assert_eq!(was_loyal(91), (Segment::AtRisk, Why::WasValued { days: 91 }));
    assert_eq!(was_loyal(365).0, Segment::AtRisk);
    assert_eq!(was_loyal(366).0, Segment::Lapsed);
}

#[test]
fn a_streak_that_was_broken_is_loyal_no_more() {
    let last_gift_in = |year: &str| {
        segment_of(&Facts {
            days: Some((day("2018-01-01"), day(&format!("{year}-12-31")))),
            streak_years: 5,
            ..giver(0, 0)
        })
        .0
    };
    assert_eq!(["2025", "2024"].map(last_gift_in), [Segment::Loyal, Segment::Lapsed]);
}

#[test]
fn the_top_percents_are_counted_among_at_least_twenty_donors() {
    let gave = |amount: i64, cuts: &Cuts| {
        let facts = Facts {
            year: Window { gifts: 1, amount },
            ..giver(10, 1)
        };
        segment(&facts, &rules(), cuts).0
    };
    let top: Vec<_> = (1..=100)
        .filter(|amount| gave(*amount, &hundred()) == Segment::Vip)
        .collect();
    assert_eq!(top, [96, 97, 98, 99, 100]);
    let few = Cuts::from_counts(&(1..=19).map(|amount| (amount, 1)).collect::<Vec<_>>());
    assert_eq!(gave(19, &few), Segment::Active);
    let enough = Cuts::from_counts(&(1..=20).map(|amount| (amount, 1)).collect::<Vec<_>>());
    assert_eq!(
        [19, 20].map(|amount| gave(amount, &enough)),
        [Segment::Active, Segment::Vip]
    );
    let all_the_same = Cuts::from_counts(&[(50, 200)]);
    assert_eq!(
        gave(50, &all_the_same),
        Segment::Active,
        "equal gifts make nobody stand out"
    );
    assert_eq!(
        gave(51, &all_the_same),
        Segment::Vip,
        "given since the amounts were counted"
    );
    let no_top = DonorRules {
        vip_top_percent: 0,
        ..rules()
    };
    let most = Facts {
        year: Window {
            gifts: 1,
            amount: 1_000,
        },
        ..giver(10, 1)
    };
    assert_eq!(segment(&most, &no_top, &hundred()).0, Segment::Active);
}

/// A person of any kind.
fn anybody() -> impl Strategy<Value = Facts> {
    let window = (0_u32..15, 0_i64..200).prop_map(|(gifts, amount)| Window { gifts, amount });
    (
        (proptest::option::of(any::<i64>()), 0_u32..4_000, 0_i64..3_000_000_000),
        proptest::option::of((0_u32..2_000, 0_u32..2_000)),
        (0_u32..8, window.clone(), window, 0_u32..30, 0_u32..30),
    )
        .prop_map(
            |((opted_out, known, lifetime_value), gave, (streak_years, year, year_of_last, replies, started))| {
                let today = nobody().today;
                Facts {
                    known_since: today.minus_days(known),
                    opted_out_at: opted_out.map(Timestamp::from_millis),
                    lifetime_value,
                    days: gave.map(|(last, earlier)| (today.minus_days(last + earlier), today.minus_days(last))),
                    streak_years,
                    year,
                    year_of_last,
                    talk: Talk { replies, started },
                    ..nobody()
                }
            },
        )
}

fn any_rules() -> impl Strategy<Value = DonorRules> {
    (
        (0_u32..=100, proptest::option::of(1_i64..3_000_000_000)),
        (1_u32..15, 1_u32..6, 0_u32..400),
        (1_u32..400, 1_u32..400, 1_u32..400),
    )
        .prop_map(
            |((vip_top_percent, vip_lifetime_value), (loyal_gifts, loyal_years, new_days), (first, second, third))| {
                DonorRules {
                    vip_top_percent,
                    vip_lifetime_value,
                    loyal_gifts,
                    loyal_years,
                    new_days,
                    at_risk_days: first,
                    lapsed_days: first + second,
                    long_lapsed_days: first + second + third,
                    ..DonorRules::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn every_person_is_in_exactly_one_segment_whatever_the_rules(facts in anybody(), rules in any_rules()) {
        let cuts = hundred();
        let (found, _) = segment(&facts, &rules, &cuts);
        let gave = facts.days.is_some();
        // What each segment promises, said apart from the rules.
        let fits = match found {
            Segment::OptedOut => facts.opted_out_at.is_some(),
            Segment::Vip | Segment::Loyal | Segment::New => facts.opted_out_at.is_none(),
            Segment::Active | Segment::AtRisk | Segment::Lapsed | Segment::LongLapsed => {
                gave && facts.opted_out_at.is_none()
            }
            Segment::Prospect => !gave && facts.opted_out_at.is_none(),
        };
        prop_assert!(fits, "{found:?}");
        prop_assert_eq!(segment(&facts, &rules, &cuts).0, found);
    }

    #[test]
    fn scores_stay_between_0_and_100_and_giving_more_never_lowers_them(facts in anybody(), more in 0_i64..100) {
        let cuts = hundred();
        let before = engagement(&facts, &cuts);
        let all = [&before.recency, &before.frequency, &before.amount, &before.conversation];
        prop_assert!(before.score <= 100 && all.iter().all(|score| score.score <= 100));
        let after = Facts {
            year: Window { gifts: facts.year.gifts + 1, amount: facts.year.amount + more },
            ..facts
        };
        prop_assert!(engagement(&after, &cuts).score >= before.score);
    }
}

#[test]
fn the_full_grid_of_scores_lands_somewhere() {
    // Every percent of recency by every count of gifts by every percent of amounts, as the written formulas have them.
    let mut seen = std::collections::HashSet::new();
    for days in (0..1_000).step_by(15) {
        for gifts in 0..=13 {
            for amount in (0..=100).step_by(10) {
                let facts = Facts {
                    year: Window { gifts, amount },
                    ..giver(days, gifts)
                };
                seen.insert(segment(&facts, &rules(), &hundred()).0);
            }
        }
    }
    assert!(seen.contains(&Segment::Vip) && seen.contains(&Segment::LongLapsed) && !seen.contains(&Segment::Prospect));
}

#[test]
fn a_gift_that_is_dated_ahead_was_given_no_days_ago() {
    let tomorrow = day("2026-11-21");
    let facts = Facts {
        days: Some((tomorrow, tomorrow)),
        ..giver(0, 1)
    };
    assert_eq!(segment_of(&facts), (Segment::New, Why::FirstGift { days: 0 }));
}
