//! Collector components, as data: which ones listen, and where.

use crate::languages::DefaultImage;

pub mod releases;

/// The default image of a collector.
pub const IMAGE: DefaultImage = DefaultImage {
    repository: "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector",
    tag: "0.158.0",
};

/// The default port of a collector's own metrics.
pub const METRICS: u16 = 8888;

/// The exporter that listens.
pub const PROMETHEUS: &str = "prometheus";
/// The extension that answers probes.
pub const HEALTH_CHECK: &str = "health_check";
/// The extension with a user interface.
pub const JAEGER_QUERY: &str = "jaeger_query";
/// Receivers that query the kubelet of their own node.
pub const ASK_KUBELET: &[&str] = &["kubeletstats", "kubelet_stats"];

/// The default port of [`HEALTH_CHECK`].
pub const HEALTH_CHECK_PORT: u16 = 13133;
/// The default port of [`JAEGER_QUERY`].
pub const JAEGER_QUERY_PORT: u16 = 16686;

/// A default port of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// The protocol in a container's port, or `None` if it is left out.
    pub transport: Option<Transport>,
}

/// A protocol of a container's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `TCP`.
    Tcp,
    /// `UDP`.
    Udp,
}

impl Transport {
    /// The Kubernetes API's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// How a receiver listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// At one endpoint.
    One(Port),
    /// At one endpoint for each of these protocols in its config.
    Each(&'static [(&'static str, Port)]),
    /// At an endpoint that its config must set.
    Required(Transport),
    /// At the endpoint of its API server, if enabled.
    ApiServer,
    /// At an endpoint in its config, if set.
    Given,
    /// Never.
    Nowhere,
}

const fn port(number: u16) -> Port {
    Port { number, transport: None }
}

const fn tcp(number: u16) -> Port {
    Port { number, transport: Some(Transport::Tcp) }
}

const fn udp(number: u16) -> Port {
    Port { number, transport: Some(Transport::Udp) }
}

/// Receivers that listen, by type.
static RECEIVERS: &[(&str, Listener)] = &[
    ("awsxray", Listener::One(udp(2000))),
    ("carbon", Listener::One(port(2003))),
    ("collectd", Listener::One(port(8081))),
    ("fluent_forward", Listener::One(port(8006))),
    ("fluentforward", Listener::One(port(8006))),
    ("influxdb", Listener::One(port(8086))),
    (
        "jaeger",
        Listener::Each(&[
            ("grpc", tcp(14250)),
            ("thrift_binary", udp(6832)),
            ("thrift_compact", udp(6831)),
            ("thrift_http", tcp(14268)),
        ]),
    ),
    ("loki", Listener::Each(&[("grpc", port(9095)), ("http", port(3100))])),
    ("otlp", Listener::Each(&[("grpc", port(4317)), ("http", port(4318))])),
    ("prometheus", Listener::ApiServer),
    ("sapm", Listener::One(port(7276))),
    ("signalfx", Listener::One(port(9943))),
    ("skywalking", Listener::Each(&[("grpc", port(11800)), ("http", port(12800))])),
    ("splunk_hec", Listener::One(port(8088))),
    ("statsd", Listener::One(udp(8125))),
    ("tcp_log", Listener::Required(Transport::Tcp)),
    ("tcplog", Listener::Required(Transport::Tcp)),
    ("udp_log", Listener::Required(Transport::Udp)),
    ("udplog", Listener::Required(Transport::Udp)),
    ("wavefront", Listener::One(port(2003))),
    ("zipkin", Listener::One(tcp(9411))),
];

/// Receivers that pull their data.
static SCRAPERS: &[&str] = &[
    "aerospike",
    "chrony",
    "cloud_foundry",
    "cloudfoundry",
    "couchdb",
    "docker_stats",
    "filelog",
    "flink_metrics",
    "flinkmetrics",
    "googlecloudpubsub",
    "haproxy",
    "http_check",
    "httpcheck",
    "jmx",
    "k8s_cluster",
    "k8s_events",
    "k8s_objects",
    "k8sobjects",
    "kubelet_stats",
    "kubeletstats",
    "memcached",
    "mysql",
    "nginx",
    "nsxt",
    "oracledb",
    "podman_stats",
    "postgresql",
    "prometheus_simple",
    "pulsar",
    "purefb",
    "rabbitmq",
    "redis",
    "riak",
    "saphana",
    "snmp",
    "ssh_check",
    "sshcheck",
    "vcenter",
    "zookeeper",
];

/// Every receiver that listens and a description of where.
pub fn listeners() -> impl Iterator<Item = (&'static str, String)> {
    let port = |Port { number, transport }: &Port| match transport {
        Some(Transport::Udp) => format!("{number}/UDP"),
        _ => number.to_string(),
    };
    RECEIVERS.iter().map(move |(kind, listener)| {
        let place = match listener {
            Listener::One(one) => port(one),
            Listener::Each(protocols) => {
                let each = protocols.iter().map(|(protocol, one)| format!("{protocol} {}", port(one)));
                each.collect::<Vec<_>>().join(", ")
            }
            Listener::Required(transport) => format!("where it is configured, {}", transport.as_str()),
            Listener::ApiServer => "at its API server's endpoint".to_owned(),
            Listener::Given => "where it is configured".to_owned(),
            Listener::Nowhere => "nowhere".to_owned(),
        };
        (*kind, place)
    })
}

/// A component's type: its name up to the first `/`.
#[must_use]
pub fn type_of(component: &str) -> &str {
    component.split_once('/').map_or(component, |(kind, _)| kind)
}

/// How a receiver called `component` listens.
#[must_use]
pub fn receiver(component: &str) -> Listener {
    let kind = type_of(component);
    let row = RECEIVERS.iter().find(|(known, _)| *known == kind).map(|(_, listener)| *listener);
    row.unwrap_or(if SCRAPERS.contains(&kind) { Listener::Nowhere } else { Listener::Given })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_type_stands_in_one_row() {
        let types: Vec<&str> =
            RECEIVERS.iter().map(|(kind, _)| *kind).chain(SCRAPERS.iter().copied()).collect();
        assert_eq!(types.iter().collect::<BTreeSet<_>>().len(), types.len());
        assert!(ASK_KUBELET.iter().all(|kind| SCRAPERS.contains(kind)));
        assert!(types.iter().all(|kind| type_of(kind) == *kind));
    }

    #[test]
    fn a_type_ends_at_the_first_slash() {
        assert_eq!(receiver("otlp/a/b"), receiver("otlp"));
        assert_eq!(receiver("otlp_2"), Listener::Given);
        assert_eq!(receiver("redis/1"), Listener::Nowhere);
    }
}
