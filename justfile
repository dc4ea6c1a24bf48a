# Short names for what contributors run, so that nobody has to know an environment variable. `just --list` shows them.

# Tools whose tests must run, such as `just hosts=kustomize,kpt test`; the tests of others are ignored where they are missing.
hosts := ""

# List the recipes.
default:
    @just --list

# Format, lints, API docs and dependencies: what CI checks before it runs tests (needs cargo-deny).
check:
    cargo fmt --all --check
    cargo clippy --all-targets --locked -- --deny warnings
    cargo clippy --lib --no-default-features --locked -- --deny warnings
    RUSTDOCFLAGS='--deny warnings' cargo doc --no-deps --locked
    cargo deny check bans licenses sources

# Run the tests, all or some: `just test`, `just test --lib`, `just test --test it golden`.
test *args:
    REQUIRE_HOSTS='{{ hosts }}' cargo test --locked {{ args }}

# Run the tests that take seconds: all but those over every recorded pod, the properties, and the hosts.
quick:
    cargo test --locked --lib --test it -- \
        --skip conformance --skip corpus --skip files:: --skip hostile --skip pod_security --skip properties \
        --skip record:: --skip vectors_values

# Run real agents, a real collector and web servers from what is injected; rewrites docs/agents.md (downloads, minutes).
agents *args:
    UPDATE_DOCS=1 cargo test --locked --test agents -- {{ args }}
    git diff --stat -- docs/agents.md

# Regenerate the reference pages and the schema in docs/ from the tables.
docs:
    UPDATE_DOCS=1 cargo test --locked --test it docs
    git diff --stat -- docs

# Accept every snapshot and golden as the code gives it now; review the diff before you commit it.
snapshots:
    INSTA_UPDATE=always INSTA_FORCE_PASS=1 cargo test --locked --test it -- golden commands codes full list
    git status --short -- testdata/cases tests/it/snapshots

# Render the examples with the hosts and rewrite their .expected folders (needs kustomize).
expected:
    UPDATE_EXPECTED=1 REQUIRE_HOSTS=kustomize cargo test --locked --test hosts -- examples_are
    git status --short -- examples

# Fuzz a target, inject_bytes or text_edits, for some seconds (needs cargo-fuzz and a nightly toolchain).
fuzz target="inject_bytes" seconds="600":
    fuzz/seed
    cargo +nightly fuzz run -s none {{ target }} -- -dict=fuzz/yaml.dict -max_total_time={{ seconds }}

# Measure a bench: throughput, growth or command; what follows goes to it (`just bench throughput 1 10`).
bench name="throughput" *args:
    cargo bench --locked --bench {{ name }} -- {{ args }}
