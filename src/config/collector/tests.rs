//! Tables of configurations and the resulting collectors.

use super::*;
use crate::value::{Value, json};

fn read(spec: Value) -> Result<(Collector, Vec<Finding>), Vec<Finding>> {
    let mut resource =
        json!({"apiVersion": "opentelemetry.io/v1beta1", "kind": KIND, "spec": {"mode": SIDECAR}});
    let fields = spec.as_object().expect("a mapping").clone();
    resource["spec"].as_object_mut().expect("a mapping").extend(fields);
    Collector::read(&resource, &Identity::read(&resource, None).expect("a kind"))
}

/// A configuration with one enabled component.
fn with(section: &str, name: &str, given: &Value) -> Value {
    let mut config = json!({
        "receivers": {}, "exporters": {}, "extensions": {},
        "service": {"extensions": [], "pipelines": {"traces": {"receivers": [], "exporters": []}}},
    });
    config[section][name] = given.clone();
    if section == "extensions" {
        config["service"]["extensions"] = json!([name]);
    } else {
        config["service"]["pipelines"]["traces"][section] = json!([name]);
    }
    json!({"config": config})
}

fn decoded(collector: &Collector) -> Value {
    Document::parse(&collector.config).and_then(|document| document.value()).expect("YAML")
}

/// Port numbers and names, without the metrics port.
fn ports(collector: &Collector) -> Vec<String> {
    let ports = collector.fields["ports"].as_array().expect("ports").iter();
    let ports = ports.filter(|port| port["name"] != "metrics");
    ports
        .map(|port| format!("{} {}", port["name"].as_str().unwrap_or_default(), port["containerPort"]))
        .collect()
}

#[test]
fn components_listen_where_they_are_told_or_by_default() {
    let table = [
        // section, component, given, effective, ports
        ("receivers", "zipkin", json!(null), json!({"endpoint": "0.0.0.0:9411"}), vec!["zipkin 9411"]),
        (
            "receivers",
            "zipkin",
            json!({"endpoint": ":1"}),
            json!({"endpoint": "0.0.0.0:1"}),
            vec!["zipkin 1"],
        ),
        ("receivers", "zipkin", json!({"endpoint": "2"}), json!({"endpoint": "0.0.0.0:2"}), vec!["zipkin 2"]),
        (
            "receivers",
            "zipkin",
            json!({"endpoint": "h"}),
            json!({"endpoint": "0.0.0.0:h"}),
            vec!["zipkin 9411"],
        ),
        ("receivers", "zipkin", json!({"endpoint": "h:3"}), json!({"endpoint": "h:3"}), vec!["zipkin 3"]),
        ("receivers", "zipkin", json!({"endpoint": "h:0"}), json!({"endpoint": "h:0"}), vec!["zipkin 9411"]),
        (
            "receivers",
            "zipkin/a_b",
            json!({"tls": {"a": null}, "b": null, "c": {"d": null}}),
            json!({"endpoint": "0.0.0.0:9411", "tls": {"a": null}, "c": {"d": null}}),
            vec!["zipkin-a-b 9411"],
        ),
        ("receivers", "otlp", json!({}), json!({"protocols": {}}), vec![]),
        (
            "receivers",
            "otlp",
            json!({"protocols": {"grpc": null, "http": {"cors": null, "x": {"y": null}}}}),
            json!({"protocols": {
                "grpc": {"endpoint": "0.0.0.0:4317"},
                "http": {"endpoint": "0.0.0.0:4318", "x": {"y": null}},
            }}),
            vec!["otlp-grpc 4317", "otlp-http 4318"],
        ),
        (
            "receivers",
            "jaeger",
            json!({"protocols": {"thrift_http": {"listen_address": "h:4"}}}),
            json!({"protocols": {"thrift_http": {"endpoint": "0.0.0.0:4", "listen_address": "h:4"}}}),
            vec!["port-4 4"],
        ),
        (
            "receivers",
            "tcplog",
            json!({"listen_address": "h:5"}),
            json!({"listen_address": "h:5"}),
            vec!["tcplog 5"],
        ),
        ("receivers", "filelog", json!({"endpoint": "h:6"}), json!({"endpoint": "h:6"}), vec![]),
        ("receivers", "other", json!({"endpoint": "h:7"}), json!({"endpoint": "h:7"}), vec!["other 7"]),
        ("receivers", "other", json!(null), json!(null), vec![]),
        (
            "exporters",
            "prometheus",
            json!({"endpoint": "h:8"}),
            json!({"endpoint": "h:8"}),
            vec!["prometheus 8"],
        ),
        ("exporters", "otlp", json!({"endpoint": "h:9"}), json!({"endpoint": "h:9"}), vec![]),
        (
            "extensions",
            "health_check",
            json!({"endpoint": "[]:10"}),
            json!({"endpoint": "0.0.0.0:10", "path": "/"}),
            vec!["health-check 10"],
        ),
        (
            "extensions",
            "jaeger_query",
            json!({"grpc": {"endpoint": ":11"}}),
            json!({"http": {"endpoint": "0.0.0.0:16686"}, "grpc": {"endpoint": "0.0.0.0:11"}}),
            vec!["jaeger-query 16686", "jaeger-query-2 11"],
        ),
    ];
    for (section, name, given, gets, wanted) in table {
        let (collector, _) = read(with(section, name, &given)).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(decoded(&collector)[section][name], gets, "{section} {name} {given}");
        assert_eq!(ports(&collector), wanted, "{section} {name} {given}");
        // Reading the effective configuration again changes nothing.
        let (again, _) = read(json!({"config": decoded(&collector)})).expect("a collector");
        assert_eq!(again.config, collector.config, "{section} {name} {given}");
    }
}

#[test]
fn what_the_operator_would_not_accept_is_refused_by_its_path() {
    let config = |changed: Value| {
        let mut config = with("receivers", "otlp", &json!({"protocols": {}}))["config"].take();
        config.as_object_mut().expect("a mapping").extend(changed.as_object().expect("a mapping").clone());
        json!({"config": config})
    };
    let component = |given: Value| with("receivers", "otlp", &given);
    for (spec, pointer) in [
        (json!({}), "/spec/config"),
        (json!({"config": {}}), "/spec/config"),
        (config(json!({"receivers": null})), "/spec/config/receivers"),
        (config(json!({"exporters": []})), "/spec/config/exporters"),
        (config(json!({"servce": {}})), "/spec/config/servce"),
        (config(json!({"service": {}})), "/spec/config/service/pipelines"),
        (config(json!({"service": {"pipelines": {}, "x": 1}})), "/spec/config/service/x"),
        (
            config(json!({"service": {"pipelines": {"a": {"receivers": [1]}}}})),
            "/spec/config/service/pipelines/a/receivers/0",
        ),
        (
            config(json!({"service": {"pipelines": {}, "telemetry": {"metrics": []}}})),
            "/spec/config/service/telemetry/metrics",
        ),
        (component(json!([])), "/spec/config/receivers/otlp"),
        (component(json!({"protocols": {"grcp": {}}})), "/spec/config/receivers/otlp/protocols/grcp"),
        (component(json!({"protocols": {"grpc": 1}})), "/spec/config/receivers/otlp/protocols/grpc"),
        (
            component(json!({"protocols": {"grpc": {"tls": 1}}})),
            "/spec/config/receivers/otlp/protocols/grpc/tls",
        ),
        (with("receivers", "UPPER", &json!({"endpoint": "h:1"})), "/spec/config/receivers/UPPER"),
        (with("receivers", "tcplog", &json!({})), "/spec/config/receivers/tcplog"),
        (with("receivers", "x", &json!({"endpoint": "h:70000"})), "/spec/config/receivers/x"),
        (json!({"priorityClassName": "high"}), "/spec/priorityClassName"),
        (json!({"targetAllocator": {"enabled": true}}), "/spec/targetAllocator/enabled"),
        (json!({"ingress": {"type": "ingress"}}), "/spec/ingress/type"),
        (json!({"deploymentUpdateStrategy": {"type": "Recreate"}}), "/spec/deploymentUpdateStrategy/type"),
        (json!({"minReplicas": 1}), "/spec/minReplicas"),
        (json!({"volumes": [{"name": "a", "emptydir": {}}]}), "/spec/volumes/0/emptydir"),
        (
            json!({"ports": [{"name": "a", "port": 0}], "config": config(json!({}))["config"]}),
            "/spec/ports/0/port",
        ),
        (
            json!({"ports": [{"name": "A", "port": 1}], "config": config(json!({}))["config"]}),
            "/spec/ports/0/name",
        ),
    ] {
        let faults = read(spec.clone()).expect_err("a fault");
        assert_eq!(faults[0].pointer, pointer, "{spec}: {}", faults[0].message);
        assert!(faults.iter().all(|fault| fault.code == Code::InvalidCollector), "{faults:?}");
    }
}

#[test]
fn ports_of_the_spec_have_their_names_and_numbers_first() {
    let mut spec = with("receivers", "otlp", &json!({"protocols": {"grpc": {}, "http": {}}}));
    spec["ports"] = json!([
        {"name": "otlp-grpc", "port": 1, "hostPort": 0},
        {"name": "mine", "port": 4318, "hostPort": 2},
        {"name": "mine", "port": 3, "protocol": "UDP"},
        {"name": "mine", "port": 3},
    ]);
    let (collector, _) = read(spec).expect("a collector");
    assert_eq!(ports(&collector), ["mine 4318", "otlp-grpc 1", "port-3 3", "port-4317 4317"]);
    let ports = collector.fields["ports"].as_array().expect("ports");
    assert_eq!(ports[1], json!({"name": "mine", "containerPort": 4318, "protocol": "TCP", "hostPort": 2}));
}

#[test]
fn config_maps_are_mounted_by_names_that_volumes_can_have() {
    let mut spec = with("exporters", "debug", &Value::Null);
    spec["configmaps"] = json!([
        {"name": "Certs.internal-", "mountpath": "/a//../b/./"},
        {"name": "x".repeat(80), "mountpath": "c"},
    ]);
    let (collector, _) = read(spec).expect("a collector");
    assert_eq!(
        collector.volumes[0],
        json!({"name": "configmap-certs-internal", "configMap": {"name": "Certs.internal-"}})
    );
    let mounts = &collector.fields["volumeMounts"];
    assert_eq!(mounts[0]["mountPath"], "/var/conf/b/configmap-certs-internal");
    assert_eq!(mounts[1]["name"].as_str().map(str::len), Some(63));
}

#[test]
fn metrics_are_scraped_where_the_telemetry_says() {
    for (metrics, port) in [
        (json!(null), 8888),
        (json!({"address": "h:9"}), 9),
        (json!({"address": "h:9/"}), 8888),
        (json!({"readers": [{"periodic": {}}, {"pull": {"exporter": {"prometheus": {"port": 10}}}}]}), 10),
        (json!({"readers": [{"pull": {"exporter": {"prometheus": {"port": 0}}}}]}), 8888),
    ] {
        let mut spec = with("exporters", "debug", &Value::Null);
        spec["config"]["service"]["telemetry"] = json!({"metrics": metrics});
        let (collector, _) = read(spec).expect("a collector");
        let ports = collector.fields["ports"].as_array().expect("ports");
        assert_eq!(ports[0]["containerPort"], port, "{metrics}");
    }
}
