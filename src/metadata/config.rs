//! Image configs as `crane config`, `skopeo inspect --config` and `docker image inspect` print them.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::{Image, Refusal};
use crate::value::{Map, Value};

/// The most elements of a list or a mapping in a config.
const MOST: usize = 4096;

/// The longest text in a config: Linux starts no process with a longer argument or variable.
const LONGEST: usize = 128 * 1024;

/// An image with the references that its metadata names; none for a bare config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Tags and digests with their repositories.
    pub references: Vec<String>,
    /// The image.
    pub image: Image,
}

/// Reads the images of a text.
///
/// # Errors
/// It is not JSON, not image configs, or exceeds a limit.
pub fn read(text: &[u8]) -> Result<Vec<Named>, Refusal> {
    read_value(&json(text)?)
}

/// JSON; the parser limits its depth.
pub(super) fn json(text: &[u8]) -> Result<Value, Refusal> {
    // The parser's own messages can quote the text.
    serde_json::from_slice(text).map_err(|error| {
        let what = if error.is_eof() { "ends too early" } else { "is not JSON, or nested too deeply" };
        Refusal::new(format!("it {what} (line {}, column {})", error.line(), error.column()))
    })
}

/// Reads the images of a value.
///
/// # Errors
/// As for [`read`].
pub fn read_value(value: &Value) -> Result<Vec<Named>, Refusal> {
    match value {
        Value::Array(all) if all.is_empty() => Err(Refusal::new("it is an empty list")),
        Value::Array(all) => {
            few(all.len(), "it")?;
            all.iter().map(|one| inspected(mapping(one, "an element of the list")?)).collect()
        }
        Value::Object(fields) if fields.contains_key("Config") => Ok(vec![inspected(fields)?]),
        Value::Object(fields) => Ok(vec![Named { references: Vec::new(), image: bare(fields)? }]),
        _ => Err(Refusal::new("it is neither a mapping nor a list")),
    }
}

/// An OCI image config.
fn bare(fields: &Map) -> Result<Image, Refusal> {
    if fields.contains_key("manifests") || fields.contains_key("layers") {
        return Err(Refusal::new("it is an image manifest: get the config with `crane config IMAGE`"));
    }
    if ["RepoTags", "LayersData", "Layers"].iter().any(|key| fields.contains_key(key)) {
        return Err(Refusal::new(
            "it is the output of `skopeo inspect` without the config: run `skopeo inspect --config`",
        ));
    }
    let mut image = image(fields, ["os", "architecture", "variant"], fields.get("config"))?;
    image.history = list(fields.get("history"), "history", |entry, place| {
        let entry = mapping(entry, place)?;
        text(entry.get("created_by"), "created_by of an element of history").map(str::to_owned)
    })?;
    Ok(image)
}

/// An element of the output of `docker image inspect`.
fn inspected(fields: &Map) -> Result<Named, Refusal> {
    if !fields.contains_key("Config") {
        return Err(Refusal::new("an element of the list has no \"Config\": it is not an image"));
    }
    let image = image(fields, ["Os", "Architecture", "Variant"], fields.get("Config"))?;
    let mut references = Vec::new();
    for key in ["RepoTags", "RepoDigests"] {
        let own: Vec<String> = texts(fields.get(key), key)?;
        // An image without a tag is called `<none>:<none>`.
        references.extend(own.into_iter().filter(|reference| super::key(reference).is_some()));
    }
    Ok(Named { references, image })
}

fn image(fields: &Map, platform: [&str; 3], config: Option<&Value>) -> Result<Image, Refusal> {
    let [os, architecture, variant] = platform;
    let required = |key: &str| match text(fields.get(key), key)? {
        "" => Err(Refusal::new(format!("it has no \"{key}\": it is not an image config"))),
        text => Ok(text.to_owned()),
    };
    let none = Map::new();
    let config = match config {
        None | Some(Value::Null) => &none,
        Some(config) => mapping(config, "config")?,
    };
    Ok(Image {
        os: required(os)?,
        architecture: required(architecture)?,
        variant: text(fields.get(variant), variant)?.to_owned(),
        env: env(config.get("Env"))?,
        user: text(config.get("User"), "User")?.to_owned(),
        entrypoint: texts(config.get("Entrypoint"), "Entrypoint")?,
        cmd: texts(config.get("Cmd"), "Cmd")?,
        labels: labels(config.get("Labels"))?,
        history: Vec::new(),
        loader: None,
    })
}

fn env(value: Option<&Value>) -> Result<BTreeMap<String, Option<String>>, Refusal> {
    let mut env = BTreeMap::new();
    for entry in texts(value, "Env")? {
        let (name, value) = entry.split_once('=').unwrap_or((&entry, ""));
        if name.is_empty() {
            return Err(Refusal::new("an element of Env has no name"));
        }
        let value = Some(value.to_owned());
        let is_other = env.get(name).is_some_and(|current| *current != value);
        env.insert(name.to_owned(), if is_other { None } else { value });
    }
    Ok(env)
}

fn labels(value: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(BTreeMap::new()) };
    let labels = mapping(value, "Labels")?;
    few(labels.len(), "Labels")?;
    let label = |(key, value): (&EcoString, &Value)| {
        Ok((key.to_string(), text(Some(value), "a value of Labels").map(str::to_owned)?))
    };
    labels.iter().map(label).collect()
}

fn texts(value: Option<&Value>, place: &str) -> Result<Vec<String>, Refusal> {
    list(value, place, |element, place| match element {
        Value::String(_) => text(Some(element), place).map(str::to_owned),
        _ => Err(Refusal::new(format!("{place} is not a string"))),
    })
}

/// The elements of a list; none if it is missing or null.
fn list<T>(
    value: Option<&Value>,
    place: &str,
    read: impl Fn(&Value, &str) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(elements)) => {
            few(elements.len(), place)?;
            let place = format!("an element of {place}");
            elements.iter().map(|element| read(element, &place)).collect()
        }
        Some(_) => Err(Refusal::new(format!("{place} is not a list"))),
    }
}

/// A string; empty if it is missing or null.
fn text<'v>(value: Option<&'v Value>, place: &str) -> Result<&'v str, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) if text.len() > LONGEST => {
            Err(Refusal::new(format!("{place} has more than {LONGEST} bytes")))
        }
        Some(Value::String(text)) if text.contains('\0') => {
            Err(Refusal::new(format!("{place} has a null character")))
        }
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refusal::new(format!("{place} is not a string"))),
    }
}

pub(super) fn mapping<'v>(value: &'v Value, place: &str) -> Result<&'v Map, Refusal> {
    value.as_object().ok_or_else(|| Refusal::new(format!("{place} is not a mapping")))
}

/// Refuses more elements than a config has.
fn few(count: usize, place: &str) -> Result<(), Refusal> {
    if count > MOST {
        return Err(Refusal::new(format!("{place} has more than {MOST} elements")));
    }
    Ok(())
}
