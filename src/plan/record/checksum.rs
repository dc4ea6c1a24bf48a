//! Short checksums of values and of substrings, which can be searched for.

use serde_json::Value;

/// The base of the polynomial: an odd number without a bit pattern.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The checksum of a value, independent of key order.
pub(super) fn checksum(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    encode(hash(text.as_bytes()))
}

/// The checksum of a text.
pub(super) fn of_text(text: &str) -> String {
    encode(hash(text.as_bytes()))
}

/// The offset of a part of `text` with this length and checksum: the last or the first one.
pub(super) fn find(text: &str, length: usize, sum: &str, last: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    if length > bytes.len() {
        return None;
    }
    let first_weight = (1..length).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
    let mut rolling = hash(&bytes[..length]);
    let mut found = None;
    for start in 0..=bytes.len() - length {
        if start > 0 {
            let gone = (u64::from(bytes[start - 1]) + 1).wrapping_mul(first_weight);
            let come = u64::from(bytes[start + length - 1]) + 1;
            rolling = rolling.wrapping_sub(gone).wrapping_mul(BASE).wrapping_add(come);
        }
        if text.is_char_boundary(start) && text.is_char_boundary(start + length) && encode(rolling) == sum {
            found = Some(start);
            if !last {
                break;
            }
        }
    }
    found
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |hash: u64, byte| hash.wrapping_mul(BASE).wrapping_add(u64::from(*byte) + 1))
}

/// Encodes 36 bits as six characters.
fn encode(hash: u64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let digit = |place: u32| char::from(DIGITS[(mixed >> (28 + 6 * place) & 63) as usize]);
    (0..6).map(digit).collect()
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in entries {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_count() {
        let pair =
            [json!({"a": 1, "b": {"c": [1, 2], "d": ""}}), json!({"b": {"d": "", "c": [1, 2]}, "a": 1})];
        assert_eq!(checksum(&pair[0]), checksum(&pair[1]));
        assert_ne!(checksum(&pair[0]), checksum(&json!({"a": 1, "b": {"c": [2, 1], "d": ""}})));
    }

    #[test]
    fn a_part_is_found_wherever_it_is() {
        let part = " -javaagent:/agent.jar";
        let sum = of_text(part);
        for (before, after) in [("", ""), ("-Xmx1g", ""), ("é", " -Dx=é"), ("", " more")] {
            let text = format!("{before}{part}{after}");
            assert_eq!(find(&text, part.len(), &sum, true), Some(before.len()), "{text}");
        }
        let twice = format!("{part}{part}");
        assert_eq!(find(&twice, part.len(), &sum, false), Some(0));
        assert_eq!(find(&twice, part.len(), &sum, true), Some(part.len()));
        assert_eq!(find(" -javaagent:/other.jar", part.len(), &sum, true), None);
        assert_eq!(find("", part.len(), &sum, true), None);
    }
}
