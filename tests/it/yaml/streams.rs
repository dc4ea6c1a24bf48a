//! Streams are cut into documents and items without a byte lost.

use otel_inject::yaml::{Document, split_documents, split_items, split_json, split_json_list};
use proptest::prelude::*;

fn chunks(text: &str) -> Vec<&str> {
    split_documents(text.as_bytes()).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn a_stream_is_cut_before_its_separators_and_after_its_end_markers() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("a: 1\n", &["a: 1\n"]),
        ("a: 1", &["a: 1"]),
        ("---\na: 1\n---\nb: 2\n", &["---\na: 1\n", "---\nb: 2\n"]),
        ("a: 1\n--- # second\nb: 2\n", &["a: 1\n", "--- # second\nb: 2\n"]),
        ("--- {a: 1}\n--- {b: 2}", &["--- {a: 1}\n", "--- {b: 2}"]),
        ("# head\n---\na: 1\n", &["# head\n---\na: 1\n"]),
        ("# licence\n\n---\na: 1\n---\n# tail\n", &["# licence\n\n---\na: 1\n", "---\n# tail\n"]),
        (
            "%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n",
            &["%YAML 1.1\n---\na: 1\n...\n", "%YAML 1.1\n---\nb: 2\n"],
        ),
        ("a: 1\n...\n", &["a: 1\n...\n"]),
        ("a: 1\n... # end\n---\nb: 2\n...\n", &["a: 1\n... # end\n", "---\nb: 2\n...\n"]),
        ("a: 1\r\n---\r\nb: 2\r\n", &["a: 1\r\n", "---\r\nb: 2\r\n"]),
        ("\u{feff}---\na: 1\n---\nb: 2\n", &["\u{feff}---\na: 1\n", "---\nb: 2\n"]),
        ("\u{feff}a: 1\n---\nb: 2\n", &["\u{feff}a: 1\n", "---\nb: 2\n"]),
        ("---\n---\na: 1\n---\n", &["---\n", "---\na: 1\n", "---\n"]),
        ("a: 1\n---\tb\n", &["a: 1\n", "---\tb\n"]),
        ("a: |\n ---\n  ---\nb: ---\n---x: 1\n", &["a: |\n ---\n  ---\nb: ---\n---x: 1\n"]),
        ("{\"a\": 1}\n---\n{\"b\": 2}\n", &["{\"a\": 1}\n", "---\n{\"b\": 2}\n"]),
        ("a: 1\n---", &["a: 1\n", "---"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(chunks(text), *wanted, "{text:?}");
    }
}

#[test]
fn a_separator_within_quotes_leaves_no_chunk_that_reads() {
    for text in ["a: \"x\n---\ny\"\n", "a: 'x\n--- \ny'\nb: 1\n"] {
        let chunks = chunks(text);
        assert_eq!(chunks.len(), 2, "{text:?}");
        assert!(Document::parse(chunks[0]).is_err(), "{text:?}");
    }
}

#[test]
fn json_values_in_a_row_are_cut_apart() {
    let cut = |text: &str| -> Option<Vec<String>> {
        split_json(text).map(|chunks| chunks.into_iter().map(|range| text[range].to_owned()).collect())
    };
    assert_eq!(cut("{\"a\":1}"), None);
    assert_eq!(cut("a: 1\n"), None);
    assert_eq!(cut("{a: 1}\n{b: 2}\n"), None);
    assert_eq!(cut("{\"a\":1}{\"b\":\"}\"}"), Some(vec!["{\"a\":1}".to_owned(), "{\"b\":\"}\"}".to_owned()]));
    assert_eq!(
        cut("\u{feff}{\"a\":1}\r\n{\"b\":2}\r\n"),
        Some(vec!["\u{feff}{\"a\":1}".to_owned(), "\r\n{\"b\":2}\r\n".to_owned()])
    );
    assert_eq!(cut("{\"a\":1}\n{\"b\":"), None);
}

#[test]
fn the_items_of_a_list_are_cut_at_their_dashes() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("items:\n- a: 1\n- b:\n  - 2\nkind: List\n", &["- a: 1\n", "- b:\n  - 2\n"], "kind: List\n"),
        (
            "kind: List\nitems: # two\n# first\n  - a: 1\n\n  # second\n  - b: 2\n",
            &["# first\n  - a: 1\n\n  # second\n", "  - b: 2\n"],
            "",
        ),
        ("items:\r\n-\r\n  a: 1\r\n- b: 2", &["-\r\n  a: 1\r\n", "- b: 2"], ""),
        ("items:\n- a: |\n    - x\n    - y\n- - z\n", &["- a: |\n    - x\n    - y\n", "- - z\n"], ""),
    ];
    for (text, wanted, tail) in cases {
        let items = split_items(text.as_bytes()).unwrap_or_else(|| panic!("{text:?}"));
        let found: Vec<&str> = items.items.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(found, *wanted, "{text:?}");
        assert_eq!(&text[items.tail], *tail, "{text:?}");
    }
    for text in [
        "items: []\n",
        "items:\n",
        "items:\nkind: List\n",
        "items: [a]\n",
        "a: 1\n",
        "x:\n  items:\n  - a\n",
        "items:\n    - a\n  - b\n",
    ] {
        assert_eq!(split_items(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn the_items_of_a_json_list_are_cut_where_they_keep_their_indent() {
    let cases: &[(&str, &[&str], &str)] = &[
        (
            r#"{"items":[{"a":1}, {"b":[2]}],"kind":"List"}"#,
            &[r#"{"a":1}"#, r#"{"b":[2]}"#],
            r#"],"kind":"List"}"#,
        ),
        (
            "{\n \"items\": [\n  {\n   \"a\": 1\n  },\n  {}\n ]\n}\n",
            &["  {\n   \"a\": 1\n  }", "  {}"],
            "\n ]\n}\n",
        ),
    ];
    for (text, wanted, tail) in cases {
        let items = split_json_list(text.as_bytes()).unwrap_or_else(|| panic!("{text:?}"));
        let found: Vec<&str> = items.items.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(found, *wanted, "{text:?}");
        assert_eq!(&text[items.tail], *tail, "{text:?}");
    }
    for text in [
        r#"{"items":[]}"#,
        r#"{"kind":"List"}"#,
        r#"{"items":[{"a":1}],"items":[]}"#,
        "{items: [{a: 1}]}",
        "{\"items\": [{\n  \"a\": 1\n}]}",
        "[{\"items\": [1]}]",
    ] {
        assert_eq!(split_json_list(text.as_bytes()), None, "{text:?}");
    }
}

fn lines() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(
        [
            "---",
            "--- # c",
            "--- a",
            "...",
            "... # c",
            "a: 1",
            "- b",
            "  - c: d",
            "# comment",
            "",
            "  ",
            "%YAML 1.2",
            "items:",
            "kind: List",
            "\"q",
            "'",
            "---x",
            "{\"a\": 1}",
            "\u{feff}",
            "é",
            "-",
            "  x: |",
            "\t",
        ]
        .as_slice(),
    );
    let end = proptest::sample::select(["\n", "\r\n", ""].as_slice());
    proptest::collection::vec((line, end), 0..12)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_chunks_of_any_text_are_the_text(text in lines()) {
        let ranges = split_documents(text.as_bytes());
        let mut at = 0;
        for range in &ranges {
            prop_assert_eq!(range.start, at);
            prop_assert!(range.end > range.start);
            at = range.end;
        }
        prop_assert_eq!(at, text.len());
        if let Some(chunks) = split_json(&text) {
            prop_assert_eq!(chunks.first().map(|chunk| chunk.start), Some(0));
            prop_assert_eq!(chunks.last().map(|chunk| chunk.end), Some(text.len()));
        }
        if let Some(items) = split_items(text.as_bytes()) {
            let ranges: Vec<_> = [items.header].into_iter().chain(items.items).chain([items.tail]).collect();
            prop_assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, text.len()));
            prop_assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }

    #[test]
    fn a_chunk_alone_reads_as_a_reader_of_the_whole_stream_reads_it(text in lines()) {
        use serde::Deserialize;
        // That reader takes a byte order mark for text.
        let text = text.replace('\u{feff}', "");
        let whole: Result<Vec<otel_inject::value::Value>, _> = serde_yaml::Deserializer::from_str(&text).map(otel_inject::value::Value::deserialize).collect();
        let Ok(whole) = whole else { return Ok(()) };
        let mut parts = Vec::new();
        for chunk in chunks(&text) {
            let Ok(value) = Document::parse(chunk).and_then(|document| document.value()) else { return Ok(()) };
            parts.push(value);
        }
        let filled = |values: Vec<otel_inject::value::Value>| -> Vec<otel_inject::value::Value> { values.into_iter().filter(|value| !value.is_null()).collect() };
        prop_assert_eq!(filled(parts), filled(whole), "{:?}", text);
    }
}
