//! The option that says which C library an agent is for, and the images that tell it.

use std::collections::BTreeMap;

use super::{Selection, Target};
use crate::config::annotations::PREFIX;
use crate::finding::Finding;
use crate::languages::{Effect, Language};
use crate::metadata::Libc;

/// The option and its word that the targets' images require, if no option is set and the default is wrong.
///
/// # Errors
/// The option is set to another C library than a target's image has, or no word fits all targets.
pub(super) fn choose(
    selection: &Selection<'_>,
    language: &Language,
    targets: &[Target],
    options: &BTreeMap<&'static str, String>,
) -> Result<Option<(&'static str, String)>, Box<Finding>> {
    for option in language.options {
        let Effect::OneOf { words, libcs, .. } = option.effect else { continue };
        let known = |target: &Target| Some((target.name.clone(), target.image(selection)?.1.libc()?));
        let known: Vec<(String, Libc)> = targets.iter().filter_map(known).collect();
        let first =
            |wanted: Libc| known.iter().find(|(_, libc)| *libc == wanted).map(|(name, _)| name.as_str());
        let name = format!("{PREFIX}{}", option.annotation);
        let pointer = || selection.annotations.pointer(option.annotation);
        let of_word = |word: &str| libcs.iter().find(|(_, other)| *other == word).map(|(libc, _)| *libc);
        if let Some(chosen) = options.get(option.annotation) {
            // An unknown word is refused later.
            let Some(libc) = of_word(chosen) else { continue };
            if let Some((container, other)) = known.iter().find(|(_, other)| *other != libc) {
                let other = other.to_string();
                return Err(Finding::option_for_other_libc(
                    pointer(),
                    language.id,
                    &name,
                    chosen,
                    container,
                    &other,
                )
                .into());
            }
            continue;
        }
        if let (Some(glibc), Some(musl)) = (first(Libc::Glibc), first(Libc::Musl))
            && !libcs.is_empty()
        {
            return Err(Finding::containers_of_two_libcs(pointer(), language.id, &name, glibc, musl).into());
        }
        let wanted = known.first().map(|(_, libc)| *libc);
        let word = libcs.iter().find(|(libc, _)| Some(*libc) == wanted).map(|(_, word)| *word);
        let default = words.first().map(|(word, _)| *word);
        if let Some(word) = word.filter(|word| Some(*word) != default) {
            return Ok(Some((option.annotation, word.to_owned())));
        }
    }
    Ok(None)
}
