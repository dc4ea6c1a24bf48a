//! The C library of an image: by the loader in its layers, or by what built it and what it is called.

use super::{Image, Libc};
use crate::k8s::image::Image as Reference;

/// The C library of an image with this canonical reference. Whatever disagrees makes it unknown.
pub(super) fn of(key: &str, image: &Image) -> Option<Libc> {
    if image.loader.is_some() {
        return image.loader;
    }
    of_config(key, image)
}

/// As its config shows it.
pub(super) fn of_config(key: &str, image: &Image) -> Option<Libc> {
    let base = image.labels.get("org.opencontainers.image.base.name").map(String::as_str);
    let names = [Some(key), base].into_iter().flatten().filter_map(of_name);
    let mut all = names.chain(of_labels(image)).chain(of_history(image));
    let first = all.next()?;
    let is_clear = all.all(|other| other == first) && !image.history.iter().any(|step| brings_another(step));
    if is_clear { first.libc() } else { None }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    Of(Libc),
    /// Something of both.
    Mixed,
}

impl Evidence {
    const fn libc(self) -> Option<Libc> {
        match self {
            Self::Of(libc) => Some(libc),
            Self::Mixed => None,
        }
    }
}

/// Whether a step adds a second C library, so that programs may be linked with either.
fn brings_another(step: &str) -> bool {
    let has = |word: &str| step.contains(word);
    has("apk ") && ["gcompat", "libc6-compat", "glibc"].iter().any(|word| has(word))
        || (has("apt-get ") || has("apt ")) && words(step).any(|word| word == "musl")
}

/// By the name of an official image or one of its vendor, whose tags name the distribution.
fn of_name(reference: &str) -> Option<Evidence> {
    const TAGGED: &[&str] = &["docker.io/library/", "mcr.microsoft.com/dotnet/"];
    const OF_GLIBC: &[&str] = &[
        "bookworm",
        "bullseye",
        "buster",
        "trixie",
        "stretch",
        "slim",
        "jammy",
        "noble",
        "focal",
        "bionic",
        "debian",
        "ubuntu",
        "glibc",
        "oraclelinux",
        "amazonlinux",
    ];
    const DISTRIBUTIONS: &[&str] = &[
        "debian",
        "ubuntu",
        "fedora",
        "rockylinux",
        "almalinux",
        "oraclelinux",
        "amazonlinux",
        "centos",
        "archlinux",
    ];
    const VENDORS: &[&str] =
        &["registry.access.redhat.com/ubi", "registry.redhat.io/ubi", "public.ecr.aws/amazonlinux/"];
    let reference = Reference::parse(reference)?.canonical();
    let parts = Reference::parse(&reference)?;
    let glibc = Some(Evidence::Of(Libc::Glibc));
    if VENDORS.iter().any(|vendor| reference.starts_with(vendor)) {
        return glibc;
    }
    if !TAGGED.iter().any(|start| reference.starts_with(start)) {
        return None;
    }
    if parts.repository.starts_with(TAGGED[0]) {
        if parts.name() == "alpine" {
            return Some(Evidence::Of(Libc::Musl));
        }
        if DISTRIBUTIONS.contains(&parts.name()) {
            return glibc;
        }
    }
    let tag = parts.tag.unwrap_or_default();
    let is_versioned = |word: &str, name: &str| {
        word.strip_prefix(name)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    let tagged =
        |names: &[&str]| tag.split('-').any(|word| names.iter().any(|name| is_versioned(word, name)));
    match (tagged(&["alpine", "musl"]), tagged(OF_GLIBC)) {
        (true, false) => Some(Evidence::Of(Libc::Musl)),
        (false, true) => glibc,
        _ => None,
    }
}

/// By labels and variables that distributions set.
fn of_labels(image: &Image) -> Option<Evidence> {
    let label = |key: &str| image.labels.get(key).map_or("", String::as_str);
    let variable = |key: &str| image.env.get(key).and_then(Option::as_deref).unwrap_or_default();
    let is_glibc = label("vendor") == "Red Hat, Inc."
        || label("org.opencontainers.image.ref.name") == "ubuntu"
        || label("org.opencontainers.image.vendor") == "Chainguard"
        || ["debian-", "photon-"].iter().any(|flavour| variable("OS_FLAVOUR").starts_with(flavour));
    is_glibc.then_some(Evidence::Of(Libc::Glibc))
}

/// By the commands that built it.
fn of_history(image: &Image) -> Option<Evidence> {
    const MANAGERS: &[&str] =
        &["apt-get", "dpkg", "dnf", "microdnf", "yum", "zypper", "tdnf", "debuerreotype"];
    let steps = || image.history.iter();
    let has = |word: &str| steps().any(|step| words(step).any(|other| other == word));
    let contains = |text: &str| steps().any(|step| step.contains(text));
    let glibc = MANAGERS.iter().any(|manager| has(manager)) || contains("debian.sh --arch");
    // Wolfi has apk too, and glibc.
    let is_alpine = contains("alpine-minirootfs")
        || has("apk")
            && (contains("alpine") || contains("musl"))
            && !contains("wolfi")
            && !contains("chainguard");
    match (is_alpine, glibc) {
        (true, false) => Some(Evidence::Of(Libc::Musl)),
        (false, true) if has("apk") => Some(Evidence::Mixed),
        (false, true) => Some(Evidence::Of(Libc::Glibc)),
        (true, true) => Some(Evidence::Mixed),
        (false, false) => None,
    }
}

/// The words of a command.
fn words(step: &str) -> impl Iterator<Item = &str> {
    step.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-._".contains(letter)))
}
