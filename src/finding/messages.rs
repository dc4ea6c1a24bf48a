//! What findings say: one row per message, below its code. A finding is built from a row: where it points, then values.
//!
//! Texts are patterns of [`format!`]; values of the input stand in double quotes. A message begins in lower case and ends
//! without a full stop. A row without a help of its own has its code's remedy.

use super::{Code, Finding};

macro_rules! messages {
    ($($code:ident {$(
        $name:ident($($value:ident: $type:ty),* $(,)?) $text:literal $(, help $help:literal)?
    )*})*) => {
        #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some are messages of the command alone"))]
        impl Finding {$($(
            #[doc = $text]
            pub(crate) fn $name(pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(Code::$code, pointer, format!($text))$(.help(format!($help)))?
            }
        )*)*}

        impl Code {
            /// The patterns of its messages, with the names of their values in braces.
            #[must_use]
            pub const fn messages(self) -> &'static [&'static str] {
                match self {
                    $(Self::$code => &[$($text),*],)*
                    _ => &[],
                }
            }
        }
    };
}

/// Messages that several codes share; the code comes first.
macro_rules! shared {
    ($($name:ident($($value:ident: $type:ty),* $(,)?) $text:literal $(, help $help:literal)?)*) => {
        impl Finding {$(
            #[doc = $text]
            pub(crate) fn $name(code: Code, pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(code, pointer, format!($text))$(.help(format!($help)))?
            }
        )*}
    };
}

messages! {
    Injected {
        injected(parts: &str)
            "{parts}"
    }
    UpToDate {
        everything_is_present()
            "everything requested is already present"
    }
    AlreadyInstrumented {
        container_without_record(container: &str)
            "container \"{container}\" is from another injection, and there is no record of it"
        variable_without_record(container: &str, name: &str)
            "container \"{container}\" has {name} from another injection, and there is no record of it"
    }
    Uninjected {
        collector_removed(container: &str)
            "removed container \"{container}\": the annotation says that no sidecar is wanted"
    }
    InvalidInstrumentation {
        instrumentation_not_valid(language: &str, instrumentation: &str, fault: &str)
            "{language} uses Instrumentation {instrumentation}, which is not valid: {fault}"
        path_of_no_volume(key: &str, field: &str, instrumentation: &str, path: &str)
            "{key}.{field} of Instrumentation {instrumentation} is {path:?}, which no volume can take the \
             place of",
            help "Use a directory of its own."
        directive_breaks_configuration(name: &str, language: &str, value: &str)
            "directive {name:?} of {language} cannot have the value {value:?}: the server would read more \
             than one directive, or none",
            help "Correct `attrs` or `endpoint` of the Instrumentation, or the name of the service."
    }
    UnknownContainer {
        container_does_not_exist(language: &str, container: &str, containers: &str)
            "{language}: container \"{container}\" does not exist (containers: {containers})"
    }
    DuplicateContainer {
        container_listed_twice(language: &str, container: &str)
            "{language}: container \"{container}\" is listed twice"
    }
    ContainersRequired {
        containers_not_named(languages: &str, without: &str, own: &str, common: &str)
            "{languages} are wanted, but no annotation names the containers of {without}",
            help "Add {own}, or {common} for all languages."
    }
    InvalidContainerNames {
        not_container_names(annotation: &str, list: &str)
            "annotation {annotation} is not a list of container names: {list:?}"
    }
    EnvValueFrom {
        variable_from_elsewhere(container: &str, name: &str)
            "container \"{container}\" takes {name} from valueFrom, so it cannot be extended"
    }
    EnvConflict {
        variable_set_otherwise(container: &str, name: &str, field: &str)
            "container \"{container}\" sets {name} itself, which must be a fieldRef of {field}"
        variable_defined_twice(container: &str, name: &str)
            "container \"{container}\" defines {name} twice, so it cannot be extended"
        container_sets_reserved(container: &str, name: &str, language: &str)
            "container \"{container}\" sets {name}, which {language} must set itself"
        instrumentation_sets_reserved(instrumentation: &str, name: &str, language: &str)
            "Instrumentation {instrumentation} sets {name}, which {language} must set itself"
        instrumentation_sets_configuration(instrumentation: &str, name: &str)
            "Instrumentation {instrumentation} sets {name}"
        collector_sets_otherwise(name: &str)
            "the collector already sets {name} to something else"
    }
    UnsupportedOption {
        unknown_value_of_option(language: &str, value: &str, annotation: &str, known: &str)
            "{language}: {value:?} is not a value of {annotation} (values: {known})"
        init_container_as_target(language: &str, container: &str)
            "{language} cannot instrument \"{container}\", which is an init container",
            help "Name a regular container."
    }
    EnvironmentOnly {
        module_only_in_first(language: &str, others: &str, first: &str)
            "{language} sets the SDK's environment in {others}, but adds its module only to {first}"
    }
    RequestsExceedLimits {
        request_above_limit(key: &str, instrumentation: &str, name: &str, requested: &str, limit: &str)
            "{key} of Instrumentation {instrumentation} requests {name} {requested}, but its limit is {limit}"
    }
    NameConflict {
        volume_twice(name: &str)
            "the pod would have volume \"{name}\" twice"
        volume_differs(name: &str)
            "the pod already has a different volume \"{name}\""
        container_differs(name: &str)
            "the pod already has a different container \"{name}\""
        port_twice(collector: &str, name: &str)
            "OpenTelemetryCollector {collector} would have port \"{name}\" twice"
    }
    MountConflict {
        device_in_place(container: &str, path: &str)
            "container \"{container}\" already has a device at {path}"
        mount_in_place(container: &str, path: &str)
            "container \"{container}\" already has something else at {path}"
        mount_twice(collector: &str, path: &str)
            "OpenTelemetryCollector {collector} would mount two volumes at {path}"
    }
    MissingReference {
        reference_not_in_input(user: &str, kind: &str, name: &str)
            "{user} refers to {kind} {name}, which is not in the input"
    }
    MisplacedAnnotation {
        annotation_beside_named_template(annotation: &str, field: &str)
            "annotation {annotation} has no effect here: {field} names the pod template",
            help "Move it to the pod template of the workload that is named."
        annotation_in_wrong_place(annotation: &str, place: &str, right: &str)
            "annotation {annotation} in {place} has no effect",
            help "Move it to {right}."
    }
    RunsAsRoot {
        agent_needs_root(container: &str, why: &str)
            "container \"{container}\" would run as root ({why}), but has runAsNonRoot: true: the kubelet \
             will not start it",
            help "The agent needs root: set runAsNonRoot in the security contexts of the application's \
                  containers instead of the pod's."
        init_container_runs_as_root(container: &str, why: &str)
            "container \"{container}\" would run as root ({why}), but has runAsNonRoot: true: the kubelet \
             will not start it",
            help "Set runAsUser in the pod's securityContext, or a user in the Instrumentation's \
                  initContainerSecurityContext."
        container_runs_as_root(container: &str, why: &str)
            "container \"{container}\" would run as root ({why}), but has runAsNonRoot: true: the kubelet \
             will not start it",
            help "Set runAsUser in the securityContext of what brings container \"{container}\"."
    }
    ProxyInstrumented {
        proxy_is_first(language: &str, container: &str, proxy: &str, annotation: &str, others: &str)
            "{language} goes into container \"{container}\", which is {proxy}: it is the first one, and no \
             annotation names another",
            help "Name the containers of the application, such as `{annotation}: {others}`."
    }
    MountRemoved {
        mount_removed(container: &str, volume: &str, path: &str, directory: &str, language: &str)
            "container \"{container}\" loses its mount of volume \"{volume}\" at {path}: the path contains \
             {directory}, where the configuration is, and {language} gives such a mount to its init container"
    }
    KnativeFeatures {
        knative_features_off(features: &str, settings: &str)
            "Knative refuses the injected pod unless it has {features}",
            help "Set `{settings}` in the ConfigMap config-features of namespace knative-serving."
    }
    AttributeValue {
        attribute_breaks_list(place: &str, key: &str, value: &str)
            "{place} sets resource attribute {key} to {value:?}: because of the comma or equals sign newer \
             SDKs drop all of OTEL_RESOURCE_ATTRIBUTES, and older ones cut the value"
    }
    OtlpPortMismatch {
        port_of_other_protocol(language: &str, lost: &str, place: &str, port: u16, takes: &str, fix: &str)
            "{language}: {lost}, but {place} names port {port}, which usually takes {takes}",
            help "Use {fix}."
    }
    OtlpProtocolUnavailable {
        protocol_not_spoken(language: &str, setting: &str, effect: &str, fix: &str)
            "{language}: {setting}, which the agent does not speak: {effect}",
            help "Use {fix}."
        protocol_perhaps_not_spoken(
            language: &str, setting: &str, image: &str, agent: &str, effect: &str, fix: &str
        )
            "{language}: {setting}, which image {image:?} must speak; {agent} does not: {effect}",
            help "Use {fix}."
    }
    EnvOrder {
        refers_to_later_variable(early: &str, container: &str, late: &str)
            "{early} of container \"{container}\" refers to {late}, which is defined after it, so it is not \
             expanded"
    }
    PodSecurity {
        level_no_longer_met(level: &str, fields: &str)
            "with the injection the pod no longer meets {level}: {fields}"
    }
    UnknowableAttribute {
        owner_uids_asked(instrumentation: &str)
            "Instrumentation {instrumentation} asks for UIDs; those of the pod's owners are known only in a \
             cluster"
        owner_uids_lacking()
            "the sidecar's attributes lack the UIDs of the pod's owners, which are known only in a cluster"
    }
    CollectorNotSidecar {
        collector_of_other_mode(collector: &str, mode: &str)
            "OpenTelemetryCollector {collector} cannot be a sidecar: its mode is {mode}"
    }
    InvalidCollector {
        collector_not_valid(collector: &str, fault: &str)
            "OpenTelemetryCollector {collector} is not valid: {fault}"
    }
    MissingVolume {
        mounted_volume_missing(collector: &str, volume: &str)
            "OpenTelemetryCollector {collector} mounts volume \"{volume}\", which is not there"
    }
    ConfigTooLarge {
        configuration_too_large(collector: &str, size: usize, variable: &str, most: usize)
            "the configuration of OpenTelemetryCollector {collector} has {size} bytes as {variable}; {most} \
             fit"
    }
    PortClash {
        port_in_use(container: &str, port: u32)
            "container \"{container}\" already uses port {port}, on which the sidecar listens"
    }
    SidecarBlocksJob {
        job_never_completes(kind: &str)
            "a {kind} never completes beside a sidecar that is not native"
    }
    UnknownNamespace {
        collector_without_namespace(collector: &str)
            "the namespace of OpenTelemetryCollector {collector} is unknown"
    }
}

shared! {
    unknown_field_near(path: &str, name: &str)
        "{path} is not a known field; the nearest is {name}"
    unknown_field(path: &str, known: &str)
        "{path} is not a known field; known are {known}"
    several_in_input(user: &str, wanted: &str, count: usize, names: &str)
        "{user} uses {wanted}, but there are {count}: {names}"
    none_in_input(user: &str, wanted: &str, others: &str)
        "{user} uses {wanted}, which is not in the input; {others}"
    workload_without_namespace(user: &str, wanted: &str, workload: &str, others: &str, namespace: &str)
        "{user} uses {wanted}, but {workload} has no namespace; {others}",
        help "Pass --namespace {namespace} (namespace: {namespace} in the function config), or set \
              metadata.namespace."
    executable_not_set(container: &str)
        "the executable of container \"{container}\" is not set"
    field_is_false(language: &str, field: &str)
        "{language} needs {field}, which is false"
    field_beside_host_pid(language: &str, field: &str)
        "{language} needs {field}, which cannot be set beside hostPID",
        help "Remove `hostPID: true`."
    several_containers_listed(language: &str, list: &str)
        "{language} takes one container, but several are listed: {list}"
}
