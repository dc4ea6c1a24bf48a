//! The tools that hosts are, if they are on PATH.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A program that calls us, or runs what we inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Kustomize,
    Kubectl,
    Kpt,
    Helm3,
    Helm4,
    /// Runs an agent.
    Node,
    /// Installs that agent.
    Npm,
    /// Shows pages.
    Chromium,
    /// Reads workflows.
    Actionlint,
    /// Finds what attackers could use in them.
    Zizmor,
    /// Reads scripts.
    Shellcheck,
    /// Builds container images.
    Buildah,
    /// Packs for Windows.
    Zip,
    /// Unpacks that.
    Unzip,
    /// Runs hooks before a commit.
    PreCommit,
    /// Keeps the commits.
    Git,
    /// Installs plugins of kubectl.
    Krew,
    /// Reads the manifests of these plugins.
    KrewValidator,
    /// Makes a book of the pages.
    Mdbook,
    /// Makes the keys that sign plugins of Helm.
    Gpg,
    /// Copies images.
    Skopeo,
    /// Makes images.
    Umoci,
}

/// A tool's name, the names of its programs, and what its `version --short` begins with where the name
/// does not tell it apart.
type Row = (Tool, &'static str, &'static [&'static str], Option<&'static str>);

const ROWS: [Row; 22] = [
    (Tool::Kustomize, "kustomize", &["kustomize"], None),
    (Tool::Kubectl, "kubectl", &["kubectl"], None),
    (Tool::Kpt, "kpt", &["kpt"], None),
    (Tool::Helm3, "helm3", &["helm3", "helm"], Some("v3.")),
    (Tool::Helm4, "helm4", &["helm4", "helm"], Some("v4.")),
    (Tool::Node, "node", &["node"], None),
    (Tool::Npm, "npm", &["npm"], None),
    (Tool::Chromium, "chromium", &["chromium", "chromium-browser"], None),
    (Tool::Actionlint, "actionlint", &["actionlint"], None),
    (Tool::Zizmor, "zizmor", &["zizmor"], None),
    (Tool::Shellcheck, "shellcheck", &["shellcheck"], None),
    (Tool::Buildah, "buildah", &["buildah"], None),
    (Tool::Zip, "zip", &["zip"], None),
    (Tool::Unzip, "unzip", &["unzip"], None),
    (Tool::PreCommit, "pre-commit", &["pre-commit"], None),
    (Tool::Git, "git", &["git"], None),
    (Tool::Krew, "krew", &["krew", "kubectl-krew"], None),
    (Tool::KrewValidator, "validate-krew-manifest", &["validate-krew-manifest"], None),
    (Tool::Mdbook, "mdbook", &["mdbook"], None),
    (Tool::Gpg, "gpg", &["gpg"], None),
    (Tool::Skopeo, "skopeo", &["skopeo"], None),
    (Tool::Umoci, "umoci", &["umoci"], None),
];

impl Tool {
    /// What `REQUIRE_HOSTS` and the tests' names call it.
    pub(crate) fn name(self) -> &'static str {
        ROWS[self as usize].1
    }

    /// Its program; none where PATH has none.
    pub(crate) fn path(self) -> Option<&'static Path> {
        static FOUND: OnceLock<Vec<Option<PathBuf>>> = OnceLock::new();
        FOUND.get_or_init(|| ROWS.iter().map(find).collect())[self as usize].as_deref()
    }

    /// Whether its tests must not be left out.
    pub(crate) fn is_required(self) -> bool {
        env::var("REQUIRE_HOSTS").is_ok_and(|names| names.split(',').any(|name| name.trim() == self.name()))
    }
}

fn find((_, _, programs, version): &Row) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let candidates =
        programs.iter().flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
    candidates.filter(|path| path.is_file()).find(|path| {
        let Some(version) = version else { return true };
        let said = Command::new(path).args(["version", "--short"]).output();
        said.is_ok_and(|said| said.stdout.starts_with(version.as_bytes()))
    })
}
