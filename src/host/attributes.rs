//! What a file is beside its text: mode, owner, group, extended attributes.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Gives `file` the permissions of the file at `like`.
pub(super) fn copy_mode(file: &File, like: &Path) -> io::Result<()> {
    let permissions = fs::metadata(like)?.permissions();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        // A copy belongs to another user, whose identity nobody asked to lend.
        fs::Permissions::from_mode(permissions.mode() & 0o777)
    };
    file.set_permissions(permissions)
}

/// Makes `file`, which nobody else can open yet, what the file at `like` is beside its text. Gives what the system
/// did not allow.
#[cfg(unix)]
pub(super) fn keep(file: &File, like: &Path) -> io::Result<Vec<String>> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let wanted = fs::metadata(like)?;
    let own = file.metadata()?;
    let mut lost = Vec::new();
    let mut mode = wanted.mode() & 0o7777;
    if own.gid() != wanted.gid() && fchown(file, None, Some(wanted.gid())).is_err() {
        lost.push(format!("group {}", wanted.gid()));
        // Another group gets no more than everybody.
        mode = (mode & 0o5707) | (mode & ((mode & 0o7) << 3));
    }
    if own.uid() != wanted.uid() && fchown(file, Some(wanted.uid()), None).is_err() {
        lost.push(format!("owner {}", wanted.uid()));
        mode &= 0o1777;
    }
    lost.extend(keep_extended(file, like)?);
    // Last: a change of the owner or of an access control list changes the mode as well.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    if wanted.nlink() > 1 {
        lost.push("hard links (its other names keep the old text)".to_owned());
    }
    Ok(lost)
}

/// The extended attributes; access control lists are some of them.
#[cfg(unix)]
fn keep_extended(file: &File, like: &Path) -> io::Result<Vec<String>> {
    use xattr::FileExt;
    let mut lost = Vec::new();
    let wanted: Vec<_> = match xattr::list_deref(like) {
        Ok(names) => names.collect(),
        // A file system that has none.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(lost),
        Err(error) => return Err(error),
    };
    // The folder may have given the new file a list that the old one does not have.
    for name in file.list_xattr()?.filter(|name| !wanted.contains(name)) {
        // A label of the system stays where it is wanted.
        let _ = file.remove_xattr(&name);
    }
    for name in wanted {
        // Digests of the old text.
        if name == "security.ima" || name == "security.evm" {
            continue;
        }
        let value = xattr::get_deref(like, &name)?;
        let is_there = value.is_some() && file.get_xattr(&name).ok() == Some(value.clone());
        let is_kept = is_there || value.is_none_or(|value| file.set_xattr(&name, &value).is_ok());
        if !is_kept {
            lost.push(format!("extended attribute {name:?}"));
        }
    }
    Ok(lost)
}

/// Elsewhere a file has its permissions.
#[cfg(not(unix))]
pub(super) fn keep(file: &File, like: &Path) -> io::Result<Vec<String>> {
    copy_mode(file, like)?;
    Ok(Vec::new())
}
