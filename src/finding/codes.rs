//! The codes, one row each: reference, `explain`, schema and SARIF rules come from here.

use super::{Page, Severity};

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $what:literal $why:literal $remedy:literal
        $example:literal)*) => {
        /// The code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $what] $name,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code's documentation.
            #[must_use]
            pub const fn page(self) -> &'static Page {
                match self {
                    $(Self::$name => &Page {
                        id: $id, severity: Severity::$severity, what: $what, why: $why, remedy: $remedy,
                        example: $example,
                    },)*
                }
            }
        }
    };
}

codes! {
    Injected "injected" Info
        "The workload was instrumented."
        "It lists the languages, containers and images that now stand in the manifest."
        "Nothing to do."
        "info[injected] web.yaml:9:5 Deployment shop/web: nodejs into app (…/autoinstrumentation-nodejs:0.78.0)"
    UpToDate "up-to-date" Info
        "The workload's injection is current."
        "Neither the workload nor anything it is injected from has changed since."
        "Nothing to do."
        "info[up-to-date] web.yaml:9:5 Deployment shop/web: nodejs into app is current"
    AlreadyInstrumented "already-instrumented" Warning
        "The workload is already instrumented but has no record of it, so it was left unchanged."
        "The operator injected it, or the annotation otel-inject.dev/record was lost. Without a record the injection can be neither updated nor taken out, and injecting twice would load two agents into one process."
        "Remove the existing injection from the manifest to have it injected and recorded here, or remove the annotation or rule that requests one."
        "initContainers:\n\
         - name: opentelemetry-auto-instrumentation-nodejs # and no annotation otel-inject.dev/record"
    Updated "updated" Info
        "The existing injection was replaced with a current one."
        "The workload, an Instrumentation, an image, a rule or an annotation has changed since."
        "Nothing to do."
        "info[updated] web.yaml:9:5 Deployment shop/web: app OTEL_SERVICE_NAME changed"
    EditedInjection "edited-injection" Warning
        "Something that an injection wrote was edited or deleted by hand, or by another tool."
        "The injection owns what it wrote: the edit is replaced with what would be written now, or taken out with the rest."
        "Change the Instrumentation or the rule instead. With `severity: {edited-injection: error}` the run stops."
        "- name: opentelemetry-auto-instrumentation-nodejs\n\
         \x20 image: mirror.example.com/nodejs:1 # edited since it was injected"
    InvalidRecord "invalid-record" Error
        "The annotation otel-inject.dev/record is not a valid record, or does not match the workload."
        "Without a valid record, what was injected cannot be told from what is yours."
        "Restore the annotation from version control. If that is not possible, remove it together with the injection, and inject again."
        "metadata:\n\
         \x20 annotations: {otel-inject.dev/record: \"lost\"}"
    RecordTooLarge "record-too-large" Warning
        "With the record of the injection the annotations of the workload are larger than Kubernetes allows."
        "The API server refuses a resource whose annotations have more than 256 KiB together. A record takes about half a KiB per container and agent."
        "Set `record: none` in the config and keep the source apart from what is injected, or split the workload."
        "spec: {record: none} # of an OtelInject"
    StaleInjection "stale-injection" Warning
        "The workload has an injection that no annotation, namespace or rule requests any more."
        "Its agent keeps running with settings that nobody maintains."
        "Remove it with `otel-inject uninject` or with `stale: remove` in the config, or request it again."
        "annotations: {} # inject-nodejs was removed here\n\
         initContainers:\n\
         - name: opentelemetry-auto-instrumentation-nodejs # this was not"
    Uninjected "uninjected" Info
        "An injection was taken out of the workload."
        "The record on the workload lists what had been injected."
        "Nothing to do. Remove the annotation or rule too, else the next run injects it again."
        "info[uninjected] web.yaml:9:5 Deployment shop/web: removed the injection"
    CannotUninject "cannot-uninject" Error
        "The workload is instrumented but has no record of it."
        "The operator injected it, or the annotation otel-inject.dev/record was lost. What to remove would be a guess."
        "Restore the annotation from version control, or remove the injection by hand."
        "initContainers:\n\
         - name: opentelemetry-auto-instrumentation-nodejs # and no annotation otel-inject.dev/record"
    StalePatch "stale-patch" Error
        "A file of patches is out of date."
        "Hosts that apply it write an outdated injection."
        "Run the same command without --check, and commit what it prints."
        "otel-inject patch --as component --check otel-inject/kustomization.yaml manifests/"
    StaleLock "stale-lock" Error
        "A lock of images is not what the injections pull, or lacks an image that is to be pinned by it."
        "An image that nobody has reviewed would be deployed, or the lock keeps one that is no longer used."
        "Run `otel-inject images --lock FILE`, give the digests that it lacks with --digests, and commit the file."
        "otel-inject images --lock images.lock --check manifests/"
    NotAsked "not-asked" Info
        "No annotation, namespace or rule requests an injection into the workload."
        "A workload that should be instrumented can be overlooked."
        "Nothing to do, or add an annotation or a rule. It is reported with --verbose, or when the config gives it a severity."
        "spec: {severity: {not-asked: error}} # of an OtelInject: every workload must be instrumented"
    LowCoverage "low-coverage" Error
        "Fewer workloads are instrumented than `list --min-coverage` asks for."
        "Services that send nothing are missed first when something is wrong with them."
        "Look at `otel-inject list --status not-asked,refused`, and instrument what is missing."
        "otel-inject list --min-coverage 80 manifests/"
    NoInstrumentation "no-instrumentation" Error
        "The switch says \"true\", but the workload's namespace has no Instrumentation."
        "Without one there is no endpoint, image or sampler to write."
        "Add an Instrumentation to the namespace, name one as `namespace/name`, or bring it with --context."
        "instrumentation.opentelemetry.io/inject-nodejs: \"true\" # in namespace shop\n\
         # and in the input, only: {kind: Instrumentation, metadata: {name: default, namespace: monitoring}}"
    AmbiguousInstrumentation "ambiguous-instrumentation" Error
        "The switch says \"true\", but the namespace has several Instrumentations."
        "Choosing one would be a guess."
        "Name the Instrumentation in the annotation instead of \"true\"."
        "instrumentation.opentelemetry.io/inject-nodejs: \"true\" # write shop/node or shop/java\n\
         # and in the input: {kind: Instrumentation, metadata: {name: node}}, {kind: Instrumentation, metadata: {name: java}}"
    InstrumentationNotFound "instrumentation-not-found" Error
        "The annotation names an Instrumentation that is not in the input."
        "A workload that requests instrumentation must not be deployed without it."
        "Correct the name, or bring the Instrumentation with --context."
        "instrumentation.opentelemetry.io/inject-java: monitoring/defualt # is called default"
    InvalidInstrumentation "invalid-instrumentation" Error
        "An Instrumentation has a field or a value that the operator would not accept."
        "Every workload that uses it would be instrumented wrongly or not at all."
        "Correct the field that the message names."
        "spec: {propagators: [tracecontext, b4]} # b3"
    InvalidAnnotation "invalid-annotation" Error
        "An injection annotation is not a string."
        "The API server refuses annotations that are not strings, and readers disagree on what they mean."
        "Put the value in quotes."
        "instrumentation.opentelemetry.io/inject-nodejs: true # must be \"true\""
    UnknownContainer "unknown-container" Error
        "A container list names a container that the pod does not have."
        "The intended container would not be instrumented."
        "Correct the name in the annotation."
        "instrumentation.opentelemetry.io/container-names: ap # must be app\n\
         # and in the pod: {containers: [{name: app}]}"
    DuplicateContainer "duplicate-container" Error
        "A container list names one container twice."
        "A container can be instrumented once per language."
        "Name each container once; `container-names` counts for every language."
        "instrumentation.opentelemetry.io/java-container-names: app,app"
    ContainersRequired "containers-required" Error
        "The workload requests several languages without naming containers for each, or the pod has no containers."
        "Only a single language may fall back to the first container."
        "Add a `…-container-names` annotation for every language."
        "instrumentation.opentelemetry.io/inject-java: \"true\"\n\
         instrumentation.opentelemetry.io/inject-nodejs: \"true\"\n\
         # missing: java-container-names: api, nodejs-container-names: web"
    InvalidContainerNames "invalid-container-names" Error
        "A container list is not a comma-separated list of container names."
        "The containers cannot be determined."
        "Use names of lower-case letters, digits and `-`, separated by single commas."
        "instrumentation.opentelemetry.io/container-names: \"app, proxy\" # must be app,proxy"
    EnvValueFrom "env-value-from" Error
        "A variable that must be extended takes its value from `valueFrom`."
        "A build does not know the value, so nothing can be appended to it."
        "Give the variable a plain value, or leave the container out."
        "env:\n\
         - name: NODE_OPTIONS # node's --require must be appended to it\n\
         \x20 valueFrom: {configMapKeyRef: {name: settings, key: nodeOptions}}"
    EnvConflict "env-conflict" Error
        "A variable that the injection needs is already set to something else, or is defined twice."
        "Whichever definition won, the result would be a guess."
        "Remove or rename the variable that the message names."
        "env:\n\
         - {name: OTEL_RESOURCE_ATTRIBUTES_POD_NAME, value: web-0} # must be the fieldRef of metadata.name"
    GoTargetMissing "go-target-missing" Error
        "Go is requested, but the executable to instrument is not set."
        "The Go agent attaches to a running executable by its path."
        "Set the annotation instrumentation.opentelemetry.io/otel-go-auto-target-exe, or OTEL_GO_AUTO_TARGET_EXE in the Instrumentation's go.env."
        "instrumentation.opentelemetry.io/inject-go: \"true\"\n\
         # missing: instrumentation.opentelemetry.io/otel-go-auto-target-exe: /app/server"
    GoSharedProcessNamespace "go-shared-process-namespace" Error
        "Go is requested, but the pod sets shareProcessNamespace to false."
        "The Go agent must see the application's processes."
        "Remove `shareProcessNamespace: false` from the pod template."
        "spec: {shareProcessNamespace: false} # remove it"
    GoMultipleContainers "go-multiple-containers" Error
        "Go is requested for several containers."
        "The Go agent is one sidecar for one container."
        "Name a single container in go-container-names."
        "instrumentation.opentelemetry.io/inject-go: \"true\"\n\
         instrumentation.opentelemetry.io/go-container-names: api,worker # one of them"
    UnsupportedOption "unsupported-option" Error
        "An option has a value, or is used on a kind of container, that the language does not support."
        "The agent would not start."
        "Use one of the values that the message lists."
        "instrumentation.opentelemetry.io/otel-python-platform: alpine # must be glibc or musl"
    EnvironmentOnly "environment-only" Warning
        "A further container of a web server gets the SDK's environment, but no module."
        "The module can be added to one configuration per pod, which is the first container's."
        "Name one container per web server, or accept that the others are not traced."
        "instrumentation.opentelemetry.io/inject-nginx: \"true\"\n\
         instrumentation.opentelemetry.io/nginx-container-names: web,admin # admin gets no module"
    RequestsExceedLimits "requests-exceed-limits" Error
        "An injected container would request more than its limits allow."
        "No API server takes such a pod."
        "Raise the limits or lower the requests in the Instrumentation; a part that is missing takes the default."
        "spec:\n\
         \x20 java: {resources: {requests: {memory: 512Mi}}} # the default limit is 256Mi"
    NameConflict "name-conflict" Error
        "The workload already has a different container or volume with a name that the injection needs."
        "Names must be unique within a pod."
        "Rename the workload's own container or volume."
        "volumes:\n\
         - {name: opentelemetry-auto-instrumentation-java, configMap: {name: own}} # rename it"
    MountConflict "mount-conflict" Error
        "The container already mounts something at a path that the injection needs."
        "Two volumes cannot be mounted at one path."
        "Mount the workload's own volume elsewhere."
        "volumeMounts:\n\
         - {name: own, mountPath: /otel-auto-instrumentation-nodejs} # mount it elsewhere"
    MissingReference "missing-reference" Warning
        "The Instrumentation refers to a Secret or ConfigMap that is not in the input."
        "The pod cannot start until it exists in the workload's namespace."
        "Make sure it is in the cluster before the workload, or bring it with --context."
        "spec: {exporter: {endpoint: \"https://collector:4317\", tls: {secretName: client-tls}}} # no such Secret here"
    MisplacedAnnotation "misplaced-annotation" Warning
        "An annotation of ours is in another place of the workload than the annotations of its pod template."
        "Neither the operator nor this tool reads it there: the workload goes out uninstrumented."
        "Move it to the annotations of the pod template."
        "metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: \"true\"}} # of a Deployment\n\
         # it belongs to spec.template.metadata.annotations"
    UnknownAnnotation "unknown-annotation" Warning
        "An annotation under our prefix, or under one that is much like ours, is not one that is read."
        "It has no effect."
        "Correct the name, or remove the annotation."
        "instrumentation.opentelemetry.io/inject-node: \"true\" # inject-nodejs"
    UnknownKind "unknown-kind" Warning
        "A resource whose kind is not known to have a pod template has annotations that request an injection."
        "Nothing is injected, because the path of its pod template is unknown."
        "Declare the kind and the path of its pod template under `kinds` in the config, or annotate the workload that runs the pods. Where neither is meant, turn the finding off with `severity: {unknown-kind: off}`."
        "apiVersion: example.com/v1\n\
         kind: Runner # spec: {kinds: [{group: example.com, kind: Runner, podTemplate: spec.pod}]} of an OtelInject\n\
         spec:\n\
         \x20 pod:\n\
         \x20   metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: \"true\"}}"
    RunsAsRoot "runs-as-root" Warning
        "A container that the injection adds would run as root in a pod that does not allow it."
        "The kubelet does not start such a container, and the pod waits forever with CreateContainerConfigError."
        "Set the field that the message names."
        "spec:\n\
         \x20 securityContext: {runAsNonRoot: true} # add runAsUser: 1000\n\
         \x20 containers: [{name: app, image: \"shop/app:1\"}]"
    ImageEnv "image-env" Info
        "A variable that the image sets was extended from the image's value."
        "Kubernetes does not expand a reference to a variable of the image, so the value is written out. It does not follow the image: a new one needs a new run."
        "Nothing to do; set the variable in the manifest to decide its value there."
        "otel-inject inject --images-from images/ web.yaml # the image has ENV NODE_OPTIONS=--max-old-space-size=512"
    LibcMismatch "libc-mismatch" Error
        "The agent is for another C library than the image has."
        "The agent's native parts are linked with one C library. With the other one they cannot be loaded, and the application fails to start or is not instrumented."
        "Set the option that the message names, or remove it: where the images are known it follows them."
        "annotations:\n\
         \x20 instrumentation.opentelemetry.io/otel-python-platform: glibc # the image is python:3.12-alpine"
    LibcFromImage "libc-from-image" Info
        "The agent for the C library of the image was chosen."
        "No option says which one to use, and the image shows it."
        "Nothing to do; set the option that the message names to keep the choice without the image's metadata."
        "otel-inject inject --images-from images/ web.yaml # the image is python:3.12-alpine"
    ArchMismatch "arch-mismatch" Warning
        "The image of the agent does not exist for the architecture of the application."
        "The node cannot pull the image, and the pod waits with ImagePullBackOff, or its init container fails with \"exec format error\"."
        "Use an image that has the architecture, or run the application on another one."
        "nodeSelector: {kubernetes.io/arch: arm64} # the web servers' image is for amd64"
    LanguageMismatch "language-mismatch" Warning
        "The image of the container shows another language than the one that is injected."
        "The agent of one language does nothing in another one: no telemetry arrives."
        "Request the language that the message names, or name the containers that the language is for."
        "annotations: {instrumentation.opentelemetry.io/inject-java: \"true\"} # the image is node:22"
    ProxyInstrumented "proxy-instrumented" Warning
        "The agent goes into a proxy, which is the pod's first container."
        "Without an annotation that names containers the first one is instrumented, as by the operator. The application itself is not."
        "Name the containers of the application in the annotation that the message names."
        "containers:\n\
         - {name: istio-proxy, image: \"istio/proxyv2:1.29\"} # instrumentation.opentelemetry.io/java-container-names: app\n\
         - {name: app, image: \"shop/app:1\"}"
    MountRemoved "mount-removed" Warning
        "A web server's container loses one of its mounts."
        "The operator takes the first mount whose path contains the configuration's directory for the configuration. The files of this one are elsewhere, so the application no longer sees them."
        "Mount the volume at a path that does not contain the configuration's directory."
        "volumeMounts:\n\
         - {name: extra, mountPath: /opt/app/etc/nginx/conf.d} # contains /etc/nginx"
    KnativeFeatures "knative-features" Warning
        "The injected pod has fields that Knative refuses unless feature flags allow them."
        "Init containers and values from the downward API are off by default: the Service is refused when it is applied."
        "Enable the flags that the message names."
        "apiVersion: serving.knative.dev/v1\n\
         kind: Service\n\
         spec: {template: {metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: \"true\"}}}}"
    NeedsKubernetes "needs-kubernetes" Info
        "The injected pod needs a Kubernetes version, a feature gate or a container runtime that not every cluster has; a warning if `kubernetes` in the config names a version without it."
        "An API server without image volumes refuses the pod. A runtime that does not know `subPath` of image volumes, such as containerd 2.1, mounts the whole image instead: the agent's files are not where the variables point, and the application may not start."
        "Enable the feature gate on the API server and on the kubelets, or deliver the agents by init containers (`delivery: {default: init}`). Set `kubernetes` in the config to the oldest version that the pods run on."
        "spec:\n\
         \x20 kubernetes: v1.34 # image volumes are off by default\n\
         \x20 delivery: {default: image-volume}"
    AttributeValue "attribute-value" Warning
        "The value of a resource attribute holds a comma or an equals sign."
        "Attributes are written as one list of `key=value`, separated by commas. Newer SDKs drop the whole list when it cannot be read, and older ones cut the value."
        "Write `%2C` for a comma and `%3D` for an equals sign: SDKs decode them."
        "resource.opentelemetry.io/teams: \"checkout,billing\" # checkout%2Cbilling"
    UnsetVariable "unset-variable" Warning
        "The collector's configuration refers to a variable that is not set."
        "The collector puts an empty text in its place, and often does not start."
        "Set the variable in `env` of the collector, or give it a default: `${env:NAME:-value}`."
        "config:\n\
         \x20 exporters: {otlp: {endpoint: \"${env:GATEWAY}:4317\"}} # env: [{name: GATEWAY, value: gateway.observability}]"
    OtlpPortMismatch "otlp-port-mismatch" Warning
        "The exporter's endpoint has the usual port of a protocol that the agent does not use."
        "A receiver of gRPC refuses HTTP, and one of HTTP refuses gRPC: nothing arrives."
        "Use the port that the message names: 4317 is for gRPC, 4318 for HTTP. Or set OTEL_EXPORTER_OTLP_PROTOCOL to what the port takes, where the message says that the agent can speak it."
        "spec: {exporter: {endpoint: \"http://collector:4317\"}} # Java and Node.js speak HTTP: 4318\n\
         # or, for what is to stay on 4317: nodejs: {env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}]}"
    OtlpProtocolUnavailable "otlp-protocol-unavailable" Warning
        "A variable asks for an OTLP protocol that the agent does not speak."
        "The agent fails to start, or goes on with another protocol than the receiver expects."
        "Use one of the protocols that the message lists, with its port. `otel-inject explain LANGUAGE` has them by version."
        "spec:\n\
         \x20 python: # its image has no exporter for gRPC\n\
         \x20   env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}]"
    EnvOrder "env-order" Warning
        "A variable refers to one that is defined after it."
        "Only variables defined earlier are expanded; this one keeps the text `$(NAME)`."
        "Define the variable that it refers to first."
        "env:\n\
         - {name: URL, value: \"http://$(HOST)\"} # HOST is not known here yet\n\
         - {name: HOST, value: web}"
    ShadowedEnv "shadowed-env" Warning
        "A variable from a ConfigMap in `envFrom` has no effect, because the injection sets it to another value."
        "`env` wins over `envFrom`, and the agent or its attributes need the value that is written there."
        "Remove the key from the ConfigMap, or give it another name."
        "envFrom: [{configMapRef: {name: settings}}]\n\
         # and in ConfigMap settings: {data: {OTEL_RESOURCE_ATTRIBUTES_POD_NAME: web-0}}"
    PodSecurity "pod-security" Warning
        "With the injection the pod no longer meets a level of the Pod Security Standards."
        "A namespace that enforces the level refuses the pod: a Deployment then has no replicas, and says so only in its ReplicaSet."
        "Give the Instrumentation an initContainerSecurityContext that meets the level, or enforce a weaker level, which Go's privileged agent always needs; `podSecurity` in the config says which one counts."
        "annotations: {instrumentation.opentelemetry.io/inject-go: \"true\"} # its agent is privileged and mounts a host path"
    LimitRange "limit-range" Warning
        "A container that the injection adds, or the pod with it, breaks a LimitRange of the namespace."
        "The API server refuses the pod: a Deployment then has no new replicas, and says so only in its ReplicaSet."
        "Change the resources in the field that the message names, or the LimitRange."
        "kind: LimitRange\n\
         spec: {limits: [{type: Container, max: {memory: 128Mi}}]} # Node.js' init container has a limit of 256Mi"
    Quota "quota" Warning
        "A container that the injection adds has no request or limit, and a ResourceQuota of the namespace demands one."
        "The API server refuses the pod: a Deployment then has no new replicas, and says so only in its ReplicaSet."
        "Set the request or limit in the field that the message names, or give the namespace a LimitRange with defaults."
        "kind: ResourceQuota\n\
         spec: {hard: {limits.memory: 8Gi}} # and the collector sidecar has no limits.memory"
    EndpointUnserved "endpoint-unserved" Warning
        "The exporter's endpoint names a Service or a collector of the input that does not take what is sent there."
        "Nothing arrives: the connection is refused, or answered in another protocol."
        "Use a port that the message lists, or add the port or the receiver."
        "spec: {exporter: {endpoint: \"http://gateway-collector:4319\"}} # 4318\n\
         # and in the input: an OpenTelemetryCollector gateway with the receiver otlp"
    EgressBlocked "egress-blocked" Warning
        "The NetworkPolicies of the namespace do not let the pod send to its endpoint."
        "Connections are dropped without an answer: the agent waits and logs timeouts, and nothing arrives."
        "Add an egress rule for the port and the pods that the message names."
        "kind: NetworkPolicy\n\
         spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 5432}]}]} # add port 4318"
    UnusedInstrumentation "unused-instrumentation" Info
        "No workload in the input uses the Instrumentation."
        "It may be for workloads elsewhere, or a reference to it may be misspelt."
        "Nothing to do, or correct the reference."
        "kind: Instrumentation\n\
         metadata: {name: java, namespace: shop} # and in shop: inject-java: other/java"
    UnbuiltKustomization "unbuilt-kustomization" Warning
        "A kustomization among the manifests changes resources, and the manifests are read without these changes."
        "Annotations that its patches add are not seen here: a workload seems to ask for nothing."
        "Give what kustomize builds: `kustomize build . | otel-inject check`."
        "patches: [{path: inject-nodejs.yaml, target: {kind: Deployment}}] # of a kustomization.yaml"
    FoundConfig "found-config" Info
        "The function config is an otel-inject.yaml that was found in the current folder, or above it in the repository."
        "It decides what is injected, and nothing on the command line names it."
        "Nothing to do. `--config` names another one, `--no-config` uses none."
        "info[found-config] ../otel-inject.yaml: used as the function config"
    UnusedConfig "unused-config" Warning
        "An otel-inject.yaml among the manifests is not used as the function config."
        "Its rules and settings have no effect. One that is found must be in the current folder, or above it in the repository."
        "Name it with --config, or pass --no-config."
        "apiVersion: otel-inject.dev/v1alpha1\n\
         kind: OtelInject # manifests/otel-inject.yaml, in a run of otel-inject check manifests/"
    UnusedRule "unused-rule" Warning
        "A rule of the function config selects no workload in the input, or one of its kinds is not a workload."
        "The workloads it is meant for are not instrumented."
        "Correct the rule's `select`, or remove the rule."
        "rules: [{select: {kinds: [Deployments]}, inject: nodejs}] # Deployment"
    UnpinnedImage "unpinned-image" Warning
        "An instrumentation image has no tag or the tag `latest`."
        "The agent would change without a change in Git."
        "Pin the image to a version or a digest."
        "spec: {java: {image: mirror.example.com/autoinstrumentation-java}} # add :2.30.0 or @sha256:…"
    UnknowableAttribute "unknowable-attribute" Info
        "The Instrumentation asks for owner UIDs, which exist only in a cluster."
        "The pod's UID is written; those of its owners are left out."
        "Nothing to do; a collector's k8sattributes processor can add them."
        "spec: {resource: {addK8sUIDAttributes: true}}"
    DeprecatedField "deprecated-field" Warning
        "The Instrumentation uses a deprecated field."
        "The operator may drop it."
        "Use the field that the message names."
        "spec:\n\
         \x20 java: {volumeLimitSize: 200Mi} # use volumeClaimTemplate"
    TlsMismatch "tls-mismatch" Warning
        "The exporter's TLS settings do not fit together."
        "The agent may send in the clear, or fail to connect."
        "Set certificate and key together, and use https:// exactly where TLS is set."
        "spec: {exporter: {endpoint: \"http://collector:4317\", tls: {secretName: client-tls}}} # https://"
    SamplerTypeMissing "sampler-type-missing" Warning
        "The Instrumentation has a sampler without a type."
        "No sampler is written then; its argument is not used."
        "Set sampler.type."
        "spec: {sampler: {argument: \"0.25\"}} # type: parentbased_traceidratio"
    UnservedVersion "unserved-version" Info
        "The Instrumentation is v1beta1, which no operator release serves yet."
        "A cluster would refuse it; here it is read like v1alpha1."
        "Use opentelemetry.io/v1alpha1 where the resource is applied to a cluster."
        "apiVersion: opentelemetry.io/v1beta1\n\
         kind: Instrumentation"
    NoCollector "no-collector" Error
        "The sidecar annotation says \"true\", but the namespace has no OpenTelemetryCollector of mode sidecar."
        "A workload that requests a sidecar must not be deployed without it."
        "Put the collector into the input, bring it with --context, or name one of another namespace."
        "sidecar.opentelemetry.io/inject: \"true\" # and no OpenTelemetryCollector with mode: sidecar here"
    AmbiguousCollector "ambiguous-collector" Error
        "The sidecar annotation says \"true\", but the namespace has several OpenTelemetryCollectors of mode sidecar."
        "Choosing one would be a guess."
        "Name the collector in the annotation instead of \"true\"."
        "sidecar.opentelemetry.io/inject: \"true\" # write traces or metrics\n\
         # and in the input two collectors of mode sidecar: {metadata: {name: traces}}, {metadata: {name: metrics}}"
    CollectorNotFound "collector-not-found" Error
        "The annotation names an OpenTelemetryCollector that is not in the input."
        "A workload that requests a sidecar must not be deployed without it."
        "Correct the name, or bring the collector with --context."
        "sidecar.opentelemetry.io/inject: monitoring/sidcar # is called sidecar"
    CollectorNotSidecar "collector-not-sidecar" Error
        "The annotation names an OpenTelemetryCollector of another mode."
        "A collector that runs on its own has no container for pods."
        "Name one with `mode: sidecar`, or send to the other's service and remove the annotation."
        "kind: OpenTelemetryCollector\n\
         spec: {mode: deployment} # a pod cannot get it as a sidecar"
    InvalidCollector "invalid-collector" Error
        "An OpenTelemetryCollector has a field or a value that the operator would not accept."
        "Pods that use it as a sidecar would not start, or would be deployed without it."
        "Correct the field that the message names."
        "spec:\n\
         \x20 mode: sidecar\n\
         \x20 config: {receivers: {otlp: {protocols: {grcp: {}}}}} # grpc"
    MissingVolume "missing-volume" Error
        "The sidecar mounts a volume that neither the pod nor the collector has."
        "No API server takes such a pod."
        "Add the volume to the collector's `volumes`, or correct the name in `volumeMounts`."
        "spec:\n\
         \x20 volumeMounts: [{name: certs, mountPath: /certs}] # and volumes has no certs"
    ConfigTooLarge "config-too-large" Error
        "The collector's configuration is too large for an environment variable."
        "Linux takes at most 131072 bytes for one variable, name and end included; the container would not start."
        "Shorten the configuration, or run the collector on its own."
        "spec: {config: {processors: {filter: {…}}}} # 131,060 bytes as YAML"
    ConfigDollar "config-dollar" Warning
        "The collector's configuration has a `$$`, or a `$(NAME)` of an earlier variable."
        "It is the value of a variable: the kubelet makes one `$` of two, and puts in the value of NAME, before the collector reads it."
        "Write `$$$$` where the collector is to see `$$`; `${env:NAME}` is left to the collector."
        "config:\n\
         \x20 processors: {attributes: {actions: [{key: price, value: \"$$5\"}]}} # becomes $5"
    EndpointQuirk "endpoint-quirk" Warning
        "An endpoint of the collector means something else than it seems to."
        "The operator completes endpoints by simple rules: what has no colon is a port, the first number behind a colon too, and a default endpoint hides `listen_address`."
        "Write the endpoint whole, such as `0.0.0.0:4317`."
        "config:\n\
         \x20 receivers: {otlp: {protocols: {grpc: {endpoint: localhost}}}} # becomes 0.0.0.0:localhost"
    PortClash "port-clash" Warning
        "Two listeners of one pod use the same port."
        "All containers of a pod share its ports: the second one fails to start."
        "Give one of them another port; a `prometheus` exporter without endpoint takes 8888, the port of the collector's own metrics."
        "config:\n\
         \x20 exporters: {prometheus: {}} # 8888, like the collector's own metrics"
    SidecarBlocksJob "sidecar-blocks-job" Warning
        "A Job or CronJob gets a collector as an ordinary container."
        "The Job never completes: the collector goes on running when the work is done."
        "Use native sidecars (`nativeSidecars: true` in the config, Kubernetes 1.29 on)."
        "spec: {nativeSidecars: false} # and a Job with sidecar.opentelemetry.io/inject: \"true\""
    UnknownNamespace "unknown-namespace" Warning
        "The namespace of the collector is unknown."
        "The label `sidecar.opentelemetry.io/injected` then has its name alone."
        "Set metadata.namespace, or `namespace` in the config."
        "kind: OpenTelemetryCollector\n\
         metadata: {name: sidecar} # no namespace"
    IgnoredField "ignored-field" Info
        "A collector has a field that has no effect on a sidecar, or an Instrumentation has one that has no effect on image volumes."
        "A sidecar's pod belongs to the workload, and image volumes need no init container and no volume of their own size: the field is ignored."
        "Remove the field. What a collector asks for can be set in the workload's pod template."
        "spec:\n\
         \x20 mode: sidecar\n\
         \x20 hostNetwork: true # the pod's own spec decides"
    UnusedCollector "unused-collector" Info
        "No workload in the input uses the collector."
        "It may be for workloads elsewhere, or a reference to it may be misspelt."
        "Nothing to do, or correct the reference."
        "kind: OpenTelemetryCollector\n\
         metadata: {name: sidecar, namespace: shop} # and in shop: inject: other/sidecar"
    InvalidConfig "invalid-config" Error
        "The function config has an unknown key or a wrong value."
        "A setting that is not understood would silently not apply."
        "Correct the path that the message names."
        "kind: OtelInject\n\
         spec: {onErorr: skip} # did you mean onError?"
    InvalidImageMetadata "invalid-image-metadata" Error
        "What --images-from names is not image metadata, or exceeds a limit."
        "A run without it would decide as if nothing was known about the images."
        "Write the files as docs/images.md shows it: with `crane config`, `skopeo inspect --config` or `docker image inspect`."
        "crane manifest nginx:1.27 > images/nginx:1.27.json # a manifest, not a config"
    ConflictingImageMetadata "conflicting-image-metadata" Error
        "--images-from gives different content for the same image and platform."
        "Only one of them is the image that runs, and nothing says which."
        "Remove the outdated one."
        "otel-inject check --images-from monday/ --images-from friday/ manifests/ # a tag that was moved"
    InvalidYaml "invalid-yaml" Error
        "A ResourceList, or a workload that may ask for an injection, cannot be read."
        "Its annotations, its Namespace or a rule may ask for an injection that would silently be left out."
        "Correct the document at the position that the message names."
        "kind: Deployment\n\
         metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: \"true\" # no closing brace"
    UnparsedDocument "unparsed-document" Warning
        "A document that requests nothing cannot be read and was passed through unchanged."
        "Most tools will refuse it, although some take documents with a duplicate key."
        "Correct the document at the position that the message names."
        "Error: chart not found # the output of a command that failed"
    CannotEdit "cannot-edit" Error
        "The workload's YAML cannot be edited without changing other bytes."
        "An alias, a merge key or a shared anchor would carry the injection where it does not belong."
        "Write the part that the message names without anchor, alias or merge key."
        "containers: &shared [{name: app}]\n\
         initContainers: *shared # an alias where something must be inserted"
    EmptyInput "empty-input" Error
        "The input is empty or contains no Kubernetes resource."
        "In a pipe whose first half failed, success would delete what is deployed."
        "Check the command before the pipe; --allow-empty accepts an empty input."
        "cat missing.yaml | otel-inject | kubectl apply --prune -f - # would delete everything"
    LimitExceeded "limit-exceeded" Error
        "The input exceeds a limit that protects the run."
        "Aliases can expand to more data than fits in memory, and deep nesting can exhaust the stack."
        "Write the repeated parts out, nest less, or split the input."
        "a: &a [x, x]\n\
         b: &b [*a, *a] # and so on: every line doubles the value"
    UnknownResourceListVersion "unknown-resourcelist-version" Warning
        "The ResourceList has a version that is not known."
        "It is read like config.kubernetes.io/v1, which may miss something."
        "Use config.kubernetes.io/v1."
        "apiVersion: config.kubernetes.io/v2\n\
         kind: ResourceList"
    LeftOut "left-out" Info
        "Part of the input was not printed: a cluster does not take it."
        "A stream of files and folders is for `kubectl apply`. It has no local-config resources, no kustomization.yaml, Kptfile or function config, and no files without a resource."
        "Nothing to do. With --in-place or --output all files stay complete."
        "otel-inject inject manifests/ | kubectl apply -f - # manifests/kustomization.yaml is not printed"
    FileAttributes "file-attributes" Warning
        "A file was replaced, and its new version lacks the owner, group, hard links or extended attributes of the old one."
        "Others may no longer read or write the file, or have the old text."
        "Run as the file's owner, and restore what the message names: links and attributes are those of the old file."
        "sudo -u ci otel-inject inject --in-place manifests/ # the files were another user's"
    Io "io" Error
        "A file or stream could not be read or written."
        "The run has no complete input, or no place for its output."
        "Check the path and its permissions."
        "otel-inject inject nowhere.yaml # there is no such file"
    VerifyFailed "verify-failed" Error
        "The edited text is not what was planned."
        "It is a bug of otel-inject; nothing was written."
        "Report it with the document that the message names."
        "error[verify-failed] web.yaml:1:1 Deployment shop/web: …"
}
