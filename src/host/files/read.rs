//! Reads files, pipes and devices, and records a file's state.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

/// The maximum size read from a device: more than anybody types. `/dev/zero` never ends.
const DEVICE_LIMIT: u64 = 16_000_000;

/// The state of a file: if it changes, somebody else has written the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::host) struct Stamp {
    /// Device and inode.
    #[cfg(unix)]
    identity: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn new(metadata: &Metadata) -> Self {
        Self {
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// Whether `path` is still the same file, and not a link to it.
    pub(in crate::host) fn is_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && Self::new(&metadata) == *self)
    }
}

/// The kinds of files that matter for reading.
enum Kind {
    File,
    /// A pipe or a socket, which its writer closes.
    Pipe,
    /// A terminal, `/dev/null`, `/dev/zero`.
    Device,
    /// Something without text, in words.
    Other(&'static str),
}

fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Kind::Other("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() || kind.is_socket() {
            return Kind::Pipe;
        }
        if kind.is_char_device() {
            return Kind::Device;
        }
        if kind.is_block_device() {
            return Kind::Other("a block device");
        }
    }
    Kind::File
}

/// Fails unless `path` is a regular file, because nothing else can be replaced.
pub(super) fn is_replaceable(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).with_context(|| cannot(path))?;
    let what = match kind(&metadata) {
        Kind::File => return Ok(()),
        Kind::Pipe => "a pipe",
        Kind::Device => "a device",
        Kind::Other(what) => what,
    };
    bail!("cannot replace {}: it is {what}, not a file", path.display())
}

/// Reads all of `path`, which the user named. A pipe is read to its end.
pub(in crate::host) fn bytes(path: &Path) -> Result<Vec<u8>> {
    stamped(path).map(|(bytes, _)| bytes)
}

/// Reads all of `path` and returns the file's state, or `None` if it is not a regular file.
pub(in crate::host) fn stamped(path: &Path) -> Result<(Vec<u8>, Option<Stamp>)> {
    let metadata = fs::metadata(path).with_context(|| cannot(path))?;
    if let Kind::File = kind(&metadata) {
        let (bytes, stamp) = regular(path)?;
        return Ok((bytes, Some(stamp)));
    }
    if let Kind::Other(what) = kind(&metadata) {
        bail!("{}: it is {what}", cannot(path));
    }
    let file = File::open(path).with_context(|| cannot(path))?;
    Ok((open(file).with_context(|| cannot(path))?, None))
}

/// Reads the regular file at `path`. Does not block on anything else.
pub(super) fn regular(path: &Path) -> Result<(Vec<u8>, Stamp)> {
    let mut file = opened(path)?;
    let mut read = || {
        let metadata = file.metadata()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((bytes, Stamp::new(&metadata)))
    };
    read().map_err(|error: io::Error| anyhow::Error::new(error).context(cannot(path)))
}

/// Reads the regular file at `path`, or refuses it if it is larger than `most` bytes.
pub(in crate::host) fn at_most(path: &Path, most: u64) -> Result<Vec<u8>> {
    let (mut bytes, file) = (Vec::new(), opened(path)?);
    file.take(most + 1).read_to_end(&mut bytes).with_context(|| cannot(path))?;
    if bytes.len() as u64 > most {
        bail!("{} has more than {most} bytes", path.display());
    }
    Ok(bytes)
}

/// Opens the regular file at `path`. Does not block on anything else.
pub(in crate::host) fn opened(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let open = || {
        let file = options.open(path)?;
        if !matches!(kind(&file.metadata()?), Kind::File) {
            return Err(io::Error::other("it is not a file"));
        }
        Ok(file)
    };
    open().with_context(|| cannot(path))
}

/// Reads all of stdin.
pub(super) fn stdin() -> Result<Vec<u8>> {
    let cannot = "cannot read stdin";
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let own = io::stdin().as_fd().try_clone_to_owned().context(cannot)?;
        open(File::from(own)).context(cannot)
    }
    #[cfg(not(unix))]
    {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context(cannot)?;
        Ok(bytes)
    }
}

/// Reads the rest of an open file.
fn open(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let is_device = file.metadata().is_ok_and(|metadata| matches!(kind(&metadata), Kind::Device));
    if !is_device {
        file.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    file.take(DEVICE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DEVICE_LIMIT {
        return Err(io::Error::other("it is a device that gives more than 16 MB"));
    }
    Ok(bytes)
}

fn cannot(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
