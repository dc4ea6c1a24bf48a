//! OpenTelemetry auto-instrumentation, baked into Kubernetes manifests when they are built.
//!
//! [`inject`] is the whole library face: texts and [`Settings`] in, edits and findings out. It reads no
//! file, no clock and no environment; only [`host`] does.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod apply;
pub mod change;
pub mod components;
pub mod config;
pub mod engine;
pub mod finding;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the rooms that touch files, the environment and the standard streams"
)]
pub mod host;
pub mod k8s;
pub mod languages;
pub mod plan;
pub mod report;
pub mod select;
pub mod verify;
pub mod yaml;

pub use config::Settings;
pub use engine::{Output, Role, Source, inject, uninject};
