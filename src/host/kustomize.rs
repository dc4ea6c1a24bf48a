//! kustomize's legacy exec plugins, the only exec route in kubectl.

use std::ffi::OsString;
use std::path::PathBuf;

/// Variables that kustomize sets for a plugin; the first one is left out for a large config.
const MARKS: &[&str] = &["KUSTOMIZE_PLUGIN_CONFIG_STRING", "KUSTOMIZE_PLUGIN_CONFIG_ROOT"];

/// The config file that stands before all other arguments when kustomize calls a plugin.
pub(super) fn plugin_config(args: &[OsString]) -> Option<PathBuf> {
    let path = PathBuf::from(args.get(1)?);
    let is_plugin = MARKS.iter().any(|name| std::env::var_os(name).is_some());
    (is_plugin && path.is_file()).then_some(path)
}
