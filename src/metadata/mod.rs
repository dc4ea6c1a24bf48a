//! What is known about images without pulling them: their configs, given to a run by reference.
//!
//! Reading is pure: `host` reads the files. Every question has three answers: known, known to be absent, unknown. What
//! differs between the platforms of an image is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::k8s::image::Image as Reference;

mod config;
mod index;
#[cfg(feature = "cli")]
mod layers;
#[cfg(feature = "cli")]
pub mod layout;
mod libc;
mod process;
mod runtime;

pub use config::{Named, read, read_value};
pub use index::{Entry as IndexEntry, read as read_index};
pub use runtime::{Guess, RUNTIMES, Shown, shown};

/// The most images that a run reads.
const MOST_IMAGES: usize = 10_000;

/// The C library of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl, the C library of Alpine.
    Musl,
}

impl fmt::Display for Libc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
        })
    }
}

/// An answer about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<T> {
    /// It is known.
    Known(T),
    /// It is known that there is none.
    Absent,
    /// It is not known.
    Unknown,
}

impl<T> Answer<T> {
    /// The known value.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// Why metadata is refused. It quotes nothing of the metadata but names and references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The config of an image for one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The architecture, such as `amd64`.
    pub architecture: String,
    /// The variant of the architecture; empty if there is none.
    pub variant: String,
    /// The environment; `None` for a variable that is set twice, to different values.
    env: BTreeMap<String, Option<String>>,
    /// The user, as written; empty if there is none.
    user: String,
    /// The words that start it.
    entrypoint: Vec<String>,
    /// The words behind the entrypoint.
    cmd: Vec<String>,
    labels: BTreeMap<String, String>,
    /// The commands that built it.
    history: Vec<String>,
    /// The C library according to its layers.
    loader: Option<Libc>,
}

impl Image {
    /// Whether it says the same as another one about a process that is started from it.
    fn runs_like(&self, other: &Self) -> bool {
        let config = |image: &Self| Self { history: Vec::new(), loader: None, ..image.clone() };
        config(self) == config(other)
    }
}

/// The images of a reference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Platforms {
    /// One for each platform that was given.
    images: Vec<Image>,
    /// Every architecture of the image, if all are known.
    all: Option<BTreeSet<String>>,
}

/// Images by reference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    images: BTreeMap<String, Platforms>,
    /// The number of images, for all platforms.
    count: usize,
}

impl Metadata {
    /// Adds what is known about the image of a reference. Images of other systems than Linux are left out.
    ///
    /// # Errors
    /// [`Conflict`] if the reference has different content for that platform.
    pub fn add(&mut self, reference: &str, image: Image) -> Result<(), Conflict> {
        if image.os != "linux" {
            return Ok(());
        }
        let Some(key) = key(reference) else { return Ok(()) };
        let platforms = self.images.entry(key).or_default();
        let platform = |image: &Image| (image.architecture.clone(), image.variant.clone());
        match platforms.images.iter_mut().find(|known| platform(known) == platform(&image)) {
            None => {
                platforms.images.push(image);
                self.count += 1;
            }
            // `docker image inspect` has no history, and only a layout has layers.
            Some(known) if known.runs_like(&image) => {
                if known.history.is_empty() {
                    known.history = image.history;
                }
                known.loader = known.loader.or(image.loader);
            }
            Some(_) => return Err(Conflict),
        }
        Ok(())
    }

    /// Adds that an image has these architectures and no other.
    pub fn complete(&mut self, reference: &str, architectures: &BTreeSet<String>) {
        if let Some(key) = key(reference) {
            self.images.entry(key).or_default().all = Some(architectures.clone());
        }
    }

    /// What is known about the image of a reference; `None` if it was not given.
    #[must_use]
    pub fn of(&self, reference: &str) -> Option<Facts<'_>> {
        if self.images.is_empty() {
            return None;
        }
        let (key, platforms) = self.images.get_key_value(&key(reference)?)?;
        Some(Facts { key, platforms })
    }

    /// Whether there are more images than a run reads.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.count > MOST_IMAGES
    }
}

/// A reference was given twice, with different content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict;

/// Whether a reference has a tag or a digest. A bare word can be a tag alone.
#[cfg(feature = "cli")]
pub fn has_version(reference: &str) -> bool {
    Reference::parse(reference).is_some_and(|reference| reference.version().is_some())
}

/// A reference as a key: however it is written, it has the same one.
fn key(reference: &str) -> Option<String> {
    Reference::parse(reference).map(|reference| reference.canonical())
}

/// Who a container runs as if the manifest does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User<'a> {
    /// User 0.
    Root,
    /// Another number.
    Number,
    /// A name. The kubelet cannot tell whether it is root.
    Name(&'a str),
}

/// What is known about the image of a reference.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    key: &'a str,
    platforms: &'a Platforms,
}

impl<'a> Facts<'a> {
    /// The answer that all platforms give.
    fn all<T: PartialEq>(self, answer: impl Fn(&'a Image) -> Answer<T>) -> Answer<T> {
        let mut answers = self.platforms.images.iter().map(answer);
        let Some(first) = answers.next() else { return Answer::Unknown };
        if answers.all(|other| other == first) { first } else { Answer::Unknown }
    }

    /// The value of a variable in the image's environment.
    #[must_use]
    pub fn variable(self, name: &str) -> Answer<&'a str> {
        self.all(|image| match image.env.get(name) {
            Some(Some(value)) => Answer::Known(value.as_str()),
            Some(None) => Answer::Unknown,
            None => Answer::Absent,
        })
    }

    /// The C library.
    #[must_use]
    pub fn libc(self) -> Option<Libc> {
        self.all(|image| libc::of(self.key, image).map_or(Answer::Unknown, Answer::Known)).known()
    }

    /// The user.
    #[must_use]
    pub fn user(self) -> Option<User<'a>> {
        self.all(|image| Answer::Known(user(&image.user))).known()
    }

    /// The architectures that were given.
    #[must_use]
    pub fn given_architectures(self) -> BTreeSet<&'a str> {
        self.platforms.images.iter().map(|image| image.architecture.as_str()).collect()
    }

    /// Every architecture of the image, if all are known.
    #[must_use]
    pub fn architectures(self) -> Option<BTreeSet<&'a str>> {
        self.platforms.all.as_ref().map(|all| all.iter().map(String::as_str).collect())
    }

    /// The language of a container with this image, `command` and `args`.
    #[must_use]
    pub fn shown(self, command: &[&str], args: &[&str]) -> Shown {
        let mut all = self.platforms.images.iter().map(|image| shown(image, command, args));
        let Some(first) = all.next() else { return Shown::default() };
        if all.all(|other| other == first) { first } else { Shown::default() }
    }
}

/// The user of a config: `user`, `uid`, `user:group` or `uid:gid`; nobody means root.
fn user(text: &str) -> User<'_> {
    let user = text.split(':').next().unwrap_or_default();
    match user.parse::<i64>() {
        Ok(0) => User::Root,
        Ok(_) => User::Number,
        Err(_) if user.is_empty() || user == "root" => User::Root,
        Err(_) => User::Name(user),
    }
}

/// A value of an image's environment as the value of a variable in a manifest, where `$(NAME)` and `$$` mean something
/// else.
#[must_use]
pub fn escaped(value: &str) -> String {
    value.replace('$', "$$")
}

#[cfg(test)]
mod tests;
