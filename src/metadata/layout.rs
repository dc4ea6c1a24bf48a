//! OCI image layouts: `index.json`, and blobs by their digests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::config::{Named, json, mapping, read_value};
use super::layers::{Compression, Loader, loader};
use super::{Image, Libc, Refusal, has_version, key, libc};
use crate::k8s::image::{Image as Reference, is_digest};
use crate::value::{Map, Value};

/// The annotation with an image's name.
const NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation of what describes another manifest, such as an attestation.
const DESCRIBES: &str = "vnd.docker.reference.type";

/// The largest index, manifest or config that is read. Registries take no more.
pub const LARGEST: u64 = 4 << 20;
/// The most manifests, indexes and configs that are read.
const MOST_BLOBS: usize = 10_000;
/// The most layers of an image; Docker's limit is 127.
const MOST_LAYERS: usize = 1024;
/// How deep indexes are nested in each other.
const DEEPEST: usize = 4;

/// The files of a layout.
pub trait Files {
    /// The content of a file, or `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read, or is larger than `most`.
    fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, Refusal>;

    /// Opens a file, or `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be opened.
    fn open(&self, path: &str) -> Result<Option<Box<dyn Read>>, Refusal>;
}

/// An image of a layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Its name, and its repository with each digest that leads to it.
    pub references: Vec<String>,
    /// One image for each platform in the layout.
    pub images: Vec<Image>,
    /// Every architecture of the image, if it is an index.
    pub all: Option<BTreeSet<String>>,
}

/// Reads the named images of a layout.
///
/// # Errors
/// It is not a layout, has no named image, or exceeds a limit.
pub fn read(files: &dyn Files) -> Result<Vec<Found>, Refusal> {
    let Some(index) = files.read("index.json", LARGEST)? else {
        return Err(Refusal::new("it has no index.json"));
    };
    let mut layout = Layout { files, blobs: 0, loaders: BTreeMap::new() };
    let index = json(&index)?;
    let mut found = Vec::new();
    for descriptor in descriptors(mapping(&index, "index.json")?, "manifests")? {
        if descriptor.is_description {
            continue;
        }
        let Some(name) = descriptor.name.filter(|name| has_version(name)) else { continue };
        let mut one = Found { references: vec![name.to_owned()], ..Found::default() };
        layout.descend(&descriptor, name, &mut Vec::new(), &mut one)?;
        found.push(one);
    }
    if found.is_empty() {
        return Err(Refusal::new(format!(
            "no image in index.json has an annotation {NAME} with a reference and a tag, such as \"nginx:1.27\""
        )));
    }
    Ok(found)
}

/// A reference to a blob.
struct Descriptor<'v> {
    digest: &'v str,
    media_type: &'v str,
    name: Option<&'v str>,
    is_description: bool,
    /// Architecture and operating system.
    platform: Option<(&'v str, &'v str)>,
}

impl<'v> Descriptor<'v> {
    fn read(value: &'v Value) -> Result<Self, Refusal> {
        let fields = mapping(value, "a descriptor")?;
        let text = |fields: &'v Map, key: &str| fields.get(key).and_then(Value::as_str);
        let digest = text(fields, "digest").filter(|digest| is_digest(digest));
        let annotations = fields.get("annotations").and_then(Value::as_object);
        let annotation = |key: &str| annotations.and_then(|annotations| text(annotations, key));
        let platform = fields.get("platform").and_then(Value::as_object);
        Ok(Self {
            digest: digest.ok_or_else(|| Refusal::new("a descriptor has no valid digest"))?,
            media_type: text(fields, "mediaType").unwrap_or_default(),
            name: annotation(NAME),
            is_description: annotation(DESCRIBES).is_some(),
            platform: platform
                .and_then(|platform| Some((text(platform, "architecture")?, text(platform, "os")?))),
        })
    }

    /// The blob's path; the digest was checked, so that it stays in the layout.
    fn path(&self) -> String {
        format!("blobs/{}", self.digest.replacen(':', "/", 1))
    }
}

/// The descriptors in a list; none if it is missing.
fn descriptors<'v>(fields: &'v Map, key: &str) -> Result<Vec<Descriptor<'v>>, Refusal> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) if all.len() > MOST_BLOBS => {
            Err(Refusal::new(format!("{key} has more than {MOST_BLOBS} elements")))
        }
        Some(Value::Array(all)) => all.iter().map(Descriptor::read).collect(),
        Some(_) => Err(Refusal::new(format!("{key} is not a list"))),
    }
}

struct Layout<'f> {
    files: &'f dyn Files,
    /// The number of blobs that were read.
    blobs: usize,
    /// What each layer's entries tell: images share their first layers.
    loaders: BTreeMap<String, Loader>,
}

impl Layout<'_> {
    /// A blob as JSON, or `None` if the layout does not have it.
    fn blob(&mut self, descriptor: &Descriptor<'_>) -> Result<Option<Value>, Refusal> {
        self.blobs += 1;
        if self.blobs > MOST_BLOBS {
            return Err(Refusal::new(format!("it has more than {MOST_BLOBS} manifests and configs")));
        }
        let bytes = self.files.read(&descriptor.path(), LARGEST)?;
        bytes.map(|bytes| json(&bytes)).transpose()
    }

    /// Adds the images below a descriptor. `path` has the digests on the way to it.
    fn descend(
        &mut self,
        descriptor: &Descriptor<'_>,
        name: &str,
        path: &mut Vec<String>,
        found: &mut Found,
    ) -> Result<(), Refusal> {
        if path.iter().any(|digest| digest == descriptor.digest) {
            return Err(Refusal::new("an index contains itself"));
        }
        if path.len() > DEEPEST {
            return Err(Refusal::new(format!("more than {DEEPEST} indexes are nested in each other")));
        }
        // A layout may have only some of an index's platforms.
        let Some(value) = self.blob(descriptor)? else { return Ok(()) };
        let fields = mapping(&value, "a manifest")?;
        if path.is_empty()
            && let Some(repository) = Reference::parse(name).map(|reference| reference.repository)
        {
            found.references.push(format!("{repository}@{}", descriptor.digest));
        }
        if fields.contains_key("manifests") {
            let inner = descriptors(fields, "manifests")?;
            let inner: Vec<_> =
                inner.into_iter().filter(|inner| !inner.is_description && inner.is_for_linux()).collect();
            if path.is_empty() {
                let all = inner.iter().map(|inner| Some(inner.platform?.0.to_owned()));
                found.all = all.collect::<Option<BTreeSet<String>>>().filter(|all| !all.is_empty());
            }
            path.push(descriptor.digest.to_owned());
            inner.iter().try_for_each(|inner| self.descend(inner, name, path, found))?;
            path.pop();
            return Ok(());
        }
        let Some(config) = fields.get("config") else {
            return Err(Refusal::new("a manifest has neither \"config\" nor \"manifests\""));
        };
        let config = Descriptor::read(config)?;
        // Charts and signatures are artifacts with configs of their own.
        if !config.media_type.ends_with("image.config.v1+json")
            && !config.media_type.ends_with("container.image.v1+json")
        {
            return Ok(());
        }
        let Some(value) = self.blob(&config)? else { return Ok(()) };
        let layers = descriptors(fields, "layers")?;
        for Named { mut image, .. } in read_value(&value)? {
            if image.os == "linux" {
                let key = key(name).unwrap_or_default();
                // Reading layers takes its time.
                if libc::of_config(&key, &image).is_none() {
                    image.loader = self.libc(&layers)?;
                }
            }
            found.images.push(image);
        }
        Ok(())
    }

    /// The C library of the first layer that has a loader. Later layers may add another one.
    fn libc(&mut self, layers: &[Descriptor<'_>]) -> Result<Option<Libc>, Refusal> {
        if layers.len() > MOST_LAYERS {
            return Err(Refusal::new(format!("an image has more than {MOST_LAYERS} layers")));
        }
        for layer in layers {
            let known = self.loaders.get(layer.digest).copied();
            let loader = match known {
                Some(loader) => loader,
                None => self.loader(layer)?,
            };
            self.loaders.insert(layer.digest.to_owned(), loader);
            match loader {
                Loader::Of(libc) => return Ok(Some(libc)),
                Loader::Unclear => return Ok(None),
                Loader::None => {}
            }
        }
        Ok(None)
    }

    fn loader(&self, layer: &Descriptor<'_>) -> Result<Loader, Refusal> {
        let Some(compression) = Compression::of(layer.media_type) else { return Ok(Loader::Unclear) };
        match self.files.open(&layer.path())? {
            Some(file) => loader(file, compression),
            None => Ok(Loader::Unclear),
        }
    }
}

impl Descriptor<'_> {
    /// Whether it is for Linux, or does not say what it is for.
    fn is_for_linux(&self) -> bool {
        self.platform.is_none_or(|(_, os)| os == "linux")
    }
}
