//! The library and the binary, each topic in a module: `cargo test --test it golden` runs one.

#[path = "../common/mod.rs"]
mod common;

mod api;
mod cli;
mod codes;
mod collectors;
mod commands;
mod config;
mod conformance;
mod corpus;
mod docs;
mod english;
mod examples;
mod files;
mod findings;
mod full;
mod fuzz_finds;
mod golden;
mod hostile;
mod layers;
mod list;
mod pod_security;
mod properties;
mod readme;
mod record;
mod schema;
mod select;
mod sidecar;
mod silence;
mod unreadable;
mod vectors_values;
mod yaml;
