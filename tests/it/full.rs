//! Findings below their source lines: what is shown of them, and what never is.

use std::borrow::Cow;

use otel_inject::config::Settings;
use otel_inject::finding::Finding;
use otel_inject::report::{Format, Paint, Run, Texts, View};
use otel_inject::{Role, Source, inject};
use proptest::prelude::*;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION, World, input};

struct Text<'t>(&'t [u8]);

impl Texts for Text<'_> {
    fn text(&self, _file: Option<&str>) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.0))
    }
}

fn found(text: &[u8], role: Role) -> Vec<Finding> {
    inject(&[Source { file: None, text, role }], &Settings::default()).findings
}

/// The report on a stream, in a terminal of that many columns.
fn wide(text: &str, width: usize) -> String {
    let findings = found(text.as_bytes(), Role::Stream);
    let view = View { width, texts: &Text(text.as_bytes()), ..View::plain(Run::default(), &findings) };
    Format::Full.report(&view)
}

fn full(text: &str) -> String {
    wide(text, 80)
}

/// A stream whose workload names an Instrumentation that there is not.
fn lost() -> String {
    input().replace("\"true\"", "shop/none")
}

#[test]
fn a_finding_underlines_the_value_that_is_wrong() {
    insta::assert_snapshot!("full-value", full(&lost()));
    insta::assert_snapshot!("full-key", full(&input().replace("inject-nodejs", "inject-node")));
}

#[test]
fn a_second_place_is_underlined_too() {
    let repeated = input()
        .replace("          image: \"app:1\" # pinned\n", "          image: a:1\n          name: other\n");
    insta::assert_snapshot!("full-duplicate-key", full(&repeated));
}

#[test]
fn lines_fit_the_terminal() {
    let padded = lost().replace("shop/none", &format!("shop/none # {}", "and so on ".repeat(30)));
    insta::assert_snapshot!("full-80-columns", wide(&padded, 80));
    insta::assert_snapshot!("full-200-columns", wide(&padded, 200));
}

#[test]
fn columns_are_those_of_the_screen() {
    let flow = "metadata: {labels: {名前: 値が長い, e\u{301}: '\t'}, annotations: {instrumentation.opentelemetry.io/inject-nodejs: shop/none}}";
    let block = DEPLOYMENT.split_once("    metadata:\n      labels").expect("a template").0;
    let containers = DEPLOYMENT.split_once("    spec:\n").expect("a template").1;
    insta::assert_snapshot!(
        "full-wide-characters",
        full(&format!("{block}    {flow}\n    spec:\n{containers}"))
    );
}

#[test]
fn line_ends_of_windows_are_not_shown() {
    assert_eq!(full(&lost().replace('\n', "\r\n")), full(&lost()));
}

/// The stream as JSON on one line.
fn on_one_line(text: &str, more: &str) -> String {
    let documents =
        text.split("---\n").map(|one| serde_yaml::from_str::<otel_inject::value::Value>(one).expect("YAML"));
    let items = documents.map(|item| item.to_string()).collect::<Vec<_>>().join(",");
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{items}{more}]}}\n")
}

#[test]
fn a_line_as_long_as_the_text_is_cut_around_the_span() {
    insta::assert_snapshot!("full-one-line", full(&on_one_line(&lost(), "")));
    let many = format!(
        ",{}",
        vec![r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#; 5000].join(",")
    );
    insta::assert_snapshot!("full-long-line", full(&on_one_line(&lost(), &many)));
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2\n";

#[test]
fn no_line_of_a_secret_is_shown() {
    // It cannot be read at the line of the password.
    let broken = format!("{}---\n{SECRET}  other: 'hunter2\n", input());
    insta::assert_snapshot!("full-broken-secret", full(&broken));
    // Other documents of the stream are shown as ever.
    assert!(
        full(&format!("{}---\n{SECRET}", lost()))
            .starts_with(full(&lost()).split("otel-inject:").next().expect("a block"))
    );
    // Nor what stands beside the span on the line of a list that has one.
    let beside = on_one_line(
        &lost(),
        ",{\"kind\":\"Secret\",\"stringData\":{\"password\":\"hunter2\"},\"apiVersion\":\"v1\"}",
    );
    insta::assert_snapshot!("full-beside-a-secret", full(&beside));
}

#[test]
fn no_line_of_a_secret_is_shown_however_it_is_written() {
    // Dashes that are no document marker; a line break that is none for us; aliases from and into a Secret.
    let dashes = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n---x: 1\n  password: hunter2\n  other: [hunter2\n";
    let pem = "apiVersion: v1\nkind: Secret\nstringData:\n-----BEGIN PRIVATE KEY-----: x\n  password: hunter2\n  password: 'hunter2\n";
    let asking = "instrumentation.opentelemetry.io/inject-java: \"true\"";
    let returns = format!(
        "apiVersion: v1\nkind: List\nitems:\n- kind: Deployment\r  apiVersion: apps/v1\r  metadata:\r    name: w\r  spec:\r    \
         template:\r      metadata:\r        annotations:\r          {asking}\r- kind: Secret\r  apiVersion: v1\r  \
         stringData:\r    p: hunter2\r\n"
    );
    let between = format!(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: a}}\n  spec:\n    \
         template:\n      spec: &pod\n        containers:\n        - name: app\n- {{apiVersion: v1, kind: Secret, metadata: \
         {{name: s}}, stringData: {{password: hunter2}}}}\n- {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: b}}, spec: \
         {{template: {{metadata: {{annotations: {{{asking}, instrumentation.opentelemetry.io/container-names: x}}}}, spec: \
         *pod}}}}}}\n- apiVersion: opentelemetry.io/v1alpha1\n  kind: Instrumentation\n  metadata: {{name: i}}\n"
    );
    let into = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  stringData: &d\n    \
                password: hunter2\n    instrumentation.opentelemetry.io/inject-java: lost # hunter2\n- apiVersion: apps/v1\n  kind: \
                Deployment\n  metadata: {name: b}\n  spec:\n    template:\n      metadata:\n        annotations: *d\n      spec: \
                {containers: [{name: app}]}\n";
    for text in [dashes, pem, &returns, &between, into] {
        let report = full(text);
        assert!(!report.contains("hunter2"), "{report}");
        assert!(report.contains(" stdin:"), "{report}");
    }
    // In another encoding a Secret has other bytes.
    let text: Vec<u8> =
        "kind: Secret\npassword: hunter2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [[&[0xff, 0xfe], text.as_slice()].concat(), text] {
        let findings = found(&text, Role::Stream);
        let report =
            Format::Full.report(&View { texts: &Text(&text), ..View::plain(Run::default(), &findings) });
        assert!(!report.contains('^') && !report.contains("hunter"), "{report}");
    }
}

#[test]
fn an_item_names_its_file() {
    let items = lost().replace(
        "metadata:\n  name: web # the shop",
        "metadata:\n  annotations: {config.kubernetes.io/path: base/web.yaml}\n  name: web",
    );
    let items: Vec<String> = items
        .split("---\n")
        .map(|item| {
            item.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen("  ", "- ", 1)
        })
        .collect();
    let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items.concat());
    let run = World::new().run(&["--format", "full"], &list);
    insta::assert_snapshot!("full-item", run.stderr);
}

#[test]
fn people_read_full_reports_on_terminals_and_lines_elsewhere() {
    let world = World::new();
    let lines = world.run(&["check"], &lost()).stdout;
    assert!(lines.starts_with("error[instrumentation-not-found] "), "{lines}");
    assert_eq!(world.run(&["check", "--format", "concise"], &lost()).stdout, lines);
    let shown = world.run(&["check", "--format", "full"], &lost()).stdout;
    assert!(shown.contains("^^^^^^^^^ Deployment web\n"), "{shown}");
    assert_eq!((Format::Human.on(true), Format::Human.on(false)), (Format::Full, Format::Concise));
    assert_eq!(Format::Json.on(true), Format::Json);
}

#[test]
fn colour_is_as_asked() {
    let coloured = |world: World, args: &[&str]| {
        let run = world.run(&[&["check"], args].concat(), &lost());
        [run.stdout, run.stderr].concat().contains('\u{1b}')
    };
    let forced = || World::new().with_env("CLICOLOR_FORCE", "1");
    for format in ["full", "concise"] {
        let format = ["--format", format];
        let with = |color: &'static str| [&format[..], &["--color", color]].concat();
        assert!(!coloured(World::new(), &format));
        assert!(coloured(World::new(), &with("always")));
        assert!(coloured(World::new().with_env("NO_COLOR", "1"), &with("always")));
        assert!(coloured(forced(), &format));
        assert!(coloured(forced(), &with("auto")));
        assert!(!coloured(forced(), &with("never")));
    }
    let diff =
        |args: &[&str]| World::new().run(&[&["diff"], args].concat(), &input()).stdout.contains('\u{1b}');
    assert!(!diff(&[]));
    assert!(diff(&["--color", "always"]));
}

#[test]
fn the_config_and_the_context_are_shown_too() {
    let world = World::new();
    world
        .file("otel-inject.yaml", "apiVersion: otel-inject.dev/v1\nkind: OtelInject\nspec:\n  onEror: skip\n")
        .file("web.yaml", DEPLOYMENT)
        .file("instrumentation.yaml", &INSTRUMENTATION.replace("exporter", "exporters"));
    let run = world.run(&["check", "--format", "full", "web.yaml"], "");
    insta::assert_snapshot!("full-config", run.stdout);
    let context =
        ["check", "--no-config", "--format", "full", "--context", "instrumentation.yaml", "web.yaml"];
    insta::assert_snapshot!("full-context", world.run(&context, "").stdout);
}

fn document() -> impl Strategy<Value = String> {
    let secret = prop::sample::select(vec![
        SECRET.to_owned(),
        format!("{SECRET}  other: 'hunter2\n"),
        format!("{SECRET} x: hunter2\n"),
        SECRET.replace("  password: ", "  password: [hunter2, "),
        SECRET
            .replace("kind: Secret", "\"kind\": \"\\x53ecret\"")
            .replace("metadata: {name: s}", "metadata: {"),
        "{\"kind\": \"Secret\", \"apiVersion\": \"v1\", \"data\": {\"password\": \"hunter2\"}, {}\n"
            .to_owned(),
    ]);
    let item = ",{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"data\":{\"password\":\"hunter2\"}}";
    prop_oneof![
        secret,
        Just(lost()),
        Just(on_one_line(&lost(), item)),
        Just(on_one_line(&lost(), &format!("{item}]"))),
        Just(DEPLOYMENT.replace("labels: {app: web}", "labels: {app: web")),
        "[ -~\n]{0,80}",
    ]
}

proptest! {
    /// Whatever is wrong with a stream that has Secrets.
    #[test]
    fn no_report_shows_a_secret(documents in prop::collection::vec(document(), 1..5), crlf: bool) {
        let text = documents.join("\n---\n");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let report = full(&text);
        prop_assert!(!report.contains("hunter2"), "{}", report);
    }

    /// Whatever the bytes are, and wherever a finding points.
    #[test]
    fn any_text_can_be_shown(
        text in prop::collection::vec(any::<u8>(), 0..200),
        line in 0..9_usize, column in 0..90_usize, length in 0..20_usize,
    ) {
        let mut findings = found(&text, Role::Stream);
        for finding in &mut findings {
            finding.position = finding.position.take().map(|mut position| {
                (position.line, position.column, position.end_column) = (line, column, column + length);
                position
            });
        }
        let view = View { paint: Paint::Plain, texts: &Text(&text), ..View::plain(Run::default(), &findings) };
        let report = Format::Full.report(&view);
        prop_assert!(report.chars().all(|one| one == '\n' || !one.is_control()), "{:?}", report);
    }
}
