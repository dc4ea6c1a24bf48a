//! Kubernetes quantities: `500m`, `256Mi`, `1e3`.

use crate::value::Value;

/// A quantity as a string. Manifests can also write it as a number.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The quantity in billionths, rounded up. `None` if the text is not a quantity or the value is out of range.
#[must_use]
pub fn nanos(text: &str) -> Option<i128> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end =
        rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let mantissa: i128 = digits.parse().ok()?;
    let (base, exponent) = scale(suffix)?;
    // The remaining power of ten after fraction and unit, and the power of two of `Ki` etc.
    let tens = 9 - i32::try_from(fraction.len()).ok()? + if base == 10 { exponent } else { 0 };
    let twos = if base == 2 { u32::try_from(exponent).ok()? } else { 0 };
    let scaled = mantissa.checked_mul(2_i128.checked_pow(twos)?)?;
    let magnitude = match u32::try_from(tens) {
        Ok(tens) => scaled.checked_mul(10_i128.checked_pow(tens)?)?,
        Err(_) => match 10_i128.checked_pow(tens.unsigned_abs()) {
            Some(divisor) => scaled / divisor + i128::from(scaled % divisor != 0),
            None => i128::from(scaled != 0),
        },
    };
    Some(if is_negative { -magnitude } else { magnitude })
}

fn scale(suffix: &str) -> Option<(i32, i32)> {
    const DECIMAL: &[(&str, i32)] = &[
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    const BINARY: &[(&str, i32)] = &[("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
    let find = |table: &[(&str, i32)]| table.iter().find(|(unit, _)| *unit == suffix).map(|row| row.1);
    if let Some(exponent) = find(DECIMAL) {
        return Some((10, exponent));
    }
    if let Some(exponent) = find(BINARY) {
        return Some((2, exponent));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_exponent = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_exponent.then(|| exponent.parse().ok().map(|exponent| (10, exponent))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare_across_units() {
        let same =
            [("1", "1000m"), ("1Ki", "1024"), ("1e3", "1k"), ("0.5", "500m"), ("1E3", "1000"), (".5", "0.5")];
        for (left, right) in same {
            assert!(nanos(left).is_some(), "{left}");
            assert_eq!(nanos(left), nanos(right), "{left} {right}");
        }
        assert!(nanos("256Mi") > nanos("256M"));
        assert!(nanos("-1") < nanos("0"));
        assert_eq!(nanos("1E"), nanos("1000P"));
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for wrong in ["", "m", "1 Gi", "1gi", "1.2.3", "abc", "1e", "--1", "."] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }
}
