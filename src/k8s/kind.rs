//! The kinds that hold a pod template, as data.

use std::borrow::Cow;

/// A kind of workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// API group; every version of it counts.
    pub group: Cow<'static, str>,
    /// Kind.
    pub kind: Cow<'static, str>,
    /// Pointer to the pod template; empty where the resource is one itself.
    pub template: Cow<'static, str>,
    /// The resource attributes that name the workload and what it makes on the way to a pod.
    pub owners: &'static [Owner],
    /// The workload's own name is a service name although no attribute holds it.
    pub names_service: bool,
    /// Where something stands here, the pod template is another resource's: nothing is injected.
    pub elsewhere: Option<&'static str>,
}

/// A resource attribute with the name of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The attribute.
    pub attribute: &'static str,
    /// What it says.
    pub name: OwnerName,
}

/// The name of an owner of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerName {
    /// The workload's own.
    Own,
    /// Made in the cluster and read from a label of the pod.
    Generated {
        /// The workload's name and a dash go before it.
        after_own: bool,
        /// The variable that holds it.
        variable: &'static str,
        /// Where the downward API finds it.
        field: &'static str,
    },
}

const fn own(attribute: &'static str) -> Owner {
    Owner { attribute, name: OwnerName::Own }
}

const TEMPLATE: &str = "/spec/template";

/// What a pod of a Rollout belongs to: its ReplicaSets are named as a Deployment's are, with a hash of its own.
pub(super) const ROLLOUT: &[Owner] = &[Owner {
    attribute: "k8s.replicaset.name",
    name: OwnerName::Generated {
        after_own: true,
        variable: "OTEL_RESOURCE_ATTRIBUTES_POD_TEMPLATE_HASH",
        field: "metadata.labels['rollouts-pod-template-hash']",
    },
}];

/// A Job whose name is made in the cluster.
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
    /// Every kind that is known without being told.
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

    /// The row of a kind that is known only because somebody has declared it: its name is a service name.
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

    /// The row of a group and kind that is known without being told.
    #[must_use]
    pub fn find(group: &str, kind: &str) -> Option<&'static Self> {
        Self::among(&[], group, kind)
    }

    /// The row of a group and kind, the `declared` ones included.
    #[must_use]
    pub fn among<'k>(declared: &'k [Self], group: &str, kind: &str) -> Option<&'k Self> {
        Self::ALL.iter().chain(declared).find(|row| row.group == group && row.kind == kind)
    }
}

/// Whether a text that may not even parse says somewhere that it is a workload, of a `declared` kind too, or
/// a `ResourceList`.
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
