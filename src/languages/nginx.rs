//! nginx: a module that the configuration file loads.

use super::web_server::{CLONE, Configuration, Run, Step, Syntax, WebServer, Which};
use super::{DefaultImage, Delivery, Env, Language, Recipe, Settings};
use crate::k8s::shape::{Field, Shape, field};

/// nginx.
pub(super) static NGINX: Language = Language {
    id: "nginx",
    switch: "inject-nginx",
    containers: &["inject-nginx-container-names", "nginx-container-names"],
    settings: Some(Settings {
        key: "nginx",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-apache-httpd",
            tag: "1.0.4",
        },
        limits: ["500m", "256Mi"],
        requests: ["1m", "128Mi"],
        architectures: Some(&["amd64"]),
        fields: &[
            Field { name: "attrs", shape: super::web_server::ATTRS, only_v1alpha1: true },
            field("configFile", Shape::ConfigPath),
        ],
    }),
    options: &[],
    recipe: Recipe {
        delivery: Delivery::WebServer(WebServer {
            path_key: "configFile",
            default_path: "/etc/nginx/nginx.conf",
            is_file: true,
            config_volume: "otel-nginx-conf-dir",
            agent_volume: "otel-nginx-agent",
            is_sized: false,
            security_of: Which::First,
            clone: Step {
                name: CLONE,
                run: Run::Script(include_str!("scripts/clone_nginx.sh"), "{directory}"),
            },
            attach: Step {
                name: "otel-agent-attach-nginx",
                run: Run::Script(include_str!("scripts/attach_nginx.sh"), "{file}"),
            },
            configuration: Configuration {
                variable: "OTEL_NGINX_AGENT_CONF",
                pod_name: "OTEL_NGINX_SERVICE_INSTANCE_ID",
                version: None,
                head: &[],
                directives: &[
                    ("NginxModuleEnabled", "ON"),
                    ("NginxModuleOtelExporterEndpoint", "{endpoint}"),
                    ("NginxModuleOtelSpanExporter", "otlp"),
                    ("NginxModuleResolveBackends", "ON"),
                    ("NginxModuleServiceInstanceId", "<<SID-PLACEHOLDER>>"),
                    ("NginxModuleServiceName", "{service}"),
                    ("NginxModuleServiceNamespace", "{namespace}"),
                    ("NginxModuleTraceAsError", "ON"),
                ],
                syntax: Syntax::Nginx,
            },
        }),
        early_env: &[],
        env: &[Env::Append { name: "LD_LIBRARY_PATH", separator: ":", value: "{mount}/sdk_lib/lib" }],
        reserved: &[],
        protocols: super::web_server::PROTOCOLS,
    },
};
