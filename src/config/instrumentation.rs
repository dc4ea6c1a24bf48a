//! The Instrumentation: parsed loosely, then validated into a type without invalid values.

use std::collections::BTreeMap;

use crate::config::shapes::Faults;
use crate::finding::{Code, Finding};
use crate::k8s::fragment::with_quantities;
use crate::k8s::{Identity, pod, quantity, subject};
use crate::languages::{ALL, Language};
use crate::value::{Map, Value};

mod check;
mod fields;
mod place;
mod validate;

pub(in crate::config) use place::{Takes, place, schema};

/// The API group of Instrumentations.
pub const GROUP: &str = "opentelemetry.io";
/// The kind.
pub const KIND: &str = "Instrumentation";

/// How to instrument workloads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Instrumentation {
    /// The endpoint of the exporter.
    pub endpoint: Option<String>,
    /// The OTLP protocol. Only v1beta1 has this field.
    pub protocol: Option<String>,
    /// The exporter's certificates.
    pub tls: Option<Tls>,
    /// Resource attributes for every workload.
    pub attributes: BTreeMap<String, String>,
    /// Add UIDs of the resources that the attributes name.
    pub uid_attributes: bool,
    /// Context propagators.
    pub propagators: Vec<String>,
    /// The sampler's type.
    pub sampler: Option<String>,
    /// The sampler's argument.
    pub sampler_argument: Option<String>,
    /// Set the service's name and version from labels.
    pub use_labels: bool,
    /// Variables for every container, as `env` entries.
    pub env: Vec<Value>,
    /// The pull policy of added containers.
    pub pull_policy: Option<String>,
    /// The security context of added init containers.
    pub init_security_context: Option<Value>,
    /// Settings of single languages, by language id.
    pub languages: BTreeMap<&'static str, Agent>,
}

/// Certificates: files, and the Secret and ConfigMap with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The Secret's name.
    pub secret: Option<String>,
    /// The ConfigMap's name.
    pub config_map: Option<String>,
    /// The CA certificate's file.
    pub ca_file: Option<String>,
    /// The client certificate's file.
    pub cert_file: Option<String>,
    /// The client key's file.
    pub key_file: Option<String>,
}

/// An Instrumentation's settings for one language.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agent {
    /// The image, if set.
    pub image: Option<String>,
    /// The claim of an ephemeral volume for the agent.
    pub claim: Option<Value>,
    /// The size limit of the agent's volume.
    pub size_limit: Option<String>,
    /// Variables for the containers of this language.
    pub env: Vec<Value>,
    /// Resources of added containers, with quantities as strings.
    pub resources: Map,
    /// Fields that only this language has.
    pub extra: Map,
}

/// The resource's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1Alpha1,
    V1Beta1,
}

impl Instrumentation {
    /// Reads the spec of a v1alpha1 Instrumentation. Returns it with warnings. Pointers are relative to the spec.
    ///
    /// # Errors
    /// One `invalid-instrumentation` finding per problem.
    pub fn parse(spec: &Value) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        Self::parse_version(spec, Version::V1Alpha1)
    }

    /// Reads a whole resource of any version. Pointers are relative to the resource, and findings name it.
    ///
    /// # Errors
    /// One `invalid-instrumentation` finding per problem.
    pub fn read(resource: &Value, identity: &Identity) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        let subject = subject(resource, identity);
        let named = |findings: Vec<Finding>| -> Vec<Finding> {
            findings.into_iter().map(|finding| finding.about(subject.clone())).collect()
        };
        let version = match identity.version() {
            "v1alpha1" => Version::V1Alpha1,
            "v1beta1" => Version::V1Beta1,
            other => {
                return Err(named(vec![Finding::unknown_instrumentation_version("/apiVersion", other)]));
            }
        };
        let mut faults = Faults::new(Code::InvalidInstrumentation);
        faults.top_level(resource);
        let mut faults = faults.found;
        let spec = resource.get("spec").unwrap_or(&Value::Null);
        let below = |mut finding: Finding| {
            finding.pointer = format!("/spec{}", finding.pointer);
            finding
        };
        match Self::parse_version(spec, version) {
            Ok((instrumentation, warnings)) if faults.is_empty() => {
                let unserved =
                    (version == Version::V1Beta1).then(|| Finding::version_not_served("/apiVersion"));
                let warnings = warnings.into_iter().map(below);
                Ok((instrumentation, named(unserved.into_iter().chain(warnings).collect())))
            }
            Ok(_) => Err(named(faults)),
            Err(errors) => {
                faults.extend(errors.into_iter().map(below));
                Err(named(faults))
            }
        }
    }

    fn parse_version(spec: &Value, version: Version) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        let mut faults = Faults::new(Code::InvalidInstrumentation);
        check::spec(spec, version, &mut faults);
        if !faults.found.is_empty() {
            return Err(faults.found);
        }
        let instrumentation = match version {
            Version::V1Alpha1 => Self::from_v1alpha1(spec),
            Version::V1Beta1 => Self::from_v1beta1(spec),
        };
        let places = validate::Places::of_version(version);
        let errors = validate::errors(&instrumentation, spec, &places);
        if errors.is_empty() {
            let warnings = validate::warnings(&instrumentation, spec, &places);
            Ok((instrumentation, warnings))
        } else {
            Err(errors)
        }
    }

    /// Reads a checked spec.
    fn from_v1alpha1(spec: &Value) -> Self {
        Self {
            attributes: text_map(spec, "/resource/resourceAttributes"),
            uid_attributes: flag(spec, "/resource/addK8sUIDAttributes"),
            env: list(spec, "/env"),
            languages: agents(spec, Version::V1Alpha1),
            ..Self::common(spec, "")
        }
    }

    fn from_v1beta1(spec: &Value) -> Self {
        let mut env = list(spec, "/env");
        for entry in list(spec, "/envConfig/env") {
            if pod::position(&env, pod::name(&entry)).is_none() {
                env.push(entry);
            }
        }
        Self {
            protocol: text(spec, "/envConfig/exporter/protocol"),
            attributes: text_map(spec, "/resource/attributes"),
            uid_attributes: flag(spec, "/resource/k8sMetadata/includeUIDs"),
            env,
            languages: agents(spec, Version::V1Beta1),
            ..Self::common(spec, "/envConfig")
        }
    }

    /// Reads what both versions have, with the exporter, propagators and sampler below `base`.
    fn common(spec: &Value, base: &str) -> Self {
        let at = |path: &str| format!("{base}{path}");
        let tls = |key: &str| text(spec, &at(&format!("/exporter/tls/{key}")));
        Self {
            endpoint: text(spec, &at("/exporter/endpoint")),
            tls: spec.pointer(&at("/exporter/tls")).filter(|value| value.is_object()).map(|_| Tls {
                secret: tls("secretName"),
                config_map: tls("configMapName"),
                ca_file: tls("ca_file"),
                cert_file: tls("cert_file"),
                key_file: tls("key_file"),
            }),
            propagators: list(spec, &at("/propagators"))
                .iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect(),
            sampler: text(spec, &at("/sampler/type")),
            sampler_argument: text(spec, &at("/sampler/argument")),
            use_labels: flag(spec, "/defaults/useLabelsForResourceAttributes"),
            pull_policy: text(spec, "/imagePullPolicy"),
            init_security_context: set(spec, "/initContainerSecurityContext").cloned(),
            ..Self::default()
        }
    }

    /// Whether it names a Secret or ConfigMap, so that their existence must be checked.
    #[must_use]
    pub fn names_references(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.secret.is_some() || tls.config_map.is_some())
    }

    /// The settings for `language`.
    #[must_use]
    pub fn agent(&self, language: &Language) -> Option<&Agent> {
        self.languages.get(language.id)
    }
}

/// The key of a language's resources.
fn resources_key(language: &Language, version: Version) -> &'static str {
    match (version, &language.settings) {
        (Version::V1Alpha1, Some(settings)) => settings.resources_key,
        _ => "resources",
    }
}

fn agents(spec: &Value, version: Version) -> BTreeMap<&'static str, Agent> {
    let with_settings = ALL.iter().filter_map(|language| Some((language, language.settings.as_ref()?)));
    let agents = with_settings.filter_map(|(language, settings)| {
        let value = set(spec, &format!("/{}", settings.key))?;
        let is_set = |name: &&str| value.get(name).is_some_and(|value| !value.is_null());
        let extra = settings.fields.iter().map(|field| field.name).filter(is_set);
        let resources = set(value, &format!("/{}", resources_key(language, version)));
        let agent = Agent {
            image: text(value, "/image"),
            claim: set(value, "/volumeClaimTemplate").map(with_claim_quantities),
            size_limit: value.get("volumeLimitSize").and_then(quantity::text).filter(|text| !text.is_empty()),
            env: list(value, "/env"),
            resources: match resources.map(with_quantities) {
                Some(Value::Object(map)) => map,
                _ => Map::new(),
            },
            extra: extra.map(|name| (name.to_owned(), value[name].clone())).collect(),
        };
        Some((language.id, agent))
    });
    agents.collect()
}

fn with_claim_quantities(claim: &Value) -> Value {
    let mut claim = claim.clone();
    if let Some(resources) = claim.pointer_mut("/spec/resources") {
        *resources = with_quantities(resources);
    }
    claim
}

/// The value at `pointer`, or `None` if it is null or an empty mapping.
fn set<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    value.pointer(pointer).filter(|value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        _ => true,
    })
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_default().to_vec()
}

fn text_map(value: &Value, pointer: &str) -> BTreeMap<String, String> {
    let entries = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    fn faults(spec: &Value) -> Vec<(String, String)> {
        match Instrumentation::parse(spec) {
            Ok(_) => Vec::new(),
            Err(findings) => findings.into_iter().map(|finding| (finding.pointer, finding.message)).collect(),
        }
    }

    fn first_pointer(spec: &Value) -> String {
        faults(spec).into_iter().next().map(|fault| fault.0).unwrap_or_default()
    }

    fn warnings(spec: &Value) -> Vec<(Code, String)> {
        let (_, warnings) = Instrumentation::parse(spec).expect("a valid spec");
        warnings.into_iter().map(|finding| (finding.code, finding.pointer)).collect()
    }

    #[test]
    fn nothing_at_all_is_valid() {
        for spec in [json!(null), json!({}), json!({"exporter": null, "env": null, "java": {}})] {
            assert_eq!(faults(&spec), []);
            assert_eq!(warnings(&spec), []);
        }
    }

    #[test]
    fn unknown_fields_name_the_path_and_the_nearest() {
        let (pointer, message) = faults(&json!({"exporter": {"endpont": "x"}})).remove(0);
        assert_eq!(pointer, "/exporter/endpont");
        assert!(message.contains("exporter.endpont") && message.contains("endpoint"), "{message}");
        assert_eq!(first_pointer(&json!({"nodejs": {"resources": {}}})), "/nodejs/resources");
        assert_eq!(
            first_pointer(&json!({"java": {"resourceRequirements": {}}})),
            "/java/resourceRequirements"
        );
        assert_eq!(first_pointer(&json!({"ruby": {}})), "/ruby");
        assert_eq!(first_pointer(&json!({"sdk": {}})), "/sdk");
        assert_eq!(
            first_pointer(&json!({"java": {"extensions": [{"image": "a", "path": "/b"}]}})),
            "/java/extensions/0/path"
        );
    }

    #[test]
    fn wrong_types_name_the_path() {
        let cases = [
            (json!([]), ""),
            (json!({"exporter": "x"}), "/exporter"),
            (json!({"sampler": {"argument": 0.25}}), "/sampler/argument"),
            (json!({"propagators": "b3"}), "/propagators"),
            (json!({"propagators": ["b3", 1]}), "/propagators/1"),
            (json!({"resource": {"resourceAttributes": {"a": 1}}}), "/resource/resourceAttributes/a"),
            (json!({"resource": {"addK8sUIDAttributes": "true"}}), "/resource/addK8sUIDAttributes"),
            (json!({"env": [{"value": "x"}]}), "/env/0/name"),
            (json!({"env": [{"name": "A", "value": 1}]}), "/env/0/value"),
            (json!({"go": {"env": {}}}), "/go/env"),
            (json!({"nodejs": {"image": 5}}), "/nodejs/image"),
            (json!({"python": {"volumeLimitSize": "big"}}), "/python/volumeLimitSize"),
            (json!({"java": {"resources": {"limits": {"cpu": []}}}}), "/java/resources/limits/cpu"),
            (json!({"go": {"securityContext": {"runAsUser": "root"}}}), "/go/securityContext/runAsUser"),
            (json!({"imagePullPolicy": "Sometimes"}), "/imagePullPolicy"),
            (json!({"apacheHttpd": {"version": "2.5"}}), "/apacheHttpd/version"),
            (json!({"apacheHttpd": {"configPath": "/a b"}}), "/apacheHttpd/configPath"),
            (json!({"nginx": {"configFile": "a".repeat(257)}}), "/nginx/configFile"),
            (json!({"nginx": {"attrs": [{"value": "x"}]}}), "/nginx/attrs/0/name"),
            (json!({"nginx": {"attrs": [{"name": "A", "valueFrom": {}}]}}), "/nginx/attrs/0/valueFrom"),
            (json!({"java": {"extensions": [{"image": "a:1"}]}}), "/java/extensions/0/dir"),
            (json!({"java": {"extensions": [{"image": "", "dir": "/a"}]}}), "/java/extensions/0/image"),
            (json!({"java": {"volumeLimitSize": "-1Gi"}}), "/java/volumeLimitSize"),
            (json!({"exporter": {"tls": {"secretName": "a.b"}}}), "/exporter/tls/secretName"),
            (json!({"exporter": {"tls": {"configMapName": "A"}}}), "/exporter/tls/configMapName"),
        ];
        for (spec, pointer) in cases {
            assert!(!faults(&spec).is_empty(), "{spec}");
            assert_eq!(first_pointer(&spec), pointer, "{spec}");
        }
    }

    #[test]
    fn samplers_and_propagators_are_checked() {
        let sampler = |kind: &str, argument: &str| {
            first_pointer(&json!({"sampler": {"type": kind, "argument": argument}}))
        };
        for (kind, argument) in [
            ("always_on", "anything"),
            ("traceidratio", ""),
            ("traceidratio", "0.25"),
            ("parentbased_traceidratio", "1"),
            ("jaeger_remote", "endpoint=http://a:1,pollingIntervalMs=5000,initialSamplingRate=0.25"),
        ] {
            assert_eq!(sampler(kind, argument), "", "{kind} {argument}");
        }
        for (kind, argument) in [
            ("traceidratio", "1.5"),
            ("traceidratio", "-1"),
            ("parentbased_traceidratio", "NaN"),
            ("traceidratio", "a"),
            ("jaeger_remote", "endpoint="),
            ("jaeger_remote", "endpoint"),
            ("jaeger_remote", "pollingIntervalMs=1.5"),
            ("parentbased_jaeger_remote", "initialSamplingRate=2"),
        ] {
            assert_eq!(sampler(kind, argument), "/sampler/argument", "{kind} {argument}");
        }
        assert_eq!(sampler("sometimes", ""), "/sampler/type");
        assert_eq!(first_pointer(&json!({"propagators": ["b3", "x"]})), "/propagators/1");
    }

    #[test]
    fn a_volume_is_a_claim_or_a_size() {
        let claim =
            json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": 1}}}});
        let spec = json!({"go": {"volumeLimitSize": "1Gi", "volumeClaimTemplate": claim}});
        assert_eq!(first_pointer(&spec), "/go/volumeClaimTemplate");
        let spec = json!({"go": {"volumeLimitSize": "1Gi", "volumeClaimTemplate": {}}});
        assert_eq!(faults(&spec), []);
    }

    #[test]
    fn doubtful_specs_are_warned_about() {
        let cases = [
            (json!({"sampler": {"argument": "1"}}), Code::SamplerTypeMissing, "/sampler"),
            (json!({"exporter": {"endpoint": "https://a"}}), Code::TlsMismatch, "/exporter/endpoint"),
            (
                json!({"exporter": {"endpoint": "http://a", "tls": {}}}),
                Code::TlsMismatch,
                "/exporter/endpoint",
            ),
            (
                json!({"exporter": {"endpoint": "https://a", "tls": {"cert_file": "c"}}}),
                Code::TlsMismatch,
                "/exporter/tls",
            ),
            (json!({"java": {"volumeLimitSize": "1Gi"}}), Code::DeprecatedField, "/java/volumeLimitSize"),
            (json!({"java": {"image": "a:latest"}}), Code::UnpinnedImage, "/java/image"),
            (
                json!({"java": {"extensions": [{"image": "a", "dir": "/x"}]}}),
                Code::UnpinnedImage,
                "/java/extensions/0/image",
            ),
        ];
        for (spec, code, pointer) in cases {
            assert_eq!(warnings(&spec), [(code, pointer.to_owned())], "{spec}");
        }
    }

    #[test]
    fn a_whole_resource_has_no_other_keys() {
        let resource = json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation",
            "metadata": {"name": "a"}, "specs": {}});
        let identity = Identity::read(&resource, None).expect("a kind");
        let findings = Instrumentation::read(&resource, &identity).expect_err("a misspelt key");
        assert_eq!(findings[0].pointer, "/specs");
        assert_eq!(findings[0].subject.as_ref().map(|subject| subject.name.as_str()), Some("a"));
    }

    #[test]
    fn v1beta1_says_the_same_elsewhere() {
        let resource = json!({"apiVersion": "opentelemetry.io/v1beta1", "kind": "Instrumentation", "spec": {
            "envConfig": {"exporter": {"endpoint": "http://a", "protocol": "grpc"}, "propagators": ["b3"],
                "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]},
            "env": [{"name": "A", "value": "1"}],
            "resource": {"attributes": {"team": "a"}, "k8sMetadata": {"includeUIDs": true}},
            "nodejs": {"resources": {"limits": {"cpu": 1}}}}});
        let identity = Identity::read(&resource, None).expect("a kind");
        let (read, warnings) = Instrumentation::read(&resource, &identity).expect("a valid resource");
        assert_eq!(warnings[0].code, Code::UnservedVersion);
        assert_eq!(read.protocol.as_deref(), Some("grpc"));
        assert_eq!(read.env, [json!({"name": "A", "value": "1"}), json!({"name": "B", "value": "3"})]);
        assert!(read.uid_attributes);
        assert_eq!(read.attributes.get("team").map(String::as_str), Some("a"));
    }
}
