//! Findings about what is doubtful, each where it belongs and nowhere else.

use otel_inject::config::{Settings, function};
use otel_inject::finding::Code;
use otel_inject::value::json;
use otel_inject::{Role, Source, inject};

const DOUBTS: &[Code] = &[
    Code::MisplacedAnnotation,
    Code::UnknownAnnotation,
    Code::OtlpPortMismatch,
    Code::OtlpProtocolUnavailable,
    Code::EnvOrder,
    Code::UnusedInstrumentation,
];

/// What is doubtful about a text: codes with their lines.
fn doubts(text: &str) -> Vec<(Code, usize)> {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, &Settings::default());
    let doubts = output.findings.into_iter().filter(|finding| DOUBTS.contains(&finding.code));
    doubts.map(|finding| (finding.code, finding.position.map_or(0, |position| position.line))).collect()
}

fn instrumentation(spec: &str) -> String {
    format!(
        "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {{name: default}}\nspec: {spec}\n---\n"
    )
}

/// A Deployment: the annotations of the workload stand in line 9, those of its pod template in line 13, the
/// variables in line 18.
fn text(spec: &str, own: &str, template: &str, env: &str) -> String {
    let instrumentation = instrumentation(spec);
    format!(
        "{instrumentation}apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations: {{{own}}}\n  name: web\nspec:\n  \
         template:\n    metadata: {{annotations: {{{template}}}}}\n    spec:\n      containers:\n        - name: app\n          \
         image: app:1\n          env: [{env}]\n"
    )
}

const PREFIX: &str = "instrumentation.opentelemetry.io";

#[test]
fn annotations_on_the_workload_are_misplaced() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let found = doubts(&text("{}", &asks, "", ""));
    assert_eq!(found, [(Code::MisplacedAnnotation, 9), (Code::UnusedInstrumentation, 1)]);
    // Said twice it counts once, and what is switched off asks for nothing.
    assert_eq!(doubts(&text("{}", &asks, &asks, "")), []);
    let off = format!("{PREFIX}/inject-java: 'false'");
    assert_eq!(doubts(&text("{}", &off, "", "")), [(Code::UnusedInstrumentation, 1)]);
    // A pod's own metadata is what counts.
    let pod = format!(
        "{}apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{asks}}}}}\nspec: {{containers: [{{name: a, image: 'a:1'}}]}}\n",
        instrumentation("{}")
    );
    assert_eq!(doubts(&pod), []);
}

#[test]
fn annotations_on_the_way_to_the_pod_are_misplaced() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let cron_job = |place: &str| {
        let own = |here: &str| if place == here { format!("annotations: {{{asks}}}") } else { String::new() };
        let field = |here: &str| own(here).replace("annotations: {", "").replace('}', "");
        let places: [(&str, &str); 6] = [
            ("OWN", "metadata"),
            ("JOB", "jobTemplate.metadata"),
            ("SPEC", "jobTemplate.spec"),
            ("TEMPLATE", "jobTemplate.spec.template"),
            ("POD", "jobTemplate.spec.template.metadata"),
            ("CONTENT", "jobTemplate.spec.template.spec"),
        ];
        let text = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: c, OWN}
spec:
  jobTemplate:
    metadata: {JOB}
    spec: {SPEC
      template: {TEMPLATE
        metadata: {POD, labels: {LABEL}, FIELD},
        spec: {CONTENT, containers: [{name: a, image: 'a:1'}]}}}
";
        let separator = |name: &str| if ["SPEC", "TEMPLATE"].contains(&name) { "," } else { "" };
        let text = places.iter().fold(text.to_owned(), |text, (name, at)| {
            text.replace(name, &format!("{}{}", own(at), separator(name)))
        });
        let text =
            text.replace("LABEL", &field("labels")).replace("FIELD", &field("metadata of the template"));
        // Commas with nothing before them.
        text.replace("{,", "{").replace(", ,", ",").replace(", }", "}").replace("{ ,", "{")
    };
    let pod = "spec.jobTemplate.spec.template.metadata.annotations";
    let cases = [
        ("metadata", 3, "metadata.annotations"),
        ("jobTemplate.metadata", 6, "spec.jobTemplate.metadata.annotations"),
        ("jobTemplate.spec", 7, "spec.jobTemplate.spec.annotations"),
        ("jobTemplate.spec.template", 8, "spec.jobTemplate.spec.template.annotations"),
        ("jobTemplate.spec.template.spec", 10, "spec.jobTemplate.spec.template.spec.annotations"),
        ("labels", 9, "spec.jobTemplate.spec.template.metadata.labels"),
        ("metadata of the template", 9, "spec.jobTemplate.spec.template.metadata"),
    ];
    for (place, line, named) in cases {
        let text = cron_job(place);
        assert_eq!(doubts(&text), [(Code::MisplacedAnnotation, line)], "{text}");
        let (message, help) = words(&text, Code::MisplacedAnnotation);
        assert_eq!(message, format!("annotation {PREFIX}/inject-java in {named} has no effect"));
        assert_eq!(help, format!("Move it to {pod}."));
    }
    assert_eq!(doubts(&cron_job("jobTemplate.spec.template.metadata")), []);
    assert_eq!(doubts(&cron_job("nowhere")), []);
    let typo = cron_job("jobTemplate.metadata").replace("inject-java", "inject-jav");
    assert_eq!(doubts(&typo), [(Code::UnknownAnnotation, 6)]);
}

#[test]
fn annotations_on_a_template_that_is_not_used_are_misplaced() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let rollout =
        text("{}", "", &asks, "").replace("apps/v1\nkind: Deployment", "argoproj.io/v1alpha1\nkind: Rollout");
    assert_eq!(doubts(&rollout), []);
    let refers = rollout.replace("spec:\n  template", "spec:\n  workloadRef: {name: web}\n  template");
    assert_eq!(doubts(&refers), [(Code::MisplacedAnnotation, 14), (Code::UnusedInstrumentation, 1)]);
}

#[test]
fn a_workload_without_an_api_version_does_not_pass_in_silence() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let codes = |text: &str| -> Vec<Code> {
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        inject(&sources, &Settings::default()).findings.into_iter().map(|finding| finding.code).collect()
    };
    for version in ["", "apiVersion: ''\n"] {
        let text = text("{}", "", &asks, "").replace("apiVersion: apps/v1\n", version);
        assert!(codes(&text).contains(&Code::InvalidYaml), "{version}");
        assert!(!codes(&text.replace(&asks, "")).contains(&Code::InvalidYaml), "{version}");
    }
}

/// The first finding of a code, in words: what is wrong, and what to do.
fn words(text: &str, code: Code) -> (String, String) {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let findings = inject(&sources, &Settings::default()).findings;
    let found = findings.iter().find(|finding| finding.code == code);
    let found = found.unwrap_or_else(|| panic!("{code}: {findings:?}"));
    (found.message.clone(), found.help.to_string())
}

#[test]
fn a_workload_without_a_namespace_is_told_to_get_one() {
    let resource = |kind: &str, name: &str| {
        format!(
            "apiVersion: opentelemetry.io/v1beta1\nkind: {kind}\nmetadata: {{{name}}}\nspec: {{mode: sidecar, config: {{}}}}\n---\n"
        )
    };
    let text = |kind: &str, names: &[&str], asks: &str| {
        let resources: String = names.iter().map(|name| resource(kind, name)).collect();
        let workload = text("{}", "", asks, "");
        format!("{resources}{}", workload.split_once("---\n").expect("two documents").1)
    };
    let only = |namespace: &str| {
        format!(
            "Pass --namespace {namespace} (namespace: {namespace} in the function config), or set metadata.namespace."
        )
    };
    let apps = &["namespace: apps, name: agents"][..];
    let two = &["namespace: apps, name: agents", "namespace: tools, name: other"][..];
    let cases = [
        ("true", Code::NoInstrumentation, apps, "apps", "the Instrumentation of its namespace"),
        ("true", Code::NoInstrumentation, two, "NAMESPACE", "the Instrumentation of its namespace"),
        ("other", Code::InstrumentationNotFound, two, "tools", "Instrumentation other"),
        ("none", Code::InstrumentationNotFound, two, "NAMESPACE", "Instrumentation none"),
    ];
    for (switch, code, names, namespace, wanted) in cases {
        let asks = format!("{PREFIX}/inject-java: '{switch}'");
        let (message, help) = words(&text("Instrumentation", names, &asks), code);
        let start = format!("java uses {wanted}, but Deployment web has no namespace; there is apps/agents");
        assert!(message.starts_with(&start), "{message}");
        assert_eq!(help, only(namespace), "{switch}");
        let asks = format!("sidecar.opentelemetry.io/inject: '{switch}'");
        let code = if switch == "true" { Code::NoCollector } else { Code::CollectorNotFound };
        let (message, help) = words(&text("OpenTelemetryCollector", names, &asks), code);
        assert!(message.contains(", but Deployment web has no namespace; there is "), "{message}");
        assert_eq!(help, only(namespace), "{switch}");
    }
    // With a namespace in the reference, or nothing in any namespace, that is not the reason.
    for (switch, code, names) in [
        ("elsewhere/agents", Code::InstrumentationNotFound, apps),
        ("agents", Code::InstrumentationNotFound, &["name: other"]),
        ("true", Code::NoInstrumentation, &[]),
    ] {
        let asks = format!("{PREFIX}/inject-java: '{switch}'");
        let (message, help) = words(&text("Instrumentation", names, &asks), code);
        assert!(!message.contains("has no namespace") && help == code.page().remedy, "{message}: {help}");
    }
}

#[test]
fn a_helm_template_has_to_be_rendered_first() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let workload = text("{}", "", &asks, "").split_once("---\n").expect("two documents").1.to_owned();
    let codes = |text: &str, file: Option<&str>| -> Vec<(Code, bool, String)> {
        let sources = [Source { file, text: text.as_bytes(), role: Role::Stream }];
        let findings = inject(&sources, &Settings::default()).findings.into_iter();
        let is_template =
            |message: &str| message.starts_with("a Helm template, which has to be rendered first");
        findings
            .map(|finding| (finding.code, is_template(&finding.message), finding.help.into_owned()))
            .collect()
    };
    let run = |chart: &str| format!("Run: helm template {chart} | otel-inject");
    let value = workload.replace("name: web", "name: {{ .Release.Name }}");
    let line = format!("{{{{- if .Values.web }}}}\n{workload}{{{{- end }}}}\n");
    let inside = workload
        .replace("      containers:", "      {{- include \"pod\" . | nindent 6 }}\n      containers:");
    for template in [&value, &line, &inside] {
        let file = Some("charts/shop/templates/web.yaml");
        assert_eq!(codes(template, file), [(Code::InvalidYaml, true, run("charts/shop"))], "{template}");
        assert_eq!(codes(template, None), [(Code::InvalidYaml, true, run("CHART"))], "{template}");
        let silent = template.replace(&asks, "");
        assert_eq!(codes(&silent, None), [(Code::UnparsedDocument, true, run("CHART"))], "{silent}");
    }
    let instrumentation = instrumentation("{exporter: {endpoint: {{ .Values.endpoint }}}}");
    assert_eq!(codes(&instrumentation, None), [(Code::InvalidInstrumentation, true, run("CHART"))]);
    // What cannot be read for another reason is no template.
    for broken in [
        workload.replace("name: web", "name: [web"),
        workload.replace("name: web", "name: '{{ x }}'").replace("image: app:1", "image: [app:1"),
    ] {
        let found = codes(&broken, None);
        assert!(matches!(found.as_slice(), [(Code::InvalidYaml, false, _)]), "{broken}: {found:?}");
    }
}

#[test]
fn annotations_that_nobody_reads_are_unknown() {
    let unknown = format!("{PREFIX}/inject-node: 'true'");
    let found = doubts(&text("{}", "", &unknown, ""));
    assert_eq!(found, [(Code::UnknownAnnotation, 13), (Code::UnusedInstrumentation, 1)]);
    let namespace =
        format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n    {unknown}\n");
    assert_eq!(doubts(&namespace), [(Code::UnknownAnnotation, 6)]);
    let others = "resource.opentelemetry.io/any.thing: x, example.com/inject-node: 'true'";
    assert_eq!(doubts(&text("{}", "", others, "")), [(Code::UnusedInstrumentation, 1)]);
}

#[test]
fn an_unknown_annotation_names_the_one_that_was_meant() {
    let languages = "java, nodejs, python, dotnet, go, apache-httpd, nginx, sdk";
    let cases = [
        ("inject-node", Some("inject-nodejs")),
        ("inject-Java", Some("inject-java")),
        ("inject-apache", Some("inject-apache-httpd")),
        ("inject-httpd", Some("inject-apache-httpd")),
        ("java-container-name", Some("java-container-names")),
        ("container-name", Some("container-names")),
        ("inject-ruby", None),
        ("inject-php", None),
        ("inject-rust", None),
        ("inject-", None),
    ];
    for (short, near) in cases {
        let asks = format!("{PREFIX}/{short}: 'true'");
        let (message, help) = words(&text("{}", "", &asks, ""), Code::UnknownAnnotation);
        let language = short.strip_prefix("inject-").unwrap_or_default();
        let expected = match near {
            Some(near) => format!("unknown annotation {PREFIX}/{short}; did you mean {PREFIX}/{near}?"),
            None => format!(
                "unknown annotation {PREFIX}/{short}; \"{language}\" is not a language that can be injected"
            ),
        };
        assert_eq!(message, expected);
        assert_eq!(help.contains(languages), near.is_none(), "{short}: {help}");
    }
    let sidecar = "sidecar.opentelemetry.io/inject";
    for (key, meant) in [
        ("instrumentation.opentelementry.io/inject-java", format!("{PREFIX}/inject-java")),
        ("instrumentation.opentelementry.io/inject-jav", format!("{PREFIX}/inject-java")),
        ("instrumentations.opentelemetry.io/container-names", format!("{PREFIX}/container-names")),
        ("instrumentation.opentelemetry.com/inject-ruby", format!("{PREFIX}/inject-ruby")),
        ("opentelemetry.io/inject-sdk", format!("{PREFIX}/inject-sdk")),
        ("inject-sdk", format!("{PREFIX}/inject-sdk")),
        ("sidecars.opentelemetry.io/inject", sidecar.to_owned()),
        ("opentelemetry.io/inject", sidecar.to_owned()),
        ("resources.opentelemetry.io/team", "resource.opentelemetry.io/team".to_owned()),
    ] {
        let (message, _) = words(&text("{}", "", &format!("{key}: x"), ""), Code::UnknownAnnotation);
        assert_eq!(message, format!("unknown annotation {key}; did you mean {meant}?"));
    }
    for key in [
        "opentelemetry.io/other",
        "operator.opentelemetry.io/inject-java",
        "instrumentation.newrelic.com/inject-java",
        "example.com/inject-java",
        "inject",
        "resource.opentelemetry.io/inject-java",
    ] {
        assert_eq!(
            doubts(&text("{}", "", &format!("{key}: x"), "")),
            [(Code::UnusedInstrumentation, 1)],
            "{key}"
        );
    }
    let (message, _) = words(&text("{}", "", &format!("{PREFIX}/zzz: x"), ""), Code::UnknownAnnotation);
    assert_eq!(message, format!("unknown annotation {PREFIX}/zzz"));
}

/// Where the first finding of a text is found, whose first Deployment lacks its Instrumentation.
fn place(text: &str, file: Option<&str>, role: Role) -> (Option<String>, usize) {
    let sources = [Source { file, text: text.as_bytes(), role }];
    let output = inject(&sources, &Settings::default());
    let first = output.findings.first().expect("a finding");
    let place = first.place().expect("a place");
    (place.file, place.line)
}

#[test]
fn a_stream_names_the_files_that_its_resources_come_from() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let deployment = |annotations: &str| {
        let text = text("{}", annotations, &asks, "");
        text.split_once("---\n").expect("two documents").1.to_owned()
    };
    let item = |text: &str| {
        text.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen("  ", "- ", 1)
    };
    let list = |text: &str| {
        let items = item(text);
        format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}")
    };
    let plain = deployment("");
    let line = plain.lines().position(|line| line.contains(PREFIX)).expect("the line") + 1;
    let kustomize = "config.kubernetes.io/origin: \"path: base/web.yaml\\n\"";
    let kpt = "internal.config.kubernetes.io/path: web.yaml, internal.config.kubernetes.io/index: '3'";
    let found = |path: &str| (Some(path.to_owned()), 0);
    for (text, role, expected) in [
        (plain.clone(), Role::Stream, (None, line)),
        (deployment(kustomize), Role::Stream, found("base/web.yaml")),
        (list(&deployment(kustomize)), Role::ResourceList, found("base/web.yaml")),
        (list(&deployment(kpt)), Role::ResourceList, found("web.yaml")),
        (list(&plain), Role::ResourceList, (None, line + 3)),
        (
            format!("---\n# Source: shop/templates/web.yaml\n{plain}"),
            Role::Stream,
            found("shop/templates/web.yaml"),
        ),
        (
            format!("# Source: a.yaml\nkind: A\n---\n# Source: b.yaml\n{}", plain.replace("apps/v1", "[")),
            Role::Stream,
            found("b.yaml"),
        ),
        (
            format!("---\n# Source: shop/templates/inst.yaml\n{}", instrumentation("{exporter: []}")),
            Role::Stream,
            found("shop/templates/inst.yaml"),
        ),
        (
            instrumentation("{exporter: []}")
                .replace("{name: default}", &format!("{{name: d, annotations: {{{kustomize}}}}}")),
            Role::Stream,
            found("base/web.yaml"),
        ),
    ] {
        assert_eq!(place(&text, None, role), expected, "{text}");
    }
    // The line of a file is that file's, whatever the annotations say.
    for text in [deployment(kpt), deployment(kustomize), format!("# Source: x\n{plain}")] {
        let line = text.lines().position(|line| line.contains(PREFIX)).expect("the line") + 1;
        assert_eq!(
            place(&text, Some("all.yaml"), Role::Stream),
            (Some("all.yaml".to_owned()), line),
            "{text}"
        );
    }
}

/// Flow mappings of variables.
fn env(variables: &[(&str, &str)]) -> String {
    let entry = |(name, value): &(&str, &str)| format!("{{name: {name}, value: '{value}'}}");
    variables.iter().map(entry).collect::<Vec<_>>().join(", ")
}

/// What is wrong with OTLP exporters, in words, where `language` is asked for in line 13.
fn exporters(language: &str, spec: &str, env: &str) -> Vec<(Code, String, String)> {
    let asks = format!("{PREFIX}/inject-{language}: 'true', {PREFIX}/otel-go-auto-target-exe: /app");
    let text = text(spec, "", &asks, env);
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, &Settings::default());
    assert!(output.findings.iter().any(|finding| finding.code == Code::Injected), "{:?}", output.findings);
    let is_meant = |code| matches!(code, Code::OtlpPortMismatch | Code::OtlpProtocolUnavailable);
    let found = output.findings.into_iter().filter(|finding| is_meant(finding.code));
    found
        .map(|finding| {
            assert_eq!(finding.position.map(|position| position.line), Some(13));
            (finding.code, finding.message, finding.help.into_owned())
        })
        .collect()
}

const OPERATOR: &str = "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// A language, the port of the Instrumentation's endpoint, the container's variables, and what is wrong.
type Case<'c> = (&'c str, u16, &'c [(&'c str, &'c str)], &'c [Code]);

#[test]
fn ports_are_those_of_the_protocol() {
    const PORT: &[Code] = &[Code::OtlpPortMismatch];
    const PROTOCOLS: &[Code] = &[Code::OtlpProtocolUnavailable];
    let cases: &[Case] = &[
        ("java", 4317, &[], PORT),
        ("java", 4318, &[], &[]),
        ("java", 80, &[], &[]),
        ("java", 4317, &[(PROTOCOL, "grpc")], &[]),
        ("java", 4318, &[(PROTOCOL, "grpc")], PORT),
        ("java", 4318, &[(PROTOCOL, "http/protobuf")], &[]),
        // Not one of the agent's protocols, whatever the port.
        ("java", 4318, &[(PROTOCOL, "http/json")], PROTOCOLS),
        ("java", 80, &[(PROTOCOL, "http")], PROTOCOLS),
        ("java", 4317, &[(ENDPOINT, "http://collector:4318")], &[]),
        // An empty value is none; what only a cluster knows is nothing to judge by.
        ("java", 4318, &[(PROTOCOL, "")], &[]),
        ("java", 4317, &[(PROTOCOL, "$(CHOSEN)")], &[]),
        // A signal's own variables win, for that signal.
        ("java", 4318, &[(TRACES_PROTOCOL, "grpc")], PORT),
        ("java", 4318, &[(TRACES_PROTOCOL, "grpc"), (TRACES_ENDPOINT, "http://collector:4317")], &[]),
        ("java", 4318, &[(TRACES_ENDPOINT, "http://collector:4317")], PORT),
        ("java", 4317, &[(TRACES_ENDPOINT, "http://collector:4318/v1/traces")], PORT),
        (
            "java",
            4317,
            &[
                (TRACES_ENDPOINT, "http://collector:4318/v1/traces"),
                ("OTEL_METRICS_EXPORTER", "prometheus"),
                ("OTEL_LOGS_EXPORTER", "none"),
            ],
            &[],
        ),
        ("java", 4318, &[(TRACES_ENDPOINT, "http://collector:4317"), ("OTEL_TRACES_EXPORTER", "none")], &[]),
        (
            "java",
            4318,
            &[(TRACES_ENDPOINT, "http://c:4317"), ("OTEL_TRACES_EXPORTER", "logging, otlp")],
            PORT,
        ),
        ("java", 4317, &[("OTEL_SDK_DISABLED", "True")], &[]),
        ("java", 4317, &[("OTEL_SDK_DISABLED", "false")], PORT),
        // Of two entries the kubelet takes the later one.
        ("java", 4317, &[(PROTOCOL, "http/protobuf"), (PROTOCOL, "grpc")], &[]),
        ("python", 4317, &[], PORT),
        ("python", 4318, &[], &[]),
        ("python", 4317, &[(PROTOCOL, "grpc")], PROTOCOLS),
        ("python", 4318, &[(TRACES_PROTOCOL, "grpc")], PROTOCOLS),
        ("python", 4318, &[("OTEL_TRACES_EXPORTER", "otlp_proto_grpc")], PROTOCOLS),
        ("python", 4318, &[("OTEL_TRACES_EXPORTER", "otlp_proto_http")], &[]),
        ("nodejs", 4317, &[], PORT),
        ("nodejs", 4318, &[], &[]),
        ("nodejs", 4317, &[(PROTOCOL, "grpc")], &[]),
        ("nodejs", 4318, &[(PROTOCOL, "http/json")], &[]),
        ("dotnet", 4317, &[], PORT),
        ("dotnet", 4317, &[(PROTOCOL, "grpc")], &[]),
        ("go", 4317, &[], PORT),
        ("go", 4318, &[], &[]),
        // The sidecar's variables count, not the application's.
        ("go", 4317, &[(PROTOCOL, "grpc")], PORT),
        ("nginx", 4318, &[], PORT),
        ("nginx", 4317, &[], &[]),
        ("apache-httpd", 4318, &[], PORT),
        ("apache-httpd", 4317, &[(PROTOCOL, "http/protobuf")], PROTOCOLS),
        ("sdk", 4317, &[], &[]),
        ("sdk", 4318, &[(PROTOCOL, "grpc")], PORT),
        ("sdk", 4318, &[(PROTOCOL, "other")], &[]),
    ];
    for (language, port, variables, expected) in cases {
        let spec = format!("{{exporter: {{endpoint: 'http://collector:{port}'}}}}");
        let found = exporters(language, &spec, &env(variables));
        let codes: Vec<Code> = found.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, *expected, "{language} {port} {variables:?}: {found:?}");
    }
}

#[test]
fn exporters_are_judged_by_what_the_instrumentation_says() {
    let endpoint = "exporter: {endpoint: 'http://collector:4317'}";
    let directive = |name: &str, value: &str| {
        format!("{{{endpoint}, nginx: {{attrs: [{{name: {name}, value: '{value}'}}]}}}}")
    };
    let cases = [
        // Its env for a language, and that for all.
        ("nodejs", format!("{{{endpoint}, nodejs: {{env: [{}]}}}}", env(&[(PROTOCOL, "grpc")])), "", 0),
        ("nodejs", format!("{{{endpoint}, env: [{}]}}", env(&[(PROTOCOL, "grpc")])), "", 0),
        ("python", format!("{{{endpoint}, env: [{}]}}", env(&[(PROTOCOL, "grpc")])), "", 1),
        ("go", format!("{{{endpoint}, go: {{env: [{}]}}}}", env(&[(PROTOCOL, "grpc")])), "", 0),
        // The container's own variables win over both.
        (
            "nodejs",
            format!("{{{endpoint}, env: [{}]}}", env(&[(PROTOCOL, "grpc")])),
            "{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: http/protobuf}",
            1,
        ),
        (
            "nodejs",
            format!("{{{endpoint}}}"),
            "{name: OTEL_EXPORTER_OTLP_PROTOCOL, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
            0,
        ),
        // A module has its endpoint and its exporter in its configuration.
        ("nginx", directive("NginxModuleOtelExporterEndpoint", "http://collector:4318"), "", 1),
        (
            "nginx",
            "{exporter: {endpoint: 'http://collector:4318'}, nginx: {attrs: [{name: NginxModuleOtelSpanExporter, value: ostream}]}}".to_owned(),
            "",
            0,
        ),
        ("nginx", "{}".to_owned(), "{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://collector:4318'}", 0),
    ];
    for (language, spec, env, count) in cases {
        let found = exporters(language, &spec, env);
        assert_eq!(found.len(), count, "{language} {spec} {env}: {found:?}");
    }
    // v1beta1 says the protocol in a field of its own.
    let beta = |protocol: &str| {
        let spec = format!(
            "{{envConfig: {{exporter: {{endpoint: 'http://collector:4317', protocol: {protocol}}}}}}}"
        );
        let asks = format!("{PREFIX}/inject-java: 'true'");
        doubts(&text(&spec, "", &asks, "").replacen("v1alpha1", "v1beta1", 1))
    };
    assert_eq!(beta("grpc"), []);
    assert_eq!(beta("http/protobuf"), [(Code::OtlpPortMismatch, 13)]);
    assert_eq!(beta("http/json"), [(Code::OtlpProtocolUnavailable, 13)]);
}

#[test]
fn the_image_tells_how_an_agent_speaks() {
    let spec = |language: &str, port: u16, image: &str| {
        format!("{{exporter: {{endpoint: 'http://collector:{port}'}}, {language}: {{image: '{image}'}}}}")
    };
    let digest = format!("sha256:{}", "0".repeat(64));
    let cases = [
        ("nodejs", format!("{OPERATOR}-nodejs:0.53.0"), 4317, 0, ""),
        (
            "nodejs",
            format!("{OPERATOR}-nodejs:0.53.0"),
            4318,
            1,
            "nothing arrives: the agent speaks OTLP over gRPC",
        ),
        (
            "nodejs",
            format!("{OPERATOR}-nodejs:0.54.0"),
            4317,
            1,
            "nothing arrives: the agent speaks OTLP over HTTP",
        ),
        ("nodejs", format!("{OPERATOR}-nodejs:0.54.0-2@{digest}"), 4318, 0, ""),
        ("java", format!("{OPERATOR}-java:1.33.6"), 4317, 0, ""),
        ("java", format!("{OPERATOR}-java:1.33.6"), 4318, 1, "speaks OTLP over gRPC"),
        ("java", format!("{OPERATOR}-java:2.0.0"), 4317, 1, "speaks OTLP over HTTP"),
        // Unknown: the default agent's facts, and said to be.
        ("java", format!("{OPERATOR}-java@{digest}"), 4317, 1, "holds the default agent (2.30.0)"),
        (
            "java",
            "mirror.example.com/java:1.33.6".to_owned(),
            4317,
            1,
            "if image \"mirror.example.com/java:1.33.6\"",
        ),
        ("java", "mirror.example.com/java:1.33.6".to_owned(), 4318, 0, ""),
    ];
    for (language, image, port, count, words) in cases {
        let found = exporters(language, &spec(language, port, &image), "");
        assert_eq!(found.len(), count, "{image} {port}: {found:?}");
        assert!(found.iter().all(|(_, message, _)| message.contains(words)), "{image} {port}: {found:?}");
    }
}

#[test]
fn exporters_that_lose_everything_are_described_with_the_ways_out() {
    let spec = |rest: &str| format!("{{exporter: {{endpoint: 'http://collector:4317'}}{rest}}}");
    let grpc = env(&[(PROTOCOL, "grpc")]);
    let traces = env(&[(TRACES_ENDPOINT, "http://collector:4318")]);
    let image = ", python: {image: 'example.com/python:1.0'}";
    let cases = [
        (
            "nodejs",
            spec(""),
            "",
            "nodejs: nothing arrives: the agent speaks OTLP over HTTP, but OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 4317, which usually takes gRPC",
            "Use port 4318, or set OTEL_EXPORTER_OTLP_PROTOCOL to \"grpc\".",
        ),
        (
            "nodejs",
            "{exporter: {endpoint: 'http://collector:4318'}}".to_owned(),
            &*grpc,
            "nodejs: nothing arrives: OTEL_EXPORTER_OTLP_PROTOCOL of \"app\" is \"grpc\", but OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 4318, which usually takes HTTP",
            "Use port 4317, or set OTEL_EXPORTER_OTLP_PROTOCOL to \"http/protobuf\".",
        ),
        (
            "nodejs",
            spec(", env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}]"),
            &traces,
            "nodejs: no traces arrive: OTEL_EXPORTER_OTLP_PROTOCOL of \"app\" is \"grpc\", but OTEL_EXPORTER_OTLP_TRACES_ENDPOINT of \"app\" names port 4318, which usually takes HTTP",
            "Use port 4317, or set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL to \"http/protobuf\".",
        ),
        // A protocol that the agent does not speak is never a way out.
        (
            "python",
            spec(""),
            "",
            "python: nothing arrives: OTEL_EXPORTER_OTLP_PROTOCOL of \"app\" is \"http/protobuf\", but OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 4317, which usually takes gRPC",
            "Use port 4318.",
        ),
        (
            "python",
            spec(""),
            &grpc,
            "python: OTEL_EXPORTER_OTLP_PROTOCOL of \"app\" is \"grpc\", which the agent does not speak: its image has no exporter for it, so the agent's configuration fails and nothing arrives",
            "Use \"http/protobuf\" (usual port 4318).",
        ),
        (
            "python",
            spec(image),
            &grpc,
            "python: OTEL_EXPORTER_OTLP_PROTOCOL of \"app\" is \"grpc\", which image \"example.com/python:1.0\" must speak; the default agent (0.64b0) does not: its image has no exporter for it, so the agent's configuration fails and nothing arrives",
            "Use \"http/protobuf\" (usual port 4318).",
        ),
        (
            "apache-httpd",
            "{exporter: {endpoint: 'http://collector:4318'}}".to_owned(),
            "",
            "apache-httpd: nothing arrives: the agent speaks OTLP over gRPC, but the module of \"app\" names port 4318, which usually takes HTTP",
            "Use port 4317.",
        ),
    ];
    for (language, spec, env, message, help) in cases {
        let found = exporters(language, &spec, env);
        let said: Vec<(&str, &str)> = found.iter().map(|(_, message, help)| (&**message, &**help)).collect();
        assert_eq!(said, [(message, help)]);
    }
}

#[test]
fn references_stand_behind_what_they_name() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let early = "{name: URL, value: 'http://$(HOST)'}, {name: HOST, value: web}";
    assert_eq!(doubts(&text("{}", "", &asks, early)), [(Code::EnvOrder, 18)]);
    // The pod's name comes with the injection, behind what the user has.
    let ours = "{name: ME, value: $(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)}";
    assert_eq!(doubts(&text("{}", "", &asks, ours)), [(Code::EnvOrder, 18)]);
    for fine in [
        "{name: HOST, value: web}, {name: URL, value: $(HOST)}",
        "{name: A, value: $$(B)}, {name: B, value: x}",
    ] {
        assert_eq!(doubts(&text("{}", "", &asks, fine)), [], "{fine}");
    }
    // What is not injected is nobody's concern.
    assert_eq!(doubts(&text("{}", "", "", early)), [(Code::UnusedInstrumentation, 1)]);
}

#[test]
fn a_level_of_pod_security_is_lost_by_what_is_added() {
    let findings = |enforced: &str| {
        let asks = format!("{PREFIX}/inject-go: 'true', {PREFIX}/otel-go-auto-target-exe: /app");
        let text = text("{}", "", &asks, "");
        let config = json!({
            "apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "c"},
            "spec": {"podSecurity": {"enforce": enforced}},
        });
        let (settings, _) = function::parse(&config).expect("a config");
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        let findings = inject(&sources, &settings).findings.into_iter();
        findings.filter(|finding| finding.code == Code::PodSecurity).collect::<Vec<_>>()
    };
    let [finding] = &findings("baseline")[..] else { panic!("one finding") };
    assert_eq!(
        finding.message,
        "with the injection the pod no longer meets baseline: \
         spec.containers[opentelemetry-auto-instrumentation].securityContext.privileged is true, \
         spec.volumes[kernel-debug].hostPath is set"
    );
    assert_eq!(findings("privileged"), []);
}

#[test]
fn an_instrumentation_that_is_asked_for_is_used() {
    let by_name = format!("{PREFIX}/inject-java: default");
    assert_eq!(doubts(&text("{}", "", &by_name, "")), []);
    let refused = format!("{PREFIX}/inject-java: default, {PREFIX}/container-names: nobody");
    assert_eq!(doubts(&text("{}", "", &refused, "")), []);
    // Of the context nobody asks anything.
    let text = text("{}", "", "", "");
    let (instrumentation, workload) = text.split_once("---\n").expect("two documents");
    let sources = [
        Source { file: None, text: workload.as_bytes(), role: Role::Stream },
        Source { file: None, text: instrumentation.as_bytes(), role: Role::Context },
    ];
    assert_eq!(inject(&sources, &Settings::default()).findings, []);
}
