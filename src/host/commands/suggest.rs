//! `suggest`: the language that each container's image shows.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::Run;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::output;
use crate::host::session::Session;
use crate::report::suggestions::Form;

/// Suggest a language for each container, by the metadata of its image
///
/// A row for each container of every workload, with the evidence: what the image starts, or the variables that images
/// of a language set. Where images do not show a language, or could be of several, none is suggested. `-o config`
/// prints rules that `inject --config` takes; nothing is applied by itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject suggest -o images manifests/ > references.txt\n  \
    otel-inject suggest --images-from images/ manifests/\n  \
    otel-inject suggest --images-from images/ --output config manifests/ > otel-inject.yaml")]
pub(in crate::host) struct Suggest {
    #[command(flatten)]
    inputs: Inputs,
    /// The form of the suggestions [default: table]
    #[arg(short, long, value_name = "FORM", value_parser = form(), default_value = "table", hide_default_value = true)]
    output: &'static Form,
}

impl Run for Suggest {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        Session::command(self.inputs, Task::List, Box::new(output::Suggest::new(self.output)))
    }
}

fn form() -> impl TypedValueParser<Value = &'static Form> {
    let values = Form::ALL.iter().map(|form| PossibleValue::new(form.name).help(form.what));
    PossibleValuesParser::new(values).try_map(|word| Form::named(&word).ok_or("not a form"))
}
