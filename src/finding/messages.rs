//! What findings say: one row per message, below its code. A finding is built from a row: its pointer, then values.
//!
//! Texts are patterns of [`format!`]; values of the input stand in double quotes. A message begins in lower case
//! and ends without a full stop. A row without a help of its own has its code's remedy; `about key` is for what is
//! wrong with a name, not with its value.

use super::{Code, Finding};

macro_rules! messages {
    ($($code:ident {$(
        $name:ident($($value:ident: $type:ty),* $(,)?)
            $text:literal $(, help $help:literal)? $(, about $side:ident)?
    )*})*) => {
        #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some are messages of the command alone"))]
        impl Finding {$($(
            #[doc = $text]
            pub(crate) fn $name(pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(Code::$code, pointer, format!($text))$(.help(format!($help)))?$(.$side())?
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
    ($(
        $name:ident($($value:ident: $type:ty),* $(,)?)
            $text:literal $(, help $help:literal)? $(, about $side:ident)?
    )*) => {
        impl Finding {$(
            #[doc = $text]
            pub(crate) fn $name(code: Code, pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(code, pointer, format!($text))$(.help(format!($help)))?$(.$side())?
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
        injection_current(injection: &str)
            "{injection} is current"
        everything_is_present()
            "everything requested is already present"
    }
    AlreadyInstrumented {
        container_without_record(container: &str)
            "container \"{container}\" is from another injection, and there is no record of it"
        variable_without_record(container: &str, name: &str)
            "container \"{container}\" has {name} from another injection, and there is no record of it"
        volume_without_record(volume: &str)
            "volume \"{volume}\" is from another injection, and there is no record of it"
    }
    Updated {
        injection_updated(differences: &str)
            "{differences}"
    }
    EditedInjection {
        injection_edited(names: &str)
            "edited or deleted since it was injected: {names}"
    }
    InvalidRecord {
        annotation_is_no_record(why: &str)
            "annotation otel-inject.dev/record is not a record: {why}"
        record_does_not_fit(why: &str)
            "{why}"
    }
    RecordTooLarge {
        annotations_too_large(size: usize, most: usize)
            "with the record the workload's annotations have {size} bytes; the API server takes {most}"
    }
    StaleInjection {
        injection_not_requested()
            "no annotation, namespace or rule requests the existing injection any more"
    }
    Uninjected {
        injection_removed()
            "removed the injection"
        collector_removed(container: &str)
            "removed container \"{container}\": the annotation says that no sidecar is wanted"
    }
    CannotUninject {
        injection_without_record(mark: &str)
            "{mark}"
    }
    StalePatch {
        patches_stale(file: &str)
            "{file:?} does not hold the patches that the manifests lead to now"
    }
    StaleLock {
        image_missing_in_lock(image: &str)
            "the lock has no digest of {image:?}",
            help "Add it: otel-inject images --lock FILE --digests FILE."
        image_not_locked(image: &str)
            "{image:?} is not in it"
        image_locked_otherwise(image: &str)
            "{image:?} has another digest"
        image_without_digest(image: &str)
            "{image:?} has no digest in it"
        image_not_pulled(image: &str)
            "nothing pulls {image:?} any more"
    }
    NotAsked {
        nothing_requested()
            "no annotation, namespace or rule requests an injection"
    }
    LowCoverage {
        coverage_too_low(percent: usize, wanted: usize)
            "{percent} % of the workloads are instrumented, and {wanted} % are asked for"
    }
    InvalidInstrumentation {
        unknown_instrumentation_version(version: &str)
            "version {version:?} is not known; known are v1alpha1 and v1beta1"
        unknown_propagator(path: &str, name: &str, known: &str)
            "{path} is {name:?}; known propagators are {known}"
        unknown_sampler(path: &str, name: &str, known: &str)
            "{path} is {name:?}; known samplers are {known}"
        sampler_ratio(path: &str, argument: &str)
            "{path} is {argument:?}, but must be a number from 0 to 1"
        sampler_pair(path: &str, argument: &str, part: &str)
            "{path} is {argument:?}, but {part:?} is not key=value"
        sampler_endpoint(path: &str, argument: &str)
            "{path} is {argument:?}, but its endpoint must not be empty"
        sampler_interval(path: &str, argument: &str)
            "{path} is {argument:?}, but pollingIntervalMs must be an integer"
        sampler_initial_rate(path: &str, argument: &str)
            "{path} is {argument:?}, but initialSamplingRate must be a number from 0 to 1"
        name_for_no_volume(path: &str, name: &str)
            "{path} is {name:?}, but a volume is named after it: use lower-case letters, digits and -"
        claim_beside_size(path: &str)
            "{path} and volumeLimitSize cannot both be set"
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
    InvalidAnnotation {
        annotation_is_no_string(key: &str, found: &str)
            "annotation {key} must be a string, but is {found}"
        namespace_annotation_is_no_string(key: &str, found: &str)
            "annotation {key} of the Namespace must be a string, but is {found}"
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
        pod_without_containers()
            "the pod template has no containers",
            help "Add the container to `containers`, or remove the annotation."
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
        language_not_mountable(languages: &str, known: &str)
            "image volumes cannot deliver {languages} (they can deliver {known})",
            help "Remove the annotation, or the key of `delivery` in the config."
        extension_not_mountable(language: &str, image: &str, directory: &str)
            "{language}: {directory:?} of extension \"{image}\" is not a folder that an image volume can mount",
            help "Write `dir` as an absolute path without `..`, or deliver the agent by an init container."
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
            help "Move it to the pod template of the workload that is named.", about key
        annotation_in_wrong_place(annotation: &str, place: &str, right: &str)
            "annotation {annotation} in {place} has no effect",
            help "Move it to {right}.", about key
    }
    UnknownAnnotation {
        unknown_annotation(key: &str)
            "unknown annotation {key}", about key
        unknown_annotation_near(key: &str, near: &str)
            "unknown annotation {key}; did you mean {near}?", about key
        annotation_of_no_language(key: &str, language: &str, known: &str)
            "unknown annotation {key}; {language:?} is not a language that can be injected",
            help "Use one of {known}.", about key
    }
    UnknownKind {
        unknown_kind(kind: &str, key: &str)
            "nothing is injected: {kind:?} is not a known kind of workload, but it has annotation {key}",
            about key
        unknown_kind_with_template(kind: &str, key: &str, group: &str, path: &str)
            "nothing is injected: {kind:?} is not a known kind of workload, but it has annotation {key}",
            help "If {path} is a pod template, declare it in the config: \
                  `kinds: [{{group: {group:?}, kind: {kind}, podTemplate: {path}}}]`. \
                  Otherwise annotate the workload that this resource becomes.", about key
    }
    InvalidImageMetadata {
        metadata_refused(file: &str, reason: &str)
            "cannot use \"{file}\" as image metadata: {reason}"
        metadata_without_reference(file: &str)
            "cannot use \"{file}\" as image metadata: neither its name nor its content is the reference of an image",
            help "Name the file like the image, such as images/ghcr.io/acme/shop:1.4.2.json, or list it in an \
                  images.json."
    }
    ConflictingImageMetadata {
        metadata_conflicts(reference: &str, file: &str)
            "image \"{reference}\" has other content in \"{file}\" than before"
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
    ImageEnv {
        extended_from_image(container: &str, variable: &str, image: &str)
            "{variable} of container \"{container}\" extends the value that image \"{image}\" sets"
    }
    LibcMismatch {
        option_for_other_libc(language: &str, option: &str, chosen: &str, container: &str, libc: &str)
            "{language}: option {option} is \"{chosen}\", but the image of container \"{container}\" has {libc}",
            help "Remove {option}: the agent for {libc} is then chosen by the image."
        containers_of_two_libcs(language: &str, option: &str, glibc: &str, musl: &str)
            "{language}: the image of container \"{glibc}\" has glibc and that of container \"{musl}\" musl, but \
             one agent serves both",
            help "Instrument the containers of one C library only, and set {option} for it."
    }
    LibcFromImage {
        libc_of_image(language: &str, option: &str, chosen: &str, container: &str, libc: &str)
            "{language}: option {option} is \"{chosen}\", because the image of container \"{container}\" has {libc}"
    }
    ArchMismatch {
        agent_lacks_architecture(image: &str, container: &str, architecture: &str, why: &str)
            "image \"{image}\" does not exist for {architecture}, on which container \"{container}\" runs ({why})"
    }
    LanguageMismatch {
        image_shows_other_language(language: &str, container: &str, image: &str, shown: &str, evidence: &str)
            "{language} goes into container \"{container}\", but image \"{image}\" shows {shown} ({evidence})"
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
    NeedsKubernetes {
        image_volumes_need(since: &str, containerd: &str, crio: &str)
            "the image volumes need Kubernetes 1.35, or {since} with the feature gate ImageVolume, and on the nodes \
             containerd {containerd} or CRI-O {crio}"
        image_volumes_need_gate(version: &str, containerd: &str, crio: &str)
            "the image volumes need the feature gate ImageVolume, which Kubernetes {version} turns off by default, \
             and on the nodes containerd {containerd} or CRI-O {crio}"
        image_volumes_need_newer(version: &str, since: &str)
            "the image volumes do not work in Kubernetes {version}: they need 1.35, or {since} with the feature gate \
             ImageVolume"
    }
    AttributeValue {
        attribute_breaks_list(place: &str, key: &str, value: &str)
            "{place} sets resource attribute {key} to {value:?}: because of the comma or equals sign newer \
             SDKs drop all of OTEL_RESOURCE_ATTRIBUTES, and older ones cut the value"
    }
    UnsetVariable {
        config_variable_not_set(name: &str)
            "the configuration refers to variable {name}, which is not set"
        collector_variable_not_set(collector: &str, name: &str)
            "the configuration of OpenTelemetryCollector {collector} refers to variable {name}, which is not set"
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
    ShadowedEnv {
        variable_shadowed(container: &str, name: &str, source: &str)
            "container \"{container}\" takes {name} from {source}, but the injection sets it to another value"
    }
    PodSecurity {
        level_no_longer_met(level: &str, fields: &str)
            "with the injection the pod no longer meets {level}: {fields}"
    }
    LimitRange {
        above_max(
            container: &str, what: &str, amount: &str, range: &str, most: &str, field: &str
        )
            "the {what} of container \"{container}\" would be {amount}, but LimitRange {range} allows at most \
             {most}",
            help "Lower {field}, or raise the LimitRange."
        below_min(
            container: &str, what: &str, amount: &str, range: &str, least: &str, field: &str
        )
            "the {what} of container \"{container}\" would be {amount}, but LimitRange {range} asks for at least \
             {least}",
            help "Raise {field}, or lower the LimitRange."
        above_ratio(
            container: &str, resource: &str, amounts: &str, range: &str, most: &str, field: &str
        )
            "the {resource} limit of container \"{container}\" would be {amounts}, but LimitRange \
             {range} allows at most {most} times the request",
            help "Bring the limit and the request closer together in {field}."
        without_ratio(container: &str, resource: &str, range: &str, field: &str)
            "container \"{container}\" would have no {resource} limit or request, but LimitRange {range} limits how far \
             they may be apart",
            help "Set both in {field}."
        pod_above_max(resource: &str, part: &str, amount: &str, range: &str, most: &str, field: &str)
            "with the injection the {resource} {part} of the pod is {amount} in total, but LimitRange {range} allows at most \
             {most} for a pod",
            help "Lower {field}, or the resources of the pod's own containers."
        pod_above_ratio(
            resource: &str, limit: &str, request: &str, range: &str, most: &str, field: &str
        )
            "with the injection the {resource} limit of the pod is {limit} for a request of {request} in total, but \
             LimitRange {range} allows at most {most} times the request",
            help "Bring the limit and the request closer together in {field}."
    }
    Quota {
        quota_demands(container: &str, missing: &str, quota: &str, field: &str)
            "container \"{container}\" would have no {missing}, but ResourceQuota {quota} demands it of every container",
            help "Set it in {field}, or give the namespace a LimitRange with defaults."
    }
    EndpointUnserved {
        port_not_served(language: &str, place: &str, port: u32, server: &str, known: &str)
            "{language}: {place} names port {port} of {server}, which has no such port (ports: {known})",
            help "Correct the port in the endpoint, or add it to {server}."
        port_takes_other(
            language: &str, place: &str, port: u32, server: &str, takes: &str, speaks: &str
        )
            "{language}: {place} names port {port} of {server}, which takes OTLP over {takes}, but the agent speaks \
             {speaks}",
            help "Use the port for {speaks}, or the other protocol."
    }
    EgressBlocked {
        egress_not_allowed(
            language: &str, place: &str, policies: &str, port: &str, service: &str
        )
            "{language}: {place} names Service {service}, but NetworkPolicy {policies} lets nothing through to port {port} \
             of its pods",
            help "Add an egress rule for port {port} of the pods of Service {service}."
    }
    UnbuiltKustomization {
        kustomization_not_built(fields: &str, folder: &str)
            "kustomize has not built this: {fields} have no effect on what is read here",
            help "Read what it builds: kustomize build {folder} | otel-inject check"
    }
    FoundConfig {
        config_found()
            "used as the function config"
    }
    UnusedConfig {
        config_not_used(file: &str)
            "not used as the function config",
            help "Pass --config {file}, or --no-config."
    }
    UnusedRule {
        rule_selects_nothing()
            "the rule selects no workload of the input"
        rule_of_unknown_kind(kind: &str)
            "{kind:?} is no known kind of workload",
            help "Correct the kind, or declare it under `kinds`."
        rule_of_unknown_kind_near(kind: &str, near: &str)
            "{kind:?} is no known kind of workload; did you mean {near}?",
            help "Correct the kind, or declare it under `kinds`."
    }
    UnpinnedImage {
        image_without_version(image: &str)
            "{image:?} has no version"
        field_image_without_version(path: &str, image: &str)
            "{path} is {image:?}, which has no version"
    }
    UnknowableAttribute {
        owner_uids_asked(instrumentation: &str)
            "Instrumentation {instrumentation} asks for UIDs; those of the pod's owners are known only in a \
             cluster"
        owner_uids_lacking()
            "the sidecar's attributes lack the UIDs of the pod's owners, which are known only in a cluster"
    }
    DeprecatedField {
        size_limit_deprecated(language: &str)
            "{language}.volumeLimitSize is deprecated",
            help "Use volumeClaimTemplate, or leave it out for 200Mi.", about key
    }
    TlsMismatch {
        certificate_without_key()
            "only one of cert_file and key_file is set"
        tls_without_https()
            "tls is set, but the endpoint is not https://"
        tls_without_endpoint()
            "tls is set, but there is no https:// endpoint"
        https_without_tls()
            "the endpoint is https://, but tls is not set"
    }
    SamplerTypeMissing {
        sampler_without_type()
            "the sampler has no type, so no sampler is written"
    }
    UnservedVersion {
        version_not_served()
            "v1beta1 is not served by any release of the operator yet"
    }
    CollectorNotSidecar {
        collector_of_other_mode(collector: &str, mode: &str)
            "OpenTelemetryCollector {collector} cannot be a sidecar: its mode is {mode}"
    }
    InvalidCollector {
        unknown_collector_version(version: &str)
            "apiVersion is {version:?}; known are v1alpha1 and v1beta1"
        collector_config_not_yaml(path: &str, offset: usize, problem: &str)
            "{path} must be YAML, but at byte {offset}: {problem}"
        field_not_for_sidecar(path: &str)
            "{path} cannot be set for a sidecar"
        value_not_for_sidecar(path: &str, value: &str)
            "{path} cannot be {value} for a sidecar"
        receiver_without_port(path: &str)
            "{path} needs an endpoint or a listen_address with a port"
        leads_to_port_name(path: &str, name: &str)
            "{path} leads to a port called {name:?}, which is no name for one"
        leads_to_port(path: &str, number: u32)
            "{path} leads to port {number}, which does not exist"
        port_out_of_range(path: &str)
            "{path} must be from 1 to 65535"
        is_no_port_name(path: &str)
            "{path} is no name for a port"
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
    ConfigDollar {
        config_expanded(parts: &str)
            "the kubelet replaces {parts} in OTEL_CONFIG"
    }
    EndpointQuirk {
        listen_address_ignored(address: &str)
            "listen_address {address:?} does not count beside the endpoint that is the default"
        endpoint_without_port(given: &str, endpoint: &str)
            "endpoint {given:?} has no port, and becomes {endpoint:?}"
        port_read_from_address(port: u32, endpoint: &str)
            "port {port} is read from endpoint {endpoint:?}, where it is part of the address"
    }
    PortClash {
        components_share_port(one: &str, other: &str, port: u32)
            "{one:?} and {other:?} both listen on port {port}"
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
    IgnoredField {
        field_ignored_in_pipeline(key: &str)
            "{key} has no effect in a pipeline, and is left out", about key
        field_ignored_for_sidecar(name: &str)
            "spec.{name} has no effect on a sidecar", about key
        fields_ignored_for_image_volumes(fields: &str, instrumentation: &str, language: &str)
            "the image volumes of {language} ignore {fields} of Instrumentation {instrumentation}"
    }
    InvalidConfig {
        unknown_config_kind(kind: &str, known: &str)
            "unknown kind {kind:?}",
            help "A config is one of {known}."
        unknown_config_kind_near(kind: &str, near: &str, known: &str)
            "unknown kind {kind:?}; did you mean {near}?",
            help "A config is one of {known}."
        unknown_config_version(version: &str, kind: &str, known: &str)
            "unknown apiVersion {version:?} of {kind}",
            help "Use {known}."
        unknown_key(path: &str, known: &str)
            "unknown key {path}",
            help "Known keys: {known}.", about key
        unknown_key_near(path: &str, near: &str, known: &str)
            "unknown key {path}; did you mean {near}?",
            help "Known keys: {known}.", about key
        key_has_wrong_value(path: &str, wanted: &str, found: &str)
            "{path} must be {wanted}, not {found}"
        key_has_wrong_value_near(path: &str, wanted: &str, found: &str, near: &str)
            "{path} must be {wanted}, not {found}",
            help "Did you mean {near}?"
        key_has_wrong_text(path: &str, wanted: &str, found: &str, why: &str)
            "{path} must be {wanted}, not {found}",
            help "It {why}."
        element_is_null(path: &str)
            "{path} must not be null"
        keys_missing(path: &str, keys: &str, help: &str)
            "{path} must have {keys}",
            help "{help}"
        key_needs_another(path: &str, key: &str, needed: &str, help: &str)
            "{path} has {key}, which needs {needed}",
            help "{help}"
        key_sets_value_twice(key: &str)
            "data.{key} sets what another key of data sets, or a part of it"
        rule_has_language_twice(path: &str, language: &str)
            "{path} has {language} twice"
        kind_known_already(path: &str, kind: &str)
            "{path} declares {kind:?}, which is known already",
            help "Remove the entry."
        two_configs(file: &str)
            "the host has sent a function config, and --config names {file:?}",
            help "Use one of them."
        config_unreadable(problem: &str)
            "{problem}",
            help "Write one YAML document."
        config_not_utf8()
            "the config is not UTF-8",
            help "Write one YAML document."
        config_empty()
            "the config is empty",
            help "Write one YAML document."
        config_with_second_document()
            "the config has a second document",
            help "Write one YAML document."
        sources_would_be_deleted()
            "instrumentationResources: drop would delete the Instrumentations from their source files",
            help "Write to another folder with --output, or use instrumentationResources: local-config."
        not_a_lock(reason: &str)
            "not a lock of images: {reason}",
            help "Name the file that `otel-inject images --lock FILE` has written, or delete this one and \
                  write it again."
    }
    InvalidYaml {
        workload_without_version(kind: &str)
            "it is a {kind} with an injection's annotations, and without an apiVersion"
        list_with_tag_directive()
            "the ResourceList depends on a %TAG directive, and hosts read a list without directives",
            help "Write each tag in full, such as !<tag:example.com,2024:name>, or remove it."
    }
    CannotEdit {
        value_of_wrong_type(pointer: &str, wanted: &str, found: &str)
            "{pointer} must be {wanted}, but is {found}",
            help "Correct the value; no API server takes such a pod either."
        nowhere_to_record()
            "metadata or its annotations are not a mapping, so the injection cannot be recorded"
        results_not_added(problem: &str)
            "the results cannot be added: {problem}"
    }
    EmptyInput {
        only_sources()
            "the input holds nothing but what is injected from, and the config drops that",
            help "Keep them: instrumentationResources: local-config."
        no_manifest_in(folders: &str)
            "no *.yaml, *.yml or *.json in {folders}",
            help "Name the folder that holds the manifests; --allow-empty accepts an empty one."
        only_manifest_left_out(folders: &str)
            "the only manifest in {folders} is hidden or git-ignored",
            help "Read it with --no-ignore, or name it."
        all_manifests_left_out(count: usize, folders: &str)
            "all {count} manifests in {folders} are hidden or git-ignored",
            help "Read them with --no-ignore, or name them."
        input_empty(input: &str)
            "{input} is empty"
        stream_without_resources()
            "the input holds no Kubernetes resource"
        file_without_resources(file: &str)
            "{file:?} holds no Kubernetes resource",
            help "Name YAML or JSON files with resources, or the folder that has them."
        files_without_resources()
            "no file holds a Kubernetes resource",
            help "Name YAML or JSON files with resources, or the folder that has them."
        nothing_left_to_print(names: &str)
            "nothing is left to print: a cluster takes none of {names}",
            help "Name the files that hold workloads, or use --in-place or --output."
    }
    UnknownResourceListVersion {
        unknown_list_version(version: &str)
            "the ResourceList has apiVersion {version:?}"
        list_without_version()
            "the ResourceList has no apiVersion"
    }
    LeftOut {
        not_printed(names: &str)
            "not printed: {names}"
    }
    FileAttributes {
        attributes_lost(attributes: &str)
            "the replaced file loses its {attributes}"
    }
    Io {
        io_error(error: &str)
            "{error}"
        stdout_closed()
            "stdout is closed: there is no place for the output",
            help "Redirect it to a file, or to /dev/null with `> /dev/null`."
        outputs_share_file(file: &str)
            "{file:?} is named for two outputs",
            help "Give each output a file of its own."
        output_is_input(file: &str)
            "{file:?} is an input, and would be replaced by an output",
            help "Give each output a file of its own."
        output_holds_resources(file: &str)
            "{file:?} holds Kubernetes resources, and would be replaced by an output",
            help "Give each output a file of its own."
        output_holds_more_than_patches(file: &str)
            "{file:?} holds more than patches, and would be replaced by them",
            help "Give each output a file of its own."
    }
    VerifyFailed {
        undone_otherwise()
            "undoing the planned injection does not give the workload as it was"
        list_read_otherwise(reason: &str)
            "the printed ResourceList would be read as another one: {reason}"
        internal_error(place: &str)
            "internal error{place}"
    }
}

shared! {
    problem(problem: &str)
        "{problem}"
    helm_template(problem: &str, chart: &str)
        "a Helm template, which has to be rendered first ({problem})",
        help "Run: helm template {chart} | otel-inject"
    injection_kept(from: &str, problem: &str)
        "kept the existing injection from {from}: {problem}"
    source_unused()
        "no workload in the input uses it"
    unknown_field_near(path: &str, name: &str)
        "{path} is not a known field; the nearest is {name}", about key
    unknown_field(path: &str, known: &str)
        "{path} is not a known field; known are {known}", about key
    field_missing(path: &str)
        "{path} is missing"
    field_of_wrong_type(path: &str, wanted: &str, found: &str)
        "{path} must be {wanted}, but is {found}"
    variable_of_two_sources(path: &str)
        "{path} has both value and valueFrom"
    no_variable_name(path: &str)
        "{path} is no name for a variable: use letters, digits and -._, no digit first"
    not_one_source(path: &str)
        "{path} must have exactly one source"
    no_field_for_variables(path: &str)
        "{path} is no field that a variable can hold"
    id_out_of_range(path: &str)
        "{path} must be from 0 to 2147483647"
    privileged_without_escalation(path: &str)
        "{path} cannot be false where privileged is true"
    no_container_resource(path: &str)
        "{path} is no resource that a container can have"
    no_access_mode(path: &str)
        "{path} needs at least one mode"
    no_storage(path: &str)
        "{path} must be more than nothing"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_and_end_alike() {
        for code in Code::ALL {
            for pattern in code.messages() {
                let first = pattern.chars().next().expect("a message");
                // Names of the API and of standards keep their capitals.
                let is_name = ["Instrumentation", "OpenTelemetryCollector", "Knative"]
                    .iter()
                    .any(|name| pattern.starts_with(name));
                assert!(!first.is_uppercase() || is_name, "{code}: {pattern}");
                assert!(!pattern.ends_with(['.', '!', ' ']), "{code}: {pattern}");
            }
        }
    }
}
