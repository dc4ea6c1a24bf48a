//! Real agents and a real collector, run from what is injected: `cargo test --test agents`.
//!
//! Agents come from the public registries, once, into `$XDG_CACHE_HOME/otel-inject-ci/agents`. Each start of one runs in
//! a network of its own, so that ports and names are the pod's. What it shows are cells of docs/agents.md:
//! `UPDATE_DOCS=1` writes the page, and a run of all fails where the page says something else.
//!
//! A tool that is missing leaves what needs it ignored, with the reason in the names; `REQUIRE_AGENTS` (`nodejs,java`)
//! makes it an error. `FETCH_AGENTS=1` downloads and builds, and runs nothing: so a failure of a registry can be told
//! apart from one of an agent.

use std::collections::BTreeMap;
use std::env;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};

use agents::{AGENTS, Agent};
use checks::{STARTS, Start};

#[path = "../common/mod.rs"]
mod common;

mod agents;
mod checks;
mod collector;
mod kubelet;
mod page;
mod web_servers;
mod workload;

/// The variable with the name of the row that a process runs, in a network of its own.
const INSIDE: &str = "OTEL_INJECT_AGENTS_ROW";
/// What a line with a cell begins with: its name and its text follow.
const CELL: &str = "cell: ";
/// The longest that a row may take, in seconds.
const LONGEST: &str = "240";

/// What the rows show: the cells of the page by their names.
type Cells = Arc<Mutex<BTreeMap<String, String>>>;

fn main() -> ExitCode {
    let rows = rows();
    if let Ok(name) = env::var(INSIDE) {
        let (_, row) = rows.iter().find(|(known, _)| *known == name).expect("a row");
        return inside(*row);
    }
    let arguments = Arguments::from_args();
    let cells = Cells::default();
    let trials = rows.into_iter().map(|(name, row)| trial(name, row, &cells)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let is_whole =
        conclusion.num_ignored == 0 && conclusion.num_filtered_out == 0 && !arguments.list && !only_fetches();
    let cells = cells.lock().expect("no row holds it");
    if is_whole && !page::is_committed(&cells) {
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Whether the rows are prepared, and not run.
fn only_fetches() -> bool {
    env::var_os("FETCH_AGENTS").is_some()
}

/// Runs a row in this process, and prints its cells.
fn inside(row: Row) -> ExitCode {
    workload::enter();
    let mut code = ExitCode::SUCCESS;
    for (title, cell) in row.cells() {
        match cell {
            #[expect(clippy::print_stdout, reason = "the process that started this one reads it")]
            Some(cell) => println!("{CELL}{}\t{cell}", page::name(row.language(), title)),
            None => code = ExitCode::FAILURE,
        }
    }
    code
}

/// What is run at once.
#[derive(Clone, Copy)]
enum Row {
    Start(&'static Agent, &'static Start),
    WebServer(&'static web_servers::Check),
}

impl Row {
    /// Why it cannot run here, if it cannot.
    fn missing(self) -> Option<String> {
        let needs = match self {
            Self::Start(agent, _) => agent.needs,
            Self::WebServer(check) => check.needs,
        };
        let common = ["unshare", "ip", "go", "openssl"];
        let mut tools = common.iter().chain(needs);
        let missing = tools.find(|tool| agents::program(tool).is_none());
        let missing = missing.map(|tool| format!("{tool} is not on PATH"));
        missing.or_else(|| (!can_be_apart()).then(|| "unshare is not allowed".to_owned()))
    }

    fn language(self) -> &'static str {
        match self {
            Self::Start(agent, _) => agent.language,
            Self::WebServer(check) => check.language,
        }
    }

    /// Fetches what needs the network.
    fn prepare(self) {
        match self {
            Self::Start(agent, _) => {
                (agent.image)();
                (agent.application)();
                collector::binary();
            }
            Self::WebServer(_) => drop(web_servers::stubs()),
        }
    }

    /// Titles and texts of its cells; no text where something else was shown than it should.
    fn cells(self) -> Vec<(&'static str, Option<String>)> {
        match self {
            Self::Start(agent, start) => start.cells(agent),
            Self::WebServer(check) => vec![(check.title, Some((check.run)()))],
        }
    }
}

/// All rows with their names.
fn rows() -> Vec<(String, Row)> {
    let agents = AGENTS.iter().flat_map(|agent| {
        STARTS.iter().map(move |start| (page::name(agent.language, start.name), Row::Start(agent, start)))
    });
    let servers = web_servers::CHECKS
        .iter()
        .map(|check| (page::name(check.language, check.title), Row::WebServer(check)));
    agents.chain(servers).collect()
}

fn trial(name: String, row: Row, cells: &Cells) -> Trial {
    if let Some(reason) = row.missing() {
        let required = env::var("REQUIRE_AGENTS").unwrap_or_default();
        if required.split(',').any(|id| id.trim() == row.language()) {
            let error = format!("{reason}, and REQUIRE_AGENTS asks");
            return Trial::test(name, move || Err(Failed::from(error)));
        }
        return Trial::test(format!("{name} ({reason})"), || Ok(())).with_ignored_flag(true);
    }
    let cells = Arc::clone(cells);
    Trial::test(name.clone(), move || {
        row.prepare();
        if only_fetches() { Ok(()) } else { apart(&name, &cells) }
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

/// Runs a row in a process of its own, and keeps its cells.
fn apart(name: &str, cells: &Cells) -> Result<(), Failed> {
    let mut command = unshare();
    command.arg(env::current_exe()?).env(INSIDE, name);
    let output = command.output()?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for (name, cell) in said.lines().filter_map(|line| line.strip_prefix(CELL)?.split_once('\t')) {
        cells.lock().expect("no row holds it").insert(name.to_owned(), cell.to_owned());
    }
    if output.status.success() {
        return Ok(());
    }
    Err(Failed::from(format!("{}\n{said}{errors}", output.status)))
}
