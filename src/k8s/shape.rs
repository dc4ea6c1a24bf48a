//! The allowed shape of a resource's field, as data.

use crate::finding::{Code, Finding};
use crate::value::Value;

/// A field of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// Its allowed values.
    pub shape: Shape,
    /// Only in v1alpha1.
    pub only_v1alpha1: bool,
}

/// An allowed type of value. Null always counts as unset.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text,
    /// A required, non-empty string.
    Filled,
    /// An image reference: a required, non-empty string.
    Image,
    /// One of these strings or an empty one.
    OneOf(&'static [&'static str]),
    /// A string whose characters are allowed in a path of a web server's configuration.
    ConfigPath,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer,
    /// A 32-bit integer.
    Int32,
    /// A 32-bit integer or a string, such as a port number or name.
    Int32OrText,
    /// Any mapping.
    Mapping,
    /// Any value.
    Anything,
    /// A quantity: a string or a number.
    Quantity,
    /// A mapping with string values.
    TextMap,
    /// A mapping with quantity values.
    QuantityMap,
    /// A list.
    List(&'static Shape),
    /// A mapping with these fields.
    Object(&'static [Field]),
    /// This shape with an additional check, which returns what is wrong and where.
    Checked(&'static Shape, fn(&Value) -> Result<(), Fault>),
}

/// What is wrong with a value.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Pointer relative to the value.
    pub pointer: String,
    /// Takes a code, and the field's pointer and path.
    pub finding: fn(Code, String, &str) -> Finding,
}

/// A field that all versions have.
#[must_use]
pub const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, only_v1alpha1: false }
}
