use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    name.parse().expect("a zone")
}

fn time(text: &str) -> ClockTime {
    text.parse().expect("a time")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn interval(day: Weekday, from: &str, to: &str) -> OpenInterval {
    OpenInterval {
        day,
        from: time(from),
        to: time(to),
    }
}

fn hours(name: &str, intervals: Vec<OpenInterval>) -> BusinessHours {
    BusinessHours {
        time_zone: zone(name),
        intervals,
        holidays: Vec::new(),
    }
}

fn moment(zone_name: &str, day_text: &str, clock: &str) -> Timestamp {
    zone(zone_name).moment(day(day_text), time(clock))
}

const JAKARTA: &str = "Asia/Jakarta";

#[test]
fn times_of_day_are_read_in_one_form_and_no_other() {
    for (text, minutes) in [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)] {
        assert_eq!(time(text).minutes(), minutes);
        assert_eq!(
            (time(text).to_string(), format!("{:?}", time(text))),
            (text.to_owned(), text.to_owned())
        );
    }
    for wrong in [
        "", "8:30", "08:3", "08.30", "24:01", "25:00", "08:60", "+8:30", "08:30:00", " 08:30", "0830",
    ] {
        assert_eq!(wrong.parse::<ClockTime>(), Err(ClockTimeError), "{wrong}");
    }
}

#[test]
fn it_is_open_from_the_first_minute_to_the_last_and_closed_since_then() {
    // 2026-11-23 is a Monday.
    let hours = hours(
        JAKARTA,
        vec![
            interval(Weekday::Monday, "08:00", "12:00"),
            interval(Weekday::Monday, "13:00", "17:00"),
        ],
    );
    let at = |day, clock| hours.at(moment(JAKARTA, day, clock));
    let since = |day, clock| Presence::Closed {
        since: moment(JAKARTA, day, clock),
    };
    assert_eq!(at("2026-11-23", "07:59"), since("2026-11-16", "17:00"));
    assert_eq!(at("2026-11-23", "08:00"), Presence::Open);
    assert_eq!(at("2026-11-23", "11:59"), Presence::Open);
    assert_eq!(at("2026-11-23", "12:00"), since("2026-11-23", "12:00"));
    assert_eq!(at("2026-11-23", "12:59"), since("2026-11-23", "12:00"));
    assert_eq!(at("2026-11-23", "16:59"), Presence::Open);
    assert_eq!(at("2026-11-23", "17:00"), since("2026-11-23", "17:00"));
    assert_eq!(at("2026-11-25", "09:00"), since("2026-11-23", "17:00"));
}

#[test]
fn a_night_shift_ends_on_the_next_day_and_one_to_midnight_at_its_end() {
    let hours = hours(
        JAKARTA,
        vec![
            interval(Weekday::Sunday, "22:00", "06:00"),
            interval(Weekday::Monday, "07:00", "08:00"),
            interval(Weekday::Wednesday, "18:00", "24:00"),
            interval(Weekday::Friday, "18:00", "00:00"),
        ],
    );
    assert_eq!(hours.wrong(), []);
    let at = |day, clock| hours.at(moment(JAKARTA, day, clock));
    let since = |day, clock| Presence::Closed {
        since: moment(JAKARTA, day, clock),
    };
    assert_eq!(at("2026-11-22", "21:59"), since("2026-11-21", "00:00"));
    assert_eq!(at("2026-11-22", "22:00"), Presence::Open);
    assert_eq!(at("2026-11-23", "00:00"), Presence::Open);
    assert_eq!(at("2026-11-23", "05:59"), Presence::Open);
    assert_eq!(at("2026-11-23", "06:00"), since("2026-11-23", "06:00"));
    assert_eq!(at("2026-11-23", "07:30"), Presence::Open);
    assert_eq!(at("2026-11-23", "09:00"), since("2026-11-23", "08:00"));
    assert_eq!(at("2026-11-25", "23:59"), Presence::Open);
    assert_eq!(at("2026-11-26", "00:00"), since("2026-11-26", "00:00"));
    assert_eq!(at("2026-11-27", "23:59"), Presence::Open);
}

#[test]
fn a_holiday_takes_away_what_begins_on_it() {
    let mut hours = hours(
        JAKARTA,
        vec![
            interval(Weekday::Sunday, "22:00", "06:00"),
            interval(Weekday::Monday, "08:00", "17:00"),
        ],
    );
    hours.holidays = vec![day("2026-11-23")];
    let at = |day, clock| hours.at(moment(JAKARTA, day, clock));
    assert_eq!(at("2026-11-23", "05:00"), Presence::Open, "began the day before");
    let since = moment(JAKARTA, "2026-11-23", "06:00");
    assert_eq!(at("2026-11-23", "09:00"), Presence::Closed { since });
    assert_eq!(at("2026-11-28", "09:00"), Presence::Closed { since });
    assert_eq!(at("2026-11-30", "09:00"), Presence::Open);
}

#[test]
fn the_hours_are_those_of_their_zone_and_follow_its_clocks() {
    let nine = |zone| hours(zone, vec![interval(Weekday::Sunday, "01:30", "09:00")]);
    let berlin = nine("Europe/Berlin");
    // The clocks of Berlin go from 02:00 to 03:00 on 2026-03-29 and from 03:00 to 02:00 on 2026-10-25.
    let utc = |day, clock| moment("UTC", day, clock);
    assert_eq!(
        berlin.at(utc("2026-03-29", "00:29")),
        Presence::Closed {
            since: utc("2026-03-22", "08:00")
        }
    );
    assert_eq!(berlin.at(utc("2026-03-29", "00:30")), Presence::Open);
    assert_eq!(berlin.at(utc("2026-03-29", "06:59")), Presence::Open);
    assert_eq!(
        berlin.at(utc("2026-03-29", "07:00")),
        Presence::Closed {
            since: utc("2026-03-29", "07:00")
        }
    );
    assert_eq!(berlin.at(utc("2026-10-24", "23:30")), Presence::Open);
    assert_eq!(berlin.at(utc("2026-10-25", "07:59")), Presence::Open);
    assert_eq!(
        berlin.at(utc("2026-10-25", "08:00")),
        Presence::Closed {
            since: utc("2026-10-25", "08:00")
        }
    );
    // A time that is not there is as long after the gap; one that is there twice is the first.
    assert_eq!(
        moment("Europe/Berlin", "2026-03-29", "02:30"),
        utc("2026-03-29", "01:30")
    );
    assert_eq!(
        moment("Europe/Berlin", "2026-10-25", "02:30"),
        utc("2026-10-25", "00:30")
    );
    // The same moment is another day elsewhere.
    assert_eq!(nine("Asia/Tokyo").at(utc("2026-11-21", "16:30")), Presence::Open);
    assert_ne!(berlin.at(utc("2026-11-21", "16:30")), Presence::Open);
}

#[test]
fn where_nobody_ever_is_it_was_always_closed() {
    let never = Presence::Closed {
        since: Timestamp::from_millis(0),
    };
    let now = moment(JAKARTA, "2026-11-23", "09:00");
    assert_eq!(hours(JAKARTA, Vec::new()).at(now), never);
    let mut holiday = hours(JAKARTA, vec![interval(Weekday::Monday, "08:00", "17:00")]);
    holiday.holidays = (0..MAX_HOLIDAYS as u32)
        .map(|days| day("2026-11-23").minus_days(days))
        .collect();
    assert_eq!(holiday.wrong(), []);
    assert_eq!(holiday.at(now), never);
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    let wrong = |intervals| hours(JAKARTA, intervals).wrong();
    let at = |place: &str, flaw| vec![(place.to_owned(), flaw)];
    use Weekday::{Monday, Saturday, Sunday, Tuesday};
    assert_eq!(
        wrong(vec![interval(Monday, "24:00", "08:00")]),
        at("/intervals/0/from", Flaw::NotAClockTime)
    );
    assert_eq!(
        wrong(vec![interval(Monday, "08:00", "08:00")]),
        at("/intervals/0/to", Flaw::SameAs { other: "from" })
    );
    for (one, other) in [
        (interval(Monday, "08:00", "12:00"), interval(Monday, "11:59", "13:00")),
        (interval(Monday, "08:00", "17:00"), interval(Monday, "09:00", "10:00")),
        (interval(Monday, "22:00", "06:00"), interval(Tuesday, "05:59", "07:00")),
        (interval(Sunday, "22:00", "06:00"), interval(Monday, "05:59", "07:00")),
        (interval(Sunday, "08:00", "09:00"), interval(Saturday, "09:00", "08:01")),
    ] {
        assert_eq!(wrong(vec![one, other]), at("/intervals/1", Flaw::Overlaps));
        assert_eq!(wrong(vec![other, one]), at("/intervals/1", Flaw::Overlaps));
    }
    for (one, other) in [
        (interval(Monday, "08:00", "12:00"), interval(Monday, "12:00", "13:00")),
        (interval(Monday, "08:00", "24:00"), interval(Tuesday, "00:00", "08:00")),
        (interval(Sunday, "22:00", "06:00"), interval(Monday, "06:00", "07:00")),
        (interval(Monday, "08:00", "12:00"), interval(Tuesday, "08:00", "12:00")),
    ] {
        assert_eq!((wrong(vec![one, other]), wrong(vec![other, one])), (vec![], vec![]));
    }
    let many = vec![interval(Monday, "08:00", "08:01"); MAX_INTERVALS + 1];
    assert_eq!(
        wrong(many),
        at("/intervals", Flaw::TooManyEntries { max: MAX_INTERVALS })
    );
    let mut holidays = hours(JAKARTA, Vec::new());
    holidays.holidays = vec![day("2026-12-25"), day("2026-12-26"), day("2026-12-25")];
    assert_eq!(holidays.wrong(), at("/holidays/2", Flaw::GivenTwice));
    holidays.holidays = vec![day("2026-12-25"); MAX_HOLIDAYS + 1];
    assert_eq!(
        holidays.wrong(),
        at("/holidays", Flaw::TooManyEntries { max: MAX_HOLIDAYS })
    );
}

#[test]
fn hours_are_written_as_people_write_them() {
    let json = serde_json::json!({
        "time_zone": "Asia/Jakarta",
        "intervals": [{"day": "monday", "from": "08:00", "to": "17:00"}],
        "holidays": ["2026-12-25"],
    });
    let read: BusinessHours = serde_json::from_value(json.clone()).expect("hours");
    assert_eq!(serde_json::to_value(&read).expect("serializes"), json);
    let words = serde_json::from_value::<ClockTime>(serde_json::json!("8"))
        .expect_err("no time")
        .to_string();
    assert_eq!(Flaw::of_words(words), Flaw::NotAClockTime);
}

proptest! {
    /// Minute by minute, as somebody would who looks at the clock: what began today or yesterday and has not ended.
    #[test]
    fn it_is_open_when_the_clock_says_so(
        starts in prop::collection::vec((0_u16..7, 0_u16..1440, 1_u16..1440), 0..4),
        minutes in 0_i64..(14 * 1440),
    ) {
        let intervals: Vec<_> = starts.iter().map(|(day, from, length)| OpenInterval {
            day: Weekday::ALL[usize::from(*day)],
            from: ClockTime(*from),
            to: ClockTime((from + length) % 1440),
        }).collect();
        let hours = hours("UTC", intervals);
        prop_assume!(hours.wrong().is_empty());
        // 1970-01-05 was a Monday.
        let now = Timestamp::from_millis((4 * 1440 + minutes) * 60_000);
        let of_week = (minutes % i64::from(WEEK)) as u16;
        let is_open = starts.iter().any(|(day, from, length)| {
            let begin = day * DAY + from;
            (of_week + WEEK - begin) % WEEK < *length
        });
        match hours.at(now) {
            Presence::Open => prop_assert!(is_open),
            Presence::Closed { since } => {
                prop_assert!(!is_open);
                prop_assert!(since <= now);
                let before = hours.at(Timestamp::from_millis(since.millis() - 1));
                prop_assert!(starts.is_empty() || before == Presence::Open);
            }
        }
    }
}
