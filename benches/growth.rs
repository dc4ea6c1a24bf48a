//! How the time grows with the size of one thing: twice the size must take about twice the time.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use otel_inject::config::{Settings, function};
use otel_inject::value::json;
use otel_inject::yaml::edited;
use otel_inject::{Output, Role, Source, inject};

/// Runs of each size, of which the fastest counts: it is disturbed least.
const RUNS: usize = 5;
/// How often a size is doubled.
const DOUBLINGS: u32 = 2;

/// Something that there can be more of.
struct Row {
    what: &'static str,
    /// The smallest number.
    least: usize,
    text: fn(usize) -> String,
    /// How many rules the config has.
    rules: fn(usize) -> usize,
}

const fn row(what: &'static str, least: usize, text: fn(usize) -> String) -> Row {
    Row { what, least, text, rules: |_| 0 }
}

const ROWS: &[Row] = &[
    row("variables of a container", 10_000, |size| {
        let env = each(size, |number| format!("        - {{name: V{number}, value: $(V0)}}\n"));
        stream(&pod(&container(&format!("        env:\n{env}")), "", ""))
    }),
    row("mounts of a container", 10_000, |size| {
        let mounts = each(size, |number| format!("        - {{name: v, mountPath: /m{number}}}\n"));
        stream(&pod(&container(&format!("        volumeMounts:\n{mounts}")), VOLUME, ""))
    }),
    row("volumes of a pod", 10_000, |size| {
        let volumes = each(size, |number| format!("      - {{name: v{number}, emptyDir: {{}}}}\n"));
        stream(&pod(&container(""), &format!("      volumes:\n{volumes}"), ""))
    }),
    row("containers, one injected", 4_000, |size| stream(&pod(&containers(size), "", ""))),
    row("containers, all injected", 200, |size| {
        let names: Vec<String> = (0..size).map(|number| format!("c{number}")).collect();
        let all = format!("        instrumentation.opentelemetry.io/container-names: {}\n", names.join(","));
        stream(&pod(&containers(size), "", &all))
    }),
    row("containers that nobody asks for", 4_000, |size| {
        pod(&containers(size), "", "").replace("inject-nodejs: 'true'", "other: 'true'")
    }),
    row("annotations of a pod", 2_000, |size| {
        let annotations = each(size, |number| format!("        resource.opentelemetry.io/k{number}: v\n"));
        stream(&pod(&container(""), "", &annotations))
    }),
    row("annotations of a pod, refreshed", 10_000, |size| {
        let annotations = each(size, |number| format!("        k{number}: v\n"));
        stale(&stream(&pod(&container(""), "", &annotations)))
    }),
    row("variables of a ConfigMap", 20_000, |size| {
        let data = each(size, |number| format!("  V{number}: v\n"));
        let from = "        envFrom:\n        - configMapRef: {name: c}\n";
        stream(&format!(
            "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop}}\ndata:\n{data}",
            pod(&container(from), "", "")
        ))
    }),
    row("Instrumentations with Secrets", 250, |size| {
        each(size, |number| {
            format!(
                "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {{name: i{number}, namespace: shop}}\n\
                 spec: {{exporter: {{endpoint: 'https://c:4318', tls: {{secretName: s{number}, ca_file: ca}}}}}}\n---\n\
                 apiVersion: v1\nkind: Secret\nmetadata: {{name: s{number}, namespace: shop}}\n---\n{}---\n",
                named(number).replace("'true'", &format!("i{number}"))
            )
        })
    }),
    row("documents", 1_000, |size| stream(&each(size, |number| format!("{}---\n", named(number))))),
    row("workloads with NetworkPolicies", 500, |size| {
        stream(&each(size, |number| {
            let labels = format!("      labels: {{app: web{number}}}\n      annotations:\n");
            format!(
                "{}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                 metadata: {{name: web{number}, namespace: shop}}\nspec:\n  \
                 podSelector: {{matchLabels: {{app: web{number}}}}}\n  policyTypes: [Egress]\n  egress: [{{}}]\n---\n",
                named(number).replace("      annotations:\n", &labels)
            )
        }))
    }),
    row("items of a List", 1_000, |size| list("", &each(size, |number| item(&named(number))))),
    row("items of a List that is read as a whole, refreshed", 250, |size| {
        let anchored = |number| named(number).replace("spec:\n", "spec: &a\n");
        let alias = "- {apiVersion: v1, kind: ConfigMap, metadata: {name: &b c}, data: {k: *b}}\n";
        stale(&list(" !!seq", &format!("{}{alias}", each(size, |number| item(&anchored(number))))))
    }),
    row("items of such a List, one that cannot be edited", 250, |size| {
        let shared = item(&named(size).replacen("spec:", "spec: &a", 1));
        list(
            " !!seq",
            &format!(
                "{}{shared}- {{apiVersion: v1, kind: A, spec: *a}}\n",
                each(size, |number| item(&named(number)))
            ),
        )
    }),
    row("items of a List on one line", 1_000, |size| {
        let annotations = "{\"instrumentation.opentelemetry.io/inject-nodejs\": \"true\"}";
        let item = |number| {
            format!(
                "{{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{{\"name\":\"web{number}\",\"namespace\":\"shop\"}},\
                 \"spec\":{{\"template\":{{\"metadata\":{{\"annotations\":{annotations}}},\"spec\":{{\"containers\":[{{\"name\":\"app\",\"image\":\"app:1\"}}]}}}}}}}},"
            )
        };
        let items = each(size, item);
        stream(&format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}\n",
            items.trim_end_matches(',')
        ))
    }),
    row("findings", 1_000, |size| {
        let slip = "        instrumentation.opentelemetry.io/inject-nodes: 'true'\n";
        stream(&each(size, |_| format!("{}---\n", pod(&container(""), "", slip))))
    }),
    Row {
        what: "rules, for 200 documents",
        least: 50,
        text: |_| stream(&each(200, |number| format!("{}---\n", named(number)))),
        rules: |size| size,
    },
];

const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: default, namespace: shop}
spec: {exporter: {endpoint: 'http://collector:4318'}}
---
";
const VOLUME: &str = "      volumes: [{name: v, emptyDir: {}}]\n";

fn each(size: usize, text: impl Fn(usize) -> String) -> String {
    (0..size).map(text).collect()
}

fn stream(text: &str) -> String {
    format!("{INSTRUMENTATION}{text}")
}

/// A List with the Instrumentation; `tag` is of its items.
fn list(tag: &str, items: &str) -> String {
    let instrumentation = item(INSTRUMENTATION.trim_end_matches("---\n"));
    format!("apiVersion: v1\nkind: List\nitems:{tag}\n{instrumentation}{items}")
}

fn item(text: &str) -> String {
    format!("- {}\n", text.trim_end().replace('\n', "\n  "))
}

/// The text with its injection, for which only the Instrumentation changes later.
fn stale(text: &str) -> String {
    let injected = edited(text, &injection(text, &settings(0)).edits[0]);
    assert_ne!(injected, text, "what was to be injected");
    injected.replacen("collector:4318", "other:4318", 1)
}

fn container(rest: &str) -> String {
    format!("      - name: app\n        image: app:1\n{rest}")
}

fn containers(size: usize) -> String {
    each(size, |number| format!("      - name: c{number}\n        image: app:1\n"))
}

/// A Deployment that asks for Node.js.
fn pod(containers: &str, rest: &str, annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  template:\n    \
         metadata:\n      annotations:\n        instrumentation.opentelemetry.io/inject-nodejs: 'true'\n{annotations}    \
         spec:\n      containers:\n{containers}{rest}"
    )
}

fn named(number: usize) -> String {
    pod(&container(""), "", "").replace("name: web", &format!("name: web{number}"))
}

fn settings(rules: usize) -> Settings {
    let rule = |number: usize| json!({"select": {"names": [format!("web{number}")]}, "inject": {"language": "nodejs"}});
    let rules: Vec<_> = (0..rules).map(rule).collect();
    let spec = if rules.is_empty() { json!({}) } else { json!({ "rules": rules }) };
    let config = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "spec": spec});
    function::parse(&config).expect("a config").0
}

fn injection(text: &str, settings: &Settings) -> Output {
    inject(&[Source { file: None, text: text.as_bytes(), role: Role::Stream }], settings)
}

fn fastest(text: &str, settings: &Settings) -> Duration {
    let run = |_| {
        let start = Instant::now();
        black_box(injection(text, settings));
        start.elapsed()
    };
    (0..RUNS).map(run).min().unwrap_or_default()
}

fn main() -> io::Result<()> {
    let out = &mut io::stdout().lock();
    writeln!(out, "| what | from | time | twice | four times |\n|---|---|---|---|---|")?;
    for Row { what, least, text, rules } in ROWS {
        let times: Vec<f64> = (0..=DOUBLINGS)
            .map(|doubling| {
                let size = least << doubling;
                fastest(&text(size), &settings(rules(size))).as_secs_f64()
            })
            .collect();
        let ratios: Vec<String> = times[1..].iter().map(|time| format!("{:.2}", time / times[0])).collect();
        writeln!(out, "| {what} | {least} | {:.1} ms | {} |", times[0] * 1000.0, ratios.join(" | "))?;
    }
    Ok(())
}
