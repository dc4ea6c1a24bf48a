//! Short checksums of values and of substrings, which can be searched for.

use std::io::{self, Write};

use ecow::EcoString;
use serde::Serialize;

use crate::value::Value;

/// The base of the polynomial: an odd number without a bit pattern.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The checksum of a value, independent of key order.
pub(super) fn checksum(value: &Value) -> EcoString {
    let mut hash = Hash::default();
    hash.value(value);
    encode(hash.0)
}

/// The checksum of a text.
pub(super) fn of_text(text: &str) -> EcoString {
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
        if text.is_char_boundary(start)
            && text.is_char_boundary(start + length)
            && digits(rolling) == sum.as_bytes()
        {
            found = Some(start);
            if !last {
                break;
            }
        }
    }
    found
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hash = Hash::default();
    hash.add(bytes);
    hash.0
}

/// The hash of what was written.
#[derive(Default)]
struct Hash(u64);

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        // Four at once: otherwise each multiplication waits for the one before it.
        const SQUARE: u64 = BASE.wrapping_mul(BASE);
        const CUBE: u64 = SQUARE.wrapping_mul(BASE);
        let digit = |byte: u8| u64::from(byte) + 1;
        let (fours, rest) = bytes.as_chunks::<4>();
        for &[first, second, third, fourth] in fours {
            let high = digit(first).wrapping_mul(CUBE).wrapping_add(digit(second).wrapping_mul(SQUARE));
            let low = digit(third).wrapping_mul(BASE).wrapping_add(digit(fourth));
            self.0 = self.0.wrapping_mul(CUBE.wrapping_mul(BASE)).wrapping_add(high).wrapping_add(low);
        }
        self.0 = rest.iter().fold(self.0, |hash, byte| hash.wrapping_mul(BASE).wrapping_add(digit(*byte)));
    }

    /// Adds a value as JSON with sorted keys, and with a comma behind every entry.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(entries) if entries.keys().is_sorted() => self.entries(entries.iter()),
            Value::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                self.entries(entries.into_iter());
            }
            Value::Array(items) => {
                self.add(b"[");
                for item in items {
                    self.value(item);
                    self.add(b",");
                }
                self.add(b"]");
            }
            Value::String(text) => self.text(text),
            scalar => self.json(scalar),
        }
    }

    fn entries<'v>(&mut self, entries: impl Iterator<Item = (&'v EcoString, &'v Value)>) {
        self.add(b"{");
        for (key, value) in entries {
            self.text(key);
            self.add(b":");
            self.value(value);
            self.add(b",");
        }
        self.add(b"}");
    }

    fn text(&mut self, text: &str) {
        let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
        // To the end, since a loop without a way out looks at many bytes at once.
        if text.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
            return self.json(&text);
        }
        self.add(b"\"");
        self.add(text.as_bytes());
        self.add(b"\"");
    }

    fn json(&mut self, scalar: &impl Serialize) {
        serde_json::to_writer(self, scalar)
            .expect("impossible: a scalar is JSON, and a hash takes everything");
    }
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encodes 36 bits as six characters.
fn encode(hash: u64) -> EcoString {
    str::from_utf8(&digits(hash)).expect("impossible: every digit is ASCII").into()
}

fn digits(hash: u64) -> [u8; 6] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    [0, 1, 2, 3, 4, 5].map(|place| DIGITS[(mixed >> (28 + 6 * place) & 63) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn the_order_of_keys_does_not_count() {
        let pair =
            [json!({"a": 1, "b": {"c": [1, 2], "d": ""}}), json!({"b": {"d": "", "c": [1, 2]}, "a": 1})];
        assert_eq!(checksum(&pair[0]), checksum(&pair[1]));
        assert_ne!(checksum(&pair[0]), checksum(&json!({"a": 1, "b": {"c": [2, 1], "d": ""}})));
    }

    /// Records in files must not lose their meaning.
    #[test]
    fn a_checksum_stays_what_it_is() {
        let value = json!({"name": "é\n\"\u{1}", "z": [1, -2.5, true, null, {}], "a": {}});
        assert_eq!(checksum(&value), "0twVb6");
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
