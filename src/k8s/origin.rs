//! The file that a resource comes from, according to the tool that wrote the stream.

use crate::finding::Origin;
use crate::yaml::Document;

/// The origin of a resource by its annotations; `annotation` looks one up.
#[must_use]
pub fn of_annotations<'t>(annotation: impl Fn(&str) -> Option<&'t str>) -> Option<Origin> {
    let first = |keys: [&str; 2]| keys.into_iter().find_map(&annotation).filter(|text| !text.is_empty());
    let of_file = |path: String| Origin { path, index: None };
    let of_package = || {
        let path = first(["internal.config.kubernetes.io/path", "config.kubernetes.io/path"])?;
        let index = first(["internal.config.kubernetes.io/index", "config.kubernetes.io/index"]);
        Some(Origin { path: path.to_owned(), index: index.and_then(|index| index.parse().ok()) })
    };
    let of_kustomize = || annotation("config.kubernetes.io/origin").and_then(of_kustomize).map(of_file);
    let of_helm = || annotation("postrenderer.helm.sh/postrender-filename").map(str::to_owned).map(of_file);
    of_package().or_else(of_kustomize).or_else(of_helm)
}

/// The file in kustomize's annotation, or the kustomization that generated the resource, prefixed with its repository.
fn of_kustomize(text: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let path = document.text_at("/path").or_else(|| document.text_at("/configuredIn"))?;
    Some(match document.text_at("/repo") {
        Some(repository) => format!("{repository}//{path}"),
        None => path.to_owned(),
    })
}

/// The template in Helm's comment at the start of a document.
#[must_use]
pub fn of_comment(text: &[u8]) -> Option<Origin> {
    const MARK: &[u8] = b"# Source: ";
    let mut rest = text;
    for _ in 0..4 {
        rest = blanks_skipped(rest);
        if let Some(path) = rest.strip_prefix(MARK) {
            let end = memchr::memchr(b'\n', path).unwrap_or(path.len());
            let path = std::str::from_utf8(path[..end].trim_ascii()).ok()?;
            return Some(Origin { path: path.to_owned(), index: None });
        }
        // A line can be as long as the text, so its end is not looked for.
        rest = blanks_skipped(rest.strip_prefix(b"---").unwrap_or(rest)).strip_prefix(b"\n")?;
    }
    None
}

fn blanks_skipped(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
    &text[text.iter().take_while(is_blank).count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(annotations: &[(&str, &'static str)]) -> Option<(String, Option<u32>)> {
        let find = |key: &str| annotations.iter().find(|(known, _)| *known == key).map(|(_, text)| *text);
        of_annotations(find).map(|origin| (origin.path, origin.index))
    }

    #[test]
    fn the_package_counts_then_kustomize_then_helm() {
        let internal = ("internal.config.kubernetes.io/path", "web.yaml");
        let index = ("internal.config.kubernetes.io/index", "2");
        let old = ("config.kubernetes.io/path", "old.yaml");
        let kustomize = ("config.kubernetes.io/origin", "path: base/web.yaml\n");
        let helm = ("postrenderer.helm.sh/postrender-filename", "shop/templates/web.yaml");
        let found = |path: &str, index| Some((path.to_owned(), index));
        assert_eq!(path(&[helm, kustomize, old, internal, index]), found("web.yaml", Some(2)));
        assert_eq!(path(&[helm, kustomize, old]), found("old.yaml", None));
        // kustomize numbers its own list's items, not the file's.
        assert_eq!(path(&[helm, kustomize, index]), found("base/web.yaml", None));
        assert_eq!(path(&[helm]), found("shop/templates/web.yaml", None));
        assert_eq!(path(&[index]), None);
    }

    #[test]
    fn kustomize_says_where_from_and_by_whom() {
        for (text, expected) in [
            ("path: base/web.yaml\n", Some("base/web.yaml")),
            (
                "configuredIn: base/kustomization.yaml\nconfiguredBy: {kind: A}\n",
                Some("base/kustomization.yaml"),
            ),
            (
                "repo: https://example.com/r\nref: v1\npath: web.yaml\n",
                Some("https://example.com/r//web.yaml"),
            ),
            ("ref: v1\n", None),
            ("[", None),
        ] {
            assert_eq!(of_kustomize(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_comment_of_helm_is_at_the_head() {
        let found = |text: &str| of_comment(text.as_bytes()).map(|origin| origin.path);
        let shop = Some("shop/templates/web.yaml".to_owned());
        for text in [
            "---\n# Source: shop/templates/web.yaml\nkind: A\n",
            "# Source: shop/templates/web.yaml\r\n",
            "\n--- \r\n \n# Source: shop/templates/web.yaml",
        ] {
            assert_eq!(found(text), shop, "{text}");
        }
        for text in
            ["kind: A\n# Source: x\n", "# a\n# Source: x\n", "--- # Source: x\n", "", "# Sources: x\n"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
