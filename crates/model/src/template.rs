//! Texts with variables: `Halo {{contact.first_name|Kak}}, terima kasih`. Pure.
//!
//! What stands between two pairs of braces is the name of a variable and, after a bar, what to say when it has no value. The
//! values are put in once and as they are: a person who is called `{{user.name}}` stays that.

use std::fmt;

use crate::custom_field::{FieldValue, FieldValues};
use crate::flaw::Flaw;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const FIELDS: &str = "contact.fields.";

/// A text with variables, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot {
        variable: Variable,
        fallback: Option<String>,
        /// Where its braces begin, in characters from 1.
        position: usize,
    },
}

/// What can stand between the braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// What the person is called: the name set here or the one they give themselves.
    ContactName,
    /// The first word of that.
    ContactFirstName,
    /// Their number, with the plus.
    ContactPhone,
    /// Their value of one of the organization's own fields.
    ContactField(String),
    /// Who sends the message.
    UserName,
    /// What the organization is called.
    OrganizationName,
}

/// What a text with variables is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody looks at it before it is sent.
    Reply,
    /// It is sent by itself: there is no sender, and nobody fills in what is missing.
    Automatic,
}

/// What the variables stand for. What is not known is `None`; a name of nothing but blanks is not known either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// What the person is called.
    pub contact_name: Option<String>,
    /// Their number, with the plus.
    pub contact_phone: Option<String>,
    /// Their values of the organization's own fields.
    pub contact_fields: FieldValues,
    /// Who sends the message.
    pub user_name: Option<String>,
    /// What the organization is called.
    pub organization_name: Option<String>,
}

/// A text whose variables were filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The text. A variable without a value and without words for that stands in it as `{{contact.phone}}`.
    pub text: String,
    /// The variables that stand in the text so, each once, as they stand there.
    pub missing: Vec<String>,
}

impl Variable {
    /// The variable with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "contact.name" => Some(Self::ContactName),
            "contact.first_name" => Some(Self::ContactFirstName),
            "contact.phone" => Some(Self::ContactPhone),
            "user.name" => Some(Self::UserName),
            "organization.name" => Some(Self::OrganizationName),
            _ => {
                let key = name.strip_prefix(FIELDS).filter(|key| !key.is_empty())?;
                Some(Self::ContactField(key.to_owned()))
            }
        }
    }

    /// Its value, where it has one.
    fn value(&self, values: &Values) -> Option<String> {
        let value = match self {
            Self::ContactName => values.contact_name.clone(),
            Self::ContactFirstName => {
                let name = values.contact_name.as_deref()?;
                name.split_whitespace().next().map(str::to_owned)
            }
            Self::ContactPhone => values.contact_phone.clone(),
            Self::ContactField(key) => values.contact_fields.get(key).map(shown),
            Self::UserName => values.user_name.clone(),
            Self::OrganizationName => values.organization_name.clone(),
        };
        value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// Whether everybody has a value of it.
    fn is_always_known(&self) -> bool {
        match self {
            Self::OrganizationName => true,
            Self::ContactName
            | Self::ContactFirstName
            | Self::ContactPhone
            | Self::ContactField(_)
            | Self::UserName => false,
        }
    }
}

/// A value as words. Yes and no are signs, because nobody knows the language of the text around.
fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Boolean(true) => "✓".to_owned(),
        FieldValue::Boolean(false) => "✗".to_owned(),
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactName => f.write_str("contact.name"),
            Self::ContactFirstName => f.write_str("contact.first_name"),
            Self::ContactPhone => f.write_str("contact.phone"),
            Self::ContactField(key) => write!(f, "{FIELDS}{key}"),
            Self::UserName => f.write_str("user.name"),
            Self::OrganizationName => f.write_str("organization.name"),
        }
    }
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// Braces without the others, and names that no variable has; each with its place.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let (mut parts, mut rest, mut position) = (Vec::new(), text, 1);
        loop {
            let opened = rest.find(OPEN);
            let closed = rest.find(CLOSE);
            if let Some(at) = closed.filter(|at| opened.is_none_or(|opened| *at < opened)) {
                let position = position + rest[..at].chars().count();
                return Err(Flaw::BracesNotOpened { position });
            }
            let Some(at) = opened else {
                if !rest.is_empty() {
                    parts.push(Part::Text(rest.to_owned()));
                }
                return Ok(Self(parts));
            };
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            position += rest[..at].chars().count();
            let inner = &rest[at + OPEN.len()..];
            let end = inner.find(CLOSE).filter(|end| !inner[..*end].contains(OPEN));
            let Some(end) = end else {
                return Err(Flaw::BracesNotClosed { position });
            };
            parts.push(slot(&inner[..end], position)?);
            position += OPEN.len() + inner[..end].chars().count() + CLOSE.len();
            rest = &inner[end + CLOSE.len()..];
        }
    }

    /// The first thing that is wrong with it for this purpose, where these fields exist.
    pub fn check(&self, purpose: Purpose, is_field: impl Fn(&str) -> bool) -> Option<Flaw> {
        self.0.iter().find_map(|part| match part {
            Part::Text(_) => None,
            Part::Slot {
                variable,
                fallback,
                position,
            } => {
                let (name, position) = (variable.to_string(), *position);
                match (variable, purpose) {
                    (Variable::ContactField(key), _) if !is_field(key) => {
                        Some(Flaw::UnknownVariable { name, position })
                    }
                    (_, Purpose::Reply) => None,
                    (Variable::UserName, Purpose::Automatic) => Some(Flaw::VariableNotHere { name, position }),
                    (variable, Purpose::Automatic) => (fallback.is_none() && !variable.is_always_known())
                        .then_some(Flaw::FallbackMissing { name, position }),
                }
            }
        })
    }

    /// Fills in the values.
    pub fn fill(&self, values: &Values) -> Filled {
        let (mut text, mut missing) = (String::new(), Vec::new());
        for part in &self.0 {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Slot { variable, fallback, .. } => {
                    if let Some(known) = variable.value(values).or_else(|| fallback.clone()) {
                        text.push_str(&known);
                        continue;
                    }
                    let hole = format!("{OPEN}{variable}{CLOSE}");
                    text.push_str(&hole);
                    if !missing.contains(&hole) {
                        missing.push(hole);
                    }
                }
            }
        }
        Filled { text, missing }
    }
}

/// What stands between two pairs of braces.
fn slot(inner: &str, position: usize) -> Result<Part, Flaw> {
    let (name, fallback) = match inner.split_once('|') {
        Some((name, fallback)) => (name.trim(), Some(fallback.trim().to_owned())),
        None => (inner.trim(), None),
    };
    let variable = Variable::from_name(name).ok_or_else(|| Flaw::UnknownVariable {
        name: name.to_owned(),
        position,
    })?;
    Ok(Part::Slot {
        variable,
        fallback,
        position,
    })
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Slot {
                    variable,
                    fallback: Some(fallback),
                    ..
                } => write!(f, "{OPEN}{variable}|{fallback}{CLOSE}")?,
                Part::Slot { variable, .. } => write!(f, "{OPEN}{variable}{CLOSE}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
