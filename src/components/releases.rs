//! What releases of the collector removed and renamed, and what its components require, as data. Facts are those of
//! release 0.158.0 and of the changelogs of
//! <https://github.com/open-telemetry/opentelemetry-collector> and
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib>.

use super::type_of;

/// The sections of a configuration that define components, and the word for one of each.
pub const SECTIONS: &[(&str, &str)] = &[
    ("receivers", "receiver"),
    ("processors", "processor"),
    ("exporters", "exporter"),
    ("connectors", "connector"),
    ("extensions", "extension"),
];

/// The signals that a pipeline can carry.
pub const SIGNALS: &[&str] = &["traces", "metrics", "logs"];
/// A signal behind [`PROFILES_GATE`].
pub const PROFILES: &str = "profiles";
/// The feature gate that enables pipelines of [`PROFILES`].
pub const PROFILES_GATE: &str = "service.profilesSupport";
/// The feature gate that enables a service without pipelines.
pub const NO_PIPELINES_GATE: &str = "service.AllowNoPipelines";

/// A component that releases from `0.since` on do not have.
#[derive(Debug)]
pub struct Removed {
    /// Its section.
    pub section: &'static str,
    /// Its type.
    pub kind: &'static str,
    /// The minor version that removed it.
    pub since: u32,
    /// What to do instead.
    pub instead: &'static str,
}

const fn removed(section: &'static str, kind: &'static str, since: u32, instead: &'static str) -> Removed {
    Removed { section, kind, since, instead }
}

/// Removed components.
pub static REMOVED: &[Removed] = &[
    removed("exporters", "carbon", 141, "Remove it: it has no successor."),
    removed("exporters", "dynatrace", 99, "Use exporter otlphttp with Dynatrace's OTLP endpoint."),
    removed("exporters", "jaeger", 86, "Use exporter otlp: Jaeger accepts OTLP."),
    removed("exporters", "jaeger_thrift", 86, "Use exporter otlp: Jaeger accepts OTLP."),
    removed("exporters", "logging", 111, "Use exporter debug; `loglevel` is `verbosity` there."),
    removed("exporters", "loki", 131, "Use exporter otlphttp with Loki's endpoint /otlp."),
    removed("exporters", "opencensus", 134, "Use exporter otlp."),
    removed("exporters", "sapm", 148, "Use exporter otlphttp."),
    removed("exporters", "skywalking", 105, "Remove it: it has no successor."),
    removed("extensions", "memory_ballast", 109, "Remove it: GOMEMLIMIT does its work and is set."),
    removed("processors", "routing", 133, "Use connector routing."),
    removed("processors", "servicegraph", 94, "Use connector servicegraph."),
    removed("processors", "spanmetrics", 96, "Use connector spanmetrics."),
    removed("receivers", "awscloudwatchmetrics", 134, "Remove it: it has no successor."),
    removed("receivers", "bigip", 147, "Remove it: it has no successor."),
    removed("receivers", "k8slog", 148, "Use receiver filelog."),
    removed("receivers", "opencensus", 134, "Use receiver otlp."),
    removed("receivers", "prometheus_exec", 83, "Use receiver prometheus."),
    removed("receivers", "sapm", 135, "Use receiver otlp."),
];

/// The removed component of a type.
#[must_use]
pub fn removal(section: &str, component: &str) -> Option<&'static Removed> {
    REMOVED.iter().find(|removed| removed.section == section && removed.kind == type_of(component))
}

/// Types that have a new name from release `0.N` on: section, old name, new name, N. The old one is an alias.
pub static RENAMED: &[(&str, &str, &str, u32)] = &[
    ("connectors", "metricsaslogs", "metrics_as_logs", 153),
    ("connectors", "roundrobin", "round_robin", 152),
    ("connectors", "servicegraph", "service_graph", 151),
    ("connectors", "spanmetrics", "span_metrics", 151),
    ("exporters", "loadbalancing", "load_balancing", 153),
    ("exporters", "otlp", "otlp_grpc", 144),
    ("exporters", "otlphttp", "otlp_http", 144),
    ("exporters", "prometheusremotewrite", "prometheus_remote_write", 154),
    ("processors", "cumulativetodelta", "cumulative_to_delta", 157),
    ("processors", "deltatocumulative", "delta_to_cumulative", 158),
    ("processors", "deltatorate", "delta_to_rate", 158),
    ("processors", "k8sattributes", "k8s_attributes", 146),
    ("processors", "logdedup", "log_dedup", 151),
    ("processors", "metricstransform", "metrics_transform", 152),
    ("processors", "resourcedetection", "resource_detection", 153),
    ("receivers", "cloudfoundry", "cloud_foundry", 152),
    ("receivers", "filelog", "file_log", 149),
    ("receivers", "flinkmetrics", "flink_metrics", 155),
    ("receivers", "fluentforward", "fluent_forward", 151),
    ("receivers", "hostmetrics", "host_metrics", 151),
    ("receivers", "httpcheck", "http_check", 150),
    ("receivers", "k8sobjects", "k8s_objects", 151),
    ("receivers", "kafkametrics", "kafka_metrics", 152),
    ("receivers", "kubeletstats", "kubelet_stats", 152),
    ("receivers", "sshcheck", "ssh_check", 151),
    ("receivers", "tcplog", "tcp_log", 150),
    ("receivers", "udplog", "udp_log", 150),
    ("receivers", "webhookevent", "webhook_event", 154),
];

/// The new name of a component's type, and the minor version that has it.
#[must_use]
pub fn new_name(section: &str, component: &str) -> Option<(&'static str, u32)> {
    let kind = type_of(component);
    let row = RENAMED.iter().find(|(of, old, ..)| *of == section && *old == kind)?;
    Some((row.2, row.3))
}

/// Fields that a component must set: section, types, and the fields of which one is enough.
pub static REQUIRED: &[(&str, &[&str], &[&str])] = &[
    ("exporters", &["otlp", "otlp_grpc"], &["endpoint"]),
    (
        "exporters",
        &["otlphttp", "otlp_http"],
        &["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "profiles_endpoint"],
    ),
    ("exporters", &["zipkin"], &["endpoint"]),
    ("exporters", &["file"], &["path"]),
    ("processors", &["memory_limiter"], &["check_interval"]),
    ("processors", &["memory_limiter"], &["limit_mib", "limit_percentage"]),
];

/// Every field that a component takes: section, type, fields.
pub static FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "exporters",
        "debug",
        &[
            "verbosity",
            "sampling_initial",
            "sampling_thereafter",
            "use_internal_logger",
            "output_paths",
            "sending_queue",
        ],
    ),
    (
        "processors",
        "batch",
        &["timeout", "send_batch_size", "send_batch_max_size", "metadata_keys", "metadata_cardinality_limit"],
    ),
    (
        "processors",
        "memory_limiter",
        &[
            "check_interval",
            "min_gc_interval_when_soft_limited",
            "min_gc_interval_when_hard_limited",
            "max_gc_interval_when_soft_limited",
            "max_gc_interval_when_hard_limited",
            "limit_mib",
            "spike_limit_mib",
            "limit_percentage",
            "spike_limit_percentage",
        ],
    ),
    ("receivers", "otlp", &["protocols"]),
];

/// The signals of components that do not have all: section, types, signals.
static TAKES: &[(&str, &[&str], &[&str])] = &[
    ("exporters", &["prometheus"], &["metrics"]),
    ("exporters", &["zipkin"], &["traces"]),
    ("receivers", &["carbon", "statsd"], &["metrics"]),
    ("receivers", &["file_log", "filelog", "fluent_forward", "fluentforward", "syslog"], &["logs"]),
    ("receivers", &["host_metrics", "hostmetrics"], &["metrics", "logs"]),
    ("receivers", &["jaeger", "zipkin"], &["traces"]),
];

/// The signals of a component, if they are known and not all.
#[must_use]
pub fn signals(section: &str, component: &str) -> Option<&'static [&'static str]> {
    let row = TAKES.iter().find(|(of, kinds, _)| *of == section && kinds.contains(&type_of(component)))?;
    Some(row.2)
}

/// Whether a connector carries from a pipeline of one signal to one of another; `None` if its type is not known.
#[must_use]
pub fn connects(connector: &str, from: &str, to: &str) -> Option<bool> {
    match type_of(connector) {
        "forward" => Some(from == to),
        "count" => Some(to == "metrics"),
        "span_metrics" | "spanmetrics" => Some(from == "traces" && to == "metrics"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_row_is_about_a_section_and_stands_once() {
        let of_removed = REMOVED.iter().map(|row| (row.section, row.kind));
        let of_renamed = RENAMED.iter().map(|(section, old, ..)| (*section, *old));
        let all: Vec<_> = of_removed.chain(of_renamed).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let sections = all.iter().map(|(section, _)| *section);
        let sections = sections.chain(REQUIRED.iter().map(|row| row.0)).chain(FIELDS.iter().map(|row| row.0));
        let mut sections = sections.chain(TAKES.iter().map(|row| row.0));
        assert!(sections.all(|section| SECTIONS.iter().any(|(known, _)| *known == section)));
    }
}
