//! The reference of findings and languages, generated from their tables.

use crate::finding::Code;
use crate::languages::{self, Delivery, Effect, Env, Language};

/// The reference of all findings, as committed in `docs/findings.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Findings\n\n\
         <!-- Generated from src/finding/codes.rs and messages.rs: UPDATE_DOCS=1 cargo test --test it docs -->\n\n\
         Every finding has a code that scripts can rely on. Findings are printed to stderr, and added to a \
         `ResourceList`'s `results` and to the file of `--report`. An error fails the run (exit code 1, or 2 where it is marked \
         as fatal) and nothing is injected; `onError: skip` turns the errors of one workload into warnings. With \
         `failOn` (`--fail-on`), stale injections or warnings fail it as well.\n\n\
         | code | severity | when |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let finding = code.page();
        let fatal = if code.is_fatal() { ", fatal" } else { "" };
        page.push_str(&format!(
            "| [`{0}`](#{0}) | {1}{fatal} | {2} |\n",
            finding.id, finding.severity, finding.what
        ));
    }
    for code in Code::ALL {
        let finding = code.page();
        page.push_str(&format!(
            "\n## {}\n\n{}\n\n**Why it matters:** {}\n\n**What to do:** {}\n\n```yaml\n{}\n```\n{}",
            finding.id,
            finding.what,
            finding.why,
            finding.remedy,
            finding.example,
            messages(*code)
        ));
    }
    page
}

/// The messages of a code, with the names of their values in braces. Those that are a value alone are left out.
fn messages(code: Code) -> String {
    let said = code.messages().iter().filter(|pattern| pattern.contains(' '));
    let lines: String = said.map(|pattern| format!("- {}\n", pattern.replace(":?}", "}"))).collect();
    if lines.is_empty() { lines } else { format!("\n**Messages:**\n\n{lines}") }
}

/// The names of all pages: codes and languages.
pub fn names() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.id()).chain(languages::ALL.iter().map(|language| language.id))
}

/// The list of pages, one per line.
#[must_use]
pub fn contents() -> String {
    let width = names().map(str::len).max().unwrap_or(0);
    let mut contents = "Findings:\n".to_owned();
    for page in Code::ALL.iter().map(|code| code.page()) {
        contents.push_str(&format!("  {:width$}  {:7}  {}\n", page.id, page.severity.as_str(), page.what));
    }
    contents.push_str("\nLanguages:\n");
    for language in languages::ALL {
        contents.push_str(&format!("  {}\n", language.id));
    }
    contents
}

/// The page of a code or a language, or `None` if there is no such name.
#[must_use]
pub fn explain(name: &str) -> Option<String> {
    if let Some(code) = Code::ALL.iter().find(|code| code.id() == name) {
        let page = code.page();
        let fatal = if code.is_fatal() { ", fatal" } else { "" };
        return Some(format!(
            "{} ({}{fatal})\n\n{}\nWhy it matters: {}\nWhat to do: {}\n\nExample:\n{}",
            page.id,
            page.severity,
            page.what,
            page.why,
            page.remedy,
            indented(page.example)
        ));
    }
    let language = languages::ALL.iter().find(|language| language.id == name)?;
    let facts: String = facts(language).iter().map(|fact| format!("{fact}\n")).collect();
    let mut example = format!("instrumentation.opentelemetry.io/{}: \"true\"", language.switch);
    if let Delivery::Container(container) = &language.recipe.delivery {
        // Without it the agent has nothing to attach to, and the injection is refused.
        let sets =
            |effect: &Effect| matches!(effect, Effect::Variable(name) if *name == container.executable);
        for option in language.options.iter().filter(|option| sets(&option.effect)) {
            example.push_str(&format!(
                "\ninstrumentation.opentelemetry.io/{}: /app/server # the program's path in its container",
                option.annotation
            ));
        }
    }
    Some(format!("{name}\n\n{}\nExample:\n{}", facts.replace('`', ""), indented(&example)))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// Facts about a language, one per line.
#[must_use]
pub fn facts(language: &Language) -> Vec<String> {
    let recipe = &language.recipe;
    let code = |names: &mut dyn Iterator<Item = &str>| -> String {
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let prefix = "instrumentation.opentelemetry.io/";
    let mut lines = vec![
        format!("switch: `{prefix}{}`", language.switch),
        format!("containers: {}", code(&mut language.containers.iter().copied())),
    ];
    for option in language.options {
        let values = match option.effect {
            Effect::OneOf { words, .. } => code(&mut words.iter().map(|(word, _)| *word)),
            Effect::Variable(name) => format!("the value of `{name}`"),
        };
        lines.push(format!("option `{}`: {values}", option.annotation));
    }
    if let Some(settings) = &language.settings {
        lines.push(format!("image: `{}:{}`", settings.image.repository, settings.image.tag));
    }
    lines.push(match &recipe.delivery {
        Delivery::Copy(copy) => format!("delivery: init container or image volume `{}`", copy.name),
        Delivery::Container(container) => format!("delivery: container `{}`", container.name),
        Delivery::WebServer(server) => {
            format!("delivery: init containers `{}` and `{}`", server.clone.name, server.attach.name)
        }
        Delivery::None => "delivery: none, the application brings its SDK".to_owned(),
    });
    let extensions = recipe.delivery.extensions().into_iter().flat_map(|extensions| extensions.env);
    let mut variables: Vec<&str> =
        recipe.early_env.iter().chain(recipe.env).chain(extensions).map(Env::name).collect();
    variables.dedup();
    if !variables.is_empty() {
        lines.push(format!("variables of its own: {}", code(&mut variables.into_iter())));
    }
    for spoken in recipe.protocols.iter().rev() {
        let others = spoken.can.iter().filter(|can| **can != spoken.default);
        let others = code(&mut others.map(|can| can.value()));
        let others = if others.is_empty() { "no other".to_owned() } else { format!("on request {others}") };
        lines.push(format!(
            "OTLP from {} on: `{}`, port {}; {others} ({})",
            spoken.since,
            spoken.default.value(),
            spoken.default.port(),
            spoken.source
        ));
    }
    lines
}
