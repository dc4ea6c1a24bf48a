//! `images.json`: configs or their files, by reference.

use std::path::{Component, Path};

use ecow::EcoString;

use super::config::{json, mapping};
use super::{MOST_IMAGES, Refusal, key};
use crate::value::Value;

/// What an index has for a reference.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The file with the config, relative to the index.
    File(String),
    /// The config itself.
    Inline(Value),
}

/// Reads an index: references, each with its entry.
///
/// # Errors
/// It is not an index, or exceeds a limit.
pub fn read(text: &[u8]) -> Result<Vec<(String, Entry)>, Refusal> {
    let value = json(text)?;
    let entries = mapping(&value, "the index")?;
    if entries.len() > MOST_IMAGES {
        return Err(Refusal::new(format!("it has more than {MOST_IMAGES} references")));
    }
    let entry = |(reference, value): (&EcoString, &Value)| {
        if key(reference).is_none() {
            return Err(Refusal::new(format!("\"{}\" is not an image reference", shortened(reference))));
        }
        match value {
            Value::String(file) if is_inside(file) => {
                Ok((reference.to_string(), Entry::File(file.to_string())))
            }
            Value::String(_) => {
                Err(Refusal::new(format!("the file of \"{reference}\" is not in the folder of the index")))
            }
            Value::Object(_) | Value::Array(_) => Ok((reference.to_string(), Entry::Inline(value.clone()))),
            _ => Err(Refusal::new(format!("\"{reference}\" has neither a file nor a config"))),
        }
    };
    entries.iter().map(entry).collect()
}

/// Whether a path stays below the folder it starts from.
fn is_inside(path: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.is_empty() && !path.contains('\0') && Path::new(path).components().all(is_plain)
}

/// The start of a text that was not expected.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    text.chars().take(LONGEST).collect()
}
