//! OTLP exporters whose data never arrives: a protocol that the agent does not support, or the other protocol's port.

use super::service::Address;
use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, is_from_elsewhere, name, text};
use crate::languages::otlp::{ALL_SIGNALS, Agent, Protocol, Signal};
use crate::languages::{Delivery, Language};
use crate::plan::{image, web_server};
use crate::select::{Request, Selection};
use crate::value::Value;

/// Values of an exporter variable that mean OTLP, with the protocol if they name one (Python).
const EXPORTERS: [(&str, Option<Protocol>); 3] = [
    ("otlp", None),
    ("otlp_proto_grpc", Some(Protocol::Grpc)),
    ("otlp_proto_http", Some(Protocol::HttpProtobuf)),
];

pub(super) const CHECK: Check = Check {
    codes: &[Code::OtlpProtocolUnavailable, Code::OtlpPortMismatch],
    run: |planned| planned.exporters().findings.clone(),
};

/// What is known of the exporters of a planned workload.
#[derive(Default)]
pub(super) struct Exporters {
    /// Their problems.
    findings: Vec<Finding>,
    /// Every endpoint with its protocol, once for each language.
    pub(super) sent: Vec<Sent>,
}

impl Exporters {
    pub(super) fn of(planned: &Planned<'_>) -> Self {
        let mut exporters = Self::default();
        planned.languages.iter().for_each(|request| exporters.add(planned, request));
        exporters
    }

    /// Adds the exporters of a language. Each cause of a problem is reported once, for its first container.
    fn add(&mut self, planned: &Planned<'_>, request: &Request<'_>) {
        let (cx, language, image) = (planned.cx, request.language, image(request));
        let agent = language.agent(&image);
        let signals = agent.map_or(Signal::ALL, |agent| agent.spoken.signals);
        let mut causes = Vec::new();
        for (list, container) in containers(request) {
            let Some((_, value)) = planned.containers.find(list, container) else { continue };
            let brought = cx.context.env_from(value, &cx.namespace).entries(PREFIX);
            let env = Env::new(&brought, elements(value, "env"));
            if is_disabled(request, &env) {
                continue;
            }
            let source = Source { cx, language, agent, image: &image, container };
            for export in signals.iter().filter_map(|signal| export(request, &env, *signal)) {
                self.add_sent(&source, &export);
                let doubt = source.doubt(&export).filter(|finding| !is_known_to_fit(cx, finding, &export));
                let Some(finding) = doubt else { continue };
                let variable = export.protocol.map(|chosen| chosen.variable.to_owned());
                let cause = (finding.code, variable, export.endpoint.map(|(at, _)| at.to_owned()));
                if !causes.contains(&cause) {
                    causes.push(cause);
                    self.findings.push(finding);
                }
            }
        }
    }

    fn add_sent(&mut self, source: &Source<'_>, export: &Export<'_>) {
        let Some((variable, endpoint)) = export.endpoint else { return };
        let language = source.language;
        let protocol = match export.protocol {
            Some(chosen) => chosen.protocol,
            None => source.agent.filter(|agent| agent.is_known).map(|agent| agent.spoken.default),
        };
        let is_same = |one: &Sent| {
            (one.language.id, one.endpoint.as_str(), one.protocol) == (language.id, endpoint, protocol)
        };
        if !self.sent.iter().any(is_same) {
            self.sent.push(Sent {
                language,
                container: source.container.to_owned(),
                variable: variable.to_owned(),
                endpoint: endpoint.to_owned(),
                protocol,
            });
        }
    }
}

/// Whether the port of a collector in the input takes another protocol than its number suggests.
fn is_known_to_fit(cx: &Selection<'_>, finding: &Finding, export: &Export<'_>) -> bool {
    let Some((_, endpoint)) = export.endpoint.filter(|_| finding.code == Code::OtlpPortMismatch) else {
        return false;
    };
    let Some(address) = Address::of(endpoint, &cx.namespace) else { return false };
    let takes = address.server(cx.context).and_then(|server| server.protocol(address.port));
    takes.is_some_and(|takes| u32::from(takes.port()) != address.port)
}

/// An endpoint that something is sent to.
pub(super) struct Sent {
    pub(super) language: &'static Language,
    container: String,
    /// The variable with the endpoint; empty if a module's configuration has it.
    variable: String,
    pub(super) endpoint: String,
    /// The protocol, if it is known.
    pub(super) protocol: Option<Protocol>,
}

impl Sent {
    /// What has the endpoint, in words.
    pub(super) fn place(&self) -> String {
        let what = if self.variable.is_empty() { "the module" } else { &self.variable };
        format!("{what} of \"{}\"", self.container)
    }
}

/// The containers whose variables the agent reads.
fn containers<'r>(request: &'r Request<'_>) -> Vec<(List, &'r str)> {
    let mut targets = request.targets.iter().map(|target| (target.list, target.name.as_str()));
    match &request.language.recipe.delivery {
        Delivery::Container(container) => vec![(List::Regular, container.name)],
        // Further targets of a web server get no module.
        Delivery::WebServer(_) => targets.next().into_iter().collect(),
        Delivery::Copy(_) | Delivery::None => targets.collect(),
    }
}

/// Whether a variable disables the SDK. An agent outside the application's process does not read it.
fn is_disabled(request: &Request<'_>, env: &Env<'_>) -> bool {
    let is_inside = matches!(request.language.recipe.delivery, Delivery::Copy(_) | Delivery::None);
    let given = env.first(&["OTEL_SDK_DISABLED"]);
    is_inside && matches!(given, Some(Given::Value { value, .. }) if value.eq_ignore_ascii_case("true"))
}

/// What the names of the variables begin with that set exporters.
const PREFIX: &str = "OTEL_";

/// A container's variables that set exporters, by name: those that `envFrom` is known to bring, and those of `env`.
struct Env<'v>(Vec<(&'v str, &'v Value)>);

/// What variables say about a setting.
#[derive(Debug, Clone, Copy)]
enum Given<'v> {
    /// A value.
    Value { variable: &'v str, value: &'v str },
    /// A value that is only known in the cluster.
    Unknown,
}

impl<'v> Env<'v> {
    fn new(brought: &'v [Value], own: &'v [Value]) -> Self {
        let all = brought.iter().chain(own).map(|entry| (name(entry), entry));
        Self(all.filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// The first of these variables that is set. An empty value counts as unset.
    fn first(&self, names: &[&str]) -> Option<Given<'v>> {
        names.iter().find_map(|wanted| {
            // `env` wins over `envFrom`; if it has a name twice, the kubelet uses the later entry.
            let (variable, entry) = self.0.iter().rev().find(|(name, _)| name == wanted)?;
            if is_from_elsewhere(entry) {
                return Some(Given::Unknown);
            }
            let value = text(entry);
            (!value.is_empty()).then_some(Given::Value { variable, value })
        })
    }
}

/// The exporter of a signal.
struct Export<'v> {
    signal: Signal,
    /// The protocol set by variables.
    protocol: Option<Chosen<'v>>,
    /// The variable with the endpoint, and the endpoint. The name is empty if a module's configuration has it. `None`
    /// if it is not set or only known in the cluster.
    endpoint: Option<(&'v str, &'v str)>,
}

/// A protocol set by a variable.
#[derive(Debug, Clone, Copy)]
struct Chosen<'v> {
    variable: &'v str,
    value: &'v str,
    /// `None` if the value is not a protocol.
    protocol: Option<Protocol>,
}

/// The exporter of a signal. `None` if it does not export by OTLP, or if that is only known in the cluster.
fn export<'v>(request: &'v Request<'_>, env: &Env<'v>, signal: Signal) -> Option<Export<'v>> {
    let of_signal = signal.variables();
    let mut protocol = match env.first(&[of_signal.protocol, ALL_SIGNALS.protocol]) {
        Some(Given::Value { value, .. }) if value.contains("$(") => return None,
        Some(Given::Value { variable, value }) => {
            let value = value.trim();
            Some(Chosen { variable, value, protocol: Protocol::named(value) })
        }
        Some(Given::Unknown) => return None,
        None => None,
    };
    match env.first(&[signal.exporter()]) {
        Some(Given::Value { variable, value }) => {
            let known = |listed: &str| EXPORTERS.iter().find(|(exporter, _)| *exporter == listed);
            let (exporter, named) = value.split(',').map(str::trim).find_map(known)?;
            if named.is_some() {
                protocol = Some(Chosen { variable, value: exporter, protocol: *named });
            }
        }
        Some(Given::Unknown) => return None,
        None => {}
    }
    let endpoint = match &request.language.recipe.delivery {
        Delivery::WebServer(server) => Some(("", web_server::destination(request, server)?)),
        _ => match env.first(&[of_signal.endpoint, ALL_SIGNALS.endpoint]) {
            Some(Given::Value { variable, value }) => Some((variable, value)),
            Some(Given::Unknown) | None => None,
        },
    };
    Some(Export { signal, protocol, endpoint })
}

/// The owner of the exporters.
struct Source<'a> {
    cx: &'a Selection<'a>,
    language: &'static Language,
    agent: Option<Agent>,
    image: &'a str,
    container: &'a str,
}

impl Source<'_> {
    /// The problem of an exporter.
    fn doubt(&self, export: &Export<'_>) -> Option<Finding> {
        self.unavailable(export).or_else(|| self.mismatch(export))
    }

    /// A protocol that the agent does not support.
    fn unavailable(&self, export: &Export<'_>) -> Option<Finding> {
        let chosen = export.protocol?;
        let Agent { spoken, is_known } = self.agent?;
        if chosen.protocol.is_some_and(|protocol| spoken.can.contains(&protocol)) {
            return None;
        }
        let can = spoken.can.iter().map(|can| format!("{:?} (usual port {})", can.value(), can.port()));
        let can = can.collect::<Vec<_>>().join(" or ");
        let (pointer, language, setting) = (self.pointer(), self.language.id, self.setting(chosen));
        let effect = spoken.otherwise;
        Some(if is_known {
            Finding::protocol_not_spoken(pointer, language, &setting, effect, &can)
        } else {
            let (image, agent) = (self.image, self.default_agent());
            Finding::protocol_perhaps_not_spoken(pointer, language, &setting, image, &agent, effect, &can)
        })
    }

    /// An endpoint with the default port of the other protocol.
    fn mismatch(&self, export: &Export<'_>) -> Option<Finding> {
        let (variable_of_endpoint, endpoint) = export.endpoint?;
        let spoken = match export.protocol {
            Some(chosen) => chosen.protocol?,
            None => self.agent?.spoken.default,
        };
        let port = port(endpoint)?;
        let expected = Protocol::ALL.iter().find(|protocol| protocol.port() == port)?;
        if expected.port() == spoken.port() {
            return None;
        }
        let place = match variable_of_endpoint {
            "" => self.of_container("the module"),
            variable => self.of_container(variable),
        };
        let own = export.signal.variables();
        let is_own =
            |variable: &str| [own.endpoint, own.protocol, export.signal.exporter()].contains(&variable);
        let is_of_one_signal =
            is_own(variable_of_endpoint) || export.protocol.is_some_and(|chosen| is_own(chosen.variable));
        let what = if is_of_one_signal { export.signal.lost() } else { "nothing arrives" };
        let lost = match (export.protocol, self.agent) {
            (Some(chosen), _) => format!("{what}: {}", self.setting(chosen)),
            (None, Some(Agent { is_known: false, .. })) => format!(
                "{what} if image {:?} holds {}: that one speaks OTLP over {}",
                self.image,
                self.default_agent(),
                spoken.transport()
            ),
            (None, _) => format!("{what}: the agent speaks OTLP over {}", spoken.transport()),
        };
        let mut fix = format!("port {}", spoken.port());
        let can_change = self.agent.is_none_or(|agent| agent.spoken.can.contains(expected));
        // If the exporter's name sets the protocol, the protocol variable has no effect.
        let is_named = export.protocol.is_some_and(|chosen| chosen.variable.ends_with("_EXPORTER"));
        if can_change && !is_named {
            let settings = if is_of_one_signal { own } else { ALL_SIGNALS };
            fix.push_str(&format!(", or set {} to {:?}", settings.protocol, expected.value()));
        }
        let (pointer, language, takes) = (self.pointer(), self.language.id, expected.transport());
        Some(Finding::port_of_other_protocol(pointer, language, &lost, &place, port, takes, &fix))
    }

    /// Pointer to what requests the language.
    fn pointer(&self) -> String {
        self.cx.annotations.pointer(self.language.switch)
    }

    fn setting(&self, Chosen { variable, value, .. }: Chosen<'_>) -> String {
        format!("{} is {value:?}", self.of_container(variable))
    }

    fn of_container(&self, what: &str) -> String {
        format!("{what} of \"{}\"", self.container)
    }

    /// The language's default agent, in words.
    fn default_agent(&self) -> String {
        let tag = self.language.settings.as_ref().map_or("", |settings| settings.image.tag);
        format!("the default agent ({tag})")
    }
}

/// The port in a URL.
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
