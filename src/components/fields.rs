//! The fields of the collector's commonest components and of its telemetry, as data: which there are, which are
//! required, which values they take. Facts are those of the Go types of release 0.158.0, in
//! <https://github.com/open-telemetry/opentelemetry-collector> and
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib>.
//!
//! A row applies to types of one section. Its path leads from the component to a mapping, with `*` for each element of
//! a list. `service` and `telemetry` stand for `service.telemetry`.

/// The section and the type under which the tables have `service.telemetry`.
pub const TELEMETRY: (&str, &str) = ("service", "telemetry");

/// A row: section, types, path, and what is there.
#[derive(Debug)]
pub struct Row<T: 'static> {
    /// The section.
    pub section: &'static str,
    /// The types.
    pub types: &'static [&'static str],
    /// The path from the component to a mapping; empty for the component itself.
    pub path: &'static str,
    /// What the row says about the mapping.
    pub says: T,
}

const fn row<T: 'static>(
    section: &'static str,
    types: &'static [&'static str],
    path: &'static str,
    says: T,
) -> Row<T> {
    Row { section, types, path, says }
}

/// The rows for a component.
pub fn rows<T>(table: &'static [Row<T>], section: &str, kind: &str) -> impl Iterator<Item = &'static Row<T>> {
    table.iter().filter(move |row| row.section == section && row.types.contains(&kind))
}

/// Groups of names.
pub type Names = &'static [&'static [&'static str]];

use super::OTLP_GRPC;

const OTLP_HTTP: &[&str] = &["otlphttp", "otlp_http"];
const PROMETHEUS: &[&str] = &["prometheus"];
const ZIPKIN: &[&str] = &["zipkin"];
const OF_TELEMETRY: &[&str] = &[TELEMETRY.1];

const TLS: &[&str] = &[
    "ca_file",
    "ca_pem",
    "include_system_ca_certs_pool",
    "cert_file",
    "cert_pem",
    "key_file",
    "key_pem",
    "min_version",
    "max_version",
    "cipher_suites",
    "include_insecure_cipher_suites",
    "reload_interval",
    "curve_preferences",
    "tpm",
];
const TLS_CLIENT: &[&str] = &["insecure", "insecure_skip_verify", "server_name_override"];
const TLS_SERVER: &[&str] = &["client_ca_file", "client_ca_file_reload"];
const NETWORK: &[&str] = &["endpoint", "transport", "dialer"];
const GRPC_SERVER: &[&str] = &[
    "tls",
    "max_recv_msg_size_mib",
    "max_concurrent_streams",
    "read_buffer_size",
    "write_buffer_size",
    "keepalive",
    "auth",
    "include_metadata",
    "middlewares",
];
const HTTP_SERVER: &[&str] = &[
    "tls",
    "cors",
    "auth",
    "max_request_body_size",
    "include_metadata",
    "response_headers",
    "compression_algorithms",
    "read_timeout",
    "read_header_timeout",
    "write_timeout",
    "idle_timeout",
    "middlewares",
    "keep_alives_enabled",
];
const GRPC_CLIENT: &[&str] = &[
    "endpoint",
    "compression",
    "tls",
    "keepalive",
    "read_buffer_size",
    "write_buffer_size",
    "wait_for_ready",
    "headers",
    "user_agent",
    "balancer_name",
    "authority",
    "auth",
    "middlewares",
];
const HTTP_CLIENT: &[&str] = &[
    "endpoint",
    "proxy_url",
    "tls",
    "read_buffer_size",
    "write_buffer_size",
    "timeout",
    "headers",
    "auth",
    "compression",
    "compression_params",
    "max_idle_conns",
    "max_idle_conns_per_host",
    "max_conns_per_host",
    "idle_conn_timeout",
    "disable_keep_alives",
    "http2_read_idle_timeout",
    "http2_ping_timeout",
    "cookies",
    "force_attempt_http2",
    "middlewares",
];
const EXPORTER: &[&str] = &["sending_queue", "retry_on_failure"];
const QUEUE: &[&str] = &[
    "enabled",
    "wait_for_result",
    "sizer",
    "queue_size",
    "block_on_overflow",
    "storage",
    "num_consumers",
    "batch",
];
const RETRY: &[&str] = &[
    "enabled",
    "initial_interval",
    "randomization_factor",
    "multiplier",
    "max_interval",
    "max_elapsed_time",
];

/// Every field that a mapping takes.
pub static FIELDS: &[Row<Names>] = &[
    row("receivers", &["otlp"], "", &[&["protocols"]]),
    row("receivers", &["otlp"], "/protocols/grpc", &[NETWORK, GRPC_SERVER]),
    row(
        "receivers",
        &["otlp"],
        "/protocols/http",
        &[NETWORK, HTTP_SERVER, &["traces_url_path", "metrics_url_path", "logs_url_path"]],
    ),
    row("receivers", &["otlp"], "/protocols/grpc/tls", &[TLS, TLS_SERVER]),
    row("receivers", &["otlp"], "/protocols/http/tls", &[TLS, TLS_SERVER]),
    row("receivers", &["otlp"], "/protocols/grpc/keepalive", &[&["server_parameters", "enforcement_policy"]]),
    row(
        "receivers",
        &["otlp"],
        "/protocols/http/cors",
        &[&["allowed_origins", "allowed_headers", "exposed_headers", "max_age"]],
    ),
    row("receivers", ZIPKIN, "", &[NETWORK, HTTP_SERVER, &["parse_string_tags"]]),
    row("receivers", &["carbon"], "", &[NETWORK, &["tcp_idle_timeout", "parser"]]),
    row(
        "receivers",
        &["statsd"],
        "",
        &[
            NETWORK,
            &[
                "aggregation_interval",
                "enable_ip_only_aggregation",
                "ignore_host",
                "enable_metric_type",
                "enable_simple_tags",
                "is_monotonic_counter",
                "counter_type",
                "timer_histogram_mapping",
                "socket_permissions",
                "socket_buffer_size",
            ],
        ],
    ),
    row("receivers", &["fluent_forward", "fluentforward"], "", &[&["endpoint"]]),
    row("exporters", OTLP_GRPC, "", &[GRPC_CLIENT, EXPORTER, &["timeout"]]),
    row("exporters", OTLP_HTTP, "", &[HTTP_CLIENT, EXPORTER, OF_SIGNALS, &["encoding"]]),
    row("exporters", OTLP_GRPC, "/tls", &[TLS, TLS_CLIENT]),
    row("exporters", OTLP_HTTP, "/tls", &[TLS, TLS_CLIENT]),
    row("exporters", OTLP_GRPC, "/sending_queue", &[QUEUE]),
    row("exporters", OTLP_HTTP, "/sending_queue", &[QUEUE]),
    row("exporters", OTLP_GRPC, "/retry_on_failure", &[RETRY]),
    row("exporters", OTLP_HTTP, "/retry_on_failure", &[RETRY]),
    row(
        "exporters",
        &["debug"],
        "",
        &[&[
            "verbosity",
            "sampling_initial",
            "sampling_thereafter",
            "use_internal_logger",
            "output_paths",
            "sending_queue",
        ]],
    ),
    row(
        "exporters",
        PROMETHEUS,
        "",
        &[
            NETWORK,
            HTTP_SERVER,
            &[
                "sending_queue",
                "namespace",
                "const_labels",
                "send_timestamps",
                "metric_expiration",
                "resource_to_telemetry_conversion",
                "enable_open_metrics",
                "without_scope_info",
                "add_metric_suffixes",
                "translation_strategy",
            ],
        ],
    ),
    row("exporters", ZIPKIN, "", &[HTTP_CLIENT, EXPORTER, &["format", "default_service_name"]]),
    row(
        "processors",
        &["batch"],
        "",
        &[&[
            "timeout",
            "send_batch_size",
            "send_batch_max_size",
            "metadata_keys",
            "metadata_cardinality_limit",
        ]],
    ),
    row(
        "processors",
        &["memory_limiter"],
        "",
        &[&[
            "check_interval",
            "min_gc_interval_when_soft_limited",
            "min_gc_interval_when_hard_limited",
            "max_gc_interval_when_soft_limited",
            "max_gc_interval_when_hard_limited",
            "limit_mib",
            "spike_limit_mib",
            "limit_percentage",
            "spike_limit_percentage",
        ]],
    ),
    row("processors", &["resource"], "", &[&["attributes"]]),
    row(
        "extensions",
        &["health_check"],
        "",
        &[
            NETWORK,
            HTTP_SERVER,
            &[
                "path",
                "response_body",
                "check_collector_pipeline",
                "use_v2",
                "grpc",
                "http",
                "component_health",
            ],
        ],
    ),
    row("extensions", &["zpages"], "", &[NETWORK, HTTP_SERVER, &["expvar"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "", &[&["logs", "metrics", "traces", "resource"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "/metrics", &[&["level", "address", "readers", "views"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "/metrics/readers/*", &[&["pull", "periodic", "producers"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "/metrics/readers/*/pull", &[&["exporter"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "/metrics/readers/*/periodic", &[&["exporter", "interval", "timeout"]]),
    row(
        TELEMETRY.0,
        OF_TELEMETRY,
        "/metrics/readers/*/pull/exporter/prometheus",
        &[&[
            "host",
            "port",
            "with_resource_constant_labels",
            "without_scope_info",
            "without_type_suffix",
            "without_units",
        ]],
    ),
    row(
        TELEMETRY.0,
        OF_TELEMETRY,
        "/logs",
        &[&[
            "level",
            "development",
            "encoding",
            "disable_caller",
            "disable_stacktrace",
            "sampling",
            "output_paths",
            "error_output_paths",
            "initial_fields",
            "processors",
            "disable_zap_resource",
        ]],
    ),
    row(TELEMETRY.0, OF_TELEMETRY, "/logs/sampling", &[&["enabled", "tick", "initial", "thereafter"]]),
    row(TELEMETRY.0, OF_TELEMETRY, "/resource/attributes/*", &[&["name", "type", "value"]]),
];

/// The endpoints of single signals, in an exporter that takes them.
const OF_SIGNALS: &[&str] = &["traces_endpoint", "metrics_endpoint", "logs_endpoint", "profiles_endpoint"];
/// Exporters with endpoints of single signals.
pub const WITH_SIGNALS: &[&str] = OTLP_HTTP;

/// Fields of which a component must set one.
pub static REQUIRED: &[Row<&[&str]>] = &[
    row("exporters", OTLP_GRPC, "", &["endpoint"]),
    row(
        "exporters",
        OTLP_HTTP,
        "",
        &["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "profiles_endpoint"],
    ),
    row("exporters", ZIPKIN, "", &["endpoint"]),
    row("exporters", &["file"], "", &["path"]),
    row("processors", &["attributes"], "", &["actions"]),
    row("processors", &["memory_limiter"], "", &["check_interval"]),
    row("processors", &["memory_limiter"], "", &["limit_mib", "limit_percentage"]),
    row("processors", &["resource"], "", &["attributes"]),
    row("receivers", &["host_metrics", "hostmetrics"], "", &["scrapers"]),
];

/// Fields of which a component must set one if a pipeline uses it.
pub static REQUIRED_IN_USE: &[Row<&[&str]>] = &[row("receivers", &["file_log", "filelog"], "", &["include"])];

/// A field with a fixed set of values.
#[derive(Debug)]
pub struct Choice {
    /// The field.
    pub field: &'static str,
    /// Its values.
    pub values: &'static [&'static str],
    /// Capital letters do not matter.
    pub is_loose: bool,
}

const fn one_of(field: &'static str, values: &'static [&'static str]) -> Choice {
    Choice { field, values, is_loose: false }
}

const fn level(field: &'static str, values: &'static [&'static str]) -> Choice {
    Choice { field, values, is_loose: true }
}

const COMPRESSION: Choice = one_of(
    "compression",
    &["gzip", "zlib", "deflate", "snappy", "x-snappy-framed", "zstd", "lz4", "none", ""],
);
const STREAM: Choice = one_of("transport", &["tcp", "tcp4", "tcp6", "unix", "unixpacket", ""]);
const LEVELS: &[&str] = &["none", "basic", "normal", "detailed"];

/// The fields with a fixed set of values.
pub static CHOICES: &[Row<Choice>] = &[
    row("receivers", &["otlp"], "/protocols/grpc", STREAM),
    row("receivers", &["otlp"], "/protocols/http", STREAM),
    row("receivers", &["carbon"], "", one_of("transport", &["tcp", "udp", ""])),
    row(
        "receivers",
        &["statsd"],
        "",
        one_of("transport", &["udp", "udp4", "udp6", "tcp", "tcp4", "tcp6", "unixgram", ""]),
    ),
    row("exporters", OTLP_GRPC, "", COMPRESSION),
    row("exporters", OTLP_HTTP, "", COMPRESSION),
    row("exporters", OTLP_HTTP, "", one_of("encoding", &["proto", "json"])),
    row("exporters", ZIPKIN, "", one_of("format", &["json", "proto"])),
    row("exporters", &["debug"], "", level("verbosity", &["basic", "normal", "detailed"])),
    row(TELEMETRY.0, OF_TELEMETRY, "/metrics", level("level", LEVELS)),
    row(TELEMETRY.0, OF_TELEMETRY, "/traces", level("level", LEVELS)),
    row(
        TELEMETRY.0,
        OF_TELEMETRY,
        "/metrics/readers/*/periodic/exporter/otlp",
        one_of("protocol", &["grpc", "http/protobuf"]),
    ),
    row(
        TELEMETRY.0,
        OF_TELEMETRY,
        "/logs",
        level("level", &["debug", "info", "warn", "error", "dpanic", "panic", "fatal", ""]),
    ),
    row(TELEMETRY.0, OF_TELEMETRY, "/logs", one_of("encoding", &["console", "json"])),
];

/// A number that must not be less than another.
#[derive(Debug)]
pub struct Bound {
    /// The smaller one: a field, and its value if it is not set.
    pub low: (&'static str, Option<u64>),
    /// The larger one, a field in which 0 stands for no limit, or a number.
    pub high: Limit,
    /// They must not be equal.
    pub is_strict: bool,
}

/// What limits a number.
#[derive(Debug)]
pub enum Limit {
    /// A field.
    Field(&'static str),
    /// A number.
    Number(u64),
}

/// The bounds of numbers.
pub static BOUNDS: &[Row<Bound>] = &[
    row(
        "processors",
        &["batch"],
        "",
        Bound {
            low: ("send_batch_size", Some(8192)),
            high: Limit::Field("send_batch_max_size"),
            is_strict: false,
        },
    ),
    row(
        "processors",
        &["memory_limiter"],
        "",
        Bound { low: ("spike_limit_mib", None), high: Limit::Field("limit_mib"), is_strict: true },
    ),
    row(
        "processors",
        &["memory_limiter"],
        "",
        Bound {
            low: ("spike_limit_percentage", None),
            high: Limit::Field("limit_percentage"),
            is_strict: true,
        },
    ),
    row(
        "processors",
        &["memory_limiter"],
        "",
        Bound { low: ("limit_percentage", None), high: Limit::Number(100), is_strict: false },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::releases::SECTIONS;

    fn check<T>(table: &[Row<T>]) {
        for row in table {
            let is_section = SECTIONS.iter().any(|(known, _)| *known == row.section);
            assert!(is_section || row.section == TELEMETRY.0, "{}", row.section);
            assert!(row.path.is_empty() || row.path.starts_with('/'), "{}", row.path);
            assert!(!row.types.is_empty(), "{}", row.path);
        }
    }

    #[test]
    fn every_row_is_about_a_section_and_a_path() {
        check(FIELDS);
        check(REQUIRED);
        check(REQUIRED_IN_USE);
        check(CHOICES);
        check(BOUNDS);
    }

    #[test]
    fn fields_with_requirements_choices_and_bounds_are_known() {
        let known = |section: &str, types: &[&str], path: &str, field: &str| {
            let all = FIELDS.iter().filter(|row| row.section == section && row.path == path);
            let mut all = all.filter(|row| types.iter().any(|kind| row.types.contains(kind))).peekable();
            all.peek().is_none() || all.any(|row| row.says.iter().any(|names| names.contains(&field)))
        };
        for row in CHOICES {
            assert!(known(row.section, row.types, row.path, row.says.field), "{}", row.says.field);
        }
        for row in BOUNDS {
            assert!(known(row.section, row.types, row.path, row.says.low.0), "{}", row.says.low.0);
        }
        for row in REQUIRED.iter().chain(REQUIRED_IN_USE) {
            for field in row.says {
                assert!(known(row.section, row.types, row.path, field), "{field}");
            }
        }
    }
}
