//! The agents, and the applications that they are loaded into.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::common::agent::{digest, done, kept, nodejs, version};
use crate::kubelet::{Image, own};

/// An agent, and an application for it.
pub(crate) struct Agent {
    /// The language's row.
    pub(crate) language: &'static str,
    /// What runs it, as the page calls it.
    pub(crate) runtime: fn() -> String,
    /// The programs without which nothing can be shown.
    pub(crate) needs: &'static [&'static str],
    /// What stands for its image.
    pub(crate) image: fn() -> Image,
    /// What stands for the application's image.
    pub(crate) application: fn() -> Image,
    /// Runs the application: it sends one request to `PEER`, and prints `own=kept` if its own option is kept.
    pub(crate) command: &'static [&'static str],
    /// That option.
    pub(crate) option: (&'static str, &'static str),
    /// Whether the agent can send by gRPC; otherwise why not.
    pub(crate) grpc: Result<(), &'static str>,
}

/// The agents whose packages the public registries have.
pub(crate) const AGENTS: &[Agent] = &[
    Agent {
        language: "java",
        runtime: || {
            let version = done(Command::new("java").arg("--version"));
            format!("Java {}", major(version.split_whitespace().nth(1).unwrap_or_default()))
        },
        needs: &["java", "javac", "mvn"],
        image: || {
            static JAR: OnceLock<PathBuf> = OnceLock::new();
            agent("java", "/javaagent.jar", JAR.get_or_init(java).clone())
        },
        application: || application(vec![("/app", classes())]),
        // The simplest compiler and garbage collector: it starts in half the time.
        command: &["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "/app", "Client"],
        option: ("JAVA_TOOL_OPTIONS", "-Down=kept"),
        grpc: Ok(()),
    },
    Agent {
        language: "nodejs",
        runtime: || {
            format!("Node.js {}", major(done(Command::new("node").arg("--version")).trim_start_matches('v')))
        },
        needs: &["node", "npm"],
        image: || {
            static FOLDER: OnceLock<PathBuf> = OnceLock::new();
            let install = || nodejs(Path::new("npm"), &cache());
            agent("nodejs", "/autoinstrumentation", FOLDER.get_or_init(install).clone())
        },
        application: || application(vec![("/app", own("apps"))]),
        command: &["node", "/app/client.js"],
        option: ("NODE_OPTIONS", "--require /app/own.js"),
        grpc: Ok(()),
    },
    Agent {
        language: "python",
        runtime: || {
            let version = done(Command::new("python3").arg("--version"));
            let parts: Vec<&str> = version.trim().split('.').collect();
            parts[..2.min(parts.len())].join(".")
        },
        needs: &["python3"],
        image: || {
            static FOLDER: OnceLock<PathBuf> = OnceLock::new();
            agent("python", "/autoinstrumentation", FOLDER.get_or_init(python).clone())
        },
        application: || application(vec![("/app", own("apps"))]),
        command: &["python3", "/app/client.py"],
        option: ("PYTHONPATH", "/app/own"),
        grpc: Err("no: its image has no exporter; reported as `otlp-protocol-unavailable`"),
    },
];

/// Where the tools of `.ci/run` are.
pub(crate) fn tools() -> PathBuf {
    let own = env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let cache = own.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    cache.expect("HOME is set").join("otel-inject-ci")
}

/// Where agents and what is built for them are kept.
pub(crate) fn cache() -> PathBuf {
    tools().join("agents")
}

/// The program of that name on PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

pub(crate) fn agent(language: &str, path: &'static str, source: PathBuf) -> Image {
    let repository = otel_inject::languages::find(language).and_then(|language| language.settings.as_ref());
    let name = repository.expect("a row").image.repository.to_owned();
    Image { name, files: vec![(path, source)], ..Image::default() }
}

fn application(files: Vec<(&'static str, PathBuf)>) -> Image {
    Image { name: "registry.example.com/app".to_owned(), files, ..Image::default() }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// The Java agent, from the registry that Maven is set up with.
fn java() -> PathBuf {
    let version = version("java");
    let name = format!("opentelemetry-javaagent-{version}.jar");
    let folder = kept(&cache(), &format!("java-agent-{version}"), |folder| {
        let artifact = format!("-Dartifact=io.opentelemetry.javaagent:opentelemetry-javaagent:{version}");
        let mut mvn = Command::new("mvn");
        mvn.args(["--batch-mode", "--quiet", "dependency:copy", &artifact]);
        done(mvn.arg(format!("-DoutputDirectory={}", folder.display())).current_dir(folder));
    });
    folder.join(name)
}

/// The application's classes.
fn classes() -> PathBuf {
    let source = own("apps/Client.java");
    let made = digest(&[&fs::read_to_string(&source).expect("a file")]);
    kept(&cache(), &format!("java-application-{made}"), |folder| {
        done(Command::new("javac").arg("-d").arg(folder).arg(source));
    })
}

/// What the image for Python holds, installed for the interpreter that is here.
fn python() -> PathBuf {
    let requirements = own("requirements.txt");
    let version = version("python");
    let lines = fs::read_to_string(&requirements).expect("a file");
    assert!(
        lines.contains(&format!("opentelemetry-distro=={version}\n")),
        "requirements.txt is for another image"
    );
    kept(&cache(), &format!("python-agent-{version}-{}", digest(&[&lines])), |folder| {
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--only-binary",
            ":all:",
            "--root-user-action",
            "ignore",
        ]);
        done(pip.arg("--target").arg(folder).arg("--requirement").arg(requirements));
    })
}
