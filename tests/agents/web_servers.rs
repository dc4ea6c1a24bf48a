//! Real web servers with what an injection attaches to them.

/// A row of the page.
pub(crate) struct Check {
    /// The language's row.
    pub(crate) language: &'static str,
    /// The programs without which nothing can be shown.
    pub(crate) needs: &'static [&'static str],
    pub(crate) title: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What the cell says.
    pub(crate) run: fn() -> String,
}

/// The rows.
pub(crate) const CHECKS: &[Check] = &[];
