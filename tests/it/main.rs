//! The library and the binary, each topic in a module: `cargo test --test it golden` runs one.

#[path = "../common/mod.rs"]
mod common;

mod api;
mod bundle;
mod bystander;
mod cli;
mod codes;
mod collectors;
mod commands;
mod config;
mod conformance;
mod corpus;
mod delivery;
mod docs;
mod english;
mod env_from;
mod examples;
mod files;
mod findings;
mod full;
mod fuzz_finds;
mod golden;
mod hostile;
mod init;
mod layers;
mod list;
mod metadata;
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
