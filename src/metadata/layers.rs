//! The C library of a layer, by the names of its entries. Contents are skipped, never kept.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Libc, Refusal};

/// The most bytes that are read of a layer, unpacked.
const MOST_BYTES: u64 = 4 << 30;

/// The most entries that are read of a layer.
const MOST_ENTRIES: usize = 1_000_000;

/// The largest extended header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

const BLOCK: usize = 512;

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
    let mut archive = archive.take(MOST_BYTES);
    let mut found: Option<Libc> = None;
    let mut size_of_next = None;
    let mut block = [0; BLOCK];
    for _ in 0..MOST_ENTRIES {
        match fill(&mut archive, &mut block)? {
            0 if archive.limit() == 0 => return Ok(Loader::Unclear),
            0 => return Ok(found.map_or(Loader::None, Loader::Of)),
            BLOCK => {}
            _ if archive.limit() == 0 => return Ok(Loader::Unclear),
            _ => return Err(io::Error::other("it ends too early")),
        }
        // Two empty blocks end an archive.
        if block.iter().all(|byte| *byte == 0) {
            return Ok(found.map_or(Loader::None, Loader::Of));
        }
        if !has_checksum(&block) {
            return Err(io::Error::other("it is not a tar archive"));
        }
        let own = number(&block[124..136]).ok_or_else(|| io::Error::other("an entry has no size"))?;
        let kind = block[156];
        let size = match kind {
            // Headers about the next entry have their own size.
            b'x' | b'g' | b'L' | b'K' => own,
            _ => size_of_next.take().unwrap_or(own),
        };
        if kind == b'x' && size <= LONGEST_HEADER {
            let mut header = vec![0; usize::try_from(size).unwrap_or_default()];
            archive.read_exact(&mut header)?;
            size_of_next = pax_size(&header);
            skip(&mut archive, padding(size))?;
            continue;
        }
        if let Some(libc) = of_entry(&name(&block)) {
            if found.is_some_and(|other| other != libc) {
                return Ok(Loader::Unclear);
            }
            found = Some(libc);
        }
        // Links have no content, whatever their size says.
        let content = if matches!(kind, b'1'..=b'6') { 0 } else { size };
        if !skip(&mut archive, content.saturating_add(padding(content)))? {
            return Ok(Loader::Unclear);
        }
    }
    Ok(Loader::Unclear)
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

/// The path in a header: prefix and name.
fn name(block: &[u8; BLOCK]) -> String {
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).into_owned()
    };
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    let is_posix = &block[257..263] == b"ustar\0";
    if is_posix && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

/// Whether the header's checksum is right; the field itself counts as blanks.
fn has_checksum(block: &[u8; BLOCK]) -> bool {
    let sum = |of: fn(u8) -> i64| -> i64 {
        let byte = |(index, byte): (usize, &u8)| of(if (148..156).contains(&index) { b' ' } else { *byte });
        block.iter().enumerate().map(byte).sum()
    };
    let written = number(&block[148..156]).and_then(|sum| i64::try_from(sum).ok());
    // Old programs added signed bytes.
    written == Some(sum(i64::from)) || written == Some(sum(|byte| i64::from(byte.cast_signed())))
}

/// A number in a header: octal digits, or binary if the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        // A negative number, or one that no entry has.
        if *first != 0x80 {
            return None;
        }
        return rest.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let is_filler = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_filler(byte)).unwrap_or(field.len());
    let digits = field[start..].iter().take_while(|byte| !is_filler(byte));
    digits.copied().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// The `size` in an extended header: records of the form `LENGTH KEY=VALUE\n`.
fn pax_size(header: &[u8]) -> Option<u64> {
    let mut rest = header;
    let mut size = None;
    while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&rest[..blank]).ok()?.parse().ok()?;
        let record = rest.get(blank + 1..length)?;
        if let Some(value) = record.strip_prefix(b"size=") {
            size = std::str::from_utf8(value).ok()?.trim_end().parse().ok();
        }
        rest = &rest[length..];
    }
    size
}

/// The bytes behind a content up to the next block.
const fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64).wrapping_sub(size)
}

/// Reads as much as there is, up to the whole buffer.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

/// Skips bytes. Whether all of them were there and within the limit.
fn skip(reader: &mut io::Take<impl Read>, count: u64) -> io::Result<bool> {
    if count > reader.limit() {
        return Ok(false);
    }
    let skipped = io::copy(&mut reader.by_ref().take(count), &mut io::sink())?;
    if skipped < count {
        return Err(io::Error::other("it ends too early"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of an entry.
    pub(super) fn header(name: &str, size: u64, kind: u8) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[156] = kind;
        block[148..156].copy_from_slice(b"        ");
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    fn archive(names: &[&str]) -> Vec<u8> {
        let entry = |name: &&str| [header(name, 3, b'0'), b"abc".to_vec(), vec![0; BLOCK - 3]].concat();
        names.iter().flat_map(entry).chain(vec![0; 2 * BLOCK]).collect()
    }

    fn scanned(names: &[&str]) -> Loader {
        scan(archive(names).as_slice()).expect("an archive")
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
    fn sizes_are_those_of_extended_headers() {
        let record = b"12 size=600\n";
        let entry = [
            header("pax", record.len() as u64, b'x'),
            record.to_vec(),
            vec![0; BLOCK - record.len()],
            header("data", 0, b'0'),
            vec![1; 1024],
            header("lib/ld-musl-aarch64.so.1", 0, b'0'),
        ];
        assert_eq!(scan(entry.concat().as_slice()).expect("an archive"), Loader::Of(Libc::Musl));
    }

    #[test]
    fn what_is_no_archive_is_refused_and_what_never_ends_is_unclear() {
        assert!(scan(&b"x"[..]).is_err());
        assert!(scan(vec![7; 4 * BLOCK].as_slice()).is_err());
        // Its content is missing.
        assert!(scan(header("a", 4096, b'0').as_slice()).is_err());
        // More than is read.
        assert_eq!(scan(header("a", 1 << 32, b'0').as_slice()).ok(), Some(Loader::Unclear));
        let endless = io::repeat(0).chain(io::empty());
        assert_eq!(scan(endless).ok(), Some(Loader::None));
        let mut huge = header("a", 0, b'0');
        huge[124..136].copy_from_slice(&[0xff; 12]);
        assert!(scan(huge.as_slice()).is_err());
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
