//! Image references, following the grammar of the OCI distribution reference.

/// The parts of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// Registry and path.
    pub repository: &'a str,
    /// The tag, if any.
    pub tag: Option<&'a str>,
    /// The digest with its algorithm, if any.
    pub digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// Parses `domain/path:tag@digest`. `None` if the text is not a reference.
    #[must_use]
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (name_and_tag, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (reference, None),
        };
        let last_slash = name_and_tag.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name_and_tag[last_slash..].find(':') {
            Some(colon) => {
                let colon = last_slash + colon;
                (&name_and_tag[..colon], Some(&name_and_tag[colon + 1..]))
            }
            None => (name_and_tag, None),
        };
        let is_valid = is_name(name) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
        is_valid.then_some(Self { repository: name, tag, digest })
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// The version in the reference: `tag@digest`, digest or tag.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match (self.tag, self.digest) {
            (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
            (None, Some(only)) | (Some(only), None) => Some(only.to_owned()),
            (None, None) => None,
        }
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> Option<&'a str> {
        self.digest
    }

    /// The image that the reference means, written the same way for every way to write it: with registry and path, and
    /// with the digest, or else with the tag. A tag beside a digest decides nothing.
    #[must_use]
    pub fn canonical(&self) -> String {
        const HUB: &str = "docker.io";
        let is_registry = |part: &str| {
            part.contains(['.', ':']) || part == "localhost" || part.chars().any(char::is_uppercase)
        };
        let (registry, path) = match self.repository.split_once('/') {
            Some((registry, path)) if is_registry(registry) => (registry, path),
            _ => (HUB, self.repository),
        };
        let registry = if registry == "index.docker.io" { HUB } else { registry };
        let library = if registry == HUB && !path.contains('/') { "library/" } else { "" };
        match (self.digest, self.tag) {
            (Some(digest), _) => format!("{registry}/{library}{path}@{digest}"),
            (None, tag) => format!("{registry}/{library}{path}:{}", tag.unwrap_or("latest")),
        }
    }

    /// Whether the reference should always resolve to the same image, judging by digest or tag.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.digest.is_some() || self.tag.is_some_and(|tag| tag != "latest")
    }

    /// The pull policy that Kubernetes uses if none is set.
    #[must_use]
    pub fn pull_policy(&self) -> &'static str {
        match (self.tag, self.digest) {
            (Some("latest"), _) | (None, None) => "Always",
            _ => "IfNotPresent",
        }
    }
}

fn is_name(name: &str) -> bool {
    const MAX_PATH: usize = 255;
    let is_path =
        |path: &str| !path.is_empty() && path.len() <= MAX_PATH && path.split('/').all(is_path_component);
    match name.split_once('/') {
        Some((domain, path)) if is_domain(domain) => is_path(path),
        _ => is_path(name),
    }
}

/// Lowercase letters and digits, joined by `.`, `_`, `__` or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let mut runs = bytes.chunk_by(|one, next| is_word(one) == is_word(next));
    bytes.first().is_some_and(is_word)
        && bytes.last().is_some_and(is_word)
        && runs.all(|run| {
            is_word(&run[0]) || matches!(run, b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-')
        })
}

fn is_domain(domain: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = domain.strip_prefix('[') {
        let Some((address, after)) = rest.split_once(']') else { return false };
        let is_address =
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        return is_address && (after.is_empty() || after.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    let is_component = |component: &str| {
        !component.is_empty()
            && !component.starts_with('-')
            && !component.ends_with('-')
            && component.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_component) && port.is_none_or(is_port)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || b".-".contains(&byte))
}

/// Whether the text is a digest: an algorithm, `:` and that algorithm's number of hexadecimal digits.
#[must_use]
pub fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hash)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hash.len() == length && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_move_is_always_pulled() {
        let digest = format!("@sha256:{}", "a1".repeat(32));
        let cases = [
            ("shop", "Always"),
            ("shop:latest", "Always"),
            ("shop:1", "IfNotPresent"),
            ("host:5000/shop", "Always"),
            (&format!("shop{digest}"), "IfNotPresent"),
            (&format!("shop:latest{digest}"), "Always"),
            (&format!("shop:1{digest}"), "IfNotPresent"),
        ];
        for (reference, policy) in cases {
            assert_eq!(Image::parse(reference).map(|image| image.pull_policy()), Some(policy), "{reference}");
        }
    }

    #[test]
    fn the_version_is_tag_and_digest() {
        let hash = "a1".repeat(32);
        let cases: &[(&str, Option<String>)] = &[
            ("shop", None),
            ("shop:1.4.2", Some("1.4.2".into())),
            ("ghcr.io/acme/shop:1.4.2", Some("1.4.2".into())),
            ("host:5000/img", None),
            ("host:5000/img:v1", Some("v1".into())),
            ("host:5000", Some("5000".into())),
            ("[::1]:5000/img:v1", Some("v1".into())),
            ("Host.example.com/img:v1", Some("v1".into())),
            ("a__b/c--d.e_f:v1", Some("v1".into())),
            ("Shop:1", None),
            ("acme/Shop:1", None),
            ("a..b:1", None),
            ("a___b:1", None),
            ("-a:1", None),
            ("a/:1", None),
            ("a//b:1", None),
            ("a:", None),
            ("a:.1", None),
            ("a:b:c", None),
            ("", None),
            (":1", None),
            ("a b:1", None),
            ("$(IMAGE)", None),
            ("img@sha256:beef", None),
            ("img@md5:00000000000000000000000000000000", None),
        ];
        for (reference, version) in cases {
            assert_eq!(Image::parse(reference).and_then(|image| image.version()), *version, "{reference}");
        }
        let by_digest = format!("img@sha256:{hash}");
        let expected = format!("sha256:{hash}");
        assert_eq!(Image::parse(&by_digest).and_then(|image| image.version()), Some(expected));
        let by_both = format!("localhost/img:v1@sha256:{hash}");
        let expected = format!("v1@sha256:{hash}");
        assert_eq!(Image::parse(&by_both).and_then(|image| image.version()), Some(expected));
        assert_eq!(Image::parse(&format!("img@sha256:{}", hash.to_uppercase())), None);
    }

    #[test]
    fn the_repository_is_what_stands_before_tag_and_digest() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let reference = |after: &str| format!("host:5000/acme/shop{after}");
        for after in ["", ":1.4.2", &format!("@{digest}"), &format!(":1.4.2@{digest}")] {
            let reference = reference(after);
            let repository = Image::parse(&reference).map(|image| image.repository);
            assert_eq!(repository, Some("host:5000/acme/shop"), "{reference}");
        }
    }

    #[test]
    fn a_canonical_reference_is_the_same_for_every_way_to_write_it() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let cases = [
            ("nginx", "docker.io/library/nginx:latest".to_owned()),
            ("nginx:1.27", "docker.io/library/nginx:1.27".to_owned()),
            ("library/nginx:1.27", "docker.io/library/nginx:1.27".to_owned()),
            ("docker.io/nginx:1.27", "docker.io/library/nginx:1.27".to_owned()),
            ("index.docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27".to_owned()),
            ("acme/shop", "docker.io/acme/shop:latest".to_owned()),
            ("localhost/shop:1", "localhost/shop:1".to_owned()),
            ("host:5000/shop", "host:5000/shop:latest".to_owned()),
            ("ghcr.io/acme/shop:1", "ghcr.io/acme/shop:1".to_owned()),
            (&format!("nginx@{digest}"), format!("docker.io/library/nginx@{digest}")),
            (&format!("nginx:1.27@{digest}"), format!("docker.io/library/nginx@{digest}")),
        ];
        for (reference, expected) in cases {
            let canonical = Image::parse(reference).map(|image| image.canonical());
            assert_eq!(canonical, Some(expected), "{reference}");
        }
    }

    #[test]
    fn latest_is_not_pinned_but_a_digest_is() {
        let is_pinned = |reference: &str| Image::parse(reference).is_some_and(|image| image.is_pinned());
        assert!(is_pinned("a:1"));
        assert!(!is_pinned("a:latest"));
        assert!(!is_pinned("a"));
        assert!(is_pinned(&format!("a:latest@sha256:{}", "0".repeat(64))));
    }
}
