//! References to variables in the values of `env`, as a kubelet expands them.
//! <https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#envvar-v1-core>

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stays as it is.
    Text(&'t str),
    /// `$$`, which becomes a dollar sign.
    Dollar,
    /// A name in `$(…)`.
    Reference(&'t str),
}

/// The parts of a value, in order.
pub fn parts(value: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (text, after) = rest.split_at(rest.find('$').unwrap_or(rest.len()));
        if !text.is_empty() {
            rest = after;
            return Some(Part::Text(text));
        }
        let after = after.strip_prefix('$')?;
        let reference = || after.strip_prefix('(').and_then(|inside| inside.split_once(')'));
        let part;
        (part, rest) = if let Some(after) = after.strip_prefix('$') {
            (Part::Dollar, after)
        } else if let Some((name, after)) = reference() {
            (Part::Reference(name), after)
        } else {
            (Part::Text("$"), after)
        };
        Some(part)
    })
}

/// A value with its references expanded. Those that `known` has no value for stay as they are.
#[must_use]
pub fn expand<'v>(value: &str, known: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut expanded = String::with_capacity(value.len());
    for part in parts(value) {
        match part {
            Part::Text(text) => expanded.push_str(text),
            Part::Dollar => expanded.push('$'),
            Part::Reference(name) => match known(name) {
                Some(value) => expanded.push_str(value),
                None => {
                    expanded.push_str("$(");
                    expanded.push_str(name);
                    expanded.push(')');
                }
            },
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded_and_dollars_escaped() {
        let known = |name: &str| match name {
            "A" => Some("1"),
            "B" => Some("$(A)$$"),
            "" => Some("nameless"),
            _ => None,
        };
        for (value, expected) in [
            ("", ""),
            ("x$(A)y", "x1y"),
            ("$(A)$(A)", "11"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$$$$(A)", "$$(A)"),
            ("$(C)", "$(C)"),
            ("$(B)", "$(A)$$"),
            ("$()", "nameless"),
            ("$(A", "$(A"),
            ("$A $", "$A $"),
            ("ä$(A)ö$$ü", "ä1ö$ü"),
        ] {
            assert_eq!(expand(value, known), expected, "{value}");
        }
    }
}
