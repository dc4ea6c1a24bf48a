//! How fast texts are injected, beside how fast the raw parser reads them.
//!
//! `inject` runs on all processors and includes the verification and the edited text; the parser is drained on
//! one thread, over the same text, in turn with it. `cargo bench --bench throughput -- 1 10` measures those
//! sizes in MB alone.

mod generate;

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use generate::{Corpus, Form, corpus};
use otel_inject::config::Settings;
use otel_inject::engine::{Role, Source, inject};
use otel_inject::finding::{Code, Severity};
use otel_inject::yaml::edited;

/// A run counts for at least so many MB, so that small texts are repeated.
const MEGABYTES_A_RUN: usize = 10;
/// Of so many runs the median counts.
const RUNS: usize = 7;

fn main() -> io::Result<()> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1, 10, 100] } else { sizes };
    let out = &mut io::stdout().lock();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    writeln!(out, "{processors} processors; MB/s of input, medians of {RUNS} runs in turn\n")?;
    writeln!(
        out,
        "{:>4} {:12} {:>9} {:>8} {:>8} {:>7} {:>7} {:>6} {:>10}",
        "MB", "form", "resources", "injected", "of bytes", "inject", "parser", "ratio", "from-to"
    )?;
    for form in [Form::Stream, Form::List, Form::Workloads] {
        for size in &sizes {
            let corpus = corpus(size * 1_000_000, form);
            measure(&corpus, *size, form, out)?;
        }
    }
    Ok(())
}

/// One line of the table.
fn measure(corpus: &Corpus, size: usize, form: Form, out: &mut impl Write) -> io::Result<()> {
    let role = if form == Form::List { Role::ResourceList } else { Role::Stream };
    let repeats = (MEGABYTES_A_RUN / size.max(1)).max(1);
    let run_both = |_| {
        let inject = speed(corpus, repeats, |text| run(text, role, corpus.targets));
        (inject, speed(corpus, repeats, drain))
    };
    // The first run warms up.
    let pairs: Vec<(f64, f64)> = (0..=RUNS).map(run_both).skip(1).collect();
    let ratios = sorted(pairs.iter().map(|(inject, parser)| inject / parser * 100.0));
    writeln!(
        out,
        "{size:>4} {:12} {:>9} {:>8} {:>7.0}% {:>7.1} {:>7.1} {:>5.0}% {:>4.0}-{:.0}%",
        form.name(),
        corpus.resources,
        corpus.targets,
        corpus.target_bytes as f64 / corpus.text.len() as f64 * 100.0,
        sorted(pairs.iter().map(|pair| pair.0))[RUNS / 2],
        sorted(pairs.iter().map(|pair| pair.1))[RUNS / 2],
        ratios[RUNS / 2],
        ratios[0],
        ratios[RUNS - 1],
    )?;
    out.flush()
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// MB/s of `work` over the text.
fn speed(corpus: &Corpus, repeats: usize, work: impl Fn(&str)) -> f64 {
    let start = Instant::now();
    for _ in 0..repeats {
        work(black_box(&corpus.text));
    }
    let elapsed: Duration = start.elapsed();
    (corpus.text.len() * repeats) as f64 / 1e6 / elapsed.as_secs_f64()
}

/// The whole work: edits computed and proven, and the text with them.
fn run(text: &str, role: Role, targets: usize) {
    let source = Source { file: None, text: text.as_bytes(), role };
    let output = inject(&[source], &Settings::default());
    let injected = output.findings.iter().filter(|finding| finding.code == Code::Injected);
    let refused = output.findings.iter().find(|finding| finding.severity == Severity::Error);
    assert_eq!((injected.count(), refused), (targets, None), "what was to be injected, and nothing refused");
    black_box(edited(text, &output.edits[0]));
}

/// Every event of the raw parser.
fn drain(text: &str) {
    let options = granit_parser::options! { block_scalar_eof_without_line_feed: true, emit_comments: false };
    for event in granit_parser::Parser::new_from_str_with_options(text, options) {
        black_box(event.expect("the generator writes YAML"));
    }
}
