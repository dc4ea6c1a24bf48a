//! Checks beyond the shape of a spec: errors and warnings.

use serde_json::Value;

use super::{Instrumentation, Version};
use crate::config::shapes::dotted;
use crate::finding::{Code, Finding};
use crate::k8s::image::Image;
use crate::k8s::shape::Shape;
use crate::languages::ALL;

const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "jaeger_remote",
    "parentbased_jaeger_remote",
    "xray",
];
const RATIO_SAMPLERS: &[&str] = &["traceidratio", "parentbased_traceidratio"];
const REMOTE_SAMPLERS: &[&str] = &["jaeger_remote", "parentbased_jaeger_remote"];
const PROPAGATORS: &[&str] =
    &["tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray", "ottrace", "none"];

/// The pointers to fields of a version.
pub(super) struct Places {
    exporter: &'static str,
    propagators: &'static str,
    sampler: &'static str,
}

impl Places {
    pub(super) const fn of_version(version: Version) -> Self {
        match version {
            Version::V1Alpha1 => {
                Self { exporter: "/exporter", propagators: "/propagators", sampler: "/sampler" }
            }
            Version::V1Beta1 => Self {
                exporter: "/envConfig/exporter",
                propagators: "/envConfig/propagators",
                sampler: "/envConfig/sampler",
            },
        }
    }
}

pub(super) fn errors(read: &Instrumentation, spec: &Value, places: &Places) -> Vec<Finding> {
    let mut errors = Vec::new();
    let mut refuse = |pointer: String, message: String| {
        let message = format!("{} {message}", dotted(&pointer));
        errors.push(Finding::new(Code::InvalidInstrumentation, pointer, message));
    };
    for (index, name) in read.propagators.iter().enumerate() {
        if !PROPAGATORS.contains(&name.as_str()) {
            let message = format!("is {name:?}; known propagators are {}", PROPAGATORS.join(", "));
            refuse(format!("{}/{index}", places.propagators), message);
        }
    }
    if let Some(sampler) = read.sampler.as_deref() {
        if !SAMPLERS.contains(&sampler) {
            let message = format!("is {sampler:?}; known samplers are {}", SAMPLERS.join(", "));
            refuse(format!("{}/type", places.sampler), message);
        }
        let argument = read.sampler_argument.as_deref().unwrap_or_default();
        let trouble = if argument.is_empty() {
            None
        } else if RATIO_SAMPLERS.contains(&sampler) {
            (!is_rate(argument)).then(|| "must be a number from 0 to 1".to_owned())
        } else if REMOTE_SAMPLERS.contains(&sampler) {
            remote_argument(argument)
        } else {
            None
        };
        if let Some(trouble) = trouble {
            refuse(format!("{}/argument", places.sampler), format!("is {argument:?}, but {trouble}"));
        }
    }
    let tls = read.tls.iter();
    for (field, name) in tls.flat_map(|tls| [("secretName", &tls.secret), ("configMapName", &tls.config_map)])
    {
        if name.as_deref().is_some_and(|name| !names_volume(name)) {
            let message = format!(
                "is {:?}, but a volume is named after it: use lower-case letters, digits and -",
                name.as_deref().unwrap_or_default()
            );
            refuse(format!("{}/tls/{field}", places.exporter), message);
        }
    }
    for settings in ALL.iter().filter_map(|language| language.settings.as_ref()) {
        let Some(agent) = spec.get(settings.key) else { continue };
        let is_set =
            |key: &str| super::set(agent, &format!("/{key}")).is_some_and(|value| value.as_str() != Some(""));
        if is_set("volumeClaimTemplate") && is_set("volumeLimitSize") {
            let message = "and volumeLimitSize cannot both be set".to_owned();
            refuse(format!("/{}/volumeClaimTemplate", settings.key), message);
        }
    }
    errors
}

/// Whether a volume can be named after a Secret or ConfigMap with this name. Their names can contain dots; a volume's
/// cannot.
fn names_volume(name: &str) -> bool {
    const MAX: usize = 253;
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= MAX && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_rate(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|rate| (0.0..=1.0).contains(&rate))
}

/// The problem with a remote sampler's argument.
fn remote_argument(argument: &str) -> Option<String> {
    argument.split(',').find_map(|part| {
        let Some((key, value)) = part.split_once('=').filter(|(_, value)| !value.contains('=')) else {
            return Some(format!("{part:?} is not key=value"));
        };
        match key {
            "endpoint" => value.is_empty().then(|| "its endpoint must not be empty".to_owned()),
            "pollingIntervalMs" => {
                value.parse::<i64>().is_err().then(|| "pollingIntervalMs must be an integer".to_owned())
            }
            "initialSamplingRate" => {
                (!is_rate(value)).then(|| "initialSamplingRate must be a number from 0 to 1".to_owned())
            }
            _ => None,
        }
    })
}

pub(super) fn warnings(read: &Instrumentation, spec: &Value, places: &Places) -> Vec<Finding> {
    let mut warnings = tls(read, places);
    let sampler = super::set(spec, places.sampler);
    if sampler.is_some() && read.sampler.is_none() {
        let message = "the sampler has no type, so no sampler is written";
        warnings.push(Finding::new(Code::SamplerTypeMissing, places.sampler, message));
    }
    for language in ALL {
        let Some((settings, agent)) = language.settings.as_ref().zip(read.agent(language)) else { continue };
        if agent.size_limit.is_some() {
            let message = format!("{}.volumeLimitSize is deprecated", settings.key);
            let finding =
                Finding::new(Code::DeprecatedField, format!("/{}/volumeLimitSize", settings.key), message);
            warnings.push(finding.help("Use volumeClaimTemplate, or leave it out for 200Mi."));
        }
        let mut images: Vec<(String, &str)> = Vec::new();
        images.extend(agent.image.iter().map(|image| (format!("/{}/image", settings.key), image.as_str())));
        for field in settings.fields {
            let Some(value) = agent.extra.get(field.name) else { continue };
            images_in(value, field.shape, &format!("/{}/{}", settings.key, field.name), &mut images);
        }
        for (pointer, image) in images {
            if !Image::parse(image).is_some_and(|image| image.is_pinned()) {
                let message = format!("{} is {image:?}, which has no version", dotted(&pointer));
                warnings.push(Finding::new(Code::UnpinnedImage, pointer, message));
            }
        }
    }
    warnings
}

/// Collects the images in a value of that shape.
fn images_in<'v>(value: &'v Value, shape: Shape, pointer: &str, found: &mut Vec<(String, &'v str)>) {
    match shape {
        Shape::Image => found.extend(value.as_str().map(|image| (pointer.to_owned(), image))),
        Shape::List(element) => {
            for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                images_in(value, *element, &format!("{pointer}/{index}"), found);
            }
        }
        Shape::Object(fields) => {
            for (field, value) in fields.iter().filter_map(|field| Some((field, value.get(field.name)?))) {
                images_in(value, field.shape, &format!("{pointer}/{}", field.name), found);
            }
        }
        _ => {}
    }
}

fn tls(read: &Instrumentation, places: &Places) -> Vec<Finding> {
    let mut warnings = Vec::new();
    let mut warn = |field: &str, message: &str| {
        warnings.push(Finding::new(Code::TlsMismatch, format!("{}{field}", places.exporter), message));
    };
    let is_https = read.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("https://"));
    match &read.tls {
        Some(tls) => {
            if tls.cert_file.is_some() != tls.key_file.is_some() {
                warn("/tls", "only one of cert_file and key_file is set");
            }
            if !is_https && read.endpoint.is_some() {
                warn("/endpoint", "tls is set, but the endpoint is not https://");
            } else if !is_https {
                warn("/tls", "tls is set, but there is no https:// endpoint");
            }
        }
        None if is_https => warn("/endpoint", "the endpoint is https://, but tls is not set"),
        None => {}
    }
    warnings
}
