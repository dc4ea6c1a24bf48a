//! `list`: which workloads are instrumented, by what, and why not.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::Run;
use crate::config::collector::SIDECAR;
use crate::coverage::Status;
use crate::engine::Task;
use crate::host::flags::Inputs;
use crate::host::output;
use crate::host::session::Session;
use crate::languages;
use crate::report::listing::{COLUMNS, Form};

/// List which workloads are instrumented, by what, and why not
///
/// A row for each container: of a repository, a build's output, or a cluster. A workload counts as instrumented where
/// it is or where a run would inject it. With -n only that namespace is listed. Exit code 1 says that something could not
/// be read, or that less is instrumented than --min-coverage asks for; with --fail-on, the findings of workloads count.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    otel-inject list manifests/\n  \
    kubectl get deploy,sts,ds,cj --all-namespaces -o yaml | otel-inject list -\n  \
    otel-inject list -n shop --status refused --status stale -o wide manifests/\n  \
    otel-inject list --language java --sort-by image --no-headers manifests/\n  \
    otel-inject list --min-coverage 80 --output markdown manifests/ >> \"$GITHUB_STEP_SUMMARY\"\n  \
    otel-inject list -o html manifests/ > instrumentation.html")]
pub(in crate::host) struct List {
    #[command(flatten)]
    inputs: Inputs,
    /// The form of the list [default: table]
    #[arg(short, long, value_name = "FORM", value_parser = form(), default_value = "table", hide_default_value = true)]
    output: Form,
    /// Leave out the header of a table [default: print it]
    #[arg(long)]
    no_headers: bool,
    /// Sort workloads by a column [default: the order of the input]
    #[arg(long, value_name = "COLUMN", value_parser = PossibleValuesParser::new(COLUMNS.iter().map(|column| column.name)))]
    sort_by: Option<String>,
    /// Only rows with this status, repeatable [default: all]
    #[arg(long, value_name = "STATUS", value_parser = status(), value_delimiter = ',')]
    status: Vec<Status>,
    /// Only containers with this language, repeatable [default: all]
    #[arg(long, value_name = "LANGUAGE", value_parser = language(), value_delimiter = ',')]
    language: Vec<String>,
    /// Fail if less than this part of all workloads is instrumented, in percent [default: 0]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
}

impl Run for List {
    fn inputs(&mut self) -> Option<&mut Inputs> {
        Some(&mut self.inputs)
    }

    fn run(self, _program: fn() -> clap::Command) -> u8 {
        let list = output::List::new(output::Wanted {
            form: self.output,
            has_no_headers: self.no_headers,
            column: self.sort_by.and_then(|name| COLUMNS.iter().find(|column| column.name == name)),
            statuses: self.status,
            languages: self.language,
            min_coverage: self.min_coverage.map(usize::from),
        });
        Session::command(self.inputs, Task::List, Box::new(list))
    }
}

fn form() -> impl TypedValueParser<Value = Form> {
    let values = Form::ALL.iter().map(|row| PossibleValue::new(row.name).help(row.what));
    PossibleValuesParser::new(values).try_map(|word| Form::named(&word).ok_or("not a form"))
}

fn status() -> impl TypedValueParser<Value = Status> {
    // As a shell likes it, and as the list prints it.
    let value = |status: &Status| PossibleValue::new(status.name()).alias(status.word());
    PossibleValuesParser::new(Status::ALL.iter().map(value)).try_map(|word| {
        let mut all = Status::ALL.iter().copied();
        all.find(|status| [status.name(), status.word()].contains(&word.as_str())).ok_or("not a status")
    })
}

fn language() -> PossibleValuesParser {
    PossibleValuesParser::new(languages::ALL.iter().map(|language| language.id).chain([SIDECAR]))
}
