use super::*;
use crate::config::{FilesBy, Keep, Mode, OnError, PodSecurity};
use crate::k8s::security::{Level, Version};
use crate::languages::ALL;
use crate::value::json;

fn own(spec: Value) -> Value {
    json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "x"}, "spec": spec})
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "function-input"}, "data": data})
}

fn rule(rule: Value) -> Value {
    own(json!({"rules": [rule]}))
}

#[track_caller]
fn valid(config: &Value) -> Settings {
    parse(config).expect("valid").0
}

#[track_caller]
fn refusal(config: &Value) -> (String, String) {
    let findings = parse(config).expect_err("a refusal");
    assert!(findings.iter().all(|finding| finding.code == Code::InvalidConfig), "{findings:?}");
    (findings[0].pointer.clone(), findings[0].message.clone())
}

/// The annotations set by the only rule.
#[track_caller]
fn sets(config: &Value) -> Vec<(&'static str, String)> {
    let settings = valid(config);
    assert_eq!(settings.rules.len(), 1);
    settings.rules[0].sets.iter().map(|set| (set.key, set.value.clone())).collect()
}

#[test]
fn both_forms_say_the_same() {
    let spec = json!({
        "mode": "validate",
        "annotate": true,
        "namespace": "shop",
        "instrumentationResources": "local-config",
        "onError": "skip",
        "requireReferences": true,
        "podSecurity": {"enforce": "baseline", "version": "v1.34"},
        "images": {"registry": "mirror.example.com/otel", "java": "java:1", "collector": "collector:1"},
        "severity": {"missing-reference": "off", "injected": "warning"},
        "instrumentation": {
            "propagators": ["b3", "baggage"],
            "resource": {"addK8sUIDAttributes": true, "resourceAttributes": {"deployment.environment": "a,b"}},
        },
        "rules": [{
            "select": {"kinds": ["Deployment", "Job"], "names": ["web-*"], "namespaces": ["shop"], "labels": "a in (b, c), !d"},
            "inject": ["nodejs", "go"],
            "instrumentation": "shop/default",
            "options": {"goTargetExe": "/app/app"},
            "delivery": "image-volume",
            "sidecar": true,
        }],
        "nativeSidecars": false,
        "delivery": {"default": "image-volume", "java": "init"},
        "kubernetes": "v1.35",
    });
    let data = json!({
        "mode": "validate",
        "nativeSidecars": "false",
        "images.collector": "collector:1",
        "sidecar": "true",
        "delivery": "image-volume",
        "delivery.default": "image-volume",
        "delivery.java": "init",
        "kubernetes": "v1.35",
        "annotate": "true",
        "namespace": "shop",
        "instrumentationResources": "local-config",
        "onError": "skip",
        "requireReferences": true,
        "images.registry": "mirror.example.com/otel",
        "images.java": "java:1",
        "podSecurity.enforce": "baseline",
        "podSecurity.version": "v1.34",
        "severity.missing-reference": "off",
        "severity.injected": "warning",
        "instrumentation.propagators": "b3, baggage",
        "instrumentation.resource.addK8sUIDAttributes": "true",
        "instrumentation.resource.resourceAttributes.deployment.environment": "a,b",
        "kinds": "Deployment,Job",
        "names": "web-*",
        "namespaces": "shop",
        "labels": "a in (b, c), !d",
        "inject": "nodejs, go",
        "instrumentation": "shop/default",
        "options.goTargetExe": "/app/app",
    });
    for config in [own(spec), config_map(data)] {
        let settings = valid(&config);
        assert_eq!(settings.mode, Mode::Validate);
        assert!(settings.annotate && settings.require_references);
        assert_eq!(settings.namespace.as_deref(), Some("shop"));
        assert_eq!(settings.instrumentation_resources, Keep::LocalConfig);
        assert_eq!(settings.on_error, OnError::Skip);
        let version = Version::parse("v1.34").expect("a version");
        assert_eq!(settings.pod_security, Some(PodSecurity { enforce: Level::Baseline, version }));
        assert_eq!(settings.images.registry.as_deref(), Some("mirror.example.com/otel"));
        assert_eq!(settings.images.languages["java"], "java:1");
        assert_eq!(settings.images.collector.as_deref(), Some("collector:1"));
        assert!(settings.plain_sidecars);
        assert_eq!(settings.delivery.default, FilesBy::ImageVolume);
        assert_eq!(settings.delivery.languages, [("java", FilesBy::Init)].into());
        assert_eq!(settings.kubernetes, Version::parse("v1.35"));
        assert_eq!(settings.severities[&Code::MissingReference], None);
        assert_eq!(settings.severities[&Code::Injected], Some(Severity::Warning));
        let instrumentation = settings.instrumentation.as_ref().expect("an Instrumentation");
        assert_eq!(instrumentation.propagators, ["b3", "baggage"]);
        assert!(instrumentation.uid_attributes);
        assert_eq!(instrumentation.attributes["deployment.environment"], "a,b");
        assert_eq!(
            sets(&config),
            [
                ("inject-nodejs", "shop/default".to_owned()),
                ("inject-go", "shop/default".to_owned()),
                ("otel-go-auto-target-exe", "/app/app".to_owned()),
                ("otel-inject.dev/delivery", "image-volume".to_owned()),
                ("sidecar.opentelemetry.io/inject", "true".to_owned()),
            ]
        );
        let select = &settings.rules[0].select;
        let globs = |globs: &Option<Vec<globset::GlobMatcher>>| globs.as_ref().map(Vec::len);
        assert_eq!(
            (globs(&select.kinds), globs(&select.names), globs(&select.namespaces)),
            (Some(2), Some(1), Some(1))
        );
        assert_eq!(select.labels.as_ref().map(ToString::to_string).as_deref(), Some("a in (b,c),!d"));
    }
}

#[test]
fn what_is_absent_has_its_default() {
    let bare = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject"});
    let nulls: Map = keys::SPEC.names().into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    for config in [
        bare,
        own(Value::Null),
        own(nulls.into()),
        config_map(json!({})),
        config_map(Value::Null),
        config_map(json!({"kinds": null})),
    ] {
        let settings = valid(&config);
        assert_eq!((settings.mode, settings.on_error), (Mode::Inject, OnError::Fail));
        assert_eq!(settings.instrumentation_resources, Keep::Keep);
        assert_eq!(settings.namespace, None);
        assert!(settings.instrumentation.is_none());
        assert!(settings.rules.is_empty() && settings.kinds.is_empty() && settings.severities.is_empty());
        assert!(!settings.annotate && !settings.require_references && !settings.plain_sidecars);
        assert_eq!(settings.images, crate::config::Images::default());
    }
}

#[test]
fn defaults_are_words_of_their_keys_and_keys_are_sorted() {
    for key in keys::SPEC.keys {
        match (&key.shape, key.default) {
            (keys::KeyShape::Choice(words), Some(default)) => assert_eq!(words().first(), Some(&default)),
            (keys::KeyShape::Flag, Some(default)) => {
                let is_on = key.name == "nativeSidecars";
                assert_eq!(default, if is_on { "true" } else { "false" });
            }
            (_, default) => assert_eq!(default, None, "{}", key.name),
        }
        assert!(key.about.ends_with('.'), "{}", key.name);
    }
    assert!(keys::SPEC.keys.is_sorted_by_key(|key| key.name));
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    for (config, pointer, message) in [
        (own(json!({"onerror": "skip"})), "/spec/onerror", "unknown key spec.onerror; did you mean onError?"),
        (
            rule(json!({"select": {"name": ["a"]}, "inject": "go"})),
            "/spec/rules/0/select/name",
            "unknown key spec.rules[0].select.name; did you mean names?",
        ),
        (
            rule(json!({"select": {"names": ["a"]}, "inject": {"language": "go", "container": ["a"]}})),
            "/spec/rules/0/inject/container",
            "unknown key spec.rules[0].inject.container; did you mean containers?",
        ),
        (
            own(json!({"images": {"javaa": "x"}})),
            "/spec/images/javaa",
            "unknown key spec.images.javaa; did you mean java?",
        ),
        (own(json!({"images": {"sdk": "x"}})), "/spec/images/sdk", "unknown key spec.images.sdk"),
        (
            own(json!({"severity": {"env-conflct": "off"}})),
            "/spec/severity/env-conflct",
            "unknown key spec.severity.env-conflct; did you mean env-conflict?",
        ),
        (
            config_map(json!({"namespaces.x": "shop"})),
            "/data/namespaces.x",
            "unknown key data.namespaces.x; did you mean namespaces?",
        ),
        (
            config_map(json!({"namspace": "shop"})),
            "/data/namspace",
            "unknown key data.namspace; did you mean namespace?",
        ),
        (config_map(json!({"rules": "x"})), "/data/rules", "unknown key data.rules"),
        (
            config_map(json!({"images.jva": "x"})),
            "/data/images.jva",
            "unknown key data.images.jva; did you mean java?",
        ),
    ] {
        assert_eq!(refusal(&config), (pointer.to_owned(), message.to_owned()));
    }
    let mut config = own(Value::Null);
    config["spce"] = json!({});
    assert_eq!(refusal(&config).1, "unknown key spce; did you mean spec?");
}

#[test]
fn wrong_types_and_words_are_refused() {
    for (spec, pointer) in [
        (json!({"mode": "check"}), "/mode"),
        (json!({"onError": "ignore"}), "/onError"),
        (json!({"onError": true}), "/onError"),
        (json!({"annotate": "true"}), "/annotate"),
        (json!({"requireReferences": 1}), "/requireReferences"),
        (json!({"instrumentationResources": "remove"}), "/instrumentationResources"),
        (json!({"namespace": 7}), "/namespace"),
        (json!({"namespace": "Shop"}), "/namespace"),
        (json!({"images": []}), "/images"),
        (json!({"images": {"registry": "a/"}}), "/images/registry"),
        (json!({"images": {"registry": "a@b"}}), "/images/registry"),
        (json!({"images": {"registry": ""}}), "/images/registry"),
        (json!({"images": {"java": "A B"}}), "/images/java"),
        (json!({"images": {"java": 1}}), "/images/java"),
        (json!({"severity": {"injected": "fatal"}}), "/severity/injected"),
        (json!({"severity": {"injected": false}}), "/severity/injected"),
        (json!({"severity": {"io": "warning"}}), "/severity/io"),
        (json!({"severity": {"empty-input": "off"}}), "/severity/empty-input"),
        (json!({"severity": {"invalid-config": "info"}}), "/severity/invalid-config"),
        (json!({"kinds": {}}), "/kinds"),
        (json!({"kinds": []}), "/kinds"),
        (json!({"kinds": [{"kind": "Runner", "podTemplate": "spec"}]}), "/kinds/0"),
        (json!({"kinds": [{"group": "a/v1", "kind": "Runner", "podTemplate": "spec"}]}), "/kinds/0/group"),
        (json!({"kinds": [{"group": "a", "kind": "", "podTemplate": "spec"}]}), "/kinds/0/kind"),
        (json!({"kinds": [{"group": "a", "kind": "B", "podTemplate": ".spec"}]}), "/kinds/0/podTemplate"),
        (json!({"kinds": [{"group": "a", "kind": "B", "podTemplate": "/spec"}]}), "/kinds/0/podTemplate"),
        (json!({"kinds": [{"group": "apps", "kind": "Deployment", "podTemplate": "spec"}]}), "/kinds/0"),
        (
            json!({"kinds": [
                {"group": "a", "kind": "B", "podTemplate": "c"}, {"group": "a", "kind": "B", "podTemplate": "d"},
            ]}),
            "/kinds/1",
        ),
        (json!({"instrumentation": "shop/default"}), "/instrumentation"),
        (json!({"rules": {}}), "/rules"),
        (json!({"rules": []}), "/rules"),
        (json!({"rules": [null]}), "/rules/0"),
        (json!({"nativeSidecars": "true"}), "/nativeSidecars"),
        (json!({"podSecurity": {"version": "v1.34"}}), "/podSecurity"),
        (json!({"podSecurity": {"enforce": "strict"}}), "/podSecurity/enforce"),
        (json!({"podSecurity": {"enforce": "baseline", "version": "1.34"}}), "/podSecurity/version"),
    ] {
        assert_eq!(refusal(&own(spec.clone())).0, format!("/spec{pointer}"), "{spec}");
    }
    assert_eq!(
        refusal(&own(json!({"onError": "ignore"}))).1,
        "spec.onError must be one of fail, skip, not \"ignore\""
    );
    assert_eq!(
        refusal(&own(json!({"severity": {"io": "off"}}))).1,
        "spec.severity.io must be error, not \"off\""
    );
    assert_eq!(refusal(&own(json!([1]))).1, "spec must be a mapping, not a list");
    assert_eq!(refusal(&config_map(json!(["a"]))).0, "/data");
    assert_eq!(refusal(&json!("a")).0, "");
}

#[test]
fn a_rule_is_whole_or_refused() {
    let all = json!({"names": ["*"]});
    for (rule, pointer) in [
        (json!({"inject": "go"}), ""),
        (json!({"select": all}), ""),
        (json!({"select": {}, "inject": "go"}), "/select"),
        (json!({"select": null, "inject": "go"}), ""),
        (json!({"select": {"names": null}, "inject": "go"}), "/select"),
        (json!({"select": {"names": []}, "inject": "go"}), "/select/names"),
        (json!({"select": {"names": "web"}, "inject": "go"}), "/select/names"),
        (json!({"select": {"names": [""]}, "inject": "go"}), "/select/names/0"),
        (json!({"select": {"names": ["a", "[a"]}, "inject": "go"}), "/select/names/1"),
        (json!({"select": {"labels": ""}, "inject": "go"}), "/select/labels"),
        (json!({"select": {"labels": "a >"}, "inject": "go"}), "/select/labels"),
        (json!({"select": {"labels": {"a": "b"}}, "inject": "go"}), "/select/labels"),
        (json!({"select": all, "inject": "ruby"}), "/inject"),
        (json!({"select": all, "inject": 1}), "/inject"),
        (json!({"select": all, "inject": []}), "/inject"),
        (json!({"select": all, "inject": ["go", "ruby"]}), "/inject/1"),
        (json!({"select": all, "inject": ["go", "go"]}), "/inject"),
        (json!({"select": all, "inject": {"containers": ["a"]}}), "/inject"),
        (json!({"select": all, "inject": {"language": "go", "containers": []}}), "/inject/containers"),
        (json!({"select": all, "inject": {"language": "go", "containers": ["a,b"]}}), "/inject/containers/0"),
        (json!({"select": all, "inject": "go", "instrumentation": "a/b/c"}), "/instrumentation"),
        (json!({"select": all, "inject": "go", "instrumentation": "/b"}), "/instrumentation"),
        (json!({"select": all, "inject": "go", "instrumentation": "true"}), "/instrumentation"),
        (json!({"select": all, "inject": "go", "instrumentation": {}}), "/instrumentation"),
        (json!({"select": all, "options": {"pythonPlatform": "musl"}, "instrumentation": "a"}), ""),
        (json!({"select": all, "options": {}}), "/options"),
        (json!({"select": all, "options": {"goTargetExe": ""}}), "/options/goTargetExe"),
        (json!({"select": all, "options": {"pythonPlatform": "uclibc"}}), "/options/pythonPlatform"),
        (json!({"select": all, "options": {"dotnetRuntime": "win"}}), "/options/dotnetRuntime"),
        (json!({"select": all, "sidecar": 1}), "/sidecar"),
        (json!({"select": all, "sidecar": "Shop"}), "/sidecar"),
    ] {
        assert_eq!(refusal(&self::rule(rule.clone())).0, format!("/spec/rules/0{pointer}"), "{rule}");
    }
}

#[test]
fn a_rule_says_what_annotations_say() {
    let all = json!({"names": ["*"]});
    for language in ALL {
        let config = rule(json!({"select": all, "inject": language.id}));
        assert_eq!(sets(&config), [(language.switch, "true".to_owned())]);
        let inject = json!({"language": language.id, "containers": ["app", "side"]});
        for inject in [inject.clone(), json!([inject])] {
            let expected =
                [(language.switch, "true".to_owned()), (language.containers[0], "app,side".to_owned())];
            assert_eq!(sets(&rule(json!({"select": all, "inject": inject}))), expected);
        }
    }
    let options = json!({"goTargetExe": "/a", "pythonPlatform": "musl", "dotnetRuntime": "linux-musl-x64"});
    assert_eq!(
        sets(&rule(json!({"select": all, "options": options}))),
        [
            ("otel-python-platform", "musl".to_owned()),
            ("otel-dotnet-auto-runtime", "linux-musl-x64".to_owned()),
            ("otel-go-auto-target-exe", "/a".to_owned()),
        ]
    );
}

#[test]
fn a_config_maps_rule_is_checked_like_any_other() {
    for (data, pointer, message) in [
        (json!({"inject": "go"}), "/data", "data must have one of kinds, labels, names, namespaces"),
        (
            json!({"names": "a"}),
            "/data",
            "data must have one of inject, options.pythonPlatform, options.dotnetRuntime, options.goTargetExe, delivery, sidecar",
        ),
        (json!({"podSecurity.version": "v1.34"}), "/data", "data must have podSecurity.enforce"),
        (json!({"names": ",", "inject": "go"}), "/data/names", "data.names must be a list with an element"),
        (json!({"names": "a,[", "inject": "go"}), "/data/names/1", "data.names[1] must be a name or a glob"),
        (json!({"names": "a", "inject": "go,ruby"}), "/data/inject/1", "data.inject[1] must be one of"),
        (
            json!({"names": "a", "inject.language": "go", "inject.containers": ","}),
            "/data/inject.containers",
            "",
        ),
        (json!({"names": "a", "inject": "go", "instrumentation": ""}), "/data/instrumentation", ""),
        (
            json!({"names": "a", "inject": "go", "options.x": "1"}),
            "/data/options.x",
            "unknown key data.options.x",
        ),
        (json!({"annotate": "yes"}), "/data/annotate", "data.annotate must be true or false, not \"yes\""),
    ] {
        let (found, said) = refusal(&config_map(data.clone()));
        assert_eq!(found, pointer, "{data}: {said}");
        assert!(said.starts_with(message), "{data}: {said}");
    }
    let with_containers = json!({"names": "*", "inject.language": "go", "inject.containers": "app"});
    assert_eq!(
        sets(&config_map(with_containers)),
        [("inject-go", "true".to_owned()), ("go-container-names", "app".to_owned())]
    );
}

#[test]
fn a_config_map_is_told_the_keys_that_it_can_have() {
    let help = |data: Value| {
        let findings = parse(&config_map(data)).expect_err("an invalid config");
        findings.first().map(|finding| finding.help.to_string()).unwrap_or_default()
    };
    assert!(help(json!({"inject": "go"})).contains("names=web-*"));
    let known = help(json!({"names": "a"}));
    assert!(known.starts_with("Known keys: annotate, delivery, failOn, images, inject, "), "{known}");
    assert_eq!(help(json!({"podSecurity.version": "v1.34"})), known);
}

#[test]
fn scalars_of_a_config_map_are_read_as_written() {
    let data = json!({"namespace": 10, "onError": null, "annotate": true});
    let written = |pointer: &str| match pointer {
        "/data/namespace" => Some("012".to_owned()),
        "/data/annotate" => Some("True".to_owned()),
        _ => None,
    };
    let (settings, _) = parse_written(&config_map(data.clone()), &written).expect("valid");
    assert_eq!(settings.namespace.as_deref(), Some("012"));
    assert!(settings.annotate);
    assert_eq!(valid(&config_map(data)).namespace.as_deref(), Some("10"));
}

#[test]
fn an_unknown_resource_is_no_config() {
    let kind = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInjct"});
    assert_eq!(refusal(&kind).1, "unknown kind \"OtelInjct\"; did you mean OtelInject?");
    let version = json!({"apiVersion": "otel-inject.dev/v1", "kind": "OtelInject"});
    assert_eq!(refusal(&version).0, "/apiVersion");
    assert_eq!(refusal(&json!({})).0, "/kind");
}

#[test]
fn kustomizes_own_keys_are_allowed() {
    let mut config = own(json!({}));
    config["argsOneLiner"] = json!("--on-error skip");
    config["argsFromFile"] = json!("args");
    assert!(parse(&config).is_ok());
}

#[test]
fn an_instrumentation_is_a_config() {
    let spec = json!({"exporter": {"endpoint": "http://collector:4318"}});
    let resource =
        json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation", "spec": spec});
    let paths = config_map(json!({"instrumentation.exporter.endpoint": "http://collector:4318"}));
    for config in [resource, own(json!({"instrumentation": spec})), paths] {
        assert!(valid(&config).instrumentation.is_some());
    }
}

#[test]
fn a_mistake_in_the_instrumentation_is_one_of_the_config() {
    let wrong = json!({"exporter": {"endpoint": 7}});
    assert_eq!(refusal(&own(json!({"instrumentation": wrong}))).0, "/spec/instrumentation/exporter/endpoint");
    let resource =
        json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation", "spec": wrong});
    assert_eq!(refusal(&resource).0, "/spec/exporter/endpoint");
    let paths = config_map(json!({"instrumentation.exporter.endpoint": [7]}));
    assert_eq!(refusal(&paths).0, "/data/instrumentation.exporter.endpoint");
}

#[test]
fn two_keys_do_not_set_one_thing() {
    let both = config_map(json!({
        "instrumentation.exporter": "x", "instrumentation.exporter.endpoint": "http://c:4318",
    }));
    assert_eq!(refusal(&both).0, "/data/instrumentation.exporter.endpoint");
    assert_eq!(
        refusal(&config_map(json!({"names": "a", "inject": "go", "inject.language": "go"}))).0,
        "/data/inject.language"
    );
}

#[test]
fn declared_kinds_have_pointers() {
    let spec =
        json!({"kinds": [{"group": "example.com", "kind": "Runner", "podTemplate": "spec.runner.template"}]});
    let settings = valid(&own(spec));
    assert_eq!(settings.kinds[0].template, "/spec/runner/template");
    assert!(settings.kinds[0].names_service);
}
