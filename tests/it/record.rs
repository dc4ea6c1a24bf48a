//! The record of an injection: the way back is exact, and a refresh is what a first run would write.

#![allow(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::sync::LazyLock;

use otel_inject::change::Change;
use otel_inject::config::{FilesBy, Settings};
use otel_inject::finding::{Code, Finding, Severity};
use otel_inject::plan::record::ANNOTATION;
use otel_inject::value::{Value, json};
use otel_inject::yaml::{Document, edited, split_documents};
use otel_inject::{Role, inject, uninject};
use proptest::prelude::{ProptestConfig, proptest};
use rayon::prelude::*;

use crate::common::edits::{EDITS, Injection, Rewrite, WAYS, by_json, by_yaml, is_same};
use crate::common::{Task, documents, done, vectors};

fn run_with(task: Task, text: &str, settings: &Settings) -> (String, Vec<Finding>) {
    done(task, text, Role::Stream, "", settings)
}

/// The default settings with each delivery.
static DELIVERED: LazyLock<[Settings; 2]> = LazyLock::new(|| {
    [FilesBy::Init, FilesBy::ImageVolume].map(|by| {
        let mut settings = Settings::default();
        settings.delivery.default = by;
        settings
    })
});

fn run(task: Task, text: &str) -> (String, Vec<Finding>) {
    run_with(task, text, &Settings::default())
}

fn has(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Every `step`-th of the recorded pods.
fn sample(step: usize) -> Vec<(String, String)> {
    vectors().into_iter().step_by(step).collect()
}

/// The text after a first run, where that injects something.
fn injected(input: &str) -> Option<String> {
    injected_by(FilesBy::Init, input)
}

fn injected_by(by: FilesBy, input: &str) -> Option<String> {
    let (injected, findings) = run_with(inject, input, &DELIVERED[by as usize]);
    // A collector that an annotation does not want goes for good.
    let is_removal = has(&findings, Code::Uninjected);
    (injected != input && has(&findings, Code::Injected) && !is_removal).then_some(injected)
}

#[test]
fn every_vector_leads_back_to_its_bytes() {
    let tried: Vec<String> = vectors()
        .into_par_iter()
        .filter_map(|(name, input)| {
            let injected = injected(&input)?;
            let (again, findings) = run(inject, &injected);
            assert_eq!(again, injected, "{name}: {findings:?}");
            assert!(has(&findings, Code::UpToDate), "{name}: {findings:?}");
            let (before, findings) = run(uninject, &injected);
            assert!(has(&findings, Code::Uninjected), "{name}: {findings:?}");
            (before != input).then_some(name)
        })
        .collect();
    assert!(tried.is_empty(), "{tried:?}");
}

const INSTRUMENTATION: &str = "\
---
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: default}
spec: {exporter: {endpoint: 'http://collector:4317'}, env: [{name: TEAM, value: shop}]}
";

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: 'true'
    spec:
      containers:
        - name: app # ours
          image: web:1
          env: # the application's
            # how loud it is
            - name: LEVEL
              value: info
            - name: NODE_OPTIONS
              value: --max-old-space-size=256
";

fn both(workload: &str) -> String {
    format!("{workload}{INSTRUMENTATION}")
}

#[test]
fn comments_and_layout_come_back() {
    let flow = "{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: \
                {instrumentation.opentelemetry.io/inject-java: 'true'}}, \
                spec: {containers: [{name: a, image: 'x:1'}]}} # last\n";
    let windows = both(WORKLOAD).replace('\n', "\r\n");
    let unended = format!("{INSTRUMENTATION}---\n{}", WORKLOAD.trim_end());
    // As sops writes a value that it encrypts.
    let encrypted =
        both(&WORKLOAD.replace("name: app", "name: 'ENC[AES256_GCM,data:eg==,iv:Yw=,tag:Qw==,type:str]'"));
    for text in [both(WORKLOAD), both(flow), windows, unended, encrypted] {
        let injected = injected(&text).expect("an injection");
        assert_eq!(run(uninject, &injected).0, text);
    }
}

#[test]
fn what_was_there_in_place_of_a_list_comes_back_to_the_letter() {
    let (head, _) = WORKLOAD.split_once("          env").expect("variables");
    let forms = [
        "",
        " ",
        " []",
        " [ ]",
        " ~",
        " null",
        " Null",
        "   []",
        " [] # none",
        " # none",
        "\n          # nor these",
        "\n            []",
        "\n\n            []",
        " # none\n            []",
        "\n            # none\n            []",
    ];
    for env in forms {
        for mounts in forms {
            let text = both(&format!(
                "{head}          env:{env}\n          volumeMounts:{mounts}\n          tty: true\n"
            ));
            let injected = injected(&text).expect("an injection");
            assert_eq!(run(uninject, &injected).0, text);
        }
    }
    // A comment behind one on a line of its own stays, on a line of its own.
    let text = both(&format!("{head}          env:\n            [] # none\n          tty: true\n"));
    let back = run(uninject, &injected(&text).expect("an injection")).0;
    assert_eq!(documents(&back).expect("documents"), documents(&text).expect("documents"));
    assert!(back.contains("# none\n"), "{back}");
    let pod = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"p\", \"annotations\": \
               {\"instrumentation.opentelemetry.io/inject-java\": \"true\"}}, \"spec\": {\"initContainers\":[], \"volumes\": null, \
               \"containers\": [{\"name\": \"a\", \"image\": \"x:1\", \"env\": [ ]}]}}\n";
    let text = both(pod);
    assert_eq!(run(uninject, &injected(&text).expect("an injection")).0, text);
}

#[test]
fn a_moved_variable_comes_back_behind_a_block_scalar_with_its_comment() {
    let text = both(&WORKLOAD.replace(
        "            - name: NODE_OPTIONS\n",
        "            - name: SCRIPT\n              value: |\n                echo\n            # known\n            - name: \
         OTEL_RESOURCE_ATTRIBUTES\n              value: a=b\n            - name: NODE_OPTIONS\n",
    ));
    assert!(text.contains("# known"));
    assert_eq!(run(uninject, &injected(&text).expect("an injection")).0, text);
}

#[test]
fn a_block_scalar_that_has_moved_to_the_end_leaves_a_text_without_its_last_line_break() {
    for head in ["|", "|-", ">", ">-"] {
        let workload = WORKLOAD.replace(
            "            - name: NODE_OPTIONS\n",
            &format!(
                "            - name: OTEL_RESOURCE_ATTRIBUTES\n              value: {head}\n                a=b\n            \
                 - name: NODE_OPTIONS\n"
            ),
        );
        let workload = workload.replace("inject-nodejs", "inject-sdk");
        let text = format!("{INSTRUMENTATION}---\n{} # last", workload.trim_end());
        let injected = injected(&text).expect("an injection");
        assert!(!injected.ends_with('\n'), "{injected}");
        assert_eq!(run_with(inject, &injected, &DELIVERED[FilesBy::Init as usize]).0, injected);
        assert_eq!(run(uninject, &injected).0, text);
    }
}

#[test]
fn a_wrapped_string_comes_back_in_its_lines() {
    let wrapped = WORKLOAD.replace(
        "value: --max-old-space-size=256\n",
        "value: \"--max-old-space-size=256 \\\n                \"\n",
    );
    assert_ne!(wrapped, WORKLOAD);
    let text = both(&wrapped);
    assert_eq!(run(uninject, &injected(&text).expect("an injection")).0, text);
}

#[test]
fn the_record_is_small_and_says_where_it_is_from() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let value = documents(&injected).expect("documents").remove(0);
    let record = value["metadata"]["annotations"][ANNOTATION].as_str().expect("a record");
    assert!(record.len() < 1024, "{} bytes", record.len());
    assert!(record.starts_with("{\"v\":1,\"from\":[\"Instrumentation default\"]"), "{record}");
    assert!(!record.contains("info") && !record.contains("256"), "a value of the user's: {record}");
}

#[test]
fn a_record_that_no_api_server_takes_is_said() {
    let names: Vec<String> = (0..700).map(|number| format!("container-{number}")).collect();
    let containers: String =
        names.iter().map(|name| format!("        - name: {name}\n          image: web:1\n")).collect();
    let (head, _) = WORKLOAD.split_once("        - name: app").expect("a container");
    let list =
        format!("{}'\n        instrumentation.opentelemetry.io/container-names: {}", "true", names.join(","));
    let text = both(&format!("{}{containers}", head.replace("true'", &list)));
    let (_, findings) = run(inject, &text);
    assert!(has(&findings, Code::Injected) && has(&findings, Code::RecordTooLarge), "{findings:?}");
    assert!(!has(&run(inject, &both(WORKLOAD)).1, Code::RecordTooLarge));
    let settings = Settings { record: otel_inject::config::Recording::None, ..Settings::default() };
    assert!(!has(&run_with(inject, &text, &settings).1, Code::RecordTooLarge));
}

const COLLECTOR: &str = "\
---
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: sidecar}
spec:
  mode: sidecar
  volumes: [{name: certs, secret: {secretName: certs}}]
  volumeMounts: [{name: certs, mountPath: /certs}]
  config:
    receivers: {otlp: {protocols: {grpc: {}}}}
    exporters: {otlp: {endpoint: 'gateway:4317'}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}}
";

/// The workload with a sidecar, and with an agent where `is_instrumented`.
fn beside(is_instrumented: bool) -> String {
    let asks = "        sidecar.opentelemetry.io/inject: 'true'\n";
    let nodejs = "        instrumentation.opentelemetry.io/inject-nodejs: 'true'\n";
    let asks = if is_instrumented { format!("{asks}{nodejs}") } else { asks.to_owned() };
    format!("{}{COLLECTOR}", both(&WORKLOAD.replace(nodejs, &asks)))
}

#[test]
fn a_sidecar_comes_and_goes_with_and_without_an_agent() {
    for is_instrumented in [false, true] {
        let text = beside(is_instrumented);
        let injected = injected(&text).expect("an injection");
        assert_eq!(run(inject, &injected).0, injected);
        assert_eq!(run(uninject, &injected).0, text);
        // What it came from is not needed.
        let alone = injected.replace(COLLECTOR, "");
        let (kept, findings) = run(inject, &alone);
        assert_eq!(kept, alone);
        let finding = findings.iter().find(|finding| finding.code == Code::NoCollector).expect("a warning");
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.message.starts_with("kept the existing injection from "), "{}", finding.message);
        assert_eq!(run(uninject, &alone).0, text.replace(COLLECTOR, ""));
        let renewed =
            run(inject, &injected.replace("{endpoint: 'gateway:4317'}", "{endpoint: 'other:4317'}"));
        let anew = run(inject, &text.replace("gateway:4317", "other:4317"));
        assert_eq!(renewed.0, anew.0);
        assert!(has(&renewed.1, Code::Updated), "{:?}", renewed.1);
    }
}

#[test]
fn one_of_two_is_added_to_the_other() {
    let text = beside(true);
    let whole = injected(&text).expect("an injection");
    for switch in ["sidecar.opentelemetry.io/inject", "instrumentation.opentelemetry.io/inject-nodejs"] {
        let off = |text: &str, value: &str| {
            let [before, after] = if value == "false" { ["true", "false"] } else { ["false", "true"] };
            text.replace(&format!("{switch}: '{before}'"), &format!("{switch}: '{after}'"))
        };
        let first = injected(&off(&text, "false")).expect("an injection of the other");
        let (both, findings) = run(inject, &off(&first, "true"));
        assert_eq!(both, whole, "{switch}");
        assert!(has(&findings, Code::Updated), "{findings:?}");
    }
}

#[test]
fn a_sidecar_that_nothing_asks_for_is_stale() {
    let text = beside(false);
    let injected = injected(&text).expect("an injection");
    let unasked =
        |text: &str| text.replace("        sidecar.opentelemetry.io/inject: 'true'\n", "        a: b\n");
    let (after, findings) = run(inject, &unasked(&injected));
    assert_eq!(after, unasked(&injected));
    assert!(has(&findings, Code::StaleInjection), "{findings:?}");
    assert_eq!(run(uninject, &unasked(&injected)).0, unasked(&text));
}

/// The record's text in an injected stream.
fn record_of(text: &str) -> &str {
    let start = text.find(ANNOTATION).expect("a record");
    text[start..].lines().next().expect("a line")
}

#[test]
fn an_injection_that_is_current_stays() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let (text, findings) = run(inject, &injected);
    assert_eq!(text, injected);
    assert!(has(&findings, Code::UpToDate) && !has(&findings, Code::Updated), "{findings:?}");
}

#[test]
fn an_update_names_what_changes() {
    let text = both(WORKLOAD);
    let injected = injected(&text).expect("an injection");
    let cases = [
        (
            "http://collector:4317",
            "http://elsewhere:4317",
            "app: OTEL_EXPORTER_OTLP_ENDPOINT changed from \"http://collector:4317\" to \"http://elsewhere:4317\"",
        ),
        ("image: web:1", "image: web:2", "app: OTEL_RESOURCE_ATTRIBUTES changed"),
        ("env: [{name: TEAM, value: shop}]", "env: []", "app: TEAM removed"),
    ];
    for (before, after, message) in cases {
        let edited = |text: &str| {
            let at = text.find(if before.contains("collector") { "kind: Instrumentation" } else { before });
            let (head, tail) = text.split_at(at.expect("the place"));
            format!("{head}{}", tail.replacen(before, after, 1))
        };
        let (second, findings) = run(inject, &edited(&injected));
        let finding = findings.iter().find(|finding| finding.code == Code::Updated).expect("an update");
        assert_eq!(finding.message, message);
        assert_eq!(second, run(inject, &edited(&text)).0, "{before}");
        assert!(!has(&findings, Code::EditedInjection), "{findings:?}");
    }
}

#[test]
fn what_is_ours_and_was_edited_is_written_again_and_named() {
    let text = both(WORKLOAD);
    let injected = injected(&text).expect("an injection");
    let edits = [
        (":0.78.0", ":0.78.0-mirrored", "initContainers[opentelemetry-auto-instrumentation-nodejs]"),
        ("sizeLimit: 200Mi", "medium: Memory", "volumes[opentelemetry-auto-instrumentation-nodejs]"),
        ("value: web\n", "value: other\n", "containers[app].env[OTEL_SERVICE_NAME]"),
        ("autoinstrumentation.js", "own.js", "containers[app].env[NODE_OPTIONS]"),
        (
            "              mountPath: /otel-auto-instrumentation-nodejs\n      ",
            "              mountPath: /elsewhere\n      ",
            "containers[app].volumeMounts[/otel-auto-instrumentation-nodejs]",
        ),
    ];
    for (before, after, place) in edits {
        assert!(injected.contains(before), "{before} in {injected}");
        let edited = injected.replacen(before, after, 1);
        let (second, findings) = run(inject, &edited);
        let finding =
            findings.iter().find(|finding| finding.code == Code::EditedInjection).expect("a warning");
        assert!(finding.message.ends_with(place), "{}", finding.message);
        assert!(has(&findings, Code::Updated), "{findings:?}");
        let is_lost = ["own.js", "/elsewhere"].contains(&after.trim().trim_start_matches("mountPath: "));
        assert_eq!(second == injected, !is_lost, "{place}: what is not ours any more is the user's");
        assert!(has(&run(uninject, &edited).1, Code::EditedInjection), "{place}");
        // The third run finds nothing to do.
        let (third, findings) = run(inject, &second);
        assert_eq!(third, second, "{place}");
        assert!(!has(&findings, Code::EditedInjection), "{findings:?}");
        let mut settings = Settings::default();
        settings.severities.insert(Code::EditedInjection, Some(Severity::Error));
        let (stopped, findings) = run_with(inject, &edited, &settings);
        assert_eq!(stopped, edited, "{place}");
        assert!(is_refused(&findings), "{findings:?}");
    }
}

#[test]
fn what_is_ours_and_was_deleted_comes_again() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let variable = "            - name: OTEL_METRICS_EXPORTER\n              value: otlp\n";
    assert!(injected.contains(variable));
    let (text, findings) = run(inject, &injected.replacen(variable, "", 1));
    assert_eq!(text, injected);
    assert!(has(&findings, Code::EditedInjection) && has(&findings, Code::Updated), "{findings:?}");
    let (text, findings) = run(uninject, &injected.replacen(variable, "", 1));
    assert_eq!(text, both(WORKLOAD));
    assert!(has(&findings, Code::EditedInjection), "{findings:?}");
}

#[test]
fn the_users_part_of_a_string_may_change_on_both_sides_of_ours() {
    let text = both(WORKLOAD);
    let injected = injected(&text).expect("an injection");
    let edited = injected.replacen("=256 --require", "=512 --require", 1).replacen(
        "autoinstrumentation.js",
        "autoinstrumentation.js --no-warnings",
        1,
    );
    let (before, findings) = run(uninject, &edited);
    assert_eq!(before, text.replace("size=256", "size=512 --no-warnings"));
    assert!(!has(&findings, Code::EditedInjection), "{findings:?}");
}

#[test]
fn a_container_that_is_gone_or_renamed_is_told_apart() {
    let two = WORKLOAD.replace(
        "inject-nodejs: 'true'",
        "inject-nodejs: 'true'\n        instrumentation.opentelemetry.io/container-names: app,other",
    );
    let two = both(&format!("{two}        - name: other\n          image: other:1\n"));
    let injected = injected(&two).expect("an injection");
    // Renamed: the only one that has all of it.
    let rename =
        |text: &str| text.replace("- name: other\n", "- name: second\n").replace("app,other", "app,second");
    let (second, findings) = run(inject, &rename(&injected));
    assert!(has(&findings, Code::Updated), "{findings:?}");
    assert_eq!(second, run(inject, &rename(&two)).0);
    assert_eq!(run(uninject, &rename(&injected)).0, rename(&two));
    // Gone.
    let start = injected.find("        - name: other\n").expect("the container");
    let rest = &injected[start + 1..];
    let end = rest.find("      initContainers:").expect("what follows");
    let gone = format!("{}{}", &injected[..start], &rest[end..]).replace("app,other", "app");
    let (text, findings) = run(uninject, &gone);
    assert!(has(&findings, Code::Uninjected) && !is_refused(&findings), "{findings:?}");
    assert_eq!(
        text,
        both(&WORKLOAD.replace(
            "inject-nodejs: 'true'",
            "inject-nodejs: 'true'\n        instrumentation.opentelemetry.io/container-names: app",
        ))
    );
    // Renamed and edited: nobody can tell.
    let unclear = rename(&injected).replacen("=other,", "=second,", 1);
    assert_ne!(unclear, rename(&injected));
    for task in [inject as Task, uninject] {
        let (text, findings) = run(task, &unclear);
        assert_eq!(text, unclear);
        let finding = findings.iter().find(|finding| finding.code == Code::InvalidRecord).expect("a refusal");
        assert!(finding.message.contains("\"other\""), "{}", finding.message);
    }
}

#[test]
fn what_nothing_asks_for_is_stale_or_goes() {
    let off = |text: &str| text.replace("nodejs: 'true'", "nodejs: 'false'");
    let injected = off(&injected(&both(WORKLOAD)).expect("an injection"));
    let (text, findings) = run(inject, &injected);
    assert_eq!(text, injected);
    assert!(has(&findings, Code::StaleInjection), "{findings:?}");
    assert_eq!(run(uninject, &injected).0, off(&both(WORKLOAD)));
    let settings = Settings { stale: otel_inject::config::Stale::Remove, ..Settings::default() };
    let (text, findings) = run_with(inject, &injected, &settings);
    assert_eq!(text, off(&both(WORKLOAD)));
    assert!(has(&findings, Code::Uninjected), "{findings:?}");
}

#[test]
fn what_is_no_record_is_refused_with_its_place() {
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let record = record_of(&injected).to_owned();
    let others = [
        "lost",
        "'{}'",
        "'{\"v\":2,\"from\":[],\"in\":{}}'",
        "'{\"v\":1,\"from\":[],\"in\":{\"our\":{}}}'",
        "[1]",
        "1",
    ];
    for other in others {
        let text = injected.replacen(&record, &format!("{ANNOTATION}: {other}"), 1);
        for task in [inject as Task, uninject] {
            let (after, findings) = run(task, &text);
            assert_eq!(after, text);
            let finding =
                findings.iter().find(|finding| finding.code == Code::InvalidRecord).expect("a refusal");
            assert_eq!(finding.position.as_ref().map(|position| position.line), Some(6), "{other}");
        }
    }
}

#[test]
fn an_injection_without_a_record_stays() {
    let settings = Settings { record: otel_inject::config::Recording::None, ..Settings::default() };
    let (injected, findings) = run_with(inject, &both(WORKLOAD), &settings);
    assert!(has(&findings, Code::Injected) && !injected.contains(ANNOTATION));
    let (text, findings) = run(inject, &injected);
    assert_eq!(text, injected);
    let finding =
        findings.iter().find(|finding| finding.code == Code::AlreadyInstrumented).expect("a warning");
    assert_eq!(finding.severity, Severity::Warning);
    let (text, refused) = run(uninject, &injected);
    assert_eq!(text, injected);
    let cannot = refused.iter().find(|finding| finding.code == Code::CannotUninject).expect("a refusal");
    assert_eq!(cannot.message, finding.message);
    // Nothing asks, nothing is said.
    let off = injected.replace("nodejs: 'true'", "nodejs: 'false'");
    for task in [inject as Task, uninject] {
        let (text, findings) = run(task, &off);
        assert_eq!(text, off);
        let said = findings.iter().filter(|finding| finding.code != Code::UnusedInstrumentation);
        assert_eq!(said.count(), 0, "{findings:?}");
    }
}

#[test]
fn a_record_that_is_not_wanted_any_more_goes() {
    let settings = Settings { record: otel_inject::config::Recording::None, ..Settings::default() };
    let injected = injected(&both(WORKLOAD)).expect("an injection");
    let (text, findings) = run_with(inject, &injected, &settings);
    assert_eq!(text, run_with(inject, &both(WORKLOAD), &settings).0);
    assert!(has(&findings, Code::Updated), "{findings:?}");
}

#[test]
fn a_variable_of_a_name_of_ours_is_the_users() {
    let own = WORKLOAD.replace(
        "            - name: LEVEL\n",
        "            - name: OTEL_POD_IP\n              valueFrom: {fieldRef: {fieldPath: status.podIP}}\n            \
         - {name: OTEL_RESOURCE_ATTRIBUTES_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n            \
         - name: LEVEL\n",
    );
    let text = both(&own);
    let injected = injected(&text).expect("an injection");
    assert_eq!(run(inject, &injected).0, injected);
    assert_eq!(run(uninject, &injected).0, text);
}

#[test]
fn a_mount_that_a_clone_took_comes_back_with_its_comments() {
    let text = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations: {instrumentation.opentelemetry.io/inject-nginx: \"true\"}
spec:
  containers:
  - name: nginx
    image: \"nginx:1.27\"
    volumeMounts:
    - {name: static, mountPath: /usr/share/nginx/html}
    # ours, from the shop
    - mountPath: \"/etc/nginx\" # all of it
      name: 'conf'
      # and not to be written
      readOnly: true
    - name: cache
      mountPath: /var/cache
  volumes:
  - {name: static, emptyDir: {}}
  - {name: conf, configMap: {name: conf}}
  - {name: cache, emptyDir: {}}
";
    let flow = text.replace(
        "    - mountPath: \"/etc/nginx\" # all of it\n      name: 'conf'\n      # and not to be written\n      readOnly: true\n",
        "    - {name: 'conf', mountPath: /etc/nginx} # all of it\n",
    );
    assert_ne!(flow, text);
    for text in [both(text), both(&flow), both(&text.replace('\n', "\r\n"))] {
        let injected = injected(&text).expect("an injection");
        assert!(injected.contains("# ours, from the shop"));
        assert_eq!(run(uninject, &injected).0, text);
        let (again, findings) = run(inject, &injected);
        assert_eq!(again, injected, "{findings:?}");
    }
}

/// Something that changes after the first run.
struct Later {
    name: &'static str,
    /// The kind that it changes.
    kind: &'static str,
    /// What it makes of the spec.
    spec: fn(&Value) -> Vec<Change>,
    /// Texts that take the place of others.
    texts: &'static [(&'static str, &'static str)],
}

fn set(spec: &Value, path: &[&str], value: Value) -> Vec<Change> {
    let mut pointer = "/spec".to_owned();
    let mut current = Some(spec);
    for (depth, key) in path.iter().enumerate() {
        pointer = format!("{pointer}/{key}");
        current = current.and_then(|current| current.get(key));
        match current {
            None => {
                let rest = path[depth + 1..].iter().rev();
                return vec![Change::add(pointer, rest.fold(value, |inner, key| json!({(*key): inner})))];
            }
            Some(_) if depth + 1 == path.len() => return vec![Change::replace(pointer, value)],
            Some(_) => {}
        }
    }
    unreachable!("a path has a last key")
}

const LATER: &[Later] = &[
    Later {
        name: "endpoint",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["exporter", "endpoint"], json!("http://elsewhere:4317")),
        texts: &[],
    },
    Later {
        name: "propagators",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["propagators"], json!(["b3multi", "tracecontext"])),
        texts: &[],
    },
    Later {
        name: "sampler",
        kind: "Instrumentation",
        spec: |spec| set(spec, &["sampler"], json!({"type": "traceidratio", "argument": "0.125"})),
        texts: &[],
    },
    Later {
        name: "images",
        kind: "Instrumentation",
        spec: |spec| {
            let languages = ["java", "nodejs", "python", "dotnet", "go", "apacheHttpd", "nginx"];
            let image = |key: &str| set(spec, &[key, "image"], json!(format!("example.com/{key}:9")));
            languages.into_iter().flat_map(image).collect()
        },
        texts: &[],
    },
    Later {
        name: "collector",
        kind: "OpenTelemetryCollector",
        spec: |spec| {
            let mut changes = set(spec, &["image"], json!("example.com/collector:9"));
            changes.extend(set(spec, &["args"], json!({"feature-gates": "+later"})));
            changes
        },
        texts: &[],
    },
    Later {
        name: "configuration",
        kind: "OpenTelemetryCollector",
        spec: |spec| {
            if !spec["config"].is_object() {
                return Vec::new();
            }
            let mut changes =
                set(spec, &["config", "receivers", "otlp~1later"], json!({"protocols": {"http": {}}}));
            let pipelines = spec["config"]["service"]["pipelines"].as_object().into_iter().flatten();
            for (name, _) in pipelines.filter(|(_, pipeline)| pipeline["receivers"].is_array()) {
                let name = name.replace("/", "~1");
                let first = format!("/spec/config/service/pipelines/{name}/receivers/0");
                changes.push(Change::add(first, json!("otlp/later")));
            }
            changes
        },
        texts: &[],
    },
    Later {
        name: "language",
        kind: "Instrumentation",
        spec: |_| Vec::new(),
        texts: &[
            ("inject-nodejs", "inject-other"),
            ("inject-java", "inject-nodejs"),
            ("inject-other", "inject-java"),
            ("nodejs-container-names", "other-container-names"),
            ("java-container-names", "nodejs-container-names"),
            ("other-container-names", "java-container-names"),
        ],
    },
];

/// The text after the change.
fn later(text: &str, later: &Later) -> Option<String> {
    let mut result = String::new();
    for range in split_documents(text.as_bytes()) {
        let document = Document::parse(&text[range]).ok()?;
        let value = document.value().ok()?;
        let changes = match value.get("kind").and_then(Value::as_str) {
            Some(kind) if kind == later.kind => (later.spec)(&value["spec"]),
            _ => Vec::new(),
        };
        result.push_str(&edited(document.source(), &document.splice(&changes).ok()?));
    }
    for (before, after) in later.texts {
        result = result.replace(before, after);
    }
    Some(result)
}

/// Tries edits on a part of the vectors, each with the text kept and written anew.
fn edit(step: usize, all: bool) {
    let tried: usize = sample(step)
        .into_par_iter()
        .enumerate()
        .map(|(index, (name, input))| {
            let by = FilesBy::ALL[index % FilesBy::ALL.len()];
            let Some(injected) = injected_by(by, &input) else { return 0 };
            let injection = Injection {
                settings: &DELIVERED[by as usize],
                ..Injection::of_stream(&name, &input, &injected)
            };
            let mut tried = 0;
            for (number, edit) in EDITS.iter().enumerate() {
                for (way, rewrite) in WAYS.iter().enumerate() {
                    if all || (index + number + way) % WAYS.len() == 0 {
                        tried += usize::from(injection.is_lawful(edit, *rewrite));
                    }
                }
            }
            tried
        })
        .sum();
    println!("{tried} edits");
    assert!(tried > 250, "only {tried} edits");
}

#[test]
fn an_edit_beside_an_injection_is_as_if_it_had_come_first() {
    edit(6, false);
}

#[test]
#[ignore = "takes minutes without optimization"]
fn an_edit_beside_any_injection_is_as_if_it_had_come_first() {
    edit(1, true);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_beside_an_injection_by_chance_is_as_if_it_had_come_first(
        input in crate::common::by_chance::input(),
        edit in proptest::sample::select(EDITS),
        way in proptest::sample::select(&WAYS[..]),
        by in proptest::sample::select(FilesBy::ALL),
    ) {
        let text = input.text();
        if let Some(injected) = injected_by(by, &text) {
            let injection = Injection::of_stream("by chance", &text, &injected);
            Injection { settings: &DELIVERED[by as usize], ..injection }.is_lawful(&edit, way);
        }
    }
}

/// Tries a change of what a vector is injected from: a second run is a first run.
fn try_later(name: &str, input: &str, injected: &str, change: &Later) -> bool {
    let Some(anew) = later(input, change).filter(|anew| anew != input) else { return false };
    let Some(current) = later(injected, change) else { return false };
    let (first, findings) = run(inject, &anew);
    if is_refused(&findings) {
        return false;
    }
    let (second, findings) = run(inject, &current);
    let what = change.name;
    is_same(&second, &first, &format!("{name}, {what}"));
    assert_eq!(has(&findings, Code::Updated), second != current, "{name}, {what}: {findings:?}");
    assert_eq!(run(uninject, &second).0, anew, "{name}, {what}: the way back");
    true
}

fn renew(step: usize) {
    let tried = sample(step).into_par_iter().map(|(name, input)| {
        let Some(injected) = injected(&input) else { return 0 };
        LATER.iter().filter(|change| try_later(&name, &input, &injected, change)).count()
    });
    let tried: usize = tried.sum();
    println!("{tried} changes");
    assert!(tried > 100, "only {tried} changes");
}

#[test]
fn what_has_changed_is_updated() {
    renew(6);
}

#[test]
#[ignore = "takes minutes without optimization"]
fn what_has_changed_is_updated_in_every_vector() {
    renew(1);
}

#[test]
fn an_empty_collection_on_its_line_comes_back_wherever_it_has_moved() {
    let (head, _) = WORKLOAD.split_once("          env").expect("variables");
    let deployment = format!("{head}          env:\n            []\n          tty: true\n");
    let injected = injected(&both(&deployment)).expect("an injection");
    let (workload, _) = injected.split_once("---\n").expect("two documents");
    let as_item = |text: &str| {
        let lines: String = text.lines().map(|line| format!("    {line}\n")).collect();
        format!("apiVersion: v1\nkind: List\nitems:\n  - {}", lines.trim_start())
    };
    assert_eq!(run(uninject, &as_item(workload)).0, as_item(&deployment));
    let windows = workload.replace('\n', "\r\n");
    assert_eq!(run(uninject, &windows).0, deployment.replace('\n', "\r\n"));
    for rewrite in [by_yaml as Rewrite, by_json] {
        let rewritten = rewrite(&documents(workload).expect("documents")).expect("a text");
        let (back, findings) = run(uninject, &rewritten);
        assert!(!is_refused(&findings), "{findings:?}");
        assert_eq!(documents(&back).expect("documents"), documents(&deployment).expect("documents"));
    }
}

#[test]
fn encoded_attributes_are_refreshed_beside_the_users_own() {
    let input = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: default}\nspec: {}\n---\n\
                 apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    \
                 instrumentation.opentelemetry.io/inject-sdk: 'true'\n    \
                 resource.opentelemetry.io/teams: checkout,b\u{fc}ro\nspec:\n  containers:\n  - name: app\n    \
                 image: app:1\n    env:\n    - name: OTEL_RESOURCE_ATTRIBUTES\n      value: own=50%\u{e9}\n";
    let (first, _) = run(inject, input);
    assert!(first.contains("own=50%\u{e9},") && first.contains(",teams=checkout%2Cb%C3%BCro"), "{first}");
    let (again, findings) = run(inject, &first);
    assert_eq!(again, first);
    assert!(has(&findings, Code::UpToDate), "{findings:?}");
    let (other, findings) = run(inject, &first.replace("checkout,b\u{fc}ro", "shop=1"));
    assert!(has(&findings, Code::Updated), "{findings:?}");
    assert!(other.contains("own=50%\u{e9},") && other.contains(",teams=shop%3D1"), "{other}");
    let (before, _) = run(uninject, &first);
    assert_eq!(before, input);
}
