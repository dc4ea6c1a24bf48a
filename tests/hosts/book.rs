//! docs is a book, too: mdBook builds it without a warning, and no link in it is dead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::tools::Tool;
use crate::world::{World, text, tree};
use crate::{Case, cases, shown};

pub(crate) const CASES: &[Case] = cases![
    &[] => [the_book_has_every_page, the_book_leads_to_nothing_outside],
    &[Tool::Mdbook] => [the_book_is_built_without_dead_links],
];

/// Pages that are for the people who work on the repository.
const LEFT_OUT: [&str; 1] = ["docs/releasing.md"];

/// The targets of the links in Markdown, without the code in it.
fn links(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// The chapters of the book.
fn chapters() -> BTreeSet<String> {
    links(&text("docs/SUMMARY.md")).into_iter().map(|link| format!("docs/{link}")).collect()
}

fn the_book_has_every_page() {
    let pages = shown::pages().into_iter().filter(|page| page.starts_with("docs/"));
    let pages: BTreeSet<String> =
        pages.filter(|page| page != "docs/SUMMARY.md" && !LEFT_OUT.contains(&page.as_str())).collect();
    assert_eq!(chapters(), pages);
}

/// The book is only what is in docs.
fn the_book_leads_to_nothing_outside() {
    for page in chapters() {
        for link in links(&text(&page)) {
            assert!(!link.starts_with("..") && !link.starts_with('/'), "{page}: {link}");
        }
    }
}

/// The values of an attribute in HTML.
fn attributes<'t>(html: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    let marks = html.split(name).skip(1);
    marks.filter_map(|rest| rest.strip_prefix("=\"")?.split_once('"')).map(|(value, _)| value)
}

fn the_book_is_built_without_dead_links() {
    let world = World::new();
    world.copy("docs", "docs");
    let book = world.path("book").display().to_string();
    let run = world.run(Tool::Mdbook, &["build", "docs", "--dest-dir", &book]);
    assert!(!run.stderr.contains("WARN") && !run.stderr.contains("ERROR"), "{}", run.stderr);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = tree(&world.path("book"));
    let pages: BTreeMap<&str, &str> = files
        .iter()
        // The page for missing pages leads to the root of a server.
        .filter(|(name, _)| {
            Path::new(name).extension().is_some_and(|end| end == "html") && *name != "404.html"
        })
        .map(|(name, bytes)| (name.as_str(), std::str::from_utf8(bytes).expect("UTF-8")))
        .collect();
    assert!(pages.len() > chapters().len(), "{:?}", pages.keys());
    for (page, html) in &pages {
        for link in attributes(html, " href").chain(attributes(html, " src")) {
            if link.contains(':') {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { page } else { file };
            assert!(files.contains_key(file), "{page}: {link}");
            let has_anchor = anchor.is_empty()
                || pages.get(file).is_some_and(|html| attributes(html, " id").any(|id| id == anchor));
            assert!(has_anchor, "{page}: {link}");
        }
    }
}
