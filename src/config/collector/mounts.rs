//! The volumes of the pod and the mounts of the container.

use serde_json::{Value, json};

use crate::k8s::pod::elements;

/// The longest name of a volume, and the longest value of a label.
const LONGEST: usize = 63;

/// What a spec mounts.
pub(super) struct Volumes {
    /// Every volume.
    pub(super) all: Vec<Value>,
    /// Where they are mounted.
    pub(super) mounts: Vec<Value>,
    /// The ConfigMaps that are mounted by their names.
    pub(super) config_maps: Vec<String>,
}

impl Volumes {
    pub(super) fn read(spec: &Value) -> Self {
        let mut volumes = Self {
            all: elements(spec, "volumes").to_vec(),
            mounts: elements(spec, "volumeMounts").to_vec(),
            config_maps: Vec::new(),
        };
        for entry in elements(spec, "configmaps") {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let (name, path) = (text("name"), text("mountpath"));
            let volume = volume_name(name);
            let path = clean(&format!("/var/conf/{path}/{volume}"));
            volumes.all.push(json!({"name": volume, "configMap": {"name": name}}));
            volumes.mounts.push(json!({"name": volume, "mountPath": path}));
            volumes.config_maps.push(name.to_owned());
        }
        volumes
    }
}

/// The name of the volume for a ConfigMap.
fn volume_name(config_map: &str) -> String {
    let name: String = format!("configmap-{config_map}").chars().take(LONGEST).collect();
    let fit = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    stripped(&name).to_lowercase().chars().map(fit).collect()
}

/// A text without what is neither letter nor digit at its ends.
#[must_use]
pub fn stripped(text: &str) -> &str {
    text.trim_matches(|character: char| !character.is_ascii_alphanumeric())
}

/// An absolute path without empty parts, `.` and `..`.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
