//! Agents from the public registries, as the default images hold them.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use otel_inject::languages::find;

/// The version of the default image of a language.
pub(crate) fn version(language: &str) -> &'static str {
    find(language).and_then(|language| language.settings.as_ref()).expect("a row").image.tag
}

/// A folder of `cache`, made by `fill` if it is not there yet.
pub(crate) fn kept(cache: &Path, name: &str, fill: impl FnOnce(&Path)) -> PathBuf {
    let folder = cache.join(name);
    if folder.exists() {
        return folder;
    }
    fs::create_dir_all(cache).expect("a folder");
    let draft = tempfile::tempdir_in(cache).expect("a temporary folder");
    fill(draft.path());
    // Another run may have been faster.
    if fs::rename(draft.path(), &folder).is_err() {
        assert!(folder.exists(), "{}", folder.display());
    }
    folder
}

/// A number that changes with these texts, for the names of what is made from them.
pub(crate) fn digest(texts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Runs a command that has to succeed: what it prints.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{said}{errors}", output.status);
    said.into_owned()
}

/// What the default image for Node.js holds, installed once.
pub(crate) fn nodejs(npm: &Path, cache: &Path) -> PathBuf {
    let version = version("nodejs");
    kept(cache, &format!("nodejs-agent-{version}"), |folder| {
        let package = format!("@opentelemetry/auto-instrumentations-node@{version}");
        let install = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix"];
        done(Command::new(npm).args(install).arg(folder).arg(package));
        // The image's file is the package's `register.js`.
        let register = "require('@opentelemetry/auto-instrumentations-node/register');\n";
        fs::write(folder.join("autoinstrumentation.js"), register).expect("a file");
    })
}
