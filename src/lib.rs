//! OpenTelemetry auto-instrumentation, baked into Kubernetes manifests when they are built.
//!
//! [`Injector`] is the library's API: it takes texts and returns texts, [`Finding`]s and [`Patch`]es. It reads no
//! files, clock or environment. The command `otel-inject` is built on it; without the default feature `cli`, only the
//! library is built.
//!
//! The modules are for the command and for tests. They may change in any release.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

#[doc(hidden)]
pub mod apply;
#[doc(hidden)]
pub mod change;
#[doc(hidden)]
pub mod components;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod coverage;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod finding;
#[cfg(feature = "cli")]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the rooms that touch files, the environment and the standard streams"
)]
#[doc(hidden)]
pub mod host;
mod injector;
#[doc(hidden)]
pub mod k8s;
#[doc(hidden)]
pub mod languages;
#[doc(hidden)]
pub mod metadata;
mod parallel;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod select;
#[doc(hidden)]
pub mod value;
#[doc(hidden)]
pub mod verify;
#[doc(hidden)]
pub mod yaml;

pub use config::Settings;
pub use engine::Patch;
#[doc(hidden)]
pub use engine::{Output, Role, Source, inject, uninject};
pub use finding::{Code, Finding, Severity};
pub use injector::{Injector, Report};
