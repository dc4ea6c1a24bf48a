//! The whole command: start-up, peak memory, and its time beside that of `kustomize build`.

mod generate;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use generate::Form;

const COMMAND: &str = env!("CARGO_BIN_EXE_otel-inject");

const DOCUMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    metadata:
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: 'true'
    spec:
      containers:
      - name: app
        image: cart:1.0.0
";

const CONFIG: &str = "\
apiVersion: otel-inject.dev/v1alpha1
kind: OtelInject
metadata:
  name: otel
spec:
  instrumentation:
    exporter:
      endpoint: http://collector:4318
";

const KUSTOMIZATION: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [all.yaml]
patches:
- target: {kind: Deployment, name: PATCHED}
  patch: |-
    - op: add
      path: /spec/template/metadata/annotations/instrumentation.opentelemetry.io~1inject-nodejs
      value: 'true'
";

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let out = &mut io::stdout().lock();
    start_up(folder.path(), out)?;
    peak_memory(folder.path(), out)?;
    beside_kustomize(folder.path(), out)
}

/// One document with its config, from the start of the process to its end.
fn start_up(folder: &Path, out: &mut impl Write) -> io::Result<()> {
    const RUNS: usize = 31;
    let input = written(folder, "one.yaml", DOCUMENT)?;
    let config = written(folder, "config.yaml", CONFIG)?;
    let times = sorted((0..RUNS).map(|_| {
        let mut command = Command::new(COMMAND);
        command.arg("--config").arg(&config);
        time(command, Some(&input))
    }))?;
    writeln!(
        out,
        "start-up: one document in {:.1} ms (median of {RUNS}, {:.1} to {:.1})",
        milliseconds(times[RUNS / 2]),
        milliseconds(times[0]),
        milliseconds(times[RUNS - 1])
    )
}

/// The peak of the process's resident memory, as Linux counts it, with the input on stdin.
fn peak_memory(folder: &Path, out: &mut impl Write) -> io::Result<()> {
    if !cfg!(target_os = "linux") {
        return writeln!(out, "peak memory: skipped, it is read from /proc");
    }
    for (megabytes, form) in [
        (1, Form::Stream),
        (10, Form::Stream),
        (100, Form::Stream),
        (100, Form::List),
        (100, Form::Workloads),
    ] {
        let corpus = generate::corpus(megabytes * 1_000_000, form);
        let input = written(folder, "memory.yaml", &corpus.text)?;
        let size = corpus.text.len();
        drop(corpus);
        let mut command = Command::new(COMMAND);
        command.stdin(File::open(input)?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let peak = peak_while_printing(&mut child)?;
        succeeded(child.wait()?)?;
        let [peak, size] = [peak * 1024, size].map(|bytes| bytes as f64 / 1e6);
        let times = (peak - 16.0).max(0.0) / size;
        writeln!(
            out,
            "peak memory: {peak:.0} MB for a {} of {size:.0} MB: 16 MB and {times:.2} times the input",
            form.name()
        )?;
    }
    Ok(())
}

/// The high-water mark in KiB. It is read while the child has something left to write, so the child is alive and
/// has done its work.
fn peak_while_printing(child: &mut Child) -> io::Result<usize> {
    let status = format!("/proc/{}/status", child.id());
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
    std::thread::scope(|scope| {
        let of_stdout = scope.spawn(|| peak_while_reading(stdout, &status));
        let of_stderr = peak_while_reading(stderr, &status)?;
        let of_stdout =
            of_stdout.join().map_err(|_| io::Error::other("the reader of stdout has panicked"))??;
        Ok(of_stderr.max(of_stdout))
    })
}

fn peak_while_reading(mut pipe: impl Read, status: &str) -> io::Result<usize> {
    let mut buffer = vec![0; 1 << 16];
    let mut peak = 0;
    while pipe.read(&mut buffer)? > 0 {
        let now = fs::read_to_string(status).unwrap_or_default();
        let mark = now.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let mark = mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.parse().ok());
        peak = mark.unwrap_or(peak).max(peak);
    }
    Ok(peak)
}

/// The same 6 MB through `kustomize build` with one patch, and through the command.
fn beside_kustomize(folder: &Path, out: &mut impl Write) -> io::Result<()> {
    const RUNS: usize = 3;
    if Command::new("kustomize").arg("version").stdout(Stdio::null()).status().is_err() {
        return writeln!(out, "beside kustomize: skipped, kustomize is not on PATH");
    }
    let corpus = generate::corpus(6_000_000, Form::Stream);
    let name = corpus.text.lines().skip_while(|line| *line != "kind: Deployment");
    let name = name.filter_map(|line| line.trim_start().strip_prefix("name: ")).next().unwrap_or_default();
    let input = written(folder, "all.yaml", &corpus.text)?;
    written(folder, "kustomization.yaml", &KUSTOMIZATION.replace("PATCHED", name))?;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..RUNS {
        ours.push(time(Command::new(COMMAND), Some(&input)));
        let mut kustomize = Command::new("kustomize");
        kustomize.arg("build").arg(folder);
        theirs.push(time(kustomize, None));
    }
    let [ours, theirs] = [sorted(ours.into_iter())?[RUNS / 2], sorted(theirs.into_iter())?[RUNS / 2]];
    writeln!(
        out,
        "beside kustomize: {:.0} ms for what takes kustomize {:.0} ms with one patch: {:.0} times as fast (medians of {RUNS})",
        milliseconds(ours),
        milliseconds(theirs),
        theirs.as_secs_f64() / ours.as_secs_f64()
    )
}

fn written(folder: &Path, name: &str, text: &str) -> io::Result<std::path::PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

/// How long the command runs, its output thrown away.
fn time(mut command: Command, stdin: Option<&Path>) -> io::Result<Duration> {
    let stdin = match stdin {
        Some(path) => Stdio::from(File::open(path)?),
        None => Stdio::null(),
    };
    let start = Instant::now();
    let status = command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let elapsed = start.elapsed();
    succeeded(status).map(|()| elapsed)
}

fn succeeded(status: ExitStatus) -> io::Result<()> {
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}

fn sorted(times: impl Iterator<Item = io::Result<Duration>>) -> io::Result<Vec<Duration>> {
    let mut times: Vec<Duration> = times.collect::<io::Result<_>>()?;
    times.sort_unstable();
    Ok(times)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
