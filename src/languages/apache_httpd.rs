//! Apache httpd: a module that `httpd.conf` includes.

use super::web_server::{CLONE, Configuration, Run, Step, Syntax, Version, WebServer, Which};
use super::{DefaultImage, Delivery, Language, Recipe, Settings};
use crate::k8s::shape::{Field, Shape, field};

/// Apache httpd.
pub(super) static APACHE_HTTPD: Language = Language {
    id: "apache-httpd",
    switch: "inject-apache-httpd",
    containers: &["apache-httpd-container-names"],
    settings: Some(Settings {
        key: "apacheHttpd",
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
            field("version", Shape::OneOf(&["2.4", "2.2"])),
            field("configPath", Shape::ConfigPath),
        ],
    }),
    options: &[],
    recipe: Recipe {
        delivery: Delivery::WebServer(WebServer {
            path_key: "configPath",
            default_path: "/usr/local/apache2/conf",
            is_file: false,
            config_volume: "otel-apache-conf-dir",
            agent_volume: "otel-apache-agent",
            is_sized: true,
            security_of: Which::Last,
            clone: Step { name: CLONE, run: Run::Command(&["cp", "-r", "{directory}/.", "{copy}"]) },
            attach: Step {
                name: "otel-agent-attach-apache",
                run: Run::Script(include_str!("scripts/attach_apache_httpd.sh"), "{directory}"),
            },
            configuration: Configuration {
                variable: "OTEL_APACHE_AGENT_CONF",
                pod_name: "APACHE_SERVICE_INSTANCE_ID",
                version: Some(Version { key: "version", suffixes: &[("2.2", "22")] }),
                head: &[
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_common.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_resources.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_trace.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_otlp_recordable.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_exporter_ostream_span.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_exporter_otlp_grpc.so",
                    "LoadFile {agent}/sdk_lib/lib/libopentelemetry_webserver_sdk.so",
                    "LoadModule otel_apache_module {agent}/WebServerModule/Apache/libmod_apache_otel{version}.so",
                ],
                directives: &[
                    ("ApacheModuleEnabled", "ON"),
                    ("ApacheModuleOtelExporterEndpoint", "{endpoint}"),
                    ("ApacheModuleOtelSpanExporter", "otlp"),
                    ("ApacheModuleResolveBackends", " ON"),
                    ("ApacheModuleServiceInstanceId", "<<SID-PLACEHOLDER>>"),
                    ("ApacheModuleServiceName", "{service}"),
                    ("ApacheModuleServiceNamespace", "{namespace}"),
                    ("ApacheModuleTraceAsError", " ON"),
                ],
                syntax: Syntax::Apache,
            },
        }),
        early_env: &[],
        env: &[],
        reserved: &[],
        protocols: super::web_server::PROTOCOLS,
    },
};
