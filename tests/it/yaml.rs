//! The text layer against independent readers: real, hostile and random documents in every style.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and shows what it counted"
)]

mod back_end;
mod cases;
mod choices;
mod corpus;
mod documents;
mod emitter;
mod hostile;
mod judge;
mod plan;
mod random;
mod renderer;
mod scalars;
mod streams;
mod styles;
mod texts;
mod yaml_edit_parser;
