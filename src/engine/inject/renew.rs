//! Injections that are there already: renewed, or taken out.

use std::collections::BTreeMap;

use super::{Piece, Run, is_missed};
use crate::engine::back::{Back, edit_between, proved};
use crate::engine::read::Found;
use crate::finding::{Code, Finding};
use crate::k8s::{Kind, Workload};
use crate::plan::Plan;
use crate::plan::original::{self, Foreign, Original, Wanted};
use crate::plan::renewal::{Renewal, renewal};
use crate::yaml::{Document, edited};

/// What becomes of an injection that a workload has already.
#[derive(Debug)]
pub(super) enum Past {
    /// It stays; the findings say why.
    Stays(Vec<Finding>),
    /// It was taken out, and this is planned anew.
    Anew(Box<Plan>),
}

impl Run<'_> {
    /// What becomes of the injections that a document has, and the originals of those that are renewed.
    pub(super) fn past<'f>(
        &self,
        document: &Document<'_>,
        found: &'f [Found],
    ) -> (BTreeMap<usize, Past>, Vec<(&'f Found, Original)>) {
        let mut past = BTreeMap::new();
        let mut originals = Vec::new();
        for (index, found) in found.iter().enumerate() {
            let Some(identity) = &found.identity else { continue };
            let Ok(resource) = document.value_of(found.cursor) else { continue };
            let search = |is_new: &dyn Fn(&str) -> bool| {
                renewal(&resource, is_new, identity, self.context, self.settings)
            };
            let led_back = proved(document, found, &resource, search, |renewal| match renewal {
                Some(Renewal::Updated(original, _)) => Some(original),
                _ => None,
            });
            let own = match led_back.flatten() {
                None => continue,
                Some(Renewal::Stays(finding)) => Past::Stays(vec![*finding]),
                Some(Renewal::Refused(findings)) => Past::Stays(findings),
                Some(Renewal::Updated(original, plan)) => {
                    originals.push((found, *original));
                    Past::Anew(plan)
                }
            };
            past.insert(index, own);
        }
        (past, originals)
    }

    /// Injects a document anew that was led back to `originals`; none where that fails for one of them.
    pub(super) fn anew(
        &self,
        document: &Document<'_>,
        back: &Back,
        past: BTreeMap<usize, Past>,
        originals: &[(&Found, Original)],
        read: &impl Fn(&Document<'_>) -> Vec<Found>,
    ) -> Option<Piece> {
        let before = Document::parse(&back.text).ok()?;
        let mut piece = self.injected(&before, read(&before), past);
        let updated = piece.findings.iter().filter(|(_, finding)| finding.code == Code::Updated);
        if updated.count() != originals.len() {
            return None;
        }
        for (base, patch) in &mut piece.patches {
            let back =
                originals.iter().find(|(found, _)| found.base == *base).map(|(_, original)| &original.back);
            if let Some((back, changes)) = back.zip(patch.changes.as_mut()) {
                changes.splice(0..0, back.iter().cloned());
            }
        }
        for (offset, _) in &mut piece.findings {
            *offset = back.origin(*offset);
        }
        let after = edited(before.source(), &piece.edits);
        piece.edits = edit_between(document.source(), &after).into_iter().collect();
        Some(piece)
    }

    /// Takes the injections of a document's workloads out.
    pub(super) fn uninjected(&self, document: &Document<'_>, found: &[Found]) -> Piece {
        let mut piece = Piece { resources: found.len(), ..Piece::default() };
        let mut originals = Vec::new();
        for found in found {
            let Some(identity) = &found.identity else { continue };
            piece.missed_context |= is_missed(document, found);
            if Kind::among(&self.settings.kinds, identity.group(), identity.kind()).is_none() {
                continue;
            }
            let resource = match document.value_of(found.cursor) {
                Ok(resource) => resource,
                Err(problem) => {
                    piece.problem(document, found, problem);
                    continue;
                }
            };
            let workload = Workload::of(&resource, identity, &self.settings.kinds);
            let Some(workload) = workload.filter(original::has_traces) else { continue };
            let pointer = workload.pointer("");
            let search = |is_new: &dyn Fn(&str) -> bool| {
                original::original(Wanted::All, &resource, is_new, identity, self.context, self.settings)
            };
            match proved(document, found, &resource, search, |result| result.as_ref().ok()) {
                Some(Ok(original)) => {
                    let after = Workload::of(&original.value, identity, &self.settings.kinds);
                    if after.as_ref().is_some_and(original::has_traces) {
                        let message = "the rest of it is not what an injection would write";
                        let finding = Finding::new(Code::CannotUninject, pointer.clone(), message);
                        piece.find(document, found, vec![finding]);
                    }
                    originals.push((found, original));
                    let message = "the injection is taken out";
                    piece.find(document, found, vec![Finding::new(Code::Uninjected, pointer, message)]);
                }
                None => {
                    let message = "its text is not what an injection would write, though its value is";
                    piece.find(document, found, vec![Finding::new(Code::CannotUninject, pointer, message)]);
                }
                Some(Err(Foreign(difference))) => {
                    piece.find(
                        document,
                        found,
                        vec![Finding::new(Code::CannotUninject, pointer, difference)],
                    );
                }
            }
        }
        if originals.is_empty() {
            return piece;
        }
        match Back::of(document, &originals) {
            Some(back) => piece.edits = back.edits,
            None => {
                let message = "its text is not what an injection would write, though its value is";
                for (found, _) in &originals {
                    piece.find(document, found, vec![Finding::new(Code::CannotUninject, "", message)]);
                }
            }
        }
        piece
    }
}
