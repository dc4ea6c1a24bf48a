//! OpenTelemetry auto-instrumentation, baked into Kubernetes manifests when they are built.

pub mod change;
pub mod finding;
