//! Runs of the real binary, each in a folder and an environment of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use otel_inject::value::Value;
use tempfile::TempDir;

pub(crate) const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata:
  name: default
spec:
  exporter:
    endpoint: http://collector:4318
";

pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
      annotations:
        instrumentation.opentelemetry.io/inject-nodejs: \"true\"
    spec:
      containers:
        - name: app
          image: \"app:1\" # pinned
";

pub(crate) const CONFIG_MAP: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: \"1\"}
";

pub(crate) fn input() -> String {
    format!("{INSTRUMENTATION}---\n{DEPLOYMENT}")
}

/// A folder of its own, and runs of the binary in it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    env: Vec<(String, String)>,
}

/// What a program did.
pub(crate) struct Run<T = String> {
    pub(crate) stdout: T,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// Runs a program to its end, with that on its stdin.
pub(crate) fn fed(command: &mut Command, stdin: &[u8]) -> Run {
    let Run { stdout, stderr, code } = fed_bytes(command, stdin);
    Run { stdout: String::from_utf8(stdout).expect("UTF-8"), stderr, code }
}

/// The same, where what is printed may be no text.
pub(crate) fn fed_bytes(command: &mut Command, stdin: &[u8]) -> Run<Vec<u8>> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let output = thread::scope(|scope| {
        // The program may be done before it has read all, and may print before it has.
        scope.spawn(move || drop(pipe.write_all(stdin)));
        child.wait_with_output().expect("the program ends")
    });
    Run {
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        code: output.status.code().expect("an exit code, not a signal"),
    }
}

/// The binary, to be run in `folder` without an environment.
pub(crate) fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otel-inject"));
    command.current_dir(folder).env_clear();
    command
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), env: Vec::new() }
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
        self
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = binary(self.folder.path());
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    pub(crate) fn run(&self, args: &[&str], stdin: &str) -> Run {
        fed(self.command().args(args), stdin.as_bytes())
    }
}

pub(crate) fn run(args: &[&str], stdin: &str) -> Run {
    World::new().run(args, stdin)
}

impl Run {
    #[track_caller]
    pub(crate) fn is_injected(&self) {
        assert_eq!(self.code, 0, "{}", self.stderr);
        assert!(self.stdout.contains("OTEL_SERVICE_NAME"), "{}", self.stdout);
        assert!(self.stdout.contains("name: web # the shop\n"), "{}", self.stdout);
        assert!(self.stderr.contains("info[injected]"), "{}", self.stderr);
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, exit: i32, code: &str) {
        assert_eq!(self.code, exit, "{}{}", self.stdout, self.stderr);
        let first = self.stderr.lines().next().unwrap_or_default();
        assert!(first.starts_with(&format!("error[{code}]")), "{}", self.stderr);
    }

    #[track_caller]
    pub(crate) fn is_refused_in_silence(&self, exit: i32, code: &str) {
        self.is_refused(exit, code);
        assert_eq!(self.stdout, "");
    }

    /// The documents on stdout of a run that went well, empty ones left out.
    #[track_caller]
    pub(crate) fn documents(&self) -> Vec<Value> {
        assert_eq!(self.code, 0, "{}", self.stderr);
        super::documents(&self.stdout).expect("YAML")
    }

    /// Gives stdout of a run that went well.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Checks that the run failed and that people can read `word` of why.
    #[track_caller]
    pub(crate) fn bad(&self, word: &str) {
        assert_ne!(self.code, 0, "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(word), "{word}: {}{}", self.stdout, self.stderr);
    }
}
