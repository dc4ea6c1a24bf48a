//! Helm 4, which discards the messages of a failing post-renderer.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::host::files;
use crate::yaml::Document;

/// Whether Helm 4 called this program as its plugin. It discards stderr and shows stdout only if it cannot parse it.
pub(super) fn called_us() -> bool {
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

/// Writes a failure in a form that Helm 4 shows: one document that is not a mapping.
pub(super) fn failure(text: &str, out: &mut impl Write) -> io::Result<()> {
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
    fn a_failure_is_one_block_scalar() {
        let mut out = Vec::new();
        failure("error[x] a: b\n\n    usage\n", &mut out).expect("a vector takes all");
        assert_eq!(out, b"|\n  error[x] a: b\n  usage\n");
    }
}
