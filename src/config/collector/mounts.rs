//! The pod's volumes and the container's mounts.

use crate::k8s::pod::elements;
use crate::value::{Value, json};

/// The maximum length of a volume name and of a label value.
const LONGEST: usize = 63;

/// The volumes of a spec.
pub(super) struct Volumes {
    /// Every volume.
    pub(super) all: Vec<Value>,
    /// The mounts.
    pub(super) mounts: Vec<Value>,
    /// ConfigMaps mounted by name.
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

/// The volume name for a ConfigMap.
fn volume_name(config_map: &str) -> String {
    let name: String = format!("configmap-{config_map}").chars().take(LONGEST).collect();
    let fit = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    stripped(&name).to_lowercase().chars().map(fit).collect()
}

/// Trims everything but letters and digits from both ends.
#[must_use]
pub fn stripped(text: &str) -> &str {
    text.trim_matches(|character: char| !character.is_ascii_alphanumeric())
}

/// An absolute path without empty components, `.` and `..`.
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
