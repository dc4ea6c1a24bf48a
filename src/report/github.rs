//! GitHub workflow commands, which are shown next to the lines of a pull request.

use super::totals::Totals;
use super::{Detail, View, flat};
use crate::finding::{Finding, Severity};

/// An annotation for each error and warning, then the totals. Infos are included only if they fail the run or reasons
/// are requested, because GitHub limits the annotations of a run.
pub(super) fn annotations(view: &View<'_>) -> String {
    let View { run, findings, detail, .. } = *view;
    let is_said = |finding: &&Finding| match finding.severity {
        _ if run.fails(finding) => true,
        Severity::Error | Severity::Warning => detail != Detail::Errors,
        Severity::Info => detail == Detail::Reasons,
    };
    let mut lines: String = findings.iter().filter(is_said).map(annotation).collect();
    if detail != Detail::Errors {
        lines.push_str(&Totals::count(run, findings).line());
    }
    lines
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = Vec::new();
    let place = finding.place().unwrap_or_default();
    if let Some(file) = &place.file {
        properties.push(("file", file.clone()));
        if place.line > 0 {
            properties.push(("line", place.line.to_string()));
            properties.push(("col", place.column.to_string()));
            properties.extend(place.end().map(|end| ("endColumn", end.to_string())));
        }
    }
    properties.push(("title", format!("otel-inject: {}", finding.code)));
    let properties = properties.iter().map(|(key, value)| format!("{key}={}", property(&flat(value))));
    let subject = finding.subject.as_ref().map_or_else(String::new, |subject| format!("{subject}: "));
    let help = if finding.severity == Severity::Info { "" } else { &*finding.help };
    let text = [flat(&format!("{subject}{}", finding.message)), flat(help)];
    let text = text.iter().filter(|line| !line.is_empty()).map(|line| data(line)).collect::<Vec<_>>();
    format!("::{command} {}::{}\n", properties.collect::<Vec<_>>().join(","), text.join("%0A"))
}

/// `text` escaped for a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// `text` escaped for a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::finding::{Code, Position};
    use crate::report::Run;
    use crate::report::tests::finding;

    #[test]
    fn an_annotation_names_file_line_and_column() {
        assert_eq!(
            annotation(&finding()),
            "::error file=a b.yaml,line=12,col=5,endColumn=9,title=otel-inject%3A unknown-container::\
             Deployment shop/web: no container \"x\" in the pod%0AUse app.\n"
        );
    }

    #[test]
    fn no_input_writes_a_command_or_a_property() {
        let place = Position {
            file: Some("a,line=1::b%\n::error::c".to_owned()),
            line: 2,
            column: 3,
            end_column: 0,
            offset: 0,
        };
        let hostile = Finding::new(Code::Io, "", "100%\r\n::set-output name=a::b").help("").at(place);
        let annotation = annotation(&hostile);
        assert_eq!(
            annotation,
            "::error file=a%2Cline=1%3A%3Ab%25 %3A%3Aerror%3A%3Ac,line=2,col=3,title=otel-inject%3A io::\
             100%25 ::set-output name=a::b\n"
        );
    }

    proptest! {
        #[test]
        fn whatever_it_says_is_one_command(file in any::<String>(), message in any::<String>()) {
            let place = Position { file: Some(file), line: 2, column: 3, end_column: 0, offset: 0 };
            let line = annotation(&Finding::new(Code::Io, "", message).at(place));
            prop_assert_eq!(line.matches(['\n', '\r']).count(), 1);
            prop_assert!(line.ends_with('\n'));
            let (properties, _) = line["::error ".len()..].split_once("::").expect("a message");
            let keys: Vec<&str> = properties.split(',').filter_map(|part| part.split('=').next()).collect();
            prop_assert_eq!(keys, ["file", "line", "col", "title"]);
        }
    }

    #[test]
    fn infos_are_said_with_the_reasons_only() {
        let findings = [Finding::new(Code::Injected, "", "nodejs into app")];
        let annotations = |detail| annotations(&View { detail, ..View::plain(Run::default(), &findings) });
        assert!(!annotations(Detail::Lines).contains("::notice"));
        assert!(annotations(Detail::Reasons).starts_with("::notice title="));
        assert_eq!(annotations(Detail::Errors), "");
    }
}
