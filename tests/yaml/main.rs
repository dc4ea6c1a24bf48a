//! The text layer against independent readers: real, hostile and random documents in every style.

mod back_end;
mod choices;
mod corpus;
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
