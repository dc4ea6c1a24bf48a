//! Generated documents say what the code says. `UPDATE_DOCS=1` writes them anew.

use std::fs;
use std::path::Path;

use otel_inject::finding::Code;
use otel_inject::report;

#[test]
fn the_reference_of_findings_is_what_the_table_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let expected = report::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).expect("docs/findings.md can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "docs/findings.md is stale: UPDATE_DOCS=1 cargo test --test docs");
}

#[test]
fn every_code_has_a_page_of_sentences() {
    for code in Code::ALL {
        let page = code.page();
        for sentence in [page.what, page.why, page.remedy] {
            assert!(sentence.ends_with('.'), "{}: {sentence}", page.id);
        }
        let is_kebab = page.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_kebab && !page.id.starts_with('-') && !page.id.ends_with('-'), "{}", page.id);
        assert_eq!(Code::ALL.iter().filter(|other| other.id() == page.id).count(), 1, "{}", page.id);
    }
}
