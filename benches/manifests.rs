//! Writes the benches' manifests to stdout: `cargo bench --bench manifests -- 10 list > list.yaml` for a
//! `ResourceList` of 10 MB; without `list`, a stream of documents.

mod generate;

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut megabytes = 10;
    let mut is_list = false;
    for argument in std::env::args().skip(1) {
        is_list |= argument == "list";
        megabytes = argument.parse().unwrap_or(megabytes);
    }
    let generate = if is_list { generate::resource_list } else { generate::stream };
    let corpus = generate(megabytes * 1_000_000);
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
