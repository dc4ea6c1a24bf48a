//! The reference of findings, from their table.

use crate::finding::Code;

/// The reference of all findings, as committed in `docs/findings.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Findings\n\n\
         <!-- Generated from src/finding.rs: UPDATE_DOCS=1 cargo test --test docs -->\n\n\
         What `otel-inject` has to say has a stable code. Findings stand on stderr, in a `ResourceList`'s \
         `results` and in the file of `--report`. An error fails the run (exit code 1, or 2 where it is marked \
         as fatal) and nothing is injected; `onError: skip` turns the errors of one workload into warnings.\n\n\
         | code | severity | when |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let finding = code.page();
        let fatal = if code.is_fatal() { ", fatal" } else { "" };
        page.push_str(&format!(
            "| [`{0}`](#{0}) | {1}{fatal} | {2} |\n",
            finding.id, finding.severity, finding.what
        ));
    }
    for code in Code::ALL {
        let finding = code.page();
        page.push_str(&format!(
            "\n## {}\n\n{}\n\n**Why it matters:** {}\n\n**What to do:** {}\n",
            finding.id, finding.what, finding.why, finding.remedy
        ));
    }
    page
}
