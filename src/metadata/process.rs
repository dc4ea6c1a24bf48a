//! The program that a container starts, if its words tell it.

/// The words that a container starts with. As in Kubernetes, `command` replaces the entrypoint and drops the image's
/// own arguments, and `args` replace those arguments.
pub(super) fn words<'w>(
    entrypoint: &'w [String],
    cmd: &'w [String],
    command: &[&'w str],
    args: &[&'w str],
) -> Vec<&'w str> {
    let own = |words: &'w [String]| words.iter().map(String::as_str).collect::<Vec<_>>();
    match (command.is_empty(), args.is_empty()) {
        (false, _) => [command, args].concat(),
        (true, false) => [own(entrypoint), args.to_vec()].concat(),
        (true, true) => [own(entrypoint), own(cmd)].concat(),
    }
}

/// Programs that start what follows them.
const WRAPPERS: &[&str] = &["tini", "tini-static", "dumb-init", "catatonit", "env", "exec", "nice", "nohup"];
/// Programs that start what follows the user behind them.
const USER_WRAPPERS: &[&str] = &["gosu", "su-exec"];
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash"];

/// The path of the program behind wrappers, shells and entrypoint scripts; `None` if it cannot be told.
pub(super) fn program<'w>(words: &[&'w str]) -> Option<&'w str> {
    let mut rest = words;
    while let [first, behind @ ..] = rest {
        let name = name(first);
        if SHELLS.contains(&name) {
            // Only what `-c` names; a script can start anything.
            return match behind {
                [] => Some(first),
                [option, line, ..] if is_command_option(option) => of_line(line),
                _ => None,
            };
        }
        if USER_WRAPPERS.contains(&name) {
            rest = behind.get(1..).unwrap_or_default();
        } else if WRAPPERS.contains(&name) || is_assignment(first) || first.starts_with('-') {
            rest = behind;
        } else if is_entrypoint_script(name) && !behind.is_empty() {
            // It prepares something and starts its arguments.
            rest = behind;
        } else {
            return Some(first);
        }
    }
    None
}

/// The program of a shell's command line, if it is a single command.
fn of_line(line: &str) -> Option<&str> {
    if line.contains([';', '&', '|', '\n', '`', '(', '{', '<']) {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.iter().position(|word| *word != "exec" && !is_assignment(word))?;
    let word = words[first];
    let is_plain = !word.contains(['$', '"', '\'', '\\']) && !SHELLS.contains(&name(word));
    is_plain.then_some(word)
}

/// Options of a shell with `c`, such as `-c` and `-ec`.
fn is_command_option(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|letters| letters.ends_with('c') && !letters.starts_with('-'))
}

/// `NAME=value`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn is_entrypoint_script(name: &str) -> bool {
    name.contains("entrypoint")
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_behind_what_starts_it() {
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["java", "-jar", "app.jar"], Some("java")),
            (&["/usr/bin/tini", "--", "node", "server.js"], Some("node")),
            (&["docker-entrypoint.sh", "node"], Some("node")),
            (&["/docker-entrypoint.sh", "nginx", "-g", "daemon off;"], Some("nginx")),
            (&["docker-entrypoint.sh"], Some("docker-entrypoint.sh")),
            (&["gosu", "app", "python3", "app.py"], Some("python3")),
            (&["sh", "-c", "exec java $OPTS -jar app.jar"], Some("java")),
            (&["/bin/sh", "-ec", "A=b node server.js"], Some("node")),
            (&["sh", "-c", "cd /app && node server.js"], None),
            (&["sh", "-c", "$RUNNER app.py"], None),
            (&["sh", "start.sh"], None),
            (&["bash"], Some("bash")),
            (&["env", "A=b", "python", "app.py"], Some("python")),
            (&["gosu"], None),
            (&[], None),
        ];
        for (words, expected) in cases {
            assert_eq!(program(words), *expected, "{words:?}");
        }
    }

    #[test]
    fn a_command_drops_the_images_arguments() {
        let [entrypoint, cmd] = [["e"], ["c"]].map(|words| words.map(str::to_owned));
        let words = |command: &[&'static str], args: &[&'static str]| {
            words(&entrypoint, &cmd, command, args).concat()
        };
        assert_eq!(words(&[], &[]), "ec");
        assert_eq!(words(&[], &["a"]), "ea");
        assert_eq!(words(&["x"], &[]), "x");
        assert_eq!(words(&["x"], &["a"]), "xa");
    }
}
