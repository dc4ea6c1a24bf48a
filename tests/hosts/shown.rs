//! What pages show of runs is what runs print: blocks of `console`, each a command in the repository and its output.
//!
//! A line `…` stands for lines that are left out, and `…` at the end of a line for its rest.

use std::ops::RangeBounds;

use crate::world::{World, text};
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[] => [the_runs_on_pages_are_real],
];

/// Their runs need the examples alone.
const PAGES: &[&str] = &["README.md", "docs/list.md", "docs/reports.md", "docs/support.md", "docs/image-volumes.md"];

/// Commands with what is shown of their output.
fn runs(page: &str) -> Vec<(&str, Vec<&str>)> {
    let blocks =
        page.split("\n```console\n").skip(1).map(|rest| rest.split("\n```\n").next().unwrap_or(rest));
    blocks
        .map(|block| {
            let (command, output) = block.split_once('\n').unwrap_or((block, ""));
            (
                command.strip_prefix("$ ").unwrap_or_else(|| panic!("no command: {block}")),
                output.lines().collect(),
            )
        })
        .collect()
}

/// Whether `printed` is what `shown` shows of it.
fn is_shown(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=printed.len()).any(|left_out| is_shown(rest, &printed[left_out..])),
        ([line, shown @ ..], [whole, printed @ ..]) => {
            let is_same = line.strip_suffix('…').map_or(line == whole, |start| whole.starts_with(start));
            is_same && is_shown(shown, printed)
        }
        _ => false,
    }
}

fn the_runs_on_pages_are_real() {
    let world = World::new();
    for folder in ["examples", "testdata/findings"] {
        world.copy(folder, folder);
    }
    for page in PAGES {
        are_real(&world, page, ..);
    }
}

/// Runs what a page shows, or a part of it by the numbers of its runs, in `world` from top to bottom.
pub(crate) fn are_real(world: &World, page: &str, part: impl RangeBounds<usize>) {
    let text = text(page);
    let part: Vec<_> = runs(&text).into_iter().enumerate().filter(|(at, _)| part.contains(at)).collect();
    assert!(!part.is_empty(), "{page} shows no run");
    for (_, (command, shown)) in part {
        // In the order of a terminal.
        let printed = world.shell(&format!("exec 2>&1\n{command}")).stdout;
        let is_real = is_shown(&shown, &printed.lines().collect::<Vec<_>>());
        assert!(is_real, "{page}: {command} prints\n{printed}");
    }
}
