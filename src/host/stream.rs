//! Plain streams: pipes and Helm post-renderers, where an empty output may delete what is deployed.

use std::borrow::Cow;
#[cfg(unix)]
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::engine::{self, Output, has_kind};
use crate::finding::{Code, Finding, Severity};
use crate::host::files::{self, Text};
use crate::host::render::{self, LastByte};
use crate::yaml::{Document, Edit};

/// Helm 4 takes a comment for an answer, an empty output for a failure.
const NOTE: &str = "# otel-inject: the input is empty\n";

/// The error about an input that gives no resources: hosts delete what an output lacks. A document that cannot be
/// read counts as a resource if it has a kind.
pub(super) fn without_resources(texts: &[Text], output: &Output) -> Option<Finding> {
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
    let finding = |message: String| Finding::new(Code::EmptyInput, "", message);
    let help = "Name YAML or JSON files with resources, or the folder that has them.";
    let what = match texts {
        [Text { name: Some(name), .. }] => format!("{name:?}"),
        [_] | [] => "the input".to_owned(),
        _ if is_blank => "every file".to_owned(),
        _ => return Some(finding("no file holds a Kubernetes resource".to_owned()).help(help)),
    };
    if is_blank {
        return Some(finding(format!("{what} is empty")));
    }
    let finding = finding(format!("{what} holds no Kubernetes resource"));
    let is_file = texts.iter().any(|text| text.name.is_some());
    Some(if is_file { finding.help(help) } else { finding })
}

/// The texts as they are printed.
pub(super) struct Printed<'t> {
    /// The bytes of each text.
    texts: Vec<Cow<'t, [u8]>>,
    /// The edits of each, as far as its bytes do not have them.
    edits: Vec<Vec<Edit>>,
}

impl<'t> Printed<'t> {
    /// Every text whole.
    pub(super) fn whole(texts: &'t [Text], edits: Vec<Vec<Edit>>) -> Self {
        Self { texts: texts.iter().map(|text| Cow::Borrowed(text.bytes.as_slice())).collect(), edits }
    }

    /// The texts without what no cluster takes, and the finding about that. `config` is a function's config, whose
    /// kind may be any.
    pub(super) fn for_cluster(
        texts: &'t [Text],
        edits: Vec<Vec<Edit>>,
        config: Option<&Path>,
    ) -> (Self, Option<Finding>) {
        let config = config.and_then(|config| config.canonicalize().ok());
        let mut printed = Self::whole(texts, edits);
        let mut left_out = Vec::new();
        let mut has_resources = false;
        for (index, text) in texts.iter().enumerate() {
            // What comes on stdin is a stream already, and goes out whole.
            let Some(name) = &text.name else {
                has_resources = true;
                continue;
            };
            let is_config = config.is_some() && text.path.canonicalize().ok() == config;
            let edits = &printed.edits[index];
            let mut rewritten = Vec::new();
            let after = if edits.is_empty() {
                text.bytes.as_slice()
            } else {
                // Writing into memory does not fail.
                let _ = render::write(&text.bytes, edits, &mut rewritten);
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
                let mut kept = Vec::new();
                let _ = render::write(after, &part.edits, &mut kept);
                left_out.extend(part.left_out.into_iter().map(|subject| format!("{subject} of {name}")));
                printed.replace(index, kept);
            }
        }
        let finding = if has_resources || left_out.is_empty() {
            let message = format!("not printed: {}", listed(&left_out));
            (!left_out.is_empty()).then(|| Finding::new(Code::LeftOut, "", message))
        } else {
            let message = format!("nothing is left to print: a cluster takes none of {}", listed(&left_out));
            Some(
                Finding::new(Code::EmptyInput, "", message)
                    .help("Name the files that hold workloads, or use --in-place or --output."),
            )
        };
        (printed, finding)
    }

    fn replace(&mut self, index: usize, bytes: Vec<u8>) {
        self.texts[index] = Cow::Owned(bytes);
        self.edits[index].clear();
    }

    /// Writes one stream; where `note` asks for it, says that it is empty.
    pub(super) fn write(&self, note: bool, out: &mut impl Write) -> io::Result<()> {
        let mut out = LastByte { out, last: None };
        let pairs = self.texts.iter().zip(&self.edits);
        render::join(pairs.map(|(text, edits)| (&**text, edits.as_slice())), &mut out)?;
        if note {
            if out.last.is_some_and(|last| last != b'\n') {
                out.write_all(b"\n")?;
            }
            out.write_all(NOTE.as_bytes())?;
        }
        out.flush()
    }
}

/// The first of `names`, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether stdout was closed when the run began. Rust's runtime has put `/dev/null` in its place, open for reading
/// and writing; shells open it for writing alone.
pub(super) fn is_closed() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::MetadataExt;
        let stdout = io::stdout();
        let null = fs::metadata("/dev/null").map(|null| null.rdev()).ok();
        let device = rustix::fs::fstat(stdout.as_fd()).map(|own| own.st_rdev).ok();
        let flags = rustix::fs::fcntl_getfl(stdout.as_fd()).ok();
        let is_both = flags.is_some_and(|flags| flags.contains(rustix::fs::OFlags::RDWR));
        null.is_some() && device == null && is_both
    }
    #[cfg(not(unix))]
    false
}

/// Whether a text holds nothing but document markers.
pub(super) fn is_blank(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|byte| *byte == b'\n').all(|line| matches!(line.trim_ascii(), b"" | b"---" | b"..."))
}

/// Whether Helm 4 has called its plugin of our name. It throws stderr away and shows only a stdout that it
/// cannot read.
pub(super) fn is_helm_4() -> bool {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if variable("HELM_PLUGIN_NAME").is_none_or(|name| name != "otel-inject") {
        return false;
    }
    let Some(folder) = variable("HELM_PLUGIN_DIR") else { return false };
    let Ok(bytes) = files::bytes(&PathBuf::from(folder).join("plugin.yaml")) else { return false };
    let Ok(text) = std::str::from_utf8(&bytes) else { return false };
    let value = Document::parse(text).and_then(|document| document.value());
    value.is_ok_and(|value| value.get("type").is_some_and(|kind| kind == "postrenderer/v1"))
}

/// Writes a failure so that Helm 4 shows it: one document that is no mapping.
pub(super) fn helm_4_failure(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"|\n")?;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        writeln!(out, "  {}", line.trim())?;
    }
    out.flush()
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

    #[test]
    fn a_failure_is_one_block_scalar() {
        let mut out = Vec::new();
        helm_4_failure("error[x] a: b\n\n    usage\n", &mut out).expect("a vector takes all");
        assert_eq!(out, b"|\n  error[x] a: b\n  usage\n");
    }
}
