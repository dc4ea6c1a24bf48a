//! Where a CI job's files can be seen, for links in comments.

use std::env;
use std::path::PathBuf;

use crate::report::percent_encoded;

/// A forge by the variables that its CI sets.
struct Forge {
    /// The repository's address, from these variables joined by slashes.
    repository: &'static [&'static str],
    /// The path from the repository to the commit.
    blob: &'static str,
    /// The commit.
    commit: &'static str,
    /// The folder of the checkout.
    folder: &'static str,
}

/// GitHub: "Store information in variables"; GitLab: "Predefined CI/CD variables".
const FORGES: &[Forge] = &[
    Forge {
        repository: &["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"],
        blob: "/blob/",
        commit: "GITHUB_SHA",
        folder: "GITHUB_WORKSPACE",
    },
    Forge {
        repository: &["CI_PROJECT_URL"],
        blob: "/-/blob/",
        commit: "CI_COMMIT_SHA",
        folder: "CI_PROJECT_DIR",
    },
];

/// What a link to a file starts with; empty outside of CI, where links are relative.
pub(super) fn base() -> String {
    FORGES.iter().find_map(Forge::base).unwrap_or_default()
}

impl Forge {
    fn base(&self) -> Option<String> {
        let parts = self.repository.iter().map(|name| env::var(name).ok()).collect::<Option<Vec<_>>>()?;
        let commit = env::var(self.commit).ok()?;
        let folder = PathBuf::from(env::var_os(self.folder)?);
        let current = env::current_dir().ok()?;
        let below = current.strip_prefix(folder.canonicalize().ok()?).ok()?.to_str()?.to_owned();
        let below = if below.is_empty() { below } else { percent_encoded(&format!("{below}/")) };
        Some(format!("{}{}{commit}/{below}", parts.join("/"), self.blob))
    }
}
