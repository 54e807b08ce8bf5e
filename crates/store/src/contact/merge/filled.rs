//! What a row takes over from one that becomes a part of it.

use pesan_model::Timestamp;
use pesan_model::custom_field::FieldValues;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::contact::Details;

/// What the row that stays took over from the other one, because it had none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filled {
    pub(super) name: Option<String>,
    pub(super) language: Option<String>,
    pub(super) opted_out_at: Option<Timestamp>,
    pub(super) fields: FieldValues,
}

impl Filled {
    /// Fills the gaps of `details`, and says with what.
    pub(super) fn fill(details: &mut Details, other: Details) -> Self {
        fn take<T: Clone>(gap: &mut Option<T>, value: Option<T>) -> Option<T> {
            if gap.is_some() {
                return None;
            }
            gap.clone_from(&value);
            value
        }
        let mut fields = other.fields;
        fields.retain(|key, _| !details.fields.contains_key(key));
        details.fields.extend(fields.clone());
        Self {
            name: take(&mut details.name, other.name),
            language: take(&mut details.language, other.language),
            opted_out_at: take(&mut details.opted_out_at, other.opted_out_at),
            fields,
        }
    }

    /// Takes back what is still as it was filled, and says what that is; what somebody set since stays.
    pub(super) fn take_back(&self, details: &mut Details) -> Self {
        fn clear<T: PartialEq>(value: &mut Option<T>, filled: Option<&T>) -> Option<T> {
            if value.as_ref() == filled { value.take() } else { None }
        }
        let (fields, kept) = std::mem::take(&mut details.fields)
            .into_iter()
            .partition(|(key, value)| self.fields.get(key) == Some(value));
        details.fields = kept;
        Self {
            name: clear(&mut details.name, self.name.as_ref()),
            language: clear(&mut details.language, self.language.as_ref()),
            opted_out_at: clear(&mut details.opted_out_at, self.opted_out_at.as_ref()),
            fields,
        }
    }

    /// Splits off what `taken` has too.
    pub(super) fn split_off(&mut self, taken: &Self) -> Self {
        fn split<T: PartialEq>(mine: &mut Option<T>, taken: Option<&T>) -> Option<T> {
            if mine.as_ref() == taken { mine.take() } else { None }
        }
        let (both, fields) = std::mem::take(&mut self.fields)
            .into_iter()
            .partition(|(key, value)| taken.fields.get(key) == Some(value));
        self.fields = fields;
        Self {
            name: split(&mut self.name, taken.name.as_ref()),
            language: split(&mut self.language, taken.language.as_ref()),
            opted_out_at: split(&mut self.opted_out_at, taken.opted_out_at.as_ref()),
            fields: both,
        }
    }

    /// Adds what was taken over later, in the place of what was taken over before and is not there any more.
    pub(super) fn add(&mut self, later: Self) {
        self.name = later.name.or(self.name.take());
        self.language = later.language.or(self.language.take());
        self.opted_out_at = later.opted_out_at.or(self.opted_out_at.take());
        self.fields.extend(later.fields);
    }

    /// Of `details` what stands in the same places as this.
    pub(super) fn same_of(&self, mut details: Details) -> Details {
        details.fields.retain(|key, _| self.fields.contains_key(key));
        Details {
            name: details.name.filter(|_| self.name.is_some()),
            language: details.language.filter(|_| self.language.is_some()),
            opted_out_at: details.opted_out_at.filter(|_| self.opted_out_at.is_some()),
            fields: details.fields,
        }
    }

    pub(super) fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("merge", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pesan_model::custom_field::FieldValue;

    fn details(name: Option<&str>, city: Option<&str>) -> Details {
        Details {
            name: name.map(str::to_owned),
            language: None,
            opted_out_at: None,
            fields: city
                .map(|city| ("city".to_owned(), FieldValue::Text(city.to_owned())))
                .into_iter()
                .collect(),
        }
    }

    fn text_of(details: &Details) -> (Option<&str>, Option<&FieldValue>) {
        (details.name.as_deref(), details.fields.get("city"))
    }

    #[test]
    fn only_gaps_are_filled_and_only_what_was_filled_is_taken_back() {
        let bandung = FieldValue::Text("Bandung".into());
        let mut stays = details(Some("Siti"), None);
        let filled = Filled::fill(&mut stays, details(Some("Sitti"), Some("Bandung")));
        assert_eq!(text_of(&stays), (Some("Siti"), Some(&bandung)));
        filled.take_back(&mut stays);
        assert_eq!(text_of(&stays), (Some("Siti"), None));

        let mut changed = details(None, None);
        let filled = Filled::fill(&mut changed, details(Some("Sitti"), Some("Bandung")));
        changed.name = Some("Siti".into());
        filled.take_back(&mut changed);
        assert_eq!(text_of(&changed), (Some("Siti"), None), "what somebody set since stays");
    }

    #[test]
    fn what_was_handed_on_is_split_off_where_it_is_the_same() {
        let mut above = Filled {
            name: Some("Siti".into()),
            fields: details(None, Some("Bandung")).fields,
            ..Filled::default()
        };
        let taken = Filled {
            name: Some("Sitti".into()),
            fields: details(None, Some("Bandung")).fields,
            ..Filled::default()
        };
        let both = above.split_off(&taken);
        assert_eq!((both.name, both.fields.len()), (None, 1));
        assert_eq!((above.name.as_deref(), above.fields.len()), (Some("Siti"), 0));
    }

    #[test]
    fn what_is_taken_over_later_takes_the_place_of_what_is_gone() {
        let mut filled = Filled {
            name: Some("Siti".into()),
            language: Some("id".into()),
            ..Filled::default()
        };
        filled.add(Filled {
            name: Some("Sitti".into()),
            fields: details(None, Some("Bandung")).fields,
            ..Filled::default()
        });
        assert_eq!(
            (filled.name.as_deref(), filled.language.as_deref(), filled.fields.len()),
            (Some("Sitti"), Some("id"), 1)
        );
        let same = filled.same_of(details(Some("Aminah"), None));
        assert_eq!(text_of(&same), (Some("Aminah"), None));
        assert_eq!(
            Filled::default().same_of(details(Some("Aminah"), Some("Bogor"))),
            details(None, None)
        );
    }
}
