//! Fields that are `true` or `false`.
//!
//! kubectl takes a plain `y` or `n` for a boolean, too. But YAML writers that quote `yes` and `no` leave these letters
//! bare, as names of containers, labels and values; where Kubernetes wants a string, no cluster takes a boolean. So
//! a letter is a boolean only where one belongs.

/// Fields of pods, workloads, Instrumentations, collectors and their configuration, in order.
const FLAGS: &[&str] = &[
    "addK8sUIDAttributes",
    "allowPrivilegeEscalation",
    "allow_credentials",
    "annotate",
    "auto_reload",
    "automountServiceAccountToken",
    "disable_keep_alives",
    "enableMetrics",
    "enableServiceLinks",
    "enabled",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostProcess",
    "hostUsers",
    "immutable",
    "includeUIDs",
    "include_metadata",
    "include_system_ca_certs_pool",
    "insecure",
    "insecure_skip_verify",
    "manualSelector",
    "nativeSidecars",
    "optional",
    "paused",
    "permit_without_stream",
    "privileged",
    "readOnly",
    "readOnlyRootFilesystem",
    "requireReferences",
    "runAsNonRoot",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "stdin",
    "stdinOnce",
    "suspend",
    "tty",
    "useLabelsForResourceAttributes",
    "use_internal_logger",
];

/// Whether the value of `key` is `true` or `false` wherever the key is found.
#[must_use]
pub fn is_flag(key: &str) -> bool {
    FLAGS.binary_search(&key).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_in_order() {
        assert!(FLAGS.is_sorted_by(|left, right| left < right));
    }
}
