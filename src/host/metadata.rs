//! Reads the metadata of images from files and folders.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::host::faults::io_error;
use crate::host::files;
use crate::k8s::image::Image as Reference;
use crate::metadata::layout::{self, LARGEST};
use crate::metadata::{self, Conflict, IndexEntry, Metadata, Named, Refusal};

/// The file with the references of a folder.
const INDEX: &str = "images.json";
/// The file that marks an OCI layout.
const LAYOUT: &str = "oci-layout";
/// The largest index; it can have configs in it.
const LARGEST_INDEX: u64 = 16 << 20;
/// How deep folders are searched.
const DEEPEST: usize = 32;
/// The most entries of all folders.
const MOST_ENTRIES: usize = 100_000;

/// Reads all of `paths`.
pub(super) fn read(paths: &[PathBuf]) -> Result<Metadata, Vec<Finding>> {
    let mut reader = Reader { metadata: Metadata::default(), entries: 0, images: 0 };
    for path in paths {
        reader.path(path).map_err(|finding| vec![*finding])?;
    }
    Ok(reader.metadata)
}

/// Why something was refused.
type Refused<T = ()> = Result<T, Box<Finding>>;

fn refused(path: &Path, reason: &str) -> Box<Finding> {
    Finding::metadata_refused("", &files::name(path), reason).into()
}

fn failed(error: &anyhow::Error) -> Box<Finding> {
    io_error(error).into()
}

struct Reader {
    metadata: Metadata,
    /// The entries of folders so far.
    entries: usize,
    /// The images so far, including repeated ones.
    images: usize,
}

impl Reader {
    fn path(&mut self, path: &Path) -> Refused {
        if path.is_dir() {
            let before = self.images;
            self.folder(path, path, 0)?;
            if self.images == before {
                return Err(refused(
                    path,
                    "the folder has no image config, no images.json and no OCI layout",
                ));
            }
            return Ok(());
        }
        if path.file_name().is_some_and(|name| name == INDEX) {
            return self.index(path);
        }
        self.file(path, path.file_name().map(Path::new).unwrap_or(path))
    }

    /// Reads a folder below `root`: as an OCI layout, by its index, or each file by its name.
    fn folder(&mut self, root: &Path, folder: &Path, depth: usize) -> Refused {
        if folder.join(LAYOUT).is_file() {
            return self.layout(folder);
        }
        if folder.join(INDEX).is_file() {
            return self.index(&folder.join(INDEX));
        }
        if depth > DEEPEST {
            return Err(refused(folder, &format!("folders are nested more than {DEEPEST} deep")));
        }
        let wrong = |error: std::io::Error| {
            failed(&anyhow::Error::new(error).context(format!("cannot read {}", folder.display())))
        };
        let mut all = Vec::new();
        for entry in fs::read_dir(folder).map_err(wrong)? {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return Err(refused(root, &format!("it has more than {MOST_ENTRIES} files")));
            }
            all.push(entry.map_err(wrong)?.path());
        }
        all.sort();
        for path in all {
            // A link to a folder can lead back to it.
            let is_link = path.is_symlink();
            if path.is_dir() && !is_link {
                self.folder(root, &path, depth + 1)?;
            } else if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
                self.file(&path, path.strip_prefix(root).unwrap_or(&path))?;
            }
        }
        Ok(())
    }

    /// Reads a file whose content, or else its path relative to a folder, gives the reference.
    fn file(&mut self, path: &Path, relative: &Path) -> Refused {
        let bytes = files::at_most(path, LARGEST_INDEX).map_err(|error| failed(&error))?;
        let all = metadata::read(&bytes).map_err(|Refusal(reason)| refused(path, &reason))?;
        let of_name = reference(relative);
        let is_one = all.len() == 1;
        for Named { mut references, image } in all {
            // A name such as docker.json is no reference if the content has one.
            let is_version = |name: &String| references.is_empty() || metadata::has_version(name);
            let own = of_name.clone().filter(|name| is_one && is_version(name));
            references.extend(own);
            if references.is_empty() {
                return Err(Finding::metadata_without_reference("", &files::name(path)).into());
            }
            for reference in references {
                self.add(path, &reference, image.clone())?;
            }
        }
        Ok(())
    }

    fn index(&mut self, path: &Path) -> Refused {
        let bytes = files::at_most(path, LARGEST_INDEX).map_err(|error| failed(&error))?;
        let entries = metadata::read_index(&bytes).map_err(|Refusal(reason)| refused(path, &reason))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for (reference, entry) in entries {
            let (path, all) = match entry {
                IndexEntry::File(file) => {
                    let path = folder.join(file);
                    let bytes = files::at_most(&path, LARGEST).map_err(|error| failed(&error))?;
                    let all = metadata::read(&bytes);
                    (path, all)
                }
                IndexEntry::Inline(value) => (path.to_owned(), metadata::read_value(&value)),
            };
            let all = all.map_err(|Refusal(reason)| refused(&path, &format!("{reference}: {reason}")))?;
            // Of one image, the elements of a list are its platforms.
            for Named { image, .. } in all {
                self.add(&path, &reference, image)?;
            }
        }
        Ok(())
    }

    fn layout(&mut self, folder: &Path) -> Refused {
        let found = layout::read(&Folder(folder)).map_err(|Refusal(reason)| refused(folder, &reason))?;
        for layout::Found { references, images, all } in found {
            for reference in references {
                for image in &images {
                    self.add(folder, &reference, image.clone())?;
                }
                if let Some(all) = &all {
                    self.metadata.complete(&reference, all);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, reference: &str, image: metadata::Image) -> Refused {
        self.images += 1;
        let added = self.metadata.add(reference, image);
        added.map_err(|Conflict| Finding::metadata_conflicts("", reference, &files::name(path)))?;
        if self.metadata.is_too_large() {
            return Err(refused(path, "there are too many images"));
        }
        Ok(())
    }
}

/// The reference in a path such as `ghcr.io/acme/shop:1.4.2.json`. Characters that a file system does not take may be
/// written as `%3A`.
fn reference(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    let name = decoded(parts?.join("/").strip_suffix(".json")?)?;
    Reference::parse(&name).is_some().then_some(name)
}

/// A text with `%XX` as bytes; `None` if they are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                bytes.push(digit(high)? * 16 + digit(low)?);
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The files of a layout in a folder.
struct Folder<'p>(&'p Path);

impl layout::Files for Folder<'_> {
    fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, Refusal> {
        let path = self.0.join(path);
        if !path.exists() {
            return Ok(None);
        }
        files::at_most(&path, most).map(Some).map_err(|error| Refusal(format!("{error:#}")))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read>>, Refusal> {
        let path = self.0.join(path);
        if !path.exists() {
            return Ok(None);
        }
        match files::opened(&path) {
            Ok(file) => Ok(Some(Box::new(std::io::BufReader::new(file)))),
            Err(error) => Err(Refusal(format!("{error:#}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_the_reference() {
        let cases = [
            ("nginx:1.27.json", Some("nginx:1.27")),
            ("ghcr.io/acme/shop:1.4.2.json", Some("ghcr.io/acme/shop:1.4.2")),
            ("ghcr.io%2Facme%2Fshop%3A1.4.2.json", Some("ghcr.io/acme/shop:1.4.2")),
            ("nginx.json", Some("nginx")),
            ("host:5000/shop.json", Some("host:5000/shop")),
            ("Web Server.json", None),
            ("%3.json", None),
            ("%ff:1.json", None),
            ("nginx:1.27", None),
        ];
        for (path, expected) in cases {
            assert_eq!(reference(Path::new(path)).as_deref(), expected, "{path}");
        }
    }
}
