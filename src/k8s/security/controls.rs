//! The controls, one row each.

use super::Level;
use super::pod::{At, Pod, Violation};
use crate::value::Value;

/// Finds every violation.
type Check = for<'p> fn(&Pod<'p>) -> Vec<Violation<'p>>;

/// Something that a level forbids or requires.
pub(super) struct Control {
    pub(super) level: Level,
    /// The minor version that introduced it.
    pub(super) since: u32,
    /// Every violation.
    pub(super) check: Check,
}

const fn baseline(since: u32, check: Check) -> Control {
    Control { level: Level::Baseline, since, check }
}

const fn restricted(since: u32, check: Check) -> Control {
    Control { level: Level::Restricted, since, check }
}

/// Every control, in the order of the standards.
pub(super) static CONTROLS: &[Control] = &[
    baseline(0, |pod| true_ones(pod.contexts("windowsOptions.hostProcess"))),
    baseline(0, |pod| {
        let spec = pod.spec();
        true_ones(["hostNetwork", "hostPID", "hostIPC"].iter().filter_map(|key| spec.get(key)).collect())
    }),
    baseline(0, |pod| true_ones(of_containers(pod, "privileged"))),
    baseline(0, |pod| added(pod, CAPABILITIES)),
    baseline(0, |pod| {
        pod.volumes
            .iter()
            .filter_map(|volume| volume.get("hostPath"))
            .map(|path| path.says("is set"))
            .collect()
    }),
    baseline(0, host_ports),
    baseline(34, hosts_of_probes),
    baseline(0, app_armor),
    baseline(0, se_linux),
    baseline(0, |pod| {
        let mounts = of_containers(pod, "procMount");
        mounts
            .iter()
            .filter(|mount| mount.text() != "Default")
            .map(|mount| mount.says("is not Default"))
            .collect()
    }),
    baseline(19, |pod| {
        let types = pod.contexts("seccompProfile.type");
        types
            .iter()
            .filter(|kind| kind.text() == "Unconfined")
            .map(|kind| kind.says("is Unconfined"))
            .collect()
    }),
    baseline(0, sysctls),
    restricted(0, volume_types),
    restricted(8, |pod| {
        let is_exempt = |_: &At<'_>| pod.is_windows();
        without(pod, "securityContext.allowPrivilegeEscalation", "is not false", is_exempt, |at| at.is(false))
    }),
    restricted(0, |pod| {
        let of_pod = pod.spec().get("securityContext.runAsNonRoot").is_some_and(|at| at.is(true));
        without(
            pod,
            "securityContext.runAsNonRoot",
            "is not true",
            |container| of_pod && container.get("securityContext.runAsNonRoot").is_none(),
            |at| at.is(true),
        )
    }),
    restricted(23, |pod| {
        let users = pod.contexts("runAsUser");
        users.iter().filter(|user| user.value.as_i64() == Some(0)).map(|user| user.says("is 0")).collect()
    }),
    restricted(19, |pod| {
        let is_right = |at: &At<'_>| matches!(at.text(), "RuntimeDefault" | "Localhost");
        let of_pod = pod.spec().get("securityContext.seccompProfile.type").is_some_and(|at| is_right(&at));
        without(
            pod,
            "securityContext.seccompProfile.type",
            "is not RuntimeDefault or Localhost",
            |container| {
                pod.is_windows() || of_pod && container.get("securityContext.seccompProfile.type").is_none()
            },
            is_right,
        )
    }),
    restricted(22, |pod| if pod.is_windows() { Vec::new() } else { dropped(pod) }),
];

/// Capabilities that baseline lets containers add.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Namespaced sysctls and the versions that allow them.
const SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

/// `SELinux` types and the versions that allow them.
const SE_LINUX_TYPES: &[(&str, u32)] = &[
    ("", 0),
    ("container_t", 0),
    ("container_init_t", 0),
    ("container_kvm_t", 0),
    ("container_engine_t", 31),
];

/// Volume types that do not expose the host.
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// A field of the security contexts of containers.
fn of_containers<'p>(pod: &Pod<'p>, field: &'static str) -> Vec<At<'p>> {
    pod.of_containers.iter().filter_map(|context| context.get(field)).collect()
}

fn true_ones<'p>(fields: Vec<At<'p>>) -> Vec<Violation<'p>> {
    fields.iter().filter(|field| field.is(true)).map(|field| field.says("is true")).collect()
}

/// Containers without a valid `field`, except exempt ones.
fn without<'p>(
    pod: &Pod<'p>,
    field: &'static str,
    what: &'static str,
    is_exempt: impl Fn(&At<'_>) -> bool,
    is_right: impl Fn(&At<'_>) -> bool,
) -> Vec<Violation<'p>> {
    let wrong = pod
        .containers
        .iter()
        .filter(|container| !is_exempt(container) && !container.get(field).is_some_and(|at| is_right(&at)));
    let of_containers = wrong.map(|container| container.says_of(field, what));
    // A wrong value on the pod is a violation even if every container sets a valid one.
    let of_pod = pod.spec().get(field).filter(|at| !is_right(at) && !pod.is_windows());
    of_pod.iter().map(|at| at.says(what)).chain(of_containers).collect()
}

fn added<'p>(pod: &Pod<'p>, allowed: &[&str]) -> Vec<Violation<'p>> {
    let lists = of_containers(pod, "capabilities.add");
    let wrong = lists.iter().flat_map(|list| {
        let all = list.value.as_array().into_iter().flatten().filter_map(|one| one.as_str());
        all.filter(|one| !allowed.contains(one)).map(|one| list.says_with("has ", one))
    });
    wrong.collect()
}

fn dropped<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    const FIELD: &str = "securityContext.capabilities.drop";
    let has_all =
        |list: &At<'_>| list.value.as_array().into_iter().flatten().any(|one| one.as_str() == Some("ALL"));
    let without =
        pod.containers.iter().filter(|container| !container.get(FIELD).is_some_and(|list| has_all(&list)));
    let without = without.map(|container| container.says_of(FIELD, "has no ALL"));
    without.chain(added(pod, &["NET_BIND_SERVICE"])).collect()
}

fn host_ports<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    let ports = pod.containers.iter().flat_map(|container| container.list("ports"));
    let ports = ports.filter_map(|port| port.get("hostPort")).filter(|port| port.value.as_i64() != Some(0));
    ports.map(|port| port.says("is set")).collect()
}

fn hosts_of_probes<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    const PLACES: [&str; 5] =
        ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];
    let mut found = Vec::new();
    for container in &pod.containers {
        for place in PLACES {
            let Some(handler) = container.get(place) else { continue };
            for host in ["httpGet.host", "tcpSocket.host"] {
                let host = handler.get(host).filter(|host| !host.text().is_empty());
                found.extend(host.map(|host| host.says("is set")));
            }
        }
    }
    found
}

fn app_armor<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
    let metadata = pod.metadata();
    let annotations = metadata.value.get("annotations").and_then(Value::as_object).into_iter().flatten();
    let is_right = |profile: &str| {
        profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/")
    };
    let wrong = annotations
        .filter(|(key, value)| key.starts_with(PREFIX) && !is_right(value.as_str().unwrap_or_default()));
    let wrong = wrong.map(|(key, _)| metadata.says_of_element("annotations", key, "names another profile"));
    let types = pod.contexts("appArmorProfile.type");
    let types = types.iter().filter(|kind| !matches!(kind.text(), "RuntimeDefault" | "Localhost"));
    wrong.chain(types.map(|kind| kind.says("is not RuntimeDefault or Localhost"))).collect()
}

fn se_linux<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    let allows =
        |kind: &str| SE_LINUX_TYPES.iter().any(|(known, since)| *known == kind && *since <= pod.version);
    let types = pod.contexts("seLinuxOptions.type");
    let types = types.iter().filter(|kind| !allows(kind.text())).map(|kind| kind.says("is another type"));
    let fields = ["seLinuxOptions.user", "seLinuxOptions.role"].map(|field| pod.contexts(field));
    let fields = fields.iter().flatten().filter(|field| !field.text().is_empty());
    types.chain(fields.map(|field| field.says("is set"))).collect()
}

fn sysctls<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    let allows = |name: &str| SYSCTLS.iter().any(|(known, since)| *known == name && *since <= pod.version);
    let Some(context) = pod.spec().get("securityContext") else { return Vec::new() };
    let all = context.list("sysctls");
    let name = |sysctl: &At<'p>| sysctl.get("name").map_or("", |name| name.text());
    all.iter()
        .filter(|sysctl| !allows(name(sysctl)))
        .map(|sysctl| sysctl.says("is not kept to the pod"))
        .collect()
}

fn volume_types<'p>(pod: &Pod<'p>) -> Vec<Violation<'p>> {
    let types = pod.volumes.iter().flat_map(|volume| {
        let keys = volume.value.as_object().into_iter().flatten();
        let types = keys.filter(|(key, value)| *key != "name" && !value.is_null()).map(|(key, _)| key);
        types.filter(|key| !VOLUMES.contains(&key.as_str())).map(|key| volume.says_of(key, "is set"))
    });
    types.collect()
}
