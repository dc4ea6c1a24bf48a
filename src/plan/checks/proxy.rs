//! Agents injected into a proxy only because it is the pod's first container.

use super::{Check, Planned};
use crate::config::annotations::{CONTAINERS, PREFIX};
use crate::finding::{Code, Finding};
use crate::k8s::image::Image;
use crate::k8s::pod::{List, elements, name};
use crate::select::{Request, Selection};
use crate::value::Value;

/// A proxy that other tools add next to an application.
struct Proxy {
    what: &'static str,
    /// Its container names, from its injector or documentation.
    containers: &'static [&'static str],
    /// The last path components of its images.
    images: &'static [&'static str],
}

const PROXIES: &[Proxy] = &[
    Proxy { what: "Istio's proxy", containers: &["istio-proxy"], images: &["proxyv2"] },
    Proxy { what: "Linkerd's proxy", containers: &["linkerd-proxy"], images: &[] },
    Proxy {
        what: "Consul's proxy",
        containers: &["consul-dataplane", "envoy-sidecar"],
        images: &["consul-dataplane"],
    },
    Proxy { what: "Kuma's proxy", containers: &["kuma-sidecar"], images: &["kuma-dp"] },
    Proxy { what: "Dapr's sidecar", containers: &["daprd"], images: &["daprd"] },
    Proxy {
        what: "the Cloud SQL proxy",
        containers: &["cloud-sql-proxy", "cloudsql-proxy"],
        images: &["cloud-sql-proxy", "gce-proxy"],
    },
    Proxy {
        what: "the AlloyDB proxy",
        containers: &["alloydb-auth-proxy", "alloydb-proxy"],
        images: &["alloydb-auth-proxy"],
    },
    Proxy { what: "PgBouncer", containers: &["pgbouncer"], images: &["pgbouncer"] },
    Proxy { what: "Vault's agent", containers: &["vault-agent"], images: &[] },
    Proxy { what: "Envoy", containers: &["envoy"], images: &["envoy", "aws-appmesh-envoy"] },
];

pub(super) const CHECK: Check = Check { codes: &[Code::ProxyInstrumented], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    planned.languages.iter().filter_map(|request| proxied(planned.cx, request)).collect()
}

/// The finding for a language without an annotation that names its containers.
fn proxied(cx: &Selection<'_>, request: &Request<'_>) -> Option<Finding> {
    let language = request.language;
    let mut lists = language.containers.iter().chain([&CONTAINERS]);
    if lists.any(|key| !cx.annotations.effective(key).is_empty()) {
        return None;
    }
    let target = request.targets.first()?;
    let containers = elements(cx.workload.pod()?, List::Regular.key());
    let index = containers.iter().position(|container| name(container) == target.name)?;
    let proxy = self::proxy(&containers[index])?;
    let others: Vec<&str> =
        containers.iter().filter(|other| self::proxy(other).is_none()).map(name).collect();
    let others = if others.is_empty() { "app".to_owned() } else { others.join(",") };
    let annotation = format!("{PREFIX}{}", language.containers.first().unwrap_or(&CONTAINERS));
    let pointer = cx.workload.pointer(&format!("/spec/{}/{index}", List::Regular.key()));
    Some(Finding::proxy_is_first(pointer, language.id, &target.name, proxy.what, &annotation, &others))
}

/// The proxy in a container, by its name or its image.
fn proxy(container: &Value) -> Option<&'static Proxy> {
    let image = container.get("image").and_then(Value::as_str).and_then(Image::parse);
    let (name, image) = (name(container), image.map_or("", |image| image.name()));
    PROXIES.iter().find(|proxy| proxy.containers.contains(&name) || proxy.images.contains(&image))
}
