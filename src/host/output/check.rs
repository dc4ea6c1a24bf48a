//! Output of only the findings.

use std::io::{self, Write};

use super::{Outcome, Output};
use crate::host::terminal::report_for;
use crate::report::Purpose;

/// Nothing is written: the report is the output.
pub(in crate::host) struct Check;

impl Output for Check {
    fn purpose(&self) -> Purpose {
        Purpose::Check
    }

    fn answers_failures(&self) -> bool {
        true
    }

    fn prints_report(&self) -> bool {
        true
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        let report = report_for(&io::stdout(), outcome.format(), &outcome.view());
        out.write_all(report.as_bytes())?;
        Ok(())
    }
}
