//! A reader of diffs that knows nothing of their writer.

/// Applies a unified diff of one file.
pub(crate) fn applied(text: &str, diff: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let mut new = String::new();
    let mut at = 0;
    let mut lines = diff.split_inclusive('\n').skip(2).peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("@@ ") {
            let extent = line.split(' ').nth(1).expect("an extent").trim_start_matches('-');
            let (start, len) = extent.split_once(',').unwrap_or((extent, "1"));
            let start: usize = start.parse().expect("a number");
            let start = if len == "0" { start } else { start - 1 };
            new.extend(old[at..start].iter().copied());
            at = start;
            continue;
        }
        let (sign, content) = line.split_at(1);
        let is_last = lines.peek().is_some_and(|next| next.starts_with('\\'));
        let content = if is_last { content.trim_end_matches('\n') } else { content };
        match sign {
            " " | "-" => {
                assert_eq!(old[at], content, "{diff}");
                at += 1;
                if sign == " " {
                    new.push_str(content);
                }
            }
            "+" => new.push_str(content),
            "\\" => {}
            _ => panic!("{line:?}"),
        }
    }
    new.extend(old[at..].iter().copied());
    new
}
