//! What a field of a resource may hold, as data.

use serde_json::Value;

/// A field of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Only v1alpha1 has it.
    pub only_v1alpha1: bool,
}

/// What a value may be. Null always counts as not set.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text,
    /// A string that must be there and not be empty.
    Filled,
    /// An image's reference: a string that must be there and not be empty.
    Image,
    /// One of these strings, or the empty one.
    OneOf(&'static [&'static str]),
    /// A string of the characters that a path in a web server's configuration may have.
    ConfigPath,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 32 bits or a string, such as a port or its name.
    Int32OrText,
    /// A mapping of whatever it likes.
    Mapping,
    /// Whatever it likes.
    Anything,
    /// A quantity: a string or a number.
    Quantity,
    /// A mapping from any key to strings.
    TextMap,
    /// A mapping from any key to quantities.
    QuantityMap,
    /// A list.
    List(&'static Shape),
    /// A mapping of these fields.
    Object(&'static [Field]),
    /// That shape, and what a function demands of a value that has it; the function says what is wrong, and where.
    Checked(&'static Shape, fn(&Value) -> Result<(), Fault>),
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, from the value on.
    pub pointer: String,
    /// What: a sentence's end after the field's name.
    pub message: String,
}

/// A field of every version.
#[must_use]
pub const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, only_v1alpha1: false }
}
