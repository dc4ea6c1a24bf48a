//! Changes as an injection makes them, and as taking one out does, for any workload.

use otel_inject::change::Change;
use otel_inject::value::{Value, json};

/// A list of changes, carried out on a value while it grows.
pub(crate) struct Plan {
    pub(crate) value: Value,
    pub(crate) changes: Vec<Change>,
    /// How many elements moved.
    pub(crate) moves: usize,
}

impl Plan {
    fn new(value: &Value) -> Self {
        Self { value: value.clone(), changes: Vec::new(), moves: 0 }
    }

    fn go(&mut self, change: Change) {
        change.apply(&mut self.value).unwrap_or_else(|error| panic!("{change:?}: {error}"));
        self.moves += usize::from(matches!(change.operation, otel_inject::change::Operation::Move { .. }));
        self.changes.push(change);
    }

    fn len(&self, pointer: &str) -> usize {
        self.value.pointer(pointer).and_then(Value::as_array).map_or(0, <[_]>::len)
    }

    /// Puts `value` into the list at `pointer`, which may be absent or null.
    fn put(&mut self, pointer: &str, first: bool, value: Value) {
        let change = match self.value.pointer(pointer) {
            None => Change::add(pointer, json!([value])),
            Some(Value::Array(items)) => {
                let index = if first { 0 } else { items.len() };
                Change::add(format!("{pointer}/{index}"), value)
            }
            Some(_) => Change::replace(pointer, json!([value])),
        };
        self.go(change);
    }
}

/// Where the pod's spec is in `value`, whose workload stands at `base`.
fn pod_spec(value: &Value, base: &str) -> Option<String> {
    ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"]
        .iter()
        .map(|spec| format!("{base}{spec}"))
        .find(|spec| value.pointer(&format!("{spec}/containers")).is_some_and(Value::is_array))
}

fn containers(value: &Value, spec: &str) -> Vec<String> {
    let count = value.pointer(&format!("{spec}/containers")).and_then(Value::as_array).map_or(0, <[_]>::len);
    (0..count)
        .map(|index| format!("{spec}/containers/{index}"))
        .filter(|container| value.pointer(container).is_some_and(Value::is_object))
        .collect()
}

/// What an injection does: adds, extends strings on both ends, opens empty lists, moves a variable.
pub(crate) fn inject(value: &Value, base: &str) -> Plan {
    let mut plan = Plan::new(value);
    let Some(spec) = pod_spec(value, base) else { return plan };
    if let Some(metadata) = spec.strip_suffix("/spec").map(|template| format!("{template}/metadata"))
        && plan.value.pointer(&metadata).is_some_and(Value::is_object)
    {
        let annotations = format!("{metadata}/annotations");
        match plan.value.pointer(&annotations) {
            Some(Value::Object(_)) => {
                plan.go(Change::add(format!("{annotations}/example.org~1by"), json!("true")))
            }
            Some(_) => plan.go(Change::replace(annotations, json!({"example.org/by": "true"}))),
            None => plan.go(Change::add(annotations, json!({"example.org/by": "true"}))),
        }
    }
    for container in containers(value, &spec) {
        let env = format!("{container}/env");
        let before = plan.len(&env);
        plan.put(&env, true, json!({"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}));
        plan.put(&env, true, json!({"name": "FIRST", "value": "1e3"}));
        for index in 0..plan.len(&env) {
            let pointer = format!("{env}/{index}/value");
            let Some(text) = plan.value.pointer(&pointer).and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            plan.go(match index % 3 {
                0 => Change::replace(pointer, json!(format!("{text} --require /x,a=b"))),
                1 => Change::replace(pointer, json!(format!("/p:{text}"))),
                _ => Change::replace(pointer, json!(format!("{text},b: c #d \"e\" \\f"))),
            });
        }
        if before > 1 {
            let last = plan.len(&env) - 1;
            plan.go(Change::relocate(format!("{env}/2"), format!("{env}/{last}")));
        }
        plan.put(&env, false, json!({"name": "LAST", "value": "yes: # no"}));
        plan.put(&format!("{container}/volumeMounts"), false, json!({"name": "v", "mountPath": "/x"}));
    }
    let init = json!({
        "name": "init", "command": ["cp", "-r", "/a/.", "/b"], "env": [],
        "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
    });
    plan.put(&format!("{spec}/initContainers"), false, init);
    plan.put(&format!("{spec}/volumes"), false, json!({"name": "v", "emptyDir": {"sizeLimit": "200Mi"}}));
    let shared = format!("{spec}/shareProcessNamespace");
    if plan.value.pointer(&shared).is_none() {
        plan.go(Change::add(shared, json!(true)));
    }
    plan
}

/// What taking an injection out does: removes elements and keys, also the last one of its collection.
pub(crate) fn take_out(value: &Value, base: &str) -> Plan {
    let mut plan = Plan::new(value);
    let Some(spec) = pod_spec(value, base) else { return plan };
    for container in containers(value, &spec) {
        for list in ["env", "volumeMounts", "ports"] {
            let list = format!("{container}/{list}");
            match plan.len(&list) {
                0 => {}
                1 => plan.go(Change::remove(list)),
                2 => plan.go(Change::remove(format!("{list}/1"))),
                count => {
                    plan.go(Change::remove(format!("{list}/1")));
                    plan.go(Change::remove(format!("{list}/{}", count - 2)));
                }
            }
        }
        for key in ["imagePullPolicy", "securityContext", "resources"] {
            let pointer = format!("{container}/{key}");
            if plan.value.pointer(&pointer).is_some() {
                plan.go(Change::remove(pointer));
            }
        }
    }
    for list in ["volumes", "initContainers"] {
        let list = format!("{spec}/{list}");
        if plan.len(&list) > 0 {
            plan.go(Change::remove(format!("{list}/0")));
        }
    }
    plan
}
