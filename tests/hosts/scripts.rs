//! The web servers' scripts, run over a sandbox: the table's own text, the agent's folders moved below a
//! temporary root. What a test cannot find here is listed as ignored.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use otel_inject::languages::web_server::{AGENT, COPY, Run};
use otel_inject::languages::{ALL, Delivery};
use tempfile::TempDir;

use crate::tools::Tool;
use crate::world::repository;
use crate::{Case, cases};

/// What every path of the scripts begins with.
const ROOT: &str = "/opt/opentelemetry";
const NASTY: &str = "it's \"odd\" $HOME `x` ;#&";

pub(crate) const CASES: &[Case] = cases![
    &[] => [
        every_path_of_a_script_is_moved_by_the_sandbox,
        kubelet_expands_nothing_in_a_script,
        sh_accepts_every_script,
        apache_includes_the_agent_once,
        apache_without_its_files_fails_clearly,
        nginx_is_cloned_with_its_version,
        nginx_that_cannot_be_cloned_fails_clearly,
        nginx_loads_the_agent_once,
        nginx_without_its_files_fails_clearly,
    ],
    &[Tool::Shellcheck] => [
        shellcheck_has_nothing_to_say,
        shellcheck_has_nothing_to_say_about_what_we_run,
    ],
];

/// Every script of the table, with its container.
fn scripts() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut scripts = Vec::new();
    for language in ALL {
        let Delivery::WebServer(server) = &language.recipe.delivery else { continue };
        for step in [&server.clone, &server.attach] {
            if let Run::Script(text, _) = step.run {
                scripts.push((language.id, step.name, text));
            }
        }
    }
    assert_eq!(scripts.len(), 3, "two attach scripts and nginx's clone");
    scripts
}

fn script(language: &str, verb: &str) -> &'static str {
    let found = scripts().into_iter().find(|(id, name, _)| *id == language && name.contains(verb));
    found.expect("a script").2
}

struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// A root with the agent's image and an empty copy of a configuration.
    fn new() -> Self {
        let sandbox = Self { root: TempDir::with_prefix("otel inject ").expect("a folder") };
        let template = "<log dir=\"__agent_log_dir__/a\" other=\"__agent_log_dir__\"/>\n";
        sandbox.write("/opt/opentelemetry/conf/opentelemetry_sdk_log4cxx.xml.template", template);
        sandbox.write("/opt/opentelemetry/sdk_lib/lib/a.so", "");
        let module = "WebServerModule/Nginx/1.27.0/ngx_http_opentelemetry_module.so";
        sandbox.write(&format!("/opt/opentelemetry/{module}"), "");
        for folder in [AGENT, COPY] {
            fs::create_dir_all(sandbox.path(folder)).expect("a folder");
        }
        sandbox
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// A path of the scripts, as it is in the sandbox.
    fn moved(&self, path: &str) -> String {
        self.path(path).to_str().expect("UTF-8").to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("a file")
    }

    /// Runs a script as the container would, with its paths moved below the root.
    fn run(&self, script: &str, argument: &str, env: &[(&str, &str)]) -> Output {
        // Quotes around what stands in place of a plain word: the root has a space.
        let root = self.moved(ROOT);
        let moved: Vec<String> = script.lines().map(|line| line.replace(ROOT, &root)).collect();
        let quoted = moved.into_iter().map(|line| match line.split_once('=') {
            Some((name, path)) if path.starts_with(&root) => format!("{name}=\"{path}\"\n"),
            _ => line + "\n",
        });
        let bin = self.path("/bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        Command::new("sh")
            .args(["-c", &quoted.collect::<String>(), "--", argument])
            .env("PATH", path)
            .envs(env.iter().copied())
            .output()
            .expect("sh runs")
    }

    fn install(&self, name: &str, text: &str) {
        let path = format!("/bin/{name}");
        self.write(&path, text);
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(&path), permissions).expect("permissions");
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
    assert_eq!(stderr(output), "");
}

fn fails(output: &Output, message: &str) {
    assert!(!output.status.success(), "no failure, though: {message}");
    assert!(stderr(output).contains(message), "{:?} does not say {message:?}", stderr(output));
}

fn every_path_of_a_script_is_moved_by_the_sandbox() {
    for (language, name, text) in scripts() {
        let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = code.flat_map(|line| line.split(|character: char| " =\"'".contains(character)));
        let paths = words.filter(|word| word.starts_with('/'));
        for path in paths.filter(|path| *path != "/bin/sh") {
            assert!(path.starts_with(ROOT), "{language} {name}: {path}");
        }
    }
}

/// Arguments are expanded like variables: `$$` is `$`, and `$(NAME)` a variable's value.
fn kubelet_expands_nothing_in_a_script() {
    for (language, name, text) in scripts() {
        assert!(!text.contains("$$"), "{language} {name}");
        for inner in text.split("$(").skip(1) {
            let inner = inner.split(')').next().unwrap_or_default();
            assert!(inner.contains(' '), "{language} {name}: $({inner}) could be a variable");
        }
    }
}

fn sh_accepts_every_script() {
    for (language, name, text) in scripts() {
        let output = Command::new("sh").args(["-n", "-c", text]).output().expect("sh runs");
        assert!(output.status.success(), "{language} {name}: {}", stderr(&output));
    }
}

fn shellcheck_has_nothing_to_say() {
    let folder = tempfile::tempdir().expect("a folder");
    for (language, name, text) in scripts() {
        let path: &Path = &folder.path().join(format!("{language}-{name}.sh"));
        fs::write(path, text).expect("a file");
        let output = Command::new("shellcheck").arg("--shell=sh").arg(path).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn shellcheck_has_nothing_to_say_about_what_we_run() {
    for script in
        [".ci/run", ".ci/agents", ".ci/collector", ".ci/static", ".ci/image", "functions/krew/manifest"]
    {
        let path = repository().join(script);
        let output = Command::new("shellcheck").arg(path).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

const APACHE_ENV: &[(&str, &str)] = &[
    ("OTEL_APACHE_AGENT_CONF", "Id <<SID-PLACEHOLDER>>\nA 'x' \"y\" $HOME \\n &\nB <<SID-PLACEHOLDER>>\n"),
    ("APACHE_SERVICE_INSTANCE_ID", "web-0"),
];

fn apache_includes_the_agent_once() {
    for before in ["Listen 80", "Listen 80\n", ""] {
        let sandbox = Sandbox::new();
        sandbox.write(&format!("{COPY}/httpd.conf"), before);
        for _ in 0..3 {
            succeeds(&sandbox.run(script("apache-httpd", "attach"), NASTY, APACHE_ENV));
        }
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        assert_eq!(
            sandbox.read(&format!("{COPY}/httpd.conf")),
            format!("{before}{end}Include {NASTY}/opentemetry_agent.conf\n")
        );
        assert_eq!(
            sandbox.read(&format!("{COPY}/opentemetry_agent.conf")),
            "Id web-0\nA 'x' \"y\" $HOME \\n &\nB web-0\n"
        );
        let logs = sandbox.moved(&format!("{AGENT}/logs"));
        assert_eq!(
            sandbox.read(&format!("{AGENT}/conf/opentelemetry_sdk_log4cxx.xml")),
            format!("<log dir=\"{logs}/a\" other=\"{logs}\"/>\n")
        );
        assert!(sandbox.path(&format!("{AGENT}/sdk_lib/lib/a.so")).exists());
    }
}

fn apache_without_its_files_fails_clearly() {
    let attach = script("apache-httpd", "attach");
    let sandbox = Sandbox::new();
    fails(&sandbox.run(attach, "/etc/httpd", APACHE_ENV), "no httpd.conf in /etc/httpd");
    sandbox.write(&format!("{COPY}/httpd.conf"), "Listen 80\n");
    fails(&sandbox.run(attach, "/etc/httpd", &[]), "OTEL_APACHE_AGENT_CONF");
    fails(&sandbox.run(attach, "/etc/httpd", &APACHE_ENV[..1]), "APACHE_SERVICE_INSTANCE_ID");
    fails(&sandbox.run(attach, "/etc/httpd", &APACHE_ENV[1..]), "OTEL_APACHE_AGENT_CONF");
    fs::remove_dir_all(sandbox.path("/opt/opentelemetry/conf")).expect("a folder");
    fails(&sandbox.run(attach, "/etc/httpd", APACHE_ENV), "opentelemetry_sdk_log4cxx.xml.template");
    assert_eq!(sandbox.read(&format!("{COPY}/httpd.conf")), "Listen 80\n");
}

fn nginx_is_cloned_with_its_version() {
    let sandbox = Sandbox::new();
    sandbox.install("nginx", "#!/bin/sh\necho 'nginx version: nginx/1.27.0' >&2\n");
    let directory = format!("/etc/{NASTY}");
    sandbox.write(&format!("{directory}/nginx.conf"), "events {}\n");
    sandbox.write(&format!("{directory}/conf.d/.hidden"), "");
    let link = sandbox.path(&format!("{directory}/link.conf"));
    std::os::unix::fs::symlink("nginx.conf", link).expect("a link");
    for _ in 0..3 {
        succeeds(&sandbox.run(script("nginx", "clone"), &sandbox.moved(&directory), &[]));
    }
    assert_eq!(sandbox.read(&format!("{COPY}/nginx.conf")), "events {}\n");
    assert_eq!(sandbox.read(&format!("{COPY}/link.conf")), "events {}\n");
    assert_eq!(sandbox.read(&format!("{COPY}/conf.d/.hidden")), "");
    assert_eq!(sandbox.read(&format!("{COPY}/version.txt")), "1.27.0\n");
    assert_eq!(sandbox.read(&format!("{directory}/nginx.conf")), "events {}\n");
}

fn nginx_that_cannot_be_cloned_fails_clearly() {
    let clone = script("nginx", "clone");
    let sandbox = Sandbox::new();
    fails(&sandbox.run(clone, "/no such folder", &[]), "no directory /no such folder");
    sandbox.install("nginx", "#!/bin/sh\necho 'no libssl' >&2\nexit 127\n");
    fails(&sandbox.run(clone, &sandbox.moved("/bin"), &[]), "nginx -v failed: no libssl");
}

const NGINX_ENV: &[(&str, &str)] =
    &[("OTEL_NGINX_AGENT_CONF", "Id <<SID-PLACEHOLDER>>;\n"), ("OTEL_NGINX_SERVICE_INSTANCE_ID", "web-0")];

fn nginx_loads_the_agent_once() {
    let sandbox = Sandbox::new();
    sandbox.write(&format!("{COPY}/version.txt"), "1.27.0\n");
    sandbox.write(&format!("{COPY}/{NASTY}"), "events {}\nhttp {}");
    for _ in 0..3 {
        succeeds(&sandbox.run(script("nginx", "attach"), NASTY, NGINX_ENV));
    }
    let module =
        sandbox.moved(&format!("{AGENT}/WebServerModule/Nginx/1.27.0/ngx_http_opentelemetry_module.so"));
    assert_eq!(
        sandbox.read(&format!("{COPY}/{NASTY}")),
        format!("env OTEL_RESOURCE_ATTRIBUTES;\nload_module {module};\nevents {{}}\nhttp {{}}")
    );
    assert_eq!(sandbox.read(&format!("{COPY}/conf.d/opentelemetry_agent.conf")), "Id web-0;\n");
    let names = fs::read_dir(sandbox.path(COPY)).expect("a folder");
    assert_eq!(names.count(), 3, "nothing else is left in the copy");
}

fn nginx_without_its_files_fails_clearly() {
    let attach = script("nginx", "attach");
    let sandbox = Sandbox::new();
    fails(&sandbox.run(attach, "nginx.conf", NGINX_ENV), "no file nginx.conf");
    sandbox.write(&format!("{COPY}/nginx.conf"), "events {}\n");
    fails(&sandbox.run(attach, "nginx.conf", NGINX_ENV), "no version.txt");
    sandbox.write(&format!("{COPY}/version.txt"), "0.1\n");
    fails(&sandbox.run(attach, "nginx.conf", &[]), "OTEL_NGINX_AGENT_CONF");
    fails(&sandbox.run(attach, "nginx.conf", NGINX_ENV), "does not know this version of nginx");
    assert_eq!(sandbox.read(&format!("{COPY}/nginx.conf")), "events {}\n");
}
