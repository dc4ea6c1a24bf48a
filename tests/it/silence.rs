//! Traps that were silent once, each as a table of what is reported and what is not.

use otel_inject::config::{Settings, function};
use otel_inject::finding::{Code, Finding};
use otel_inject::value::{Value, json};
use otel_inject::{Role, Source, inject};

use crate::common::documents;

const PREFIX: &str = "instrumentation.opentelemetry.io";

const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: default, namespace: shop}
spec: {exporter: {endpoint: 'http://collector:4317'}}
---
";

fn run(text: &str, settings: &Settings) -> (Vec<Value>, Vec<Finding>) {
    let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
    let output = inject(&sources, settings);
    let injected = otel_inject::yaml::edited(text, &output.edits[0]);
    (documents(&injected).expect("documents"), output.findings)
}

/// The findings of one code.
fn said(text: &str, code: Code) -> Vec<Finding> {
    let (_, findings) = run(text, &Settings::default());
    findings.into_iter().filter(|finding| finding.code == code).collect()
}

/// A Deployment that asks for a language, with a pod of its own.
fn deployment(language: &str, annotations: &str, pod: &str) -> String {
    format!(
        "{INSTRUMENTATION}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  \
         template:\n    metadata: {{annotations: {{{PREFIX}/inject-{language}: 'true'{annotations}}}}}\n    \
         spec: {pod}\n"
    )
}

#[test]
fn annotations_in_kinds_that_are_not_known_are_named_wherever_they_are() {
    let asks = format!("{PREFIX}/inject-java: 'true'");
    let resource = |kind: &str, rest: &str| format!("{kind}\nmetadata: {{name: r}}\n{rest}\n");
    let runner = "apiVersion: example.com/v1\nkind: Runner";
    let loud = [
        (format!("spec: {{pod: {{metadata: {{annotations: {{{asks}}}}}}}}}"), "podTemplate: spec.pod}"),
        (format!("spec: {{pods: [{{metadata: {{annotations: {{{asks}}}}}}}]}}"), "Declare the kind"),
        (format!("spec: {{podAnnotations: {{{asks}}}}}"), "Declare the kind"),
        ("spec: {a: {b: {'sidecar.opentelemetry.io/inject': shop/s}}}".to_owned(), "Declare the kind"),
    ];
    for (rest, help) in &loud {
        let found = said(&resource(runner, rest), Code::UnknownKind);
        assert_eq!(found.len(), 1, "{rest}");
        assert!(found[0].help.contains(help), "{}", found[0].help);
        assert_eq!(found[0].position.as_ref().map(|position| position.line), Some(4), "{rest}");
    }
    let own = resource(runner, "spec: {}").replace("name: r", &format!("name: r, annotations: {{{asks}}}"));
    assert_eq!(said(&own, Code::UnknownKind).len(), 1);
    let rest = &loud[0].0;
    let quiet = [
        resource(runner, &rest.replace("'true'", "'false'")),
        resource(runner, &format!("data: \"{}\"", rest.replace('\'', ""))),
        resource(runner, "spec: {resource.opentelemetry.io/team: x}"),
        resource("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization", rest),
        resource("apiVersion: builtin\nkind: AnnotationsTransformer", rest),
        resource("apiVersion: v1\nkind: Namespace", "")
            .replace("name: r", &format!("name: r, annotations: {{{asks}}}")),
        deployment("java", "", "{containers: [{name: a, image: 'a:1'}]}"),
    ];
    for text in quiet {
        assert_eq!(said(&text, Code::UnknownKind), [], "{text}");
    }
    // A kind that the config declares is a workload like any other.
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec":
        {"kinds": [{"group": "example.com", "kind": "Runner", "podTemplate": "spec.pod"}]}});
    let (settings, _) = function::parse(&config).expect("a config");
    let (_, findings) = run(&resource(runner, rest), &settings);
    assert!(findings.iter().all(|finding| finding.code != Code::UnknownKind), "{findings:?}");
}

#[test]
fn a_container_that_may_not_be_root_is_named_with_the_way_out() {
    let pod = |own: &str, rest: &str| {
        format!("{{securityContext: {{{own}}}, containers: [{{name: a, image: 'a:1'{rest}}}]}}")
    };
    let go = format!(", {PREFIX}/otel-go-auto-target-exe: /app");
    let cases = [
        ("java", "", pod("runAsNonRoot: true", ""), Some("initContainerSecurityContext")),
        ("java", "", pod("runAsNonRoot: true, runAsUser: 1000", ""), None),
        (
            "java",
            "",
            pod("", ", securityContext: {runAsNonRoot: true}"),
            Some("initContainerSecurityContext"),
        ),
        ("java", "", pod("runAsNonRoot: true", ", securityContext: {runAsUser: 7}"), None),
        ("java", "", pod("", ""), None),
        ("sdk", "", pod("runAsNonRoot: true", ""), None),
        ("go", &go, pod("runAsNonRoot: true, runAsUser: 1000", ""), Some("instead of the pod's")),
        ("go", &go, pod("", ", securityContext: {runAsNonRoot: true}"), None),
    ];
    for (language, annotations, pod, help) in cases {
        let found = said(&deployment(language, annotations, &pod), Code::RunsAsRoot);
        assert_eq!(found.len(), usize::from(help.is_some()), "{language} {pod}: {found:?}");
        if let Some(help) = help {
            assert!(found[0].help.contains(help), "{}", found[0].help);
        }
    }
}

#[test]
fn a_proxy_that_merely_is_the_first_container_is_named() {
    let pod = |first: &str| format!("{{containers: [{first}, {{name: a, image: 'a:1'}}]}}");
    let proxies = [
        "{name: istio-proxy, image: 'x:1'}",
        "{name: p, image: 'docker.io/istio/proxyv2:1.29'}",
        "{name: linkerd-proxy, image: 'cr.l5d.io/linkerd/proxy:2'}",
        "{name: consul-dataplane, image: 'hashicorp/consul-dataplane:1.4'}",
        "{name: kuma-sidecar, image: 'kumahq/kuma-dp:2'}",
        "{name: daprd, image: 'daprio/daprd:1'}",
        "{name: db, image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2@sha256:\
         0123456789012345678901234567890123456789012345678901234567890123'}",
        "{name: vault-agent, image: 'hashicorp/vault:1'}",
    ];
    for proxy in proxies {
        let found = said(&deployment("java", "", &pod(proxy)), Code::ProxyInstrumented);
        assert_eq!(found.len(), 1, "{proxy}");
        assert!(found[0].help.contains("java-container-names: a`"), "{}", found[0].help);
        for key in ["container-names", "java-container-names"] {
            let named = |name: &str| format!(", {PREFIX}/{key}: {name}");
            let name = proxy.split([':', ',']).nth(1).unwrap_or_default().trim();
            for name in [name, "a"] {
                let text = deployment("java", &named(name), &pod(proxy));
                assert_eq!(said(&text, Code::ProxyInstrumented), [], "{proxy} {key}: {name}");
            }
        }
    }
    for other in ["{name: web, image: 'x:1'}", "{name: proxy, image: 'shop/proxy:1'}"] {
        assert_eq!(said(&deployment("java", "", &pod(other)), Code::ProxyInstrumented), [], "{other}");
    }
}

#[test]
fn a_mount_that_goes_with_the_configuration_is_named_unless_it_is_copied() {
    let cases = [
        ("/opt/app/etc/nginx/conf.d", true),
        ("/opt/etc/nginx", true),
        ("/etc/nginx-sites", true),
        ("/etc/nginx", false),
        ("/etc/nginx/", false),
        ("/etc/nginx/conf.d", false),
        ("/var/www", false),
    ];
    for (path, is_named) in cases {
        let pod = format!(
            "{{containers: [{{name: a, image: 'a:1', volumeMounts: [{{name: v, mountPath: {path}}}]}}], volumes: [{{name: v, \
             emptyDir: {{}}}}]}}"
        );
        let found = said(&deployment("nginx", "", &pod), Code::MountRemoved);
        assert_eq!(found.len(), usize::from(is_named), "{path}: {found:?}");
        assert!(found.iter().all(|finding| finding.message.contains(path)), "{found:?}");
        assert_eq!(said(&deployment("java", "", &pod), Code::MountRemoved), [], "{path}");
    }
}

#[test]
fn knatives_flags_are_named_where_only_the_injection_needs_them() {
    let service = |pod: &str| {
        deployment("nodejs", "", pod).replace(
            "apiVersion: apps/v1\nkind: Deployment",
            "apiVersion: serving.knative.dev/v1\nkind: Service",
        )
    };
    let plain = "{containers: [{image: 'a:1'}]}";
    let flags = |text: &str| said(text, Code::KnativeFeatures).first().map(|finding| finding.message.clone());
    let message = flags(&service(plain)).expect("a warning");
    assert!(
        message.ends_with("kubernetes.podspec-init-containers, kubernetes.podspec-fieldref"),
        "{message}"
    );
    let uses =
        "{containers: [{image: 'a:1', env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}";
    let message = flags(&service(uses)).expect("a warning");
    assert!(message.ends_with(" kubernetes.podspec-init-containers"), "{message}");
    assert_eq!(flags(&deployment("nodejs", "", "{containers: [{name: a, image: 'a:1'}]}")), None);
}

#[test]
fn containers_of_knative_have_the_names_of_the_cluster() {
    let service = |language: &str, asks: &str, pod: &str| {
        deployment(language, asks, pod).replace(
            "apiVersion: apps/v1\nkind: Deployment",
            "apiVersion: serving.knative.dev/v1\nkind: Service",
        )
    };
    let go = format!(", {PREFIX}/otel-go-auto-target-exe: /app");
    let second = format!(", {PREFIX}/container-names: user-container-1");
    let cases = [
        ("nodejs", "", "{containers: [{image: 'a:1'}]}", "user-container"),
        ("nodejs", "", "{containers: [{image: 'a:1', name: ''}]}", "user-container"),
        ("nodejs", "", "{containers: [{image: 'a:1'}, {name: b, image: 'b:1'}]}", "user-container-0"),
        ("nodejs", &second, "{containers: [{name: b, image: 'b:1'}, {image: 'a:1'}]}", "user-container-1"),
        // The container that is added counts.
        ("go", &go, "{containers: [{image: 'a:1'}]}", "user-container-0"),
    ];
    for (language, asks, pod, name) in cases {
        let (documents, findings) = run(&service(language, asks, pod), &Settings::default());
        assert!(findings.iter().any(|finding| finding.code == Code::Injected), "{findings:?}");
        let containers =
            documents[1]["spec"]["template"]["spec"]["containers"].as_array().expect("containers");
        let text = Value::from(containers).to_string();
        assert!(text.contains(&format!("k8s.container.name={name},")), "{text}");
        assert!(!text.contains(&format!("\"name\":\"{name}\"")), "no name is written: {text}");
    }
}

#[test]
fn an_injected_knative_service_without_names_is_current_and_leads_back() {
    let pod = "{containers: [{image: 'a:1'}]}";
    let text = deployment("nodejs", "", pod).replace(
        "apiVersion: apps/v1\nkind: Deployment",
        "apiVersion: serving.knative.dev/v1\nkind: Service",
    );
    let edited = |run: fn(&[Source<'_>], &Settings) -> otel_inject::Output, text: &str| {
        let sources = [Source { file: None, text: text.as_bytes(), role: Role::Stream }];
        let output = run(&sources, &Settings::default());
        (otel_inject::yaml::edited(text, &output.edits[0]), output.findings)
    };
    let (injected, _) = edited(inject, &text);
    let (again, findings) = edited(inject, &injected);
    assert_eq!(again, injected);
    assert!(findings.iter().any(|finding| finding.code == Code::UpToDate), "{findings:?}");
    let (bumped, findings) = edited(inject, &injected.replace("a:1", "a:2"));
    assert!(findings.iter().any(|finding| finding.code == Code::Updated), "{findings:?}");
    assert_eq!(bumped, edited(inject, &text.replace("a:1", "a:2")).0);
    assert_eq!(edited(otel_inject::uninject, &bumped).0, text.replace("a:1", "a:2"));
}

#[test]
fn variables_of_a_collector_that_nothing_sets_are_named() {
    let collector = |rest: &str, endpoint: &str| {
        format!(
            "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {{name: c, namespace: shop}}\nspec:\n  \
             mode: sidecar{rest}\n  config:\n    receivers: {{otlp: {{protocols: {{grpc: {{}}}}}}}}\n    exporters: {{otlp: \
             {{endpoint: \"{endpoint}\"}}}}\n    service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [otlp]}}}}}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop, annotations: {{sidecar.opentelemetry.io/inject: \
             'true'}}}}\nspec: {{containers: [{{name: a, image: 'a:1'}}]}}\n"
        )
    };
    let cases = [
        ("", "${env:GATEWAY}:4317", true),
        ("", "${GATEWAY}:4317", true),
        ("", "${env:GATEWAY:-gateway}:4317", false),
        ("", "${env:POD_NAME}:4317", false),
        ("", "${env:OTEL_RESOURCE_ATTRIBUTES_NODE_NAME}:4317", false),
        ("", "${env:GATEWAY_SERVICE_HOST}:4317", false),
        ("", "${file:/etc/endpoint}", false),
        ("", "gateway:4317", false),
        ("\n  env: [{name: GATEWAY, value: g}]", "${env:GATEWAY}:4317", false),
        ("\n  env: [{name: OTHER, value: g}]", "${env:GATEWAY}:4317", true),
        ("\n  envFrom: [{configMapRef: {name: g}}]", "${env:GATEWAY}:4317", false),
    ];
    for (rest, endpoint, is_named) in cases {
        let found = said(&collector(rest, endpoint), Code::UnsetVariable);
        assert_eq!(found.len(), usize::from(is_named), "{rest} {endpoint}: {found:?}");
        assert!(
            found.iter().all(|finding| finding.pointer == "/spec/config/exporters/otlp/endpoint"),
            "{found:?}"
        );
    }
    let both = said(&collector("", "$$(POD_NAME) $(POD_NAME)"), Code::ConfigDollar);
    assert_eq!(both[0].message, "the kubelet replaces $$, $(POD_NAME) in OTEL_CONFIG");
}

#[test]
fn attributes_that_sdks_read_otherwise_are_named() {
    let pod = "{containers: [{name: a, image: 'a:1'}]}";
    let with_source = |language: &str, key: &str, value: &str| {
        deployment(language, "", pod).replace(
            "spec: {exporter",
            &format!("spec: {{resource: {{resourceAttributes: {{'{key}': '{value}'}}}}, exporter"),
        )
    };
    let (most, more) = ("\u{e9}".repeat(255), "\u{e9}".repeat(256));
    for (value, is_named) in [
        ("a,b", false),
        ("a=b", false),
        ("50%", false),
        ("5%2", false),
        ("a%2Cb", true),
        ("%c3%a9", true),
        ("a b", false),
        ("", false),
        (most.as_str(), false),
        (more.as_str(), true),
    ] {
        for language in ["nodejs", "java"] {
            let is_named = is_named && (language == "nodejs" || value.contains('%'));
            let own = deployment(language, &format!(", resource.opentelemetry.io/x: '{value}'"), pod);
            assert_eq!(said(&own, Code::AttributeValue).len(), usize::from(is_named), "{value}");
            let source = with_source(language, "x", value);
            assert_eq!(said(&source, Code::AttributeValue).len(), usize::from(is_named), "{value}");
        }
    }
    for (key, is_named) in [("a,b", true), ("a=b", true), ("a%2C", true), (" a", true), ("a b", false)] {
        let found = said(&with_source("java", key, "v"), Code::AttributeValue);
        assert_eq!(found.len(), usize::from(is_named), "{key}");
    }
}

#[test]
fn the_pods_of_a_rollouts_template_are_the_rollouts() {
    let pod = "{containers: [{name: a, image: 'a:1'}]}";
    let rollout = |namespace: &str, kind: &str, name: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: canary, namespace: {namespace}}}\nspec: \
             {{workloadRef: {{apiVersion: apps/v1, kind: {kind}, name: {name}}}}}\n---\n"
        )
    };
    let renamed = deployment("sdk", "", pod).replace(
        "{name: web, namespace: shop}",
        "{name: dev-web, namespace: shop, annotations: {internal.config.kubernetes.io/previousNames: web, \
         internal.config.kubernetes.io/previousNamespaces: default}}",
    );
    let plain = deployment("sdk", "", pod);
    let cases = [
        (rollout("shop", "Deployment", "web"), &plain, true),
        (rollout("shop", "Deployment", "web"), &renamed, true),
        (rollout("other", "Deployment", "web"), &plain, false),
        (rollout("shop", "ReplicaSet", "web"), &plain, false),
        (rollout("shop", "Deployment", "other"), &plain, false),
    ];
    for (rollout, text, is_run) in cases {
        for text in [format!("{rollout}{text}"), format!("{text}---\n{}", rollout.trim_end_matches("---\n"))]
        {
            let (documents, _) = run(&text, &Settings::default());
            let deployment = documents.iter().find(|document| document["kind"] == "Deployment").expect("one");
            let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].to_string();
            assert_eq!(env.contains("rollouts-pod-template-hash"), is_run, "{text}");
            assert_eq!(
                env.contains("k8s.replicaset.name=canary-$(OTEL_RESOURCE_ATTRIBUTES_POD_TEMPLATE_HASH)"),
                is_run
            );
            assert_eq!(env.contains("k8s.deployment.name"), !is_run);
            assert_eq!(env.contains(r#"{"name":"OTEL_SERVICE_NAME","value":"canary"}"#), is_run, "{env}");
        }
    }
}

#[test]
fn a_job_that_is_named_in_the_cluster_has_its_name_from_the_pods_label() {
    let job = |metadata: &str| {
        deployment("sdk", "", "{restartPolicy: Never, containers: [{name: a, image: 'a:1'}]}")
            .replace("apps/v1\nkind: Deployment", "batch/v1\nkind: Job")
            .replace("{name: web,", &format!("{{{metadata},"))
    };
    for (metadata, service, is_generated) in [
        ("generateName: mig-", "mig", true),
        ("name: mig", "mig", false),
        ("generateName: mig-, name: x", "x", false),
    ] {
        let (documents, _) = run(&job(metadata), &Settings::default());
        let env = documents[1]["spec"]["template"]["spec"]["containers"][0]["env"].to_string();
        assert!(env.contains(&format!(r#"{{"name":"OTEL_SERVICE_NAME","value":"{service}"}}"#)), "{env}");
        assert_eq!(env.contains("batch.kubernetes.io/job-name"), is_generated, "{metadata}");
        assert!(env.contains("k8s.job.name="), "{env}");
    }
}

#[test]
fn a_directive_that_would_be_more_than_one_is_quoted_or_refused() {
    let pod = "{containers: [{name: a, image: 'a:1'}]}";
    let agent_conf = |language: &str, attrs: &str, service: &str| {
        let text = deployment(language, &format!(", resource.opentelemetry.io/service.name: {service}"), pod)
            .replace("spec: {exporter", &format!("spec: {{{attrs} exporter"));
        let (documents, findings) = run(&text, &Settings::default());
        let refused = findings.iter().any(|finding| finding.code == Code::InvalidInstrumentation);
        let init =
            documents[1]["spec"]["template"]["spec"]["initContainers"].as_array().map(<[Value]>::to_vec);
        let env: Vec<Value> = init
            .into_iter()
            .flatten()
            .flat_map(|container| container["env"].as_array().map(<[Value]>::to_vec).unwrap_or_default())
            .collect();
        let conf = env
            .into_iter()
            .find(|entry| entry["name"].as_str().is_some_and(|name| name.ends_with("_AGENT_CONF")));
        (refused, conf.map(|entry| entry["value"].as_str().unwrap_or_default().to_owned()))
    };
    let (refused, conf) = agent_conf("nginx", "", "'a; return 200'");
    assert!(!refused);
    assert!(conf.expect("a configuration").contains("NginxModuleServiceName \"a; return 200\";\n"));
    let (refused, conf) = agent_conf("apache-httpd", "", "'a b'");
    assert!(!refused);
    assert!(conf.expect("a configuration").contains("ApacheModuleServiceName \"a b\"\n"));
    for language in ["nginx", "apache-httpd"] {
        assert_eq!(agent_conf(language, "", "\"a\\nLoadModule x y\""), (true, None), "{language}");
        let key = if language == "nginx" { "nginx" } else { "apacheHttpd" };
        for attr in [
            "{name: \"A\\nB\", value: x}",
            "{name: A, value: \"x\\nLoadModule y\"}",
            "{name: A, value: '\"x'}",
        ] {
            let attrs = format!("{key}: {{attrs: [{attr}]}},");
            assert_eq!(agent_conf(language, &attrs, "a"), (true, None), "{language} {attr}");
        }
    }
    let attrs = "nginx: {attrs: [{name: A, value: 'ON; return 200'}]},";
    assert_eq!(agent_conf("nginx", attrs, "a"), (true, None));
}

#[test]
fn an_instrumentation_is_found_however_its_kind_is_written() {
    let instrumentation = |kind: &str| {
        format!(
            "apiVersion: opentelemetry.io/v1alpha1\n{kind}\nmetadata: {{name: default, namespace: shop}}\n---\n"
        )
    };
    let workload = deployment("sdk", "", "{containers: [{name: app, image: 'app:1'}]}");
    let workload = workload.strip_prefix(INSTRUMENTATION).expect("the Instrumentation");
    let typed = "apiVersion: opentelemetry.io/v1alpha1\nkind: InstrumentationList\nitems:\n- metadata: {name: default, \
                 namespace: shop}\n---\n";
    let kinds = [
        "\"kind\": 'Instrumentation'",
        "kind: !!str Instrumentation",
        "kind: >-\n  Instrumentation",
        "kind: \"Instrument\\x61tion\"",
        "\"k\\u0069nd\": Instrumentation",
        "? kind\n: Instrumentation",
    ];
    for first in kinds.map(instrumentation).iter().map(String::as_str).chain([typed]) {
        let (_, findings) = run(&format!("{first}{workload}"), &Settings::default());
        assert!(findings.iter().any(|finding| finding.code == Code::Injected), "{first}: {findings:?}");
    }
}
