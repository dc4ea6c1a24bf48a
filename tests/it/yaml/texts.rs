//! Where the documents of the tests come from.

use std::path::{Path, PathBuf};

/// The variable that names a folder of real workload documents to run against as well.
const CORPUS: &str = "OTEL_INJECT_CORPUS";

pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The files of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// A document of a file.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) text: String,
}

fn samples(folder: &Path) -> Vec<Sample> {
    let mut samples = Vec::new();
    for file in files(folder) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (index, range) in otel_inject::yaml::split_documents(text.as_bytes()).into_iter().enumerate() {
            let name = format!("{}#{index}", file.file_name().unwrap().to_string_lossy());
            samples.push(Sample { name, text: text[range].to_owned() });
        }
    }
    samples
}

/// The workloads of this repository, in the styles that people write.
pub(crate) fn workloads() -> Vec<Sample> {
    samples(&testdata("workloads"))
}

/// The documents of this repository, hostile ones included.
pub(crate) fn own() -> Vec<Sample> {
    let folders = ["workloads", "hostile", "krm-wire"];
    folders.iter().flat_map(|folder| samples(&testdata(folder))).collect()
}

/// The documents that `OTEL_INJECT_CORPUS` names.
pub(crate) fn real() -> Vec<Sample> {
    let folder = std::env::var_os(CORPUS).unwrap_or_else(|| panic!("{CORPUS} names no folder"));
    samples(Path::new(&folder))
}
