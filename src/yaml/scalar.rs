//! What a plain scalar means to kubectl and the API server (krm-hosts: "How plain scalars resolve"), which read YAML
//! 1.1 words. kyaml reads some of these words as strings, but kustomize prints them quoted, and what we write means the
//! same to both. Keys are not resolved. The meaning of the letters `y` and `n` depends on the field ([`letter`]).

use serde_json::Number;

use crate::value::Value;

/// The value of an untagged plain scalar. Dates and values that JSON cannot hold (`.inf`, `.nan`) are strings.
pub(super) fn resolve(text: &str) -> Value {
    word(text).or_else(|| number(text).map(Value::Number)).unwrap_or_else(|| text.into())
}

/// Whether an untagged plain scalar is a string.
pub(super) fn is_string(text: &str) -> bool {
    word(text).is_none() && number(text).is_none()
}

/// The null or bool that the text means.
fn word(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// Whether only YAML 1.1 reads the text as a boolean.
pub(super) fn is_word(text: &str) -> bool {
    let is_boolean = letter(text).is_some() || matches!(word(text), Some(Value::Bool(_)));
    is_boolean && !["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The boolean that a letter means in a boolean field.
pub(super) fn letter(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" => Some(true),
        "n" | "N" => Some(false),
        _ => None,
    }
}

/// Parses a number: decimal, `0x`, `0o` or `0`, `0b`, with `_` anywhere after the first digit.
pub(super) fn number(text: &str) -> Option<Number> {
    if !text.as_bytes().first().is_some_and(|first| matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.')) {
        return None;
    }
    let without_underscores;
    let plain = if text.bytes().any(|byte| byte == b'_') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    integer(plain).or_else(|| float(plain))
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let bytes = digits.as_bytes();
    let (radix, digits) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (16, &digits[2..]),
        (b'0', Some(b'o' | b'O')) => (8, &digits[2..]),
        (b'0', Some(b'b' | b'B')) => (2, &digits[2..]),
        (b'0', Some(_)) => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        i64::try_from(-i128::from(magnitude)).ok().map(Number::from)
    } else {
        Some(Number::from(magnitude))
    }
}

fn float(text: &str) -> Option<Number> {
    // Only to be quick: most texts that get here are like `500m` or `1.2.3-alpine`.
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let is_float = is_digits(whole)
        && is_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && is_digits(exponent)
        && !exponent.is_empty();
    if !is_float {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}
