//! Variables from `envFrom`: what the input shows of them is extended, not hidden.

use std::collections::BTreeMap;

use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding};
use otel_inject::value::{Map, Value, json};
use otel_inject::{Role, inject, uninject};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::kubernetes::expanded;
use crate::common::{documents, done};

const OURS: &str = " --require /otel-auto-instrumentation-nodejs/autoinstrumentation.js";

/// An Instrumentation and a Deployment whose container `app` has these fields, with other resources ahead.
fn text(language: &str, spec: &Value, others: &[Value], container: &Value) -> String {
    let mut app = json!({"name": "app", "image": "shop/web:1"});
    for (key, value) in container.as_object().expect("fields") {
        app[key] = value.clone();
    }
    let instrumentation = json!({
        "apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
        "metadata": {"name": "default", "namespace": "shop"}, "spec": spec,
    });
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {
            "metadata": {"annotations": {(format!("instrumentation.opentelemetry.io/inject-{language}")): "true"}},
            "spec": {"containers": [app]},
        }},
    });
    let all = others.iter().chain([&instrumentation, &web]);
    all.map(Value::to_string).collect::<Vec<_>>().join("\n---\n") + "\n"
}

fn holder(kind: &str, name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "data": data})
}

fn config_map(name: &str, data: Value) -> Value {
    holder("ConfigMap", name, data)
}

fn run(text: &str) -> (String, Vec<Finding>) {
    done(inject, text, Role::Stream, "", &Settings::default())
}

/// The container `app` of the last document.
fn app(text: &str) -> Value {
    let documents = documents(text).expect("YAML");
    documents.last().expect("a workload")["spec"]["template"]["spec"]["containers"][0].clone()
}

fn variable(container: &Value, name: &str) -> Option<String> {
    let mut env = container["env"].as_array().into_iter().flatten();
    env.find(|entry| entry["name"] == name)
        .map(|entry| entry["value"].as_str().unwrap_or("from elsewhere").to_owned())
}

fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

fn from(kind: &str, name: &str) -> Value {
    json!({kind: {"name": name}})
}

#[test]
fn what_is_known_is_extended_and_what_is_not_known_is_as_by_the_operator() {
    let options = json!({"NODE_OPTIONS": "--max-old-space-size=384"});
    let extended = format!("$(NODE_OPTIONS){OURS}");
    let a = || config_map("a", options.clone());
    let old = "internal.config.kubernetes.io/previousNames";
    let mut renamed = config_map("dev-a-h4sh", options.clone());
    renamed["metadata"]["annotations"] =
        json!({old: "a,dev-a", (old.replace("Names", "Namespaces")): "default,shop"});
    let mut local = a();
    local["metadata"]["annotations"] = json!({"config.kubernetes.io/local-config": "true"});
    let mut elsewhere = a();
    elsewhere["metadata"]["namespace"] = json!("other");
    let mut immutable = a();
    immutable["immutable"] = json!(true);
    let mut string_data = holder("Secret", "a", Value::Null);
    string_data["stringData"] = options.clone();
    let mut binary = config_map("a", json!({}));
    binary["binaryData"] = json!({"NODE_OPTIONS": "AA=="});
    let map = || json!([from("configMapRef", "a")]);
    let cases: [(&str, Vec<Value>, Value, &str); 19] = [
        ("a ConfigMap", vec![a()], map(), &extended),
        ("an immutable one", vec![immutable], map(), &extended),
        (
            "optional, and it is there",
            vec![a()],
            json!([{"configMapRef": {"name": "a", "optional": true}}]),
            &extended,
        ),
        (
            "optional, and it is not there",
            vec![],
            json!([{"configMapRef": {"name": "a", "optional": true}}]),
            OURS,
        ),
        ("not in the input", vec![], map(), OURS),
        ("in another namespace", vec![elsewhere], map(), OURS),
        ("not for a cluster", vec![local], map(), OURS),
        ("without the key", vec![config_map("a", json!({"OTHER": "x"}))], map(), OURS),
        ("a key of binaryData", vec![binary], map(), OURS),
        ("a key that is no string", vec![config_map("a", json!({"NODE_OPTIONS": 1}))], map(), OURS),
        (
            "a Secret",
            vec![holder("Secret", "a", json!({"NODE_OPTIONS": "eA=="}))],
            json!([from("secretRef", "a")]),
            &extended,
        ),
        ("a Secret of texts", vec![string_data], json!([from("secretRef", "a")]), &extended),
        ("of the other kind", vec![a()], json!([from("secretRef", "a")]), OURS),
        ("renamed by kustomize", vec![renamed], map(), &extended),
        (
            "with a prefix",
            vec![config_map("a", json!({"OPTIONS": "x"}))],
            json!([{"prefix": "NODE_", "configMapRef": {"name": "a"}}]),
            &extended,
        ),
        ("a prefix too many", vec![a()], json!([{"prefix": "NODE_", "configMapRef": {"name": "a"}}]), OURS),
        (
            "behind one that is not known",
            vec![a()],
            json!([from("secretRef", "b"), from("configMapRef", "a")]),
            &extended,
        ),
        ("ahead of one", vec![a()], json!([from("configMapRef", "a"), from("secretRef", "b")]), &extended),
        (
            "nonsense",
            vec![a()],
            json!([null, 1, {"prefix": 1, "configMapRef": {"name": "a"}}, {"configMapRef": 1}]),
            OURS,
        ),
    ];
    for (case, others, env_from, expected) in cases {
        let (after, findings) = run(&text("nodejs", &json!({}), &others, &json!({"envFrom": env_from})));
        assert_eq!(variable(&app(&after), "NODE_OPTIONS").as_deref(), Some(expected), "{case}: {findings:?}");
        assert!(!codes(&findings).contains(&Code::ShadowedEnv), "{case}: {findings:?}");
    }
    // `env` wins, as without `envFrom`.
    let both = json!({"envFrom": map(), "env": [{"name": "NODE_OPTIONS", "value": "--own"}]});
    let (after, _) = run(&text("nodejs", &json!({}), &[a()], &both));
    assert_eq!(variable(&app(&after), "NODE_OPTIONS"), Some(format!("--own{OURS}")));
    let elsewhere = json!({"envFrom": map(), "env": [{"name": "NODE_OPTIONS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]});
    assert!(codes(&run(&text("nodejs", &json!({}), &[a()], &elsewhere)).1).contains(&Code::EnvValueFrom));
}

#[test]
fn what_precedes_the_items_of_a_list_counts() {
    let text = "\
apiVersion: v1
kind: List
x: &c {image: 'app:1', envFrom: [{configMapRef: {name: cfg}}]}
items:
- apiVersion: opentelemetry.io/v1alpha1
  kind: Instrumentation
  metadata: {name: i, namespace: shop}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: cfg, namespace: shop}
  data: {OTEL_SERVICE_NAME: mine}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    template:
      metadata: {annotations: {instrumentation.opentelemetry.io/inject-sdk: 'true'}}
      spec:
        containers:
        - <<: *c
          name: app
";
    let (after, findings) = run(text);
    assert_eq!(codes(&findings), [Code::Injected]);
    let list = &documents(&after).expect("YAML")[0];
    let app = list["items"][2]["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!(variable(&app, "OTEL_SERVICE_NAME"), None, "the ConfigMap's is kept");
}

#[test]
fn a_context_file_counts_and_the_input_hides_it() {
    let workload = text("nodejs", &json!({}), &[], &json!({"envFrom": [from("configMapRef", "a")]}));
    let with = |context: &Value, text: &str| {
        let (after, _) = done(inject, text, Role::Stream, &context.to_string(), &Settings::default());
        variable(&app(&after), "NODE_OPTIONS").expect("a variable")
    };
    let context = config_map("a", json!({"NODE_OPTIONS": "x"}));
    assert_eq!(with(&context, &workload), format!("$(NODE_OPTIONS){OURS}"));
    let own = format!("{}\n---\n{workload}", config_map("a", json!({"OTHER": "x"})));
    assert_eq!(with(&context, &own), OURS);
}

#[test]
fn what_is_set_only_where_it_is_absent_is_not_set() {
    let spec = json!({
        "exporter": {"endpoint": "http://collector:4318"}, "propagators": ["b3"],
        "sampler": {"type": "traceidratio", "argument": "0.5"}, "env": [{"name": "OWN", "value": "i"}],
        "nodejs": {"env": [{"name": "NODE_ENV", "value": "i"}]},
    });
    let names = [
        "OTEL_SERVICE_NAME",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_PROPAGATORS",
        "OTEL_METRICS_EXPORTER",
        "OTEL_POD_IP",
        "OTEL_NODE_IP",
        "OWN",
        "NODE_ENV",
    ];
    let injected = |data: Value| {
        let env_from = json!({"envFrom": [from("configMapRef", "a")]});
        app(&run(&text("nodejs", &spec, &[config_map("a", data)], &env_from)).0)
    };
    let without = injected(json!({}));
    for name in names {
        assert!(variable(&without, name).is_some(), "{name}");
        for value in ["mine", ""] {
            assert_eq!(variable(&injected(json!({name: value})), name), None, "{name}={value}");
        }
    }
    // The sampler and its argument are one.
    let of_sampler = ["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"];
    for given in of_sampler {
        let container = injected(json!({given: "x"}));
        assert!(of_sampler.iter().all(|name| variable(&container, name).is_none()), "{given}: {container}");
    }
    assert!(of_sampler.iter().all(|name| variable(&without, name).is_some()));
}

#[test]
fn every_language_keeps_what_it_extends() {
    let mount = "/otel-auto-instrumentation";
    let cases = [
        (
            "java",
            "JAVA_TOOL_OPTIONS",
            format!("$(JAVA_TOOL_OPTIONS) -javaagent:{mount}-java-app/javaagent.jar"),
        ),
        (
            "python",
            "PYTHONPATH",
            format!(
                "{mount}-python/opentelemetry/instrumentation/auto_instrumentation:$(PYTHONPATH):{mount}-python"
            ),
        ),
        (
            "dotnet",
            "DOTNET_STARTUP_HOOKS",
            format!(
                "$(DOTNET_STARTUP_HOOKS):{mount}-dotnet/net/OpenTelemetry.AutoInstrumentation.StartupHook.dll"
            ),
        ),
        ("dotnet", "DOTNET_SHARED_STORE", format!("$(DOTNET_SHARED_STORE):{mount}-dotnet/store")),
        (
            "nginx",
            "LD_LIBRARY_PATH",
            "$(LD_LIBRARY_PATH):/opt/opentelemetry-webserver/agent/sdk_lib/lib".to_owned(),
        ),
    ];
    for (language, name, expected) in cases {
        let others = [config_map("a", json!({name: "/mine"}))];
        let (after, findings) =
            run(&text(language, &json!({}), &others, &json!({"envFrom": [from("configMapRef", "a")]})));
        assert_eq!(variable(&app(&after), name), Some(expected), "{language}: {findings:?}");
    }
}

#[test]
fn resource_attributes_of_the_user_win() {
    let attributes = |kind: &str, data: Value, env: Value| {
        let reference = if kind == "Secret" { "secretRef" } else { "configMapRef" };
        let container = json!({"envFrom": [from(reference, "a")], "env": env});
        let (after, findings) = run(&text("sdk", &json!({}), &[holder(kind, "a", data)], &container));
        let value = variable(&app(&after), "OTEL_RESOURCE_ATTRIBUTES");
        value.unwrap_or_else(|| panic!("{findings:?}"))
    };
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    const SELF: &str = "$(OTEL_RESOURCE_ATTRIBUTES)";
    let own = attributes("ConfigMap", json!({NAME: "service.namespace=mine,k8s.node.name=n"}), json!([]));
    assert!(own.starts_with(&format!("{SELF},k8s.container.name=app")), "{own}");
    assert!(!own.contains("service.namespace=") && !own.contains("k8s.node.name="), "{own}");
    for value in ["", "a=b,"] {
        let own = attributes("ConfigMap", json!({NAME: value}), json!([]));
        assert!(own.starts_with(&format!("{SELF}k8s.container.name=app")), "{own}");
    }
    let hidden = attributes("Secret", json!({NAME: "YT1i"}), json!([]));
    assert!(hidden.starts_with(&format!("{SELF},k8s.container.name=app")), "{hidden}");
    // A reference of the user's own means the same.
    let env = json!([{"name": NAME, "value": format!("x=y,{SELF}")}]);
    let own = attributes("ConfigMap", json!({NAME: "service.namespace=mine,"}), env);
    assert!(own.starts_with(&format!("x=y,{SELF}k8s.container.name=app")), "{own}");
    assert!(!own.contains("service.namespace="), "{own}");
    let env = json!([{"name": NAME, "value": format!("x=${SELF}")}]);
    let own = attributes("ConfigMap", json!({NAME: "service.namespace=mine,"}), env);
    assert!(own.contains(",service.namespace=shop"), "{own}");
}

#[test]
fn what_is_set_all_the_same_is_said() {
    let shadowed = |language: &str, kind: &str, data: Value, env: Value| {
        let reference = if kind == "Secret" { "secretRef" } else { "configMapRef" };
        let container =
            json!({"envFrom": [from("configMapRef", "nobody"), from(reference, "a")], "env": env});
        let (after, findings) = run(&text(language, &json!({}), &[holder(kind, "a", data)], &container));
        let found: Vec<Finding> = findings.into_iter().filter(|one| one.code == Code::ShadowedEnv).collect();
        (app(&after), found)
    };
    let (container, found) =
        shadowed("nodejs", "ConfigMap", json!({"OTEL_RESOURCE_ATTRIBUTES_POD_NAME": "web-0"}), json!([]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "/spec/template/spec/containers/0/envFrom/1");
    assert_eq!(
        found[0].message,
        "container \"app\" takes OTEL_RESOURCE_ATTRIBUTES_POD_NAME from ConfigMap a, but the injection sets it to another value"
    );
    assert!(variable(&container, "OTEL_RESOURCE_ATTRIBUTES_POD_NAME").is_some());
    let home = "/otel-auto-instrumentation-dotnet";
    let (container, found) =
        shadowed("dotnet", "ConfigMap", json!({"OTEL_DOTNET_AUTO_HOME": "/mine"}), json!([]));
    assert_eq!((found.len(), variable(&container, "OTEL_DOTNET_AUTO_HOME").as_deref()), (1, Some(home)));
    for (language, kind, data, env) in [
        // The same value, one that nobody knows, one that is merged, one that the user hides himself.
        ("dotnet", "ConfigMap", json!({"OTEL_DOTNET_AUTO_HOME": home}), json!([])),
        ("dotnet", "Secret", json!({"OTEL_DOTNET_AUTO_HOME": "L21pbmU="}), json!([])),
        ("nodejs", "ConfigMap", json!({"NODE_OPTIONS": "x", "OTEL_SERVICE_NAME": "y"}), json!([])),
        ("nodejs", "ConfigMap", json!({"LOG_LEVEL": "x"}), json!([{"name": "LOG_LEVEL", "value": "y"}])),
        ("nodejs", "ConfigMap", json!({"OTHER": "x"}), json!([])),
    ] {
        let (_, found) = shadowed(language, kind, data.clone(), env);
        assert!(found.is_empty(), "{language} {data}: {found:?}");
    }
}

#[test]
fn checks_know_what_a_config_map_says_and_that_a_secret_hides_it() {
    let findings = |kind: &str, data: Value, env: Value| {
        let reference = if kind == "Secret" { "secretRef" } else { "configMapRef" };
        let spec = json!({"exporter": {"endpoint": "http://collector:4317"}});
        let container = json!({"envFrom": [from(reference, "a")], "env": env});
        codes(&run(&text("nodejs", &spec, &[holder(kind, "a", data)], &container)).1)
    };
    let protocol = |value: &str| json!({"OTEL_EXPORTER_OTLP_PROTOCOL": value});
    let has = |codes: Vec<Code>, code: Code| codes.contains(&code);
    assert!(has(findings("ConfigMap", json!({}), json!([])), Code::OtlpPortMismatch));
    assert!(!has(findings("ConfigMap", protocol("grpc"), json!([])), Code::OtlpPortMismatch));
    assert!(!has(findings("Secret", protocol("Z3JwYw=="), json!([])), Code::OtlpPortMismatch));
    assert!(has(findings("ConfigMap", protocol("http/protobuf"), json!([])), Code::OtlpPortMismatch));
    let endpoint = json!({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://other:4318"});
    assert!(!has(findings("ConfigMap", endpoint, json!([])), Code::OtlpPortMismatch));
    // `env` wins.
    let grpc = json!([{"name": "OTEL_EXPORTER_OTLP_PROTOCOL", "value": "grpc"}]);
    assert!(!has(findings("ConfigMap", protocol("http/protobuf"), grpc), Code::OtlpPortMismatch));
    // A reference to a later variable has the value of `envFrom`.
    let early = json!([{"name": "URL", "value": "$(HOST)"}, {"name": "HOST", "value": "b"}]);
    assert!(has(findings("ConfigMap", json!({}), early.clone()), Code::EnvOrder));
    assert!(!has(findings("ConfigMap", json!({"HOST": "a"}), early), Code::EnvOrder));
}

#[test]
fn a_collector_is_told_what_its_own_sources_bring() {
    let collector = |env_from: Value| {
        json!({
            "apiVersion": "opentelemetry.io/v1beta1", "kind": "OpenTelemetryCollector",
            "metadata": {"name": "c", "namespace": "shop"},
            "spec": {"mode": "sidecar", "envFrom": env_from, "config": {
                "receivers": {"otlp": {"protocols": {"grpc": {}}}},
                "exporters": {"otlp": {"endpoint": "${env:GATEWAY}:4317"}},
                "service": {"pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp"]}}},
            }},
        })
    };
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop", "annotations": {"sidecar.opentelemetry.io/inject": "true"}},
        "spec": {"containers": [{"name": "app", "image": "shop/web:1"}]},
    });
    let found = |others: &[Value], env_from: Value| {
        let collector = collector(env_from);
        let all: Vec<String> = others.iter().chain([&collector, &pod]).map(Value::to_string).collect();
        let (after, findings) = run(&(all.join("\n---\n") + "\n"));
        let sidecar =
            documents(&after).expect("YAML").pop().expect("a pod")["spec"]["initContainers"][0].clone();
        assert_eq!(sidecar["name"], "otc-container", "{findings:?}");
        (sidecar, codes(&findings))
    };
    let map = || json!([from("configMapRef", "a")]);
    let unset = |others: &[Value], env_from: Value| found(others, env_from).1.contains(&Code::UnsetVariable);
    assert!(unset(&[], json!(null)));
    assert!(unset(&[config_map("a", json!({"OTHER": "x"}))], map()));
    assert!(!unset(&[config_map("a", json!({"GATEWAY": "x"}))], map()));
    assert!(!unset(&[holder("Secret", "a", json!({"GATEWAY": "eA=="}))], json!([from("secretRef", "a")])));
    assert!(!unset(&[], map()), "nobody knows");
    let (sidecar, codes) =
        found(&[config_map("a", json!({"GATEWAY": "x", "GOMEMLIMIT": "1GiB", "OTEL_CONFIG": "{}"}))], map());
    assert_eq!(variable(&sidecar, "GOMEMLIMIT"), None);
    assert!(variable(&sidecar, "OTEL_CONFIG").is_some() && codes.contains(&Code::ShadowedEnv), "{codes:?}");
}

#[test]
fn a_record_leads_back_and_follows_the_config_map() {
    let container = json!({"envFrom": [from("configMapRef", "a")]});
    let with = |data: Value| text("nodejs", &json!({}), &[config_map("a", data)], &container);
    let (gained, lost) = (json!({"NODE_OPTIONS": "--mine"}), json!({"OTHER": "x"}));
    for (now, later) in [(&gained, &lost), (&lost, &gained)] {
        let input = with(now.clone());
        let (first, _) = run(&input);
        let (again, findings) = run(&first);
        assert_eq!(again, first);
        assert!(codes(&findings).contains(&Code::UpToDate), "{findings:?}");
        assert_eq!(done(uninject, &first, Role::Stream, "", &Settings::default()).0, input);
        let changed = first
            .replace(&config_map("a", now.clone()).to_string(), &config_map("a", later.clone()).to_string());
        assert_ne!(changed, first);
        let (refreshed, findings) = run(&changed);
        assert!(codes(&findings).contains(&Code::Updated), "{findings:?}");
        let values = |text: &str| documents(text).expect("YAML");
        assert_eq!(values(&refreshed), values(&run(&with(later.clone())).0));
    }
}

#[test]
fn nothing_of_a_secret_gets_out() {
    const TOKEN: &str = "c2VjcmV0LXRva2Vu";
    let names = [
        "NODE_OPTIONS",
        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ];
    for field in ["data", "stringData"] {
        let data: Map = names.iter().map(|name| ((*name).to_owned(), json!(TOKEN))).collect();
        let mut secret = holder("Secret", "a", Value::Null);
        secret[field] = Value::Object(data);
        let text = text(
            "nodejs",
            &json!({"exporter": {"endpoint": "http://c:4317"}}),
            &[],
            &json!({"envFrom": [from("secretRef", "a")]}),
        );
        let (after, findings) = done(inject, &text, Role::Stream, &secret.to_string(), &Settings::default());
        assert!(after.contains("$(NODE_OPTIONS)"), "{after}");
        assert!(!after.contains(TOKEN) && !after.contains("secret-token"), "{after}");
        assert!(!format!("{findings:?}").contains(TOKEN), "{findings:?}");
    }
}

// The environment of a container, as the documentation of the kubelet and of the API's `EnvVar` describe it.

/// What a kubelet makes of a container's `envFrom` and `env`. Sources that are not there bring nothing.
fn environment(container: &Value, others: &[Value]) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    for source in container["envFrom"].as_array().into_iter().flatten() {
        let prefix = source["prefix"].as_str().unwrap_or_default();
        for (kind, reference) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
            let name = &source[reference]["name"];
            let found = others.iter().find(|one| one["kind"] == kind && one["metadata"]["name"] == *name);
            for (key, value) in found.and_then(|found| found["data"].as_object()).into_iter().flatten() {
                let name = format!("{prefix}{key}");
                let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
                if name.chars().all(is_letter) && !name.starts_with(|first: char| first.is_ascii_digit()) {
                    environment.insert(name, value.as_str().expect("a text").to_owned());
                }
            }
        }
    }
    for entry in container["env"].as_array().into_iter().flatten() {
        let name = entry["name"].as_str().expect("a name").to_owned();
        let value = match entry["value"].as_str() {
            Some(value) if !value.is_empty() => expanded(value, &environment),
            _ => entry["valueFrom"]["fieldRef"]["fieldPath"]
                .as_str()
                .map(|path| format!("<{path}>"))
                .unwrap_or_default(),
        };
        environment.insert(name, value);
    }
    environment
}

/// A container with a variable at the end of its `env`.
fn with_last(container: &Value, name: &str) -> Value {
    let mut container = container.clone();
    if let Some(env) = container["env"].as_array_mut() {
        env.sort_by_key(|entry| entry["name"] == name);
    }
    container
}

const KEYS: &[&str] = &[
    "NODE_OPTIONS",
    "OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "PYTHONPATH",
    "DOTNET_STARTUP_HOOKS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
    "SERVICE_NAME",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_PROPAGATORS",
    "OTEL_POD_IP",
    "LOG_LEVEL",
    "1st",
    "app.properties",
];

const VALUES: &[&str] = &[
    "",
    "x",
    "--mine",
    "a=b",
    "a=b,",
    "service.namespace=mine",
    "$(LOG_LEVEL)",
    "$$",
    "$$(LOG_LEVEL)",
    "$(",
    "/lib",
];

fn data() -> impl Strategy<Value = BTreeMap<&'static str, &'static str>> {
    btree_map(select(KEYS), select(VALUES), 0..8)
}

fn sources() -> impl Strategy<Value = Vec<Value>> {
    let one = (select(&["", "", "OTEL_", "NODE_"][..]), select(&["a", "b", "c", "nobody"][..]));
    let source = one.prop_map(|(prefix, name)| {
        let reference = if name == "c" { "secretRef" } else { "configMapRef" };
        let mut source = json!({reference: {"name": name, "optional": true}});
        if !prefix.is_empty() {
            source["prefix"] = json!(prefix);
        }
        source
    });
    vec(source, 0..4)
}

fn own_env() -> impl Strategy<Value = Vec<Value>> {
    let entry =
        (select(KEYS), select(VALUES)).prop_map(|(name, value)| json!({"name": name, "value": value}));
    vec(entry, 0..4).prop_map(|entries| {
        let mut names = Vec::new();
        let is_new = |entry: &Value| {
            let is_new = !names.contains(&entry["name"]);
            names.push(entry["name"].clone());
            is_new
        };
        entries.into_iter().filter(is_new).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_pod_has_the_users_options_and_ours(
        maps in [data(), data(), data()],
        sources in sources(),
        env in own_env(),
        language in select(&["nodejs", "java", "python", "dotnet", "sdk"][..]),
    ) {
        let kinds = ["ConfigMap", "ConfigMap", "Secret"];
        let names = ["a", "b", "c"];
        let others: Vec<Value> =
            maps.iter().enumerate().map(|(index, data)| holder(kinds[index], names[index], json!(data))).collect();
        let spec = json!({
            "exporter": {"endpoint": "http://collector:4318"}, "propagators": ["b3"],
            "sampler": {"type": "traceidratio", "argument": "0.5"},
        });
        let text = text(language, &spec, &others, &json!({"envFrom": sources, "env": env}));
        let (after, findings) = run(&text);
        prop_assert!(codes(&findings).contains(&Code::Injected), "{:?}", findings);
        let before = environment(&app(&text), &others);
        let container = app(&after);
        let now = environment(&container, &others);
        let had = |name: &str| before.get(name).map(String::as_str);
        let has = |name: &str| now.get(name).map_or("", String::as_str);
        let mount = "/otel-auto-instrumentation";
        // What is extended: the user's value, and ours beside it.
        let joined = |name: &str, ours: &str| match had(name) {
            Some(own) => format!("{own}:{ours}"),
            None => ours.to_owned(),
        };
        let extended = match language {
            "nodejs" => Some(("NODE_OPTIONS", format!("{}{OURS}", had("NODE_OPTIONS").unwrap_or_default()))),
            "java" => {
                let ours = format!(" -javaagent:{mount}-java-app/javaagent.jar");
                Some(("JAVA_TOOL_OPTIONS", format!("{}{ours}", had("JAVA_TOOL_OPTIONS").unwrap_or_default())))
            }
            "python" => {
                let before = format!("{mount}-python/opentelemetry/instrumentation/auto_instrumentation");
                Some(("PYTHONPATH", format!("{before}:{}", joined("PYTHONPATH", &format!("{mount}-python")))))
            }
            "dotnet" => {
                let hook = format!("{mount}-dotnet/net/OpenTelemetry.AutoInstrumentation.StartupHook.dll");
                Some(("DOTNET_STARTUP_HOOKS", joined("DOTNET_STARTUP_HOOKS", &hook)))
            }
            _ => None,
        };
        if let Some((name, expected)) = &extended {
            prop_assert_eq!(has(name), expected, "{}", container);
        }
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let attributes = has(ATTRIBUTES);
        // It moves to the end, where all variables that it refers to are set.
        let own = environment(&with_last(&app(&text), ATTRIBUTES), &others).remove(ATTRIBUTES).unwrap_or_default();
        prop_assert!(attributes.starts_with(&own), "{} of {}", attributes, container);
        prop_assert!(attributes.contains("k8s.container.name=app") && attributes.contains("k8s.pod.name=<metadata.name>"));
        prop_assert!(!attributes[own.len()..].contains(",,"), "{}", attributes);
        // What is set where it is absent.
        for (name, ours) in [
            ("OTEL_SERVICE_NAME", "web"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_PROPAGATORS", "b3"),
            ("OTEL_POD_IP", "<status.podIP>"),
        ] {
            prop_assert_eq!(has(name), had(name).unwrap_or(ours), "{} of {}", name, container);
        }
        let sampler = ["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"];
        if sampler.iter().any(|name| before.contains_key(*name)) {
            prop_assert!(sampler.iter().all(|name| now.get(*name) == before.get(*name)), "{}", container);
        } else {
            prop_assert_eq!(sampler.map(has), ["traceidratio", "0.5"]);
        }
        // The rest is the user's.
        let touched = |name: &String| name == ATTRIBUTES || extended.as_ref().is_some_and(|(extended, _)| name == extended);
        for (name, value) in before.iter().filter(|(name, _)| !touched(name)) {
            prop_assert_eq!(now.get(name), Some(value), "{} of {}", name, container);
        }
        // A second run changes nothing, and the way back is exact.
        prop_assert_eq!(&run(&after).0, &after);
        // Flow without blanks gets one where an element moves back.
        let back = done(uninject, &after, Role::Stream, "", &Settings::default()).0;
        prop_assert_eq!(documents(&back), documents(&text));
    }
}
