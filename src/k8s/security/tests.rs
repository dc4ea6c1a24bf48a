//! One pod per control that violates only that control.

use super::*;
use crate::value::{Value, json};

/// The strictest level that the pod meets.
fn level(template: &Value, version: Version) -> Level {
    let met = Level::ALL.into_iter().rev().find(|level| meets(template, *level, version));
    met.expect("every pod is privileged")
}

fn restricted() -> Value {
    json!({
        "metadata": {},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "app",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            }],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut pod = restricted();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = pod.pointer_mut(parent).expect("a parent");
    parent[key] = value;
    pod
}

const CONTEXT: &str = "/spec/containers/0/securityContext";

#[test]
fn every_control_is_broken_by_something() {
    let baseline = [
        ("/spec/securityContext/windowsOptions", json!({"hostProcess": true})),
        ("/spec/hostNetwork", json!(true)),
        ("/spec/hostPID", json!(true)),
        ("/spec/hostIPC", json!(true)),
        (&format!("{CONTEXT}/privileged"), json!(true)),
        (&format!("{CONTEXT}/capabilities"), json!({"drop": ["ALL"], "add": ["SYS_PTRACE"]})),
        ("/spec/volumes", json!([{"name": "v", "hostPath": {"path": "/"}}])),
        ("/spec/containers/0/ports", json!([{"hostPort": 80}])),
        ("/spec/containers/0/livenessProbe", json!({"httpGet": {"host": "a"}})),
        (
            "/metadata/annotations",
            json!({"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}),
        ),
        (&format!("{CONTEXT}/appArmorProfile"), json!({"type": "Unconfined"})),
        (&format!("{CONTEXT}/seLinuxOptions"), json!({"type": "spc_t"})),
        ("/spec/securityContext/seLinuxOptions", json!({"role": "r"})),
        (&format!("{CONTEXT}/procMount"), json!("Unmasked")),
        (&format!("{CONTEXT}/seccompProfile"), json!({"type": "Unconfined"})),
        ("/spec/securityContext/sysctls", json!([{"name": "kernel.msgmax"}])),
    ];
    let stricter = [
        ("/spec/volumes", json!([{"name": "v", "nfs": {}}])),
        (&format!("{CONTEXT}/allowPrivilegeEscalation"), Value::Null),
        ("/spec/securityContext/runAsNonRoot", Value::Null),
        (&format!("{CONTEXT}/runAsNonRoot"), json!(false)),
        (&format!("{CONTEXT}/runAsUser"), json!(0)),
        ("/spec/securityContext/seccompProfile", Value::Null),
        (&format!("{CONTEXT}/capabilities"), json!({})),
        (&format!("{CONTEXT}/capabilities"), json!({"drop": ["ALL"], "add": ["CHOWN"]})),
    ];
    assert_eq!(level(&restricted(), Version::LATEST), Level::Restricted);
    let image = changed("/spec/volumes", json!([{"name": "v", "image": {"reference": "a:1"}}]));
    assert_eq!(level(&image, Version::LATEST), Level::Restricted);
    for (pointer, value) in &baseline {
        let pod = changed(pointer, value.clone());
        assert_eq!(level(&pod, Version::LATEST), Level::Privileged, "{pointer} {value}");
    }
    for (pointer, value) in &stricter {
        let pod = changed(pointer, value.clone());
        assert_eq!(level(&pod, Version::LATEST), Level::Baseline, "{pointer} {value}");
    }
}

#[test]
fn controls_hold_from_their_versions_on() {
    let probe = changed("/spec/containers/0/livenessProbe", json!({"httpGet": {"host": "a"}}));
    let root = changed(&format!("{CONTEXT}/runAsUser"), json!(0));
    let sysctl = changed("/spec/securityContext/sysctls", json!([{"name": "net.ipv4.tcp_rmem"}]));
    let windows = changed("/spec/os", json!({"name": "windows"}));
    let mut windows = windows;
    windows["spec"]["containers"][0]["securityContext"] = json!({});
    for (pod, version, expected) in [
        (&probe, "v1.33", Level::Restricted),
        (&probe, "v1.34", Level::Privileged),
        (&root, "v1.22", Level::Restricted),
        (&root, "latest", Level::Baseline),
        (&sysctl, "v1.31", Level::Privileged),
        (&sysctl, "v1.32", Level::Restricted),
        (&windows, "v1.24", Level::Baseline),
        (&windows, "v1.25", Level::Restricted),
    ] {
        let version = Version::parse(version).expect("a version");
        assert_eq!(level(pod, version), expected, "{version:?} {pod}");
    }
}

#[test]
fn a_violation_names_its_field() {
    let pod = changed(&format!("{CONTEXT}/privileged"), json!(true));
    let found = violations(&pod, Level::Baseline, Version::LATEST);
    assert_eq!(found, ["spec.containers[app].securityContext.privileged is true"]);
}

#[test]
fn versions_are_those_of_namespaces() {
    assert!(["v1.0", "v1.34", "latest"].iter().all(|text| Version::parse(text).is_some()));
    for wrong in ["", "1.34", "v2.0", "v1.", "v1.034", "v1.x", "v1.34.1", "v1.99999999999"] {
        assert_eq!(Version::parse(wrong), None, "{wrong}");
    }
}
