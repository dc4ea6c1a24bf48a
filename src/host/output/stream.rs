//! One stream on stdout, for pipes and Helm post-renderers, where an empty output can delete deployed resources.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::{Outcome, Output};
use crate::engine::{self, has_kind};
use crate::finding::{Code, Finding, Severity};
use crate::host::files::Text;
use crate::host::render::{self, LastByte};
use crate::host::save::Batch;
use crate::report::Purpose;
use crate::yaml::Edit;

/// Helm 4 accepts a comment as output, but treats empty output as a failure.
const NOTE: &str = "# otel-inject: the input is empty\n";

/// The error for input without resources: hosts delete what is missing in an output. A document that cannot be read
/// counts as a resource if it has a kind.
pub(in crate::host) fn without_resources(texts: &[Text], output: &engine::Output) -> Option<Finding> {
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let is_unread = output.findings.iter().any(|finding| finding.code == Code::UnparsedDocument);
    let has_kind = |text: &Text| !text.is_odd() && has_kind(&text.bytes);
    if output.resources > 0
        || output.findings.iter().any(is_error)
        || (is_unread && texts.iter().any(has_kind))
    {
        return None;
    }
    let is_blank = texts.iter().all(|text| is_blank(&text.bytes));
    Some(match texts {
        [Text { name: Some(name), .. }] if is_blank => Finding::input_empty("", &format!("{name:?}")),
        [Text { name: Some(name), .. }] => Finding::file_without_resources("", name),
        [_] | [] if is_blank => Finding::input_empty("", "the input"),
        [_] | [] => Finding::stream_without_resources(""),
        _ if is_blank => Finding::input_empty("", "every file"),
        _ => Finding::files_without_resources(""),
    })
}

/// The reader of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Any command in a pipe.
    Pipe,
    /// kustomize, which does not accept a comment as output.
    Kustomize,
    /// A cluster, in the end: the input comes from files.
    Cluster,
}

/// All texts as one stream.
pub(in crate::host) struct Stream {
    reader: Reader,
    printed: Option<Printed>,
}

impl Stream {
    /// The input from stdin, complete.
    pub(in crate::host) const fn whole() -> Self {
        Self { reader: Reader::Pipe, printed: None }
    }

    /// The same, for kustomize's plugins.
    pub(in crate::host) const fn for_kustomize() -> Self {
        Self { reader: Reader::Kustomize, printed: None }
    }

    /// Files, without resources that no cluster accepts.
    pub(in crate::host) const fn for_cluster() -> Self {
        Self { reader: Reader::Cluster, printed: None }
    }
}

impl Output for Stream {
    fn purpose(&self) -> Purpose {
        Purpose::Write
    }

    fn needs_stdout(&self) -> bool {
        true
    }

    fn accepts_nothing(&self) -> bool {
        self.reader == Reader::Kustomize
    }

    fn prepare(&mut self, outcome: &mut Outcome<'_>, _batch: &mut Batch) -> anyhow::Result<()> {
        if self.reader == Reader::Cluster {
            let flags = outcome.flags;
            let edits = std::mem::take(&mut outcome.result.edits);
            let (printed, finding) = Printed::for_cluster(outcome.texts, edits, flags.config.as_deref());
            self.printed = Some(printed);
            let is_accepted = |finding: &Finding| flags.allow_empty && finding.code == Code::EmptyInput;
            outcome.result.findings.extend(finding.filter(|finding| !is_accepted(finding)));
        }
        Ok(())
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        let is_allowed = outcome.flags.allow_empty && self.reader != Reader::Kustomize;
        let note = is_allowed && outcome.texts.iter().all(|text| is_blank(&text.bytes));
        let edits = std::mem::take(&mut outcome.result.edits);
        let printed = self.printed.take().unwrap_or_else(|| Printed::whole(edits));
        printed.write(outcome.texts, note, out)?;
        Ok(())
    }
}

/// The texts as printed.
struct Printed {
    /// The bytes of each text that is printed differently from its edits.
    replaced: BTreeMap<usize, Vec<u8>>,
    edits: Vec<Vec<Edit>>,
}

impl Printed {
    /// Every text, complete.
    const fn whole(edits: Vec<Vec<Edit>>) -> Self {
        Self { replaced: BTreeMap::new(), edits }
    }

    /// The texts without resources that no cluster accepts, and the finding about them. `config` is a function config,
    /// which can be of any kind.
    fn for_cluster(texts: &[Text], edits: Vec<Vec<Edit>>, config: Option<&Path>) -> (Self, Option<Finding>) {
        let config = config.and_then(|config| config.canonicalize().ok());
        let mut printed = Self::whole(edits);
        let mut left_out = Vec::new();
        let mut has_resources = false;
        for (index, text) in texts.iter().enumerate() {
            // Stdin is already a stream and is printed completely.
            let Some(name) = &text.name else {
                has_resources = true;
                continue;
            };
            let is_config = config.is_some() && text.path.canonicalize().ok() == config;
            let edits = &printed.edits[index];
            let rewritten;
            let after = if edits.is_empty() {
                text.bytes.as_slice()
            } else {
                rewritten = render::written(&text.bytes, edits);
                rewritten.as_slice()
            };
            let part = engine::for_cluster(after);
            if is_config || !part.has_resources {
                if !is_blank(after) {
                    left_out.push(name.clone());
                }
                printed.replace(index, Vec::new());
                continue;
            }
            has_resources = true;
            if !part.edits.is_empty() {
                let kept = render::written(after, &part.edits);
                left_out.extend(part.left_out.into_iter().map(|subject| format!("{subject} of {name}")));
                printed.replace(index, kept);
            }
        }
        let finding = if has_resources || left_out.is_empty() {
            (!left_out.is_empty()).then(|| Finding::not_printed("", &listed(&left_out)))
        } else {
            Some(Finding::nothing_left_to_print("", &listed(&left_out)))
        };
        (printed, finding)
    }

    fn replace(&mut self, index: usize, bytes: Vec<u8>) {
        self.replaced.insert(index, bytes);
        self.edits[index].clear();
    }

    /// Writes one stream; with `note`, a comment if it is empty.
    fn write(&self, texts: &[Text], note: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut out = LastByte { out, last: None };
        let bytes = |(index, text)| self.replaced.get(&index).map_or_else(|| own(text), Vec::as_slice);
        let pairs = texts.iter().enumerate().map(bytes).zip(&self.edits);
        render::join(pairs.map(|(text, edits)| (text, edits.as_slice())), &mut out)?;
        if note {
            if out.last.is_some_and(|last| last != b'\n') {
                out.write_all(b"\n")?;
            }
            out.write_all(NOTE.as_bytes())?;
        }
        out.flush()
    }
}

fn own(text: &Text) -> &[u8] {
    &text.bytes
}

/// The first of `names` and the number of others.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether a text has nothing but document markers.
fn is_blank(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|byte| *byte == b'\n').all(|line| matches!(line.trim_ascii(), b"" | b"---" | b"..."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_blank_and_comments_are_not() {
        for blank in ["", "\n", "\u{feff}", "---\n", "---\n...\n\r\n"] {
            assert!(is_blank(blank.as_bytes()), "{blank:?}");
        }
        for filled in ["# c\n", "a: 1", "--- a", "{}"] {
            assert!(!is_blank(filled.as_bytes()), "{filled:?}");
        }
    }
}
