//! An Instrumentation's spec in other formats: dotted paths and a JSON Schema.

use super::{Version, fields};
use crate::k8s::shape::{Field, Shape};
use crate::languages::ALL;
use crate::value::{Map, Value, json};

/// How the string of a field is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Takes {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A list of strings.
    List,
}

/// The languages' fields, by language key.
fn agents() -> impl Iterator<Item = (&'static str, Vec<Field>)> {
    ALL.iter().filter_map(|language| {
        let settings = language.settings.as_ref()?;
        Some((settings.key, fields::agent(language, settings, Version::V1Alpha1)))
    })
}

/// The tokens of a dotted path in the spec, and the field's type. An unknown path is read as a string: the check of the
/// spec reports it.
pub(in crate::config) fn place(path: &str) -> (Vec<String>, Takes) {
    let (head, below) = path.split_once('.').map_or((path, None), |(head, below)| (head, Some(below)));
    let mut tokens = vec![head.to_owned()];
    let agent = agents().find(|(key, _)| *key == head);
    let takes = match (agent, below) {
        (Some((_, fields)), Some(below)) => within(&fields, below, &mut tokens),
        (Some(_), None) => Takes::Text,
        (None, _) => {
            tokens.clear();
            within(fields::spec(Version::V1Alpha1), path, &mut tokens)
        }
    };
    (tokens, takes)
}

fn within(fields: &[Field], path: &str, tokens: &mut Vec<String>) -> Takes {
    let (head, below) = path.split_once('.').map_or((path, None), |(head, below)| (head, Some(below)));
    tokens.push(head.to_owned());
    let shape = fields.iter().find(|field| field.name == head).map(|field| field.shape);
    match (shape, below) {
        (Some(Shape::Object(fields)), Some(below)) => within(fields, below, tokens),
        // The keys of this mapping can contain dots.
        (Some(Shape::TextMap), Some(below)) => {
            tokens.push(below.to_owned());
            Takes::Text
        }
        (_, Some(below)) => {
            tokens.extend(below.split('.').map(str::to_owned));
            Takes::Text
        }
        (Some(Shape::Flag), None) => Takes::Flag,
        (Some(Shape::List(Shape::Text)), None) => Takes::List,
        (_, None) => Takes::Text,
    }
}

/// The JSON Schema of a v1alpha1 spec. Types of the Kubernetes API are not restricted.
pub(in crate::config) fn schema() -> Value {
    let own = fields::spec(Version::V1Alpha1).to_vec();
    let mut schema = of_fields(&own);
    for (key, fields) in agents() {
        schema["properties"][key] = of_fields(&fields);
    }
    schema
}

fn of_fields(fields: &[Field]) -> Value {
    let property = |field: &Field| (field.name.to_owned(), schema_of(field.shape));
    json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": fields.iter().map(property).collect::<Map>(),
    })
}

fn schema_of(shape: Shape) -> Value {
    match shape {
        Shape::Text | Shape::ConfigPath => json!({"type": ["string", "null"]}),
        Shape::Filled | Shape::Image => json!({"type": "string", "minLength": 1}),
        Shape::OneOf(words) => {
            let unset = [json!(""), Value::Null];
            json!({"enum": words.iter().map(|word| json!(word)).chain(unset).collect::<Vec<_>>()})
        }
        Shape::Flag => json!({"type": ["boolean", "null"]}),
        Shape::Integer | Shape::Int32 => json!({"type": ["integer", "null"]}),
        Shape::Int32OrText => json!({"type": ["integer", "string", "null"]}),
        Shape::Mapping | Shape::QuantityMap | Shape::Checked(..) => json!({"type": ["object", "null"]}),
        Shape::Anything => json!({}),
        Shape::Quantity => json!({"type": ["string", "number", "null"]}),
        Shape::TextMap => json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}}),
        Shape::List(element) => json!({"type": ["array", "null"], "items": schema_of(*element)}),
        Shape::Object(fields) => of_fields(fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_end_at_fields_and_keys_with_dots_stay_whole() {
        for (path, tokens, takes) in [
            ("exporter.endpoint", vec!["exporter", "endpoint"], Takes::Text),
            ("propagators", vec!["propagators"], Takes::List),
            ("resource.addK8sUIDAttributes", vec!["resource", "addK8sUIDAttributes"], Takes::Flag),
            (
                "resource.resourceAttributes.deployment.environment.name",
                vec!["resource", "resourceAttributes", "deployment.environment.name"],
                Takes::Text,
            ),
            ("java.image", vec!["java", "image"], Takes::Text),
            ("java.resources.limits.cpu", vec!["java", "resources", "limits", "cpu"], Takes::Text),
            ("exprter.endpoint", vec!["exprter", "endpoint"], Takes::Text),
        ] {
            assert_eq!(place(path), (tokens.into_iter().map(str::to_owned).collect(), takes), "{path}");
        }
    }
}
