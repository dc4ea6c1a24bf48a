//! A folder of its own for every test, and runs of programs in it.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::common::binary::{Run, fed};

use crate::tools::Tool;

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below `folder` by their paths in it, hidden ones too.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8").to_owned();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            files.insert(name, fs::read(&path).expect("a file"));
        }
    }
    files
}

/// A folder that goes away, with `otel-inject` on PATH and nobody's home.
pub(crate) struct World {
    folder: TempDir,
    env: BTreeMap<&'static str, OsString>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let binary = Path::new(env!("CARGO_BIN_EXE_otel-inject"));
        let mut folders = vec![binary.parent().expect("a folder").to_owned()];
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(folders).expect("folders without separators");
        let home = folder.path().join("home");
        fs::create_dir(&home).expect("a home");
        let env = BTreeMap::from([("PATH", path), ("HOME", home.into_os_string())]);
        Self { folder, env }
    }

    /// Puts a folder of this one on PATH, before all others.
    pub(crate) fn with_path(mut self, name: &str) -> Self {
        let folders: Vec<PathBuf> =
            [self.path(name)].into_iter().chain(env::split_paths(&self.env["PATH"])).collect();
        self.env.insert("PATH", env::join_paths(folders).expect("folders without separators"));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
        self
    }

    /// Writes a script that can be run.
    pub(crate) fn program(&self, name: &str, script: impl AsRef<[u8]>) -> &Self {
        self.file(name, script);
        allow(&self.path(name));
        self
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Copies a file or folder of the repository.
    pub(crate) fn copy(&self, from: &str, to: &str) -> &Self {
        copy(&repository().join(from), &self.path(to));
        self
    }

    pub(crate) fn run(&self, tool: Tool, args: &[&str]) -> Run {
        self.feed(tool.path().expect("the tests of a missing tool are left out"), args, "")
    }

    pub(crate) fn otel_inject(&self, args: &[&str], stdin: &str) -> Run {
        self.feed(Path::new("otel-inject"), args, stdin)
    }

    /// Runs a pipe of programs as shells do: the last one's exit code is the pipe's.
    pub(crate) fn shell(&self, script: &str) -> Run {
        self.feed(Path::new("sh"), &["-c", script], "")
    }

    fn feed(&self, program: &Path, args: &[&str], stdin: &str) -> Run {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.folder.path()).env_clear().envs(&self.env);
        fed(&mut command, stdin.as_bytes())
    }
}

/// Lets a script be run.
pub(crate) fn allow(script: &Path) {
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// Copies a file or folder, permissions too.
pub(crate) fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().expect("a parent")).expect("folders");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    fs::create_dir_all(to).expect("folders");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
