//! The table of keys in other formats: documentation for people, a JSON Schema for editors.

use super::keys::{Key, KeyShape, Object, SPEC};
use super::{FORMS, config_map};
use crate::config::instrumentation;
use crate::value::{Map, Value, json};

/// A config with a bit of everything.
const EXAMPLE: &str = include_str!("example.yaml");

/// The reference of the function config, as committed in `docs/config.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Function config\n\n\
         <!-- Generated from src/config/function/keys.rs: UPDATE_DOCS=1 cargo test --test it docs -->\n\n\
         The config is a `functionConfig` of a KRM host, the config file of a kustomize plugin, or the file of \
         `--config`. Commands and pipes without that flag use an `OtelInject` in `otel-inject.yaml` of the current \
         folder, or of the nearest one above it in the same repository; `--no-config` turns that off. It may be absent. Every key, with what holds without it:\n\n\
         ```yaml\napiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata:\n  name: otel-inject\nspec: {}\n```\n\n\
         | key of `spec` | takes | default | about |\n|---|---|---|---|\n",
    );
    rows(&SPEC, "", &mut page);
    page.push_str(&format!(
        "\nAn unknown key, a wrong type or an empty selector is [`invalid-config`](findings.md#invalid-config): \
         nothing runs. Editors know the keys by [the schema](otel-inject.schema.json).\n\n\
         What a rule's annotations come to is in [select.md](select.md). Globs are those of shells: `*`, `?`, \
         `[a-z]`, `{{a,b}}`. Names, namespaces and labels are those that stand in the manifest when the function \
         runs.\n\n\
         ## An example\n\n```yaml\n{EXAMPLE}```\n\n\
         ## As a ConfigMap\n\n\
         `kpt fn eval -- key=value` and a Kptfile's `configMap` send a `ConfigMap`. Its keys are dotted paths of \
         `spec`, its lists have commas, its values are read as they are written. {}\n\n\
         ```yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: function-input\ndata:\n  inject: nodejs\n  \
         names: \"web-*, api\"\n  images.registry: mirror.example.com/otel\n  \
         instrumentation.exporter.endpoint: http://collector:4318\n```\n\n\
         ## As an Instrumentation\n\n\
         An `Instrumentation` ({}) as config is `spec.instrumentation`, and nothing else is set.\n",
        config_map::reference(),
        FORMS.last().map(|form| form.api_versions.join(", ")).unwrap_or_default(),
    ));
    page
}

fn rows(object: &Object, prefix: &str, page: &mut String) {
    for Key { name, about, default, shape } in object.keys {
        let default = default.map(|default| format!("`{default}`")).unwrap_or_default();
        page.push_str(&format!("| `{prefix}{name}` | {} | {default} | {about} |\n", takes(shape)));
        inner(shape, &format!("{prefix}{name}"), page);
    }
}

/// Writes the rows below a shape.
fn inner(shape: &KeyShape, prefix: &str, page: &mut String) {
    match shape {
        KeyShape::Object(object) => rows(object, &format!("{prefix}."), page),
        KeyShape::List(of) => inner(of, &format!("{prefix}[]"), page),
        _ => {}
    }
}

fn takes(shape: &KeyShape) -> String {
    match shape {
        KeyShape::Flag => "`true` or `false`".to_owned(),
        KeyShape::Choice(_) | KeyShape::Words(_) => code(&shape.words()),
        KeyShape::Text(format) => format.what.replace('|', "\\|"),
        KeyShape::List(KeyShape::Object(_)) => "a list of mappings".to_owned(),
        KeyShape::List(of) => format!("a list: {}", takes(of)),
        KeyShape::Object(_) => "a mapping".to_owned(),
        KeyShape::Map { of, .. } => {
            const MANY: usize = 12;
            let words = shape.words();
            let value = |word: &str| match of(word) {
                KeyShape::Text(_) => format!("`{word}`"),
                shape => format!("`{word}` ({})", takes(&shape)),
            };
            if words.len() > MANY {
                "a mapping from [codes](findings.md) to `error`, `warning`, `info` or `off`".to_owned()
            } else if let Some(choice) = same_choice(&words, *of) {
                format!("a mapping from {} to {choice}", code(&words))
            } else {
                let values: Vec<String> = words.iter().map(|word| value(word)).collect();
                format!("a mapping of {}", values.join(", "))
            }
        }
        KeyShape::Either { what, .. } => (*what).to_owned(),
        KeyShape::Instrumentation => "a mapping".to_owned(),
    }
}

/// The words that every key takes, if they are the same.
fn same_choice(keys: &[&str], of: fn(&str) -> KeyShape) -> Option<String> {
    let mut choices = keys.iter().map(|key| match of(key) {
        shape @ KeyShape::Choice(_) => Some(takes(&shape)),
        _ => None,
    });
    let first = choices.next()??;
    choices.all(|choice| choice.as_ref() == Some(&first)).then_some(first)
}

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The JSON Schema of the config as an `OtelInject`, as committed in `docs/otel-inject.schema.json`.
#[must_use]
pub fn schema() -> Value {
    let form = &FORMS[0];
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Generated from src/config/function/keys.rs: UPDATE_DOCS=1 cargo test --test it docs",
        "title": form.kind,
        "description": "The function config of otel-inject",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": {"enum": form.api_versions},
            "kind": {"const": form.kind},
            "metadata": {"type": "object"},
            "spec": nullable(of_object(&SPEC)),
            "argsOneLiner": {"description": "kustomize's own: arguments of a legacy plugin"},
            "argsFromFile": {"description": "kustomize's own: a file of arguments of a legacy plugin"},
        },
    })
}

fn schema_of(shape: &KeyShape) -> Value {
    match shape {
        KeyShape::Flag => json!({"type": "boolean"}),
        KeyShape::Choice(_) | KeyShape::Words(_) => json!({"enum": shape.words()}),
        KeyShape::Text(format) => match format.pattern {
            Some(pattern) => json!({"type": "string", "pattern": pattern}),
            None => json!({"type": "string"}),
        },
        KeyShape::List(element) => json!({"type": "array", "minItems": 1, "items": schema_of(element)}),
        KeyShape::Object(object) => of_object(object),
        KeyShape::Map { of: of_word, filled, .. } => {
            let words = shape.words();
            let properties =
                words.iter().map(|word| ((*word).to_owned(), nullable(schema_of(&of_word(word)))));
            let mut schema = json!({
                "type": "object",
                "additionalProperties": false,
                "properties": properties.collect::<Map>(),
            });
            if *filled {
                schema["anyOf"] = words.iter().map(|word| is_there(word)).collect();
            }
            schema
        }
        KeyShape::Either { shapes, .. } => json!({"anyOf": shapes.iter().map(schema_of).collect::<Vec<_>>()}),
        KeyShape::Instrumentation => instrumentation::schema(),
    }
}

fn of_object(object: &Object) -> Value {
    let property = |key: &Key| {
        let mut schema = schema_of(&key.shape);
        if !object.required.contains(&key.name) {
            schema = nullable(schema);
        }
        schema["description"] = key.about.into();
        if let Some(default) = key.default {
            schema["default"] = serde_json::from_str(default).unwrap_or_else(|_| default.into());
        }
        (key.name.to_owned(), schema)
    };
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": object.keys.iter().map(property).collect::<Map>(),
    });
    if !object.required.is_empty() {
        schema["required"] = json!(object.required);
    }
    if !object.any_of.is_empty() {
        schema["anyOf"] = object.any_of.iter().map(|key| is_there(key)).collect();
    }
    let needs =
        object.needs.iter().map(|(key, needed)| json!({"if": is_there(key), "then": is_there(needed)}));
    let needs: Vec<Value> = needs.collect();
    if !needs.is_empty() {
        schema["allOf"] = needs.into();
    }
    schema
}

/// Requires the key to be present and not null.
fn is_there(key: &str) -> Value {
    json!({"required": [key], "properties": {key: {"not": {"type": "null"}}}})
}

/// Also allows null, which counts as absent.
fn nullable(mut schema: Value) -> Value {
    match schema.as_object_mut() {
        Some(map) if map.get("type").is_some_and(Value::is_string) => {
            let word = map.get("type").cloned();
            map.insert("type", json!([word, "null"]));
            schema
        }
        Some(map) if map.get("enum").is_some_and(Value::is_array) => {
            if let Some(words) = map.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
            schema
        }
        Some(map) if map.contains_key("anyOf") => {
            if let Some(shapes) = map.get_mut("anyOf").and_then(Value::as_array_mut) {
                shapes.push(json!({"type": "null"}));
            }
            schema
        }
        _ => schema,
    }
}
