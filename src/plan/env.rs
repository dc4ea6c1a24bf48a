//! A language's variables and the workload's options for them.

use super::{Step, container::ContainerRef, draft::Draft};
use crate::finding::Finding;
use crate::k8s::pod::name;
use crate::languages::{Effect, Env, Recipe};
use crate::select::{Request, Selection};

/// A recipe's placeholders and their replacements.
pub(super) struct Texts(Vec<(&'static str, String)>);

impl Texts {
    /// The replacements for a request, without the mount.
    pub(super) fn read(cx: &Selection<'_>, request: &Request<'_>) -> Step<Self> {
        let mut texts = Vec::new();
        for option in request.language.options {
            let Effect::OneOf { placeholder, words, .. } = option.effect else { continue };
            let chosen = request.option(option.annotation);
            let word = words.iter().find(|(word, _)| chosen.is_empty() || *word == chosen);
            let Some((_, text)) = word else {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let (pointer, known) = (cx.annotations.pointer(option.annotation), known.join(", "));
                let (language, option) = (request.language.id, option.annotation);
                return Err(
                    Finding::unknown_value_of_option(pointer, language, chosen, option, &known).into()
                );
            };
            texts.push((placeholder, (*text).to_owned()));
        }
        Ok(Self(texts))
    }

    /// The same replacements and another one, such as the agent's mount in a target.
    pub(super) fn with(&self, placeholder: &'static str, text: &str) -> Self {
        Self(self.0.iter().cloned().chain([(placeholder, text.to_owned())]).collect())
    }

    pub(super) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (placeholder, ours)| text.replace(placeholder, ours))
    }
}

/// Refuses a target whose variables cannot be extended, or that sets reserved ones.
pub(super) fn check(
    cx: &Selection<'_>,
    request: &Request<'_>,
    recipe: &Recipe,
    draft: &Draft,
    container: &ContainerRef,
) -> Step {
    let extended = recipe.early_env.iter().chain(recipe.env).filter(|env| env.extends());
    extended.map(Env::name).try_for_each(|name| container.check_extendable(cx, draft, name))?;
    let agent = request.instrumentation.agent(request.language);
    let of_source = agent.into_iter().flat_map(|agent| &agent.env).chain(&request.instrumentation.env);
    let of_source: Vec<&str> = of_source.map(name).collect();
    for reserved in recipe.reserved {
        let (pointer, language) = (|| container.pointer_to(cx, reserved), request.language.id);
        if container.has(draft, reserved) {
            return Err(
                Finding::container_sets_reserved(pointer(), &container.name, reserved, language).into()
            );
        }
        if of_source.contains(reserved) {
            let source = &request.source;
            return Err(Finding::instrumentation_sets_reserved(pointer(), source, reserved, language).into());
        }
    }
    Ok(())
}

/// Sets the variables of a language.
pub(super) fn set(
    cx: &Selection<'_>,
    draft: &mut Draft,
    container: &ContainerRef,
    env: &[Env],
    texts: &Texts,
) -> Step {
    for env in env {
        match env {
            Env::Set { name, value } => container.set(draft, name, &texts.fill(value)),
            Env::Default { name, value } => container.default(draft, name, &texts.fill(value)),
            Env::Append { name, separator, value } => {
                let ours = texts.fill(value);
                container.extend(cx, draft, name, |current| match current {
                    Some(current) => format!("{current}{separator}{ours}"),
                    None => ours,
                })?;
            }
            Env::Wrap { name, before, separator, after } => {
                let (before, after) = (texts.fill(before), texts.fill(after));
                container.extend(cx, draft, name, |current| match current {
                    Some(current) => format!("{before}{separator}{current}{separator}{after}"),
                    None => format!("{before}{separator}{after}"),
                })?;
            }
        }
    }
    Ok(())
}
