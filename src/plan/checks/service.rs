//! Endpoints that name a Service of the bundle.

use std::borrow::Cow;

use crate::config::collector::Served;
use crate::config::context::{Context, Lookup};
use crate::k8s::pod::elements;
use crate::languages::otlp::Protocol;
use crate::select::called;
use crate::value::{Map, Value, json};

/// The suffix of the Service that the operator makes for a collector.
const OF_COLLECTOR: &str = "-collector";

/// The Service that an endpoint names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) port: u32,
}

impl Address {
    /// The Service and port of an endpoint in a pod of `namespace`: `NAME`, `NAME.NS`, `NAME.NS.svc` or more. `None` if it
    /// is something else, or has no port.
    pub(super) fn of(endpoint: &str, namespace: &str) -> Option<Self> {
        let (_, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = authority.rsplit_once('@').map_or(authority, |(_, host)| host).rsplit_once(':')?;
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_label = |label: &&str| {
            let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !label.is_empty()
                && label.bytes().all(inner)
                && label.starts_with(|first: char| first.is_ascii_lowercase())
        };
        let labels: Vec<&str> = host.split('.').collect();
        let is_service = labels.iter().all(is_label) && labels.get(2).is_none_or(|third| *third == "svc");
        let namespace = labels.get(1).map_or(namespace, |own| *own).to_owned();
        let port = port.parse().ok().filter(|port| (1..=65535).contains(port))?;
        is_service.then(|| Self { name: labels[0].to_owned(), namespace, port })
    }

    /// Its name in messages.
    pub(super) fn called(&self) -> String {
        called(&self.namespace, &self.name)
    }

    /// What serves it, if the input shows that.
    pub(super) fn server<'c>(&self, context: &'c Context) -> Option<Server<'c>> {
        let Self { name, namespace, .. } = self;
        if let Some(service) = context.service(namespace, name) {
            return Some(Server::Service(service));
        }
        let Lookup::One(entry) = context.collectors.now(namespace, name.strip_suffix(OF_COLLECTOR)?) else {
            return None;
        };
        // A sidecar has no Service.
        let is_on_its_own = matches!(entry.outcome.as_deref(), Ok(None));
        let served = is_on_its_own.then(|| Served::read(entry.resource())).flatten()?;
        Some(Server::Collector { name: entry.name.clone(), namespace: entry.namespace.clone(), served })
    }
}

/// What serves an address.
pub(super) enum Server<'c> {
    Service(&'c Value),
    /// A collector for which the operator makes the Service.
    Collector {
        name: String,
        namespace: String,
        served: Served,
    },
}

impl Server<'_> {
    /// Its ports, or `None` if it takes any or they are not known.
    pub(super) fn ports(&self) -> Option<Vec<u32>> {
        match self {
            Self::Collector { served, .. } => Some(served.ports.clone()),
            Self::Service(service) => {
                let spec = service.get("spec")?;
                let text = |key: &str| spec.get(key).and_then(Value::as_str);
                // These names lead to other hosts or directly to the pods, whatever ports are listed.
                if text("type") == Some("ExternalName") || text("clusterIP") == Some("None") {
                    return None;
                }
                let tcp = elements(spec, "ports").iter().filter(|port| is_tcp(port));
                tcp.map(|port| u32::try_from(port.get("port")?.as_u64()?).ok()).collect()
            }
        }
    }

    /// The OTLP protocol of a port, if it is known.
    pub(super) fn protocol(&self, port: u32) -> Option<Protocol> {
        let Self::Collector { served, .. } = self else { return None };
        let mut all = served.otlp.iter().filter(|(own, _)| *own == port).map(|(_, protocol)| *protocol);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The labels that its pods have among others, and their port behind one of its own. `None` if they are not known.
    pub(super) fn pods(&self, port: u32) -> Option<(Cow<'_, Map>, Value)> {
        match self {
            Self::Service(service) => {
                let spec = service.get("spec")?;
                let selector = spec.get("selector")?.as_object().filter(|selector| !selector.is_empty())?;
                let mut own = elements(spec, "ports").iter().filter(|one| is_tcp(one));
                let own = own.find(|one| one.get("port").and_then(Value::as_u64) == Some(u64::from(port)))?;
                let target = own.get("targetPort").filter(|target| !target.is_null());
                Some((Cow::Borrowed(selector), target.cloned().unwrap_or_else(|| json!(port))))
            }
            Self::Collector { name, namespace, .. } => {
                let instance = format!("{namespace}.{name}");
                let mut labels = Map::new();
                labels.insert("app.kubernetes.io/component".to_owned(), json!("opentelemetry-collector"));
                labels.insert("app.kubernetes.io/managed-by".to_owned(), json!("opentelemetry-operator"));
                labels.insert("app.kubernetes.io/part-of".to_owned(), json!("opentelemetry"));
                if !namespace.is_empty() && instance.len() < 63 {
                    labels.insert("app.kubernetes.io/instance".to_owned(), json!(instance));
                }
                Some((Cow::Owned(labels), json!(port)))
            }
        }
    }
}

/// Whether a port takes TCP, which is the default.
pub(super) fn is_tcp(port: &Value) -> bool {
    let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or_default();
    protocol.is_empty() || protocol == "TCP"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_services_with_a_port() {
        for (endpoint, expected) in [
            ("http://gw:4318", Some(("gw", "shop", 4318))),
            ("http://gw:4318/v1/traces", Some(("gw", "shop", 4318))),
            ("gw.obs:4317", Some(("gw", "obs", 4317))),
            ("https://gw.obs.svc:4317", Some(("gw", "obs", 4317))),
            ("http://gw.obs.svc.cluster.local.:4318", Some(("gw", "obs", 4318))),
            ("http://me:pw@GW.obs:4318", Some(("gw", "obs", 4318))),
            ("http://gw.obs.example.com:4318", None),
            ("http://gw.obs", None),
            ("http://10.0.0.1:4318", None),
            ("http://[::1]:4318", None),
            ("http://$(OTEL_NODE_IP):4318", None),
            ("http://gw:0", None),
            ("http://gw:70000", None),
            ("http://:4318", None),
            ("", None),
        ] {
            let found = Address::of(endpoint, "shop");
            let found = found.as_ref().map(|one| (one.name.as_str(), one.namespace.as_str(), one.port));
            assert_eq!(found, expected, "{endpoint}");
        }
    }
}
