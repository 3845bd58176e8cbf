//! From a TOML tree to the tables of the schema: every mistake is kept, none stops the reading.
//!
//! serde stops at the first error; an administrator wants all of them. One definition of a table gives
//! its struct, its reader and its JSON Schema.

use std::num::IntErrorKind;

use serde_json::{Value as Json, json};
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, ProblemKind};
use crate::model::Route;

/// Something that can stand in a description.
pub trait FromToml: Sized {
    /// Reads it; what is wrong goes to `problems`, and the rest is still read.
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self>;

    /// What is accepted, as JSON Schema.
    fn json_schema() -> Json;
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// Where it stands.
    pub at: Route,
    /// The value.
    pub value: T,
}

/// An array; elements of the wrong type are left out.
pub type List<T> = Vec<Item<T>>;

/// A table whose keys are names of the description's own, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map<T>(pub Vec<(String, Item<T>)>);

/// Notes a value of the wrong type or kind.
pub(super) fn wrong_value(
    at: &Route,
    found: impl Into<String>,
    expected: impl Into<String>,
    problems: &mut Vec<Problem>,
) {
    problems.push(Problem::new(
        at.clone(),
        ProblemKind::WrongValue {
            found: found.into(),
            expected: expected.into(),
        },
    ));
}

/// A TOML type in words.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl FromToml for String {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            wrong_value(at, type_name(value), "a text in quotes", problems);
        }
        text
    }

    fn json_schema() -> Json {
        json!({"type": "string"})
    }
}

impl FromToml for bool {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let truth = value.as_bool();
        if truth.is_none() {
            wrong_value(
                at,
                type_name(value),
                "true or false, without quotes",
                problems,
            );
        }
        truth
    }

    fn json_schema() -> Json {
        json!({"type": "boolean"})
    }
}

impl FromToml for i64 {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(integer) = value.as_integer() else {
            wrong_value(
                at,
                type_name(value),
                "a whole number, without quotes",
                problems,
            );
            return None;
        };
        match Self::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Some(number),
            // Out of every range that there is, so the range rules can say it with the right bounds.
            Err(error) if *error.kind() == IntErrorKind::NegOverflow => Some(Self::MIN),
            Err(_) => Some(Self::MAX),
        }
    }

    fn json_schema() -> Json {
        json!({"type": "integer"})
    }
}

/// A whole number; `MIN` and `MAX` are for the JSON Schema, a rule says what is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> FromToml for Number<MIN, MAX> {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        i64::read(at, value, problems).map(Self)
    }

    fn json_schema() -> Json {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

impl<T: FromToml> FromToml for List<T> {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(array) = value.as_array() else {
            wrong_value(at, type_name(value), "a list in [ ]", problems);
            return None;
        };
        let mut list = Self::new();
        for (index, element) in array.iter().enumerate() {
            let at = at.index(index);
            if let Some(value) = T::read(&at, element.get_ref(), problems) {
                list.push(Item { at, value });
            }
        }
        Some(list)
    }

    fn json_schema() -> Json {
        json!({"type": "array", "items": T::json_schema()})
    }
}

impl<T: FromToml> FromToml for Map<T> {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(table) = value.as_table() else {
            wrong_value(at, type_name(value), "a table", problems);
            return None;
        };
        let mut map = Vec::new();
        for (key, element) in table {
            let at = at.key(key.get_ref());
            if let Some(value) = T::read(&at, element.get_ref(), problems) {
                map.push((key.get_ref().to_string(), Item { at, value }));
            }
        }
        Some(Self(map))
    }

    fn json_schema() -> Json {
        json!({"type": "object", "additionalProperties": T::json_schema()})
    }
}

/// The entries of one table, with its unknown keys noted.
pub(super) struct Fields<'a, 'p> {
    at: &'a Route,
    table: &'a DeTable<'a>,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// Opens a table that has these keys.
    pub(super) fn new(
        at: &'a Route,
        table: &'a DeTable<'a>,
        known: &[&str],
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        for (key, _) in table {
            let key: &str = key.get_ref();
            if !known.contains(&key) {
                let known = known.iter().map(|k| (*k).to_owned()).collect();
                problems.push(Problem::new(
                    at.name_of(key),
                    ProblemKind::UnknownKey {
                        key: key.to_owned(),
                        known,
                    },
                ));
            }
        }
        Self {
            at,
            table,
            problems,
        }
    }

    /// Reads the value of a key, if it is there.
    pub(super) fn take<T: FromToml>(&mut self, key: &str) -> Option<T> {
        let value = self.table.get(key)?;
        T::read(&self.at.key(key), value.get_ref(), self.problems)
    }

    /// Notes that a key must be there.
    pub(super) fn require(&mut self, key: &'static str, wants: &str) {
        if !self.table.contains_key(key) {
            let kind = ProblemKind::MissingKey {
                key,
                wants: wants.to_owned(),
            };
            self.problems.push(Problem::new(self.at.clone(), kind));
        }
    }
}

/// Defines a table of the description: its struct with optional fields, its reader, its JSON Schema.
/// `required "what for"` behind a type notes a problem where the key is missing.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $name:ident {
            $( $(#[doc = $field_doc:literal])+ $field:ident $(as $key:literal)? : $type:ty $(, required $wants:literal)? ; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            /// Where the table stands.
            pub at: crate::model::Route,
            $( $(#[doc = $field_doc])+ pub $field: Option<$type>, )+
        }

        impl $name {
            /// The keys that the table has.
            pub const KEYS: &'static [&'static str] = &[$( crate::config::reader::key_of!($field $(as $key)?) ),+];

            /// The value of a key, with its place.
            pub fn route(&self, key: &str) -> crate::model::Route {
                debug_assert!(Self::KEYS.contains(&key), "{key} is no key of the table");
                self.at.key(key)
            }
        }

        impl crate::config::reader::FromToml for $name {
            fn read(
                at: &crate::model::Route,
                value: &toml::de::DeValue<'_>,
                problems: &mut Vec<crate::config::problem::Problem>,
            ) -> Option<Self> {
                let Some(table) = value.as_table() else {
                    let found = crate::config::reader::type_name(value);
                    crate::config::reader::wrong_value(at, found, "a table", problems);
                    return None;
                };
                let mut fields = crate::config::reader::Fields::new(at, table, Self::KEYS, problems);
                $( $( fields.require(stringify!($field), $wants); )? )+
                Some(Self { at: at.clone(), $( $field: fields.take(crate::config::reader::key_of!($field $(as $key)?)), )+ })
            }

            fn json_schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                #[allow(unused_mut, reason = "not every table requires a key")]
                let mut required: Vec<&str> = Vec::new();
                $(
                    let mut schema = <$type as crate::config::reader::FromToml>::json_schema();
                    if let Some(object) = schema.as_object_mut() {
                        object.insert("description".into(), concat!($($field_doc),+).trim().into());
                    }
                    let key = crate::config::reader::key_of!($field $(as $key)?);
                    properties.insert(key.into(), schema);
                    $( let _ = $wants; required.push(stringify!($field)); )?
                )+
                serde_json::json!({
                    "type": "object",
                    "description": concat!($($doc),+).trim(),
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    };
}

/// The key of a field: its name, unless that is a word of Rust.
macro_rules! key_of {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident as $key:literal) => {
        $key
    };
}

/// Defines a value that is one of a few words.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident => $target:ty { $($word:literal => $value:expr),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $target);

        impl crate::config::reader::FromToml for $name {
            fn read(
                at: &crate::model::Route,
                value: &toml::de::DeValue<'_>,
                problems: &mut Vec<crate::config::problem::Problem>,
            ) -> Option<Self> {
                match value.as_str() {
                    $( Some($word) => Some(Self($value)), )+
                    other => {
                        let found = other.map_or_else(
                            || crate::config::reader::type_name(value).to_owned(),
                            |text| format!("{text:?}"),
                        );
                        let expected = [$( concat!("\"", $word, "\"") ),+].join(" or ");
                        crate::config::reader::wrong_value(at, found, expected, problems);
                        None
                    }
                }
            }

            fn json_schema() -> serde_json::Value {
                serde_json::json!({"enum": [$($word),+]})
            }
        }
    };
}

pub(super) use {key_of, table, words};
