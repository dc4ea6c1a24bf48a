//! Real agents and a real collector, run from what is injected: `cargo test --test agents`.
//!
//! Agents come from the public registries, once, into `$XDG_CACHE_HOME/otel-inject-ci/agents`. Each check runs in a
//! network of its own, so that ports and names are the pod's. What a check shows is a cell of docs/agents.md:
//! `UPDATE_DOCS=1` writes the page, and a run of all checks fails where the page says something else.
//!
//! A tool that is missing leaves its checks ignored, with the reason in their names; `REQUIRE_AGENTS` (`nodejs,java`)
//! makes it an error.

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};

use agents::{AGENTS, Agent};
use checks::{CHECKS, Check};

#[path = "../common/mod.rs"]
mod common;

mod agents;
mod checks;
mod collector;
mod kubelet;
mod page;
mod web_servers;

/// The variable with the name of the check that a process runs, in a network of its own.
const INSIDE: &str = "OTEL_INJECT_AGENTS_CHECK";
/// What a line with a check's result begins with.
const RESULT: &str = "cell: ";
/// The longest that a check may take, in seconds.
const LONGEST: &str = "420";

/// What the checks show, by their names.
type Cells = Arc<Mutex<BTreeMap<String, String>>>;

fn main() -> ExitCode {
    let rows = rows();
    if let Ok(name) = env::var(INSIDE) {
        let (_, row) = rows.iter().find(|(known, _)| *known == name).expect("a check");
        checks::enter();
        let cell = row.run();
        #[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
        {
            println!("{RESULT}{cell}");
        }
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let cells = Cells::default();
    let trials = rows.into_iter().map(|(name, row)| trial(name, row, &cells)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let is_whole = conclusion.num_ignored == 0 && conclusion.num_filtered_out == 0 && !arguments.list;
    let cells = cells.lock().expect("no check holds it");
    if is_whole && !page::is_committed(&cells) {
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// A check of an agent or of a web server.
#[derive(Clone, Copy)]
enum Row {
    Agent(&'static Agent, &'static Check),
    WebServer(&'static web_servers::Check),
}

impl Row {
    /// Why it cannot run here, if it cannot.
    fn missing(self) -> Option<String> {
        let needs = match self {
            Self::Agent(agent, _) => agent.needs,
            Self::WebServer(check) => check.needs,
        };
        let common = ["unshare", "ip", "go", "openssl"];
        let mut tools = common.iter().chain(needs);
        let missing = tools.find(|tool| agents::program(tool).is_none());
        let missing = missing.map(|tool| format!("{tool} is not on PATH"));
        missing.or_else(|| (!can_be_apart()).then(|| "unshare is not allowed".to_owned()))
    }

    fn id(self) -> &'static str {
        match self {
            Self::Agent(agent, _) => agent.language,
            Self::WebServer(check) => check.language,
        }
    }

    /// Fetches what needs the network.
    fn prepare(self) {
        match self {
            Self::Agent(agent, _) => {
                (agent.image)();
                collector::binary();
            }
            Self::WebServer(_) => drop(web_servers::stubs()),
        }
    }

    fn run(self) -> String {
        match self {
            Self::Agent(agent, check) => (check.run)(agent),
            Self::WebServer(check) => (check.run)(),
        }
    }
}

/// All checks with their names.
fn rows() -> Vec<(String, Row)> {
    let agents = AGENTS.iter().flat_map(|agent| {
        CHECKS.iter().map(move |check| (page::name(agent.language, check.title), Row::Agent(agent, check)))
    });
    let servers = web_servers::CHECKS
        .iter()
        .map(|check| (page::name(check.language, check.title), Row::WebServer(check)));
    agents.chain(servers).collect()
}

fn trial(name: String, row: Row, cells: &Cells) -> Trial {
    if let Some(reason) = row.missing() {
        let required = env::var("REQUIRE_AGENTS").unwrap_or_default();
        if required.split(',').any(|id| id.trim() == row.id()) {
            let error = format!("{reason}, and REQUIRE_AGENTS asks");
            return Trial::test(name, move || Err(Failed::from(error)));
        }
        return Trial::test(format!("{name} ({reason})"), || Ok(())).with_ignored_flag(true);
    }
    let cells = Arc::clone(cells);
    Trial::test(name.clone(), move || {
        row.prepare();
        let cell = apart(&name)?;
        cells.lock().expect("no check holds it").insert(name, cell);
        Ok(())
    })
}

/// What runs a command in a network, mounts and processes of its own.
fn unshare() -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LONGEST, "unshare"]);
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|id| id.stdout != b"0\n") {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command
}

fn can_be_apart() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| unshare().arg("true").output().is_ok_and(|output| output.status.success()))
}

/// Runs a check in a process of its own: what it shows.
fn apart(name: &str) -> Result<String, Failed> {
    let mut command = unshare();
    command.arg(env::current_exe()?).env(INSIDE, name);
    let output = command.output()?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let cell = said.lines().find_map(|line| line.strip_prefix(RESULT));
    match cell.filter(|_| output.status.success()) {
        Some(cell) => Ok(cell.to_owned()),
        None => Err(Failed::from(format!("{}\n{said}{errors}", output.status))),
    }
}
