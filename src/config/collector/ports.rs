//! The container's ports, from the configuration and from the spec.

use std::net::{IpAddr, Ipv4Addr};

use super::Notes;
use super::component::{mapping, number, pointer, port_in, text};
use super::config::Config;
use crate::components::{
    HEALTH_CHECK, HEALTH_CHECK_PORT, JAEGER_QUERY, JAEGER_QUERY_PORT, Listener, METRICS, PROMETHEUS, Port,
    SOCKET, TAKE_SOCKETS, Transport, UNDECLARED, receiver, type_of,
};
use crate::finding::Finding;
use crate::k8s::pod::{elements, name};
use crate::value::{Map, Value, json};

/// The largest port number in the Kubernetes API.
const LAST: u32 = 65535;

/// The ports found in the configuration and the spec.
pub(super) struct Ports {
    /// The container's ports, by name.
    pub(super) declared: Vec<Value>,
    /// The port numbers and protocols that the container listens on.
    pub(super) listens_on: Vec<(u32, String)>,
    /// The addresses of listeners of known types.
    pub(super) addresses: Vec<Address>,
}

/// A port from the configuration.
struct Found {
    name: String,
    number: u32,
    transport: Option<Transport>,
    /// The address that it belongs to, and the field that holds it. Both are empty if they are not known.
    address: (&'static str, String),
    /// The collector listens on it. The operator declares a port for its own metrics even without a listener.
    is_open: bool,
    /// Its pointer in the configuration.
    at: String,
}

/// An address to listen on, as the collector reads it.
pub(super) struct Address {
    /// The pointer to its component.
    pub(super) at: String,
    /// The field that holds it.
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl Address {
    /// Why the collector cannot listen there. `None` if it can, or if a variable decides.
    pub(super) fn problem(&self, is_earlier: impl Fn(&str) -> bool) -> Option<String> {
        let text = self.text.replace("$$", "$");
        if let Some((_, after)) = self.text.replace("$$", "").split_once("$(")
            && let Some((name, _)) = after.split_once(')')
            && is_earlier(name)
        {
            return None;
        }
        if let Some((_, after)) = text.split_once('$').filter(|(_, after)| !after.starts_with('{')) {
            if let Some((name, _)) = after.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
                return Some(format!("nothing replaces $({name}); set it in env, or write ${{env:{name}}}"));
            }
            let length =
                after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let name = &after[..length];
            return Some(format!("the collector does not expand ${name}; write ${{env:{name}}}"));
        }
        if text.contains("${") && split(&text).is_none_or(|(_, port)| port.contains("${")) {
            return None;
        }
        let (host, port) = match host_and_port(&text) {
            Ok(parts) => parts,
            Err(problem) => return Some(problem.to_owned()),
        };
        let is_of_host = |letter: char| letter.is_alphanumeric() || ".-_:%[]".contains(letter);
        // Numbers and dots that are no address are looked up as a name, in vain.
        let is_number = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !host.contains("${") && (!host.chars().all(is_of_host) || is_number && ip(host).is_none()) {
            return Some(format!("{host:?} is no host"));
        }
        if port.is_empty() || SERVICES.contains(&port) {
            return None;
        }
        match port.parse::<u32>() {
            Ok(number) if number <= LAST => None,
            _ => Some(format!("{port:?} is no port")),
        }
    }

    /// Whether only the pod itself reaches it, by its loopback address.
    pub(super) fn is_loopback(&self) -> bool {
        let host = split(&self.text).map_or("", |(host, _)| host);
        let is_name = |name: &str| host.eq_ignore_ascii_case(name);
        is_name("localhost") || is_name("ip6-localhost") || ip(host).is_some_and(|ip| ip.is_loopback())
    }

    /// Whether its port is another one than `number`. What a variable holds is not known.
    pub(super) fn has_other_port(&self, number: u32) -> bool {
        let port = split(&self.text).map_or("", |(_, port)| port);
        !port.contains('$') && port.parse() != Ok(number)
    }
}

/// The address that a host is, if it is no name.
fn ip(host: &str) -> Option<IpAddr> {
    let host = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// Host and port of an address. An error says why it is none.
pub(super) fn host_and_port(address: &str) -> Result<(&str, &str), &'static str> {
    let (host, port) = split(address).ok_or("it has no port")?;
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    if host.contains(':') && !host.contains("${") && !is_bracketed {
        return Err("it has more than one colon");
    }
    Ok((host, port))
}

/// Names of ports that Go knows without a file.
const SERVICES: &[&str] = &["domain", "ftp", "ftps", "http", "https", "pop3", "smtp", "ssh", "telnet"];

/// Host and port of an address, split at its last colon outside of `${}`.
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, character) in address.char_indices() {
        match character {
            '{' if address[..at].ends_with('$') => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => last = Some(at),
            _ => {}
        }
    }
    last.map(|at| (&address[..at], &address[at + 1..]))
}

/// The host of an address in the form in which hosts are compared; empty if it stands for all addresses.
fn host(address: &str) -> String {
    let host = split(address).map_or("", |(host, _)| host);
    if let Some(ip) = ip(host) {
        return if ip.is_unspecified() { String::new() } else { ip.to_string() };
    }
    match host.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')) {
        Some(name) if !name.contains([':', '$']) => format!("${{env:{name}}}"),
        _ if host.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

/// The port that a component listens on: from its endpoint, its address or `default`, in that order.
pub(super) fn listening(component: &Value, default: Option<u32>) -> Option<u32> {
    let text = |key: &str| component.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let address = text("endpoint").or_else(|| text("listen_address"));
    address.and_then(port_in).or(default)
}

/// The ports of a collector with this configuration.
pub(super) fn find(spec: &Value, config: &Config, notes: &mut Notes) -> Ports {
    let mut found = Vec::new();
    for name in &config.receivers {
        receivers(name, config, notes, &mut found);
    }
    for name in config.exporters.iter().filter(|name| type_of(name) == PROMETHEUS) {
        found.extend(one("exporters", name, config, notes, METRICS, None));
    }
    for name in &config.extensions {
        match type_of(name) {
            HEALTH_CHECK => found.extend(one("extensions", name, config, notes, HEALTH_CHECK_PORT, None)),
            JAEGER_QUERY => jaeger_query(name, config, &mut found),
            _ => {}
        }
    }
    let undeclared = undeclared(config);
    found.iter_mut().for_each(|port| port.name = port_name(&port.name, port.number));
    for port in &found {
        let name = &port.name;
        if !is_port_name(name) {
            notes.faults.field(&port.at, |at, path| Finding::leads_to_port_name(at, path, name));
        } else if port.number > LAST {
            notes.faults.field(&port.at, |at, path| Finding::leads_to_port(at, path, port.number));
        }
    }
    let addresses = found.iter().chain(&undeclared).filter(|port| !port.address.0.is_empty());
    let addresses = addresses
        .map(|port| Address { at: port.at.clone(), field: port.address.0, text: port.address.1.clone() })
        .collect();
    let metrics = metrics(config, notes);
    let mut open: Vec<&Found> =
        found.iter().chain(&undeclared).chain(&metrics).filter(|port| port.is_open).collect();
    open.sort_by_key(|port| port.at == METRICS_AT);
    let listens_on = open.iter().map(|port| (port.number, protocol(port.transport).to_owned())).collect();
    clashes(&open, notes);
    found.extend(metrics.into_iter().next());
    let mut declared = of_spec(spec, notes);
    let own = declared.clone();
    for port in found {
        let is_there = |current: &Value| {
            current["containerPort"] == port.number && current["protocol"] == protocol(port.transport)
        };
        if own.iter().any(is_there) {
            continue;
        }
        let Some(name) = free_name(&own, &port.name, port.number) else { continue };
        let mut entry = json!({"name": name, "containerPort": port.number});
        if let Some(transport) = port.transport {
            entry["protocol"] = json!(transport.as_str());
        }
        declared.push(entry);
    }
    declared.sort_by(|left, right| name(left).cmp(name(right)));
    Ports { declared, listens_on, addresses }
}

/// The protocol of a port, with the default for one without.
fn protocol(transport: Option<Transport>) -> &'static str {
    transport.unwrap_or(Transport::Tcp).as_str()
}

/// A free name for a port: its own, or one with its number. `None` if both are taken.
fn free_name(current: &[Value], wanted: &str, number: u32) -> Option<String> {
    let is_free = |wanted: &str| current.iter().all(|port| name(port) != wanted);
    [wanted.to_owned(), format!("port-{number}")].into_iter().find(|wanted| is_free(wanted))
}

fn clashes(found: &[&Found], notes: &mut Notes) {
    for (index, port) in found.iter().enumerate() {
        let is_same = |other: &&&Found| {
            let [one, two] = [host(&other.address.1), host(&port.address.1)];
            (other.number, protocol(other.transport)) == (port.number, protocol(port.transport))
                && (one == two || one.is_empty() || two.is_empty())
        };
        if let Some(other) = found[..index].iter().find(is_same) {
            let finding = Finding::components_share_port(&other.at, &other.name, &port.name, port.number);
            notes.warnings.push(finding);
        }
    }
}

/// The port of a component with one endpoint.
fn one(
    section: &str,
    name: &str,
    config: &Config,
    notes: &mut Notes,
    default: u16,
    transport: Option<Transport>,
) -> Option<Found> {
    let at = pointer(section, name);
    let component = config.component(section, name).unwrap_or(&Value::Null);
    check_texts(component, &at, notes);
    let number = listening(component, Some(u32::from(default)))?;
    let transport = spoken(component, transport)?;
    let (name, address) = (name.to_owned(), address(component));
    if TAKE_SOCKETS.contains(&type_of(&name)) && address.1.starts_with(SOCKET) {
        // The operator declares the default port all the same.
        return Some(Found { name, number, transport, address: Default::default(), is_open: false, at });
    }
    Some(Found { name, number, transport, address, is_open: true, at })
}

/// The ports of enabled components that the operator does not declare.
fn undeclared(config: &Config) -> Vec<Found> {
    let mut found = Vec::new();
    let enabled = [("receivers", &config.receivers), ("extensions", &config.extensions)];
    for (section, name) in
        enabled.into_iter().flat_map(|(section, names)| names.iter().map(move |name| (section, name)))
    {
        for row in UNDECLARED.iter().filter(|row| row.section == section && row.kind == type_of(name)) {
            let component = config.component(section, name).unwrap_or(&Value::Null);
            let own = component.pointer(&format!("/{}", row.field)).and_then(Value::as_str);
            let Some(text) = own.filter(|text| !text.is_empty()).or(row.default) else { continue };
            let Some(number) = split(text).and_then(|(_, port)| port.parse().ok()) else { continue };
            found.push(Found {
                name: name.clone(),
                number,
                transport: Some(row.transport),
                address: (row.field, text.to_owned()),
                is_open: true,
                at: pointer(section, name),
            });
        }
    }
    found
}

/// The protocol that a component's `transport` asks for, or else its type's. `None` if it listens on no port.
#[expect(clippy::option_option, reason = "a port without a protocol is declared as such")]
fn spoken(component: &Value, of_type: Option<Transport>) -> Option<Option<Transport>> {
    match component.get("transport").and_then(Value::as_str).unwrap_or_default() {
        given if given.starts_with("unix") => None,
        given if given.starts_with("udp") => Some(Some(Transport::Udp)),
        given if given.starts_with("tcp") && of_type == Some(Transport::Udp) => Some(Some(Transport::Tcp)),
        _ => Some(of_type),
    }
}

/// The field with a component's address, and the address; empty if it has none.
fn address(component: &Value) -> (&'static str, String) {
    let text = |key: &'static str| {
        let text = component.get(key)?.as_str().filter(|text| !text.is_empty())?;
        Some((key, text.to_owned()))
    };
    text("endpoint").or_else(|| text("listen_address")).unwrap_or_default()
}

/// Notes non-string values in address fields.
fn check_texts(component: &Value, at: &str, notes: &mut Notes) {
    match component {
        Value::Object(component) => {
            for key in ["endpoint", "listen_address"] {
                let address = text(component, key, at, notes);
                if key == "endpoint" {
                    misread(address, at, notes);
                }
            }
        }
        Value::Null => {}
        other => notes.faults.wrong(at, "a mapping", other),
    }
}

/// Warns if a part of an IPv6 address is read as a port.
fn misread(endpoint: &str, at: &str, notes: &mut Notes) {
    let behind_last = endpoint.rsplit_once(':').and_then(|(_, last)| number(last));
    if let Some(read) = port_in(endpoint).filter(|read| endpoint.contains('[') && Some(*read) != behind_last)
    {
        notes.warnings.push(Finding::port_read_from_address(format!("{at}/endpoint"), read, endpoint));
    }
}

fn receivers(name: &str, config: &Config, notes: &mut Notes, found: &mut Vec<Found>) {
    const SECTION: &str = "receivers";
    let at = pointer(SECTION, name);
    let component = config.component(SECTION, name);
    match receiver(name) {
        Listener::One(Port { number, transport }) => {
            found.extend(one(SECTION, name, config, notes, number, transport));
        }
        Listener::Each(known) => {
            let protocols = component.and_then(|component| component.get("protocols")?.as_object());
            for (protocol, own) in protocols.into_iter().flatten() {
                let Some((_, Port { number, transport })) = known.iter().find(|(known, _)| known == protocol)
                else {
                    continue;
                };
                let at = format!("{at}/protocols/{protocol}");
                check_texts(own, &at, notes);
                let number = listening(own, Some(u32::from(*number)));
                if let (Some(number), Some(transport)) = (number, spoken(own, *transport)) {
                    let name = format!("{name}-{protocol}");
                    found.push(Found { name, number, transport, address: address(own), is_open: true, at });
                }
            }
        }
        Listener::Required(transport) => {
            let Some(component) = component else { return };
            check_texts(component, &at, notes);
            match listening(component, None) {
                Some(number) => {
                    let (name, address) = (name.to_owned(), address(component));
                    let transport = Some(transport);
                    found.push(Found { name, number, transport, address, is_open: true, at });
                }
                None => notes.faults.field(at, Finding::receiver_without_port),
            }
        }
        Listener::ApiServer => {
            found.extend(api_server(component, &at, notes).map(|number| Found {
                name: name.to_owned(),
                number,
                transport: None,
                address: Default::default(),
                is_open: true,
                at,
            }));
        }
        Listener::Given => {
            let Some(component) = component else { return };
            check_texts(component, &at, notes);
            let number = listening(component, None);
            let (name, address) = (name.to_owned(), Default::default());
            found.extend(number.map(|number| Found {
                name,
                number,
                transport: None,
                address,
                is_open: true,
                at,
            }));
        }
        Listener::Nowhere => {}
    }
}

/// The port of a Prometheus receiver's API server, if enabled.
fn api_server(component: Option<&Value>, at: &str, notes: &mut Notes) -> Option<u32> {
    let server = mapping(component?.as_object()?, "api_server", at, notes)?;
    if server.get("enabled") != Some(&Value::Bool(true)) {
        return None;
    }
    let at = format!("{at}/api_server");
    let config = mapping(server, "server_config", &at, notes)?;
    port_in(text(config, "endpoint", &format!("{at}/server_config"), notes))
}

fn jaeger_query(name: &str, config: &Config, found: &mut Vec<Found>) {
    let Some(component) = config.component("extensions", name) else { return };
    let port = |key: &str| port_in(component.get(key)?.get("endpoint")?.as_str()?);
    let at = pointer("extensions", name);
    let http = port("http").unwrap_or(u32::from(JAEGER_QUERY_PORT));
    let mut add = |name: String, number: u32| {
        let (address, at) = (Default::default(), at.clone());
        found.push(Found { name, number, transport: None, address, is_open: true, at });
    };
    add(name.to_owned(), http);
    if let Some(grpc) = port("grpc").filter(|grpc| *grpc != http) {
        add(format!("{name}-2"), grpc);
    }
}

const METRICS_AT: &str = "/spec/config/service/telemetry/metrics";

/// The ports of the collector's own metrics: first the one that is declared, then those of further readers.
fn metrics(config: &Config, notes: &mut Notes) -> Vec<Found> {
    let none = Map::new();
    let metrics =
        config.value.pointer("/service/telemetry/metrics").and_then(Value::as_object).unwrap_or(&none);
    let address = metrics.get("address").and_then(Value::as_str).unwrap_or_default();
    let readers = metrics.get("readers").and_then(Value::as_array).unwrap_or_default();
    // What a variable holds is not known.
    let is_off = metrics
        .get("level")
        .and_then(Value::as_str)
        .is_some_and(|level| level.eq_ignore_ascii_case("none") || level.contains('$'));
    let found = |number: u32, address: String, is_open: bool| Found {
        // Its address is no listener's field.
        address: ("", address),
        name: "metrics".into(),
        number,
        transport: Some(Transport::Tcp),
        is_open: is_open && !is_off,
        at: METRICS_AT.into(),
    };
    let default = u32::from(METRICS);
    if readers.is_empty() {
        let last = address.rsplit_once(':').map_or("", |(_, last)| last);
        let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        let given = last.parse::<i32>().ok().filter(|_| is_number);
        let number = given.map_or(default, i32::unsigned_abs);
        if !(1..=LAST).contains(&number) {
            notes
                .faults
                .field(format!("{METRICS_AT}/address"), |at, path| Finding::leads_to_port(at, path, number));
        }
        return vec![found(number, address.to_owned(), true)];
    }
    let exporters = readers.iter().filter_map(|reader| reader.pointer("/pull/exporter/prometheus"));
    let ports = exporters.filter(|exporter| !exporter.is_null()).map(|exporter| {
        let port = exporter.get("port").and_then(Value::as_u64).and_then(|port| u32::try_from(port).ok());
        let port = port.filter(|port| (1..=LAST).contains(port)).unwrap_or(default);
        let host = exporter.get("host").and_then(Value::as_str).unwrap_or_default();
        found(port, format!("{host}:{port}"), true)
    });
    let mut ports: Vec<Found> = ports.collect();
    if ports.is_empty() {
        ports.push(found(default, String::new(), false));
    }
    ports
}

/// The ports in the spec.
fn of_spec(spec: &Value, notes: &mut Notes) -> Vec<Value> {
    let mut ports: Vec<Value> = Vec::new();
    for (index, given) in elements(spec, "ports").iter().enumerate() {
        let at = format!("/spec/ports/{index}");
        let number = given.get("port").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        let Some(number) = number.filter(|number| (1..=LAST).contains(number)) else {
            notes.faults.field(format!("{at}/port"), Finding::port_out_of_range);
            continue;
        };
        if !is_port_name(name(given)) {
            notes.faults.field(format!("{at}/name"), Finding::is_no_port_name);
            continue;
        }
        let Some(free) = free_name(&ports, name(given), number) else { continue };
        let protocol = given.get("protocol").and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut port = json!({"name": free, "containerPort": number, "protocol": protocol.unwrap_or(Transport::Tcp.as_str())});
        if let Some(host) = given.get("hostPort").filter(|host| host.as_i64().is_some_and(|host| host != 0)) {
            port["hostPort"] = host.clone();
        }
        ports.push(port);
    }
    ports
}

/// A component's port name.
fn port_name(component: &str, number: u32) -> String {
    const LONGEST: usize = 15;
    let name = component.replace(['/', '_'], "-");
    let is_word = |byte: u8| byte.is_ascii_alphanumeric();
    let inner = |byte: u8| is_word(byte) || b"-_.".contains(&byte);
    let ends = |byte: Option<u8>| byte.is_none_or(is_word);
    let is_fit = component.len() <= LONGEST
        && name.bytes().all(inner)
        && ends(name.bytes().next())
        && ends(name.bytes().last());
    if is_fit { name } else { format!("port-{number}") }
}

/// Whether the Kubernetes API accepts it as a port name (RFC 6335).
fn is_port_name(name: &str) -> bool {
    const LONGEST: usize = 15;
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST).contains(&name.len())
        && name.bytes().all(inner)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}
