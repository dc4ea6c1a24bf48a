//! Writes the benches' manifests to stdout: `cargo bench --bench manifests -- 10 ResourceList > list.yaml` for
//! 10 MB in that form; `stream` is the usual one.

mod generate;

use std::io::Write;

use generate::Form;

fn main() -> std::io::Result<()> {
    let mut megabytes = 10;
    let mut form = Form::Stream;
    for argument in std::env::args().skip(1) {
        let named =
            [Form::Stream, Form::List, Form::Workloads].into_iter().find(|form| form.name() == argument);
        form = named.unwrap_or(form);
        megabytes = argument.parse().unwrap_or(megabytes);
    }
    let corpus = generate::corpus(megabytes * 1_000_000, form);
    let mut stderr = std::io::stderr().lock();
    writeln!(
        stderr,
        "{} bytes, {} resources, {} of them to be injected ({} bytes)",
        corpus.text.len(),
        corpus.resources,
        corpus.targets,
        corpus.target_bytes
    )?;
    std::io::stdout().lock().write_all(corpus.text.as_bytes())
}
