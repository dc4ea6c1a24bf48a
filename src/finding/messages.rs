//! What findings say: one row per message, below its code. A finding is built from a row: where it points, then values.
//!
//! Texts are patterns of [`format!`]; values of the input stand in double quotes. A message begins in lower case and ends
//! without a full stop. A row without a help of its own has its code's remedy; `about
//! key` is for what is wrong with a name, not with its value.

use super::{Code, Finding};

macro_rules! messages {
    ($($code:ident {$(
        $name:ident($($value:ident: $type:ty),* $(,)?) $text:literal $(, help $help:literal)? $(, about $side:ident)?
    )*})*) => {
        #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some are messages of the command alone"))]
        impl Finding {$($(
            #[doc = $text]
            pub(crate) fn $name(pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(Code::$code, pointer, format!($text))$(.help(format!($help)))?$(.$side())?
            }
        )*)*}

        impl Code {
            /// The patterns of its messages, with the names of their values in braces.
            #[must_use]
            pub const fn messages(self) -> &'static [&'static str] {
                match self {
                    $(Self::$code => &[$($text),*],)*
                    _ => &[],
                }
            }
        }
    };
}

/// Messages that several codes share; the code comes first.
macro_rules! shared {
    ($($name:ident($($value:ident: $type:ty),* $(,)?) $text:literal $(, help $help:literal)? $(, about $side:ident)?)*) => {
        impl Finding {$(
            #[doc = $text]
            pub(crate) fn $name(code: Code, pointer: impl Into<String>, $($value: $type),*) -> Self {
                Self::new(code, pointer, format!($text))$(.help(format!($help)))?$(.$side())?
            }
        )*}
    };
}

messages! {
    EnvConflict {
        variable_set_otherwise(container: &str, name: &str, field: &str)
            "container \"{container}\" sets {name} itself, which must be a fieldRef of {field}"
        variable_defined_twice(container: &str, name: &str)
            "container \"{container}\" defines {name} twice, so it cannot be extended"
    }
    EnvValueFrom {
        variable_from_elsewhere(container: &str, name: &str)
            "container \"{container}\" takes {name} from valueFrom, so it cannot be extended"
    }
}

shared! {
    unknown_field_near(path: &str, name: &str)
        "{path} is not a known field; the nearest is {name}", about key
    unknown_field(path: &str, known: &str)
        "{path} is not a known field; known are {known}", about key
}
