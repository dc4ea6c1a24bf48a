//! The language that an image shows. A row for each runtime, with the variables that its images set by their
//! documentation and the names of its programs.

use super::{Image, process};

/// A runtime that images bring.
#[derive(Debug)]
pub struct Runtime {
    /// What it is, in words.
    pub name: &'static str,
    /// The id of the language that instruments it; `None` if none does.
    pub language: Option<&'static str>,
    /// Variables that its images set.
    variables: &'static [&'static str],
    /// Programs that run it; a version may follow.
    programs: &'static [&'static str],
    /// The names of Bitnami's images of it, in `BITNAMI_APP_NAME`.
    bitnami: &'static [&'static str],
}

const fn runtime(name: &'static str, language: Option<&'static str>) -> Runtime {
    Runtime { name, language, variables: &[], programs: &[], bitnami: &[] }
}

/// The runtimes. A variable or a program belongs to one row.
pub const RUNTIMES: &[Runtime] = &[
    Runtime {
        variables: &["JAVA_VERSION", "JAVA_HOME"],
        programs: &["java", "catalina.sh", "jshell"],
        bitnami: &["java", "jre", "tomcat"],
        ..runtime("Java", Some("java"))
    },
    Runtime {
        // Red Hat's images have NODEJS_VERSION.
        variables: &["NODE_VERSION", "NODEJS_VERSION"],
        programs: &["node", "nodejs", "npm", "npx", "yarn", "pnpm"],
        bitnami: &["node"],
        ..runtime("Node.js", Some("nodejs"))
    },
    Runtime {
        variables: &["PYTHON_VERSION"],
        programs: &["python", "gunicorn", "uvicorn", "hypercorn", "celery", "flask"],
        bitnami: &["python"],
        ..runtime("Python", Some("python"))
    },
    Runtime {
        variables: &["DOTNET_VERSION", "ASPNET_VERSION", "DOTNET_RUNNING_IN_CONTAINER"],
        programs: &["dotnet"],
        bitnami: &["dotnet", "dotnet-sdk", "aspnet-core"],
        ..runtime(".NET", Some("dotnet"))
    },
    Runtime {
        variables: &["NGINX_VERSION"],
        programs: &["nginx"],
        bitnami: &["nginx"],
        ..runtime("nginx", Some("nginx"))
    },
    Runtime {
        variables: &["HTTPD_VERSION"],
        programs: &["httpd", "httpd-foreground"],
        bitnami: &["apache"],
        ..runtime("Apache httpd", Some("apache-httpd"))
    },
    // These show that the image is not one of the above alone.
    Runtime {
        variables: &["PHP_VERSION"],
        programs: &["php", "php-fpm", "apache2-foreground"],
        bitnami: &["php", "php-fpm"],
        ..runtime("PHP", None)
    },
    Runtime {
        variables: &["RUBY_VERSION"],
        programs: &["ruby", "irb", "rails", "puma", "bundle", "rackup"],
        bitnami: &["ruby"],
        ..runtime("Ruby", None)
    },
    Runtime { variables: &["RUST_VERSION"], programs: &["cargo"], ..runtime("Rust", None) },
    Runtime { variables: &["PERL_VERSION"], programs: &["perl"], ..runtime("Perl", None) },
    Runtime { variables: &["SWIFT_VERSION"], programs: &["swift"], ..runtime("Swift", None) },
    Runtime { variables: &["ERLANG_VERSION", "OTP_VERSION"], programs: &["erl"], ..runtime("Erlang", None) },
    Runtime { variables: &["ELIXIR_VERSION"], programs: &["iex", "mix"], ..runtime("Elixir", None) },
    Runtime { variables: &["DENO_VERSION"], programs: &["deno"], ..runtime("Deno", None) },
    Runtime { variables: &["BUN_VERSION"], programs: &["bun"], ..runtime("Bun", None) },
    Runtime { variables: &["PYPY_VERSION"], programs: &["pypy", "pypy3"], ..runtime("PyPy", None) },
];

/// How sure it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guess {
    /// The image shows it.
    Language(&'static str),
    /// The image looks like it, and others look the same.
    Perhaps(&'static str),
    /// The image does not show it.
    #[default]
    Unknown,
}

/// What an image shows of its language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The language.
    pub guess: Guess,
    /// The reasons, in words.
    pub evidence: Vec<String>,
}

/// The language of a container with this image, `command` and `args`. What it starts decides; otherwise the variables
/// do, if they agree.
#[must_use]
pub fn shown(image: &Image, command: &[&str], args: &[&str]) -> Shown {
    let words = process::words(&image.entrypoint, &image.cmd, command, args);
    let program = process::program(&words);
    let of_program = program.and_then(|program| RUNTIMES.iter().find(|runtime| runtime.runs(program)));
    let mut of_variables: Vec<(&Runtime, String)> = Vec::new();
    for runtime in RUNTIMES {
        for variable in runtime.variables.iter().filter(|variable| image.env.contains_key(**variable)) {
            let value = image.env.get(*variable).and_then(Option::as_deref).unwrap_or_default();
            of_variables.push((runtime, format!("{variable}={}", brief(value))));
        }
        let bitnami = image.env.get("BITNAMI_APP_NAME").and_then(Option::as_deref);
        if let Some(name) = bitnami.filter(|name| runtime.bitnami.contains(name)) {
            of_variables.push((runtime, format!("BITNAMI_APP_NAME={name}")));
        }
    }
    if let (Some(runtime), Some(program)) = (of_program, program) {
        let own = of_variables.into_iter().filter(|(other, _)| other.name == runtime.name);
        let started = std::iter::once(format!("starts {}", brief(program)));
        let guess = runtime.language.map_or(Guess::Unknown, Guess::Language);
        return Shown { guess, evidence: started.chain(own.map(|(_, evidence)| evidence)).collect() };
    }
    let mut names: Vec<&str> = of_variables.iter().map(|(runtime, _)| runtime.name).collect();
    names.dedup();
    let guess = match (names.as_slice(), of_variables.first()) {
        ([_], Some((runtime, _))) => runtime.language.map_or(Guess::Unknown, Guess::Language),
        _ => Guess::Unknown,
    };
    let evidence: Vec<String> = of_variables.into_iter().map(|(_, evidence)| evidence).collect();
    if evidence.is_empty() { perhaps_go(image, program) } else { Shown { guess, evidence } }
}

/// An image that has nothing but one executable: mostly Go, but Rust and C look the same.
fn perhaps_go(image: &Image, program: Option<&str>) -> Shown {
    if let Some(version) = image.env.get("GOLANG_VERSION") {
        let evidence = vec![format!("GOLANG_VERSION={}", brief(version.as_deref().unwrap_or_default()))];
        return Shown { guess: Guess::Perhaps("go"), evidence };
    }
    let Some(program) = program else { return Shown::default() };
    let is_executable = program.starts_with('/') && !process::name(program).contains('.');
    let is_of_ko = image.env.contains_key("KO_DATA_PATH");
    if !is_executable || !(is_of_ko || is_bare(image)) {
        return Shown::default();
    }
    let why = if is_of_ko { "the image is one of ko" } else { "the image has nothing else" };
    Shown {
        guess: Guess::Perhaps("go"),
        evidence: vec![format!("starts {}", brief(program)), why.to_owned()],
    }
}

/// Whether an image is made from scratch or from a static one: no command was run in it, and it has no other variables
/// than those of such images.
fn is_bare(image: &Image) -> bool {
    const OF_BARE: &[&str] = &["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "ZONEINFO", "HOME"];
    let is_copy = |step: &String| {
        // BuildKit writes the instruction, the classic builder `/bin/sh -c #(nop) INSTRUCTION`.
        const INSTRUCTIONS: &[&str] = &[
            "COPY",
            "ENTRYPOINT",
            "CMD",
            "ENV",
            "USER",
            "WORKDIR",
            "EXPOSE",
            "LABEL",
            "VOLUME",
            "ARG",
            "STOPSIGNAL",
            "HEALTHCHECK",
        ];
        let step = step.trim().strip_prefix("/bin/sh -c #(nop)").unwrap_or(step).trim();
        step.is_empty()
            || step.starts_with("bazel build")
            || INSTRUCTIONS.contains(&step.split(' ').next().unwrap_or(""))
    };
    // Without its history, an image with a shell looks the same.
    !image.history.is_empty()
        && image.history.iter().all(is_copy)
        && image.env.keys().all(|name| OF_BARE.contains(&name.as_str()))
}

impl Runtime {
    /// Whether a program runs it, such as `python3.12` or `/usr/bin/java`.
    fn runs(&self, program: &str) -> bool {
        let name = process::name(program);
        let version = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        self.programs.iter().any(|known| name.strip_prefix(known).is_some_and(version))
    }
}

/// A value as evidence: a version or a path, not a text of any length.
fn brief(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut brief: String = value.chars().take(LONGEST).filter(|letter| !letter.is_control()).collect();
    if value.chars().count() > LONGEST {
        brief.push('…');
    }
    brief
}
