//! From and to other forms: JSON through serde, and what Rust says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use ecow::EcoString;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Number;

use super::{Array, Builder, Map, Value};

/// A [`Value`](crate::value::Value) as JSON says it: `json!({"name": name, "args": ["--", 1], "extra": null})`.
#[doc(hidden)]
#[macro_export]
macro_rules! json {
    (null) => { $crate::value::Value::Null };
    ([$($items:tt)*]) => {{
        #[allow(unused_mut)]
        let mut items = $crate::value::Array::default();
        $crate::value::json!(@items items $($items)*);
        $crate::value::Value::Array(items)
    }};
    ({}) => { $crate::value::Value::Object($crate::value::Map::new()) };
    ({$($entries:tt)+}) => {{
        // Most mappings have at least two entries.
        let mut entries = $crate::value::Map::with_capacity(2);
        $crate::value::json!(@entries entries $($entries)+);
        $crate::value::Value::Object(entries)
    }};
    (@items $into:ident) => {};
    (@items $into:ident null $(, $($rest:tt)*)?) => {
        $into.push($crate::value::Value::Null);
        $($crate::value::json!(@items $into $($rest)*);)?
    };
    (@items $into:ident [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $into.push($crate::value::json!([$($inner)*]));
        $($crate::value::json!(@items $into $($rest)*);)?
    };
    (@items $into:ident {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $into.push($crate::value::json!({$($inner)*}));
        $($crate::value::json!(@items $into $($rest)*);)?
    };
    (@items $into:ident $item:expr $(, $($rest:tt)*)?) => {
        $into.push($crate::value::ToValue::to_value(&$item));
        $($crate::value::json!(@items $into $($rest)*);)?
    };
    (@entries $into:ident) => {};
    (@entries $into:ident $key:tt: null $(, $($rest:tt)*)?) => {
        $into.insert($key, $crate::value::Value::Null);
        $($crate::value::json!(@entries $into $($rest)*);)?
    };
    (@entries $into:ident $key:tt: [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $into.insert($key, $crate::value::json!([$($inner)*]));
        $($crate::value::json!(@entries $into $($rest)*);)?
    };
    (@entries $into:ident $key:tt: {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $into.insert($key, $crate::value::json!({$($inner)*}));
        $($crate::value::json!(@entries $into $($rest)*);)?
    };
    (@entries $into:ident $key:tt: $value:expr $(, $($rest:tt)*)?) => {
        $into.insert($key, $crate::value::ToValue::to_value(&$value));
        $($crate::value::json!(@entries $into $($rest)*);)?
    };
    ($value:expr) => { $crate::value::ToValue::to_value(&$value) };
}
pub use json;

/// What [`json`] takes for a value.
pub trait ToValue {
    /// The value.
    fn to_value(&self) -> Value;
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl ToValue for Map {
    fn to_value(&self) -> Value {
        Value::Object(self.clone())
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value {
        Value::String(self.into())
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        self.as_str().to_value()
    }
}

impl ToValue for Cow<'_, str> {
    fn to_value(&self) -> Value {
        self.as_ref().to_value()
    }
}

impl ToValue for EcoString {
    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl<T: ToValue> ToValue for [T] {
    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(ToValue::to_value).collect())
    }
}

impl<T: ToValue, const N: usize> ToValue for [T; N] {
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl ToValue for Array {
    fn to_value(&self) -> Value {
        Value::Array(self.clone())
    }
}

impl<K: AsRef<str>, T: ToValue> ToValue for BTreeMap<K, T> {
    fn to_value(&self) -> Value {
        self.iter().map(|(key, value)| (key.as_ref(), value.to_value())).collect()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (*self).to_value()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(
            impl ToValue for $number {
                fn to_value(&self) -> Value {
                    Value::Number(Number::from(*self))
                }
            }

            impl PartialEq<$number> for Value {
                fn eq(&self, number: &$number) -> bool {
                    matches!(self, Self::Number(own) if *own == Number::from(*number))
                }
            }

            impl From<$number> for Value {
                fn from(number: $number) -> Self {
                    Self::Number(Number::from(number))
                }
            }
        )*
    };
}

numbers!(i32, i64, u16, u32, u64, usize);

impl ToValue for f64 {
    fn to_value(&self) -> Value {
        Number::from_f64(*self).map_or(Value::Null, Value::Number)
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == Some(*text)
    }
}

impl PartialEq<String> for Value {
    fn eq(&self, text: &String) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, flag: &bool) -> bool {
        self.as_bool() == Some(*flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::String(text.into())
    }
}

impl From<EcoString> for Value {
    fn from(text: EcoString) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        number.to_value()
    }
}

impl From<Map> for Value {
    fn from(entries: Map) -> Self {
        Self::Object(entries)
    }
}

impl From<&[Self]> for Value {
    fn from(items: &[Self]) -> Self {
        items.to_value()
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::Array(items.into_iter().collect())
    }
}

impl<K: Into<EcoString> + AsRef<str>> FromIterator<(K, Self)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Self)>>(entries: I) -> Self {
        Self::Object(entries.into_iter().collect())
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(flag),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => text.into(),
            Json::Array(items) => items.into(),
            Json::Object(entries) => {
                entries.into_iter().map(|(key, value)| (key, value.into())).collect::<Map>().into()
            }
        }
    }
}

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.into()),
            Value::Array(items) => items.iter().map(Self::from).collect(),
            Value::Object(entries) => {
                entries.iter().map(|(key, value)| (String::from(key), Self::from(value))).collect()
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(entries) => entries.serialize(serializer),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key.as_str(), value)))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.to_value())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Array::default();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Builder::default();
        while let Some((key, value)) = access.next_entry::<String, _>()? {
            entries.insert(key, value);
        }
        Ok(Value::Object(entries.finish()))
    }
}
