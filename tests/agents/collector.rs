//! The collector of tests/collector, which tests/hosts runs, too.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use otel_inject::value::{Value, json};

use crate::agents::tools;
use crate::common::agent::done;
use crate::kubelet::Image;

/// Where the test receives what a collector passes on.
pub(crate) const SINK: u16 = 9318;

/// The program, built if it is not there yet.
pub(crate) fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let folder = tools().join("bin");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/collector");
        done(Command::new(script).arg(&folder));
        folder.join("otel-inject-otelcol")
    };
    BUILT.get_or_init(build).clone()
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
