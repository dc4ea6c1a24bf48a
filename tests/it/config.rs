//! What each key of the function config does, through the real binary.

use std::fs;
use std::path::PathBuf;

use otel_inject::value::{Value, json};
use tempfile::TempDir;

use crate::common::binary::{INSTRUMENTATION, Run, binary, fed};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
  labels: {tier: web}
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: app
          image: \"app:1\" # pinned
        - name: side
          image: side:1
";

const ANNOTATED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    metadata:
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: \"true\"
    spec:
      containers:
        - name: app
          image: api:1
";

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: keys
";

const ALL: &str = "rules: [{select: {names: ['*']}, inject: nodejs}]";

fn config(spec: &str) -> String {
    format!(
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {{name: x}}\nspec: {{{spec}}}\n"
    )
}

fn joined(documents: &[&str]) -> String {
    documents.join("---\n")
}

fn run(args: &[&str], folder: &TempDir, stdin: &str) -> Run {
    fed(binary(folder.path()).args(args), stdin.as_bytes())
}

/// Runs the filter with a config of that spec.
fn filtered(spec: &str, stdin: &str) -> Run {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config(spec)).expect("a file");
    run(&["--config", "config.yaml"], &folder, stdin)
}

fn resource_list(documents: &[&str], function_config: &str) -> String {
    let indented = |text: &str| -> String { text.lines().map(|line| format!("  {line}\n")).collect() };
    let items: String = documents.iter().map(|text| indented(text).replacen("  ", "- ", 1)).collect();
    let config = indented(function_config);
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n{config}"
    )
}

fn krm(documents: &[&str], function_config: &str) -> Run {
    run(&[], &TempDir::new().expect("a folder"), &resource_list(documents, function_config))
}

#[track_caller]
fn workload<'v>(documents: &'v [Value], name: &str) -> &'v Value {
    let named = |value: &&Value| value["metadata"]["name"] == name && value["kind"] != "Instrumentation";
    documents.iter().find(named).expect(name)
}

fn env<'v>(container: &'v Value, name: &str) -> Option<&'v str> {
    let entry = container["env"].as_array()?.iter().find(|entry| entry["name"] == name)?;
    entry["value"].as_str()
}

fn containers(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]["containers"]
}

// Rules

#[test]
fn a_rule_instruments_what_asks_for_nothing() {
    let run = filtered(ALL, &joined(&[INSTRUMENTATION, DEPLOYMENT]));
    let documents = run.documents();
    let containers = containers(workload(&documents, "web"));
    assert_eq!(env(&containers[0], "OTEL_SERVICE_NAME"), Some("web"));
    assert_eq!(containers[1]["env"], Value::Null);
    assert!(run.stdout.contains("name: web # the shop\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("inject-nodejs"), "{}", run.stdout);
}

#[test]
fn a_rule_does_the_same_in_every_form_and_face() {
    let expected = filtered(ALL, &joined(&[INSTRUMENTATION, DEPLOYMENT])).documents();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: function-input}\ndata: {inject: nodejs, names: '*'}\n";
    for config in [&config(ALL), map] {
        let run = krm(&[INSTRUMENTATION, DEPLOYMENT], config);
        assert_eq!(run.documents()[0]["items"], json!(expected));
    }
}

#[test]
fn a_second_run_finds_the_rule_fulfilled() {
    for spec in [
        ALL.to_owned(),
        format!("{ALL}, annotate: true"),
        format!("{ALL}, instrumentationResources: local-config"),
    ] {
        let first = filtered(&spec, &joined(&[INSTRUMENTATION, DEPLOYMENT]));
        let second = filtered(&spec, &first.stdout);
        assert_eq!((second.stdout.as_str(), second.code), (first.stdout.as_str(), 0), "{}", second.stderr);
        assert!(second.stderr.starts_with("info[up-to-date]"), "{}", second.stderr);
    }
}

#[test]
fn all_parts_of_a_selector_must_match() {
    for (select, matches) in [
        ("names: [web]", true),
        ("names: ['w*', x]", true),
        ("names: ['W*']", false),
        ("names: ['{api,web}']", true),
        ("names: ['w?b'], kinds: [Deployment]", true),
        ("names: ['w?b'], kinds: [Job, CronJob]", false),
        ("kinds: ['*Set']", false),
        ("namespaces: [shop]", true),
        ("namespaces: ['*']", true),
        ("namespaces: [sh]", false),
        ("labels: 'tier in (web, api), !legacy'", true),
        ("labels: app=web", false),
        ("labels: tier!=web", false),
        ("labels: tier, names: [web], kinds: [Deployment], namespaces: ['s*']", true),
        ("labels: tier, names: [web], kinds: [Deployment], namespaces: ['x*']", false),
    ] {
        let spec = format!("namespace: shop, rules: [{{select: {{{select}}}, inject: nodejs}}]");
        let run = filtered(&spec, &joined(&[INSTRUMENTATION, DEPLOYMENT]));
        assert_eq!(run.stderr.contains("info[injected]"), matches, "{select}: {}", run.stderr);
        assert_eq!(run.code, 0);
    }
    let spec = "rules: [{select: {labels: app=web}, inject: nodejs}]";
    let bare = DEPLOYMENT.replace("  labels: {tier: web}\n", "");
    let run = filtered(spec, &joined(&[INSTRUMENTATION, &bare]));
    assert!(run.stderr.contains("info[injected]"), "the pod template's labels: {}", run.stderr);
    let nowhere = "rules: [{select: {namespaces: ['*']}, inject: nodejs}]";
    assert!(filtered(nowhere, &joined(&[INSTRUMENTATION, DEPLOYMENT])).stderr.contains("info[injected]"));
}

#[test]
fn per_annotation_the_pod_counts_then_the_first_rule() {
    let rules = "rules: [\
        {select: {labels: tier}, inject: {language: nodejs, containers: [side]}},\
        {select: {names: ['*']}, inject: [{language: nodejs, containers: [app]}, {language: sdk, containers: [app]}]}]";
    let targets = |deployment: &str| {
        let documents = filtered(rules, &joined(&[INSTRUMENTATION, deployment])).documents();
        let containers = containers(workload(&documents, "web"));
        let of = |index: usize| {
            (
                env(&containers[index], "NODE_OPTIONS").is_some(),
                env(&containers[index], "OTEL_SERVICE_NAME").is_some(),
            )
        };
        [of(0), of(1)]
    };
    assert_eq!(targets(DEPLOYMENT), [(false, true), (true, true)]);
    let annotated = |annotation: &str| {
        let annotations = format!(
            "      labels: {{app: web}}\n      annotations: {{instrumentation.opentelemetry.io/{annotation}}}\n"
        );
        DEPLOYMENT.replace("      labels: {app: web}\n", &annotations)
    };
    assert_eq!(targets(&annotated("nodejs-container-names: app")), [(true, true), (false, false)]);
    assert_eq!(targets(&annotated("inject-nodejs: 'false'")), [(false, true), (false, false)]);
    assert_eq!(targets(&annotated("inject-nodejs: ''")), [(false, true), (true, true)]);
}

#[test]
fn another_name_of_an_annotation_on_the_pod_wins_too() {
    let nginx = otel_inject::languages::find("nginx").expect("a language");
    let spec = "rules: [{select: {names: ['*']}, inject: {language: nginx, containers: [nowhere]}}]";
    for key in nginx.containers {
        let annotations =
            format!("      annotations: {{instrumentation.opentelemetry.io/{key}: app}}\n      labels:");
        let deployment = DEPLOYMENT.replace("      labels:", &annotations);
        let run = filtered(spec, &joined(&[INSTRUMENTATION, &deployment]));
        assert!(!run.stderr.contains("unknown-container"), "{key}: {}", run.stderr);
    }
}

#[test]
fn a_rule_that_selects_nothing_is_said_where_it_is() {
    // Selects, and what is said: the column of the rule or of its kind, and words.
    let nothing = (16, "the rule selects no workload of the input");
    let cases = [
        ("names: [web]", &[][..]),
        ("names: [wbe]", &[nothing]),
        ("labels: tier=none", &[nothing]),
        ("namespaces: [other]", &[nothing]),
        ("kinds: [StatefulSet]", &[nothing]),
        ("kinds: ['*Set']", &[nothing]),
        (
            "kinds: [Deployments]",
            &[(34, "\"Deployments\" is no known kind of workload; did you mean Deployment?")],
        ),
        ("kinds: [Deployment, Wombat]", &[(46, "\"Wombat\" is no known kind of workload (")]),
        (
            "kinds: [StatefulSets, Job]",
            &[nothing, (34, "\"StatefulSets\" is no known kind of workload; did you mean StatefulSet?")],
        ),
        ("kinds: ['Wom*']", &[(34, "\"Wom*\" is no known kind of workload (")]),
        ("kinds: [Runner, Deployment]", &[]),
    ];
    for (select, said) in cases {
        let spec = format!(
            "rules: [{{select: {{{select}}}, inject: nodejs}}], namespace: shop, \
             kinds: [{{group: example.com, kind: Runner, podTemplate: spec.template}}]"
        );
        for run in [
            filtered(&spec, &joined(&[INSTRUMENTATION, DEPLOYMENT])),
            krm(&[INSTRUMENTATION, DEPLOYMENT], &config(&spec)),
        ] {
            assert_eq!(run.code, 0, "{}", run.stderr);
            let found: Vec<&str> =
                run.stderr.lines().filter(|line| line.starts_with("warning[unused-rule]")).collect();
            assert_eq!(found.len(), said.len(), "{select}: {}", run.stderr);
            for (column, words) in said {
                let of_file = format!(" config.yaml:4:{column} OtelInject x: {words}");
                let of_list = format!(":{} OtelInject x: {words}", column + 2);
                let is_said = |line: &&str| line.contains(&of_file) || line.contains(&of_list);
                assert!(found.iter().any(is_said), "{select}: {of_file} {}", run.stderr);
            }
        }
    }
    let spec = "rules: [{select: {names: [none]}, inject: nodejs}]";
    assert!(!run(&["--allow-empty"], &TempDir::new().expect("a folder"), "").stderr.contains("unused-rule"));
    let off = filtered(&format!("{spec}, severity: {{unused-rule: 'off'}}"), DEPLOYMENT);
    assert_eq!((off.code, off.stderr.contains("unused-rule")), (0, false), "{}", off.stderr);
    let error = filtered(&format!("{spec}, severity: {{unused-rule: error}}"), DEPLOYMENT);
    error.is_refused_in_silence(1, "unused-rule");
}

#[test]
fn a_rule_names_its_instrumentation_and_options() {
    let elsewhere = INSTRUMENTATION.replace("name: default", "name: other\n  namespace: tools");
    let spec = "rules: [{select: {names: ['*']}, inject: go, instrumentation: tools/other, options: {goTargetExe: /app/app}}]";
    let documents = filtered(spec, &joined(&[&elsewhere, DEPLOYMENT])).documents();
    let sidecar = &containers(workload(&documents, "web"))[2];
    assert_eq!(env(sidecar, "OTEL_GO_AUTO_TARGET_EXE"), Some("/app/app"));
    let run = filtered(&spec.replace("tools/other", "tools/none"), &joined(&[&elsewhere, DEPLOYMENT]));
    run.is_refused_in_silence(1, "instrumentation-not-found");
    assert!(run.stderr.contains("(set by spec.rules[0] of the function config)"), "{}", run.stderr);
}

#[test]
fn annotations_of_rules_are_written_where_asked() {
    let spec =
        "annotate: true, rules: [{select: {names: ['*']}, inject: {language: nodejs, containers: [app]}}]";
    let expected = json!({
        "instrumentation.opentelemetry.io/inject-nodejs": "true",
        "instrumentation.opentelemetry.io/nodejs-container-names": "app",
    });
    let null =
        DEPLOYMENT.replace("      labels: {app: web}\n", "      annotations:\n      labels: {app: web}\n");
    let empty = DEPLOYMENT.replace("      labels: {app: web}\n", "      annotations: {}\n");
    let bare = DEPLOYMENT.replace("    metadata:\n      labels: {app: web}\n", "");
    let flow = DEPLOYMENT
        .replace("    metadata:\n      labels: {app: web}\n", "    metadata: {labels: {app: web}}\n");
    for deployment in [DEPLOYMENT, &null, &empty, &bare, &flow] {
        let run = filtered(spec, &joined(&[INSTRUMENTATION, deployment]));
        let documents = run.documents();
        let metadata = &workload(&documents, "web")["spec"]["template"]["metadata"];
        assert_eq!(metadata["annotations"], expected, "{}", run.stdout);
        assert!(run.stdout.contains("image: \"app:1\" # pinned\n"), "{}", run.stdout);
        // Without the config, the annotations ask for the same.
        let again = run_plain(&run.stdout);
        assert_eq!(again.stdout, run.stdout, "{}", again.stderr);
        assert!(again.stderr.contains("info[up-to-date]"), "{}", again.stderr);
    }
    let own = "      annotations: {a: b, instrumentation.opentelemetry.io/nodejs-container-names: side}\n";
    let own = DEPLOYMENT.replace("      labels: {app: web}\n", own);
    let documents = filtered(spec, &joined(&[INSTRUMENTATION, &own])).documents();
    let annotations = &workload(&documents, "web")["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["a"], "b");
    assert_eq!(annotations["instrumentation.opentelemetry.io/nodejs-container-names"], "side");
    assert_eq!(annotations["instrumentation.opentelemetry.io/inject-nodejs"], "true");
    let odd = DEPLOYMENT.replace("      labels: {app: web}\n", "      annotations: [a]\n");
    filtered(spec, &joined(&[INSTRUMENTATION, &odd])).is_refused_in_silence(1, "cannot-edit");
    let other = DEPLOYMENT.replace("name: web", "name: x").replace("kind: Deployment", "kind: Config");
    let run = filtered(spec, &joined(&[INSTRUMENTATION, &other]));
    assert_eq!(run.stdout, joined(&[INSTRUMENTATION, &other]));
}

fn run_plain(stdin: &str) -> Run {
    run(&[], &TempDir::new().expect("a folder"), stdin)
}

// Instrumentations

#[test]
fn the_configs_instrumentation_is_used_where_the_namespace_has_none() {
    let spec = "instrumentation: {exporter: {endpoint: 'http://fallback:4318'}}";
    let endpoint = |documents: &[&str], spec: &str| {
        let documents = filtered(spec, &joined(documents)).documents();
        let containers = containers(workload(&documents, "api")).clone();
        env(&containers[0], "OTEL_EXPORTER_OTLP_ENDPOINT").map(str::to_owned)
    };
    assert_eq!(endpoint(&[ANNOTATED], spec).as_deref(), Some("http://fallback:4318"));
    assert_eq!(endpoint(&[INSTRUMENTATION, ANNOTATED], spec).as_deref(), Some("http://collector:4318"));
    let by_name =
        format!("{spec}, rules: [{{select: {{names: [web]}}, inject: nodejs, instrumentation: default}}]");
    filtered(&by_name, DEPLOYMENT).is_refused_in_silence(1, "instrumentation-not-found");
}

#[test]
fn default_images_come_from_the_registry_and_others_stay() {
    let image = |spec: &str, instrumentation: &str| {
        let documents = filtered(spec, &joined(&[instrumentation, ANNOTATED])).documents();
        let image = &workload(&documents, "api")["spec"]["template"]["spec"]["initContainers"][0]["image"];
        image.as_str().expect("an image").to_owned()
    };
    let default = image("", INSTRUMENTATION);
    let (_, name) = default.rsplit_once('/').expect("a path");
    assert_eq!(
        image("images: {registry: 'mirror:5000/otel'}", INSTRUMENTATION),
        format!("mirror:5000/otel/{name}")
    );
    assert_eq!(image("images: {registry: mirror, nodejs: 'own:1'}", INSTRUMENTATION), "own:1");
    assert_eq!(image("images: {registry: mirror, java: 'own:1'}", INSTRUMENTATION), format!("mirror/{name}"));
    let with_image = format!("{INSTRUMENTATION}  nodejs:\n    image: theirs:1\n");
    assert_eq!(image("images: {registry: mirror, nodejs: 'own:1'}", &with_image), "theirs:1");
}

#[test]
fn instrumentations_are_taken_out_of_streams() {
    let spec = "instrumentationResources: drop";
    let injected = {
        let all = filtered("", &joined(&[ANNOTATED, INSTRUMENTATION])).stdout;
        all.strip_suffix(&format!("---\n{INSTRUMENTATION}")).expect("the document").to_owned()
    };
    for (input, expected) in [
        (joined(&[ANNOTATED, INSTRUMENTATION]), injected.clone()),
        (joined(&[INSTRUMENTATION, ANNOTATED]), format!("---\n{injected}")),
        (joined(&["# a\n", INSTRUMENTATION, ANNOTATED, SECRET]), format!("---\n{injected}---\n{SECRET}")),
        (joined(&[SECRET, INSTRUMENTATION, ANNOTATED]), format!("{SECRET}---\n{injected}")),
        (format!("{SECRET}---\n{INSTRUMENTATION}...\n{ANNOTATED}"), format!("{SECRET}---\n{injected}")),
        (
            format!("{SECRET}---\n{INSTRUMENTATION}...\n%YAML 1.1\n---\n{ANNOTATED}"),
            format!("{SECRET}...\n%YAML 1.1\n---\n{injected}"),
        ),
    ] {
        let run = filtered(spec, &input);
        assert_eq!((run.stdout.as_str(), run.code), (expected.as_str(), 0), "{}", run.stderr);
        let again = filtered(spec, &run.stdout);
        assert_eq!((again.stdout.as_str(), again.code), (expected.as_str(), 0), "{}", again.stderr);
    }
}

#[test]
fn instrumentations_are_taken_out_of_lists() {
    let spec = "instrumentationResources: drop";
    let indented = |text: &str| {
        text.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen("  ", "- ", 1)
    };
    let list = |items: &[&str]| {
        format!(
            "apiVersion: v1\nkind: List\nitems:\n{}",
            items.iter().map(|item| indented(item)).collect::<String>()
        )
    };
    for items in [[INSTRUMENTATION, SECRET], [SECRET, INSTRUMENTATION]] {
        let run = filtered(spec, &list(&items));
        assert_eq!((run.stdout, run.code), (list(&[SECRET]), 0), "{}", run.stderr);
    }
    let run = filtered(spec, &joined(&[&list(&[INSTRUMENTATION, INSTRUMENTATION]), SECRET]));
    assert_eq!((run.stdout, run.code), (format!("---\n{SECRET}"), 0), "{}", run.stderr);
    let value: Value = serde_yaml::from_str(&list(&[INSTRUMENTATION, ANNOTATED, SECRET])).expect("YAML");
    for text in [value.to_string(), format!("{value:#}")] {
        let run = filtered(spec, &text);
        let after: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(after["items"].as_array().map(<[_]>::len), Some(2), "{}", run.stderr);
        assert!(run.stdout.contains("OTEL_SERVICE_NAME"), "{}", run.stdout);
    }
    let rows = format!("{}\n{}\n", otel_inject::value::json!({"kind": "A"}), value["items"][0]);
    assert_eq!(filtered(spec, &rows).stdout, "{\"kind\":\"A\"}");
}

#[test]
fn instrumentations_are_taken_out_of_a_hosts_list() {
    let config = config("instrumentationResources: drop");
    let run = krm(&[INSTRUMENTATION, ANNOTATED, SECRET], &config);
    let list = &run.documents()[0];
    let kinds: Vec<_> = list["items"].as_array().expect("items").iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["Deployment", "Secret"]);
    let run = krm(&[SECRET, INSTRUMENTATION], &config);
    assert!(run.stdout.starts_with(&resource_list(&[SECRET], &config)), "{}", run.stdout);
}

#[test]
fn nothing_is_taken_out_where_nothing_would_be_left() {
    let spec = "instrumentationResources: drop";
    filtered(spec, INSTRUMENTATION).is_refused_in_silence(1, "empty-input");
    filtered(&format!("{spec}, onError: skip"), INSTRUMENTATION).is_refused_in_silence(1, "empty-input");
    let run = krm(&[INSTRUMENTATION], &config(spec));
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with(&resource_list(&[INSTRUMENTATION], &config(spec))), "{}", run.stdout);
}

#[test]
fn files_and_context_lose_no_more_than_their_instrumentations() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    fs::write(file("config.yaml"), config("instrumentationResources: drop")).expect("a file");
    fs::create_dir(file("m")).expect("a folder");
    fs::write(file("m/a.yaml"), INSTRUMENTATION).expect("a file");
    fs::write(file("m/b.yaml"), joined(&[SECRET, INSTRUMENTATION])).expect("a file");
    fs::write(file("m/c.yaml"), SECRET).expect("a file");
    let printed = run(&["inject", "m", "--config", "config.yaml"], &folder, "");
    assert_eq!(printed.stdout, joined(&[SECRET, SECRET]), "{}", printed.stderr);
    let context = run(&["--context", "m", "--config", "config.yaml"], &folder, ANNOTATED);
    assert!(context.stdout.contains("OTEL_SERVICE_NAME"), "{}", context.stderr);
    // Their sources stay: the next run needs them.
    for places in [&["--in-place"][..], &["--output", "m"], &["--output", "m/../m"]] {
        let args = [&["inject", "m", "--config", "config.yaml"][..], places].concat();
        run(&args, &folder, "").is_refused_in_silence(2, "invalid-config");
        assert_eq!(fs::read_to_string(file("m/a.yaml")).expect("a file"), INSTRUMENTATION);
    }
    assert_eq!(run(&["inject", "m", "--output", "out", "--config", "config.yaml"], &folder, "").code, 0);
    assert_eq!(fs::read_to_string(file("out/a.yaml")).expect("a file"), "");
    assert_eq!(fs::read_to_string(file("out/b.yaml")).expect("a file"), SECRET);
}

#[test]
fn instrumentations_are_kept_from_clusters() {
    let spec = "instrumentationResources: local-config";
    let run = filtered(spec, &joined(&[INSTRUMENTATION, ANNOTATED]));
    let documents = run.documents();
    let marked = &documents[0]["metadata"]["annotations"]["config.kubernetes.io/local-config"];
    assert_eq!(marked, "true", "{}", run.stdout);
    assert!(run.stdout.contains("OTEL_SERVICE_NAME"));
    let alias = "a: &x {b: c}\n";
    let uneditable = format!(
        "{}  metadata2: *x\n",
        INSTRUMENTATION.replace("metadata:\n  name: default\n", &format!("{alias}metadata: *x\n"))
    );
    let run = filtered(spec, &uneditable);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

// Findings

#[test]
fn severities_are_what_the_config_says() {
    let wants = ANNOTATED.replace("\"true\"", "nowhere/none");
    let input = joined(&[INSTRUMENTATION, &wants]);
    filtered("", &input).is_refused_in_silence(1, "instrumentation-not-found");
    let warned = filtered("severity: {instrumentation-not-found: warning}", &input);
    assert_eq!((warned.stdout.as_str(), warned.code), (input.as_str(), 0), "{}", warned.stderr);
    assert!(warned.stderr.starts_with("warning[instrumentation-not-found]"), "{}", warned.stderr);
    let off = filtered("severity: {instrumentation-not-found: 'off'}", &input);
    assert_eq!((off.stdout.as_str(), off.code), (input.as_str(), 0), "{}", off.stderr);
    assert!(!off.stderr.contains("instrumentation-not-found"), "{}", off.stderr);
    filtered("severity: {injected: error}", &joined(&[INSTRUMENTATION, ANNOTATED]))
        .is_refused_in_silence(1, "injected");
}

const TLS: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata:
  name: default
spec:
  exporter:
    endpoint: https://collector:4318
    tls:
      secretName: keys
      ca_file: ca.crt
";

#[test]
fn references_can_be_required() {
    let input = joined(&[TLS, ANNOTATED]);
    let warned = filtered("", &input);
    assert!(warned.code == 0 && warned.stderr.starts_with("warning[missing-reference]"), "{}", warned.stderr);
    filtered("requireReferences: true", &input).is_refused_in_silence(1, "missing-reference");
    let current = filtered("requireReferences: true", &joined(&[TLS, ANNOTATED, SECRET]));
    assert!(current.code == 0 && current.stderr.contains("info[injected]"), "{}", current.stderr);
    let skipped = filtered("requireReferences: true, onError: skip", &input);
    assert_eq!(
        (skipped.stdout.as_str(), skipped.code),
        (input.as_str(), 0),
        "left out whole: {}",
        skipped.stderr
    );
    let given = filtered("requireReferences: true, severity: {missing-reference: info}", &input);
    assert!(given.code == 0 && given.stderr.contains("info[missing-reference]"), "{}", given.stderr);
}

#[test]
fn an_instrumentation_whose_warning_is_an_error_is_not_used() {
    let input = joined(&[&TLS.replace("https", "http"), ANNOTATED]);
    let spec = "severity: {tls-mismatch: error, missing-reference: 'off'}";
    let refused = filtered(spec, &input);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("error[tls-mismatch]"), "{}", refused.stderr);
    let skipped = filtered(&format!("{spec}, onError: skip"), &input);
    assert_eq!((skipped.stdout.as_str(), skipped.code), (input.as_str(), 0), "{}", skipped.stderr);
    assert!(skipped.stderr.contains("warning[invalid-instrumentation]"), "{}", skipped.stderr);
}

#[test]
fn a_config_that_is_an_item_is_one_resource() {
    let with_warning = INSTRUMENTATION.replace("http:", "https:");
    let run = krm(&[&with_warning, ANNOTATED], &with_warning);
    assert_eq!(run.stderr.matches("warning[tls-mismatch]").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("info[injected]"), "{}", run.stderr);
}

#[test]
fn a_refused_workload_is_left_out_where_asked() {
    let input = joined(&[INSTRUMENTATION, &DEPLOYMENT.replace("name: app", "name: main"), ANNOTATED]);
    let spec = "rules: [{select: {names: [web]}, inject: {language: nodejs, containers: [app]}}]";
    filtered(spec, &input).is_refused_in_silence(1, "unknown-container");
    let run = filtered(&format!("{spec}, onError: skip"), &input);
    assert!(run.stderr.starts_with("warning[unknown-container]"), "{}", run.stderr);
    assert_eq!(run.stdout.matches("name: OTEL_SERVICE_NAME").count(), 1, "{}", run.stdout);
}

// Modes, namespaces and kinds

#[test]
fn a_validator_prints_no_items() {
    let good = [INSTRUMENTATION, ANNOTATED];
    let bad = [ANNOTATED, SECRET];
    for (documents, code) in [(good, 0), (bad, 1)] {
        let run = krm(&documents, &config("mode: validate"));
        assert_eq!(run.code, code, "{}", run.stderr);
        let list: Value = serde_yaml::from_str(&run.stdout).expect("one document");
        assert_eq!(list["items"], json!([]));
        assert_eq!(
            (&list["kind"], &list["apiVersion"]),
            (&json!("ResourceList"), &json!("config.kubernetes.io/v1"))
        );
        assert_eq!(list["results"].as_array().map(<[_]>::len), Some(1));
        let stream = filtered("mode: validate", &joined(&documents));
        assert_eq!((stream.stdout.as_str(), stream.code), ("", code), "{}", stream.stderr);
    }
    let dropping = filtered("mode: validate, instrumentationResources: drop", INSTRUMENTATION);
    assert_eq!((dropping.stdout.as_str(), dropping.code), ("", 0), "{}", dropping.stderr);
    filtered("mode: validate", "").is_refused_in_silence(1, "empty-input");
}

#[test]
fn a_validator_writes_no_files() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config("mode: validate")).expect("a file");
    let input = joined(&[INSTRUMENTATION, ANNOTATED]);
    fs::write(folder.path().join("a.yaml"), &input).expect("a file");
    for args in [&["--in-place"][..], &["-o", "out"], &[]] {
        let args: Vec<_> =
            ["inject", "a.yaml", "--config", "config.yaml"].iter().chain(args).copied().collect();
        let run = run(&args, &folder, "");
        assert_eq!((run.stdout.as_str(), run.code), ("", 0), "{}", run.stderr);
        assert!(run.stderr.contains("info[injected]"), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).expect("a file"), input);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_namespace_counts_in_lookups_and_pods_but_is_not_written() {
    let elsewhere = INSTRUMENTATION.replace("name: default", "name: default\n  namespace: shop");
    let run = filtered("namespace: shop", &joined(&[&elsewhere, ANNOTATED]));
    let documents = run.documents();
    let api = workload(&documents, "api");
    assert_eq!(api["metadata"]["namespace"], Value::Null);
    let attributes = env(&containers(api)[0], "OTEL_RESOURCE_ATTRIBUTES").expect("attributes");
    assert!(attributes.contains("k8s.namespace.name=shop"), "{attributes}");
}

const RUNNER: &str = "\
apiVersion: example.com/v1beta3
kind: Runner
metadata:
  name: night
spec:
  runner:
    template:
      metadata:
        annotations: {instrumentation.opentelemetry.io/inject-nodejs: \"true\"}
      spec:
        containers:
          - {name: app, image: \"app:1\"}
";

const KINDS: &str = "kinds: [{group: example.com, kind: Runner, podTemplate: spec.runner.template}]";

#[test]
fn declared_kinds_are_workloads() {
    let untouched = run_plain(&joined(&[INSTRUMENTATION, RUNNER]));
    assert_eq!(untouched.stdout, joined(&[INSTRUMENTATION, RUNNER]));
    let by_rule = RUNNER.replace(
        "      metadata:\n        annotations: {instrumentation.opentelemetry.io/inject-nodejs: \"true\"}\n",
        "",
    );
    let rule = format!("{KINDS}, rules: [{{select: {{kinds: [Runner]}}, inject: nodejs}}]");
    for (spec, runner) in [(KINDS, RUNNER), (&rule, &by_rule)] {
        let documents = filtered(spec, &joined(&[INSTRUMENTATION, runner])).documents();
        let container = &workload(&documents, "night")["spec"]["runner"]["template"]["spec"]["containers"][0];
        assert_eq!(env(container, "OTEL_SERVICE_NAME"), Some("night"));
    }
    let broken = format!("{INSTRUMENTATION}---\n{RUNNER}  - [\n");
    assert_eq!(run_plain(&broken).code, 0);
    filtered(KINDS, &broken).is_refused_in_silence(1, "invalid-yaml");
    let without = "apiVersion: example.com/v1\nkind: Runner\nmetadata: {name: x}\n";
    filtered(&rule, &joined(&[INSTRUMENTATION, without])).is_refused_in_silence(1, "containers-required");
}

#[test]
fn an_invalid_config_runs_nothing() {
    let run = filtered("rules: [{select: {}, inject: nodejs}]", &joined(&[INSTRUMENTATION, DEPLOYMENT]));
    run.is_refused_in_silence(2, "invalid-config");
    assert!(run.stderr.contains("config.yaml:4:"), "{}", run.stderr);
    let krm = krm(&[SECRET], &config("rules: [{select: {names: ['*']}}]"));
    assert_eq!(krm.code, 2);
    assert!(krm.stdout.contains("spec.rules[0] must have one of inject, options"), "{}", krm.stdout);
}
