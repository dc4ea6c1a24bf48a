//! The hosts that call us, really run: what a tool on PATH makes of our output, and of our failures. An agent too,
//! with what we inject.
//!
//! A tool that is missing leaves its tests ignored, with the reason in their names; a tool that
//! `REQUIRE_HOSTS` names (`kustomize,kpt`) must be there. `UPDATE_EXPECTED=1` writes the `.expected` folders
//! of the examples.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use tools::Tool;

#[path = "../common/mod.rs"]
mod common;

mod action;
mod collector;
mod examples;
mod helm;
mod kpt;
mod kubectl;
mod kustomize;
mod nodejs;
mod page;
mod patches;
mod pipe;
mod pre_commit;
mod pull_request;
mod release;
mod scripts;
mod shown;
mod tools;
mod world;

/// One run of hosts, and what it must show.
struct Case {
    name: &'static str,
    needs: &'static [Tool],
    run: fn(),
}

/// Cases by the names of their functions.
macro_rules! cases {
    ($($needs:expr => [$($run:ident),* $(,)?]),* $(,)?) => {
        &[$($($crate::Case { name: stringify!($run), needs: $needs, run: $run }),*),*]
    };
}
use cases;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        examples::update();
    }
    let rooms = [
        examples::CASES,
        kustomize::CASES,
        patches::CASES,
        kpt::CASES,
        kubectl::CASES,
        helm::CASES,
        pipe::CASES,
        pre_commit::CASES,
        nodejs::CASES,
        collector::CASES,
        page::CASES,
        pull_request::CASES,
        scripts::CASES,
        shown::CASES,
        action::CASES,
        release::CASES,
    ];
    let trials = rooms.into_iter().flatten().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(case: &'static Case) -> Trial {
    let missing: Vec<Tool> = case.needs.iter().copied().filter(|tool| tool.path().is_none()).collect();
    let Some(first) = missing.first() else {
        return Trial::test(case.name, || {
            (case.run)();
            Ok(())
        });
    };
    let reason = format!("{} is not on PATH", first.name());
    if missing.iter().any(|tool| tool.is_required()) {
        return Trial::test(case.name, move || {
            Err(Failed::from(format!("{reason}, and REQUIRE_HOSTS asks")))
        });
    }
    Trial::test(format!("{} ({reason})", case.name), || Ok(())).with_ignored_flag(true)
}
