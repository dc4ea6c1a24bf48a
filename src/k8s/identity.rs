//! The identity and the name of a resource.

use std::str::FromStr;

use kube_core::{GroupVersion, GroupVersionKind};

use crate::finding::Subject;
use crate::value::Value;

/// The group, version and kind of a resource, its own or inherited from its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(GroupVersionKind);

impl Identity {
    /// The identity of `resource`, completed from `inherited`. `None` if it has no kind or an invalid `apiVersion`.
    #[must_use]
    pub fn read(resource: &Value, inherited: Option<&Self>) -> Option<Self> {
        let text = |key: &str| resource.get(key).and_then(Value::as_str);
        Self::new(text("apiVersion"), text("kind"), inherited)
    }

    /// The identity of a resource with these fields, completed from `inherited`. `None` if it has no kind or an invalid
    /// `apiVersion`.
    #[must_use]
    pub fn new(api_version: Option<&str>, kind: Option<&str>, inherited: Option<&Self>) -> Option<Self> {
        let says = |text: &&str| !text.is_empty();
        let kind = kind.filter(says).or_else(|| inherited.map(Self::kind))?;
        let group_version = match api_version.filter(says) {
            Some(api_version) => GroupVersion::from_str(api_version).ok()?,
            None => {
                let GroupVersionKind { group, version, .. } = &inherited?.0;
                GroupVersion::gv(group, version)
            }
        };
        Some(Self(group_version.with_kind(kind)))
    }

    /// The group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.0.group
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The identity that items without a kind inherit from a list of this identity: `Some(None)` for a plain `List`,
    /// which passes nothing on. `None` if this is not a list.
    #[must_use]
    pub fn of_items(&self) -> Option<Option<Self>> {
        let item_kind = self.kind().strip_suffix("List")?;
        let GroupVersionKind { group, version, .. } = &self.0;
        Some((!item_kind.is_empty()).then(|| Self(GroupVersion::gv(group, version).with_kind(item_kind))))
    }

    /// `group/version`, or only the version for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        self.0.api_version()
    }
}

/// The items of a `List` or `<Kind>List`, and the identity that items without a kind inherit: `None` for a plain
/// `List`.
#[must_use]
pub fn list_items<'v>(resource: &'v Value, identity: &Identity) -> Option<(&'v [Value], Option<Identity>)> {
    let inherited = identity.of_items()?;
    let items = resource.get("items")?.as_array().filter(|items| items.iter().all(Value::is_object))?;
    Some((items, inherited))
}

/// A non-empty string in `metadata`.
#[must_use]
pub fn metadata_text<'v>(resource: &'v Value, key: &str) -> Option<&'v str> {
    resource.get("metadata")?.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The resource as named in findings.
#[must_use]
pub fn subject(resource: &Value, identity: &Identity) -> Subject {
    Subject {
        api_version: identity.api_version(),
        kind: identity.kind().to_owned(),
        namespace: metadata_text(resource, "namespace").map(str::to_owned),
        name: metadata_text(resource, "name").unwrap_or_default().to_owned(),
    }
}

/// The resource's (namespace, name) pairs from before kustomize changed them. An unset namespace is empty here;
/// kustomize writes it as `default`.
#[must_use]
pub fn previous(resource: &Value) -> Vec<(&str, &str)> {
    const NAMES: &str = "internal.config.kubernetes.io/previousNames";
    const NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
    let annotations = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let entries = |key: &str| -> Vec<&str> {
        let list = annotations.and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or_default();
        list.split(',').map(str::trim).collect()
    };
    let namespaces = entries(NAMESPACES);
    let namespace = |index: usize| namespaces.get(index).copied().filter(|name| *name != "default");
    let names = entries(NAMES).into_iter().enumerate().filter(|(_, name)| !name.is_empty());
    names.map(|(index, name)| (namespace(index).unwrap_or_default(), name)).collect()
}

/// Hosts keep a resource out of clusters if this annotation has any value except `"false"`.
pub const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Whether hosts keep the resource out of clusters.
#[must_use]
pub fn is_local(resource: &Value) -> bool {
    let annotations = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let local = annotations.and_then(|annotations| annotations.get(LOCAL_CONFIG));
    local.is_some_and(|value| value.as_str() != Some("false"))
}

/// Whether a host sets the annotation before it calls a function and removes it afterwards.
#[must_use]
pub fn is_of_host(annotation: &str) -> bool {
    const KEYS: [&str; 4] = [
        "config.kubernetes.io/index",
        "config.kubernetes.io/path",
        "config.k8s.io/id",
        "postrenderer.helm.sh/postrender-filename",
    ];
    const PREFIXES: [&str; 3] =
        ["internal.config.kubernetes.io/", "internal.config.k8s.io/", "kustomize.config.k8s.io/"];
    KEYS.contains(&annotation) || PREFIXES.iter().any(|prefix| annotation.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn an_item_without_kind_is_the_lists_kind() {
        let list = json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {}}]});
        let identity = Identity::read(&list, None).expect("a kind");
        let (items, inherited) = list_items(&list, &identity).expect("a list");
        let item = Identity::read(&items[0], inherited.as_ref()).expect("an inherited kind");
        assert_eq!((item.api_version().as_str(), item.kind()), ("apps/v1", "Deployment"));
    }

    #[test]
    fn an_item_without_kind_is_nothing_in_a_plain_list() {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [{"metadata": {}}]});
        let identity = Identity::read(&list, None).expect("a kind");
        let (items, inherited) = list_items(&list, &identity).expect("a list");
        assert_eq!(Identity::read(&items[0], inherited.as_ref()), None);
    }

    #[test]
    fn a_list_of_other_things_is_not_looked_into() {
        for items in [json!([1]), json!({}), json!([{}, null])] {
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            let identity = Identity::read(&list, None).expect("a kind");
            assert!(list_items(&list, &identity).is_none());
        }
    }

    #[test]
    fn previous_names_pair_with_namespaces() {
        let resource = json!({"metadata": {"annotations": {
            "internal.config.kubernetes.io/previousNames": "inst,inst,a-inst",
            "internal.config.kubernetes.io/previousNamespaces": "default,shop",
        }}});
        assert_eq!(previous(&resource), [("", "inst"), ("shop", "inst"), ("", "a-inst")]);
    }
}
