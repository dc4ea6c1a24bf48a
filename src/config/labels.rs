//! Parses label selectors, as people write them, into those of `kube-core`.

use std::collections::BTreeSet;

use kube_core::{Expression, Selector};

/// Parses a selector such as `tier in (web, api), !legacy`.
///
/// # Errors
/// Describes the problem: the end of a sentence that starts with the selector's name.
pub(super) fn parse(text: &str) -> Result<Selector, String> {
    let mut rest = Text(text.trim());
    let mut expressions = Vec::new();
    loop {
        expressions.push(expression(&mut rest)?);
        match rest.next() {
            None => break,
            Some(',') => {}
            Some(other) => return Err(format!("has {other:?} where a comma is expected")),
        }
    }
    Ok(expressions.into_iter().collect())
}

/// The rest of a selector.
struct Text<'t>(&'t str);

impl<'t> Text<'t> {
    /// The next character that is not blank.
    fn next(&mut self) -> Option<char> {
        let text = self.0.trim_start();
        let first = text.chars().next();
        self.0 = &text[first.map_or(0, char::len_utf8)..];
        first
    }

    /// Skips `mark` if it comes next; returns whether it did.
    fn skip(&mut self, mark: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// The next word; can be empty.
    fn word(&mut self) -> &'t str {
        let text = self.0.trim_start();
        let ends = |letter: char| letter.is_whitespace() || "=!<>(),".contains(letter);
        let (word, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        self.0 = rest;
        word
    }
}

fn expression(rest: &mut Text<'_>) -> Result<Expression, String> {
    if rest.skip("!") {
        return Ok(Expression::DoesNotExist(key(rest)?));
    }
    let key = key(rest)?;
    if rest.skip("!=") {
        return Ok(Expression::NotEqual(key, value(rest)?));
    }
    if rest.skip("==") || rest.skip("=") {
        return Ok(Expression::Equal(key, value(rest)?));
    }
    if rest.0.trim_start().starts_with(['<', '>']) {
        return Err("compares numbers, which is not supported".to_owned());
    }
    match rest.word() {
        "" => Ok(Expression::Exists(key)),
        "in" => Ok(Expression::In(key, values(rest)?)),
        "notin" => Ok(Expression::NotIn(key, values(rest)?)),
        other => Err(format!("has {other:?} where =, ==, !=, in or notin is expected")),
    }
}

fn values(rest: &mut Text<'_>) -> Result<BTreeSet<String>, String> {
    if !rest.skip("(") {
        return Err("has no ( behind in or notin".to_owned());
    }
    let mut values = BTreeSet::new();
    loop {
        values.insert(value(rest)?);
        match rest.next() {
            Some(')') => return Ok(values),
            Some(',') => {}
            _ => return Err("has a ( that is not closed".to_owned()),
        }
    }
}

fn key(rest: &mut Text<'_>) -> Result<String, String> {
    const LONGEST_PREFIX: usize = 253;
    let key = rest.word();
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_domain = |prefix: &str| prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_label);
    if name.is_empty() && prefix.is_none() {
        Err("lacks a label's key".to_owned())
    } else if is_name(name) && prefix.is_none_or(is_domain) {
        Ok(key.to_owned())
    } else {
        Err(format!("has {key:?}, which no label can be called"))
    }
}

fn value(rest: &mut Text<'_>) -> Result<String, String> {
    let value = rest.word();
    let is_value = value.is_empty() || is_name(value);
    is_value.then(|| value.to_owned()).ok_or_else(|| format!("has {value:?}, which no label's value can be"))
}

fn is_name(name: &str) -> bool {
    const LONGEST: usize = 63;
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    name.len() <= LONGEST
        && name.bytes().all(inner)
        && ends(name.as_bytes().first())
        && ends(name.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kube_core::SelectorExt;

    use super::*;

    #[test]
    fn selectors_match_as_in_kubernetes() {
        let labels: BTreeMap<String, String> = [("tier", "web"), ("a.b/c-d", "1_2"), ("empty", "")]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        for (selector, expected) in [
            ("tier", true),
            ("!tier", false),
            ("!legacy", true),
            ("tier=web", true),
            ("tier==web", true),
            ("tier = api", false),
            ("tier != api", true),
            ("tier!=web", false),
            ("legacy!=x", true),
            ("tier in (web, api), !legacy", true),
            ("tier in(api)", false),
            ("tier notin (api,job)", true),
            ("tier notin ( web )", false),
            ("legacy notin (a)", true),
            ("legacy in (a)", false),
            ("a.b/c-d=1_2,tier", true),
            ("empty=", true),
            ("empty in (,x)", true),
            ("  tier , a.b/c-d ", true),
            ("in in (a)", false),
            ("!in", true),
        ] {
            let parsed = parse(selector).expect(selector);
            assert_eq!(parsed.matches(&labels), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_says_why() {
        for (selector, why) in [
            ("", "lacks a label's key"),
            (",", "lacks a label's key"),
            ("a,", "lacks a label's key"),
            ("a b", "has \"b\" where"),
            ("a > 1", "compares numbers"),
            ("a<1", "compares numbers"),
            ("a in b", "has no ("),
            ("a in (b", "not closed"),
            ("a in (b))", "has ')' where a comma"),
            ("a = b c", "has 'c' where a comma"),
            ("-a", "has \"-a\""),
            ("A/b", "has \"A/b\""),
            ("a/", "has \"a/\""),
            ("a=b/c", "has \"b/c\""),
            ("a=ä", "has \"ä\""),
        ] {
            let error = parse(selector).expect_err(selector);
            assert!(error.starts_with(why) || error.contains(why), "{selector}: {error}");
        }
    }
}
