//! References to variables, files and extensions inside of a configuration's texts.

use super::super::Notes;
use super::super::checks::each_text;
use super::super::component::{AT, pointer};
use super::Start;
use crate::components::releases::{SCHEMES, SECTIONS, STORE_POSITIONS};
use crate::components::type_of;
use crate::finding::Finding;

impl Start<'_> {
    /// References to variables that the collector refuses.
    pub(super) fn texts(&self, notes: &mut Notes) {
        each_text(&self.config.value, &mut AT.to_owned(), &mut |at, text| {
            if let Some((reference, help)) = refused_reference(text) {
                notes.warnings.push(Finding::reference_refused(at, &reference, help));
            }
        });
        let extensions = &self.config.extensions;
        for (section, _) in SECTIONS.iter().filter(|(section, _)| *section != "extensions") {
            for (name, value) in self.section(section).into_iter().flatten() {
                if !self.is_used(section, name) || self.is_extended() {
                    continue;
                }
                let storage = format!("{}/storage", pointer(section, name));
                each_text(value, &mut pointer(section, name), &mut |at, text| {
                    let is_extension = at.ends_with("/auth/authenticator")
                        || at.ends_with("/sending_queue/storage")
                        || STORE_POSITIONS.contains(&type_of(name)) && at == storage;
                    if is_extension && !text.contains("${") && !extensions.contains(text) {
                        notes.warnings.push(Finding::extension_not_enabled(at, text));
                    }
                });
            }
        }
    }
}

/// The first reference in a text that stops the collector, after the kubelet has expanded the text, and what to write.
fn refused_reference(text: &str) -> Option<(String, &'static str)> {
    let text = text.replace("$$", "$");
    let mut rest = text.as_str();
    while let Some(at) = rest.find("${") {
        let escapes = rest[..at].bytes().rev().take_while(|byte| *byte == b'$').count();
        rest = &rest[at + 2..];
        let (inside, _) = rest.split_once('}')?;
        if escapes % 2 == 1 || inside.contains("${") {
            continue;
        }
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let reference = format!("${{{inside}}}");
        match inside.split_once(':') {
            None if !is_name(inside) => return Some((reference, "A variable is written `${env:NAME}`.")),
            Some((name, default)) if default.starts_with('-') && is_name(name) && name != "env" => {
                return Some((reference, "A default needs the prefix: `${env:NAME:-value}`."));
            }
            Some(("env", name)) if !is_name(name.split(":-").next().unwrap_or_default()) => {
                return Some((reference, "The name of a variable has letters, digits and `_`."));
            }
            Some((scheme, _)) if !SCHEMES.contains(&scheme) => {
                return Some((reference, "A collector knows `${env:NAME}` and `${file:PATH}`."));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_stop_a_collector_are_found() {
        for (text, is_refused) in [
            ("${A}", false),
            ("${env:A}", false),
            ("${env:A:-b.c}", false),
            ("${env:A:-}", false),
            ("${file:/x}", false),
            ("${s3:bucket}", false),
            ("${ENV:A}", true),
            ("${vault:a}", true),
            ("$A $1 $", false),
            ("${A:-b}", true),
            ("${env:A.B}", true),
            ("${1}", true),
            ("${}", true),
            ("$$$${1}", false),
            ("${A", false),
            ("${env:${B}}", false),
            ("x ${A} ${B:-c}", true),
        ] {
            assert_eq!(refused_reference(text).is_some(), is_refused, "{text}");
        }
    }
}
