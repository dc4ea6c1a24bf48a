//! The kinds with a pod template, as data.

use std::borrow::Cow;

/// A kind of workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// API group. All of its versions match.
    pub group: Cow<'static, str>,
    /// Kind.
    pub kind: Cow<'static, str>,
    /// Pointer to the pod template; empty if the resource is itself a pod.
    pub template: Cow<'static, str>,
    /// The resource attributes that name the workload and its intermediate owners of pods.
    pub owners: &'static [Owner],
    /// The workload's name is used as service name although no attribute has it.
    pub names_service: bool,
    /// If this pointer exists, the pod template belongs to another resource, and nothing is injected.
    pub elsewhere: Option<&'static str>,
}

/// A resource attribute with the name of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The attribute's name.
    pub attribute: &'static str,
    /// Where its value comes from.
    pub name: OwnerName,
}

/// The name of an owner of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerName {
    /// The workload's own name.
    Own,
    /// Generated in the cluster and read from a label of the pod.
    Generated {
        /// Prefixed with the workload's name and a dash.
        after_own: bool,
        /// The variable with the label's value.
        variable: &'static str,
        /// The label's downward API field.
        field: &'static str,
    },
}

const fn own(attribute: &'static str) -> Owner {
    Owner { attribute, name: OwnerName::Own }
}

const TEMPLATE: &str = "/spec/template";

/// Owners of a Rollout's pod. Its ReplicaSets are named like a Deployment's, with a different hash.
pub(super) const ROLLOUT: &[Owner] = &[Owner {
    attribute: "k8s.replicaset.name",
    name: OwnerName::Generated {
        after_own: true,
        variable: "OTEL_RESOURCE_ATTRIBUTES_POD_TEMPLATE_HASH",
        field: "metadata.labels['rollouts-pod-template-hash']",
    },
}];

/// A Job whose name is generated in the cluster.
pub(super) const GENERATED_JOB: Owner = Owner {
    attribute: "k8s.job.name",
    name: OwnerName::Generated {
        after_own: false,
        variable: "OTEL_RESOURCE_ATTRIBUTES_JOB_NAME",
        field: "metadata.labels['batch.kubernetes.io/job-name']",
    },
};

const fn row(
    (group, kind): (&'static str, &'static str),
    template: &'static str,
    owners: &'static [Owner],
    names_service: bool,
    elsewhere: Option<&'static str>,
) -> Kind {
    Kind {
        group: Cow::Borrowed(group),
        kind: Cow::Borrowed(kind),
        template: Cow::Borrowed(template),
        owners,
        names_service,
        elsewhere,
    }
}

impl Kind {
    /// Every built-in kind.
    pub const ALL: &'static [Self] = &[
        row(
            ("apps", "Deployment"),
            TEMPLATE,
            &[
                own("k8s.deployment.name"),
                Owner {
                    attribute: "k8s.replicaset.name",
                    name: OwnerName::Generated {
                        after_own: true,
                        variable: "OTEL_RESOURCE_ATTRIBUTES_POD_TEMPLATE_HASH",
                        field: "metadata.labels['pod-template-hash']",
                    },
                },
            ],
            false,
            None,
        ),
        row(("apps", "ReplicaSet"), TEMPLATE, &[own("k8s.replicaset.name")], false, None),
        row(("apps", "StatefulSet"), TEMPLATE, &[own("k8s.statefulset.name")], false, None),
        row(("apps", "DaemonSet"), TEMPLATE, &[own("k8s.daemonset.name")], false, None),
        row(("batch", "Job"), TEMPLATE, &[own("k8s.job.name")], false, None),
        row(
            ("batch", "CronJob"),
            "/spec/jobTemplate/spec/template",
            &[own("k8s.cronjob.name"), GENERATED_JOB],
            false,
            None,
        ),
        row(("", "ReplicationController"), TEMPLATE, &[], true, None),
        row(("", "Pod"), "", &[own("k8s.pod.name")], false, None),
        row(("", "PodTemplate"), "/template", &[], false, None),
        row(("argoproj.io", "Rollout"), TEMPLATE, ROLLOUT, true, Some("/spec/workloadRef")),
        row(("serving.knative.dev", "Service"), TEMPLATE, &[], true, None),
        row(("apps.openshift.io", "DeploymentConfig"), TEMPLATE, &[], true, None),
    ];

    /// A kind that the user declared. Its name is used as service name.
    #[must_use]
    pub fn declared(group: &str, kind: &str, template: String) -> Self {
        Self {
            group: Cow::Owned(group.to_owned()),
            kind: Cow::Owned(kind.to_owned()),
            template: Cow::Owned(template),
            owners: &[],
            names_service: true,
            elsewhere: None,
        }
    }

    /// The built-in kind with this group and kind.
    #[must_use]
    pub fn find(group: &str, kind: &str) -> Option<&'static Self> {
        Self::among(&[], group, kind)
    }

    /// The kind with this group and kind, built-in or `declared`.
    #[must_use]
    pub fn among<'k>(declared: &'k [Self], group: &str, kind: &str) -> Option<&'k Self> {
        Self::ALL.iter().chain(declared).find(|row| row.group == group && row.kind == kind)
    }
}

/// Whether a text, possibly invalid YAML, mentions a workload kind (built-in or `declared`) or a `ResourceList`.
#[must_use]
pub fn mentions_workload(text: &[u8], declared: &[Kind]) -> bool {
    let is_separator = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b':');
    memchr::memmem::find_iter(text, b"kind").any(|at| {
        let rest = &text[at + b"kind".len()..];
        let separators = rest.iter().take_while(|byte| is_separator(byte)).count();
        let rest = &rest[separators..];
        let word = &rest[..rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()];
        let mut kinds = Kind::ALL.iter().chain(declared);
        separators > 0 && (word == b"ResourceList" || kinds.any(|row| row.kind.as_bytes() == word))
    })
}
