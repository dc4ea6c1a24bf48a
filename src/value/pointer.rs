//! JSON pointers (RFC 6901). Items are addressed by number, never by `-`.

use std::borrow::Cow;

use super::Value;

impl Value {
    /// The value at `pointer`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let is_plain = memchr::memchr(b'~', pointer.as_bytes()).is_none();
        tokens(pointer)?.try_fold(self, |value, token| match value {
            Self::Object(entries) if is_plain => entries.get(token),
            Self::Object(entries) => entries.get(&unescape(token)),
            Self::Array(items) => items.get(index(token)?),
            _ => None,
        })
    }

    /// The value at `pointer`.
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        tokens(pointer)?.try_fold(self, |value, token| match value {
            Self::Object(entries) => entries.get_mut(&unescape(token)),
            Self::Array(items) => items.get_mut(index(token)?),
            _ => None,
        })
    }
}

/// The index that a token means: a number without a sign and without leading zeros.
pub(crate) fn index(token: &str) -> Option<usize> {
    let is_index = token == "0" || !token.starts_with(['0', '+']);
    is_index.then(|| token.parse().ok())?
}

/// The tokens of a pointer, if it is one.
pub(crate) fn tokens(pointer: &str) -> Option<impl Iterator<Item = &str>> {
    let is_pointer = pointer.is_empty() || pointer.starts_with('/');
    is_pointer.then(|| split(pointer, b'/').skip(1))
}

/// The parts of a text around an ASCII character. Keys are so short that a plain loop finds their ends sooner than
/// [`str::split`] does.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == separator);
        rest = end.map(|end| &text[end + 1..]);
        Some(end.map_or(text, |end| &text[..end]))
    })
}

/// Escapes `~` and `/` in a key for use as a pointer's token.
#[must_use]
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// The key that a pointer's token refers to.
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.bytes().any(|byte| byte == b'~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}
