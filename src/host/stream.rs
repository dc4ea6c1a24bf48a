//! Plain streams: pipes and Helm post-renderers, where an empty output may delete what is deployed.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::engine::Output;
use crate::finding::{Code, Finding, Severity};
use crate::host::files::{self, Text};
use crate::host::render::{self, LastByte};
use crate::yaml::{Document, Edit};

/// Helm 4 takes a comment for an answer, an empty output for a failure.
const NOTE: &str = "# otel-inject: the input is empty\n";

/// Writes the texts with their edits as one stream; where `note` asks for it, says that it is empty.
pub(super) fn print(texts: &[Text], edits: &[Vec<Edit>], note: bool, out: &mut impl Write) -> io::Result<()> {
    let mut out = LastByte { out, last: None };
    let pairs = texts.iter().zip(edits);
    render::join(pairs.map(|(text, edits)| (text.bytes.as_slice(), edits.as_slice())), &mut out)?;
    if note {
        if out.last.is_some_and(|last| last != b'\n') {
            out.write_all(b"\n")?;
        }
        out.write_all(NOTE.as_bytes())?;
    }
    out.flush()
}

/// The error about an input that gives no resources. A document that cannot be read counts as one: every
/// host refuses it.
pub(super) fn without_resources(texts: &[Text], output: &Output) -> Option<Finding> {
    let is_known =
        |finding: &Finding| finding.severity == Severity::Error || finding.code == Code::UnparsedDocument;
    if output.resources > 0 || output.findings.iter().any(is_known) {
        return None;
    }
    let is_blank = texts.iter().all(|text| is_blank(&text.bytes));
    let message = if is_blank { "the input is empty" } else { "the input holds no resource" };
    Some(Finding::new(Code::EmptyInput, "", message))
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
