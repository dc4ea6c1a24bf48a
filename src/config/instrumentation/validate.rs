//! Checks beyond the shape of a spec: errors and warnings.

use super::{Instrumentation, Version};
use crate::config::shapes::dotted;
use crate::finding::Finding;
use crate::k8s::image::Image;
use crate::k8s::shape::Shape;
use crate::languages::ALL;
use crate::value::Value;

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
    for (index, name) in read.propagators.iter().enumerate() {
        if !PROPAGATORS.contains(&name.as_str()) {
            let at = format!("{}/{index}", places.propagators);
            errors.push(Finding::unknown_propagator(&at, &dotted(&at), name, &PROPAGATORS.join(", ")));
        }
    }
    if let Some(sampler) = read.sampler.as_deref() {
        if !SAMPLERS.contains(&sampler) {
            let at = format!("{}/type", places.sampler);
            errors.push(Finding::unknown_sampler(&at, &dotted(&at), sampler, &SAMPLERS.join(", ")));
        }
        let argument = read.sampler_argument.as_deref().unwrap_or_default();
        errors.extend(sampler_argument(sampler, argument, &format!("{}/argument", places.sampler)));
    }
    let tls = read.tls.iter();
    for (field, name) in tls.flat_map(|tls| [("secretName", &tls.secret), ("configMapName", &tls.config_map)])
    {
        if let Some(name) = name.as_deref().filter(|name| !names_volume(name)) {
            let at = format!("{}/tls/{field}", places.exporter);
            errors.push(Finding::name_for_no_volume(&at, &dotted(&at), name));
        }
    }
    for settings in ALL.iter().filter_map(|language| language.settings.as_ref()) {
        let Some(agent) = spec.get(settings.key) else { continue };
        let is_set =
            |key: &str| super::set(agent, &format!("/{key}")).is_some_and(|value| value.as_str() != Some(""));
        if is_set("volumeClaimTemplate") && is_set("volumeLimitSize") {
            let at = format!("/{}/volumeClaimTemplate", settings.key);
            errors.push(Finding::claim_beside_size(&at, &dotted(&at)));
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

/// The problem with a sampler's argument, which is at `at`.
fn sampler_argument(sampler: &str, argument: &str, at: &str) -> Option<Finding> {
    let path = dotted(at);
    if argument.is_empty() {
        return None;
    }
    if RATIO_SAMPLERS.contains(&sampler) {
        return (!is_rate(argument)).then(|| Finding::sampler_ratio(at, &path, argument));
    }
    let mut parts = argument.split(',').filter(|_| REMOTE_SAMPLERS.contains(&sampler));
    parts.find_map(|part| {
        let Some((key, value)) = part.split_once('=').filter(|(_, value)| !value.contains('=')) else {
            return Some(Finding::sampler_pair(at, &path, argument, part));
        };
        match key {
            "endpoint" if value.is_empty() => Some(Finding::sampler_endpoint(at, &path, argument)),
            "pollingIntervalMs" if value.parse::<i64>().is_err() => {
                Some(Finding::sampler_interval(at, &path, argument))
            }
            "initialSamplingRate" if !is_rate(value) => {
                Some(Finding::sampler_initial_rate(at, &path, argument))
            }
            _ => None,
        }
    })
}

pub(super) fn warnings(read: &Instrumentation, spec: &Value, places: &Places) -> Vec<Finding> {
    let mut warnings = tls(read, places);
    let sampler = super::set(spec, places.sampler);
    if sampler.is_some() && read.sampler.is_none() {
        warnings.push(Finding::sampler_without_type(places.sampler));
    }
    for language in ALL {
        let Some((settings, agent)) = language.settings.as_ref().zip(read.agent(language)) else { continue };
        if agent.size_limit.is_some() {
            let at = format!("/{}/volumeLimitSize", settings.key);
            warnings.push(Finding::size_limit_deprecated(at, settings.key));
        }
        let mut images: Vec<(String, &str)> = Vec::new();
        images.extend(agent.image.iter().map(|image| (format!("/{}/image", settings.key), image.as_str())));
        for field in settings.fields {
            let Some(value) = agent.extra.get(field.name) else { continue };
            images_in(value, field.shape, &format!("/{}/{}", settings.key, field.name), &mut images);
        }
        for (pointer, image) in images {
            if !Image::parse(image).is_some_and(|image| image.is_pinned()) {
                warnings.push(Finding::field_image_without_version(&pointer, &dotted(&pointer), image));
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
    let at = |field: &str| format!("{}{field}", places.exporter);
    let is_https = read.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("https://"));
    let Some(tls) = &read.tls else {
        return is_https.then(|| Finding::https_without_tls(at("/endpoint"))).into_iter().collect();
    };
    let mut warnings = Vec::new();
    if tls.cert_file.is_some() != tls.key_file.is_some() {
        warnings.push(Finding::certificate_without_key(at("/tls")));
    }
    if !is_https && read.endpoint.is_some() {
        warnings.push(Finding::tls_without_https(at("/endpoint")));
    } else if !is_https {
        warnings.push(Finding::tls_without_endpoint(at("/tls")));
    }
    warnings
}
