//! Finds unknown fields and wrong types, with their paths.

use super::{Version, fields};
use crate::config::shapes::Faults;
use crate::languages::ALL;
use crate::value::{Value, escape};

/// Checks every field of a spec.
pub(super) fn spec(value: &Value, version: Version, faults: &mut Faults) {
    let map = match value {
        Value::Null => return,
        Value::Object(map) => map,
        other => return faults.wrong("", "a mapping", other),
    };
    let known = fields::spec(version);
    for (key, value) in map {
        let pointer = format!("/{}", escape(key));
        let with_key = ALL.iter().find_map(|language| {
            let settings = language.settings.as_ref().filter(|settings| settings.key == key)?;
            Some((language, settings))
        });
        if let Some(field) = known.iter().find(|field| field.name == key) {
            faults.check(value, field.shape, &pointer);
        } else if let Some((language, settings)) = with_key {
            faults.object(value, &fields::agent(language, settings, version), &pointer);
        } else {
            let languages = ALL.iter().filter_map(|language| Some(language.settings.as_ref()?.key));
            faults.unknown("", key, known.iter().map(|field| field.name).chain(languages));
        }
    }
}
