//! Detects unrendered Helm templates: most are not YAML, and they are never the intended input.

use crate::finding::{Code, Finding};

/// `finding` for a text that cannot be read at `offset`. If the reason is that it is a Helm template, it says so and
/// how to render it. In YAML, `{{` is a mapping as a key, which no manifest has.
pub(super) fn whole(finding: Finding, text: &[u8], offset: usize, file: Option<&str>) -> Finding {
    let begins = |line: &[u8]| line.trim_ascii_start().starts_with(ACTION);
    if text.split(|byte| *byte == b'\n').any(begins) {
        return described(finding, file);
    }
    part(finding, text, offset, file)
}

/// As [`whole`], for a problem at `offset` in an otherwise readable text.
pub(super) fn part(finding: Finding, text: &[u8], offset: usize, file: Option<&str>) -> Finding {
    let cannot_be_read = matches!(
        finding.code,
        Code::InvalidYaml | Code::UnparsedDocument | Code::InvalidInstrumentation | Code::InvalidCollector
    );
    if cannot_be_read && memchr::memmem::find(line(text, offset), ACTION).is_some() {
        described(finding, file)
    } else {
        finding
    }
}

/// The start of a template action.
const ACTION: &[u8] = b"{{";

/// The line at `offset`, limited to nearby bytes.
fn line(text: &[u8], offset: usize) -> &[u8] {
    const NEAR: usize = 256;
    let (before, after) = text.split_at(offset.min(text.len()));
    let before = &before[before.len().saturating_sub(NEAR)..];
    let after = &after[..after.len().min(NEAR)];
    let start = memchr::memrchr(b'\n', before).map_or(before.len(), |at| before.len() - at - 1);
    let end = memchr::memchr(b'\n', after).unwrap_or(after.len());
    &text[offset.min(text.len()) - start..offset.min(text.len()) + end]
}

fn described(finding: Finding, file: Option<&str>) -> Finding {
    let chart = file.and_then(chart).unwrap_or("CHART");
    let Finding { message, help, .. } = Finding::helm_template(finding.code, "", &finding.message, chart);
    Finding { message, help, ..finding }
}

/// The chart directory of a template.
fn chart(file: &str) -> Option<&str> {
    const FOLDER: &str = "templates/";
    let folders = file.match_indices(FOLDER).filter(|(at, _)| *at == 0 || file[..*at].ends_with('/'));
    let (at, _) = folders.last()?;
    let chart = file[..at].trim_end_matches('/');
    Some(if chart.is_empty() { "." } else { chart })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_is_long() {
        assert_eq!(line(b"a\nbcd\ne", 4), b"bcd");
        assert_eq!(line(b"a\nbcd\ne", 5), b"bcd");
        assert_eq!(line(b"a\nbcd\ne", 2), b"bcd");
        assert_eq!(line(b"a\nb", 9), b"b");
        assert_eq!(line(b"", 0), b"");
        assert_eq!(line(&[b'a'; 10_000], 5_000).len(), 512);
    }

    #[test]
    fn a_chart_is_above_its_templates() {
        for (file, expected) in [
            ("shop/templates/web.yaml", Some("shop")),
            ("charts/shop/templates/api/web.yaml", Some("charts/shop")),
            ("templates/web.yaml", Some(".")),
            ("shop/mytemplates/web.yaml", None),
            ("web.yaml", None),
        ] {
            assert_eq!(chart(file), expected, "{file}");
        }
    }
}
