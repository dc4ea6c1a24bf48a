//! The attributes of a file: mode, owner, group, extended attributes.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Gives `file` the permissions of the file at `like`.
pub(super) fn copy_mode(file: &File, like: &Path) -> io::Result<()> {
    let permissions = fs::metadata(like)?.permissions();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        // A copy belongs to another user: setuid and setgid must not be copied.
        fs::Permissions::from_mode(permissions.mode() & 0o777)
    };
    file.set_permissions(permissions)
}

/// Copies the attributes of the file at `like` to `file`, which nobody else can open yet. Returns the attributes that
/// the system did not allow.
#[cfg(unix)]
pub(super) fn keep(file: &File, like: &Path) -> io::Result<Vec<String>> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let wanted = fs::metadata(like)?;
    let own = file.metadata()?;
    let mut lost = Vec::new();
    let mut mode = wanted.mode() & 0o7777;
    if own.gid() != wanted.gid() && fchown(file, None, Some(wanted.gid())).is_err() {
        lost.push(format!("group {}", wanted.gid()));
        // A different group gets no more access than others.
        mode = (mode & 0o5707) | (mode & ((mode & 0o7) << 3));
    }
    if own.uid() != wanted.uid() && fchown(file, Some(wanted.uid()), None).is_err() {
        lost.push(format!("owner {}", wanted.uid()));
        mode &= 0o1777;
    }
    lost.extend(keep_extended(file, like)?);
    // Last, because changing the owner or an access control list also changes the mode.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    if wanted.nlink() > 1 {
        lost.push("hard links (its other names keep the old text)".to_owned());
    }
    Ok(lost)
}

/// Copies the extended attributes, including access control lists.
#[cfg(unix)]
fn keep_extended(file: &File, like: &Path) -> io::Result<Vec<String>> {
    use xattr::FileExt;
    let mut lost = Vec::new();
    let wanted: Vec<_> = match xattr::list_deref(like) {
        Ok(names) => names.collect(),
        // The file system does not support them.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(lost),
        Err(error) => return Err(error),
    };
    // The folder may have given the new file a default list that the old file does not have.
    for name in file.list_xattr()?.filter(|name| !wanted.contains(name)) {
        // A system label may not be removable.
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

/// On other systems, only copies permissions.
#[cfg(not(unix))]
pub(super) fn keep(file: &File, like: &Path) -> io::Result<Vec<String>> {
    copy_mode(file, like)?;
    Ok(Vec::new())
}
