//! The resources of the mix.

use super::writer::{Random, Writer};

const NAMESPACE: &str = "shop";
const WORDS: [&str; 12] = [
    "ad",
    "cart",
    "checkout",
    "currency",
    "email",
    "frontend",
    "payment",
    "quote",
    "product-catalog",
    "recommendation",
    "shipping",
    "accounting",
];

fn name(number: usize) -> String {
    format!("{}-{number}", WORDS[number % WORDS.len()])
}

fn head(writer: &mut Writer, version: &str, kind: &str, name: &str) {
    writer.comment(&format!("Source: shop/templates/{name}.yaml"));
    writer.lines(&[&format!("apiVersion: {version}"), &format!("kind: {kind}")]);
}

fn metadata(writer: &mut Writer, name: &str) {
    writer.mapping("metadata", |writer| {
        writer.lines(&[&format!("name: {name}"), &format!("namespace: {NAMESPACE}")]);
        writer.mapping("labels", |writer| labels(writer, name));
    });
}

fn labels(writer: &mut Writer, name: &str) {
    writer.lines(&[
        &format!("app.kubernetes.io/name: {name}"),
        "app.kubernetes.io/part-of: shop",
        "app.kubernetes.io/managed-by: Helm",
        "app.kubernetes.io/version: \"2.1.3\"",
    ]);
}

pub(super) fn namespace(writer: &mut Writer) {
    head(writer, "v1", "Namespace", NAMESPACE);
    writer.mapping("metadata", |writer| writer.line(&format!("name: {NAMESPACE}")));
}

pub(super) fn instrumentation(writer: &mut Writer) {
    head(writer, "opentelemetry.io/v1alpha1", "Instrumentation", "shop");
    writer.mapping("metadata", |writer| {
        writer.lines(&["name: shop", &format!("namespace: {NAMESPACE}")]);
    });
    writer.mapping("spec", |writer| {
        writer.mapping("exporter", |writer| {
            writer.line("endpoint: http://opentelemetry-collector.opentelemetry.svc.cluster.local:4318");
        });
        writer.line("propagators: [tracecontext, baggage, b3]");
        writer.mapping("sampler", |writer| {
            writer.lines(&["type: parentbased_traceidratio", "argument: \"1\""]);
        });
        writer.mapping("go", |writer| {
            writer.sequence("env", |writer| {
                writer.element(|writer| {
                    writer.lines(&[
                        "name: OTEL_EXPORTER_OTLP_ENDPOINT",
                        "value: http://opentelemetry-collector.opentelemetry.svc.cluster.local:4318",
                    ]);
                });
            });
        });
    });
}

/// A workload; `choice` decides about its kind and language.
pub(super) fn workload(
    writer: &mut Writer,
    number: usize,
    choice: usize,
    is_target: bool,
    random: &mut Random,
) {
    let name = name(number);
    match choice {
        7 => {
            head(writer, "batch/v1", "CronJob", &name);
            metadata(writer, &name);
            writer.mapping("spec", |writer| {
                writer.lines(&["schedule: '*/15 * * * *'", "concurrencyPolicy: Forbid"]);
                writer.mapping("jobTemplate", |writer| {
                    writer.mapping("spec", |writer| {
                        writer.line("backoffLimit: 3");
                        template(writer, &name, choice, is_target, random);
                    });
                });
            });
        }
        4 | 14 => {
            head(writer, "apps/v1", "StatefulSet", &name);
            scaled(writer, &name, choice, is_target, random);
        }
        _ => {
            head(writer, "apps/v1", "Deployment", &name);
            scaled(writer, &name, choice, is_target, random);
        }
    }
}

fn scaled(writer: &mut Writer, name: &str, choice: usize, is_target: bool, random: &mut Random) {
    let has_anchor = random.below(8) == 0;
    if has_anchor {
        writer.mapping("metadata", |writer| {
            writer.lines(&[&format!("name: {name}"), &format!("namespace: {NAMESPACE}")]);
            writer.mapping("labels", |writer| writer.line(&format!("app: &app {name}")));
        });
    } else {
        metadata(writer, name);
    }
    writer.mapping("spec", |writer| {
        writer.line(&format!("replicas: {}  # see the autoscaler", 1 + random.below(5)));
        if matches!(choice, 4 | 14) {
            writer.line(&format!("serviceName: {name}"));
        }
        writer.mapping("selector", |writer| {
            writer.mapping("matchLabels", |writer| {
                if has_anchor {
                    writer.line("app: *app");
                } else {
                    writer.line(&format!("app.kubernetes.io/name: {name}"));
                }
            });
        });
        template(writer, name, choice, is_target, random);
    });
}

fn template(writer: &mut Writer, name: &str, choice: usize, is_target: bool, random: &mut Random) {
    writer.mapping("template", |writer| {
        writer.mapping("metadata", |writer| {
            writer.mapping("labels", |writer| labels(writer, name));
            writer.mapping("annotations", |writer| {
                writer.line(
                    "checksum/config: 5c2d8f6a1f0e4d3b9a8c7e6f5d4c3b2a1908f7e6d5c4b3a2918070605040302f",
                );
                if is_target {
                    switch(writer, choice);
                }
            });
        });
        writer.mapping("spec", |writer| pod(writer, name, choice, random));
    });
}

fn switch(writer: &mut Writer, choice: usize) {
    const PREFIX: &str = "instrumentation.opentelemetry.io";
    match choice {
        2 | 8 | 19 => {
            writer.line(&format!("{PREFIX}/inject-go: 'true'"));
            writer.line(&format!("{PREFIX}/otel-go-auto-target-exe: '/app/app'"));
        }
        4 | 12 => writer.line(&format!("{PREFIX}/inject-sdk: \"true\"")),
        _ => writer.line(&format!("{PREFIX}/inject-nodejs: 'true'")),
    }
}

fn pod(writer: &mut Writer, name: &str, choice: usize, random: &mut Random) {
    let has_config = random.below(2) == 0;
    if choice == 7 {
        writer.line("restartPolicy: OnFailure");
    }
    writer.line(&format!("serviceAccountName: {name}"));
    writer.mapping("securityContext", |writer| {
        writer.lines(&["runAsNonRoot: true", "runAsUser: 10001", "fsGroup: 0755"]);
    });
    if random.below(3) == 0 {
        writer.sequence("initContainers", |writer| {
            writer.element(|writer| {
                writer.lines(&["name: wait-for-queue", "image: busybox:1.36"]);
                writer.line("command: ['sh', '-c', 'until nc -z -v -w30 kafka 9092; do echo waiting; sleep 2; done;']");
            });
        });
    }
    writer.sequence("containers", |writer| {
        writer.element(|writer| container(writer, name, has_config, random));
        // The agent of Go wants one container.
        if !matches!(choice, 2 | 8 | 19) && random.below(3) == 0 {
            writer.comment("ships the access log");
            writer.element(|writer| {
                writer.lines(&["name: log-shipper", "image: fluent/fluent-bit:3.0.4"]);
                writer.lines(&["args: [\"-c\", \"/etc/fluent.conf\"]", "resources: {}"]);
            });
        }
    });
    if has_config {
        writer.sequence("volumes", |writer| {
            writer.comment("filled by the operator of the team");
            writer.element(|writer| {
                writer.line("name: config");
                writer.mapping("configMap", |writer| writer.line(&format!("name: {name}")));
            });
            writer.element(|writer| writer.lines(&["name: scratch", "emptyDir: {}"]));
        });
    }
}

fn container(writer: &mut Writer, name: &str, has_config: bool, random: &mut Random) {
    writer.line("name: app");
    writer.line(&format!("image: \"registry.example.com/shop/{name}:2.1.{}\"", random.below(40)));
    writer.line("imagePullPolicy: IfNotPresent");
    match random.below(4) {
        0 => writer.line("ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]"),
        1 => {}
        _ => writer.sequence("ports", |writer| {
            writer.element(|writer| writer.lines(&["name: http", "containerPort: 8080", "protocol: TCP"]));
        }),
    }
    if random.below(4) == 0 {
        writer.line("command: [/bin/sh, -c]");
        writer.sequence("args", |writer| {
            writer.element(|writer| {
                writer
                    .scalar("|", &["set -eu", "# not a comment of YAML", "exec /app/app --listen \":8080\""]);
            });
        });
    }
    environment(writer, name, random);
    writer.mapping("resources", |writer| {
        writer.mapping("limits", |writer| writer.lines(&["cpu: 500m", "memory: 256Mi"]));
        writer.line("requests: {cpu: 50m, memory: 64Mi}");
    });
    for probe in ["livenessProbe", "readinessProbe"] {
        writer.mapping(probe, |writer| {
            writer.mapping("httpGet", |writer| writer.lines(&["path: /healthz", "port: http"]));
            writer.lines(&["initialDelaySeconds: 10", "periodSeconds: 5"]);
        });
    }
    if has_config {
        writer.sequence("volumeMounts", |writer| {
            writer.element(|writer| {
                writer.lines(&["name: config", "mountPath: /etc/shop", "readOnly: true"]);
            });
        });
    }
}

fn environment(writer: &mut Writer, name: &str, random: &mut Random) {
    match random.below(8) {
        0 => return,
        1 => return writer.line("env: []"),
        _ => {}
    }
    let count = 3 + random.below(9);
    writer.sequence("env", |writer| {
        for (index, word) in WORDS.iter().enumerate().take(count) {
            if index % 4 == 1 {
                writer.comment(&format!("setting {index}, see the handbook"));
            }
            writer.element(|writer| {
                writer.line(&format!("name: {}_{index}", word.to_uppercase().replace('-', "_")));
                match random.below(4) {
                    0 => writer.line(&format!("value: http://{name}.{NAMESPACE}.svc:80{index:02}/v1")),
                    1 => writer.line(&format!("value: \"{index}000\"")),
                    2 => writer.line("value: 'a b, c: d'"),
                    _ => writer.mapping("valueFrom", |writer| {
                        writer.mapping("secretKeyRef", |writer| {
                            writer.lines(&[&format!("name: {name}-secrets"), "key: token"]);
                        });
                    }),
                }
            });
        }
    });
}

pub(super) fn service(writer: &mut Writer, number: usize) {
    let name = name(number);
    head(writer, "v1", "Service", &name);
    metadata(writer, &name);
    writer.mapping("spec", |writer| {
        writer.line("type: ClusterIP");
        writer.sequence("ports", |writer| {
            writer.element(|writer| writer.lines(&["name: http", "port: 80", "targetPort: http"]));
            writer.element(|writer| writer.lines(&["name: metrics", "port: 9090", "targetPort: metrics"]));
        });
        writer.mapping("selector", |writer| writer.line(&format!("app.kubernetes.io/name: {name}")));
    });
}

pub(super) fn service_account(writer: &mut Writer, number: usize) {
    let name = name(number);
    head(writer, "v1", "ServiceAccount", &name);
    metadata(writer, &name);
    writer.line("automountServiceAccountToken: false");
}

pub(super) fn network_policy(writer: &mut Writer, number: usize) {
    let name = name(number);
    head(writer, "networking.k8s.io/v1", "NetworkPolicy", &name);
    metadata(writer, &name);
    writer.mapping("spec", |writer| {
        writer.line("podSelector: {matchLabels: {app.kubernetes.io/part-of: shop}}");
        writer.sequence("ingress", |writer| {
            writer.element(|writer| {
                writer.sequence("from", |writer| {
                    writer.element(|writer| writer.line("namespaceSelector: {}"));
                });
            });
        });
    });
}

pub(super) fn config_map(writer: &mut Writer, number: usize, random: &mut Random) {
    let name = name(number);
    head(writer, "v1", "ConfigMap", &name);
    metadata(writer, &name);
    writer.mapping("data", |writer| {
        writer.lines(&["LOG_LEVEL: info", "FEATURES: 'search,reviews'", "TIMEOUT: \"30\""]);
        writer.scalar(
            "application.properties: |",
            &["server.port=8080", "spring.application.name=shop", "management.endpoints=*"],
        );
        let location = [
            "location /api/ {",
            "    proxy_pass http://backend:8080/;  # inside",
            "    proxy_set_header Host $host;",
            "    proxy_read_timeout 30s;",
            "}",
        ];
        let mut lines = Vec::new();
        (0..=random.below(12)).for_each(|_| lines.extend(location));
        writer.scalar("nginx.conf: |-", &lines);
        writer.scalar(
            "motd: >",
            &["Welcome to the shop. This text is folded", "into one line by every reader.", "", "Goodbye."],
        );
    });
}

/// As long as those that real operators bring along.
pub(super) fn custom_resource_definition(writer: &mut Writer, number: usize) {
    let name = format!("widgets{number}.shop.example.com");
    head(writer, "apiextensions.k8s.io/v1", "CustomResourceDefinition", &name);
    writer.mapping("metadata", |writer| writer.line(&format!("name: {name}")));
    writer.mapping("spec", |writer| {
        writer.lines(&["group: shop.example.com", "scope: Namespaced"]);
        writer.mapping("names", |writer| {
            writer.lines(&["kind: Widget", &format!("plural: widgets{number}"), "singular: widget"]);
        });
        writer.sequence("versions", |writer| {
            writer.element(|writer| {
                writer.lines(&["name: v1", "served: true", "storage: true"]);
                writer.mapping("schema", |writer| {
                    writer.mapping("openAPIV3Schema", |writer| {
                        writer.line("type: object");
                        writer.mapping("properties", |writer| {
                            for field in 0..48 {
                                property(writer, field);
                            }
                        });
                    });
                });
            });
        });
    });
}

fn property(writer: &mut Writer, field: usize) {
    writer.mapping(&format!("field{field}"), |writer| {
        writer.scalar(
            "description: |-",
            &[
                "How the part is made, in the words of those who make it.",
                "More info: https://shop.example.com/docs/widgets#fields",
            ],
        );
        writer.line("type: object");
        writer.mapping("properties", |writer| {
            writer.mapping("size", |writer| {
                writer.line("description: The size in the unit of the Namespace that the widget is in,");
                writer.line("  which is millimetres unless it says otherwise.");
                writer.lines(&["format: int32", "minimum: 0", "type: integer"]);
            });
            writer.mapping("colour", |writer| {
                writer.sequence("enum", |writer| {
                    ["red", "green", "blue"].iter().for_each(|colour| writer.line(&format!("- {colour}")));
                });
                writer.line("type: string");
            });
        });
    });
}
