//! Boolean fields.
//!
//! kubectl also reads a plain `y` or `n` as a boolean. But YAML writers that quote `yes` and `no` leave these letters
//! bare in container names, labels and values, and no cluster accepts a boolean where Kubernetes wants a string. So a
//! letter is read as a boolean only in a boolean field.

/// Boolean fields of pods, workloads, Instrumentations, collectors and collector configurations, sorted.
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

/// Whether `key` is always the name of a boolean field.
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
