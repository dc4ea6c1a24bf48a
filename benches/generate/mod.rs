//! Manifests for the benches: a mix as it stands in real repositories, the same bytes on every machine.

mod resources;
mod writer;

use writer::{Random, Style, Writer};

/// A generated text.
pub(crate) struct Corpus {
    /// The manifests.
    pub(crate) text: String,
    /// How many resources they are.
    pub(crate) resources: usize,
    /// How many of them ask for an injection.
    pub(crate) targets: usize,
    /// How many bytes of the text those are.
    pub(crate) target_bytes: usize,
}

/// In what form resources are written, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A stream of documents.
    Stream,
    /// The same as the items of a `ResourceList`.
    List,
    /// A stream in which everything is injected but an Instrumentation and its Namespace.
    Workloads,
}

impl Form {
    /// What tables call it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::List => "ResourceList",
            Self::Workloads => "workloads",
        }
    }
}

/// Manifests of a form, at least `bytes` long.
#[must_use]
pub(crate) fn corpus(bytes: usize, form: Form) -> Corpus {
    let header = match form {
        Form::Stream | Form::Workloads => "",
        Form::List => "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n",
    };
    let mut corpus = Corpus { text: header.to_owned(), resources: 0, targets: 0, target_bytes: 0 };
    let mut random = Random::new();
    while corpus.text.len() < bytes {
        let (text, is_target) = resource(corpus.resources, &mut random, form);
        corpus.resources += 1;
        if is_target {
            corpus.targets += 1;
            corpus.target_bytes += text.len();
        }
        corpus.text.push_str(&text);
    }
    corpus
}

/// The resource with that number, and whether it asks for an injection.
fn resource(number: usize, random: &mut Random, form: Form) -> (String, bool) {
    let style = random.pick(&Style::ALL);
    let mut writer = match form {
        Form::Stream | Form::Workloads => Writer::document(style),
        Form::List => Writer::item(style),
    };
    let mut is_target = false;
    match number {
        0 => resources::namespace(&mut writer),
        1 => resources::instrumentation(&mut writer),
        _ if form == Form::Workloads => {
            is_target = true;
            resources::workload(&mut writer, number, number % 20, true, random);
        }
        // Of 20 resources 12 are workloads, and 11 of those ask: over half of all, and a third of the bytes,
        // since definitions are long.
        _ => match number % 20 {
            0 | 6 => resources::config_map(&mut writer, number, random),
            3 | 9 | 15 => resources::service(&mut writer, number),
            5 => resources::custom_resource_definition(&mut writer, number),
            11 => resources::network_policy(&mut writer, number),
            17 => resources::service_account(&mut writer, number),
            kind => {
                is_target = kind != 18;
                resources::workload(&mut writer, number, kind, is_target, random);
            }
        },
    }
    let text = writer.finish();
    // A file edited on Windows now and then.
    (if number % 50 == 13 { text.replace('\n', "\r\n") } else { text }, is_target)
}
