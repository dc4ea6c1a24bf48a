//! The real binary: what goes in, what comes out, and with which exit code.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use otel_inject::value::Value;

use crate::common::binary::{CONFIG_MAP, DEPLOYMENT, INSTRUMENTATION, World, input, run};

/// The documents as items of a `ResourceList`, in block form.
fn resource_list(documents: &[&str], function_config: &str) -> String {
    let indented = |text: &str| -> String { text.lines().map(|line| format!("  {line}\n")).collect() };
    let item = |text: &&str| indented(text).replacen("  ", "- ", 1);
    let items: String = documents.iter().map(item).collect();
    let config = match function_config {
        "" => String::new(),
        config => format!("functionConfig:\n{}", indented(config)),
    };
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}{config}")
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("one YAML document")
}

// The filter

#[test]
fn words_of_yaml_1_1_decide_as_the_booleans_that_they_are() {
    let go = input()
        .replace("inject-nodejs: ", "inject-go: ")
        .replace("    spec:\n", "    spec:\n      shareProcessNamespace: WORD\n");
    let go = go.replace(
        "inject-go: ",
        "otel-go-auto-target-exe: /app\n        instrumentation.opentelemetry.io/inject-go: ",
    );
    for word in ["yes", "On", "y", "TRUE"] {
        let run = run(&[], &go.replace("WORD", word));
        assert_eq!(run.code, 0, "{word}: {}", run.stderr);
        assert!(run.stdout.contains(&format!("shareProcessNamespace: {word}\n")), "{}", run.stdout);
    }
    for word in ["no", "Off", "N", "false"] {
        run(&[], &go.replace("WORD", word)).is_refused_in_silence(1, "go-shared-process-namespace");
    }
}

#[test]
fn a_stream_is_injected() {
    let run = run(&[], &input());
    run.is_injected();
    assert!(run.stderr.ends_with("otel-inject: 1 injected, 0 errors, 0 warnings\n"));
}

#[test]
fn a_second_run_changes_nothing() {
    let first = run(&[], &input());
    let second = run(&[], &first.stdout);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert_eq!(second.stdout, first.stdout);
    assert!(second.stderr.contains("info[up-to-date]"), "{}", second.stderr);
}

#[test]
fn what_holds_no_target_comes_back_byte_for_byte() {
    for text in
        [CONFIG_MAP, "\u{feff}kind: A\r\n---\r\nkind: B", "{\"kind\":\"A\"}", "# c\n---\nkind: A\n...\n"]
    {
        let run = run(&[], text);
        assert_eq!((run.stdout.as_str(), run.code), (text, 0), "{}", run.stderr);
    }
}

#[test]
fn an_error_prints_no_stream() {
    run(&[], DEPLOYMENT).is_refused_in_silence(1, "no-instrumentation");
}

#[test]
fn a_workload_nested_too_deeply_is_a_limit_and_no_syntax_error() {
    let deep = format!("{DEPLOYMENT}status: {}{}\n", "[".repeat(300), "]".repeat(300));
    let refused = run(&[], &deep);
    refused.is_refused_in_silence(1, "limit-exceeded");
    assert!(refused.stderr.contains("nested more than 255 deep"), "{}", refused.stderr);
}

#[test]
fn a_refused_workload_can_be_left_out() {
    let other = DEPLOYMENT.replace("name: web", "name: api").replace("\"true\"", "nowhere/none");
    let text = format!("{}---\n{other}", input());
    run(&[], &text).is_refused_in_silence(1, "instrumentation-not-found");
    let run = run(&["--on-error", "skip"], &text);
    run.is_injected();
    assert!(run.stdout.ends_with(&other), "{}", run.stdout);
    assert!(run.stderr.starts_with("warning[instrumentation-not-found]"), "{}", run.stderr);
}

#[test]
fn an_empty_stream_is_an_error() {
    for text in ["", "\n", "\u{feff}", "---\n", "# only a comment\n"] {
        run(&[], text).is_refused_in_silence(1, "empty-input");
        run(&["--on-error=skip"], text).is_refused_in_silence(1, "empty-input");
    }
}

#[test]
fn an_input_without_resources_is_an_error() {
    run(&[], "Error: chart not found\n").is_refused_in_silence(1, "empty-input");
}

#[test]
fn an_empty_stream_that_is_allowed_becomes_a_comment() {
    for text in ["", "\n", "---\n", "---"] {
        let run = run(&["--allow-empty"], text);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.ends_with("# otel-inject: the input is empty\n"), "{:?}", run.stdout);
        assert!(run.stdout.starts_with(text), "{:?}", run.stdout);
    }
    assert_eq!(run(&["--allow-empty"], "# c\n").stdout, "# c\n");
}

#[test]
fn what_nothing_asks_for_is_said_on_demand() {
    let plain = DEPLOYMENT.replace("inject-nodejs: \"true\"", "inject-nodejs: \"false\"");
    assert!(!run(&[], &plain).stderr.contains("not-asked"));
    let verbose = run(&["--verbose"], &plain);
    assert_eq!((verbose.code, verbose.stdout.as_str()), (0, plain.as_str()));
    let said = "info[not-asked] 1:1 Deployment web: no annotation, namespace or rule requests an injection\n";
    assert!(verbose.stderr.starts_with(said), "{}", verbose.stderr);
    let world = World::new();
    let config =
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nspec: {severity: {not-asked: error}}\n";
    world.file("strict.yaml", config);
    world.run(&["--config", "strict.yaml"], &plain).is_refused_in_silence(1, "not-asked");
    let other = world.run(&["--config", "strict.yaml"], CONFIG_MAP);
    assert_eq!((other.code, other.stdout.as_str()), (0, CONFIG_MAP));
    world.run(&["--config", "strict.yaml"], &input()).is_injected();
}

#[test]
fn the_namespace_is_a_flag() {
    let elsewhere = input().replace("name: default\n", "name: default\n  namespace: shop\n");
    run(&[], &elsewhere).is_refused_in_silence(1, "no-instrumentation");
    run(&["--namespace", "shop"], &elsewhere).is_injected();
}

// KRM

#[test]
fn a_resource_list_is_injected_and_gets_results() {
    let run = run(&[], &resource_list(&[INSTRUMENTATION, DEPLOYMENT], ""));
    run.is_injected();
    assert!(run.stdout.starts_with("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"));
    let list = yaml(&run.stdout);
    assert_eq!(list["items"].as_array().map(<[_]>::len), Some(2));
    assert_eq!(list["results"][0]["tags"]["code"], "injected");
    assert_eq!(list["results"][0]["severity"], "info");
    assert_eq!(list["results"][0]["resourceRef"]["name"], "web");
}

#[test]
fn a_failing_function_gives_the_items_back() {
    let text = resource_list(&[CONFIG_MAP, DEPLOYMENT], "");
    let run = run(&[], &text);
    run.is_refused(1, "no-instrumentation");
    assert!(run.stdout.starts_with(&text), "{}", run.stdout);
    assert_eq!(yaml(&run.stdout)["results"][0]["severity"], "error");
}

#[test]
fn a_wrong_function_config_fails_and_says_where() {
    let config = "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nspec:\n  onErorr: skip";
    let text = resource_list(&[INSTRUMENTATION, DEPLOYMENT], config);
    let run = run(&[], &text);
    run.is_refused(2, "invalid-config");
    let line = text.lines().position(|line| line.contains("onErorr")).expect("the line") + 1;
    assert!(run.stderr.contains(&format!("error[invalid-config] {line}:")), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean onError?"), "{}", run.stderr);
    let list = yaml(&run.stdout);
    assert_eq!(list["results"][0]["field"]["path"], "spec.onErorr");
    assert_eq!(list["items"].as_array().map(<[_]>::len), Some(2));
}

#[test]
fn a_function_config_is_obeyed() {
    for config in [
        "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nspec:\n  onError: skip",
        "apiVersion: v1\nkind: ConfigMap\ndata: {onError: skip}",
    ] {
        let run = run(&[], &resource_list(&[DEPLOYMENT], config));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(yaml(&run.stdout)["results"][0]["severity"], "warning");
    }
    for config in [
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  instrumentation.exporter.endpoint: http://collector:4318",
        INSTRUMENTATION,
    ] {
        run(&[], &resource_list(&[DEPLOYMENT], config)).is_injected();
    }
}

#[test]
fn a_config_from_two_sides_is_refused() {
    let world = World::new();
    let config = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";
    world.file("config.yaml", config);
    let text = resource_list(&[CONFIG_MAP], config);
    let run = world.run(&["--config", "config.yaml"], &text);
    run.is_refused(2, "invalid-config");
    assert!(run.stdout.starts_with(&text), "{}", run.stdout);
}

#[test]
fn a_resource_list_that_does_not_parse_leaves_stdout_empty() {
    run(&[], "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [\n")
        .is_refused_in_silence(2, "invalid-yaml");
    let second = format!("{}---\nkind: A\n", resource_list(&[CONFIG_MAP], ""));
    run(&[], &second).is_refused_in_silence(2, "invalid-yaml");
}

#[test]
fn a_resource_list_goes_out_as_one_plain_document() {
    let text = resource_list(&[CONFIG_MAP], "");
    for framed in
        [format!("# c\n---\n{text}"), format!("\u{feff}{text}...\n"), format!("%YAML 1.2\n---\n{text}")]
    {
        let run = run(&[], &framed);
        assert_eq!((run.stdout.trim_end(), run.code), (text.trim_end(), 0), "{}", run.stderr);
    }
}

/// Lists with a root as people write it, and what is printed of each: the same bytes.
#[test]
fn a_list_is_printed_whole_however_its_first_key_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/krm-lists");
    let mut lists = 0;
    for entry in fs::read_dir(folder).expect("lists") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a list");
        for run in [run(&[], &text), World::new().run(&["inject", &path.to_string_lossy()], "")] {
            assert_eq!(
                (run.stdout.as_str(), run.code),
                (text.as_str(), 0),
                "{}: {}",
                path.display(),
                run.stderr
            );
        }
        lists += 1;
    }
    assert_eq!(lists, 3);
}

#[test]
fn a_list_is_read_as_it_was_however_its_root_is_written() {
    const VERSION: &str = "apiVersion: config.kubernetes.io/v1\n";
    let indented = |text: &str, by: usize| -> String {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
    };
    let heads = [
        "apiVersion: config.kubernetes.io/v1\n",
        "? apiVersion\n: config.kubernetes.io/v1\n",
        "? &k !!str apiVersion # c\n# d\n: &v config.kubernetes.io/v1beta1\n",
        "&k apiVersion: config.kubernetes.io/v1alpha1\nx: *k\n",
        "!!str apiVersion: config.kubernetes.io/v1\n",
        "\"apiVersion\" : config.kubernetes.io/v1\n",
    ];
    let prologues = [
        "",
        "# c\n",
        "\u{feff}",
        "\u{feff}# c\n---\n",
        "%YAML 1.2\n---\n",
        "--- # c\n\n",
        "%TAG !e! tag:e.org,2024:\n---\n",
        "--- !!map\n",
        "--- &root\n# c\n",
        "--- !!map &root # c\n",
    ];
    for documents in [&[CONFIG_MAP][..], &[INSTRUMENTATION, DEPLOYMENT, CONFIG_MAP]] {
        let plain = resource_list(documents, "");
        let wanted = yaml(&run(&[], &plain).stdout);
        for head in heads {
            for by in [0, 1, 7] {
                for prologue in prologues {
                    for newline in ["\n", "\r\n"] {
                        let list = format!("{prologue}{}", indented(&plain.replacen(VERSION, head, 1), by));
                        let list = list.replace('\n', newline);
                        let run = run(&[], &list);
                        assert_eq!(run.code, 0, "{}: {list}", run.stderr);
                        let printed = yaml(&run.stdout);
                        for key in ["apiVersion", "kind", "items"] {
                            assert_eq!(printed[key], wanted[key], "{}", run.stdout);
                        }
                        assert_eq!(
                            printed["results"].is_null(),
                            wanted["results"].is_null(),
                            "{}",
                            run.stdout
                        );
                        assert!(!run.stdout.starts_with(['\u{feff}', '%', '#', '-']), "{}", run.stdout);
                    }
                }
            }
        }
    }
}

#[test]
fn a_list_that_depends_on_a_directive_or_has_its_items_twice_is_refused() {
    let list =
        resource_list(&["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: !e!x v}\n"], "");
    run(&[], &format!("%TAG !e! tag:e.org,2024:\n---\n{list}")).is_refused_in_silence(2, "invalid-yaml");
    // The same tag, and another meaning without the directive.
    let other = list.replace("!e!x v", "!!int \"5\"");
    run(&[], &format!("%TAG !! tag:e.org,2024:\n---\n{other}")).is_refused_in_silence(2, "invalid-yaml");
    let twice = format!("{}items: []\n", resource_list(&[CONFIG_MAP], ""));
    run(&[], &twice).is_refused_in_silence(2, "invalid-yaml");
}

#[test]
fn the_version_of_a_list_becomes_v1() {
    let text = resource_list(&[CONFIG_MAP], "");
    for (version, warns) in [("v1beta1", false), ("v1alpha1", false), ("v2", true)] {
        let run = run(&[], &text.replacen("/v1", &format!("/{version}"), 1));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.starts_with(&text), "{}", run.stdout);
        assert_eq!(run.stderr.contains("warning[unknown-resourcelist-version]"), warns, "{}", run.stderr);
    }
    let bare = text.replacen("apiVersion: config.kubernetes.io/v1\n", "", 1);
    assert_eq!(yaml(&run(&[], &bare).stdout)["apiVersion"], "config.kubernetes.io/v1");
}

#[test]
fn results_that_are_there_stay() {
    let theirs = "results:\n- message: theirs # kept\n  severity: info\n";
    let text = format!("{}{theirs}", resource_list(&[DEPLOYMENT], ""));
    let run = run(&[], &text);
    assert!(run.stdout.contains("- message: theirs # kept\n"), "{}", run.stdout);
    let list = yaml(&run.stdout);
    assert_eq!(list["results"][0]["message"], "theirs");
    assert_eq!(list["results"][1]["tags"]["code"], "no-instrumentation");
}

#[test]
fn a_list_in_json_stays_json() {
    let text = resource_list(&[DEPLOYMENT], "");
    let json = serde_json::to_string(&yaml(&text)).expect("JSON");
    let run = run(&[], &json);
    run.is_refused(1, "no-instrumentation");
    let list: Value = serde_json::from_str(&run.stdout).expect("still JSON");
    assert_eq!(list["results"][0]["tags"]["code"], "no-instrumentation");
}

#[test]
fn odd_items_pass_untouched() {
    let kustomization = "resources: [a.yaml]\n";
    let kptfile = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\n";
    let text = resource_list(&[kustomization, kptfile, CONFIG_MAP, CONFIG_MAP], "");
    let run = run(&[], &text);
    assert_eq!((run.stdout.as_str(), run.code), (text.as_str(), 0), "{}", run.stderr);
}

#[test]
fn a_list_without_items_is_fine() {
    let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    let run = run(&[], text);
    assert_eq!((run.stdout.as_str(), run.code), (text, 0), "{}", run.stderr);
}

#[test]
fn a_context_that_cannot_be_read_fails_with_the_items() {
    let text = resource_list(&[DEPLOYMENT], "");
    let run = run(&["--context", "nowhere.yaml"], &text);
    run.is_refused(2, "io");
    assert!(run.stdout.starts_with(&text), "{}", run.stdout);
}

// kustomize's legacy plugins

fn plugin(config: &str) -> World {
    let world = World::new().with_env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", "/somewhere");
    world.file("kust-plugin-config-1", config);
    world
}

#[test]
fn a_plugin_takes_its_config_from_the_first_argument() {
    let config =
        format!("{INSTRUMENTATION}argsOneLiner: --on-error skip\n").replace("argsOneLiner", "status");
    plugin(&config).run(&["kust-plugin-config-1"], DEPLOYMENT).is_injected();
}

#[test]
fn a_plugin_has_an_empty_input_by_right() {
    let config = "apiVersion: v1\nkind: ConfigMap\n";
    let run = plugin(config).run(&["kust-plugin-config-1"], "");
    assert_eq!((run.stdout.as_str(), run.code), ("", 0), "{}", run.stderr);
}

#[test]
fn a_plugins_arguments_are_flags() {
    let config = "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nargsOneLiner: --on-error skip\n";
    let run = plugin(config).run(&["kust-plugin-config-1", "--on-error", "skip"], DEPLOYMENT);
    assert_eq!((run.stdout.as_str(), run.code), (DEPLOYMENT, 0), "{}", run.stderr);
}

#[test]
fn a_plugins_wrong_config_is_found_without_its_made_up_name() {
    let config = "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nspec: {rulez: []}\n";
    let run = plugin(config).run(&["kust-plugin-config-1"], DEPLOYMENT);
    run.is_refused_in_silence(2, "invalid-config");
    assert!(run.stderr.contains("function config:3:"), "{}", run.stderr);
    assert!(!run.stderr.contains("kust-plugin"), "{}", run.stderr);
}

#[test]
fn a_file_argument_without_kustomize_is_a_mistake() {
    let world = World::new();
    world.file("a.yaml", DEPLOYMENT);
    assert_eq!(world.run(&["a.yaml"], DEPLOYMENT).code, 2);
}

// Helm 4

fn helm(kind: &str) -> World {
    let world = World::new();
    world.file("plugin/plugin.yaml", &format!("apiVersion: v1\ntype: {kind}\nname: otel-inject\n"));
    let folder = world.path("plugin").display().to_string();
    world.with_env("HELM_PLUGIN_NAME", "otel-inject").with_env("HELM_PLUGIN_DIR", &folder)
}

#[test]
fn helm_4_is_shown_the_reason() {
    let run = helm("postrenderer/v1").run(&[], DEPLOYMENT);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = yaml(&run.stdout);
    assert!(
        text.as_str().is_some_and(|text| text.starts_with("error[no-instrumentation]")),
        "{}",
        run.stdout
    );
    let usage = helm("postrenderer/v1").run(&["--nonsense"], DEPLOYMENT);
    assert_eq!(usage.code, 0, "{}", usage.stderr);
    assert!(yaml(&usage.stdout).as_str().is_some_and(|text| text.contains("--nonsense")), "{}", usage.stdout);
}

#[test]
fn helm_4_gets_a_stream_where_all_is_well() {
    helm("postrenderer/v1").run(&[], &input()).is_injected();
}

#[test]
fn other_plugins_of_helm_fail_as_usual() {
    helm("cli/v1").run(&[], DEPLOYMENT).is_refused_in_silence(1, "no-instrumentation");
    let other = helm("postrenderer/v1").with_env("HELM_PLUGIN_NAME", "another");
    other.run(&[], DEPLOYMENT).is_refused_in_silence(1, "no-instrumentation");
}

// Files

#[test]
fn files_are_printed_in_order_with_separators() {
    let world = World::new();
    world.file("b.yaml", "kind: B").file("a.yaml", "kind: A\n").file("c.yaml", "---\nkind: C\n");
    let run = world.run(&["inject", "b.yaml", "a.yaml", "c.yaml"], "");
    assert_eq!(
        (run.stdout.as_str(), run.code),
        ("kind: B\n---\nkind: A\n---\nkind: C\n", 0),
        "{}",
        run.stderr
    );
}

#[test]
fn folders_are_walked_by_path_bytes_without_what_is_ignored() {
    let world = World::new();
    world
        .file("m/b/x.yml", "kind: BX\n")
        .file("m/b.yaml", "kind: B\n")
        .file("m/a.json", "{\"kind\": \"A\"}\n")
        .file("m/notes.txt", "kind: TXT\n")
        .file("m/.git/x.yaml", "kind: GIT\n")
        .file("m/out/x.yaml", "kind: OUT\n")
        .file("m/b/.expected/x.yaml", "kind: EXPECTED\n")
        .file("m/.krmignore", "/out\n.expected/\n");
    let run = world.run(&["inject", "m"], "");
    assert_eq!(run.stdout, "{\"kind\": \"A\"}\n---\nkind: B\n---\nkind: BX\n", "{}", run.stderr);
    let again = world.run(&["inject", "m/b.yaml", "m"], "");
    assert_eq!(again.stdout, "kind: B\n---\n{\"kind\": \"A\"}\n---\nkind: BX\n", "{}", again.stderr);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_tree() {
    let world = World::new();
    world.file("outside/x.yaml", "kind: X\n").file("m/a.yaml", "kind: A\n");
    std::os::unix::fs::symlink(world.path("outside"), world.path("m/folder")).expect("a link");
    std::os::unix::fs::symlink(world.path("outside/x.yaml"), world.path("m/x.yaml")).expect("a link");
    assert_eq!(world.run(&["inject", "m"], "").stdout, "kind: A\n");
    let out = World::new();
    out.file("elsewhere/keep", "").file("in/sub/a.yaml", "kind: A\n");
    fs::create_dir(out.path("o")).expect("a folder");
    std::os::unix::fs::symlink(out.path("elsewhere"), out.path("o/sub")).expect("a link");
    out.run(&["inject", "-o", "o", "in"], "").is_refused_in_silence(2, "io");
    assert!(!out.path("elsewhere/a.yaml").exists());
}

#[test]
fn files_see_each_others_resources() {
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/web.yaml", DEPLOYMENT);
    world.run(&["inject", "m"], "").is_injected();
}

#[test]
fn context_is_read_and_not_printed() {
    let world = World::new();
    world.file("instrumentation.yaml", INSTRUMENTATION);
    for args in
        [&["--context", "instrumentation.yaml"][..], &["inject", "-", "--context", "instrumentation.yaml"]]
    {
        let run = world.run(args, DEPLOYMENT);
        run.is_injected();
        assert!(!run.stdout.contains("kind: Instrumentation"), "{}", run.stdout);
    }
}

#[test]
fn a_resource_list_in_a_file_gets_no_results() {
    let world = World::new();
    world.file("list.yaml", &resource_list(&[INSTRUMENTATION, DEPLOYMENT], ""));
    let run = world.run(&["inject", "list.yaml"], "");
    run.is_injected();
    assert!(!run.stdout.contains("results:"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn in_place_writes_changed_files_alone_and_keeps_permissions() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/web.yaml", DEPLOYMENT);
    fs::set_permissions(world.path("m/web.yaml"), fs::Permissions::from_mode(0o640)).expect("permissions");
    let inode = |name: &str| fs::metadata(world.path(name)).expect("a file").ino();
    let (untouched, changed) = (inode("m/instrumentation.yaml"), inode("m/web.yaml"));
    let run = world.run(&["inject", "--in-place", "m"], "");
    assert_eq!((run.stdout.as_str(), run.code), ("", 0), "{}", run.stderr);
    assert!(world.text("m/web.yaml").contains("OTEL_SERVICE_NAME"));
    assert_eq!(inode("m/instrumentation.yaml"), untouched);
    assert_ne!(inode("m/web.yaml"), changed);
    let mode = fs::metadata(world.path("m/web.yaml")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(fs::read_dir(world.path("m")).expect("a folder").count(), 2);
}

#[test]
fn in_place_writes_nothing_when_anything_is_an_error() {
    let world = World::new();
    let other = DEPLOYMENT.replace("\"true\"", "nowhere/none");
    world
        .file("m/instrumentation.yaml", INSTRUMENTATION)
        .file("m/web.yaml", DEPLOYMENT)
        .file("m/z.yaml", &other);
    world.run(&["inject", "--in-place", "m"], "").is_refused_in_silence(1, "instrumentation-not-found");
    assert_eq!(world.text("m/web.yaml"), DEPLOYMENT);
}

#[test]
fn in_place_takes_files_without_resources() {
    let world = World::new();
    world.file("values.yaml", "# nothing yet\n");
    assert_eq!(world.run(&["inject", "--in-place", "values.yaml"], "").code, 0);
}

#[test]
fn a_folder_of_output_holds_all_files() {
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/sub/web.yaml", DEPLOYMENT);
    let run = world.run(&["inject", "-o", "out/deep", "m"], "");
    assert_eq!((run.stdout.as_str(), run.code), ("", 0), "{}", run.stderr);
    assert_eq!(world.text("out/deep/instrumentation.yaml"), INSTRUMENTATION);
    assert!(world.text("out/deep/sub/web.yaml").contains("OTEL_SERVICE_NAME"));
    assert_eq!(world.text("m/sub/web.yaml"), DEPLOYMENT);
}

#[test]
fn two_files_for_one_place_are_refused() {
    let world = World::new();
    world.file("a/x.yaml", "kind: A\n").file("b/x.yaml", "kind: B\n");
    world.run(&["inject", "-o", "out", "a", "b"], "").is_refused_in_silence(2, "io");
    assert!(!world.path("out/x.yaml").exists());
}

#[test]
fn nothing_is_written_where_one_file_cannot_be() {
    let world = World::new();
    world.file("in/a.yaml", "kind: A\n").file("in/z.yaml", "kind: Z\n").file("out/z.yaml/keep", "");
    world.run(&["inject", "-o", "out", "in"], "").is_refused_in_silence(2, "io");
    let names = |folder: &str| -> Vec<_> {
        let entries = fs::read_dir(world.path(folder)).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name()).collect()
    };
    assert_eq!(names("out"), ["z.yaml"]);
    assert_eq!(names("out/z.yaml"), ["keep"]);
}

#[cfg(unix)]
#[test]
fn a_link_among_the_outputs_is_replaced_and_not_followed() {
    let world = World::new();
    world.file("in/a.yaml", "kind: A\n").file("elsewhere.yaml", "kind: MINE\n");
    fs::create_dir(world.path("out")).expect("a folder");
    std::os::unix::fs::symlink(world.path("elsewhere.yaml"), world.path("out/a.yaml")).expect("a link");
    assert_eq!(world.run(&["inject", "-o", "out", "in"], "").code, 0);
    assert_eq!(world.text("elsewhere.yaml"), "kind: MINE\n");
    assert_eq!(world.text("out/a.yaml"), "kind: A\n");
    assert!(!world.path("out/a.yaml").is_symlink());
}

#[cfg(unix)]
#[test]
fn outputs_have_the_permissions_of_their_inputs() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.file("in/instrumentation.yaml", INSTRUMENTATION).file("in/web.yaml", DEPLOYMENT);
    for (name, mode) in [("in/web.yaml", 0o640), ("in/instrumentation.yaml", 0o444)] {
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).expect("permissions");
    }
    assert_eq!(world.run(&["inject", "-o", "out", "in"], "").code, 0);
    let mode = |name: &str| fs::metadata(world.path(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("out/web.yaml"), mode("out/instrumentation.yaml")), (0o640, 0o444));
}

#[cfg(unix)]
#[test]
fn a_report_goes_into_what_is_no_file_and_behind_a_link() {
    let world = World::new();
    world.file("web.yaml", DEPLOYMENT).file("real.txt", "");
    std::os::unix::fs::symlink("/dev/null", world.path("null.txt")).expect("a link");
    let run = world.run(&["inject", "-q", "web.yaml", "--report", "null.txt"], "");
    run.is_refused_in_silence(1, "no-instrumentation");
    assert!(world.path("null.txt").is_symlink());
    assert!(!fs::metadata("/dev/null").expect("a device").is_file());
    std::os::unix::fs::symlink(world.path("real.txt"), world.path("link.txt")).expect("a link");
    assert_eq!(world.run(&["inject", "web.yaml", "--report", "link.txt"], "").code, 1);
    assert!(world.path("link.txt").is_symlink());
    assert!(world.text("real.txt").starts_with("error[no-instrumentation]"));
}

#[test]
fn a_missing_file_is_an_error_of_its_own() {
    let run = run(&["inject", "nowhere.yaml"], "");
    run.is_refused_in_silence(2, "io");
    assert!(run.stderr.contains("cannot read nowhere.yaml: No such file"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff.yaml");
    fs::write(world.folder.path().join(name), "kind: A\n").expect("a file");
    let output = world.command().arg("inject").arg(name).output().expect("the binary runs");
    assert_eq!(output.stdout, b"kind: A\n");
    let output = world.command().args(["inject", "."]).output().expect("the binary runs");
    assert_eq!(output.stdout, b"kind: A\n");
}

// The config file

#[test]
fn a_config_file_is_read_and_its_mistakes_have_a_place() {
    let world = World::new();
    world.file("good.yaml", "# c\n---\napiVersion: v1\nkind: ConfigMap\ndata: {onError: skip}\n");
    let run = world.run(&["--config", "good.yaml"], DEPLOYMENT);
    assert_eq!((run.stdout.as_str(), run.code), (DEPLOYMENT, 0), "{}", run.stderr);
    let flag_wins = world.run(&["--config", "good.yaml", "--on-error", "fail"], DEPLOYMENT);
    flag_wins.is_refused_in_silence(1, "no-instrumentation");
    for (text, place) in [
        ("# c\n---\napiVersion: v1\nkind: ConfigMap\ndata: {onerror: skip}\n", "bad.yaml:5:8"),
        ("apiVersion: v1\nkind: [\n", "bad.yaml:"),
        ("", "bad.yaml:1:1"),
        ("kind: A\n---\nkind: B\n", "bad.yaml:3:1"),
    ] {
        world.file("bad.yaml", text);
        let run = world.run(&["--config", "bad.yaml"], DEPLOYMENT);
        run.is_refused_in_silence(2, "invalid-config");
        assert!(run.stderr.starts_with(&format!("error[invalid-config] {place}")), "{}", run.stderr);
    }
    world.run(&["--config", "nowhere.yaml"], DEPLOYMENT).is_refused_in_silence(2, "io");
}

// Reports

#[test]
fn a_report_is_written_in_the_form_of_its_ending() {
    let world = World::new();
    world.file("web.yaml", DEPLOYMENT);
    let report = |name: &str| {
        world
            .run(&["inject", "web.yaml", "--report", name], "")
            .is_refused_in_silence(1, "no-instrumentation");
        world.text(name)
    };
    let json: Value = serde_json::from_str(&report("r.json")).expect("JSON");
    assert_eq!(json["findings"][0]["code"], "no-instrumentation");
    assert_eq!(json["findings"][0]["file"], "web.yaml");
    assert_eq!(json["totals"]["errors"], 1);
    let sarif: Value = serde_json::from_str(&report("r.sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "no-instrumentation");
    assert!(report("r.txt").starts_with("error[no-instrumentation] web.yaml:"));
}

#[test]
fn a_report_of_unknown_ending_is_a_usage_error() {
    let run = run(&["--report", "r.xml"], DEPLOYMENT);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains(".json, .sarif, .md or .txt"), "{}", run.stderr);
}

#[test]
fn a_report_that_cannot_be_written_fails_the_run() {
    run(&["--report", "nowhere/r.json"], &input()).is_refused_in_silence(2, "io");
}

// Arguments

#[test]
fn help_and_version_are_answers() {
    for (args, part) in [
        (&["--help"][..], "KRM function"),
        (&["-h"], "Usage"),
        (&["inject", "--help"], "--in-place"),
        (&["--version"], "otel-inject 0."),
    ] {
        let run = run(args, "");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    for args in [
        &["--nonsense"][..],
        &["--on-error", "ignore"],
        &["--namespace", "Shop"],
        &["inject", "--in-place"],
        &["inject", "-o", "out", "-"],
        &["inject", "--in-place", "-o", "out", "a.yaml"],
        &["injekt"],
    ] {
        let run = run(args, DEPLOYMENT);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_drama() {
    let world = World::new();
    let many = format!("{CONFIG_MAP}---\n").repeat(20_000);
    world.file("many.yaml", &many);
    let mut command = world.command();
    command.args(["inject", "many.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the binary ends");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!stderr.contains("panicked") && !stderr.contains("error["), "{stderr}");
}

#[test]
fn colour_is_for_terminals() {
    assert!(!run(&[], DEPLOYMENT).stderr.contains('\u{1b}'));
}

#[test]
fn the_binary_of_these_tests_is_the_command() {
    assert!(Path::new(env!("CARGO_BIN_EXE_otel-inject")).exists());
}

#[test]
fn a_config_that_is_broken_before_it_says_what_it_is_does_not_pass_in_silence() {
    let world = World::new();
    world.file("otel-inject.yaml", "apiVersion: [\nkind: OtelInject\n").file("web.yaml", DEPLOYMENT);
    world.run(&["inject", "web.yaml"], "").is_refused_in_silence(2, "invalid-config");
}
