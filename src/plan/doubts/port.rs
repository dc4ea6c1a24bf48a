//! An endpoint whose port is the one of the other protocol.

use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, is_from_elsewhere, position, text};
use crate::languages::{Delivery, Protocol};
use crate::plan::draft::Draft;
use crate::plan::{Scene, exporter};
use crate::select::Request;

/// The ports that the OTLP specification gives its protocols.
const PORTS: [(Protocol, &str, &str, u16); 2] =
    [(Protocol::Grpc, "gRPC", "grpc", 4317), (Protocol::Http, "HTTP", "http/protobuf", 4318)];

/// The first container of a language that sends to the other protocol's port.
pub(super) fn mismatch(scene: &Scene<'_>, request: &Request<'_>, draft: &Draft) -> Option<Finding> {
    let spoken = request.language.recipe.protocol;
    if matches!(request.language.recipe.delivery, Delivery::WebServer(_)) {
        // The module has the endpoint in its configuration, and knows one protocol.
        let endpoint = request.instrumentation.endpoint.as_deref()?;
        let target = request.targets.first()?;
        return finding(scene, request, spoken?, endpoint, &format!("the module of {}", target.name));
    }
    let spec = scene.workload.pointer("/spec");
    let agent = match &request.language.recipe.delivery {
        Delivery::Sidecar(sidecar) => Some((List::Regular, sidecar.name)),
        _ => None,
    };
    let targets = request.targets.iter().map(|target| (target.list, target.name.as_str()));
    let mut containers: Vec<(List, &str)> = agent.map_or_else(|| targets.collect(), |agent| vec![agent]);
    containers.dedup();
    containers.into_iter().find_map(|(list, called)| {
        let all = draft.list(&spec, list.key());
        let env = elements(&all[position(all, called)?], "env");
        let plain = |variable: &str| {
            let entry = &env[position(env, variable)?];
            (!is_from_elsewhere(entry)).then(|| text(entry))
        };
        let said = plain(exporter::PROTOCOL).filter(|said| !said.is_empty());
        let spoken = match said {
            Some("grpc") => Some(Protocol::Grpc),
            Some("http/protobuf" | "http/json") => Some(Protocol::Http),
            Some(_) => None,
            None => spoken,
        };
        finding(
            scene,
            request,
            spoken?,
            plain(exporter::ENDPOINT)?,
            &format!("{} of {called}", exporter::ENDPOINT),
        )
    })
}

fn finding(
    scene: &Scene<'_>,
    request: &Request<'_>,
    spoken: Protocol,
    endpoint: &str,
    place: &str,
) -> Option<Finding> {
    let port = port(endpoint)?;
    let (.., other, _, _) =
        PORTS.iter().find(|(protocol, .., number)| *protocol != spoken && *number == port)?;
    let (_, own, value, number) = PORTS.iter().find(|(protocol, ..)| *protocol == spoken)?;
    let message = format!(
        "{} speaks OTLP over {own}, but {place} names port {port}, which is usually {other}'s",
        request.language.id
    );
    let pointer = scene.annotations.pointer(request.language.switch);
    let help = format!(
        "Use port {number}, or set {} to what the port speaks (it is {value} here).",
        exporter::PROTOCOL
    );
    Some(Finding::new(Code::OtlpPortMismatch, pointer, message).help(help))
}

/// The port that a URL names.
fn port(endpoint: &str) -> Option<u16> {
    let (_, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn ports_are_those_of_the_authority() {
        let cases = [
            ("http://a:4317", Some(4317)),
            ("http://a:4317/v1/traces", Some(4317)),
            ("http://[::1]:4318", Some(4318)),
            ("a.b:4318", Some(4318)),
            ("http://a/x:4317", None),
            ("http://a", None),
            ("http://$(HOST):$(PORT)", None),
        ];
        for (endpoint, expected) in cases {
            assert_eq!(port(endpoint), expected, "{endpoint}");
        }
    }
}
