//! Default endpoints of enabled components.

use super::Notes;
use super::component::{mapping, pointer, port_in, text};
use super::config::Config;
use crate::components::{
    HEALTH_CHECK, HEALTH_CHECK_PORT, JAEGER_QUERY, JAEGER_QUERY_PORT, Listener, METRICS, PROMETHEUS, Port,
    receiver, type_of,
};
use crate::finding::Finding;
use crate::value::{Map, Value, json};

const EVERYWHERE: &str = "0.0.0.0";

/// Completes every enabled component with a default endpoint.
pub(super) fn fill_in(config: &mut Config, notes: &mut Notes) {
    for name in config.receivers.clone() {
        complete(config, "receivers", &name, notes, |given, at, notes| match receiver(&name) {
            Listener::One(port) => Some(listening(given, at, u32::from(port.number), notes)),
            Listener::Each(protocols) => Some(each(given, at, protocols, notes)),
            _ => None,
        });
    }
    for name in config.exporters.clone() {
        complete(config, "exporters", &name, notes, |given, at, notes| {
            (type_of(&name) == PROMETHEUS).then(|| listening(given, at, u32::from(METRICS), notes))
        });
    }
    if config.value.get("extensions").is_none() {
        return;
    }
    for name in config.extensions.clone() {
        complete(config, "extensions", &name, notes, |given, at, notes| match type_of(&name) {
            HEALTH_CHECK => Some(health_check(given, at, notes)),
            JAEGER_QUERY => Some(jaeger_query(given, at, notes)),
            _ => None,
        });
    }
}

/// Replaces a component's configuration by the result of `base`.
fn complete(
    config: &mut Config,
    section: &str,
    name: &str,
    notes: &mut Notes,
    base: impl Fn(&Map, &str, &mut Notes) -> Option<Map>,
) {
    let at = pointer(section, name);
    let Some(Value::Object(components)) = config.value.get_mut(section) else { return };
    let none = Map::new();
    let given = match components.get(name) {
        None | Some(Value::Null) => &none,
        Some(Value::Object(given)) => given,
        Some(other) => {
            let other = other.clone();
            if base(&none, &at, notes).is_some() {
                notes.faults.wrong(&at, "a mapping", &other);
            }
            return;
        }
    };
    if let Some(base) = base(given, &at, notes) {
        let filled = fill(base, given);
        components.insert(name.to_owned(), Value::Object(filled));
    }
}

/// Adds keys of `given` to `base`. If both have a key, `base` wins.
fn fill(mut base: Map, given: &Map) -> Map {
    let mut added = Vec::new();
    for (key, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        match (base.get_mut(key), value) {
            (None, _) => added.push((key.clone(), value.clone())),
            (Some(Value::Object(inner)), Value::Object(given)) => {
                let filled = fill(std::mem::take(inner), given);
                *inner = if filled.is_empty() { given.clone() } else { filled };
            }
            (Some(_), _) => {}
        }
    }
    base.extend(added);
    base
}

/// The endpoint, and `tls` if set.
fn listening(given: &Map, at: &str, port: u32, notes: &mut Notes) -> Map {
    let endpoint = text(given, "endpoint", at, notes);
    let address = text(given, "listen_address", at, notes);
    if endpoint.is_empty() && !address.is_empty() {
        notes.warnings.push(Finding::listen_address_ignored(format!("{at}/listen_address"), address));
    }
    at_endpoint(self::endpoint(endpoint, port, at, notes), given, at, notes)
}

fn at_endpoint(endpoint: String, given: &Map, at: &str, notes: &mut Notes) -> Map {
    let mut base = Map::new();
    base.insert("endpoint", endpoint.into());
    if mapping(given, "tls", at, notes).is_some() {
        base.insert("tls", json!({}));
    }
    base
}

/// The full endpoint for `given`.
fn endpoint(given: &str, port: u32, at: &str, notes: &mut Notes) -> String {
    if given.is_empty() {
        return format!("{EVERYWHERE}:{port}");
    }
    let after = given.rsplit_once(':').map_or(given, |(_, after)| after);
    if given.contains(':') && !given.starts_with(':') {
        return given.to_owned();
    }
    let endpoint = format!("{EVERYWHERE}:{after}");
    if !given.contains(':') && !given.bytes().all(|byte| byte.is_ascii_digit()) {
        notes.warnings.push(Finding::endpoint_without_port(format!("{at}/endpoint"), given, &endpoint));
    }
    endpoint
}

/// Completes every configured protocol.
fn each(given: &Map, at: &str, known: &[(&str, Port)], notes: &mut Notes) -> Map {
    let none = Map::new();
    let given = mapping(given, "protocols", at, notes).unwrap_or(&none);
    let at = format!("{at}/protocols");
    let mut protocols = Map::new();
    for name in given.keys() {
        let Some((_, port)) = known.iter().find(|(protocol, _)| protocol == name) else {
            notes.faults.unknown(&at, name, known.iter().map(|(protocol, _)| *protocol));
            continue;
        };
        let own = mapping(given, name, &at, notes).unwrap_or(&none);
        let at = format!("{at}/{name}");
        let port = port_in(text(own, "listen_address", &at, notes)).unwrap_or(u32::from(port.number));
        protocols.insert(name.clone(), Value::Object(listening(own, &at, port, notes)));
    }
    Map::from_iter([("protocols".to_owned(), Value::Object(protocols))])
}

fn health_check(given: &Map, at: &str, notes: &mut Notes) -> Map {
    let own = text(given, "endpoint", at, notes);
    let only_port = own.strip_prefix("[]").unwrap_or(own).strip_prefix(':');
    let endpoint = match only_port.filter(|port| !port.is_empty() && !port.contains(':')) {
        _ if own.is_empty() => format!("{EVERYWHERE}:{HEALTH_CHECK_PORT}"),
        Some(port) => format!("{EVERYWHERE}:{port}"),
        None => own.to_owned(),
    };
    let mut base = at_endpoint(endpoint, given, at, notes);
    let path = Some(text(given, "path", at, notes)).filter(|path| !path.is_empty());
    base.insert("path", path.unwrap_or("/").into());
    base
}

fn jaeger_query(given: &Map, at: &str, notes: &mut Notes) -> Map {
    let none = Map::new();
    let http = mapping(given, "http", at, notes).unwrap_or(&none);
    let http = listening(http, &format!("{at}/http"), u32::from(JAEGER_QUERY_PORT), notes);
    let mut base = Map::from_iter([("http", Value::Object(http))]);
    if let Some(grpc) = mapping(given, "grpc", at, notes) {
        let at = format!("{at}/grpc");
        let own = text(grpc, "endpoint", &at, notes);
        let grpc = if own.is_empty() { json!({}) } else { json!({"endpoint": endpoint(own, 0, &at, notes)}) };
        base.insert("grpc", grpc);
    }
    base
}
