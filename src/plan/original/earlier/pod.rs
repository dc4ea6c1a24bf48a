//! A pod that an earlier run left behind: what it shows of what that run was told.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Told, is_agent, is_configured};
use crate::config::collector::CONTAINER;
use crate::config::instrumentation::{Agent, Instrumentation};
use crate::k8s::pod::{self, List, elements, name, position, text};
use crate::languages::web_server::WebServer;
use crate::languages::{ALL, Copy, Delivery, Effect, Language};
use crate::plan::env::Texts;
use crate::plan::{exporter, sdk};
use crate::select::{Request, Target};

/// A pod that an earlier run left behind.
pub(super) struct Pod<'p> {
    spec: &'p Value,
    /// Variables for what only the cluster knows.
    helpers: Vec<&'static str>,
}

impl<'p> Pod<'p> {
    pub(super) const fn new(spec: &'p Value, helpers: Vec<&'static str>) -> Self {
        Self { spec, helpers }
    }

    fn all(&self) -> impl Iterator<Item = (List, &'p Value)> {
        let spec = self.spec;
        [List::Init, List::Regular]
            .into_iter()
            .flat_map(move |list| elements(spec, list.key()).iter().map(move |container| (list, container)))
    }

    fn container(&self, list: List, wanted: &str) -> Option<&'p Value> {
        let containers = elements(self.spec, list.key());
        position(containers, wanted).map(|index| &containers[index])
    }

    fn volume(&self, wanted: &str) -> Option<&'p Value> {
        let volumes = elements(self.spec, "volumes");
        position(volumes, wanted).map(|index| &volumes[index])
    }

    /// The languages that the pod has, and their targets.
    pub(super) fn languages(&self) -> Vec<(&'static Language, Vec<Target>)> {
        let mut found: Vec<(&'static Language, Vec<Target>)> = Vec::new();
        for language in ALL {
            let targets: Vec<Target> = match &language.recipe.delivery {
                Delivery::Copy(copy) if self.container(List::Init, copy.name).is_some() => {
                    let is_target = |container: &Value| {
                        let mount =
                            json!({"name": copy.name, "mountPath": copy.mount.in_target(name(container))});
                        elements(container, "volumeMounts").contains(&mount) && is_configured(container)
                    };
                    self.targets(is_target)
                }
                Delivery::Sidecar(sidecar) => {
                    let agent = self.container(List::Regular, sidecar.name);
                    let described = agent.and_then(|agent| described(elements(agent, "env")));
                    let all = self.targets(|_| agent.is_some());
                    let regular = all.into_iter().filter(|target| target.list == List::Regular);
                    let is_it = |target: &Target| described.as_ref() == Some(&target.name);
                    let found = regular.clone().find(is_it).or_else(|| regular.clone().next());
                    found.into_iter().collect()
                }
                Delivery::WebServer(server) if self.container(List::Init, server.attach.name).is_some() => {
                    let is_target = |container: &Value| {
                        position(elements(container, "volumeMounts"), server.config_volume).is_some()
                    };
                    let all = self.targets(is_target);
                    all.into_iter().filter(|target| target.list == List::Regular).take(1).collect()
                }
                Delivery::None => {
                    let known = |container: &Value| {
                        found.iter().any(|(language, targets)| {
                            let delivery = &language.recipe.delivery;
                            let is_beside = match delivery {
                                Delivery::Sidecar(sidecar) => sidecar.name == name(container),
                                _ => false,
                            };
                            let is_target = targets.iter().any(|target| target.name == name(container));
                            is_beside || (is_target && !delivery.is_sidecar())
                        })
                    };
                    self.targets(|container| is_configured(container) && !known(container))
                }
                Delivery::Copy(_) | Delivery::WebServer(_) => Vec::new(),
            };
            if !targets.is_empty() {
                found.push((language, targets));
            }
        }
        found
    }

    /// The containers that are the user's, and targets.
    fn targets(&self, is_target: impl Fn(&Value) -> bool) -> Vec<Target> {
        let target = |(list, container): (List, &Value)| Target { list, name: name(container).to_owned() };
        let is_ours = |list: List, name: &str| is_agent(list, name) || name == CONTAINER;
        let users = self.all().filter(|(list, container)| !is_ours(*list, name(container)));
        users.filter(|(_, container)| is_target(container)).map(target).collect()
    }

    /// The containers that were configured for a language: its own, or the targets.
    fn configured(&self, language: &Language, targets: &[Target]) -> Vec<&'p Value> {
        match &language.recipe.delivery {
            Delivery::Sidecar(sidecar) => self.container(List::Regular, sidecar.name).into_iter().collect(),
            _ => targets.iter().filter_map(|target| self.container(target.list, &target.name)).collect(),
        }
    }

    /// Which of several Instrumentations had an endpoint, where only one of them shows in a container: every way, each
    /// with the endpoint that its containers have.
    pub(super) fn endpoints<'r>(
        &self,
        asked: &[Request<'r>],
    ) -> Vec<Vec<(&'r Instrumentation, Option<String>)>> {
        // More than three for one workload are nobody's.
        const MOST: usize = 3;
        let mut sources: Vec<(&Instrumentation, Option<String>)> = Vec::new();
        for request in asked {
            let plain = self.endpoint(request);
            match sources.iter_mut().find(|(source, _)| std::ptr::eq(*source, request.instrumentation)) {
                Some((_, known)) => *known = known.take().or(plain),
                None => sources.push((request.instrumentation, plain)),
            }
        }
        if !(2..=MOST).contains(&sources.len()) {
            return Vec::new();
        }
        let ways = 0..1_usize << sources.len();
        let way = |way: usize| {
            let chosen = sources.iter().enumerate();
            let chosen = chosen
                .map(|(index, (source, plain))| (*source, plain.clone().filter(|_| way >> index & 1 == 1)));
            chosen.collect()
        };
        ways.map(way).collect()
    }

    /// The endpoint that the containers of a request have.
    fn endpoint(&self, request: &Request<'_>) -> Option<String> {
        let language = request.language;
        if let Delivery::WebServer(server) = &language.recipe.delivery {
            // The target may have another language's.
            let text = written(server, self.agent_container(language)?)?;
            return server.configuration.endpoint_in(text).map(str::to_owned);
        }
        self.configured(language, &request.targets).into_iter().find_map(|container| {
            let env = Env(elements(container, "env"));
            env.plain(position(env.0, exporter::ENDPOINT)?)
        })
    }

    /// The container that brings a language's agent.
    fn agent_container(&self, language: &Language) -> Option<&'p Value> {
        match &language.recipe.delivery {
            Delivery::Copy(copy) => self.container(List::Init, copy.name),
            Delivery::Sidecar(sidecar) => self.container(List::Regular, sidecar.name),
            Delivery::WebServer(server) => self.container(List::Init, server.attach.name),
            Delivery::None => None,
        }
    }

    /// What an earlier run was told about a language, the variables that it was to add taken from `base`.
    pub(super) fn told(
        &self,
        language: &'static Language,
        targets: &[Target],
        base: &Instrumentation,
    ) -> Told {
        let delivery = &language.recipe.delivery;
        let agent = self.agent_container(language);
        let configured = self.configured(language, targets);
        let envs: Vec<Env<'_>> = configured.iter().map(|container| Env(elements(container, "env"))).collect();
        let has = |entry: &&Value| {
            let of_agent = agent.map(|agent| elements(agent, "env"));
            // What was to be extended has grown since.
            let holds = |there: &Value| {
                there == *entry
                    || name(there) == name(entry)
                        && !text(entry).is_empty()
                        && text(there).contains(text(entry))
            };
            envs.iter().map(|env| env.0).chain(of_agent).any(|env| env.iter().any(holds))
        };
        // What was told about the language, every target has, be it from its user.
        let has_any =
            |env: &Env<'_>, names: &[&str]| names.iter().any(|name| position(env.0, name).is_some());
        let all_have = |name: &str| {
            // Either of a sampler and its argument keeps both away.
            let pair = [sdk::SAMPLER, sdk::SAMPLER_ARGUMENT];
            let names = if pair.contains(&name) { &pair[..] } else { &[name][..] };
            envs.iter().all(|env| has_any(env, names))
        };
        let told = |name: &str, read: &dyn Fn(&Env<'_>) -> Option<String>| {
            envs.iter().find_map(read).filter(|_| all_have(name))
        };
        let exported = |name: &str| told(name, &|env| env.exported(&self.helpers, name));
        let late = |name: &str| told(name, &|env| env.late(name));
        let mounts = configured.iter().map(|container| elements(container, "volumeMounts"));
        let tls = mounts.filter_map(|mounts| exporter::read(mounts, exported)).next();
        let own = base.agent(language).map_or(&[][..], |agent| &agent.env);
        let own: Vec<Value> = match delivery {
            // All of the container is the injection's, whatever it was told.
            Delivery::Sidecar(_) => envs.iter().flat_map(Env::of_agent).cloned().collect(),
            _ => own.iter().filter(has).cloned().collect(),
        };
        let instrumentation = Instrumentation {
            endpoint: exported(exporter::ENDPOINT),
            protocol: exported(exporter::PROTOCOL),
            tls,
            attributes: attributes(&envs, base),
            uid_attributes: late(sdk::POD_UID).is_some(),
            propagators: late(sdk::PROPAGATORS)
                .map(|list| list.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
            sampler: late(sdk::SAMPLER),
            sampler_argument: late(sdk::SAMPLER_ARGUMENT),
            use_labels: base.use_labels,
            env: base.env.iter().filter(has).filter(|entry| !own.contains(entry)).cloned().collect(),
            pull_policy: agent.and_then(|agent| Some(agent.get("imagePullPolicy")?.as_str()?.to_owned())),
            init_security_context: agent.and_then(|agent| agent.get("securityContext")).cloned(),
            languages: agent
                .map(|agent| (language.id, self.agent(language, agent, own.clone())))
                .into_iter()
                .collect(),
        };
        let options = agent.map(|agent| self.options(language, agent, &configured, &own)).unwrap_or_default();
        let mut targets = targets.to_vec();
        if let Some(agent) = agent.filter(|_| targets.iter().all(|target| target.list == List::Regular)) {
            // The order of their list is not known; whose security context the agent's container took is.
            let context = |target: &Target| self.container(target.list, &target.name)?.get("securityContext");
            targets.sort_by_key(|target| context(target) != agent.get("securityContext"));
        }
        Told { language, targets, options, instrumentation, default_image: None }
    }

    /// A language's part of the Instrumentation, read off the container that brings the agent.
    fn agent(&self, language: &Language, agent: &Value, env: Vec<Value>) -> Agent {
        let mut extra = Map::new();
        let volume = match &language.recipe.delivery {
            Delivery::Copy(copy) => {
                if let Some((key, list)) = self.extensions(copy) {
                    extra.insert(key.to_owned(), list);
                }
                copy.name
            }
            Delivery::WebServer(server) => {
                extra = self.configuration(server, agent);
                server.agent_volume
            }
            Delivery::Sidecar(_) => {
                let context = agent.get("securityContext").cloned();
                extra.extend(context.map(|context| ("securityContext".to_owned(), context)));
                ""
            }
            Delivery::None => "",
        };
        let volume = self.volume(volume);
        let mut resources = agent.get("resources").and_then(Value::as_object).cloned().unwrap_or_default();
        for part in ["limits", "requests"] {
            // One that is not there was told to be empty, else it had its default.
            resources.entry(part).or_insert_with(|| json!({}));
        }
        Agent {
            image: agent.get("image").and_then(Value::as_str).map(str::to_owned),
            claim: volume.and_then(|volume| volume.pointer("/ephemeral/volumeClaimTemplate")).cloned(),
            size_limit: volume
                .and_then(|volume| Some(volume.pointer("/emptyDir/sizeLimit")?.as_str()?.to_owned())),
            env,
            resources,
            extra,
        }
    }

    /// The extensions that init containers copy.
    fn extensions(&self, copy: &'p Copy) -> Option<(&'static str, Value)> {
        let extensions = copy.extensions.as_ref()?;
        let read = |index: usize| {
            let container = self.container(List::Init, &extensions.container(index))?;
            let directory = elements(container, "command").get(2)?.as_str()?.strip_suffix("/.")?;
            Some(json!({"image": container.get("image")?, "dir": directory}))
        };
        let list: Vec<Value> = (0..).map_while(read).collect();
        (!list.is_empty()).then(|| (extensions.key, Value::Array(list)))
    }

    /// What a web server's attach container shows: path, version and directives.
    fn configuration(&self, server: &WebServer, attach: &Value) -> Map<String, Value> {
        let mut extra = Map::new();
        let mount = self.all().filter(|(list, _)| *list == List::Regular).find_map(|(_, container)| {
            let mounts = elements(container, "volumeMounts");
            let index = position(mounts, server.config_volume)?;
            mounts[index].get("mountPath")?.as_str()
        });
        let file = elements(attach, "args").get(2).and_then(Value::as_str);
        if let Some(directory) = mount {
            let path = match file.filter(|_| server.is_file) {
                Some(file) => format!("{}/{file}", directory.trim_end_matches('/')),
                None => directory.to_owned(),
            };
            extra.insert(server.path_key.to_owned(), json!(path));
        }
        let configuration = &server.configuration;
        if let Some((version, directives)) = written(server, attach).and_then(|text| configuration.read(text))
        {
            let attrs = directives.into_iter().map(|(name, value)| json!({"name": name, "value": value}));
            extra.insert("attrs".to_owned(), attrs.collect());
            if let Some(known) = configuration.version.as_ref().filter(|_| !version.is_empty()) {
                extra.insert(known.key.to_owned(), json!(version));
            }
        }
        extra
    }

    /// What annotations must have said about the language.
    fn options(
        &self,
        language: &Language,
        agent: &Value,
        configured: &[&Value],
        own: &[Value],
    ) -> BTreeMap<&'static str, String> {
        let mut options = BTreeMap::new();
        for option in language.options {
            let chosen = match &option.effect {
                Effect::Variable(variable) => {
                    let env = elements(agent, "env");
                    let entry = position(env, variable).map(|index| &env[index]);
                    entry.filter(|entry| !own.contains(entry)).map(|entry| text(entry).to_owned())
                }
                Effect::OneOf { placeholder, words } => words
                    .iter()
                    .find(|(_, word)| shows(language, agent, configured, placeholder, word))
                    .map(|(word, _)| (*word).to_owned()),
            };
            options.extend(chosen.map(|chosen| (option.annotation, chosen)));
        }
        options
    }
}

/// The configuration that a web server's attach container writes.
fn written<'a>(server: &WebServer, attach: &'a Value) -> Option<&'a str> {
    let env = elements(attach, "env");
    position(env, server.configuration.variable).map(|index| text(&env[index]))
}

/// Whether the text of an option's word stands wherever its placeholder does.
fn shows(
    language: &Language,
    agent: &Value,
    configured: &[&Value],
    placeholder: &'static str,
    word: &str,
) -> bool {
    let Delivery::Copy(copy) = &language.recipe.delivery else { return false };
    configured.first().is_some_and(|target| {
        let texts = Texts::of_word(placeholder, word).with_mount(&copy.mount.in_target(name(target)));
        let command: Vec<String> = copy.command.iter().map(|part| texts.fill(part)).collect();
        let env = elements(target, "env");
        let rows = language.recipe.early_env.iter().chain(language.recipe.env);
        let written = rows.flat_map(|row| row.texts().into_iter().map(|text| (row.name(), text)));
        agent.get("command") == Some(&json!(command))
            && written.filter(|(_, text)| text.contains(placeholder)).all(|(name, ours)| {
                position(env, name).is_none_or(|index| text(&env[index]).contains(&texts.fill(ours)))
            })
    })
}

/// The variables of a container that was configured.
struct Env<'e>(&'e [Value]);

impl Env<'_> {
    fn plain(&self, index: usize) -> Option<String> {
        let entry = &self.0[index];
        (!pod::is_from_elsewhere(entry)).then(|| text(entry).to_owned())
    }

    /// The text of a variable that stands behind the pod's name, where the user's own cannot stand.
    fn late(&self, name: &str) -> Option<String> {
        let index = position(self.0, name)?;
        (position(self.0, sdk::POD_NAME)? < index).then(|| text(&self.0[index]).to_owned())
    }

    /// The text of a variable between which and the pod's name stand only such as an injection writes there.
    fn exported(&self, helpers: &[&str], name: &str) -> Option<String> {
        let index = position(self.0, name)?;
        let end = position(self.0, sdk::POD_NAME)?;
        let between = self.0.get(index + 1..end)?;
        let is_ours = |entry: &Value| {
            [exporter::DEFAULTS, helpers].iter().any(|names| names.contains(&pod::name(entry)))
        };
        between.iter().all(is_ours).then(|| self.plain(index)).flatten()
    }

    /// What stands ahead of the SDK's variables, the addresses apart.
    fn of_agent(&self) -> impl Iterator<Item = &Value> {
        let end = [sdk::SERVICE_NAME, sdk::POD_NAME].iter().find_map(|name| position(self.0, name));
        let ahead = self.0[..end.unwrap_or(0)].iter();
        ahead.filter(|entry| ![sdk::NODE_IP, sdk::POD_IP].contains(&name(entry)))
    }

    /// The resource attributes.
    fn attributes(&self) -> impl Iterator<Item = &str> {
        let entry = position(self.0, sdk::ATTRIBUTES).map(|index| text(&self.0[index]));
        entry.into_iter().flat_map(|attributes| attributes.split(','))
    }
}

/// The container that the attributes of a sidecar describe.
fn described(env: &[Value]) -> Option<String> {
    let env = Env(env);
    let mut attributes = env.attributes();
    attributes.find_map(|attribute| attribute.strip_prefix("k8s.container.name=").map(str::to_owned))
}

/// Attributes of an Instrumentation: those of `base` that were written, and whatever stands behind one that only an
/// injection writes. No container lacks them.
fn attributes(envs: &[Env<'_>], base: &Instrumentation) -> BTreeMap<String, String> {
    let pod_name = format!("k8s.pod.name=$({})", sdk::POD_NAME);
    let mut found = BTreeMap::new();
    for env in envs {
        let mut is_behind = false;
        for piece in env.attributes() {
            is_behind |= piece == pod_name;
            let Some((key, value)) = piece.split_once('=') else { continue };
            let is_known = base.attributes.get(key).is_some_and(|known| known == value);
            if (is_behind || is_known) && !value.contains("$(") {
                found.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    let has_key = |env: &Env<'_>, key: &str| {
        env.attributes().any(|piece| piece.trim().split_once('=').is_some_and(|(there, _)| there == key))
    };
    found.retain(|key, _| envs.iter().all(|env| has_key(env, key)));
    found
}
