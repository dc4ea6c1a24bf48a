//! A collector, built once from its Go modules.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::agents::cache;
use crate::common::agent::{digest, done, kept};
use crate::kubelet::{Image, own};

/// Where the test receives what a collector passes on.
pub(crate) const SINK: u16 = 9318;

/// The program.
pub(crate) fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let text = |name: &str| fs::read_to_string(own("collector").join(name)).expect("a file");
    let made = digest(&[&text("main.go"), &text("go.mod"), &text("go.sum")]);
    let folder = kept(&cache(), &format!("collector-{made}"), |folder| {
        let mut go = Command::new("go");
        go.args(["build", "-trimpath", "-ldflags=-s -w", "-o"]).arg(folder.join("otelcol")).arg(".");
        done(go.current_dir(own("collector")).env("CGO_ENABLED", "0"));
    });
    folder.join("otelcol")
}

/// What stands for the collector's image.
pub(crate) fn image(name: &str) -> Image {
    let entrypoint = vec!["/otelcol".to_owned()];
    Image { name: name.to_owned(), files: vec![("/otelcol", binary())], entrypoint, env: Vec::new() }
}

/// A configuration that passes traces from these protocols of OTLP on to the test.
pub(crate) fn to_sink(protocols: &Value, host: &str) -> Value {
    let exporter = json!({"endpoint": format!("http://{host}:{SINK}"), "compression": "none"});
    json!({
        "receivers": {"otlp": {"protocols": protocols}},
        "processors": {"batch": {"timeout": "100ms"}},
        "exporters": {"otlp_http": exporter},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["otlp_http"]}},
        },
    })
}
