//! Plans of small workloads.

use super::*;
use crate::change::shifts;
use crate::config::instrumentation::Instrumentation;
use crate::k8s::pod::identify;
use crate::value::{Value, json};

fn deployment(annotations: Value, spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {"annotations": annotations}, "spec": spec}}})
}

fn asking(languages: &[&str], spec: Value) -> Value {
    let mut annotations = json!({});
    for language in languages {
        annotations[format!("instrumentation.opentelemetry.io/inject-{language}").as_str()] = json!("true");
    }
    if languages.len() > 1 {
        annotations["instrumentation.opentelemetry.io/container-names"] = json!("app");
    }
    deployment(annotations, spec)
}

fn instrumentation(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
        "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

fn context_of(resources: &[Value]) -> Context {
    let mut context = Context::default();
    for resource in resources {
        let identity = Identity::read(resource, None).expect("a kind");
        context.add(resource, &identity, false, &Settings::default());
    }
    context
}

fn planned_with(resource: &Value, context: &Context, settings: &Settings) -> Verdict {
    plan(resource, &Identity::read(resource, None).expect("a kind"), context, settings)
}

fn verdict(resource: &Value, spec: Value) -> Verdict {
    planned_with(resource, &context_of(&[instrumentation("default", spec)]), &Settings::default())
}

fn value(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Planned(plan) => plan.value,
        other => panic!("not planned: {other:?}"),
    }
}

fn refusal(verdict: Verdict) -> (Code, String) {
    match verdict {
        Verdict::Refused(findings) => (findings[0].code, findings[0].pointer.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

fn env(value: &Value) -> Vec<(String, String)> {
    let env = value.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array);
    let entries = env.into_iter().flatten();
    entries.map(|entry| (text(entry, "name"), text(entry, "value"))).collect()
}

fn text(entry: &Value, key: &str) -> String {
    entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn variable(value: &Value, name: &str) -> String {
    let found = env(value).into_iter().find(|(current, _)| current == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

const POD: &str = "/spec/template/spec";

#[test]
fn empty_parents_are_filled() {
    for spec in [
        json!({"containers": [{"name": "app", "env": null, "volumeMounts": null}], "initContainers": null, "volumes": null}),
        json!({"containers": [{"name": "app", "env": [], "volumeMounts": []}], "initContainers": [], "volumes": []}),
        json!({"containers": [{"name": "app"}]}),
    ] {
        let resource = asking(&["nodejs"], spec);
        let Verdict::Planned(plan) = verdict(&resource, json!({})) else { panic!("not planned") };
        assert!(!shifts(&resource, &plan.value, identify));
        assert_eq!(
            plan.value.pointer("/spec/template/spec/initContainers/0/name").and_then(Value::as_str),
            Some("opentelemetry-auto-instrumentation-nodejs")
        );
        assert_eq!(env(&plan.value)[0].0, "OTEL_NODE_IP");
    }
}

#[test]
fn prepending_before_the_users_variables_shifts_them() {
    let resource =
        asking(&["sdk"], json!({"containers": [{"name": "app", "env": [{"name": "A", "value": "1"}]}]}));
    let Verdict::Planned(plan) = verdict(&resource, json!({})) else { panic!("not planned") };
    assert!(shifts(&resource, &plan.value, identify));
}

#[test]
fn what_cannot_be_extended_is_refused() {
    let from = json!({"fieldRef": {"fieldPath": "metadata.name"}});
    let cases = [
        (
            "nodejs",
            json!([{"name": "NODE_OPTIONS", "valueFrom": from}]),
            json!({}),
            Code::EnvValueFrom,
            "/env/0",
        ),
        (
            "sdk",
            json!([{"name": "A"}, {"name": "OTEL_RESOURCE_ATTRIBUTES", "valueFrom": from}]),
            json!({}),
            Code::EnvValueFrom,
            "/env/1",
        ),
        (
            "sdk",
            json!([]),
            json!({"env": [{"name": "OTEL_RESOURCE_ATTRIBUTES", "valueFrom": from}]}),
            Code::EnvValueFrom,
            "",
        ),
        (
            "nodejs",
            json!([]),
            json!({"nodejs": {"env": [{"name": "NODE_OPTIONS", "valueFrom": from}]}}),
            Code::EnvValueFrom,
            "",
        ),
        (
            "nodejs",
            json!([{"name": "NODE_OPTIONS"}, {"name": "NODE_OPTIONS"}]),
            json!({}),
            Code::EnvConflict,
            "/env/1",
        ),
        (
            "sdk",
            json!([{"name": "OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "value": "x"}]),
            json!({}),
            Code::EnvConflict,
            "/env/0",
        ),
        (
            "nodejs",
            json!([{"name": "NODE_OPTIONS", "value": 5}]),
            json!({}),
            Code::CannotEdit,
            "/env/0/value",
        ),
    ];
    for (language, env, spec, code, pointer) in cases {
        let resource = asking(&[language], json!({"containers": [{"name": "app", "env": env}]}));
        let expected = (code, format!("{POD}/containers/0{pointer}"));
        assert_eq!(refusal(verdict(&resource, spec)), expected, "{resource}");
    }
}

#[test]
fn names_and_mounts_of_others_are_refused_and_ours_are_kept() {
    let name = "opentelemetry-auto-instrumentation-nodejs";
    let nodejs = |spec: Value| verdict(&asking(&["nodejs"], spec), json!({}));
    let mount = |volume: &str| json!([{"name": volume, "mountPath": "/otel-auto-instrumentation-nodejs/"}]);
    let cases = [
        (json!({"containers": [{"name": "app"}, {"name": name}]}), Code::NameConflict, "/containers/1"),
        (
            json!({"containers": [{"name": "app"}], "volumes": [{"name": name, "emptyDir": {}}]}),
            Code::NameConflict,
            "/volumes/0",
        ),
        (
            json!({"containers": [{"name": "app", "volumeMounts": mount("x")}]}),
            Code::MountConflict,
            "/containers/0/volumeMounts/0",
        ),
    ];
    for (spec, code, pointer) in cases {
        assert_eq!(refusal(nodejs(spec)), (code, format!("{POD}{pointer}")));
    }
    let volume = json!({"name": name, "emptyDir": {"sizeLimit": "200Mi"}});
    let current = value(nodejs(json!({"containers": [{"name": "app"}], "volumes": [volume]})));
    assert_eq!(
        current.pointer("/spec/template/spec/volumes").and_then(Value::as_array).map(<[Value]>::len),
        Some(1)
    );
}

#[test]
fn pods_of_the_wrong_shape_are_refused() {
    let cases = [
        (json!(null), Code::ContainersRequired, ""),
        (json!({"containers": []}), Code::ContainersRequired, ""),
        (json!({"containers": {}}), Code::CannotEdit, "/containers"),
        (json!({"containers": ["app"]}), Code::CannotEdit, "/containers/0"),
        (json!({"containers": [{"name": 1}]}), Code::CannotEdit, "/containers/0/name"),
        (json!({"containers": [{"name": "a", "env": {}}]}), Code::CannotEdit, "/containers/0/env"),
        (
            json!({"containers": [{"name": "a", "env": [{"value": "x"}]}]}),
            Code::CannotEdit,
            "/containers/0/env/0/name",
        ),
        (json!({"containers": [{"name": "a"}], "initContainers": "x"}), Code::CannotEdit, "/initContainers"),
        (json!({"containers": [{"name": "a"}], "volumes": [1]}), Code::CannotEdit, "/volumes/0"),
    ];
    for (spec, code, pointer) in cases {
        let expected = (code, format!("{POD}{pointer}"));
        assert_eq!(refusal(verdict(&asking(&["sdk"], spec.clone()), json!({}))), expected, "{spec}");
    }
}

#[test]
fn annotations_of_ours_are_strings() {
    for key in ["instrumentation.opentelemetry.io/inject-nodejs", "resource.opentelemetry.io/team"] {
        let mut annotations = json!({});
        annotations[key] = json!(true);
        let (code, pointer) =
            refusal(verdict(&deployment(annotations, json!({"containers": [{"name": "a"}]})), json!({})));
        assert_eq!(code, Code::InvalidAnnotation);
        assert!(pointer.starts_with("/spec/template/metadata/annotations/"), "{pointer}");
    }
}

#[test]
fn requests_above_limits_are_refused_where_they_would_be_written() {
    let spec = json!({"nodejs": {"resourceRequirements": {"limits": {"memory": "64Mi"}}}});
    let pod = json!({"containers": [{"name": "app"}]});
    let (code, _) = refusal(verdict(&asking(&["nodejs"], pod.clone()), spec.clone()));
    assert_eq!(code, Code::RequestsExceedLimits);
    assert!(matches!(verdict(&asking(&["sdk"], pod), spec), Verdict::Planned(_)));
}

#[test]
fn references_follow_what_kustomize_renamed() {
    let mut renamed = instrumentation("a-inst", json!({"exporter": {"endpoint": "http://a"}}));
    renamed["metadata"]["annotations"] = json!({
        "internal.config.kubernetes.io/previousNames": "inst",
        "internal.config.kubernetes.io/previousNamespaces": "tools",
    });
    let other = instrumentation("other", json!({}));
    let context = context_of(&[renamed, other]);
    for (reference, is_found) in [
        ("inst", true),
        ("a-inst", true),
        ("shop/inst", true),
        ("tools/inst", true),
        ("x", false),
        ("x/inst", false),
    ] {
        let annotations = json!({"instrumentation.opentelemetry.io/inject-sdk": reference});
        let resource = deployment(annotations, json!({"containers": [{"name": "app"}]}));
        match planned_with(&resource, &context, &Settings::default()) {
            Verdict::Planned(plan) => {
                assert!(is_found, "{reference}");
                assert_eq!(variable(&plan.value, "OTEL_EXPORTER_OTLP_ENDPOINT"), "http://a");
            }
            other => assert!(!is_found && refusal(other).0 == Code::InstrumentationNotFound, "{reference}"),
        }
    }
}

#[test]
fn an_input_hides_the_context_and_repeats_are_one() {
    let settings = Settings::default();
    let mut context = Context::default();
    let one = instrumentation("default", json!({"exporter": {"endpoint": "http://context"}}));
    let identity = Identity::read(&one, None).expect("a kind");
    let input = instrumentation("default", json!({"exporter": {"endpoint": "http://input"}}));
    context.add(&input, &identity, false, &settings);
    context.add(&input, &identity, false, &settings);
    context.add(&one, &identity, true, &settings);
    let resource = asking(&["sdk"], json!({"containers": [{"name": "app"}]}));
    let planned = value(planned_with(&resource, &context, &settings));
    assert_eq!(variable(&planned, "OTEL_EXPORTER_OTLP_ENDPOINT"), "http://input");
    context.add(&one, &identity, false, &settings);
    assert_eq!(refusal(planned_with(&resource, &context, &settings)).0, Code::AmbiguousInstrumentation);
}

#[test]
fn the_configs_instrumentation_fills_in_for_true_only() {
    let spec = json!({"exporter": {"endpoint": "http://config"}});
    let (fallback, _) = Instrumentation::parse(&spec).expect("valid");
    let settings = Settings { instrumentation: Some(fallback), ..Settings::default() };
    let pod = json!({"containers": [{"name": "app"}]});
    let planned = value(planned_with(&asking(&["sdk"], pod.clone()), &Context::default(), &settings));
    assert_eq!(variable(&planned, "OTEL_EXPORTER_OTLP_ENDPOINT"), "http://config");
    let named = deployment(json!({"instrumentation.opentelemetry.io/inject-sdk": "default"}), pod);
    let (code, _) = refusal(planned_with(&named, &Context::default(), &settings));
    assert_eq!(code, Code::InstrumentationNotFound);
}

#[test]
fn the_configs_namespace_counts_but_is_not_written() {
    let settings = Settings { namespace: Some("shop".into()), ..Settings::default() };
    let context = context_of(&[instrumentation("default", json!({}))]);
    let mut resource = asking(&["sdk"], json!({"containers": [{"name": "app"}]}));
    resource["metadata"] = json!({"name": "web"});
    let planned = value(planned_with(&resource, &context, &settings));
    assert!(variable(&planned, "OTEL_RESOURCE_ATTRIBUTES").contains("k8s.namespace.name=shop,"));
    assert_eq!(planned["metadata"], json!({"name": "web"}));
}

#[test]
fn kinds_without_an_owner_attribute_have_their_own_service_name() {
    let context = context_of(&[instrumentation("default", json!({}))]);
    for (api_version, kind) in [
        ("v1", "ReplicationController"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("serving.knative.dev/v1", "Service"),
        ("apps.openshift.io/v1", "DeploymentConfig"),
    ] {
        let mut resource = asking(&["sdk"], json!({"containers": [{"name": "app"}]}));
        resource["apiVersion"] = json!(api_version);
        resource["kind"] = json!(kind);
        let planned = value(planned_with(&resource, &context, &Settings::default()));
        assert_eq!(variable(&planned, "OTEL_SERVICE_NAME"), "web", "{kind}");
    }
    let mut rollout = asking(&["sdk"], json!({"containers": [{"name": "app"}]}));
    rollout["apiVersion"] = json!("argoproj.io/v1alpha1");
    rollout["kind"] = json!("Rollout");
    rollout["spec"]["workloadRef"] = json!({"kind": "Deployment", "name": "web"});
    assert!(matches!(planned_with(&rollout, &context, &Settings::default()), Verdict::Nothing));
}

#[test]
fn go_takes_the_first_name_and_no_init_container() {
    let pod = json!({"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "i"}]});
    let go = |names: &str| {
        let annotations = json!({
            "instrumentation.opentelemetry.io/inject-go": "true",
            "instrumentation.opentelemetry.io/otel-go-auto-target-exe": "/app",
            "instrumentation.opentelemetry.io/container-names": names,
        });
        verdict(&deployment(annotations, pod.clone()), json!({}))
    };
    let planned = value(go("b,i"));
    let sidecar = planned.pointer("/spec/template/spec/containers/2").expect("a sidecar");
    let attributes = sidecar["env"].as_array().and_then(|env| env.last()).expect("attributes");
    assert!(text(attributes, "value").contains("k8s.container.name=b,"));
    assert_eq!(refusal(go("i")).0, Code::UnsupportedOption);
    assert_eq!(refusal(go("x")).0, Code::UnknownContainer);
}

#[test]
fn an_invalid_instrumentation_is_refused_where_it_would_be_used() {
    let resource = asking(&["sdk"], json!({"containers": [{"name": "app"}]}));
    let (code, pointer) = refusal(verdict(&resource, json!({"sampler": {"type": "x"}})));
    assert_eq!(code, Code::InvalidInstrumentation);
    assert!(pointer.ends_with("inject-sdk"), "{pointer}");
}

fn findings(verdict: Verdict) -> Vec<(Code, String)> {
    match verdict {
        Verdict::Planned(plan) => {
            plan.findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
        }
        other => panic!("not planned: {other:?}"),
    }
}

#[test]
fn a_further_target_of_a_web_server_gets_no_module_and_a_warning() {
    let pod = json!({"containers": [{"name": "app"}, {"name": "other"}]});
    for language in ["apache-httpd", "nginx"] {
        let annotations = json!({
            (format!("instrumentation.opentelemetry.io/inject-{language}")): "true",
            "instrumentation.opentelemetry.io/container-names": "other,app",
        });
        let resource = deployment(annotations, pod.clone());
        let codes = findings(verdict(&resource, json!({})));
        let warning = codes.iter().find(|(code, _)| *code == Code::EnvironmentOnly).expect("a warning");
        assert!(warning.1.contains("sets the SDK's environment in app"), "{}", warning.1);
        let planned = value(verdict(&resource, json!({})));
        assert_eq!(planned.pointer(&format!("{POD}/containers/0/volumeMounts")), None);
        assert_eq!(
            planned
                .pointer(&format!("{POD}/containers/1/volumeMounts"))
                .and_then(Value::as_array)
                .map(<[Value]>::len),
            Some(2)
        );
    }
    let alone = findings(verdict(&asking(&["nginx"], pod), json!({})));
    assert!(alone.iter().all(|(code, _)| *code == Code::Injected), "{alone:?}");
}

#[test]
fn web_servers_refuse_what_they_cannot_do() {
    let pod = |app: Value| json!({"containers": [app], "initContainers": [{"name": "init"}]});
    let mounts = |path: &str| json!([{"name": "x", "mountPath": path}]);
    let from = json!({"fieldRef": {"fieldPath": "metadata.name"}});
    let cases = [
        (
            pod(json!({"name": "app", "volumeMounts": mounts("/opt/opentelemetry-webserver/agent")})),
            json!({}),
            Code::MountConflict,
        ),
        (
            pod(json!({"name": "app", "volumeMounts": mounts("/opt/opentelemetry-webserver/source-conf/")})),
            json!({}),
            Code::MountConflict,
        ),
        (
            pod(json!({"name": "app", "env": [{"name": "LD_LIBRARY_PATH", "valueFrom": from}]})),
            json!({}),
            Code::EnvValueFrom,
        ),
        (
            pod(json!({"name": "app"})),
            json!({"env": [{"name": "OTEL_NGINX_AGENT_CONF", "value": "x"}]}),
            Code::EnvConflict,
        ),
        (
            pod(json!({"name": "app"})),
            json!({"nginx": {"env": [{"name": "OTEL_NGINX_SERVICE_INSTANCE_ID", "value": "x"}]}}),
            Code::EnvConflict,
        ),
        (
            json!({"containers": [{"name": "app"}], "volumes": [{"name": "otel-nginx-agent", "hostPath": {"path": "/"}}]}),
            json!({}),
            Code::NameConflict,
        ),
        (
            json!({"containers": [{"name": "app"}, {"name": "otel-agent-attach-nginx"}]}),
            json!({}),
            Code::NameConflict,
        ),
        (
            pod(json!({"name": "app"})),
            json!({"nginx": {"resourceRequirements": {"limits": {"memory": "1Mi"}}}}),
            Code::RequestsExceedLimits,
        ),
    ];
    for (pod, spec, code) in cases {
        let refused = refusal(verdict(&asking(&["nginx"], pod.clone()), spec.clone()));
        assert_eq!(refused.0, code, "{pod} {spec}");
    }
    let mut on_init = asking(&["nginx"], pod(json!({"name": "app"})));
    on_init["spec"]["template"]["metadata"]["annotations"]["instrumentation.opentelemetry.io/nginx-container-names"] =
        json!("init");
    let (code, pointer) = refusal(verdict(&on_init, json!({})));
    assert_eq!(code, Code::UnsupportedOption);
    assert!(pointer.ends_with("~1nginx-container-names"), "{pointer}");
    let root = refusal(verdict(
        &asking(&["apache-httpd"], pod(json!({"name": "app"}))),
        json!({"apacheHttpd": {"configPath": "/"}}),
    ));
    assert_eq!(root.0, Code::InvalidInstrumentation);
}

#[test]
fn the_attach_container_knows_the_namespace_only_where_its_configuration_names_it() {
    let mut resource = asking(&["nginx"], json!({"containers": [{"name": "app"}]}));
    resource["metadata"] = json!({"name": "web"});
    let mut source = instrumentation("default", json!({}));
    source["metadata"] = json!({"name": "default"});
    let planned = value(planned_with(&resource, &context_of(&[source]), &Settings::default()));
    let attach = planned.pointer(&format!("{POD}/initContainers/1/env")).expect("variables");
    let names: Vec<String> =
        attach.as_array().into_iter().flatten().map(|entry| text(entry, "name")).collect();
    assert_eq!(
        names[2..],
        [
            "OTEL_RESOURCE_ATTRIBUTES_NAMESPACE_NAME",
            "OTEL_NGINX_AGENT_CONF",
            "OTEL_NGINX_SERVICE_INSTANCE_ID"
        ]
    );
}

#[test]
fn options_are_words_of_the_table() {
    let pod = json!({"containers": [{"name": "app"}]});
    for (language, option, word, is_known) in [
        ("python", "otel-python-platform", "glibc", true),
        ("python", "otel-python-platform", "musl", true),
        ("python", "otel-python-platform", "Musl", false),
        ("dotnet", "otel-dotnet-auto-runtime", "linux-x64", true),
        ("dotnet", "otel-dotnet-auto-runtime", "linux-musl-x64", true),
        ("dotnet", "otel-dotnet-auto-runtime", "linux-arm64", false),
    ] {
        let mut resource = asking(&[language], pod.clone());
        let key = format!("instrumentation.opentelemetry.io/{option}");
        resource["spec"]["template"]["metadata"]["annotations"][key.as_str()] = json!(word);
        match verdict(&resource, json!({})) {
            Verdict::Planned(_) => assert!(is_known, "{word}"),
            other => {
                let (code, pointer) = refusal(other);
                assert!(!is_known && code == Code::UnsupportedOption, "{word}");
                assert!(pointer.ends_with(option), "{pointer}");
            }
        }
    }
}

#[test]
fn an_agent_goes_before_a_native_sidecar_that_it_instruments() {
    let pod = json!({
        "initContainers": [{"name": "first"}, {"name": "proxy", "restartPolicy": "Always"}],
        "containers": [{"name": "app"}],
    });
    let names = |list: &str| {
        let mut resource = asking(&["java"], pod.clone());
        resource["spec"]["template"]["metadata"]["annotations"]["instrumentation.opentelemetry.io/java-container-names"] =
            json!(list);
        let planned = value(verdict(&resource, json!({})));
        let init = planned
            .pointer(&format!("{POD}/initContainers"))
            .and_then(Value::as_array)
            .map(<[Value]>::to_vec);
        init.into_iter().flatten().map(|container| text(&container, "name")).collect::<Vec<_>>()
    };
    let agent = "opentelemetry-auto-instrumentation-java";
    assert_eq!(names("app,proxy"), ["first", agent, "proxy"]);
    assert_eq!(names("app"), ["first", "proxy", agent]);
}

#[test]
fn a_value_that_is_there_is_extended_even_where_it_is_empty() {
    let pod = json!({"containers": [{"name": "app", "env": [
        {"name": "PYTHONPATH", "value": ""}, {"name": "DOTNET_SHARED_STORE"}, {"name": "LD_LIBRARY_PATH", "value": ""},
    ]}]});
    for (language, name, expected) in [
        (
            "python",
            "PYTHONPATH",
            "/otel-auto-instrumentation-python/opentelemetry/instrumentation/auto_instrumentation::/otel-auto-instrumentation-python",
        ),
        ("dotnet", "DOTNET_SHARED_STORE", ":/otel-auto-instrumentation-dotnet/store"),
        ("nginx", "LD_LIBRARY_PATH", ":/opt/opentelemetry-webserver/agent/sdk_lib/lib"),
    ] {
        let planned = value(verdict(&asking(&[language], pod.clone()), json!({})));
        assert_eq!(variable(&planned, name), expected);
    }
}

#[test]
fn v1beta1_injects_like_v1alpha1() {
    let source = json!({"apiVersion": "opentelemetry.io/v1beta1", "kind": "Instrumentation",
    "metadata": {"name": "default", "namespace": "shop"}, "spec": {
        "envConfig": {"exporter": {"endpoint": "http://c:4317", "protocol": "grpc"},
            "sampler": {"type": "always_on"}, "env": [{"name": "A", "value": "low"}, {"name": "B", "value": "low"}]},
        "env": [{"name": "A", "value": "high"}],
        "apacheHttpd": {"version": "2.2", "resources": {"limits": {"cpu": "2"}}},
    }});
    let resource = asking(&["apache-httpd"], json!({"containers": [{"name": "app"}]}));
    let planned = value(planned_with(&resource, &context_of(&[source]), &Settings::default()));
    for (name, expected) in [
        ("A", "high"),
        ("B", "low"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
    ] {
        assert_eq!(variable(&planned, name), expected, "{name}");
    }
    let limits = planned.pointer(&format!("{POD}/initContainers/1/resources/limits"));
    assert_eq!(limits, Some(&json!({"cpu": "2"})));
}
