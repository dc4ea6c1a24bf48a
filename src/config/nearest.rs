//! Suggestions for misspelled words.

/// The word in `known` most similar to `word`, or `None` if none is similar.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(0.6, word, known)
}

/// The same with a minimum similarity `alike`: 1 for equal words, 0 for words with nothing in common.
#[must_use]
pub fn nearest_within<'a>(
    alike: f64,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let likeness =
        |candidate: &str| strsim::normalized_damerau_levenshtein(&folded, &candidate.to_lowercase());
    let rated = known.into_iter().map(|candidate| (likeness(candidate), candidate));
    rated
        .filter(|(likeness, _)| *likeness >= alike)
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_forgives_case_and_a_slip_but_does_not_invent() {
        let known = ["onError", "namespace", "instrumentation"];
        assert_eq!(nearest("onerror", known), Some("onError"));
        assert_eq!(nearest("namespaces", known), Some("namespace"));
        assert_eq!(nearest("instrumentations", known), Some("instrumentation"));
        assert_eq!(nearest("replicas", known), None);
    }
}
