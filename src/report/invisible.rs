//! Characters that a report must escape: they control a terminal, change the direction of surrounding text, or are
//! invisible.

use std::fmt::Write as _;

/// Whether a character is a control character, has zero width, changes the writing direction, or is not printable in
/// YAML.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Format characters (Cf) and those that Unicode lists as default ignorable.
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
                | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
                | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A character as a page or a terminal can show it.
#[cfg(feature = "cli")]
pub(super) fn visible(character: char) -> char {
    if character != '\t' && is_invisible(character) { char::REPLACEMENT_CHARACTER } else { character }
}

/// JSON text with `\u` escapes for invisible characters, which only occur inside its strings.
pub(super) fn escaped_json(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    for character in json.chars() {
        if is_invisible(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(result, "\\u{unit:04x}").expect("impossible: a String takes all");
            }
        } else {
            result.push(character);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Value;

    #[test]
    fn what_turns_or_hides_text_is_invisible_and_letters_are_not() {
        let hidden = "\u{7}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\
                      \u{feff}\u{fe0f}\u{e0001}\u{e007f}\u{e0100}";
        assert!(hidden.chars().all(is_invisible));
        let shown = "a é ß 中文 العربية עברית हिन्दी 한국어 e\u{301} 😀 \u{a0}→";
        assert!(shown.chars().all(|character| !is_invisible(character)), "{shown}");
    }

    #[test]
    fn json_escapes_by_utf_16() {
        assert_eq!(escaped_json("\"\u{9b}\u{202e}\u{e0041}é😀\"\n"), "\"\\u009b\\u202e\\udb40\\udc41é😀\"\n");
    }

    proptest! {
        #[test]
        fn json_means_the_same(text in prop_oneof![any::<String>(), "[\u{0}-\u{a0}\u{200b}-\u{206f}\u{e0000}-\u{e0fff}\"\\\\]{0,8}"]) {
            let json = escaped_json(&format!("{:#}", Value::from(text.as_str())));
            prop_assert!(json.chars().all(|character| !is_invisible(character)), "{}", json);
            prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
        }
    }
}
