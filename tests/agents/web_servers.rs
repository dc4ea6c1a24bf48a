//! Real web servers with what an injection attaches to them. The module's image is not in a package registry, so a stub
//! stands for it: it takes the same directives, and prints what the server gives it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use otel_inject::value::json;

use crate::agents::{agent, cache};
use crate::common::agent::{digest, done, kept};
use crate::kubelet::{Image, Pod, own};
use crate::workload::{deployment, field, injected, object, pod_template};

/// A row of the page.
pub(crate) struct Check {
    /// The language's row.
    pub(crate) language: &'static str,
    /// The programs without which nothing can be shown.
    pub(crate) needs: &'static [&'static str],
    pub(crate) title: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What the cell says.
    pub(crate) run: fn() -> String,
}

/// The rows.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        language: "apache-httpd",
        needs: &["apache2", "nginx", "gcc", "apt-get", "dpkg"],
        title: "configuration",
        meaning: "`apache2 -t` of Debian accepts the configuration after the attach script, and gives every directive \
                  its value to a stub of the module.",
        run: apache,
    },
    Check {
        language: "nginx",
        needs: &["nginx", "gcc", "apt-get", "dpkg"],
        title: "configuration",
        meaning: "`nginx -t` accepts Debian's configuration after the clone and attach scripts, and gives every \
                  directive its value to a stub of the module.",
        run: nginx,
    },
];

/// What a service may be called, and what a configuration could take apart.
const NAME: &str = "it's \"odd\" ; {} #1 \\ $5";

/// A configuration for Debian's server where the image `httpd` has its own.
const HTTPD: &str = "\
ServerRoot /usr/local/apache2
ServerName localhost
Listen 8080
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
PidFile /tmp/httpd.pid
ErrorLog /dev/stderr";

/// What stands for the modules' image, built once.
pub(crate) fn stubs() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let text = |name: &str| fs::read_to_string(own("stubs").join(name)).expect("a file");
        let made = digest(&[&text("build.sh"), &text("apache.c"), &text("nginx.c")]);
        kept(&cache(), &format!("web-server-stubs-{made}"), |folder| {
            done(Command::new("sh").arg(own("stubs/build.sh")).arg(folder));
        })
    };
    BUILT.get_or_init(build).join("image")
}

/// Injects a workload whose container runs `command`, and runs its pod: what the container prints.
fn printed(language: &str, application: Vec<(&'static str, PathBuf)>, command: &[&str]) -> String {
    let annotations = json!({
        (format!("instrumentation.opentelemetry.io/inject-{language}")): "true",
        "resource.opentelemetry.io/service.name": NAME,
    });
    let instrumentation = json!({"spec": {"exporter": {"endpoint": "http://collector:4317"}}});
    let container = json!({"name": "app", "image": "registry.example.com/app:1", "command": command});
    let (objects, _) = injected([
        object("opentelemetry.io/v1alpha1", "Instrumentation", "default", instrumentation),
        deployment("web", &annotations, &container),
    ]);
    let application =
        Image { name: "registry.example.com/app".to_owned(), files: application, ..Image::default() };
    let images = vec![application, agent(language, "/opt/opentelemetry", stubs())];
    Pod::new(pod_template(&objects), &objects, images).run("app")
}

/// Compares what the stub printed with what the directives should say.
#[track_caller]
fn shown(prefix: &str, printed: &str) -> String {
    let expected = [
        ("Enabled", "ON"),
        ("OtelExporterEndpoint", "http://collector:4317"),
        ("OtelSpanExporter", "otlp"),
        ("ResolveBackends", "ON"),
        ("ServiceInstanceId", field("metadata.name")),
        ("ServiceName", NAME),
        ("ServiceNamespace", "shop"),
        ("TraceAsError", "ON"),
    ];
    for (name, value) in expected {
        let line = format!("stub: {prefix}{name}={value}");
        assert!(printed.lines().any(|printed| printed == line), "no {line:?} in\n{printed}");
    }
    "yes".to_owned()
}

fn apache() -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("httpd.conf"), HTTPD).expect("a file");
    let files = vec![("/usr/local/apache2/conf", folder.path().to_owned())];
    let printed =
        printed("apache-httpd", files, &["apache2", "-t", "-f", "/usr/local/apache2/conf/httpd.conf"]);
    assert!(printed.contains("Syntax OK"), "{printed}");
    shown("ApacheModule", &printed)
}

fn nginx() -> String {
    let printed = printed("nginx", Vec::new(), &["nginx", "-t"]);
    assert!(printed.contains("test is successful"), "{printed}");
    shown("NginxModule", &printed)
}
