//! Agents from image volumes: what asks for them, what pods become, what they need, and the ways there and back.

use otel_inject::config::{FilesBy, Settings, function};
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::languages::{ALL, Delivery};
use otel_inject::value::{Value, json};
use otel_inject::{Role, inject, uninject};
use rayon::prelude::*;

use crate::common::edits::is_same;
use crate::common::{Task, documents, done, vectors};

const PREFIX: &str = "instrumentation.opentelemetry.io";

fn config(spec: &Value) -> Settings {
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
    function::parse(&config).expect("valid").0
}

/// Every language by image volumes that can be.
fn by_volume() -> Settings {
    config(&json!({"delivery": {"default": "image-volume"}}))
}

fn run(task: Task, text: &str, settings: &Settings) -> (String, Vec<Finding>) {
    done(task, text, Role::Stream, "", settings)
}

fn has(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// An Instrumentation and a Deployment with one container.
fn text(spec: &Value, annotations: &Value, pod: Value) -> String {
    let mut pod = pod;
    if pod.get("containers").is_none() {
        pod["containers"] = json!([{"name": "app", "image": "app:1"}]);
    }
    let items = [
        json!({
            "apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
            "metadata": {"name": "default", "namespace": "shop"}, "spec": spec,
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"metadata": {"annotations": annotations}, "spec": pod}},
        }),
    ];
    items.map(|item| item.to_string() + "\n").join("---\n")
}

/// What a run makes of the Deployment's pod, and its findings.
fn pod(text: &str, settings: &Settings) -> (Value, Vec<Finding>) {
    let (after, findings) = run(inject, text, settings);
    let deployments = documents(&after).expect("what came out");
    let deployment = deployments.into_iter().find(|one| one["kind"] == "Deployment").expect("a Deployment");
    (deployment["spec"]["template"]["spec"].clone(), findings)
}

/// A pod of one language with further annotations.
fn of_language(language: &str, more: &Value) -> String {
    let mut annotations = json!({(format!("{PREFIX}/inject-{language}")): "true"});
    if language == "go" {
        annotations[&format!("{PREFIX}/otel-go-auto-target-exe")] = json!("/app");
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        annotations[key] = value.clone();
    }
    text(&json!({}), &annotations, json!({}))
}

/// How the agent got into a pod: `init`, `image-volume`, another way, or the error.
fn way(text: &str, settings: &Settings) -> String {
    let (pod, findings) = pod(text, settings);
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return error.code.to_string();
    }
    let has_image = pod["volumes"].as_array().into_iter().flatten().any(|volume| volume["image"].is_object());
    match (has_image, pod["initContainers"].is_array()) {
        (true, false) => "image-volume".to_owned(),
        (false, true) => "init".to_owned(),
        (false, false) => "neither".to_owned(),
        (true, true) => "both".to_owned(),
    }
}

#[test]
fn the_pod_counts_before_a_rule_the_namespace_a_language_and_the_default() {
    let words = [None, Some("init"), Some("image-volume")];
    for pod in words {
        for rule in words {
            for language in words {
                for default in words {
                    let mut spec = json!({"delivery": {"default": default, "java": language}});
                    if let Some(rule) = rule {
                        spec["rules"] = json!([{"select": {"names": ["web"]}, "delivery": rule}]);
                    }
                    let own = pod.map_or(json!({}), |word| json!({"otel-inject.dev/delivery": word}));
                    let expected = pod.or(rule).or(language).or(default).unwrap_or("init");
                    let found = way(&of_language("java", &own), &config(&spec));
                    assert_eq!(found, expected, "pod {pod:?}, rule {rule:?}, {language:?}, {default:?}");
                }
            }
        }
    }
}

#[test]
fn a_namespace_asks_where_neither_the_pod_nor_a_rule_does() {
    let namespace = "---\n{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"shop\", \
                     \"annotations\": {\"otel-inject.dev/delivery\": \"image-volume\"}}}\n";
    let with = |more: &Value, language: &str| of_language(language, more) + namespace;
    assert_eq!(way(&with(&json!({}), "java"), &Settings::default()), "image-volume");
    let own = json!({"otel-inject.dev/delivery": "init"});
    assert_eq!(way(&with(&own, "java"), &Settings::default()), "init");
    let rule = config(&json!({"rules": [{"select": {"names": ["*"]}, "delivery": "init"}]}));
    assert_eq!(way(&with(&json!({}), "java"), &rule), "init");
    assert_eq!(way(&with(&json!({}), "go"), &Settings::default()), "neither");
}

#[test]
fn what_image_volumes_cannot_deliver_is_refused_by_name_and_as_usual_by_default() {
    let volume = json!({"otel-inject.dev/delivery": "image-volume"});
    let rule = config(&json!({"rules": [{"select": {"names": ["*"]}, "delivery": "image-volume"}]}));
    for language in ALL {
        let id = language.id;
        let is_copied = matches!(language.recipe.delivery, Delivery::Copy(_));
        let usual = match language.recipe.delivery {
            Delivery::Copy(_) => "image-volume",
            Delivery::WebServer(_) => "init",
            Delivery::Container(_) | Delivery::None => "neither",
        };
        let plain = of_language(id, &json!({}));
        assert_eq!(way(&plain, &by_volume()), usual, "{id} by default");
        assert_eq!(way(&plain, &rule), usual, "{id} by a rule");
        let refused = if is_copied { usual } else { "unsupported-option" };
        assert_eq!(way(&of_language(id, &volume), &Settings::default()), refused, "{id} by its annotation");
        if language.settings.is_some() {
            let named = config(&json!({"delivery": {id: "image-volume"}}));
            assert_eq!(way(&plain, &named), refused, "{id} by the config");
            // The pod's own annotation takes precedence.
            let usual = if usual == "image-volume" { "init" } else { usual };
            let own = json!({"otel-inject.dev/delivery": "init"});
            assert_eq!(way(&of_language(id, &own), &named), usual, "{id} by the config and the annotation");
        }
    }
}

#[test]
fn a_pod_of_two_languages_takes_the_annotation_for_the_one_that_can() {
    let annotations = json!({
        (format!("{PREFIX}/inject-java")): "true", (format!("{PREFIX}/java-container-names")): "app",
        (format!("{PREFIX}/inject-nginx")): "true", (format!("{PREFIX}/nginx-container-names")): "web",
        "otel-inject.dev/delivery": "image-volume",
    });
    let containers = json!([{"name": "app", "image": "app:1"}, {"name": "web", "image": "nginx:1"}]);
    let text = text(&json!({}), &annotations, json!({ "containers": containers }));
    assert_eq!(way(&text, &Settings::default()), "both");
}

#[test]
fn a_wrong_word_or_type_or_name_is_a_finding() {
    for word in ["", "volume", "Image-Volume", "init ", "true"] {
        let text = of_language("nodejs", &json!({"otel-inject.dev/delivery": word}));
        let expected = if word.is_empty() { "init" } else { "unsupported-option" };
        assert_eq!(way(&text, &Settings::default()), expected, "{word:?}");
    }
    let number = of_language("nodejs", &json!({"otel-inject.dev/delivery": 1}));
    assert_eq!(way(&number, &Settings::default()), "invalid-annotation");
    let message = |key: &str| {
        let (_, findings) = run(inject, &of_language("nodejs", &json!({key: "init"})), &Settings::default());
        let unknown = findings.iter().filter(|finding| finding.code == Code::UnknownAnnotation);
        unknown.map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        message("otel-inject.dev/delivry"),
        ["unknown annotation otel-inject.dev/delivry; did you mean otel-inject.dev/delivery?"]
    );
    assert!(message("otel-inject.dev/delivery").is_empty());
    // The record is no request.
    assert!(message("otel-inject.dev/record").is_empty());
}

#[test]
fn the_annotation_on_the_workload_is_misplaced() {
    let text = of_language("java", &json!({}));
    let on_workload = text.replace(
        r#""metadata":{"name":"web","#,
        r#""metadata":{"annotations":{"otel-inject.dev/delivery":"image-volume"},"name":"web","#,
    );
    assert_ne!(on_workload, text);
    assert!(has(&run(inject, &on_workload, &Settings::default()).1, Code::MisplacedAnnotation));
    let both = of_language("java", &json!({"otel-inject.dev/delivery": "image-volume"})).replace(
        r#""metadata":{"name":"web","#,
        r#""metadata":{"annotations":{"otel-inject.dev/delivery":"image-volume"},"name":"web","#,
    );
    assert!(!has(&run(inject, &both, &Settings::default()).1, Code::MisplacedAnnotation));
}

/// What a container mounts of the agents: volume, path and folder.
fn mounts(container: &Value) -> Vec<[&str; 3]> {
    let all = container["volumeMounts"].as_array().into_iter().flatten();
    all.map(|mount| {
        assert_eq!(mount["readOnly"], true, "{mount}");
        ["name", "mountPath", "subPath"].map(|key| mount[key].as_str().unwrap_or_default())
    })
    .collect()
}

#[test]
fn a_language_mounts_the_folder_of_its_image_where_it_was_copied_to() {
    let musl = json!({(format!("{PREFIX}/otel-python-platform")): "musl"});
    let rows = [
        ("java", json!({}), "/otel-auto-instrumentation-java-app", ""),
        ("nodejs", json!({}), "/otel-auto-instrumentation-nodejs", "autoinstrumentation"),
        ("python", json!({}), "/otel-auto-instrumentation-python", "autoinstrumentation"),
        ("python", musl, "/otel-auto-instrumentation-python", "autoinstrumentation-musl"),
        ("dotnet", json!({}), "/otel-auto-instrumentation-dotnet", "autoinstrumentation"),
    ];
    for (language, more, path, folder) in rows {
        let text = of_language(language, &more);
        let (by_volume, _) = pod(&text, &by_volume());
        let (by_init, _) = pod(&text, &Settings::default());
        let volume = format!("opentelemetry-auto-instrumentation-{language}");
        assert_eq!(mounts(&by_volume["containers"][0]), [[volume.as_str(), path, folder]]);
        assert_eq!(by_volume["containers"][0]["env"], by_init["containers"][0]["env"], "{language}");
        let image = &by_init["initContainers"][0]["image"];
        let expected = json!([{"name": volume, "image": {"reference": image, "pullPolicy": "IfNotPresent"}}]);
        assert_eq!(by_volume["volumes"], expected);
        assert!(by_volume.get("initContainers").is_none(), "{by_volume}");
    }
}

#[test]
fn an_extension_is_a_volume_and_named_in_the_option() {
    let extensions = json!([
        {"image": "acme/one:1", "dir": "/extensions/"}, {"image": "acme/two", "dir": "/"}, {"image": "acme/three:3", "dir": "//a/./b"},
    ]);
    let spec = json!({"imagePullPolicy": "Never", "java": {"extensions": extensions}});
    let annotations = json!({
        (format!("{PREFIX}/inject-java")): "true", (format!("{PREFIX}/java-container-names")): "first,app",
    });
    let containers = json!([{"name": "app", "image": "app:1"}]);
    let init = json!([{"name": "first", "image": "app:1"}]);
    let text = text(&spec, &annotations, json!({"containers": containers, "initContainers": init}));
    let (pod, findings) = pod(&text, &by_volume());
    assert_eq!(pod["initContainers"].as_array().map(<[_]>::len), Some(1), "{findings:?}");
    for container in [&pod["initContainers"][0], &pod["containers"][0]] {
        let mount =
            format!("/otel-auto-instrumentation-java-{}", container["name"].as_str().expect("a name"));
        let [one, two, three] = [0, 1, 2].map(|index| format!("{mount}-extensions-{index}"));
        let extension = |index: usize| format!("opentelemetry-auto-instrumentation-extension-{index}");
        assert_eq!(
            mounts(container),
            [
                ["opentelemetry-auto-instrumentation-java", &mount, ""],
                [&extension(0), &one, "extensions"],
                [&extension(1), &two, ""],
                [&extension(2), &three, "a/b"],
            ]
        );
        let env = container["env"].as_array().expect("variables");
        let options = env.iter().find(|entry| entry["name"] == "JAVA_TOOL_OPTIONS").expect("options");
        let expected =
            format!(" -javaagent:{mount}/javaagent.jar -Dotel.javaagent.extensions={one},{two},{three}");
        assert_eq!(options["value"], expected);
    }
    let policies = pod["volumes"].as_array().expect("volumes").iter();
    let policies: Vec<_> = policies.map(|volume| volume["image"]["pullPolicy"].as_str()).collect();
    assert_eq!(policies, [Some("Never"), Some("IfNotPresent"), Some("Always"), Some("IfNotPresent")]);
    let injected = findings.iter().find(|finding| finding.code == Code::Injected).expect("an injection");
    assert_eq!(injected.injections[0].images[1..], ["acme/one:1", "acme/two", "acme/three:3"]);
}

#[test]
fn an_extension_in_no_folder_that_can_be_mounted_is_refused() {
    for (directory, expected) in
        [("/a/b", "image-volume"), ("a/b", "unsupported-option"), ("/a/../b", "unsupported-option")]
    {
        let spec = json!({"java": {"extensions": [{"image": "acme/one:1", "dir": directory}]}});
        let text = text(&spec, &json!({(format!("{PREFIX}/inject-java")): "true"}), json!({}));
        assert_eq!(way(&text, &by_volume()), expected, "{directory}");
        assert_eq!(way(&text, &Settings::default()), "init", "{directory}");
    }
}

#[test]
fn what_the_pod_has_already_is_never_guessed() {
    let annotations = json!({(format!("{PREFIX}/inject-nodejs")): "true"});
    let volume = "opentelemetry-auto-instrumentation-nodejs";
    let image = json!({"reference": "acme/nodejs:1"});
    let path = "/otel-auto-instrumentation-nodejs/";
    let rows = [
        (json!({"volumes": [{"name": volume, "emptyDir": {}}]}), "name-conflict"),
        (
            json!({
                "volumes": [{"name": "mine", "emptyDir": {}}],
                "containers": [{"name": "app", "volumeMounts": [{"name": "mine", "mountPath": path}]}],
            }),
            "mount-conflict",
        ),
        (json!({"volumes": [{"name": "mine", "image": image}]}), "image-volume"),
    ];
    for (pod, expected) in rows {
        assert_eq!(way(&text(&json!({}), &annotations, pod), &by_volume()), expected);
    }
    // An image volume of that name is an injection that lost its record.
    let pod = json!({"volumes": [{"name": volume, "image": image}]});
    let (_, findings) = run(inject, &text(&json!({}), &annotations, pod), &by_volume());
    assert!(has(&findings, Code::AlreadyInstrumented), "{findings:?}");
}

#[test]
fn an_injection_without_its_record_is_recognised() {
    for language in ["java", "nodejs", "python", "dotnet"] {
        let text = of_language(language, &json!({}));
        let unrecorded = Settings { record: otel_inject::config::Recording::None, ..by_volume() };
        let (injected, _) = run(inject, &text, &unrecorded);
        let (again, findings) = run(inject, &injected, &by_volume());
        assert_eq!(again, injected);
        assert!(has(&findings, Code::AlreadyInstrumented), "{language}: {findings:?}");
    }
}

/// Finding, severity, and whether the message has the text.
#[track_caller]
fn says(text: &str, spec: &Value, severity: Severity, part: &str) {
    let (_, findings) = run(inject, text, &config(spec));
    let needs: Vec<_> = findings.iter().filter(|finding| finding.code == Code::NeedsKubernetes).collect();
    assert_eq!(needs.len(), 1, "{spec}: {findings:?}");
    assert_eq!(needs[0].severity, severity, "{spec}: {}", needs[0].message);
    assert!(needs[0].message.contains(part), "{spec}: {}", needs[0].message);
}

#[test]
fn what_the_cluster_needs_is_said_by_its_version() {
    let [java, nodejs] = ["java", "nodejs"].map(|language| of_language(language, &json!({})));
    let with = |version: &str| json!({"delivery": {"default": "image-volume"}, "kubernetes": version});
    let unknown = json!({"delivery": {"default": "image-volume"}});
    // The root of an image can be mounted earlier than one of its folders.
    says(
        &java,
        &unknown,
        Severity::Info,
        "or 1.31 with the feature gate ImageVolume, and on the nodes containerd 2.1 or CRI-O 1.31",
    );
    says(
        &nodejs,
        &unknown,
        Severity::Info,
        "or 1.33 with the feature gate ImageVolume, and on the nodes containerd 2.2 or CRI-O 1.33",
    );
    for version in ["v1.35", "v1.40", "latest"] {
        says(&nodejs, &with(version), Severity::Info, "containerd 2.2");
    }
    for version in ["v1.33", "v1.34"] {
        says(
            &nodejs,
            &with(version),
            Severity::Warning,
            "the feature gate ImageVolume, which Kubernetes v1.3",
        );
    }
    says(&java, &with("v1.32"), Severity::Warning, "which Kubernetes v1.32 turns off by default");
    says(&nodejs, &with("v1.32"), Severity::Warning, "do not work in Kubernetes v1.32");
    says(&java, &with("v1.30"), Severity::Warning, "do not work in Kubernetes v1.30");
    // The severity in the config counts before both.
    let mut strict = unknown.clone();
    strict["severity"] = json!({"needs-kubernetes": "error"});
    assert_eq!(way(&java, &config(&strict)), "needs-kubernetes");
    let old = json!({"kubernetes": "v1.20"});
    assert!(!has(&run(inject, &java, &config(&old)).1, Code::NeedsKubernetes));
}

#[test]
fn settings_of_init_containers_are_ignored_and_said() {
    let spec = json!({
        "initContainerSecurityContext": {"runAsUser": 7},
        "java": {"resources": {"limits": {"cpu": "1"}}, "volumeLimitSize": "1Gi"},
        "nodejs": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}},
    });
    let ignored = |annotations: Value, settings: &Settings| -> Vec<String> {
        let containers = json!([{"name": "app", "image": "app:1"}, {"name": "web", "image": "nginx:1"}]);
        let text = text(&spec, &annotations, json!({ "containers": containers }));
        let (_, findings) = run(inject, &text, settings);
        let ignored = findings.into_iter().filter(|finding| finding.code == Code::IgnoredField);
        ignored.map(|finding| finding.message).collect()
    };
    let java = json!({(format!("{PREFIX}/inject-java")): "true"});
    assert_eq!(
        ignored(java.clone(), &by_volume()),
        ["the image volumes of java ignore spec.java.volumeLimitSize, spec.java.resources, \
          spec.initContainerSecurityContext of Instrumentation shop/default"]
    );
    assert!(ignored(java.clone(), &Settings::default()).is_empty());
    let nodejs = json!({(format!("{PREFIX}/inject-nodejs")): "true"});
    assert!(ignored(nodejs, &by_volume())[0].contains("spec.nodejs.volumeClaimTemplate"));
    // The init containers of the web server have that security context.
    let mut both = java;
    both[&format!("{PREFIX}/java-container-names")] = json!("app");
    both[&format!("{PREFIX}/inject-nginx")] = json!("true");
    both[&format!("{PREFIX}/nginx-container-names")] = json!("web");
    assert_eq!(
        ignored(both, &by_volume()),
        [
            "the image volumes of java ignore spec.java.volumeLimitSize, spec.java.resources of Instrumentation shop/default"
        ]
    );
}

#[test]
fn a_pod_keeps_its_level_and_needs_no_root() {
    let pod_spec = json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "app", "image": "app:1", "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsUser": 1000,
        }}],
    });
    let spec = json!({"initContainerSecurityContext": {"runAsUser": 0}});
    for language in ["java", "nodejs", "python", "dotnet"] {
        let text = text(&spec, &json!({(format!("{PREFIX}/inject-{language}")): "true"}), pod_spec.clone());
        let (_, findings) = run(inject, &text, &by_volume());
        assert!(!has(&findings, Code::PodSecurity) && !has(&findings, Code::RunsAsRoot), "{findings:?}");
        let (_, findings) = run(inject, &text, &Settings::default());
        assert!(has(&findings, Code::PodSecurity) && has(&findings, Code::RunsAsRoot), "{findings:?}");
    }
}

#[test]
fn knative_needs_another_flag() {
    let flags = |settings: &Settings| {
        let text = of_language("nodejs", &json!({}))
            .replace(r#""apps/v1","kind":"Deployment""#, r#""serving.knative.dev/v1","kind":"Service""#);
        let (_, findings) = run(inject, &text, settings);
        let finding = findings.into_iter().find(|finding| finding.code == Code::KnativeFeatures);
        finding.expect("a finding").message
    };
    let (init, volume) = (flags(&Settings::default()), flags(&by_volume()));
    assert!(init.contains("podspec-init-containers") && !init.contains("podspec-volumes-image"), "{init}");
    assert!(volume.contains("podspec-volumes-image") && !volume.contains("init-containers"), "{volume}");
}

#[test]
fn a_registry_and_a_lock_reach_the_volume() {
    let mut settings = config(&json!({
        "delivery": {"default": "image-volume"}, "images": {"registry": "mirror.example.com/otel"},
    }));
    let text = of_language("nodejs", &json!({}));
    let image =
        pod(&text, &settings).0["volumes"][0]["image"]["reference"].as_str().expect("an image").to_owned();
    assert!(image.starts_with("mirror.example.com/otel/autoinstrumentation-nodejs:"), "{image}");
    let digest = format!("sha256:{}", "ab".repeat(32));
    settings.lock = Some([(image.clone(), digest.clone())].into());
    let locked = pod(&text, &settings).0["volumes"][0]["image"]["reference"].clone();
    assert_eq!(locked, format!("{image}@{digest}"));
    settings.lock = Some([].into());
    assert_eq!(way(&text, &settings), "stale-lock");
}

/// The texts of vectors that image volumes change.
fn of_vectors() -> Vec<(String, String, [String; 2])> {
    let both = [Settings::default(), by_volume()];
    let injected = |(name, input): (String, String)| {
        let texts = both.each_ref().map(|settings| {
            let (text, findings) = run(inject, &input, settings);
            let is_removal = has(&findings, Code::Uninjected);
            (has(&findings, Code::Injected) && !is_removal).then_some(text)
        });
        let [Some(init), Some(volume)] = texts else { return None };
        (init != volume).then_some((name, input, [init, volume]))
    };
    vectors().into_par_iter().filter_map(injected).collect()
}

#[test]
fn a_switch_of_the_delivery_is_a_first_run_and_leads_back() {
    let settings = [Settings::default(), by_volume()];
    let all = of_vectors();
    assert!(all.len() > 100, "only {}", all.len());
    all.into_par_iter().for_each(|(name, input, texts)| {
        for (from, to) in [(0, 1), (1, 0)] {
            let (switched, findings) = run(inject, &texts[from], &settings[to]);
            is_same(&switched, &texts[to], &name);
            assert!(has(&findings, Code::Updated), "{name}: {findings:?}");
            let (again, findings) = run(inject, &switched, &settings[to]);
            assert_eq!(again, switched, "{name}: {findings:?}");
            let (back, _) = run(uninject, &switched, &settings[to]);
            assert_eq!(back, input, "{name}");
        }
    });
}

#[test]
fn only_what_brings_the_files_differs() {
    /// A container without its mounts of agents and without the option that names extensions.
    fn reduced(container: &Value) -> Value {
        let mut container = container.clone();
        let Some(fields) = container.as_object_mut() else { return container };
        let is_agent = |mount: &Value| {
            mount["mountPath"].as_str().is_some_and(|path| path.starts_with("/otel-auto-instrumentation-"))
        };
        if let Some(mounts) = fields.get_mut("volumeMounts").and_then(Value::as_array_mut) {
            mounts.retain(|mount| !is_agent(mount));
        }
        for entry in fields.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some((before, _)) =
                entry["value"].as_str().and_then(|value| value.split_once(" -Dotel.javaagent.extensions="))
            {
                entry["value"] = json!(before);
            }
        }
        container
    }
    let mut compared = 0;
    for (name, input, texts) in of_vectors() {
        let [init, volume] = texts.each_ref().map(|text| documents(text).expect("what came out"));
        for ((before, init), volume) in documents(&input).expect("the input").iter().zip(&init).zip(&volume) {
            let pods = [before, init, volume].map(|resource| {
                let places = [
                    "/spec/template/spec",
                    "/spec/jobTemplate/spec/template/spec",
                    "/template/spec",
                    "/spec",
                ];
                places
                    .iter()
                    .find_map(|place| resource.pointer(place).filter(|pod| pod["containers"].is_array()))
            });
            let [Some(before), Some(init), Some(volume)] = pods else { continue };
            let list =
                |pod: &Value, key: &str| pod[key].as_array().map(<[Value]>::to_vec).unwrap_or_default();
            let regular = |pod: &Value| list(pod, "containers").iter().map(reduced).collect::<Vec<_>>();
            assert_eq!(regular(init), regular(volume), "{name}");
            let is_copier = |container: &&Value| {
                let called = container["name"].as_str().unwrap_or_default();
                ALL.iter().any(|language| language.recipe.delivery.is_image_volume(called))
            };
            let left = list(init, "initContainers");
            let left: Vec<Value> = left.iter().filter(|one| !is_copier(one)).map(reduced).collect();
            let right: Vec<Value> = list(volume, "initContainers").iter().map(reduced).collect();
            assert_eq!(left, right, "{name}");
            compared += usize::from(before != volume);
        }
    }
    assert!(compared > 100, "only {compared}");
}

#[test]
fn a_list_shows_the_images_of_volumes() {
    for language in ["java", "nodejs", "python", "dotnet"] {
        let text = of_language(language, &json!({}));
        let [init, volume] = [Settings::default(), by_volume()].map(|settings| pod(&text, &settings).0);
        assert_eq!(otel_inject::select::instrumented(&init), otel_inject::select::instrumented(&volume));
    }
}

#[test]
fn the_words_are_those_of_the_annotation_and_the_config() {
    assert_eq!(FilesBy::words(), ["init", "image-volume"]);
    assert_eq!(FilesBy::default(), FilesBy::Init);
}
