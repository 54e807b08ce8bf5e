//! Pages: `?limit=` and `?after=`, answered with `{data, next}`.

use std::fmt;
use std::str::FromStr;

use pesan_model::{Flaw, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Answer, Problem};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Most items, 1 to 200; 50 when it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    data: Vec<T>,
    /// Send it as `after` for the next page; null on the last one.
    #[schema(required = true)]
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page, and where the next one begins.
    pub(crate) fn new(data: Vec<T>, next: Option<String>) -> Self {
        Self { data, next }
    }

    /// The only page of a short list.
    pub(crate) fn whole(data: Vec<T>) -> Self {
        Self { data, next: None }
    }

    /// The same page of what `show` makes of each item.
    pub(crate) fn map<U>(self, show: impl Fn(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(show).collect(),
            next: self.next,
        }
    }
}

impl PageQuery {
    /// For queries that ask for more than a page: what is flattened cannot be read as a number.
    pub(crate) fn new(limit: Option<i64>, after: Option<String>) -> Self {
        Self { limit, after }
    }

    /// How many items to ask for: one more than is shown, which tells whether there is a next page.
    pub(crate) fn fetch(&self) -> Answer<usize> {
        Ok(self.limit()? + 1)
    }

    /// How many items are shown.
    pub(crate) fn limit(&self) -> Answer<usize> {
        limit(self.limit)
    }

    /// Where the page begins.
    pub(crate) fn after<T: FromStr>(&self) -> Answer<Option<T>> {
        self.after
            .as_deref()
            .map(|after| {
                after
                    .parse()
                    .map_err(|_| Problem::field("#query/after", Flaw::NotAPage))
            })
            .transpose()
    }

    /// The page, from one item more than is shown. `key` is what [`Self::after`] reads.
    pub(crate) fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Answer<Page<T>> {
        let limit = self.limit()?;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = if has_more { items.last().map(key) } else { None };
        Ok(Page { data: items, next })
    }
}

/// A place in a list that is sorted by time: the time, and the id where times are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<T>(pub(crate) Timestamp, pub(crate) T);

impl<T: fmt::Display> fmt::Display for Place<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.millis(), self.1)
    }
}

impl<T: FromStr> FromStr for Place<T> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, id) = text.split_once('.').ok_or(())?;
        let millis = millis.parse().map_err(|_| ())?;
        Ok(Self(Timestamp::from_millis(millis), id.parse().map_err(|_| ())?))
    }
}

/// A limit within its range.
pub(crate) fn limit(asked: Option<i64>) -> Answer<usize> {
    let limit = asked.map_or(Ok(DEFAULT_LIMIT), usize::try_from);
    if let Ok(limit) = limit
        && (1..=MAX_LIMIT).contains(&limit)
    {
        return Ok(limit);
    }
    Err(Problem::field(
        "#query/limit",
        Flaw::OutOfRange {
            min: 1,
            max: MAX_LIMIT as u64,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: Option<i64>, after: Option<&str>) -> PageQuery {
        PageQuery {
            limit,
            after: after.map(str::to_owned),
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let two = query(Some(2), None);
        let page = two.page(vec![1, 2, 3], i32::to_string).expect("in range");
        assert_eq!((page.data, page.next), (vec![1, 2], Some("2".to_owned())));
        let page = two.page(vec![3, 4], i32::to_string).expect("in range");
        assert_eq!((page.data, page.next), (vec![3, 4], None));
    }

    #[test]
    fn a_place_reads_as_it_was_written() {
        let place = Place(Timestamp::from_millis(1_700), 7_i64);
        assert_eq!(place.to_string().parse::<Place<i64>>(), Ok(place));
        assert!("1700".parse::<Place<i64>>().is_err() && "x.7".parse::<Place<i64>>().is_err());
    }

    #[test]
    fn limits_and_places_are_checked() {
        assert_eq!(query(None, None).fetch().expect("the default"), 51);
        assert!(query(Some(0), None).limit().is_err() && query(Some(201), None).limit().is_err());
        assert_eq!(query(Some(200), None).limit().expect("the most"), 200);
        assert!(query(None, Some("x")).after::<i64>().is_err());
        assert_eq!(query(None, Some("7")).after::<i64>().expect("a number"), Some(7));
    }
}
