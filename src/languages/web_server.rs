//! Web servers: the agent is a module that the application's own configuration must load. One init container *clones*
//! the configuration into a volume with the application's image, another one *attaches* the module to it. All functions
//! here take plain values and return containers, volumes and texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::otlp::{Protocol, Signal, Spoken};
use crate::k8s::shape::{Shape, field};
use crate::value::{Map, Value, json};

/// Where the agent is mounted.
pub const AGENT: &str = "/opt/opentelemetry-webserver/agent";
/// Where the init containers mount the copy of the configuration.
pub const COPY: &str = "/opt/opentelemetry-webserver/source-conf";
/// The name of every clone.
pub const CLONE: &str = "otel-agent-source-container-clone";
/// The default endpoint.
const ENDPOINT: &str = "http://localhost:4317/";

/// How the modules speak OTLP: the release includes no other exporter.
pub(super) const PROTOCOLS: &[Spoken] = &[Spoken {
    since: "1.0",
    default: Protocol::Grpc,
    can: &[Protocol::Grpc],
    otherwise: "the module does not read the variable",
    signals: &[Signal::Traces],
    source: "opentelemetry-cpp-contrib, instrumentation/otel-webserver-module/opentelemetry_module.conf",
}];

/// Directives that are added to the configuration or replace ours.
pub const ATTRS: Shape =
    Shape::List(&Shape::Object(&[field("name", Shape::Filled), field("value", Shape::Text)]));

/// What differs between web servers.
#[derive(Debug)]
pub struct WebServer {
    /// The key of the configuration's path in the language's settings.
    pub path_key: &'static str,
    /// The default path.
    pub default_path: &'static str,
    /// The path is a file's; otherwise it is a directory's.
    pub is_file: bool,
    /// The volume of the configuration's copy.
    pub config_volume: &'static str,
    /// The agent's volume.
    pub agent_volume: &'static str,
    /// The volumes have size limits, and a claim can be used for the agent's.
    pub is_sized: bool,
    /// The target whose security context the init containers use.
    pub security_of: Which,
    /// Copies the configuration, in the application's image.
    pub clone: Step,
    /// Adds the module, in the agent's image.
    pub attach: Step,
    /// The module's configuration.
    pub configuration: Configuration,
}

/// Selects one of the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// The last.
    Last,
}

/// An init container of a web server.
#[derive(Debug)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// What it runs.
    pub run: Run,
}

/// What an init container runs. In arguments, `{directory}`, `{file}` and `{copy}` are the configuration's directory,
/// its file name and its copy.
#[derive(Debug)]
pub enum Run {
    /// A command and its arguments.
    Command(&'static [&'static str]),
    /// A script for `sh` and its argument. Nothing is ever interpolated into the script.
    Script(&'static str, &'static str),
}

/// The text that configures a module.
#[derive(Debug)]
pub struct Configuration {
    /// The attach container's variable with the configuration.
    pub variable: &'static str,
    /// The attach container's variable with the pod's name.
    pub pod_name: &'static str,
    /// What depends on the server's version, if anything.
    pub version: Option<Version>,
    /// The first lines. `{agent}` is the agent's directory, `{version}` the version's suffix.
    pub head: &'static [&'static str],
    /// The directives that follow, sorted. A value in braces is filled in from the facts.
    pub directives: &'static [(&'static str, &'static str)],
    /// How directives are written.
    pub syntax: Syntax,
}

/// The syntax of a server's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// One directive per line. <https://httpd.apache.org/docs/2.4/configuring.html#syntax>
    Apache,
    /// Each directive ends with a semicolon. <https://nginx.org/en/docs/beginners_guide.html#conf_structure>
    Nginx,
}

impl Syntax {
    /// What ends a directive.
    const fn end(self) -> &'static str {
        match self {
            Self::Apache => "\n",
            Self::Nginx => ";\n",
        }
    }

    /// Whether an unquoted character ends a directive or has a special meaning.
    const fn is_special(self, character: char) -> bool {
        match self {
            Self::Apache => matches!(character, '\\'),
            Self::Nginx => matches!(character, '\\' | ';' | '{' | '}'),
        }
    }

    /// A value as one argument, quoted if necessary. `None` if quotes cannot make it one.
    fn argument(self, value: &str) -> Option<Cow<'_, str>> {
        let is_plain = |character: char| {
            !character.is_whitespace() && !matches!(character, '"' | '\'') && !self.is_special(character)
        };
        if value.contains(char::is_control) {
            None
        } else if !value.is_empty() && !value.starts_with('#') && value.chars().all(is_plain) {
            Some(Cow::Borrowed(value))
        } else {
            Some(Cow::Owned(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))))
        }
    }

    /// Whether a text, written as is, consists only of arguments of its directive.
    fn are_arguments(self, text: &str) -> bool {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let end = match first {
                '#' => return false,
                '"' | '\'' => closing_quote(&rest[1..], first).map(|at| at + 2),
                _ => {
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    Some(end).filter(|end| !rest[..*end].contains(|other| self.is_special(other)))
                }
            };
            let Some(end) = end else { return false };
            let after = &rest[end..];
            if !after.is_empty() && !after.starts_with(char::is_whitespace) {
                return false;
            }
            rest = after.trim_start();
        }
        !text.contains(char::is_control)
    }
}

/// The offset of the closing quote.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|character| {
        let closes = character == quote && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        closes
    })
}

/// Whether a text is a valid directive name.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// How a server's version affects its configuration.
#[derive(Debug)]
pub struct Version {
    /// The version's key in the language's settings.
    pub key: &'static str,
    /// Versions and their suffixes. Other versions have none.
    pub suffixes: &'static [(&'static str, &'static str)],
}

/// The values for a configuration.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The server's version; empty if not given.
    pub version: &'f str,
    /// Where telemetry goes.
    pub endpoint: Option<&'f str>,
    /// The service's name.
    pub service: &'f str,
    /// The service's namespace.
    pub namespace: &'f str,
    /// The Instrumentation's directives.
    pub attrs: Vec<(&'f str, &'f str)>,
}

/// The location of an application's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The directory.
    pub directory: String,
    /// The file name; empty if only the directory is known.
    pub file: String,
}

impl WebServer {
    /// The location for the Instrumentation's path, or `None` if no directory is left to mount a volume at.
    #[must_use]
    pub fn location(&self, path: Option<&str>) -> Option<Location> {
        let path = path.filter(|path| !path.is_empty()).unwrap_or(self.default_path);
        let location = if self.is_file {
            let file = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            Location { directory: parent(path), file: file.to_owned() }
        } else {
            Location { directory: path.strip_suffix('/').unwrap_or(path).to_owned(), file: String::new() }
        };
        (!location.directory.is_empty()).then_some(location)
    }

    /// The volume of the configuration's copy.
    #[must_use]
    pub fn config_volume(&self, size_limit: &str) -> Value {
        self.empty_volume(self.config_volume, size_limit)
    }

    /// The agent's volume, used if no claim is given.
    #[must_use]
    pub fn agent_volume(&self, size_limit: &str) -> Value {
        self.empty_volume(self.agent_volume, size_limit)
    }

    fn empty_volume(&self, name: &str, size_limit: &str) -> Value {
        let empty = if self.is_sized { json!({"sizeLimit": size_limit}) } else { json!({}) };
        json!({"name": name, "emptyDir": empty})
    }

    /// The clone of `target`, with its image, variables and mounts. The caller adds the copy's mount.
    #[must_use]
    pub fn clone_of(&self, target: &Value, location: &Location) -> Map {
        const KEPT: [&str; 5] = ["image", "env", "envFrom", "imagePullPolicy", "volumeMounts"];
        let mut clone = self.clone.container(location);
        let is_set = |value: &&Value| !value.is_null() && !value.as_array().is_some_and(<[Value]>::is_empty);
        for key in KEPT {
            if let Some(value) = target.get(key).filter(is_set) {
                clone.insert(key.to_owned(), value.clone());
            }
        }
        clone
    }

    /// The attach container. The caller adds variables and resources.
    #[must_use]
    pub fn attach(&self, image: &str, location: &Location) -> Map {
        let mut attach = self.attach.container(location);
        attach.insert("image".to_owned(), json!(image));
        let mounts = json!([
            {"name": self.agent_volume, "mountPath": AGENT},
            {"name": self.config_volume, "mountPath": COPY},
        ]);
        attach.insert("volumeMounts".to_owned(), mounts);
        attach
    }
}

impl Step {
    fn container(&self, location: &Location) -> Map {
        let fill = |text: &&str| match *text {
            "{directory}" => location.directory.clone(),
            "{directory}/." => format!("{}/.", location.directory),
            "{file}" => location.file.clone(),
            "{copy}" => COPY.to_owned(),
            text => text.to_owned(),
        };
        let mut container = Map::new();
        container.insert("name".to_owned(), json!(self.name));
        match &self.run {
            Run::Command(command) => {
                let command: Vec<String> = command.iter().map(fill).collect();
                container.insert("command".to_owned(), json!(command));
            }
            Run::Script(script, argument) => {
                container.insert("command".to_owned(), json!(["/bin/sh", "-c"]));
                container.insert("args".to_owned(), json!([script, "--", fill(argument)]));
            }
        }
        container
    }
}

impl Configuration {
    /// The text. A value that we write becomes one argument; `attrs` of the Instrumentation are written as they are.
    ///
    /// # Errors
    /// The name and value of a directive that would be read differently.
    pub fn text<'f>(&self, facts: &Facts<'f>) -> Result<String, (&'f str, &'f str)> {
        let fact = |value: &'static str| match value {
            "{endpoint}" => Some(facts.endpoint.unwrap_or(ENDPOINT)),
            "{service}" => Some(facts.service),
            "{namespace}" => Some(facts.namespace),
            _ => None,
        };
        let mut directives: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        for (key, ours) in self.directives.iter().copied() {
            let is_replaced = facts.attrs.iter().any(|(name, _)| *name == key);
            let value = match fact(ours).filter(|_| !is_replaced) {
                Some(value) => self.syntax.argument(value).ok_or((key, value))?,
                None => Cow::Borrowed(ours),
            };
            directives.insert(key, value);
        }
        for (name, value) in facts.attrs.iter().copied() {
            if !is_name(name) || !self.syntax.are_arguments(value) {
                return Err((name, value));
            }
            directives.insert(name, Cow::Borrowed(value));
        }
        let end = self.syntax.end();
        let directives = directives.iter().map(|(key, value)| format!("{key} {value}{end}"));
        Ok(std::iter::once(self.head(facts.version)).chain(directives).collect())
    }

    /// Where the module sends traces by OTLP, or `None` if the Instrumentation's `attrs` select another exporter.
    #[must_use]
    pub fn destination<'e>(
        &self,
        endpoint: Option<&'e str>,
        attrs: &[(&'e str, &'e str)],
    ) -> Option<&'e str> {
        let replaced = |ours: &str| {
            let (key, _) = self.directives.iter().find(|(_, value)| *value == ours)?;
            attrs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value)
        };
        let is_otlp = replaced("otlp").is_none_or(|exporter| exporter == "otlp");
        is_otlp.then(|| replaced("{endpoint}").or(endpoint).unwrap_or(ENDPOINT))
    }

    /// The first lines.
    fn head(&self, version: &str) -> String {
        let mut suffixes = self.version.iter().flat_map(|version| version.suffixes);
        let suffix = suffixes.find(|(known, _)| *known == version).map_or("", |(_, suffix)| suffix);
        let line = |line: &&str| line.replace("{agent}", AGENT).replace("{version}", suffix) + "\n";
        self.head.iter().map(line).collect()
    }
}

/// The directory of a file path, normalized: without `//`, and without `.` and `..` if possible.
fn parent(path: &str) -> String {
    let directory = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let is_absolute = directory.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if is_absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if is_absolute {
        format!("/{joined}")
    } else if joined.is_empty() {
        ".".to_owned()
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, Delivery};
    use super::*;

    fn server(id: &str) -> &'static WebServer {
        let language = ALL.iter().find(|language| language.id == id).expect("a language");
        match &language.recipe.delivery {
            Delivery::WebServer(server) => server,
            other => panic!("{id} is no web server: {other:?}"),
        }
    }

    #[test]
    fn locations_are_directories_and_files() {
        let location = |id: &str, path: &str| {
            let found = server(id).location(Some(path))?;
            Some((found.directory, found.file))
        };
        let pair = |directory: &str, file: &str| Some((directory.to_owned(), file.to_owned()));
        assert_eq!(location("apache-httpd", ""), pair("/usr/local/apache2/conf", ""));
        assert_eq!(location("apache-httpd", "/a/b/"), pair("/a/b", ""));
        assert_eq!(location("apache-httpd", "/"), None);
        assert_eq!(location("nginx", ""), pair("/etc/nginx", "nginx.conf"));
        assert_eq!(location("nginx", "/a//b/../c/./x.conf"), pair("/a/c", "x.conf"));
        assert_eq!(location("nginx", "a/x.conf"), pair("a", "x.conf"));
        assert_eq!(location("nginx", "/a/../../x.conf"), pair("/", "x.conf"));
        assert_eq!(location("nginx", "x.conf"), pair(".", "x.conf"));
    }

    #[test]
    fn configurations_are_sorted_and_overlaid() {
        let facts = |attrs| Facts { version: "2.2", endpoint: None, service: "s", namespace: "n", attrs };
        let text = server("nginx")
            .configuration
            .text(&facts(vec![("NginxModuleEnabled", "OFF"), ("A", "b  c")]))
            .expect("a text");
        assert!(text.starts_with("A b  c;\nNginxModuleEnabled OFF;\nNginxModuleOtelExporterEndpoint http"));
        let text = server("apache-httpd").configuration.text(&facts(Vec::new())).expect("a text");
        assert!(text.contains("/libmod_apache_otel22.so\nApacheModuleEnabled ON\n"), "{text}");
        assert!(!text.contains("\n\n") && text.ends_with("ApacheModuleTraceAsError  ON\n"), "{text}");
    }

    #[test]
    fn a_value_is_one_argument_or_none() {
        let cases = [
            ("http://$(NODE_IP):4317", Some("http://$(NODE_IP):4317"), Some("http://$(NODE_IP):4317")),
            ("a b", Some("\"a b\""), Some("\"a b\"")),
            ("a;b", Some("a;b"), Some("\"a;b\"")),
            ("a{b}", Some("a{b}"), Some("\"a{b}\"")),
            ("a\"b", Some("\"a\\\"b\""), Some("\"a\\\"b\"")),
            ("a\\", Some("\"a\\\\\""), Some("\"a\\\\\"")),
            ("#a", Some("\"#a\""), Some("\"#a\"")),
            ("", Some("\"\""), Some("\"\"")),
            ("a\nb", None, None),
        ];
        for (value, apache, nginx) in cases {
            assert_eq!(Syntax::Apache.argument(value).as_deref(), apache, "{value:?}");
            assert_eq!(Syntax::Nginx.argument(value).as_deref(), nginx, "{value:?}");
        }
    }

    #[test]
    fn attrs_are_arguments_and_end_nothing() {
        let cases = [
            ("ON", true, true),
            ("ENV Test NS \"a b\" 'c;d'", true, true),
            ("", true, true),
            ("ON; return 200", true, false),
            ("ON } server {", true, false),
            ("a\nLoadModule x", false, false),
            ("ON \\", false, false),
            ("\"open", false, false),
            ("\"a\"b", false, false),
            ("\"a\\\"b\"", true, true),
            ("ON # off", false, false),
        ];
        for (value, apache, nginx) in cases {
            assert_eq!(Syntax::Apache.are_arguments(value), apache, "{value:?}");
            assert_eq!(Syntax::Nginx.are_arguments(value), nginx, "{value:?}");
        }
    }

    proptest::proptest! {
        /// Reads a directive back as nginx does: arguments up to the first unquoted semicolon.
        #[test]
        fn what_is_quoted_is_read_as_it_was(value in "[a-c ;{}'\"\\\\#$]{0,8}") {
            let written = Syntax::Nginx.argument(&value).expect("no control characters");
            let is_quoted = written.starts_with('"');
            let inside = written.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&written);
            if is_quoted {
                proptest::prop_assert_eq!(closing_quote(&written[1..], '"'), Some(written.len() - 2));
            }
            let mut read = String::new();
            let mut characters = inside.chars();
            while let Some(character) = characters.next() {
                read.extend(if character == '\\' { characters.next() } else { Some(character) });
            }
            proptest::prop_assert_eq!(&read, &value);
            proptest::prop_assert!(Syntax::Nginx.are_arguments(&written));
        }
    }
}
