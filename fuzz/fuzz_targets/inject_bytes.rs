//! Any bytes through the whole pipeline, as a stream and as a host's list.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use otel_inject::config::{OnError, function};
use otel_inject::finding::{Code, Severity};
use otel_inject::yaml::Edit;
use otel_inject::{Output, Role, Settings, Source, inject};

/// An Instrumentation for all who ask, so that texts without one are injected too.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let config = otel_inject::value::json!({
        "apiVersion": "otel-inject.dev/v1alpha1",
        "kind": "OtelInject",
        "metadata": {"name": "fuzz"},
        "spec": {
            "instrumentation": {
                "exporter": {"endpoint": "http://collector:4318"},
                "propagators": ["tracecontext", "b3"],
                "sampler": {"type": "parentbased_traceidratio", "argument": "1"},
                "env": [{"name": "OTEL_LOG_LEVEL", "value": "debug"}],
            }
        }
    });
    function::parse(&config).expect("the config is valid").0
});

fuzz_target!(|bytes: &[u8]| {
    for role in [Role::Stream, Role::ResourceList] {
        for on_error in [OnError::Fail, OnError::Skip] {
            let settings = Settings { on_error, ..SETTINGS.clone() };
            check(bytes, role, &settings);
        }
    }
});

fn check(bytes: &[u8], role: Role, settings: &Settings) {
    let output = run(bytes, role, settings);
    let edits = &output.edits[0];
    if output.unreadable || output.findings.iter().any(|finding| finding.severity == Severity::Error) {
        assert!(edits.is_empty(), "an error leaves edits");
        return;
    }
    let edited = apply(bytes, edits);
    let again = run(&edited, role, settings);
    assert_eq!(again.edits[0], [], "the second run changes what the first one printed");
    assert_eq!(again.resources, output.resources, "resources are lost or made up");
    let errors = again.findings.iter().find(|finding| finding.severity == Severity::Error);
    assert_eq!(errors, None, "the second run finds what the first one did not");
}

fn run(bytes: &[u8], role: Role, settings: &Settings) -> Output {
    let output = inject(&[Source { file: None, text: bytes, role }], settings);
    let bug = output.findings.iter().find(|finding| finding.code == Code::VerifyFailed);
    assert_eq!(bug, None, "the proof has failed");
    output
}

/// The bytes with edits that must be in order and apart.
fn apply(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut at = 0;
    for edit in edits {
        result.extend_from_slice(&bytes[at..edit.range.start]);
        result.extend_from_slice(edit.text.as_bytes());
        at = edit.range.end;
    }
    result.extend_from_slice(&bytes[at..]);
    result
}
