//! The hosts, a row each. The files are in `functions`, and the pages in `docs` show them.

/// A host with what it starts with.
#[derive(Debug)]
pub(super) struct Host {
    /// What `--host` calls it.
    pub(super) name: &'static str,
    /// What it is, for the help.
    pub(super) about: &'static str,
    /// Files and folders that only folders of this host have.
    pub(super) marks: &'static [&'static str],
    /// What is written.
    pub(super) files: &'static [File],
    /// What users do then, in this order.
    pub(super) next: &'static [Step],
}

/// A file by its path in the folder.
#[derive(Debug)]
pub(super) struct File {
    /// With `/` between folders.
    pub(super) path: &'static str,
    /// All of it.
    pub(super) text: &'static str,
    /// Users have it for other programs, too: if it exists, they add the lines themselves.
    pub(super) is_shared: bool,
}

/// What a user does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Something, in a sentence.
    Do(&'static str),
    /// Commands, and what they are for.
    Run(&'static str, &'static str),
    /// Lines that belong into a file of the user.
    Add {
        /// The file.
        to: &'static str,
        /// As the file has them.
        lines: &'static str,
    },
}

macro_rules! file {
    ($path:literal, $from:literal) => {
        File {
            path: $path,
            text: include_str!(concat!("../../../../functions/", $from)),
            is_shared: false,
        }
    };
}

macro_rules! lines {
    ($to:literal, $from:literal) => {
        Step::Add { to: $to, lines: include_str!(concat!("../../../../functions/init/", $from)) }
    };
}

/// A config with an Instrumentation, for hosts that need nothing else in it.
const CONFIG: File = file!("otel-inject.yaml", "init/otel-inject.yaml");

const ENDPOINT: Step = Step::Do("Set the endpoint in otel-inject.yaml to that of your collector.");
const REQUEST: Step = lines!("the pod template of each workload, with its language", "request.yaml");

pub(super) const HOSTS: &[Host] = &[
    Host {
        name: "kustomize",
        about: "an exec function of kustomize build",
        marks: &["kustomization.yaml", "kustomization.yml", "Kustomization"],
        files: &[file!("otel-inject.yaml", "init/kustomize/otel-inject.yaml")],
        next: &[
            ENDPOINT,
            lines!("kustomization.yaml, the outermost one", "kustomize/add.yaml"),
            REQUEST,
            Step::Run(
                "Build with both flags: without --enable-exec nothing is injected",
                "kustomize build --enable-alpha-plugins --enable-exec .",
            ),
        ],
    },
    Host {
        name: "kpt",
        about: "a function of kpt fn render",
        marks: &["Kptfile"],
        files: &[CONFIG],
        next: &[
            ENDPOINT,
            lines!("Kptfile", "kpt/add.yaml"),
            REQUEST,
            Step::Run("Render", "kpt fn render --allow-exec"),
        ],
    },
    Host {
        name: "helm",
        about: "a post-renderer of Helm 3 or 4",
        marks: &["Chart.yaml"],
        files: &[CONFIG, file!("helm-plugin/plugin.yaml", "helm4-plugin/plugin.yaml")],
        next: &[
            ENDPOINT,
            REQUEST,
            Step::Run("For Helm 4 only, install the plugin", "helm plugin install ./helm-plugin"),
            Step::Run(
                "Run Helm in the folder of otel-inject.yaml, with the namespace of the release",
                "helm template shop . --namespace shop \\\n  \
                 --post-renderer otel-inject --post-renderer-args=--namespace=shop",
            ),
        ],
    },
    Host {
        name: "argo-cd",
        about: "a config management plugin, for an Argo CD that kustomize installs",
        marks: &[],
        files: &[
            file!("otel-inject/kustomization.yaml", "argo-cd/kustomization.yaml"),
            file!("otel-inject/plugin.yaml", "argo-cd/plugin.yaml"),
            file!("otel-inject/generate.sh", "argo-cd/generate.sh"),
            file!("otel-inject/otel-inject.yaml", "init/otel-inject.yaml"),
            file!("otel-inject/repo-server.yaml", "argo-cd/repo-server.yaml"),
            file!("otel-inject/Containerfile", "argo-cd/Containerfile"),
        ],
        next: &[
            Step::Do("Set the endpoint in otel-inject/otel-inject.yaml to that of your collector."),
            Step::Do("Replace v3.6.1 below with the version of your Argo CD, and registry.example.com with your registry."),
            Step::Run(
                "Copy a static otel-inject into the folder otel-inject, then build and push the image",
                include_str!("../../../../functions/init/argo-cd/image.sh"),
            ),
            lines!("the kustomization.yaml that installs Argo CD, with that image", "argo-cd/add.yaml"),
            lines!("each Application that injects", "argo-cd/application.yaml"),
            REQUEST,
        ],
    },
    Host {
        name: "flux",
        about: "committed patches, which Flux applies",
        marks: &["flux-system"],
        files: &[CONFIG],
        next: &[
            ENDPOINT,
            REQUEST,
            Step::Run(
                "Write the patches, and commit them",
                "otel-inject patch --as component --output otel-inject/kustomization.yaml .",
            ),
            lines!("kustomization.yaml", "flux/add.yaml"),
            Step::Run(
                "Run this in each pull request; it fails if the patches are stale",
                "otel-inject patch --as component --check otel-inject/kustomization.yaml .",
            ),
        ],
    },
    Host {
        name: "github",
        about: "a check of pull requests in GitHub Actions",
        marks: &[".github"],
        files: &[file!(".github/workflows/otel-inject.yaml", "init/github/otel-inject.yaml")],
        next: &[
            Step::Do("Replace OWNER, COMMIT and VERSION in the workflow with a release of otel-inject."),
            Step::Do("Replace both manifests/ in the workflow with the folder of your manifests."),
        ],
    },
    Host {
        name: "pre-commit",
        about: "a hook of pre-commit",
        marks: &[".pre-commit-config.yaml"],
        files: &[File {
            path: ".pre-commit-config.yaml",
            text: include_str!("../../../../functions/init/pre-commit/pre-commit-config.yaml"),
            is_shared: true,
        }],
        next: &[
            Step::Do("Replace repo and rev of otel-inject with those of a release."),
            Step::Do("Replace manifests/ with the folder of your manifests."),
            Step::Run("Install the hook", "pre-commit install"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_one_host() {
        let marks: Vec<&str> = HOSTS.iter().flat_map(|host| host.marks).copied().collect();
        for mark in &marks {
            assert_eq!(marks.iter().filter(|other| *other == mark).count(), 1, "{mark}");
        }
    }

    #[test]
    fn files_stay_below_the_folder() {
        for file in HOSTS.iter().flat_map(|host| host.files) {
            assert!(file.path.split('/').all(|part| !["", ".", ".."].contains(&part)), "{}", file.path);
            assert!(file.text.ends_with('\n'), "{}", file.path);
        }
    }
}
