//! The collector that an earlier run must have been told to add, read off the container that it left behind.

use serde_json::{Map, Value, json};

use crate::config::collector::{CONFIG, CONTAINER, Collector, KIND, PROBES, SIDECAR};
use crate::config::instrumentation::GROUP;
use crate::k8s::Identity;
use crate::k8s::pod::{List, elements, name, position, text};
use crate::plan::Scene;
use crate::plan::collector::{LABEL, Sidecar, ranks};
use crate::select::collector;
use crate::yaml::Document;

/// Fields of the container that the spec of a collector has under the same names.
const SAME: &[&str] = &[
    "image",
    "imagePullPolicy",
    "command",
    "resources",
    "volumeMounts",
    "lifecycle",
    "securityContext",
    "envFrom",
];

/// What an earlier run was told.
pub(super) struct Earlier {
    collector: Collector,
    label: String,
    image: String,
    is_plain: bool,
}

impl Earlier {
    /// What the pod of `scene` may come from; nothing where no collector leads to its container.
    pub(super) fn guesses(scene: &Scene<'_>) -> Vec<Self> {
        // A volume that the container alone mounts may be the user's, but not where nothing else is known.
        let is_any_known = scene.context.collectors.valid().flatten().next().is_some();
        let all = [false, true].into_iter().filter(|takes_all| *takes_all || is_any_known);
        all.filter_map(|takes_all| Self::of(scene, takes_all)).collect()
    }

    fn of(scene: &Scene<'_>, takes_all: bool) -> Option<Self> {
        let label = scene.workload.metadata("labels")?.get(LABEL)?.as_str()?.to_owned();
        let spec = scene.workload.pod()?;
        let (list, index) = collector::position(scene.workload)?;
        let container = &elements(spec, list.key())[index];
        let collector = read(scene, spec, container, takes_all)?;
        let image = container.get("image")?.as_str()?.to_owned();
        Some(Self { collector, label, image, is_plain: list == List::Regular })
    }

    pub(super) fn sidecar(&self) -> Sidecar<'_> {
        let Self { collector, label, image, is_plain } = self;
        let (label, image) = (label.clone(), image.clone());
        Sidecar { collector, called: "of an earlier run".to_owned(), label, image, is_plain: *is_plain }
    }
}

/// A collector that leads to `container`.
fn read(scene: &Scene<'_>, spec: &Value, container: &Value, takes_all: bool) -> Option<Collector> {
    let env = elements(container, "env");
    // Ours stand in their order behind the user's, which may be the same.
    let rank = ranks(scene);
    let mut next = usize::MAX;
    let is_own = |entry: &&Value| match rank(entry) {
        Some(rank) if rank < next => {
            next = rank;
            true
        }
        _ => false,
    };
    let users = env.len() - env.iter().rev().take_while(is_own).count();
    let config = text(&env[position(env, CONFIG)?]);
    let (volumes, init_containers) = beside(scene, spec, container, takes_all);
    let mut told = Map::new();
    told.insert("mode".into(), json!(SIDECAR));
    told.extend(SAME.iter().filter_map(|key| Some(((*key).to_owned(), container.get(*key)?.clone()))));
    told.insert("args".into(), args(container)?);
    told.insert("env".into(), json!(env[..users]));
    told.insert("config".into(), Document::parse(config).ok()?.value().ok()?);
    told.insert("volumes".into(), Value::Array(volumes));
    told.insert("initContainers".into(), Value::Array(init_containers));
    for probe in PROBES {
        let numbers = container.get(*probe).and_then(Value::as_object).into_iter().flatten();
        let numbers = numbers.filter(|(key, _)| *key != "httpGet");
        let numbers: Map<String, Value> = numbers.map(|(key, value)| (key.clone(), value.clone())).collect();
        told.insert((*probe).to_owned(), Value::Object(numbers));
    }
    // What the configuration does not lead to, the spec must have had.
    let derived = of_spec(&told)?;
    let derived = derived.fields.get("ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let ports = elements(container, "ports").iter();
    let ports = ports.filter(|port| port.get("protocol").is_some() && !derived.contains(port));
    told.insert("ports".into(), ports.map(as_in_spec).collect());
    let collector = of_spec(&told)?;
    let is_same = collector.fields.iter().all(|(key, value)| container.get(key) == Some(value));
    (is_same && collector.config == config).then_some(collector)
}

/// The collector of a spec.
fn of_spec(spec: &Map<String, Value>) -> Option<Collector> {
    let api_version = format!("{GROUP}/v1beta1");
    let resource = json!({"apiVersion": api_version, "kind": KIND, "metadata": {}, "spec": spec});
    let read = Collector::read(&resource, &Identity::of(&resource, None)?).ok();
    read.map(|(collector, _)| collector)
}

/// A container's port as a spec has it.
fn as_in_spec(port: &Value) -> Value {
    let mut port = port.clone();
    let fields = port.as_object_mut();
    if let Some((fields, number)) = fields.and_then(|fields| {
        let number = fields.shift_remove("containerPort")?;
        Some((fields, number))
    }) {
        fields.insert("port".into(), number);
    }
    port
}

/// The arguments as a spec has them.
fn args(container: &Value) -> Option<Value> {
    let (last, own) = elements(container, "args").split_last()?;
    if last.as_str()? != format!("--config=env:{CONFIG}") {
        return None;
    }
    let pair = |arg: &Value| {
        let (key, value) = arg.as_str()?.strip_prefix("--")?.split_once('=')?;
        Some((key.to_owned(), json!(value)))
    };
    own.iter().map(pair).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// The volumes and init containers that came with the collector: those that a collector of the input has, and if it
/// `takes_all`, volumes that its container alone mounts.
fn beside(scene: &Scene<'_>, spec: &Value, container: &Value, takes_all: bool) -> (Vec<Value>, Vec<Value>) {
    let collectors: Vec<&Collector> = scene.context.collectors.valid().flatten().collect();
    let has = |of: fn(&Collector) -> &[Value], wanted: &Value| {
        collectors.iter().any(|collector| position(of(collector), name(wanted)).is_some())
    };
    let mounts = |container: &Value, volume: &Value| {
        position(elements(container, "volumeMounts"), name(volume)).is_some()
    };
    let all_init = elements(spec, List::Init.key());
    let is_init = |wanted: &&Value| has(|collector| &collector.init_containers, wanted);
    let init: Vec<Value> = all_init.iter().filter(is_init).cloned().collect();
    let all = all_init.iter().chain(elements(spec, List::Regular.key()));
    let is_other = |other: &&Value| name(other) != CONTAINER && position(&init, name(other)).is_none();
    let others: Vec<&Value> = all.filter(is_other).collect();
    let is_ours = |volume: &&Value| {
        has(|collector| &collector.volumes, volume)
            || takes_all && mounts(container, volume) && !others.iter().any(|other| mounts(other, volume))
    };
    (elements(spec, "volumes").iter().filter(is_ours).cloned().collect(), init)
}
