//! Files and folders with faults: limits, signals, modes, changes by others, and what is no file.

#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::binary::{CONFIG_MAP, DEPLOYMENT, INSTRUMENTATION, Run, World, binary, input};
use tempfile::TempDir;

/// Longer than anything here takes, on any machine; a run that waits for a pipe takes for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder on the fastest file system that there is.
fn fast_folder() -> TempDir {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { TempDir::new_in(shm) } else { TempDir::new() }.expect("a folder")
}

/// `sh` with the binary as `$0`.
fn shell(folder: &Path, script: &str) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_otel-inject")]).current_dir(folder).stdin(Stdio::null());
    ended(command)
}

/// Runs to the end, and fails where that does not come.
fn ended(mut command: Command) -> Run {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    finish(child)
}

fn finish(child: Child) -> Run {
    let pid = child.id();
    let waiting = thread::spawn(move || child.wait_with_output());
    let start = Instant::now();
    while !waiting.is_finished() {
        if start.elapsed() > PATIENCE {
            kill("KILL", pid);
            panic!("the run waits for ever");
        }
        thread::sleep(Duration::from_millis(2));
    }
    let output = waiting.join().expect("no panic").expect("output");
    Run {
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        code: output.status.code().unwrap_or(-1),
    }
}

fn kill(signal: &str, pid: u32) {
    let sent =
        Command::new("kill").args([format!("-{signal}"), pid.to_string()]).stderr(Stdio::null()).status();
    // It may have ended by itself.
    let _ = sent.expect("kill runs");
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
}

/// Everything below `folder` with its text; what is no file has none.
fn everything(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match fs::symlink_metadata(&path).expect("metadata") {
            kind if kind.is_dir() => found.extend(everything(&path)),
            kind if kind.is_file() => found.push((path.clone(), fs::read_to_string(&path).expect("a text"))),
            _ => found.push((path, String::new())),
        }
    }
    found.sort();
    found
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout == b"0\n"
}

/// `count` workloads in files of their own, and what they are injected from.
fn many(folder: &Path, count: usize) {
    fs::create_dir(folder.join("m")).expect("a folder");
    fs::write(folder.join("m/instrumentation.yaml"), INSTRUMENTATION).expect("a file");
    for index in 0..count {
        let text = DEPLOYMENT.replace("name: web", &format!("name: web-{index}"));
        fs::write(folder.join(format!("m/web-{index}.yaml")), text).expect("a file");
    }
}

fn injected(folder: &Path) -> usize {
    everything(folder).iter().filter(|(_, text)| text.contains("OTEL_SERVICE_NAME")).count()
}

// Limits

#[test]
fn more_files_than_descriptors_are_written() {
    const COUNT: usize = 500;
    let folder = fast_folder();
    many(folder.path(), COUNT);
    let out = shell(folder.path(), "ulimit -n 64; exec \"$0\" inject -q -o out m");
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert_eq!(injected(&folder.path().join("out")), COUNT);
    let run = shell(folder.path(), "ulimit -n 64; exec \"$0\" inject -q --in-place m");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(injected(&folder.path().join("m")), COUNT);
    assert_eq!(everything(&folder.path().join("m")).len(), COUNT + 1);
}

#[test]
fn a_file_that_may_not_grow_leaves_all_as_it_was() {
    let world = World::new();
    let long = format!("{DEPLOYMENT}# {}\n", "x".repeat(4_000_000));
    world
        .file("m/instrumentation.yaml", INSTRUMENTATION)
        .file("m/a.yaml", DEPLOYMENT)
        .file("m/web.yaml", &long);
    let before = everything(&world.path("m"));
    for place in ["--in-place", "-o out/deep", "-o m"] {
        let run = shell(&world.path("."), &format!("ulimit -f 100; exec \"$0\" inject -q {place} m"));
        run.is_refused_in_silence(2, "io");
        assert!(run.stderr.contains("web.yaml"), "{}", run.stderr);
        assert_eq!(everything(&world.path("m")), before, "{place}");
        assert!(!world.path("out").exists());
    }
}

// Signals

/// Starts writing many files, sends `signal` when the first one is prepared and `delay` is over, and gives how the
/// run has ended.
fn interrupted(folder: &Path, signal: &str, delay: Duration) -> ExitStatus {
    let mut command = binary(folder);
    command.args(["inject", "-q", "--in-place", "m"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary runs");
    let is_begun = || {
        let mut entries = fs::read_dir(folder.join("m")).expect("a folder");
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(".otel-inject-"))
        })
    };
    let start = Instant::now();
    while !is_begun() && child.try_wait().expect("a state").is_none() {
        assert!(start.elapsed() < PATIENCE, "nothing is written");
    }
    thread::sleep(delay);
    kill(signal, child.id());
    child.wait().expect("an end")
}

/// Whether this process ignores a signal, as its children then do.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

#[test]
fn a_signal_leaves_all_files_or_none_and_nothing_else() {
    const COUNT: usize = 400;
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
        if is_ignored(number) {
            // A shell's background jobs ignore some, and so do their children.
            continue;
        }
        let mut ended = false;
        for (attempt, delay) in [0, 10, 40, 0, 0, 0].into_iter().enumerate() {
            // On a busy machine a run may be over before the signal comes.
            if attempt > 2 && ended {
                break;
            }
            let folder = fast_folder();
            many(folder.path(), COUNT);
            let status = interrupted(folder.path(), signal, Duration::from_millis(delay));
            let texts = everything(&folder.path().join("m"));
            assert_eq!(texts.len(), COUNT + 1, "{signal} after {delay} ms leaves files behind");
            let done = injected(&folder.path().join("m"));
            assert!(done == 0 || done == COUNT, "{signal} after {delay} ms leaves {done} of {COUNT}");
            assert!(status.signal() == Some(number) || status.code() == Some(0), "{signal}: {status}");
            ended |= status.signal() == Some(number) && done == 0;
        }
        assert!(ended, "{signal} ends no run");
    }
}

#[test]
fn a_signal_that_the_caller_has_switched_off_stays_so() {
    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let folder = fast_folder();
    many(folder.path(), 100);
    let script = "trap '' HUP; \"$0\" inject -q --in-place m & while ! ls -A m | grep -q '^[.]otel-inject-'; do kill -0 $! || break; done; kill -HUP $!; wait $!";
    let run = shell(folder.path(), script);
    assert_eq!((run.code, injected(folder.path())), (0, 100), "{}", run.stderr);
}

// Attributes

#[test]
fn owner_group_mode_and_attributes_are_kept() {
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/web.yaml", DEPLOYMENT);
    let path = world.path("m/web.yaml");
    let has_attributes = xattr::set(&path, "user.origin", b"here").is_ok();
    if is_root() {
        std::os::unix::fs::chown(&path, Some(12_345), Some(23_456)).expect("another owner");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    let facts = |metadata: fs::Metadata| (metadata.uid(), metadata.gid(), metadata.mode());
    let before = fs::metadata(&path).expect("a file");
    let inode = before.ino();
    let run = world.run(&["inject", "--in-place", "m"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("file-attributes"), "{}", run.stderr);
    let after = fs::metadata(&path).expect("a file");
    assert_ne!(after.ino(), inode);
    assert_eq!(facts(after), facts(before));
    if has_attributes {
        assert_eq!(xattr::get(&path, "user.origin").expect("attributes").as_deref(), Some(&b"here"[..]));
    }
}

/// Access control lists that a folder gives to new files would show the text to more people than before.
#[test]
fn a_folders_attributes_do_not_widen_a_file() {
    const ACCESS: &str = "system.posix_acl_access";
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/web.yaml", DEPLOYMENT);
    fs::set_permissions(world.path("m/web.yaml"), fs::Permissions::from_mode(0o640)).expect("a mode");
    // Version 2: owner rwx, user 9999 rwx, group rwx, mask rwx, others none.
    let entry = |tag: u16, rights: u16, id: u32| {
        [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let none = u32::MAX;
    let list = [
        2u32.to_le_bytes().to_vec(),
        entry(1, 7, none),
        entry(2, 7, 9_999),
        entry(4, 7, none),
        entry(16, 7, none),
        entry(32, 0, none),
    ]
    .concat();
    if xattr::set(world.path("m"), "system.posix_acl_default", &list).is_err() {
        return;
    }
    let run = world.run(&["inject", "--in-place", "m"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(xattr::get(world.path("m/web.yaml"), ACCESS).expect("attributes"), None);
    assert_eq!(fs::metadata(world.path("m/web.yaml")).expect("a file").mode() & 0o777, 0o640);
}

#[test]
fn what_cannot_be_kept_is_a_warning() {
    let world = World::new();
    world.file("m/instrumentation.yaml", INSTRUMENTATION).file("m/web.yaml", DEPLOYMENT);
    fs::hard_link(world.path("m/web.yaml"), world.path("other")).expect("a second name");
    let run = world.run(&["inject", "--in-place", "--report", "r.json", "m"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let warning = "m/web.yaml: the replaced file loses its hard links (its other names keep the old text)";
    assert!(run.stderr.contains("warning[file-attributes] "), "{}", run.stderr);
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert!(world.text("r.json").contains("file-attributes"), "{}", world.text("r.json"));
    assert_eq!(world.text("other"), DEPLOYMENT);
}

#[test]
fn another_users_file_loses_owner_and_group_and_widens_for_nobody() {
    if !is_root() {
        return;
    }
    const NOBODY: u32 = 65_534;
    // Where another user can go and run the program.
    let folder = TempDir::new_in("/tmp").expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    fs::copy(env!("CARGO_BIN_EXE_otel-inject"), path("program")).expect("a copy");
    fs::create_dir(path("m")).expect("a folder");
    fs::set_permissions(path("m"), fs::Permissions::from_mode(0o777)).expect("a mode");
    fs::write(path("m/web.yaml"), input()).expect("a file");
    fs::set_permissions(path("m/web.yaml"), fs::Permissions::from_mode(0o664)).expect("a mode");
    let mut command = Command::new(path("program"));
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
    command.args(["inject", "--in-place", "m"]);
    let run = ended(command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("loses its group 0, owner 0"), "{}", run.stderr);
    let after = fs::metadata(path("m/web.yaml")).expect("a file");
    assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (NOBODY, NOBODY, 0o644));
}

// Changes by others

/// Runs with a context that only comes when `change` has been made: all inputs are read by then.
fn meanwhile(world: &World, args: &[&str], change: impl FnOnce()) -> Run {
    fifo(&world.path("context"));
    let mut command = binary(&world.path("."));
    command.args(args).args(["--context", "context"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary runs");
    // Opens when the run has come to its context.
    let mut context = fs::File::options().write(true).open(world.path("context")).expect("a pipe");
    change();
    context.write_all(INSTRUMENTATION.as_bytes()).expect("a reader");
    drop(context);
    finish(child)
}

#[test]
fn what_was_changed_since_it_was_read_is_not_replaced() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("longer", |path| fs::write(path, "longer than before").expect("a file")),
        ("later", |path| {
            let file = fs::File::options().write(true).open(path).expect("a file");
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
        }),
        ("another", |path| {
            let modified = fs::metadata(path).and_then(|file| file.modified()).expect("a time");
            fs::copy(path, path.with_extension("new")).expect("a copy");
            let file = fs::File::options().write(true).open(path.with_extension("new")).expect("a file");
            file.set_modified(modified).expect("a time");
            fs::rename(path.with_extension("new"), path).expect("a file");
        }),
        ("gone", |path| fs::remove_file(path).expect("a file")),
    ];
    for (name, change) in changes {
        let world = World::new();
        world.file("m/a.yaml", DEPLOYMENT).file("m/b.yaml", &DEPLOYMENT.replace("name: web", "name: api"));
        let mut before = Vec::new();
        let run = meanwhile(&world, &["inject", "--in-place", "m"], || {
            change(&world.path("m/b.yaml"));
            before = everything(&world.path("m"));
        });
        run.is_refused_in_silence(2, "io");
        assert_eq!(everything(&world.path("m")), before, "{name}");
    }
}

#[test]
fn a_report_to_a_pipe_says_what_was_changed() {
    let world = World::new();
    world.file("m/a.yaml", DEPLOYMENT);
    fifo(&world.path("r.txt"));
    let pipe = world.path("r.txt");
    let reader = thread::spawn(move || fs::read_to_string(pipe).expect("a writer"));
    let run = meanwhile(&world, &["inject", "--in-place", "--report", "r.txt", "m"], || {
        world.file("m/a.yaml", "kind: Another\n");
    });
    run.is_refused_in_silence(2, "io");
    assert_eq!(reader.join().expect("read"), run.stderr);
    assert_eq!(world.text("m/a.yaml"), "kind: Another\n");
}

#[test]
fn what_stays_as_it_was_is_replaced() {
    let world = World::new();
    world.file("m/a.yaml", DEPLOYMENT);
    let run = meanwhile(&world, &["inject", "--in-place", "m"], || {});
    assert_eq!((run.code, injected(&world.path("m"))), (0, 1), "{}", run.stderr);
}

// What is no file

#[test]
fn ignore_files_that_cannot_be_read_are_errors() {
    type Make = fn(&Path);
    let odd: [(&str, Make); 4] = [
        ("a pipe", fifo),
        ("a folder", |path| fs::create_dir(path).expect("a folder")),
        ("a device", |path| symlink("/dev/zero", path).expect("a link")),
        ("a link to nothing", |path| symlink("nowhere", path).expect("a link")),
    ];
    for (name, make) in odd {
        for place in ["m/.krmignore", "m/sub/.krmignore"] {
            let world = World::new();
            world.file("m/a.yaml", CONFIG_MAP).file("m/sub/b.yaml", CONFIG_MAP);
            make(&world.path(place));
            let mut command = binary(&world.path("."));
            command.args(["check", "m"]);
            let run = ended(command);
            assert_eq!(run.code, 2, "{name}: {}", run.stdout);
            assert!(
                run.stdout.contains(&format!("error[io]: cannot read {place}: ")),
                "{name}: {}",
                run.stdout
            );
        }
    }
    for place in [".gitignore", "m/.gitignore", "m/sub/.gitignore"] {
        let world = World::new();
        world.file("m/sub/b.yaml", CONFIG_MAP);
        fifo(&world.path(place));
        let mut command = binary(&world.path("."));
        command.args(["check", "m"]);
        let run = ended(command);
        assert_eq!(run.code, 2, "{place}: {}", run.stdout);
        assert!(run.stdout.contains(".gitignore: it is not a file"), "{place}: {}", run.stdout);
        let mut all = binary(&world.path("."));
        all.args(["check", "--no-ignore", "m"]);
        assert_eq!(ended(all).code, 0);
    }
}

#[test]
fn a_line_of_krmignore_that_means_nothing_is_an_error_with_its_place() {
    let world = World::new();
    world.file("m/a.yaml", CONFIG_MAP).file("m/.krmignore", "# c\n[z-a]\n");
    let run = world.run(&["check", "m"], "");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stdout.contains("m/.krmignore:2: "), "{}", run.stdout);
    // git takes such a line for nothing, too.
    let git = World::new();
    git.file(".git/HEAD", "")
        .file("m/a.yaml", CONFIG_MAP)
        .file("m/.gitignore", "[z-a]\n")
        .file(".gitignore", "[z-a]\n");
    assert_eq!(git.run(&["check", "m"], "").code, 0);
}

#[test]
fn a_walk_finds_files_alone() {
    let world = World::new();
    world.file("m/a.yaml", CONFIG_MAP);
    fifo(&world.path("m/pipe.yaml"));
    symlink("/dev/zero", world.path("m/zero.yaml")).expect("a link");
    fs::create_dir(world.path("m/folder.yaml")).expect("a folder");
    for args in [&["inject", "m"][..], &["inject", "--in-place", "m"], &["check", "--context", "m", "m"]] {
        let mut command = binary(&world.path("."));
        command.args(args);
        let run = ended(command);
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_named_pipe_is_read_and_never_replaced() {
    let world = World::new();
    fifo(&world.path("pipe"));
    let writes = world.path("pipe");
    let writer = thread::spawn(move || fs::write(writes, input()).expect("a reader"));
    let mut command = binary(&world.path("."));
    command.args(["inject", "pipe"]);
    ended(command).is_injected();
    writer.join().expect("written");
    world.file("web.yaml", &input());
    for place in [&["--in-place"][..], &["-o", "out"]] {
        let mut command = binary(&world.path("."));
        command.arg("inject").args(place).args(["web.yaml", "pipe"]);
        let run = ended(command);
        run.is_refused_in_silence(2, "io");
        assert!(run.stderr.contains("cannot replace pipe: it is a pipe, not a file"), "{}", run.stderr);
        assert_eq!(world.text("web.yaml"), input());
        assert!(!world.path("out").exists());
    }
}

#[test]
fn streams_of_the_shell_are_read() {
    let world = World::new();
    world.file("web.yaml", &input());
    for script in [
        "\"$0\" inject /dev/stdin < web.yaml",
        "cat web.yaml | \"$0\" inject /dev/stdin",
        "cat web.yaml | \"$0\" inject /dev/fd/3 3<&0",
    ] {
        shell(&world.path("."), script).is_injected();
    }
}

#[test]
fn a_device_without_an_end_is_refused() {
    let world = World::new();
    for script in [
        "\"$0\" inject /dev/zero",
        "\"$0\" inject - < /dev/zero",
        "\"$0\" < /dev/zero",
        "\"$0\" inject --context /dev/zero - < /dev/null",
        "\"$0\" inject --config /dev/zero - < /dev/null",
    ] {
        let run = shell(&world.path("."), script);
        run.is_refused_in_silence(2, "io");
        assert!(run.stderr.contains("it is a device that gives more than 16 MB"), "{}", run.stderr);
    }
    shell(&world.path("."), "\"$0\" inject /dev/null").is_refused_in_silence(1, "empty-input");
    shell(&world.path("."), "\"$0\" inject .").is_refused_in_silence(1, "empty-input");
}

// Outputs

#[test]
fn an_output_does_not_replace_what_is_read() {
    let world = World::new();
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"}}\n";
    world.file("m/web.yaml", &input()).file("m/secret.json", json).file("c.json", json);
    world.file("kustomization.yaml", "resources: [m/web.yaml]\n");
    world.file("config.json", "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}");
    symlink("m/secret.json", world.path("link.json")).expect("a link");
    let before = everything(&world.path("."));
    for args in [
        &["check", "--report", "m/secret.json", "m"][..],
        &["inject", "--report", "m/secret.json", "--in-place", "m"],
        &["inject", "--report", "link.json", "m"],
        &["inject", "--report", "m/../c.json", "c.json", "m"],
        &["inject", "--report", "c.json", "--context", "c.json", "m"],
        &["inject", "--report", "config.json", "--config", "config.json", "m"],
        &["patch", "--as", "flux", "--output", "m/web.yaml", "m"],
        &["patch", "--as", "flux", "--output", "new.json", "--report", "./new.json", "m"],
        &["images", "--lock", "m/web.yaml", "m"],
        // Whatever else is wrong.
        &["check", "--report", "m/secret.json", "nowhere"],
        &["inject", "--report", "c.json", "--context", "nowhere", "m"],
        &["patch", "--as", "component", "--output", "kustomization.yaml", "m"],
    ] {
        let run = world.run(args, "");
        assert_eq!(run.code, 2, "{args:?}: {}{}", run.stdout, run.stderr);
        let said = run.stdout + &run.stderr;
        let first = ["error[io]: \"", "error[invalid-config] m/web.yaml:"];
        assert!(first.iter().any(|first| said.starts_with(first)), "{args:?}: {said}");
        assert_eq!(everything(&world.path(".")), before, "{args:?}");
    }
}

/// A second run finds what the first one has written.
#[test]
fn an_earlier_output_may_lie_in_the_folder() {
    let world = World::new();
    world.file("web.yaml", &input());
    for args in [
        &["check", "--report", "findings.json", "."][..],
        &["patch", "--as", "component", "--output", "otel/kustomization.yaml", "."],
        &["patch", "--as", "json6902", "--output", "patches.yaml", "."],
        &["patch", "--as", "flux", "--output", "flux.yaml", "."],
        &["images", "--lock", "images.yaml", "."],
    ] {
        assert_eq!(world.run(args, "").code, 0, "{args:?}");
        let first = everything(&world.path("."));
        let second = world.run(args, "");
        assert_eq!(second.code, 0, "{args:?}: {}{}", second.stdout, second.stderr);
        assert_eq!(everything(&world.path(".")), first, "{args:?}");
    }
}

#[test]
fn patches_go_to_a_file_whole_or_not_at_all() {
    let world = World::new();
    world.file("good/web.yaml", &input()).file("bad/web.yaml", DEPLOYMENT);
    let args =
        |folder: &'static str| ["patch", "--as", "component", "--output", "new/kustomization.yaml", folder];
    world.run(&args("bad"), "").is_refused_in_silence(1, "no-instrumentation");
    assert!(!world.path("new").exists());
    let run = world.run(&args("good"), "");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let patches = world.run(&["patch", "--as", "component", "good"], "").stdout;
    assert_eq!(world.text("new/kustomization.yaml"), patches);
    world.run(&args("bad"), "").is_refused_in_silence(1, "no-instrumentation");
    assert_eq!(world.text("new/kustomization.yaml"), patches);
    assert_eq!(world.run(&[&args("good")[..], &["--check", "x"]].concat(), "").code, 2);
}

#[test]
fn a_closed_stdout_is_an_error_before_anything_is_done() {
    let world = World::new();
    world.file("web.yaml", &input());
    for command in [
        "inject --report r.json web.yaml",
        "uninject web.yaml",
        "patch --as flux web.yaml",
        "images web.yaml",
        "< web.yaml",
    ] {
        let run = shell(&world.path("."), &format!("\"$0\" {command} >&-"));
        run.is_refused(2, "io");
        assert!(run.stderr.contains("stdout is closed"), "{}", run.stderr);
        assert_eq!(shell(&world.path("."), &format!("\"$0\" {command} > /dev/null")).code, 0, "{command}");
    }
    // These have nothing to print, or say all by their exit code.
    for command in
        ["check web.yaml", "inject --in-place web.yaml", "patch --as flux --output p.yaml web.yaml"]
    {
        assert_eq!(shell(&world.path("."), &format!("\"$0\" {command} >&-")).code, 0, "{command}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let world = World::new();
    world.file("web.yaml", &input());
    assert_eq!(shell(&world.path("."), "\"$0\" inject web.yaml > /dev/full").code, 2);
}

#[test]
fn a_report_to_a_pipe_says_what_was_refused() {
    let world = World::new();
    world.file("web.yaml", DEPLOYMENT).file("patches.yaml", "patches: []\n").file("a.yaml", &input());
    world.file("b/c.yaml/x", "");
    for (args, code) in [
        (&["inject", "--in-place", "web.yaml"][..], "no-instrumentation"),
        (&["patch", "--as", "flux", "--check", "patches.yaml", "a.yaml"], "stale-patch"),
        (&["patch", "--as", "flux", "--output", "b", "a.yaml"], "io"),
    ] {
        let pipe = world.path("r.txt");
        fifo(&pipe);
        let read = pipe.clone();
        let reader = thread::spawn(move || fs::read_to_string(read).expect("a writer"));
        let mut command = binary(&world.path("."));
        command.args(args).args(["--report", "r.txt"]);
        ended(command);
        let report = reader.join().expect("read");
        assert!(report.starts_with(&format!("error[{code}]")), "{report}");
        fs::remove_file(pipe).expect("still there");
    }
}

#[test]
fn a_report_to_a_pipe_is_written() {
    let world = World::new();
    world.file("m/web.yaml", &input());
    fifo(&world.path("r.txt"));
    let pipe = world.path("r.txt");
    let reader = thread::spawn(move || fs::read_to_string(pipe).expect("a writer"));
    let mut command = binary(&world.path("."));
    command.args(["inject", "--in-place", "--report", "r.txt", "m"]);
    let run = ended(command);
    assert_eq!((run.code, injected(&world.path("m"))), (0, 1), "{}", run.stderr);
    assert!(reader.join().expect("read").contains("info[injected] m/web.yaml"));
}

#[test]
fn a_report_has_all_that_is_said() {
    let world = World::new();
    world.file("web.yaml", &input()).file("patches.yaml", "patches: []\n");
    let run =
        world.run(&["patch", "--as", "flux", "--check", "patches.yaml", "--report", "r.txt", "web.yaml"], "");
    run.is_refused_in_silence(1, "stale-patch");
    assert_eq!(world.text("r.txt"), run.stderr);
}

// Folders

#[test]
fn hidden_and_ignored_files_are_left_out() {
    let world = World::new();
    let map = |name: &str| CONFIG_MAP.replace("settings", name);
    for (path, name) in [
        ("r/m/a.yaml", "a"),
        ("r/m/.hidden.yaml", "hidden"),
        ("r/m/.terraform/x.yaml", "terraform"),
        ("r/m/node_modules/p/x.yaml", "modules"),
        ("r/m/build/x.yaml", "build"),
        ("r/m/build/keep.yaml", "keep"),
        ("r/m/secret.yaml", "secret"),
        ("r/m/own/x.yaml", "own"),
        ("r/.git/x.yaml", "git"),
    ] {
        world.file(path, &map(name));
    }
    world
        .file("r/.gitignore", "node_modules/\n/m/build/*\n!/m/build/keep.yaml\n")
        .file("r/m/.gitignore", "secret.yaml\n")
        .file("r/.git/info/exclude", "own/\n");
    let names = |args: &[&str]| {
        let run = world.run(&[&["inject"][..], args].concat(), "");
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        let line = |line: &str| {
            line.strip_prefix("metadata: {name: ").map(|rest| rest.trim_end_matches('}').to_owned())
        };
        run.stdout.lines().filter_map(line).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["r"]), "a keep");
    assert_eq!(names(&["r/m"]), "a keep");
    assert_eq!(names(&["r/m/"]), "a keep");
    assert_eq!(names(&["--no-ignore", "r"]), "hidden terraform a keep build modules own secret");
    // What is named is read.
    assert_eq!(names(&["r/m/.hidden.yaml", "r/m/secret.yaml", "r/m/.terraform"]), "hidden secret terraform");
    // A .krmignore counts in any case, the inner one first.
    world.file("r/.krmignore", "m/own/\n.terraform\nbuild/\n").file("r/m/.krmignore", "!build/\n");
    assert_eq!(names(&["r"]), "a keep");
    assert_eq!(names(&["--no-ignore", "r"]), "hidden a keep build modules secret");
    // Without a repository nothing is git's.
    fs::remove_dir_all(world.path("r/.git")).expect("a folder");
    assert_eq!(names(&["r"]), "a keep build modules secret");
}

#[test]
fn a_folder_without_manifests_says_why() {
    let world = World::new();
    world.file("empty/notes.txt", "x").file("hidden/.a.yaml", CONFIG_MAP).file("both/.a.yaml", CONFIG_MAP);
    world.file("both/.b.yaml", CONFIG_MAP);
    for args in [&["inject"][..], &["inject", "--in-place"], &["inject", "-o", "out"], &["diff"], &["images"]]
    {
        for (folder, message) in [
            ("empty", "no *.yaml, *.yml or *.json in \"empty\""),
            (
                "hidden",
                "the only manifest in \"hidden\" is hidden or git-ignored: help: Read it with --no-ignore",
            ),
            (
                "both",
                "all 2 manifests in \"both\" are hidden or git-ignored: help: Read them with --no-ignore",
            ),
        ] {
            let run = world.run(&[args, &[folder]].concat(), "");
            run.is_refused_in_silence(1, "empty-input");
            assert!(run.stderr.contains(message), "{}", run.stderr);
        }
    }
    assert_eq!(world.run(&["inject", "--allow-empty", "empty"], "").code, 0);
}

// Streams

#[test]
fn a_stream_has_what_a_cluster_takes() {
    let world = World::new();
    let local = INSTRUMENTATION.replace(
        "name: default\n",
        "name: default\n  annotations: {config.kubernetes.io/local-config: \"true\"}\n",
    );
    world
        .file("m/instrumentation.yaml", &local)
        .file(
            "m/web.yaml",
            &format!(
                "{DEPLOYMENT}---\n{}",
                CONFIG_MAP.replace("settings", "s, annotations: {config.kubernetes.io/local-config: ''}")
            ),
        )
        .file("m/kustomization.yaml", "resources: [web.yaml]\n")
        .file(
            "m/sub/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        )
        .file(
            "m/flux.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: f}\n",
        )
        .file(
            "m/otel-inject.yaml",
            "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: o}\n",
        )
        .file("m/package.json", "{\"name\": \"x\", \"kind-of\": 1}\n")
        .file("m/values.yaml", "replicas: 1\n")
        .file("m/template.yaml", "{{ if .Values.a }}\nkind: ConfigMap\n{{ end }}\n")
        .file(
            "m/config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {onError: fail}\n",
        );
    let run = world.run(&["inject", "--config", "m/config.yaml", "m"], "");
    run.is_injected();
    let kinds: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("kind: ")).collect();
    assert_eq!(kinds, ["kind: Kustomization", "kind: ConfigMap", "kind: Deployment"], "{}", run.stdout);
    assert!(
        run.stdout.contains("kustomize.toolkit.fluxcd.io") && run.stdout.contains("{{ end }}"),
        "{}",
        run.stdout
    );
    let line = "info[left-out]: not printed: m/config.yaml, m/instrumentation.yaml, m/kustomization.yaml, \
                m/otel-inject.yaml, m/package.json, m/sub/kustomization.yaml, m/values.yaml, \
                ConfigMap s of m/web.yaml\n";
    assert!(run.stderr.contains(line), "{}", run.stderr);
    // In files everything stays.
    let out = world.run(&["inject", "-o", "out", "m"], "");
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert_eq!(everything(&world.path("out")).len(), everything(&world.path("m")).len());
    assert!(!out.stderr.contains("left-out"), "{}", out.stderr);
    // What comes on stdin is a stream already.
    let stdin = world.run(&["inject", "-"], &format!("{local}---\n{DEPLOYMENT}"));
    stdin.is_injected();
    assert!(stdin.stdout.starts_with(&local), "{}", stdin.stdout);
}

#[test]
fn a_stream_of_nothing_is_an_error() {
    let world = World::new();
    world.file("m/kustomization.yaml", "kind: Kustomization\n").file("m/values.yaml", "a: 1\n");
    let run = world.run(&["inject", "m"], "");
    run.is_refused_in_silence(1, "empty-input");
    assert!(run.stderr.contains("m/kustomization.yaml, m/values.yaml"), "{}", run.stderr);
    assert_eq!(world.run(&["check", "m"], "").code, 0);
}

#[test]
fn text_without_a_resource_is_an_error() {
    let world = World::new();
    let elf = "\u{7f}ELF\u{2}\u{1}\u{0}\u{0}";
    for text in ["Error: INSTALLATION FAILED: x\n", "panic: a: b\n", elf, "<html>\n", "a: [\n", "%\n"] {
        let run = world.run(&[], text);
        run.is_refused_in_silence(1, "empty-input");
        assert!(run.stderr.contains("the input holds no Kubernetes resource"), "{}", run.stderr);
    }
    // What may be a resource is for others to refuse.
    assert_eq!(world.run(&[], "kind: ConfigMap\na: [\n").code, 0);
    assert_eq!(world.run(&[], &format!("{CONFIG_MAP}---\na: [\n")).code, 0);
    world.file("README.md", "# a\n\n```yaml\nkind: ConfigMap\n```\n- [x](y)\n");
    for command in ["inject", "check", "diff", "uninject"] {
        let run = world.run(&[command, "README.md"], "");
        let said = run.stdout + &run.stderr;
        assert_eq!(run.code, 1, "{said}");
        assert!(
            said.starts_with(
                "error[empty-input]: \"README.md\" holds no Kubernetes resource: help: Name YAML"
            ),
            "{said}"
        );
    }
}
