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
mod argo_cd;
mod book;
mod examples;
mod flux;
mod helm;
mod image;
mod images;
mod init;
mod kpt;
mod kubectl;
mod kustomize;
mod nodejs;
mod other_hosts;
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
        images::CASES,
        pipe::CASES,
        pre_commit::CASES,
        nodejs::CASES,
        page::CASES,
        pull_request::CASES,
        scripts::CASES,
        action::CASES,
        release::CASES,
        image::CASES,
        book::CASES,
        init::CASES,
        argo_cd::CASES,
        flux::CASES,
        other_hosts::CASES,
    ];
    let cases = rooms.into_iter().flatten().map(|case| trial(case.name, case.needs, case.run));
    libtest_mimic::run(&arguments, cases.chain(shown::trials()).collect()).exit_code()
}

/// A test, which is ignored where a tool that it needs is missing.
fn trial(name: &str, needs: &[Tool], run: impl FnOnce() + Send + 'static) -> Trial {
    let missing: Vec<Tool> = needs.iter().copied().filter(|tool| tool.path().is_none()).collect();
    let Some(first) = missing.first() else {
        return Trial::test(name, || {
            run();
            Ok(())
        });
    };
    let reason = format!("{} is not on PATH", first.name());
    if missing.iter().any(|tool| tool.is_required()) {
        return Trial::test(name, move || Err(Failed::from(format!("{reason}, and REQUIRE_HOSTS asks"))));
    }
    Trial::test(format!("{name} ({reason})"), || Ok(())).with_ignored_flag(true)
}
