//! Our table of the Kubernetes API against `k8s-openapi`: every field, of the same type.

use otel_inject::k8s::RELEASE;
use otel_inject::k8s::fragment::{CONTAINERS, VOLUMES};
use otel_inject::k8s::shape::Shape;
use otel_inject::value::{Map, Value, json};

use crate::common::kubernetes;

/// A value of that shape with every field set.
fn full(shape: Shape) -> Value {
    match shape {
        Shape::Text | Shape::Filled | Shape::Image | Shape::ConfigPath => json!("text"),
        Shape::OneOf(words) => json!(words[0]),
        Shape::Flag => json!(true),
        Shape::Integer | Shape::Int32 | Shape::Int32OrText => json!(1),
        Shape::Quantity => json!("1"),
        Shape::TextMap => json!({"key": "text"}),
        Shape::QuantityMap => json!({"key": "1"}),
        Shape::List(element) => json!([full(*element)]),
        Shape::Object(fields) => {
            fields.iter().map(|field| (field.name.to_owned(), full(field.shape))).collect::<Map>().into()
        }
        Shape::Checked(shape, _) => full(*shape),
        Shape::Mapping | Shape::Anything => panic!("the table of the API leaves nothing open"),
    }
}

#[test]
fn our_release_of_the_api_is_the_one_we_compare_with() {
    let feature = format!("features = [\"v{}\"]", RELEASE.replace('.', "_"));
    let manifest = include_str!("../../Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with("k8s-openapi = ")).expect("the dependency");
    assert!(line.contains(&feature), "{line}");
}

#[test]
fn our_table_has_every_field_of_the_api() {
    let mut spec = json!({"containers": full(CONTAINERS), "volumes": full(VOLUMES)});
    let template = &mut spec["volumes"][0]["ephemeral"]["volumeClaimTemplate"];
    let metadata = template.as_object_mut().expect("a claim").remove("metadata");
    assert_eq!(metadata, Some(json!({"annotations": {"key": "text"}, "labels": {"key": "text"}})));
    let (pod, faults) = kubernetes::pod(&json!({"apiVersion": "v1", "kind": "Pod", "spec": spec}));
    assert_eq!(faults, Vec::<String>::new(), "fields that the API does not have, or has with another type");
    let spec = pod.and_then(|pod| pod.spec).expect("a spec");
    let read = format!("{:#?}{:#?}", spec.containers, spec.volumes);
    let unset: Vec<&str> = read
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(": None,") || line.ends_with("[],"))
        .collect();
    assert_eq!(unset, ["metadata: None,"], "fields that the table does not have");
}
