//! The C library of a layer, by the names of its entries. Contents are skipped, never kept.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use tar::{Archive, EntryType};

use super::{Libc, Refusal};

/// The most bytes that are read of a layer, unpacked.
const MOST_BYTES: u64 = 4 << 30;

/// The most entries that are read of a layer.
const MOST_ENTRIES: usize = 1_000_000;

/// The largest extended header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// What the names of a layer's entries tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loader {
    /// The loader of one library.
    Of(Libc),
    /// Both loaders, or more than is read.
    Unclear,
    /// No loader.
    None,
}

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Plain,
}

impl Compression {
    /// By the layer's media type; `None` if it is unknown, for example encrypted.
    pub(super) fn of(media_type: &str) -> Option<Self> {
        let kind = media_type.rsplit_once(".tar").map(|(_, kind)| kind)?;
        match kind {
            "" => Some(Self::Plain),
            "+gzip" | ".gzip" => Some(Self::Gzip),
            "+zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Reads the names of a layer's entries.
///
/// # Errors
/// It is not a layer.
pub(super) fn loader(layer: Box<dyn Read>, compression: Compression) -> Result<Loader, Refusal> {
    let wrong = |error: io::Error| Refusal::new(format!("a layer cannot be read: {error}"));
    let unpacked: Box<dyn Read> = match compression {
        Compression::Plain => layer,
        // A layer may be several streams in one file.
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(layer)),
        Compression::Zstd => Box::new(Zstd::new(layer).map_err(wrong)?),
    };
    scan(unpacked).map_err(wrong)
}

/// A layer before it is unpacked.
type Packed = io::BufReader<Box<dyn Read>>;
/// A frame of a layer.
type Frame = StreamingDecoder<Packed, FrameDecoder>;

/// Zstandard frames one behind the other; skippable ones are left out.
struct Zstd {
    frame: Option<Frame>,
}

impl Zstd {
    fn new(layer: Box<dyn Read>) -> io::Result<Self> {
        Ok(Self { frame: Self::next(io::BufReader::new(layer))? })
    }

    /// The next frame with data.
    fn next(mut rest: Packed) -> io::Result<Option<Frame>> {
        loop {
            let start = rest.fill_buf()?;
            match *start {
                [] => return Ok(None),
                // 0x184D2A5? with its length, little endian.
                [low, 0x2a, 0x4d, 0x18, ..] if low & 0xf0 == 0x50 => {
                    let mut header = [0; 8];
                    rest.read_exact(&mut header)?;
                    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
                    io::copy(&mut rest.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                _ => return StreamingDecoder::new(rest).map(Some).map_err(io::Error::other),
            }
        }
    }
}

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else { return Ok(0) };
            let length = frame.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            let rest = self.frame.take().map(StreamingDecoder::into_inner);
            self.frame = rest.map_or(Ok(None), Self::next)?;
        }
    }
}

/// Reads the headers of a tar archive.
fn scan(archive: impl Read) -> io::Result<Loader> {
    let mut archive = Archive::new(archive);
    let mut found: Option<Libc> = None;
    // As they are, because the crate keeps extended headers of any size. Loaders have short names.
    for (index, entry) in archive.entries()?.raw(true).enumerate() {
        let mut entry = entry?;
        let end = entry.raw_file_position().saturating_add(entry.size());
        if index == MOST_ENTRIES || end > MOST_BYTES || gives_size(&mut entry)? {
            return Ok(Loader::Unclear);
        }
        if let Some(libc) = of_entry(&String::from_utf8_lossy(&entry.path_bytes())) {
            if found.is_some_and(|other| other != libc) {
                return Ok(Loader::Unclear);
            }
            found = Some(libc);
        }
    }
    Ok(found.map_or(Loader::None, Loader::Of))
}

/// Whether the entry is an extended header that says where the one after the next begins. Only entries of 8 GiB and
/// more need one.
fn gives_size(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<bool> {
    if entry.header().entry_type() != EntryType::XHeader {
        return Ok(false);
    }
    if entry.size() > LONGEST_HEADER {
        return Ok(true);
    }
    let mut records = entry.pax_extensions()?.into_iter().flatten();
    Ok(records.any(|record| record.map_or(true, |record| record.key_bytes() == b"size")))
}

/// The C library whose loader has this name.
fn of_entry(name: &str) -> Option<Libc> {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let name = name.strip_prefix("usr/").unwrap_or(name);
    let (folder, file) = name.rsplit_once('/')?;
    let (first, rest) = folder.split_once('/').unwrap_or((folder, ""));
    // `lib`, `lib64`, `lib/x86_64-linux-gnu`.
    if !["lib", "lib32", "lib64", "libx32"].contains(&first) || rest.contains('/') {
        return None;
    }
    if file.starts_with("ld-musl-") {
        return Some(Libc::Musl);
    }
    let is_glibc = (file.starts_with("ld-linux") || file.starts_with("ld64.so")) && file.contains(".so");
    is_glibc.then_some(Libc::Glibc)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of entries with these types, names and contents.
    fn archive(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (kind, name, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            archive.append(&header, *content).expect("memory");
        }
        archive.into_inner().expect("memory")
    }

    fn scanned(names: &[&str]) -> Loader {
        let entries: Vec<_> = names.iter().map(|name| (EntryType::Regular, *name, &b"abc"[..])).collect();
        scan(archive(&entries).as_slice()).expect("an archive")
    }

    #[test]
    fn a_loader_tells_the_library() {
        let (musl, glibc) = (Loader::Of(Libc::Musl), Loader::Of(Libc::Glibc));
        assert_eq!(scanned(&["etc/os-release", "lib/ld-musl-x86_64.so.1"]), musl);
        for name in [
            "lib64/ld-linux-x86-64.so.2",
            "./lib64/ld-linux-x86-64.so.2",
            "/lib/ld-linux-aarch64.so.1",
            "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "usr/lib64/ld64.so.2",
        ] {
            assert_eq!(scanned(&["etc/passwd", name]), glibc, "{name}");
        }
        for name in [
            "app/lib/ld-musl-x86_64.so.1",
            "usr/lib/debug/lib64/ld-linux-x86-64.so.2",
            "usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
            "libexec/ld-linux-x86-64.so.2",
            "etc/ld-linux.conf",
        ] {
            assert_eq!(scanned(&[name]), Loader::None, "{name}");
        }
        assert_eq!(scanned(&["lib/ld-musl-x86_64.so.1", "lib64/ld-linux-x86-64.so.2"]), Loader::Unclear);
        assert_eq!(scanned(&[]), Loader::None);
    }

    #[test]
    fn extended_headers_are_no_entries() {
        let musl = "lib/ld-musl-aarch64.so.1";
        let scanned = |record: &[u8]| {
            let entries = [
                (EntryType::XHeader, "pax", record),
                (EntryType::Regular, "data", b"abc"),
                (EntryType::Regular, musl, b""),
            ];
            scan(archive(&entries).as_slice()).expect("an archive")
        };
        assert_eq!(scanned(b"18 comment=a text\n"), Loader::Of(Libc::Musl));
        assert_eq!(scanned(b"12 size=600\n"), Loader::Unclear);
        assert_eq!(scanned(b"no record"), Loader::Unclear);
        assert_eq!(
            scanned(&vec![b'1'; usize::try_from(LONGEST_HEADER).expect("small") + 1]),
            Loader::Unclear
        );
    }

    #[test]
    fn what_is_no_archive_is_refused_and_what_never_ends_is_unclear() {
        let header = |size: u64| {
            let mut header = tar::Header::new_gnu();
            header.set_size(size);
            header.set_cksum();
            header.as_bytes().to_vec()
        };
        assert!(scan(&b"x"[..]).is_err());
        assert!(scan(vec![7; 2048].as_slice()).is_err());
        // Their content is missing.
        assert!(scan(header(4096).as_slice()).is_err());
        assert!(scan(header(u64::MAX).as_slice()).is_err());
        // More than is read.
        assert_eq!(scan(header(1 << 32).as_slice()).ok(), Some(Loader::Unclear));
        assert_eq!(scan(io::repeat(0)).ok(), Some(Loader::None));
    }

    #[test]
    fn a_layer_is_unpacked_as_its_media_type_says() {
        let cases = [
            ("application/vnd.oci.image.layer.v1.tar", Some(Compression::Plain)),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Some(Compression::Zstd)),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar+encrypted", None),
            ("application/vnd.in-toto+json", None),
        ];
        for (media_type, expected) in cases {
            assert_eq!(Compression::of(media_type), expected, "{media_type}");
        }
    }
}
