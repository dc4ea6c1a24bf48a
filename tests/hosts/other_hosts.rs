//! Hosts that cannot be installed here: the commands of docs/other-hosts.md with stand-ins for the tools, and what is
//! passed on to Helm.

use otel_inject::value::Value;

use crate::common::binary::{DEPLOYMENT, INSTRUMENTATION};
use crate::tools::Tool;
use crate::world::{World, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        the_commands_of_other_hosts_inject,
        the_commands_of_other_hosts_fail_with_their_first_half,
        tilt_reads_what_is_injected,
    ],
    &[Tool::Helm3] => [helmfile_passes_arguments_that_helm_takes],
];

const PAGE: &str = "docs/other-hosts.md";

/// The lines of the page's blocks in this language.
fn lines(language: &str) -> Vec<String> {
    let page = text(PAGE);
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    let lines = blocks.flat_map(|rest| rest.split("```").next().unwrap_or_default().lines());
    lines.map(str::to_owned).collect()
}

/// A folder in which renderers print or write a stream, and deployers keep their last argument's content in `deployed`.
fn world(code: u8) -> World {
    let world = World::new().with_path("bin");
    world.file("stream.yaml", format!("{INSTRUMENTATION}---\n{DEPLOYMENT}"));
    world.file("built.yaml", world.text("stream.yaml"));
    for (tool, script) in [
        ("ytt", format!("cat stream.yaml; exit {code}")),
        (
            "skaffold",
            format!(
                "case $1 in render) cp stream.yaml \"$3\"; exit {code} ;; apply) cp \"$2\" deployed ;; esac"
            ),
        ),
        ("kapp", "while [ $# -gt 1 ]; do shift; done; cp \"$1\" deployed".to_owned()),
    ] {
        world.program(&format!("bin/{tool}"), format!("#!/bin/sh\n{script}\n"));
    }
    world
}

fn the_commands_of_other_hosts_inject() {
    let commands = lines("sh");
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        let world = world(0);
        world.shell(&command).good();
        let result = if command.starts_with("ytt") { "manifests.yaml" } else { "deployed" };
        assert!(world.text(result).contains("OTEL_SERVICE_NAME"), "{command}");
    }
}

fn the_commands_of_other_hosts_fail_with_their_first_half() {
    for command in lines("sh") {
        let world = world(3);
        if command.starts_with("otel-inject") {
            world.file("built.yaml", DEPLOYMENT);
            world.shell(&command).bad("error[no-instrumentation]");
        } else {
            assert_eq!(world.shell(&command).code, 3, "{command}");
        }
        assert!(!world.path("deployed").exists(), "{command}");
    }
}

/// The command that Tilt runs, with the stream on its stdin.
fn tilt_reads_what_is_injected() {
    let lines = lines("python");
    let line = lines.iter().find(|line| line.contains("stdin=built")).expect("a command");
    let command = line.split('\'').nth(1).expect("a command");
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let world = world(0);
    let built = world.text("stream.yaml");
    assert!(world.otel_inject(&arguments, &built).good().contains("OTEL_SERVICE_NAME"));
    world.otel_inject(&arguments, "").bad("error[empty-input]");
}

fn helmfile_passes_arguments_that_helm_takes() {
    let release: Value = serde_yaml::from_str(&lines("yaml").join("\n")).expect("YAML");
    let release = &release["releases"][0];
    let mut arguments = vec!["template", release["name"].as_str().expect("a name"), "chart"];
    arguments.extend(["--post-renderer", release["postRenderer"].as_str().expect("a program")]);
    for argument in release["postRendererArgs"].as_array().expect("arguments") {
        arguments.extend(["--post-renderer-args", argument.as_str().expect("an argument")]);
    }
    let world = World::new();
    world.copy("testdata/chart", "chart");
    let rendered = world.run(Tool::Helm3, &arguments).good();
    assert!(rendered.contains("k8s.namespace.name=shop"), "{rendered}");
}
