//! What a cluster would refuse or swallow, and the bundle shows: each finding with cases where it holds, where it does
//! not, and where nobody knows.

use otel_inject::config::Settings;
use otel_inject::finding::{Code, Finding};
use otel_inject::value::{Value, json};
use otel_inject::{Role, inject};

use crate::common::done;

/// A resource of the namespace `shop`.
fn resource(api_version: &str, kind: &str, name: &str, fields: &Value) -> Value {
    let mut resource =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}});
    for (key, value) in fields.as_object().expect("fields") {
        resource[key] = value.clone();
    }
    resource
}

fn instrumentation(spec: &Value) -> Value {
    resource("opentelemetry.io/v1alpha1", "Instrumentation", "default", &json!({"spec": spec}))
}

/// A Deployment that asks for Node.js, with fields of its pod.
fn web(pod: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "app", "image": "shop/web:1"}]});
    for (key, value) in pod.as_object().expect("fields") {
        spec[key] = value.clone();
    }
    let metadata = json!({
        "labels": {"app": "web"}, "annotations": {"instrumentation.opentelemetry.io/inject-nodejs": "true"},
    });
    resource(
        "apps/v1",
        "Deployment",
        "web",
        &json!({"spec": {"template": {"metadata": metadata, "spec": spec}}}),
    )
}

/// The findings of a code in an input.
fn found(code: Code, resources: &[Value]) -> Vec<Finding> {
    let text = resources.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n") + "\n";
    let (_, findings) = done(inject, &text, Role::Stream, "", &Settings::default());
    assert!(findings.iter().any(|finding| finding.code == Code::Injected), "{findings:?}");
    findings.into_iter().filter(|finding| finding.code == code).collect()
}

/// The messages of a code in an input.
fn messages(code: Code, resources: &[Value]) -> Vec<String> {
    found(code, resources).into_iter().map(|finding| finding.message).collect()
}

const AGENT: &str = "container \"opentelemetry-auto-instrumentation-nodejs\"";

fn limit_range(items: Value) -> Value {
    resource("v1", "LimitRange", "lr", &json!({"spec": {"limits": items}}))
}

fn ranges(items: Value, agent: Value, pod: Value) -> Vec<String> {
    let agent = json!({"nodejs": {"resourceRequirements": agent}});
    messages(Code::LimitRange, &[limit_range(items), instrumentation(&agent), web(&pod)])
}

#[test]
fn limit_ranges_of_containers() {
    let of = |fields: Value| {
        let mut item = json!({"type": "Container"});
        fields.as_object().expect("fields").iter().for_each(|(key, value)| item[key] = value.clone());
        json!([item])
    };
    // The agent has limits of 500m and 256Mi, and requests 50m and 128Mi.
    let cases: [(Value, Value, &[&str]); 17] = [
        (
            json!({"max": {"memory": "128Mi"}}),
            json!({}),
            &["the memory limit of AGENT would be 256Mi, but LimitRange lr allows at most 128Mi"],
        ),
        (json!({"max": {"memory": "256Mi", "cpu": "0.5"}}), json!({}), &[]),
        (
            json!({"max": {"cpu": "100m"}}),
            json!({}),
            &["the cpu limit of AGENT would be 500m, but LimitRange lr allows at most 100m"],
        ),
        (
            json!({"max": {"cpu": 1}}),
            json!({"limits": {"cpu": "2"}}),
            &["the cpu limit of AGENT would be 2, but LimitRange lr allows at most 1"],
        ),
        (
            json!({"min": {"cpu": "100m"}}),
            json!({}),
            &["the cpu request of AGENT would be 50m, but LimitRange lr asks for at least 100m"],
        ),
        (json!({"min": {"cpu": "50m"}}), json!({}), &[]),
        (
            json!({"min": {"memory": "512Mi"}}),
            json!({}),
            &["the memory limit of AGENT would be 256Mi, but LimitRange lr asks for at least 512Mi"],
        ),
        (
            json!({"maxLimitRequestRatio": {"cpu": "4"}}),
            json!({}),
            &[
                "the cpu limit of AGENT would be 500m for a request of 50m, but LimitRange lr allows at most 4 times the request",
            ],
        ),
        (json!({"maxLimitRequestRatio": {"cpu": "10", "memory": 2}}), json!({}), &[]),
        (
            json!({"maxLimitRequestRatio": {"memory": "1500m"}}),
            json!({}),
            &[
                "the memory limit of AGENT would be 256Mi for a request of 128Mi, but LimitRange lr allows at most 1500m times the request",
            ],
        ),
        (
            json!({"maxLimitRequestRatio": {"ephemeral-storage": 2}}),
            json!({}),
            &[
                "AGENT would have no ephemeral-storage limit or request, but LimitRange lr limits how far they may be apart",
            ],
        ),
        // The default fills what is missing; the maximum is one, too.
        (json!({"max": {"memory": "1Gi"}}), json!({"limits": {"cpu": "1"}}), &[]),
        (
            json!({"default": {"memory": "1Gi"}, "min": {"memory": "512Mi"}}),
            json!({"limits": {"cpu": "1"}}),
            &["the memory request of AGENT would be 128Mi, but LimitRange lr asks for at least 512Mi"],
        ),
        (
            json!({"default": {"ephemeral-storage": "2Gi"}, "max": {"ephemeral-storage": "1Gi"}}),
            json!({}),
            &["the ephemeral-storage limit of AGENT would be 2Gi, but LimitRange lr allows at most 1Gi"],
        ),
        (json!({"max": {"ephemeral-storage": "1Gi"}}), json!({}), &[]),
        // Nobody knows what this is.
        (json!({"max": {"memory": "much"}}), json!({}), &[]),
        (json!({"max": ["memory"]}), json!({}), &[]),
    ];
    for (item, agent, expected) in cases {
        let messages = ranges(of(item.clone()), agent, json!({}));
        let expected: Vec<String> = expected.iter().map(|text| text.replace("AGENT", AGENT)).collect();
        assert_eq!(messages, expected, "{item}");
    }
    // Another type, another namespace, or a container of the user's own.
    assert!(
        ranges(json!([{"type": "PersistentVolumeClaim", "max": {"memory": "1"}}]), json!({}), json!({}))
            .is_empty()
    );
    let mut elsewhere = limit_range(of(json!({"max": {"memory": "1Mi"}})));
    elsewhere["metadata"]["namespace"] = json!("other");
    assert!(found(Code::LimitRange, &[elsewhere, instrumentation(&json!({})), web(&json!({}))]).is_empty());
    let large =
        json!({"containers": [{"name": "app", "image": "a:1", "resources": {"limits": {"memory": "8Gi"}}}]});
    assert!(ranges(of(json!({"max": {"memory": "1Gi"}})), json!({}), large).is_empty());
    // Two of one name: a cluster has one of them.
    let two = [
        limit_range(of(json!({"max": {"memory": "1Mi"}}))),
        limit_range(of(json!({"max": {"memory": "1Gi"}}))),
    ];
    let all = [two[0].clone(), two[1].clone(), instrumentation(&json!({})), web(&json!({}))];
    assert!(found(Code::LimitRange, &all).is_empty());
    // Two with other defaults: nobody knows which one comes first.
    let mut second = limit_range(of(json!({"default": {"ephemeral-storage": "3Gi"}})));
    second["metadata"]["name"] = json!("second");
    let first = limit_range(of(
        json!({"default": {"ephemeral-storage": "2Gi"}, "max": {"ephemeral-storage": "1Gi"}}),
    ));
    assert!(
        found(Code::LimitRange, &[first, second, instrumentation(&json!({})), web(&json!({}))]).is_empty()
    );
}

#[test]
fn limit_ranges_of_pods() {
    let of = |fields: Value| {
        let mut item = json!({"type": "Pod"});
        fields.as_object().expect("fields").iter().for_each(|(key, value)| item[key] = value.clone());
        json!([item])
    };
    let app = |limit: &str| json!({"containers": [{"name": "app", "image": "a:1", "resources": {"limits": {"memory": limit}}}]});
    let above = "with the injection the memory limit of the pod is 256Mi in total, but LimitRange lr allows at most 200Mi for a pod";
    let max = || of(json!({"max": {"memory": "200Mi"}}));
    // An init container counts where it needs more than the rest.
    assert_eq!(ranges(max(), json!({}), app("100Mi")), [above]);
    assert!(ranges(max(), json!({"limits": {"memory": "150Mi"}}), app("100Mi")).is_empty());
    assert!(ranges(max(), json!({}), app("300Mi")).is_empty(), "the pod breaks it without us");
    let sidecar = |restarts: bool| {
        let mut pod = app("100Mi");
        pod["initContainers"] =
            json!([{"name": "i", "image": "i:1", "resources": {"limits": {"memory": "50Mi"}}}]);
        if restarts {
            pod["initContainers"][0]["restartPolicy"] = json!("Always");
        }
        pod
    };
    let at_300 = || of(json!({"max": {"memory": "300Mi"}}));
    assert!(ranges(at_300(), json!({}), sidecar(false)).is_empty());
    assert_eq!(ranges(at_300(), json!({}), sidecar(true)).len(), 1);
    let ratio = of(json!({"maxLimitRequestRatio": {"cpu": 2}}));
    assert_eq!(ranges(ratio.clone(), json!({}), json!({})).len(), 1);
    assert!(ranges(ratio, json!({"limits": {"cpu": "100m"}}), json!({})).is_empty());
    // Resources of the whole pod count instead.
    let mut whole = app("100Mi");
    whole["resources"] = json!({"limits": {"memory": "100Mi"}});
    assert!(ranges(max(), json!({}), whole).is_empty());
}

#[test]
fn a_limit_range_names_the_field() {
    let range = limit_range(json!([{"type": "Container", "max": {"memory": "128Mi"}}]));
    let found = found(Code::LimitRange, &[range, instrumentation(&json!({})), web(&json!({}))]);
    assert_eq!(
        found[0].help,
        "Lower spec.nodejs.resourceRequirements.limits.memory of Instrumentation shop/default, or raise the LimitRange."
    );
    assert_eq!(found[0].related[0].label, "Instrumentation shop/default");
}

/// A collector and a pod that asks for it.
fn sidecar(spec: &Value) -> [Value; 2] {
    let mut collector = json!({"mode": "sidecar", "config": {
        "receivers": {"otlp": {"protocols": {"grpc": {}}}}, "exporters": {"debug": {}},
        "service": {"pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["debug"]}}},
    }});
    spec.as_object().expect("fields").iter().for_each(|(key, value)| collector[key] = value.clone());
    let mut pod = web(&json!({}));
    pod["spec"]["template"]["metadata"]["annotations"] = json!({"sidecar.opentelemetry.io/inject": "true"});
    [resource("opentelemetry.io/v1beta1", "OpenTelemetryCollector", "c", &json!({"spec": collector})), pod]
}

#[test]
fn quotas_demand_requests_and_limits() {
    let quota = |spec: Value| resource("v1", "ResourceQuota", "q", &json!({"spec": spec}));
    let with = |hard: Value, more: &[Value], spec: Value| {
        let [collector, pod] = sidecar(&spec);
        let all: Vec<Value> =
            [quota(json!({"hard": hard})), collector, pod].into_iter().chain(more.iter().cloned()).collect();
        messages(Code::Quota, &all)
    };
    let lacks = |what: &str| {
        vec![format!(
            "container \"otc-container\" would have no {what}, but ResourceQuota q demands it of every container"
        )]
    };
    let memory = || json!({"limits.memory": "8Gi"});
    assert_eq!(with(memory(), &[], json!({})), lacks("limits.memory"));
    assert_eq!(
        with(json!({"cpu": 4, "requests.cpu": 4, "memory": "8Gi"}), &[], json!({})),
        lacks("requests.cpu and requests.memory")
    );
    for hard in
        [json!({"pods": "10"}), json!({"count/jobs.batch": 1}), json!({"requests.storage": "1Gi"}), json!({})]
    {
        assert_eq!(with(hard, &[], json!({})), Vec::<String>::new());
    }
    assert!(with(memory(), &[], json!({"resources": {"limits": {"memory": "64Mi"}}})).is_empty());
    // A limit is a request, too.
    assert!(
        with(json!({"requests.memory": "8Gi"}), &[], json!({"resources": {"limits": {"memory": "64Mi"}}}))
            .is_empty()
    );
    let default = limit_range(json!([{"type": "Container", "default": {"memory": "64Mi"}}]));
    assert!(with(memory(), &[default], json!({})).is_empty());
    let default = limit_range(json!([{"type": "Container", "max": {"memory": "64Mi"}}]));
    assert!(with(json!({"requests.memory": "8Gi"}), &[default], json!({})).is_empty());
    // One that counts some pods says nothing of this one.
    let [collector, pod] = sidecar(&json!({}));
    for scope in [json!({"scopes": ["NotTerminating"]}), json!({"scopeSelector": {"matchExpressions": []}})] {
        let mut spec = json!({"hard": {"limits.memory": "8Gi"}});
        scope.as_object().expect("fields").iter().for_each(|(key, value)| spec[key] = value.clone());
        assert!(found(Code::Quota, &[quota(spec), collector.clone(), pod.clone()]).is_empty(), "{scope}");
    }
    // Agents have defaults; a part that is given without a resource has none.
    let of_agent = |resources: Value| {
        let agent = instrumentation(&json!({"nodejs": {"resourceRequirements": resources}}));
        messages(Code::Quota, &[quota(json!({"hard": {"limits.memory": "8Gi"}})), agent, web(&json!({}))])
    };
    assert!(of_agent(json!({})).is_empty());
    assert_eq!(of_agent(json!({"limits": {"cpu": "1"}})).len(), 1);
}

fn service(name: &str, spec: Value) -> Value {
    resource("v1", "Service", name, &json!({"spec": spec}))
}

fn served(endpoint: &str, others: &[Value]) -> Vec<String> {
    let spec = json!({"exporter": {"endpoint": endpoint}});
    let all: Vec<Value> = others.iter().cloned().chain([instrumentation(&spec), web(&json!({}))]).collect();
    messages(Code::EndpointUnserved, &all)
}

#[test]
fn endpoints_name_ports_of_services() {
    let ports = |ports: Value| service("gw", json!({"selector": {"app": "gw"}, "ports": ports}));
    let one = || {
        vec![ports(json!([{"name": "grpc", "port": 4317}, {"name": "dns", "port": 4318, "protocol": "UDP"}]))]
    };
    let not_served = [
        "nodejs: OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 4318 of Service shop/gw, which has no such port (ports: 4317)",
    ];
    for endpoint in [
        "http://gw:4318",
        "http://gw.shop:4318",
        "http://gw.shop.svc:4318",
        "http://gw.shop.svc.cluster.local:4318/",
    ] {
        assert_eq!(served(endpoint, &one()), not_served, "{endpoint}");
    }
    for endpoint in [
        "http://gw:4317",
        "http://gw.other:4318",
        "http://other:4318",
        "http://gw.shop.example.com:4318",
        "http://gw",
        "http://localhost:4318",
        "http://$(OTEL_NODE_IP):4318",
    ] {
        assert!(served(endpoint, &one()).is_empty(), "{endpoint}");
    }
    let kinds = [
        ports(json!([{"port": 4318}])),
        service("gw", json!({"type": "ExternalName", "externalName": "example.com"})),
        service("gw", json!({"clusterIP": "None", "selector": {"app": "gw"}, "ports": [{"port": 80}]})),
        ports(json!([{"port": "otlp"}])),
        resource("serving.knative.dev/v1", "Service", "gw", &json!({"spec": {}})),
    ];
    for kind in kinds {
        assert!(served("http://gw:4318", std::slice::from_ref(&kind)).is_empty(), "{kind}");
    }
    let two = [ports(json!([{"port": 1}])), ports(json!([{"port": 4318}]))];
    assert!(served("http://gw:4318", &two).is_empty(), "nobody knows which");
    // What a ConfigMap sets counts, and what a Secret sets is not known.
    let with = |kind: &str, reference: &str| {
        let data = json!({"data": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://gw:9999"}});
        let pod = web(
            &json!({"containers": [{"name": "app", "image": "a:1", "envFrom": [{reference: {"name": "s"}}]}]}),
        );
        let all = [
            one().remove(0),
            resource("v1", kind, "s", &data),
            instrumentation(&json!({"exporter": {"endpoint": "http://gw:4318"}})),
            pod,
        ];
        found(Code::EndpointUnserved, &all).len()
    };
    assert_eq!((with("ConfigMap", "configMapRef"), with("Secret", "secretRef")), (1, 0));
}

fn collector(mode: &str, receivers: Value, spec: Value) -> Value {
    let names: Vec<&str> =
        receivers.as_object().expect("receivers").keys().map(|name| name.as_str()).collect();
    let pipelines = json!({"traces": {"receivers": names, "exporters": ["debug"]}});
    let mut fields = json!({"mode": mode, "config": {
        "receivers": receivers, "exporters": {"debug": {}}, "service": {"pipelines": pipelines},
    }});
    spec.as_object().expect("fields").iter().for_each(|(key, value)| fields[key] = value.clone());
    resource("opentelemetry.io/v1beta1", "OpenTelemetryCollector", "gw", &json!({"spec": fields}))
}

#[test]
fn endpoints_name_receivers_of_collectors() {
    let otlp = |protocols: Value| json!({"otlp": {"protocols": protocols}});
    let both = || otlp(json!({"grpc": {}, "http": {}}));
    let of =
        |endpoint: &str, receivers: Value| served(endpoint, &[collector("deployment", receivers, json!({}))]);
    assert!(of("http://gw-collector:4318", both()).is_empty());
    assert_eq!(
        of("http://gw-collector:4319", both()),
        [
            "nodejs: OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 4319 of OpenTelemetryCollector shop/gw, which has no such port (ports: 4317, 4318, 8888)"
        ]
    );
    assert_eq!(of("http://gw-collector:4318", otlp(json!({"grpc": {}}))).len(), 1);
    assert_eq!(of("http://gw-collector:4318", json!({"zipkin": {}})).len(), 1);
    // The other protocol on a port of its own.
    let moved = |key: &str| otlp(json!({key: {"endpoint": "0.0.0.0:5555"}}));
    assert_eq!(
        of("http://gw-collector:5555", moved("grpc")),
        [
            "nodejs: OTEL_EXPORTER_OTLP_ENDPOINT of \"app\" names port 5555 of OpenTelemetryCollector shop/gw, which takes OTLP over gRPC, but the agent speaks HTTP"
        ]
    );
    assert!(of("http://gw-collector:5555", moved("http")).is_empty());
    // On its usual port another finding says it; where the collector takes the agent's protocol there, none does.
    let usual = |receivers: Value| {
        let spec = json!({"exporter": {"endpoint": "http://gw-collector:4317"}});
        let all = [collector("deployment", receivers, json!({})), instrumentation(&spec), web(&json!({}))];
        (found(Code::OtlpPortMismatch, &all).len(), found(Code::EndpointUnserved, &all).len())
    };
    assert_eq!(usual(both()), (1, 0));
    assert_eq!(usual(otlp(json!({"http": {"endpoint": "0.0.0.0:4317"}}))), (0, 0));
    // Ports of the spec count; a port from a variable, a sidecar and another version are not known.
    assert!(
        served(
            "http://gw-collector:4319",
            &[collector("deployment", both(), json!({"ports": [{"name": "own", "port": 4319}]}))]
        )
        .is_empty()
    );
    assert!(
        of("http://gw-collector:4319", otlp(json!({"http": {"endpoint": "0.0.0.0:${env:PORT}"}}))).is_empty()
    );
    assert!(served("http://gw-collector:4319", &[collector("sidecar", both(), json!({}))]).is_empty());
    let mut unknown = collector("deployment", both(), json!({}));
    unknown["apiVersion"] = json!("opentelemetry.io/v2");
    assert!(served("http://gw-collector:4319", &[unknown]).is_empty());
    assert!(of("http://gw:4319", both()).is_empty(), "that is not its Service");
}

fn blocked(spec: Value, target: &Value, pod: Value) -> usize {
    let policy = resource("networking.k8s.io/v1", "NetworkPolicy", "p", &json!({"spec": spec}));
    let endpoint = json!({"exporter": {"endpoint": "http://gw.obs:4318"}});
    found(Code::EgressBlocked, &[policy, target.clone(), instrumentation(&endpoint), web(&pod)]).len()
}

#[test]
fn policies_keep_pods_from_their_endpoint() {
    let mut gw =
        service("gw", json!({"selector": {"app": "gw"}, "ports": [{"port": 4318, "targetPort": 14318}]}));
    gw["metadata"]["namespace"] = json!("obs");
    let rules = |egress: Value| {
        blocked(json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": egress}), &gw, json!({}))
    };
    let obs = json!({"matchLabels": {"kubernetes.io/metadata.name": "obs"}});
    for (egress, expected) in [
        (json!([]), 1),
        (json!([{}]), 0),
        (json!([{"ports": [{"port": 5432}]}]), 1),
        (json!([{"ports": [{"port": 4318}]}]), 1),
        (json!([{"ports": [{"port": 14318}]}]), 0),
        (json!([{"ports": [{"port": 14318, "protocol": "UDP"}]}]), 1),
        (json!([{"ports": [{"port": 14000, "endPort": 15000}]}]), 0),
        (json!([{"ports": [{"protocol": "TCP"}]}]), 0),
        (json!([{"ports": [{"port": "otlp"}]}]), 0),
        (json!([{"ports": [{"port": 53, "protocol": "UDP"}]}, {"to": [{"podSelector": {}}]}]), 1),
        (json!([{"to": [{"podSelector": {"matchLabels": {"app": "gw"}}}]}]), 1),
        (json!([{"to": [{"namespaceSelector": {}}]}]), 0),
        (json!([{"to": [{"namespaceSelector": obs}]}]), 0),
        (
            json!([{"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]}]),
            1,
        ),
        // Nobody knows the labels of that namespace, or all labels of the pods.
        (json!([{"to": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}]), 0),
        (json!([{"to": [{"namespaceSelector": obs, "podSelector": {"matchLabels": {"app": "gw"}}}]}]), 0),
        (json!([{"to": [{"namespaceSelector": obs, "podSelector": {"matchLabels": {"app": "db"}}}]}]), 1),
        (json!([{"to": [{"namespaceSelector": obs, "podSelector": {"matchLabels": {"tier": "x"}}}]}]), 0),
        (
            json!([{"to": [{"namespaceSelector": obs, "podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["gw"]}]}}]}]),
            1,
        ),
        (json!([{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]), 0),
    ] {
        assert_eq!(rules(egress.clone()), expected, "{egress}");
    }
    let deny = |fields: Value| {
        let mut spec = json!({"podSelector": {}, "policyTypes": ["Egress"]});
        fields.as_object().expect("fields").iter().for_each(|(key, value)| spec[key] = value.clone());
        spec
    };
    for (fields, expected) in [
        (json!({"podSelector": {"matchLabels": {"app": "web"}}}), 1),
        (json!({"podSelector": {"matchLabels": {"app": "other"}}}), 0),
        (json!({"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}), 1),
        (json!({"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}), 1),
        (
            json!({"podSelector": {"matchExpressions": [{"key": "pod-template-hash", "operator": "DoesNotExist"}]}}),
            0,
        ),
        (json!({"policyTypes": ["Ingress"]}), 0),
        (json!({"policyTypes": null}), 0),
        (json!({"policyTypes": null, "egress": [{"ports": [{"port": 53}]}]}), 1),
    ] {
        assert_eq!(blocked(deny(fields.clone()), &gw, json!({})), expected, "{fields}");
    }
    assert_eq!(blocked(deny(json!({})), &gw, json!({"hostNetwork": true})), 0);
    // Without the Service, its pods or its port nothing is known.
    let mut unknown = gw.clone();
    unknown["metadata"]["namespace"] = json!("elsewhere");
    assert_eq!(blocked(deny(json!({})), &unknown, json!({})), 0);
    unknown = gw.clone();
    unknown["spec"]["selector"] = Value::Null;
    assert_eq!(blocked(deny(json!({})), &unknown, json!({})), 0);
    // A second policy may let it through; a collector's Service has the operator's labels.
    let second = resource(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "second",
        &json!({"spec": {"podSelector": {}, "egress": [{"ports": [{"port": 14318}]}]}}),
    );
    let deny_all =
        resource("networking.k8s.io/v1", "NetworkPolicy", "deny", &json!({"spec": deny(json!({}))}));
    let endpoint = instrumentation(&json!({"exporter": {"endpoint": "http://gw.obs:4318"}}));
    assert!(
        found(Code::EgressBlocked, &[second, deny_all, gw.clone(), endpoint, web(&json!({}))]).is_empty()
    );
    let own = |labels: Value| {
        let policy = resource(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "p",
            &json!({"spec": deny(json!({"egress": [{"to": [{"podSelector": {"matchLabels": labels}}]}]}))}),
        );
        let gateway = collector("deployment", json!({"otlp": {"protocols": {"http": {}}}}), json!({}));
        let endpoint = instrumentation(&json!({"exporter": {"endpoint": "http://gw-collector:4318"}}));
        found(Code::EgressBlocked, &[policy, gateway, endpoint, web(&json!({}))]).len()
    };
    assert_eq!(own(json!({"app.kubernetes.io/component": "opentelemetry-collector"})), 0);
    assert_eq!(own(json!({"app.kubernetes.io/instance": "shop.other"})), 1);
}
