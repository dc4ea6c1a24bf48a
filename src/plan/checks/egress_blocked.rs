//! NetworkPolicies that keep an instrumented pod from its endpoint.
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/>

use std::borrow::Cow;

use super::service::{Address, is_tcp};
use super::{Check, Planned};
use crate::config::context::Context;
use crate::finding::{Code, Finding};
use crate::k8s::metadata_text;
use crate::k8s::network_policy::is_added_to_pods;
use crate::k8s::pod::elements;
use crate::value::{Map, Value, json};

pub(super) const CHECK: Check =
    Check { codes: &[Code::EgressBlocked], run: |planned| run(planned).unwrap_or_default() };

/// `None` if the policies are not known.
fn run(planned: &Planned<'_>) -> Option<Vec<Finding>> {
    let Planned { cx, draft, .. } = planned;
    let [_, pod] = planned.pods;
    let labels = draft.value().pointer(&cx.workload.pointer("/metadata/labels")).and_then(Value::as_object);
    let labels: Cow<'_, Map> = labels.map(Cow::Borrowed).unwrap_or_default();
    let policies = cx.context.egress_policies(&cx.namespace, &labels)?;
    // What policies mean for pods in the host's network depends on the cluster.
    if policies.is_empty() || pod.get("hostNetwork") == Some(&Value::Bool(true)) {
        return Some(Vec::new());
    }
    let labels = Labels { own: labels, is_whole: true };
    let of_egress: Vec<(&Value, Option<bool>)> = policies
        .into_iter()
        .map(|policy| (policy, labels.fit(policy.get("spec").and_then(|spec| spec.get("podSelector")))))
        .filter(|(_, selects)| *selects != Some(false))
        .collect();
    let selecting: Vec<&str> = of_egress
        .iter()
        .filter(|(_, selects)| *selects == Some(true))
        .filter_map(|(policy, _)| metadata_text(policy, "name"))
        .collect();
    if selecting.is_empty() {
        return Some(Vec::new());
    }
    let mut findings = Vec::new();
    for one in &planned.exporters().sent {
        let Some(address) = Address::of(&one.endpoint, &cx.namespace) else { continue };
        let Some(server) = address.server(cx.context) else { continue };
        let Some((pods, port)) = server.pods(address.port) else { continue };
        let target = Target {
            context: cx.context,
            own: &cx.namespace,
            namespace: &address.namespace,
            pods: &pods,
            port: &port,
        };
        let rules = of_egress
            .iter()
            .flat_map(|(policy, _)| policy.get("spec").map_or(&[][..], |spec| elements(spec, "egress")));
        if !rules.into_iter().any(|rule| target.may_be_let_through(rule)) {
            let (place, called) = (one.place(), address.called());
            let names = selecting.join(", ");
            let port = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
            findings.push(Finding::egress_not_allowed(
                cx.annotations.pointer(one.language.switch),
                one.language.id,
                &place,
                &names,
                &port,
                &called,
            ));
        }
    }
    Some(findings)
}

/// The pods that something is sent to.
struct Target<'t> {
    context: &'t Context,
    /// The namespace of the policies.
    own: &'t str,
    namespace: &'t str,
    /// Labels that the pods have, among others.
    pods: &'t Map,
    /// The pods' port: its number or name.
    port: &'t Value,
}

impl Target<'_> {
    /// Whether it cannot be ruled out that a rule lets it through.
    fn may_be_let_through(&self, rule: &Value) -> bool {
        let (ports, peers) = (elements(rule, "ports"), elements(rule, "to"));
        (ports.is_empty() || ports.iter().any(|port| self.may_be_port(port)))
            && (peers.is_empty() || peers.iter().any(|peer| self.may_be_peer(peer)))
    }

    fn may_be_port(&self, given: &Value) -> bool {
        if !is_tcp(given) {
            return false;
        }
        let Some(first) = given.get("port").filter(|port| !port.is_null()) else { return true };
        match (first.as_u64(), self.port.as_u64()) {
            (Some(first), Some(port)) => {
                let last = given.get("endPort").and_then(Value::as_u64).unwrap_or(first);
                (first..=last).contains(&port)
            }
            // Only the pods know the number of a named port.
            _ => first.is_string() != self.port.is_string() || first == self.port,
        }
    }

    fn may_be_peer(&self, peer: &Value) -> bool {
        let selector = |key: &str| peer.get(key).filter(|selector| !selector.is_null());
        if selector("ipBlock").is_some() {
            return true;
        }
        let is_there = match selector("namespaceSelector") {
            Some(namespaces) => self.namespace_labels().fit(Some(namespaces)) != Some(false),
            None => self.own == self.namespace,
        };
        let pods = Labels { own: Cow::Borrowed(self.pods), is_whole: false };
        is_there && selector("podSelector").is_none_or(|wanted| pods.fit(Some(wanted)) != Some(false))
    }

    fn namespace_labels(&self) -> Labels<'static> {
        const NAME: &str = "kubernetes.io/metadata.name";
        let known = self.context.namespace_labels(self.namespace);
        let mut own = known.cloned().unwrap_or_default();
        if !self.namespace.is_empty() {
            own.insert(NAME.to_owned(), json!(self.namespace));
        }
        Labels { own: Cow::Owned(own), is_whole: known.is_some() && !self.namespace.is_empty() }
    }
}

/// Labels of something.
struct Labels<'l> {
    own: Cow<'l, Map>,
    /// It has no others, but for those that controllers add.
    is_whole: bool,
}

impl Labels<'_> {
    /// Whether a selector fits, or `None` if that is not known.
    fn fit(&self, selector: Option<&Value>) -> Option<bool> {
        let Some(selector) = selector else { return Some(true) };
        let equal = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
        let equal = equal.map(|(key, value)| Some((key.as_str(), "In", std::slice::from_ref(value))));
        let expressions = elements(selector, "matchExpressions").iter().map(|one| {
            let (key, operator) = (one.get("key")?.as_str()?, one.get("operator")?.as_str()?);
            Some((key, operator, elements(one, "values")))
        });
        let mut labels = self.own.seek();
        let mut fits = Some(true);
        for one in equal.chain(expressions) {
            let fits_one = one.and_then(|(key, operator, values)| {
                let label = labels.get(key);
                match operator {
                    "In" => self.is_in(key, label, values),
                    "NotIn" => self.is_in(key, label, values).map(|is_in| !is_in),
                    "Exists" => self.has(key, label),
                    "DoesNotExist" => self.has(key, label).map(|has| !has),
                    _ => None,
                }
            });
            match fits_one {
                Some(true) => {}
                Some(false) => return Some(false),
                None => fits = None,
            }
        }
        fits
    }

    fn has(&self, key: &str, label: Option<&Value>) -> Option<bool> {
        if label.is_some() {
            return Some(true);
        }
        (self.is_whole && !is_added_to_pods(key)).then_some(false)
    }

    fn is_in(&self, key: &str, label: Option<&Value>, values: &[Value]) -> Option<bool> {
        match label {
            Some(label) => Some(values.contains(label)),
            None => self.has(key, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Settings;
    use crate::k8s::Identity;

    const KEYS: [&str; 4] = ["app", "tier", "job-name", "app.kubernetes.io/name"];

    fn labels() -> impl Strategy<Value = Value> {
        let value = proptest::sample::select(vec![json!("a"), json!("b"), json!(1), json!(null)]);
        proptest::collection::btree_map(proptest::sample::select(&KEYS[..]), value, 0..3).prop_map(|pairs| {
            pairs.into_iter().map(|(key, value)| (ecow::EcoString::from(key), value)).collect()
        })
    }

    proptest! {
        #[test]
        fn no_policy_that_may_select_a_pod_is_missed(
            selectors in proptest::collection::vec((labels(), any::<bool>()), 0..8),
            pod in labels(),
        ) {
            let identity = Identity::new(Some("networking.k8s.io/v1"), Some("NetworkPolicy"), None).expect("a kind");
            let policies: Vec<Value> = selectors.iter().enumerate().map(|(index, (labels, is_of_egress))| {
                let types = if *is_of_egress { json!(["Egress"]) } else { json!(["Ingress"]) };
                json!({
                    "metadata": {"name": (index.to_string()), "namespace": "shop"},
                    "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": types},
                })
            }).collect();
            let mut context = Context::default();
            for policy in &policies {
                context.add(policy, &identity, false, &Settings::default());
            }
            let own = pod.as_object().expect("labels");
            let found = context.egress_policies("shop", own).expect("names of one each");
            let labels = Labels { own: Cow::Borrowed(own), is_whole: true };
            let fits = |policy: &&Value| {
                labels.fit(policy.pointer("/spec/podSelector")) != Some(false)
            };
            let found: Vec<&Value> = found.into_iter().filter(fits).collect();
            let expected: Vec<&Value> =
                policies.iter().zip(&selectors).filter(|(_, (_, is_of_egress))| *is_of_egress)
                    .map(|(policy, _)| policy).filter(fits).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
