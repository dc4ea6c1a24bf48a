//! Endpoints whose Service or collector is in the input and does not take what is sent there.

use super::service::{Address, Server};
use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::languages::otlp::Protocol;
use crate::select::called;

pub(super) const CHECK: Check = Check { codes: &[Code::EndpointUnserved], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let cx = planned.cx;
    let mut findings = Vec::new();
    for one in &planned.exporters().sent {
        let Some(address) = Address::of(&one.endpoint, &cx.namespace) else { continue };
        let Some(server) = address.server(cx.context) else { continue };
        let (language, place, port) = (one.language, one.place(), address.port);
        let pointer = || cx.annotations.pointer(language.switch);
        let what = match &server {
            Server::Service(_) => format!("Service {}", address.called()),
            Server::Collector { name, namespace, .. } => {
                format!("OpenTelemetryCollector {}", called(namespace, name))
            }
        };
        let Some(ports) = server.ports() else { continue };
        if !ports.contains(&port) {
            let mut ports = ports;
            ports.sort_unstable();
            ports.dedup();
            let known: Vec<String> = ports.iter().map(u32::to_string).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            findings.push(Finding::port_not_served(pointer(), language.id, &place, port, &what, &known));
            continue;
        }
        let pair = one.protocol.zip(server.protocol(port));
        let Some((speaks, takes)) = pair.filter(|(speaks, takes)| speaks.transport() != takes.transport())
        else {
            continue;
        };
        // The check of usual ports has said so.
        let usual = Protocol::ALL.iter().find(|protocol| u32::from(protocol.port()) == port);
        if usual.is_some_and(|usual| usual.transport() != speaks.transport()) {
            continue;
        }
        let (speaks, takes) = (speaks.transport(), takes.transport());
        findings.push(Finding::port_takes_other(pointer(), language.id, &place, port, &what, takes, speaks));
    }
    findings
}
