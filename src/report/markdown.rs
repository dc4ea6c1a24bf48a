//! Findings for a pull request's comment or a job's summary, in GitHub's and GitLab's Markdown.

use super::totals::Totals;
use super::{Detail, View, flat, page_url, percent_encoded, place};
use crate::finding::{Finding, Severity};

/// The totals, then a folded table for each severity. Errors are unfolded.
pub(super) fn report(view: &View<'_>) -> String {
    let mut report = format!("**{}**\n", escaped(Totals::count(view.run, view.findings).line().trim_end()));
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        if severity == Severity::Info && view.detail != Detail::Reasons {
            continue;
        }
        let total = view.wanted().filter(|finding| finding.severity == severity).count();
        if total == 0 {
            continue;
        }
        let open = if severity == Severity::Error { " open" } else { "" };
        let plural = if total == 1 { "" } else { "s" };
        report.push_str(&format!(
            "\n<details{open}><summary>{total} {severity}{plural}</summary>\n\n\
             | Finding | Where | What |\n|---|---|---|\n"
        ));
        for (finding, more) in view.shown().into_iter().filter(|(finding, _)| finding.severity == severity) {
            report.push_str(&row(finding, view.links));
            if more > 0 {
                report.push_str(&format!("| `{}` | | and {more} more |\n", finding.code));
            }
        }
        report.push_str("\n</details>\n");
    }
    report
}

fn row(finding: &Finding, links: &str) -> String {
    let code = format!("`{}`", finding.code);
    let code = page_url(finding.code).map_or_else(|| code.clone(), |url| format!("[{code}]({url})"));
    let position = finding.place().map(|position| {
        // The file of a stream's resource is relative to a folder that is not known.
        let file = position.file.as_deref().filter(|_| finding.origin.is_none());
        link(&place(&position), file, position.line, links)
    });
    let subject = finding.subject.as_ref().map(|subject| escaped(&flat(&subject.to_string())));
    let places: Vec<String> = position.into_iter().chain(subject).collect();
    let help = finding.remedy().map(|help| format!("<br>{}", escaped(&flat(help)))).unwrap_or_default();
    format!("| {code} | {} | {}{help} |\n", places.join("<br>"), escaped(&flat(&finding.message)))
}

/// A place as a link to its line, or to its file if `line` is 0; a stream has no page.
pub(super) fn link(text: &str, file: Option<&str>, line: usize, links: &str) -> String {
    let text = escaped(&flat(text));
    let leaves = |file: &str| file.starts_with('/') || file.split('/').any(|part| part == "..");
    let Some(file) = file.filter(|file| !leaves(file)) else { return text };
    let file = file.strip_prefix("./").unwrap_or(file);
    let line = if line > 0 { format!("#L{line}") } else { String::new() };
    format!("[{text}]({links}{}{line})", percent_encoded(file))
}

/// Text that is no markup, no mention and no end of a table's cell.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A backslash does not keep GitHub from notifying somebody; a comment in between does.
            '@' => escaped.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '!' | '~' | '$' => {
                escaped.extend(['\\', character]);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use crate::report::tests::finding;

    #[test]
    fn a_row_links_to_its_line() {
        let findings = [finding()];
        let view = View {
            links: "https://git.example.com/shop/-/blob/main/",
            ..View::plain(Run::default(), &findings)
        };
        let report = report(&view);
        let link =
            "[a b.yaml:12:5](https://git.example.com/shop/-/blob/main/a%20b.yaml#L12)<br>Deployment shop/web";
        assert!(report.contains(link), "{report}");
        assert!(report.contains("<details open><summary>1 error</summary>"), "{report}");
    }

    #[test]
    fn no_name_is_markup() {
        let hostile = "</details>|`@all` [x](javascript:1) ![y](z) **b** <script>";
        let text = escaped(hostile);
        assert!(!text.contains(['<', '>']) || !text.replace("<!-- -->", "").contains(['<', '>']), "{text}");
        let text = text.replace("<!-- -->", "");
        for (at, _) in text.match_indices(['|', '`', '[', ']', '*', '!']) {
            assert_eq!(text.as_bytes()[at - 1], b'\\', "{text}");
        }
        assert_eq!(escaped("@all"), "@<!-- -->all");
        assert_eq!(percent_encoded("a b/ü.yaml?x"), "a%20b/%C3%BC.yaml%3Fx");
    }
}
