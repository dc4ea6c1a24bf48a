//! `list`: the state of every workload, in every form.

use std::path::Path;

use otel_inject::value::Value;

use crate::common::binary::{CONFIG_MAP, DEPLOYMENT, INSTRUMENTATION, Run, World, fed_bytes};
use crate::common::{entries, file_name, testdata};

/// A workload called `name` in namespace shop, with that value of the switch.
fn workload(name: &str, switch: &str) -> String {
    DEPLOYMENT
        .replace("name: web # the shop", &format!("name: {name}\n  namespace: shop"))
        .replace("\"true\"", &format!("\"{switch}\""))
}

fn injected(text: &str, instrumentation: &str) -> String {
    let world = World::new();
    world.file("instrumentation.yaml", instrumentation).file("web.yaml", text);
    let run = world.run(&["inject", "--context", "instrumentation.yaml", "web.yaml"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

/// A folder with a workload for every status; the file has its name.
fn world() -> World {
    let world = World::new();
    let instrumentation = INSTRUMENTATION.replace("name: default", "name: default\n  namespace: shop");
    let other = instrumentation.replace("namespace: shop", "namespace: elsewhere");
    let current = injected(&workload("up-to-date", "true"), &instrumentation);
    let stale = injected(&workload("stale", "true"), &instrumentation).replace("app:1", "app:2");
    let edited = injected(&workload("edited", "true"), &instrumentation);
    let edited = edited.replace("value: http://collector:4318", "value: http://mine:4318");
    let unrecorded = injected(&workload("unrecorded", "true"), &instrumentation);
    let record = |line: &&str| !line.contains("otel-inject.dev/record");
    let unrecorded = unrecorded.lines().filter(record).map(|line| format!("{line}\n")).collect::<String>();
    let unrecorded = unrecorded.replacen("  annotations:\n", "", 1);
    world
        .file("instrumentation.yaml", &instrumentation)
        .file("config-map.yaml", CONFIG_MAP)
        .file("injected.yaml", &injected(&workload("injected", "elsewhere/default"), &other))
        .file("up-to-date.yaml", &current)
        .file("stale.yaml", &stale)
        .file("to-inject.yaml", &workload("to-inject", "true"))
        .file("refused.yaml", &workload("refused", "lost"))
        .file("edited.yaml", &edited)
        .file("unrecorded.yaml", &unrecorded)
        .file("not-asked.yaml", &workload("not-asked", "false"));
    world
}

fn list(world: &World, args: &[&str]) -> Run {
    world.run(&[&["list"], args, &["."]].concat(), "")
}

#[test]
fn every_status_has_a_workload() {
    let world = world();
    let run = list(&world, &["-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let workloads = value["workloads"].as_array().expect("workloads");
    assert_eq!(workloads.len(), 8);
    for workload in workloads {
        let status = workload["status"].as_str().expect("a status");
        assert_eq!(workload["resource"]["name"], status.replace(' ', "-"), "{workload:#}");
        let is_instrumented = !["refused", "not asked"].contains(&status);
        let agents = workload["containers"][0]["instrumentation"].as_array().expect("agents");
        assert_eq!(agents.is_empty(), !is_instrumented, "{workload:#}");
    }
    let totals = otel_inject::value::json!({"workloads": 8, "instrumented": 6, "stale": 1, "refused": 1, "percent": 75});
    assert_eq!(value["totals"], totals);
}

#[test]
fn forms() {
    let world = world();
    for form in ["table", "wide", "name", "json", "yaml", "markdown"] {
        let run = list(&world, &["-o", form]);
        let shown = format!("{}--- stderr\n{}--- exit code {}", run.stdout, run.stderr, run.code);
        insta::assert_snapshot!(format!("list-{form}"), shown);
    }
    let json = list(&world, &["-o", "json"]).stdout;
    let yaml = list(&world, &["-o", "yaml"]).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).expect("YAML"), json);
    let table = list(&world, &[]).stdout;
    let words = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    assert_eq!(words(&list(&world, &["--no-headers"]).stdout), words(&table)[1..]);
    assert_eq!(list(&world, &["-q"]).stderr, "");
}

/// The names of the workloads that are listed.
fn names(world: &World, args: &[&str]) -> Vec<String> {
    let run = list(world, &[args, &["-o", "name"]].concat());
    let name = |line: &str| line.strip_prefix("deployment.apps/").expect("a Deployment").to_owned();
    run.stdout.lines().map(name).collect()
}

#[test]
fn rows_are_filtered_and_sorted() {
    let world = world();
    world.file("bare.yaml", &workload("bare", "true").replace("\n  namespace: shop", "\n  namespace: bare"));
    assert_eq!(names(&world, &["--status", "stale,refused"]), ["bare", "refused", "stale"]);
    assert_eq!(names(&world, &["--status", "not-asked", "--status", "injected"]), ["injected", "not-asked"]);
    assert_eq!(names(&world, &["--status", "not asked,to inject"]), ["not-asked", "to-inject"]);
    assert_eq!(names(&world, &["-n", "bare"]), ["bare"]);
    assert_eq!(names(&world, &["--language", "java"]), [""; 0]);
    assert_eq!(names(&world, &["--language", "nodejs"]).len(), 6);
    let sorted = names(&world, &["--sort-by", "status"]);
    let first = names(&world, &["--sort-by", "namespace"]);
    assert_eq!(
        (sorted.first().map(String::as_str), first.first().map(String::as_str)),
        (Some("edited"), Some("bare"))
    );
    assert_eq!(list(&world, &["--status", "stale", "--language", "java"]).stdout, "");
    assert_eq!(list(&world, &["--sort-by", "colour"]).code, 2);
}

#[test]
fn less_coverage_than_asked_for_fails() {
    let world = world();
    for (percent, code) in [("0", 0), ("75", 0), ("76", 1), ("100", 1)] {
        let run = list(&world, &["--min-coverage", percent]);
        assert_eq!(run.code, code, "{percent}: {}", run.stderr);
        assert_eq!(run.stderr.contains("error[low-coverage]"), code == 1, "{}", run.stderr);
        assert!(run.stdout.contains("up-to-date"), "{}", run.stdout);
    }
    assert_eq!(list(&world, &["--min-coverage", "101"]).code, 2);
    // A filter hides rows; it does not make the rest of them instrumented.
    assert_eq!(list(&world, &["--min-coverage", "80", "--status", "up-to-date"]).code, 1);
}

#[test]
fn what_cannot_be_read_fails_and_the_rest_is_listed() {
    let world = world();
    world.file("broken.yaml", &workload("broken", "true").replace("containers:", "containers: ["));
    let run = list(&world, &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("error[invalid-yaml] broken.yaml"), "{}", run.stderr);
    assert!(run.stdout.contains("up-to-date"), "{}", run.stdout);
    // The reasons of listed workloads are theirs.
    assert!(!run.stderr.contains("instrumentation-not-found"), "{}", run.stderr);
}

#[test]
fn findings_of_workloads_fail_only_where_a_flag_says_so() {
    let world = world();
    std::fs::remove_file(world.path("refused.yaml")).expect("a file");
    world.file(
        "otel-inject.yaml",
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nspec: {failOn: warning}\n",
    );
    for (args, code) in [
        (&[][..], 0),
        (&["--fail-on", "error"], 0),
        (&["--fail-on", "stale"], 1),
        (&["--fail-on", "warning"], 1),
    ] {
        assert_eq!(list(&world, args).code, code, "{args:?}");
    }
    world.file("refused.yaml", &workload("refused", "lost"));
    assert_eq!(list(&world, &["--fail-on", "error"]).code, 1);
    // A report has everything.
    assert_eq!(list(&world, &["--report", "report.json"]).code, 0);
    let report: Value = serde_json::from_str(&world.text("report.json")).expect("JSON");
    assert_eq!(report["totals"]["errors"], 1, "{report:#}");
}

#[test]
fn a_container_that_nobody_recognises_has_the_state_of_its_workload() {
    let world = world();
    let alone = world
        .text("unrecorded.yaml")
        .replace("name: opentelemetry-auto-instrumentation-nodejs", "name: other");
    world.file("unrecorded.yaml", &alone.replace("OTEL_RESOURCE_ATTRIBUTES_NODE_NAME", "A"));
    assert_eq!(names(&world, &["--status", "unrecorded"]), [""; 0]);
    let marked = DEPLOYMENT.replace("name: web # the shop", "name: marked\n  namespace: shop").replace(
        "      containers:",
        "      initContainers: [{name: opentelemetry-auto-instrumentation-java, image: 'a:1'}]\n      containers:",
    );
    world.file("unrecorded.yaml", &marked);
    assert_eq!(names(&world, &["--status", "unrecorded"]), ["marked"]);
}

#[test]
fn what_refuses_nothing_is_no_refusal() {
    let world = World::new();
    let asks = "inject-nodejs: \"true\"\n        sidecar.opentelemetry.io/inject: \"true\"";
    let both = |name: &str| workload(name, "true").replace("inject-nodejs: \"true\"", asks);
    // Marks without a record, and a sidecar that can be added.
    let marked = both("marked") + "          env: [{name: OTEL_RESOURCE_ATTRIBUTES_NODE_NAME, value: y}]\n";
    // A sidecar without a record, and a language that is refused.
    let half = both("half").replace("inject-nodejs: \"true\"", "inject-nodejs: lost")
        + "        - {name: otc-container, image: 'y:1'}\n";
    // A record, a language that is there, and a sidecar that is refused.
    let recorded = world_text("up-to-date.yaml").replace("name: up-to-date", "name: recorded").replace(
        "inject-nodejs: \"true\"",
        "inject-nodejs: \"true\"\n        sidecar.opentelemetry.io/inject: lost",
    );
    world
        .file(
            "instrumentation.yaml",
            &INSTRUMENTATION.replace("name: default", "name: default\n  namespace: shop"),
        )
        .file("collector.yaml", COLLECTOR)
        .file("half.yaml", &half)
        .file("marked.yaml", &marked)
        .file("recorded.yaml", &recorded)
        .file("split.yaml", &both("split").replace("inject-nodejs: \"true\"", "inject-nodejs: lost"));
    let states = |args: &[&str]| -> Vec<String> {
        let run = list(&world, &[args, &["-o", "json"]].concat());
        let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let state = |one: &Value| {
            let containers = one["containers"].as_array().expect("containers").iter();
            let containers = containers.map(|one| format!("{}={}", text(&one["name"]), text(&one["status"])));
            format!(
                "{} {} {}",
                text(&one["resource"]["name"]),
                text(&one["status"]),
                containers.collect::<Vec<_>>().join(" ")
            )
        };
        value["workloads"].as_array().expect("workloads").iter().map(state).collect()
    };
    let [half, marked, recorded, split] = &states(&[])[..] else { panic!("four workloads") };
    assert_eq!(half, "half refused app=refused otc-container=refused");
    assert!(marked.starts_with("marked to inject "), "{marked}");
    assert!(recorded.starts_with("recorded refused "), "{recorded}");
    assert_eq!(split, "split refused app=refused");
    // What else it asks for is written then.
    assert_eq!(states(&["--on-error", "skip"])[3], "split to inject otc-container=to inject app=not asked");
    // A filter changes no state.
    let run = list(&world, &["--status", "refused", "--no-headers"]);
    assert!(
        !run.stdout.contains("to inject") && run.stdout.contains("refused (instrumentation-not-found)"),
        "{}",
        run.stdout
    );
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn world_text(file: &str) -> String {
    world().text(file)
}

const COLLECTOR: &str = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: sidecar, namespace: shop}\n\
    spec:\n  mode: sidecar\n  config:\n    receivers: {otlp: {protocols: {grpc: {}}}}\n    exporters: {debug: {}}\n    \
    service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";

#[test]
fn findings_are_those_of_their_workload() {
    let one = |name: &str, namespace: &str, switch: &str| {
        let text = workload(name, switch).replace("namespace: shop", &format!("namespace: {namespace}"));
        serde_yaml::from_str::<Value>(&text).expect("YAML").to_string()
    };
    let items = [one("a", "shop", "false"), one("a", "shop", "lost"), one("b", "other", "lost")].join(",");
    let dump = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{items}]}}");
    let run = World::new().run(&["list", "-o", "wide", "--no-headers", "-"], &dump);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].ends_with('-') && lines[1].contains("uses Instrumentation shop/lost"), "{}", run.stdout);
    // Those of another namespace do not fail a list of this one.
    let run =
        World::new().run(&["list", "-n", "shop", "--fail-on", "error", "--status", "not-asked", "-"], &dump);
    assert!(!run.stderr.contains("other/b"), "{}", run.stderr);
}

#[test]
fn a_cluster_is_a_pipe() {
    let item = |text: &str| {
        text.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen("  ", "- ", 1)
    };
    let status = "status: {readyReplicas: 1, conditions: [{type: Available, status: \"True\"}]}\n";
    let world = world();
    let items = [workload("asks", "true"), world.text("up-to-date.yaml"), workload("silent", "false")];
    let items: String = items.iter().map(|text| item(&format!("{text}{status}"))).collect();
    let dump = format!("apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: \"\"\n");
    let run = World::new().run(&["list", "-"], &dump);
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!("list-cluster", run.stdout);
}

#[test]
fn containers_are_rows() {
    let go = workload("go", "true").replace("inject-nodejs", "inject-go").replace(
        "\"true\"\n",
        "\"true\"\n        instrumentation.opentelemetry.io/otel-go-auto-target-exe: /app\n",
    );
    let go = go.replace(
        "    spec:\n      containers",
        "    spec:\n      shareProcessNamespace: true\n      containers",
    );
    let two = workload("two", "true").replace(
        "inject-nodejs: \"true\"",
        "inject-nodejs: \"true\"\n        instrumentation.opentelemetry.io/container-names: app\n        sidecar.opentelemetry.io/inject: \"true\"",
    ) + "        - name: other\n          image: other:1\n";
    let several =
        go.replace("name: go\n", "name: several\n") + "        - name: other\n          image: other:1\n";
    let sdk = workload("sdk", "true").replace("inject-nodejs", "inject-sdk");
    let nginx = workload("nginx", "true").replace("inject-nodejs", "inject-nginx");
    let world = World::new();
    world
        .file(
            "instrumentation.yaml",
            &INSTRUMENTATION.replace("name: default", "name: default\n  namespace: shop"),
        )
        .file("collector.yaml", COLLECTOR);
    for (name, text) in [("go", go), ("two", two), ("several", several), ("sdk", sdk), ("nginx", nginx)] {
        world.file(&format!("{name}.yaml"), &text);
    }
    insta::assert_snapshot!("list-containers", list(&world, &[]).stdout);
}

#[test]
fn no_name_is_markup_on_the_page() {
    let world = World::new();
    let hostile = "</script><img src=x onerror=alert(1)>\\\"'&\\u202e";
    let text = workload("x", "lost").replace("name: x\n", &format!("name: \"{hostile}\"\n"));
    world.file("web.yaml", &text);
    let page = list(&world, &["-o", "html"]).stdout;
    assert_eq!((page.matches("<script").count(), page.matches("<img").count()), (1, 0), "{page}");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    assert!(!page.contains('\u{202e}'), "{page}");
    let table = list(&world, &["-o", "markdown"]).stdout;
    assert!(!table.replace("<!-- -->", "").contains('<'), "{table}");
    assert_eq!(table.lines().filter(|line| line.starts_with("| ")).count(), 2, "{table}");
}

#[test]
fn the_page_has_findings_and_changes() {
    let page = list(&world(), &["-o", "html"]).stdout;
    for part in [
        "6 of 8 workloads instrumented, 1 stale, 1 refused (75 %)",
        "<code>instrumentation-not-found</code>",
        "<ins>+              value: http://collector:4318</ins>",
        "<del>-              value: http://mine:4318</del>",
        "<p>A run changes nothing.</p>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn after_a_run_nothing_is_left_to_inject() {
    let mut seen = 0;
    for folder in entries(&testdata("cases")) {
        let (input, config) = (folder.join("input.yaml"), folder.join("config.yaml"));
        let config =
            if config.exists() { vec!["--config", config.to_str().expect("UTF-8")] } else { Vec::new() };
        let world = World::new();
        let states = |text: &[u8]| -> Vec<(String, String)> {
            let run =
                fed_bytes(world.command().args(["list", "-o", "json", "--allow-empty"]).args(&config), text);
            let value: Value = serde_json::from_slice(&run.stdout).expect("JSON");
            let state = |one: &Value| (one["resource"]["name"].to_string(), one["status"].to_string());
            value["workloads"].as_array().expect("workloads").iter().map(state).collect()
        };
        let text = std::fs::read(&input).expect("a file");
        let run = fed_bytes(world.command().arg("--allow-empty").args(&config), &text);
        if run.code != 0 {
            continue;
        }
        let (before, after) = (states(&text), states(&run.stdout));
        assert_eq!(before.len(), after.len(), "{}", folder.display());
        for ((name, was), (_, is)) in before.iter().zip(&after) {
            let expected = match was.trim_matches('"') {
                // Without a record, what is there cannot be told from the operator's.
                "to inject" if !String::from_utf8_lossy(&run.stdout).contains("otel-inject.dev/record") => {
                    "unrecorded"
                }
                "to inject" | "stale" | "edited" => "up-to-date",
                other => other,
            };
            assert_eq!(is.trim_matches('"'), expected, "{name} of {}", folder.display());
            seen += usize::from(was != is);
        }
    }
    assert!(seen > 30, "{seen} workloads were injected");
}

#[test]
fn every_example_is_listed() {
    let mut shown = String::new();
    for folder in entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")) {
        if folder.is_dir() {
            let run = World::new().run(&["list", folder.to_str().expect("UTF-8")], "");
            shown.push_str(&format!("{}\n{}{}\n", file_name(&folder), run.stdout, run.stderr));
        }
    }
    insta::assert_snapshot!("list-examples", shown);
}
