//! Tables of stable codes with a sentence for each, and how the description of the API lists them.

use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// Makes an enum of codes. Each is told in one line: its name, its code and its sentence for people.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $sentence:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $sentence] $variant,)*
        }

        impl $name {
            /// Every code that is known.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Stable, for programs.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// What it means, for people.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }

            /// The one with this code.
            pub(crate) fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }
        }
    };
}
pub(crate) use codes;

/// The schema of a text that holds one of these codes, or the name of a family with a number of WhatsApp's behind it.
pub fn schema(known: impl IntoIterator<Item = &'static str>, families: &[&str]) -> RefOr<Schema> {
    let known = known.into_iter().map(str::to_owned);
    let families = families.iter().map(|family| format!("{family}_*"));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(
            "Stable, for programs: one of `x-codes`, in which `*` stands for a number of WhatsApp's. More can be added.",
        ))
        .extensions(Some(
            ExtensionsBuilder::new()
                .add("x-codes", known.chain(families).collect::<Vec<_>>())
                .build(),
        ))
        .into()
}
