//! The pipeline: texts in, edits and findings out.

use crate::config::Settings;
use crate::finding::Finding;
use crate::yaml::Edit;

/// What a text is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A stream of documents whose workloads are injected.
    Stream,
    /// One `ResourceList` from a host: anything beside it is an error.
    ResourceList,
    /// Resources that are looked up, never changed.
    Context,
}

/// One text of a run.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's path for findings; none for a stream.
    pub file: Option<&'a str>,
    /// The bytes as they came.
    pub text: &'a [u8],
    /// What the text is read for.
    pub role: Role,
}

/// What a run has to say.
#[derive(Debug, Default)]
pub struct Output {
    /// Per source, in the sources' order: its edits, by position. All empty when a finding is an error.
    pub edits: Vec<Vec<Edit>>,
    /// Errors first, then warnings, then infos; within a severity by source and position.
    pub findings: Vec<Finding>,
    /// A `ResourceList` could not be read at all: there is nothing to print.
    pub unreadable: bool,
    /// How many resources the targets (not the context) hold.
    pub resources: usize,
}
