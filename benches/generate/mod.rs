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

/// A stream of documents, at least `bytes` long.
#[must_use]
pub(crate) fn stream(bytes: usize) -> Corpus {
    corpus(bytes, Form::Stream)
}

/// A `ResourceList` with the same resources as its items.
#[must_use]
pub(crate) fn resource_list(bytes: usize) -> Corpus {
    corpus(bytes, Form::List)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Stream,
    List,
}

fn corpus(bytes: usize, form: Form) -> Corpus {
    let header = match form {
        Form::Stream => "",
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
        Form::Stream => Writer::document(style),
        Form::List => Writer::item(style),
    };
    let mut is_target = false;
    match number {
        0 => resources::namespace(&mut writer),
        1 => resources::instrumentation(&mut writer),
        // Of 20 resources 12 are workloads, and 11 of those ask.
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
