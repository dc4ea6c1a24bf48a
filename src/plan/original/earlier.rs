//! What an earlier run must have been told, read off the pod that it left behind.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::Settings;
use crate::config::collector::CONTAINER;
use crate::config::instrumentation::Instrumentation;
use crate::k8s::pod::{List, elements, name, position};
use crate::languages::{ALL, Delivery, Language};
use crate::plan::{Scene, sdk};
use crate::select::{Request, Target};

mod pod;

use pod::Pod;

/// What an earlier run may have been told.
pub(super) struct Earlier {
    told: Vec<Told>,
    /// It is what is asked for now, with one thing or another as the pod has it.
    pub(super) is_asked: bool,
}

/// What it may have been told about a language.
struct Told {
    language: &'static Language,
    targets: Vec<Target>,
    options: BTreeMap<&'static str, String>,
    instrumentation: Instrumentation,
    /// The image where the Instrumentation names none.
    default_image: Option<String>,
}

impl Earlier {
    pub(super) fn requests(&self) -> Vec<Request<'_>> {
        let request = |told| {
            let Told { language, targets, options, instrumentation, default_image }: &Told = told;
            Request {
                language,
                instrumentation,
                source: "of an earlier run".to_owned(),
                default_image: default_image.clone(),
                targets: targets.clone(),
                list_key: language.switch,
                options: options.clone(),
            }
        };
        self.told.iter().map(request).collect()
    }
}

/// Whether a pod has what every injection writes: an agent, or the variable for the pod's name.
pub(super) fn has_traces(spec: &Value) -> bool {
    [List::Init, List::Regular].into_iter().any(|list| {
        elements(spec, list.key())
            .iter()
            .any(|container| is_agent(list, name(container)) || is_configured(container))
    })
}

/// Whether an injection brings a container of that name.
fn is_agent(list: List, name: &str) -> bool {
    ALL.iter().any(|language| match (list, &language.recipe.delivery) {
        (List::Init, Delivery::WebServer(server)) => [server.clone.name, server.attach.name].contains(&name),
        (List::Init, _) => language.init_marks.contains(&name),
        (List::Regular, _) => language.marks.contains(&name),
    })
}

fn is_configured(container: &Value) -> bool {
    name(container) != CONTAINER && position(elements(container, "env"), sdk::POD_NAME).is_some()
}

/// What the workload of `scene` may have been told: read off the pod, with the variables of an Instrumentation that
/// is asked for now or is in the input, one guess each.
pub(super) fn guesses(scene: &Scene<'_>, asked: &[Request<'_>], settings: &Settings) -> Vec<Earlier> {
    // More Instrumentations than a namespace ever has.
    const MOST: usize = 8;
    let Some(spec) = scene.workload.pod() else { return Vec::new() };
    let pod = Pod::new(spec, sdk::helpers(scene).into_iter().map(|(name, _)| name).collect());
    let present = pod.languages();
    if present.is_empty() {
        return Vec::new();
    }
    let of_input = scene.context.instrumentations.valid();
    let none = Instrumentation::default();
    let bases = of_input.chain(&settings.instrumentation).take(MOST).chain([&none]).collect::<Vec<_>>();
    let asked_for = |language: &Language| asked.iter().find(|request| request.language.id == language.id);
    let told = |base: &Instrumentation| {
        let told = present.iter().map(|(language, targets)| {
            let base = asked_for(language).map_or(base, |request| request.instrumentation);
            pod.told(language, targets, base)
        });
        Earlier { told: told.collect(), is_asked: false }
    };
    let is_settled = present.iter().all(|(language, _)| asked_for(language).is_some());
    // What is asked for now with one thing as the pod has it, then with all of them, then what the pod has.
    let mut guesses = Vec::new();
    let with = |request: &Request<'_>, instrumentation: Instrumentation| Told {
        language: request.language,
        targets: request.targets.clone(),
        options: request.options.clone(),
        instrumentation,
        default_image: request.default_image.clone(),
    };
    if is_settled {
        let read_off = |request: &Request<'_>| Told {
            targets: request.targets.clone(),
            ..pod.told(request.language, &request.targets, request.instrumentation)
        };
        let guess = |told: &dyn Fn(&Request<'_>) -> Told| Earlier {
            told: asked.iter().map(told).collect(),
            is_asked: true,
        };
        guesses.extend(CHANGED.iter().map(|keep| {
            guess(&|request| with(request, keep(request.instrumentation, read_off(request).instrumentation)))
        }));
        for of_source in pod.endpoints(asked) {
            guesses.push(guess(&|request| {
                let source =
                    of_source.iter().find(|(source, _)| std::ptr::eq(*source, request.instrumentation));
                let endpoint = source.and_then(|(_, endpoint)| endpoint.clone());
                with(request, Instrumentation { endpoint, ..request.instrumentation.clone() })
            }));
        }
        guesses.push(guess(&read_off));
        guesses.extend(bases.into_iter().take(1).map(told));
    } else {
        // A language has taken the place of another; the rest is what it was.
        let as_asked = |request: &Request<'_>| with(request, request.instrumentation.clone());
        let beside = |base: &Instrumentation, keep: Changed| {
            let told = present.iter().map(|(language, targets)| match asked_for(language) {
                Some(request) => as_asked(request),
                None => {
                    let told = pod.told(language, targets, base);
                    Told { instrumentation: keep(base, told.instrumentation), ..told }
                }
            });
            // Settings alone leave nothing in a container that another language has.
            let unseen = asked.iter().filter(|request| {
                matches!(request.language.recipe.delivery, Delivery::None)
                    && !present.iter().any(|(language, _)| language.id == request.language.id)
            });
            Earlier { told: told.chain(unseen.map(as_asked)).collect(), is_asked: false }
        };
        for keep in [IMAGES, |_, then| then] {
            guesses.extend(bases.iter().map(|base| beside(base, keep)));
        }
        guesses.extend(bases.into_iter().take(MOST).map(told));
    }
    guesses
}

/// An Instrumentation as it is now, with one thing as the pod has it.
type Changed = fn(&Instrumentation, Instrumentation) -> Instrumentation;

const IMAGES: Changed = |now, then| {
    let mut languages = now.languages.clone();
    for (id, agent) in then.languages {
        languages.entry(id).or_default().image = agent.image;
    }
    Instrumentation { languages, ..now.clone() }
};

const CHANGED: &[Changed] = &[
    IMAGES,
    |now, then| Instrumentation { endpoint: then.endpoint, ..now.clone() },
    |now, then| Instrumentation { propagators: then.propagators, ..now.clone() },
    |now, then| Instrumentation {
        sampler: then.sampler,
        sampler_argument: then.sampler_argument,
        ..now.clone()
    },
];
