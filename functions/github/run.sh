#!/bin/sh
# What action.yml runs: install, then run, then comment. Inputs and the job's facts are environment variables.
# Exit codes are those of otel-inject: 2 if the action could not do its work.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)

say() { echo "otel-inject: $*"; }
fail() { # MESSAGE: an annotation, on the page of the run too
	printf '::error title=otel-inject::%s\n' "$(printf '%s' "$*" | tr '\n' ' ')"
	exit 2
}
has() { command -v "$1" >/dev/null 2>&1; }
output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

# A new folder, so that one job can use the action several times. Windows names it with backslashes.
new_folder() {
	temporary=$RUNNER_TEMP
	if has cygpath; then temporary=$(cygpath --unix "$temporary"); fi
	mktemp -d "$temporary/otel-inject.XXXXXX"
}

# A path as programs outside of this shell know it.
native() { if has cygpath; then cygpath --mixed "$1"; else echo "$1"; fi; }

check_inputs() {
	case $INPUT_COMMAND in
	check | inject | diff | list) ;;
	*) fail "the input command is \"$INPUT_COMMAND\", not one of check, inject, diff and list" ;;
	esac
	case $INPUT_COMMENT in
	true | false) ;;
	*) fail "the input comment is \"$INPUT_COMMENT\", not true or false" ;;
	esac
	case $INPUT_VERSION in
	*[!0-9A-Za-z.+-]*) fail "the input version is \"$INPUT_VERSION\", not a version" ;;
	esac
}

# The archive of this version for the runner; nothing if no release has one.
archive_for_runner() {
	case $RUNNER_OS-$RUNNER_ARCH in
	Linux-X64) echo "otel-inject-$version-x86_64-unknown-linux-gnu.tar.gz" ;;
	Linux-ARM64) echo "otel-inject-$version-aarch64-unknown-linux-gnu.tar.gz" ;;
	macOS-X64) echo "otel-inject-$version-x86_64-apple-darwin.tar.gz" ;;
	macOS-ARM64) echo "otel-inject-$version-aarch64-apple-darwin.tar.gz" ;;
	Windows-X64) echo "otel-inject-$version-x86_64-pc-windows-msvc.zip" ;;
	esac
}

# Downloads $release/NAME into the current folder. Returns 1 if there is no such file; any other failure ends the run.
download() { # NAME
	code=0
	status=$(curl --silent --show-error --location --fail --retry 3 --connect-timeout 20 --proto-redir =https \
		--write-out '%{http_code}' --output "$1" "$release/$1" 2>curl.txt) || code=$?
	case $code-$status in
	0-*) return 0 ;;
	22-404 | 37-*) return 1 ;; # 37: a file:// address
	*) fail "cannot download $release/$1: $(tr '\n' ' ' <curl.txt)" ;;
	esac
}

sha256() { # FILE
	if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# Sets $program to that of the release. Returns 1 if there is no archive for the runner.
download_release() {
	archive=$(archive_for_runner)
	if [ -z "$archive" ] || [ -z "$release" ] || ! download "$archive"; then return 1; fi
	download SHA256SUMS || fail "$release has $archive, but no SHA256SUMS: refusing to run it"
	expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
	actual=$(sha256 "$archive")
	if [ -z "$expected" ] || [ "$expected" != "$actual" ]; then
		fail "the checksum of $archive is $actual, but SHA256SUMS says \"$expected\": refusing to run it"
	fi
	case $archive in
	*.zip)
		unzip -q "$archive" || fail "cannot unpack $archive"
		program=$PWD/${archive%.zip}/otel-inject.exe
		;;
	*)
		tar -xzf "$archive" || fail "cannot unpack $archive"
		program=$PWD/${archive%.tar.gz}/otel-inject
		;;
	esac
	say "$archive, SHA-256 $actual"
}

# Sets $program to one that is built here.
build() {
	has cargo || fail "there is no release $version for $RUNNER_OS $RUNNER_ARCH, and no cargo on PATH to build it"
	if [ -z "$ACTION_REPOSITORY" ]; then
		# The action is a folder of the job's own checkout: uses: ./
		set -- --path "$root"
	else
		set -- --git "$GITHUB_SERVER_URL/$ACTION_REPOSITORY"
		ref=$ACTION_REF
		if [ -n "$INPUT_VERSION" ]; then ref=v$version; fi
		case ${#ref}-$ref in
		*-v[0-9]*) set -- "$@" --tag "$ref" otel-inject ;;
		*-*[!0-9a-f]*) set -- "$@" --branch "$ref" otel-inject ;;
		40-*) set -- "$@" --rev "$ref" otel-inject ;;
		*) set -- "$@" --branch "$ref" otel-inject ;;
		esac
	fi
	say "no release $version for $RUNNER_OS $RUNNER_ARCH: building it"
	cargo install --locked --root "$PWD" "$@" || fail "cargo could not build otel-inject $version"
	program=$PWD/bin/otel-inject
	if [ -x "$program.exe" ]; then program=$program.exe; fi
}

install() {
	check_inputs
	# That of the action's own commit, so that a digest in `uses:` fixes the program, too.
	version=${INPUT_VERSION#v}
	if [ -z "$version" ]; then
		version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
	fi
	release=
	if [ -n "${OTEL_INJECT_RELEASES:-}" ]; then
		release=$OTEL_INJECT_RELEASES/v$version
	elif [ -n "$ACTION_REPOSITORY" ]; then
		release=$GITHUB_SERVER_URL/$ACTION_REPOSITORY/releases/download/v$version
	fi
	cd "$(new_folder)"
	download_release || build
	output program "$program"
}

# Prints what may quote manifests: no line of it is a command to the runner.
print_inert() { # FILE
	token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	echo "::stop-commands::$token"
	cat "$1"
	echo
	echo "::$token::"
}

summarize() { # PATHS…
	cat "$folder/findings.md"
	echo
	# 1: less than everything can be read, which the report says.
	"$OTEL_INJECT" list --output markdown "$@" 2>/dev/null || test $? = 1
}

run() {
	folder=$(new_folder)
	set --
	if [ -n "$INPUT_CONFIG" ]; then set -- "$@" --config "$INPUT_CONFIG"; fi
	if [ -n "$INPUT_FAIL_ON" ]; then set -- "$@" --fail-on "$INPUT_FAIL_ON"; fi
	set -- "$@" --
	while read -r path; do
		if [ -n "$path" ]; then set -- "$@" "$path"; fi
	done <<-END
		$INPUT_PATHS
	END
	exec </dev/null

	# A run writes one report. Before inject, which changes the files.
	"$OTEL_INJECT" check --report "$folder/otel-inject.sarif" "$@" >/dev/null 2>&1 || true
	if [ -s "$folder/otel-inject.sarif" ]; then output sarif "$(native "$folder/otel-inject.sarif")"; fi

	code=0
	case $INPUT_COMMAND in
	check) "$OTEL_INJECT" check --format github --report "$folder/findings.md" "$@" || code=$? ;;
	*)
		# Annotations are on stderr. What is printed must not be taken for more of them.
		if [ "$INPUT_COMMAND" = inject ]; then set -- --in-place "$@"; fi
		"$OTEL_INJECT" "$INPUT_COMMAND" --format github --report "$folder/findings.md" "$@" \
			>"$folder/printed.txt" || code=$?
		if [ -s "$folder/printed.txt" ]; then print_inert "$folder/printed.txt"; fi
		if [ "$INPUT_COMMAND" = inject ]; then shift; fi
		;;
	esac

	if [ -s "$folder/findings.md" ]; then
		output report "$folder/findings.md"
		summarize "$@" >>"$GITHUB_STEP_SUMMARY" || say "the summary is incomplete"
	fi
	exit "$code"
}

# The result of the action is that of the command, whatever becomes of the comment.
comment() {
	if [ -z "$REPORT" ] || [ -z "$PULL_REQUEST" ]; then
		say "no comment: there is no report, or no pull request"
	elif [ "$HEAD_REPOSITORY" != "$GITHUB_REPOSITORY" ]; then
		say "no comment: the token of a fork's pull request cannot write"
	elif ! gh pr comment "$PULL_REQUEST" --repo "$GITHUB_REPOSITORY" \
		--edit-last --create-if-none --body-file "$REPORT"; then
		echo "::warning title=otel-inject::The comment could not be written. The job needs the permission pull-requests: write."
	fi
}

case ${1:-} in
install | run | comment) "$1" ;;
*) fail "usage: run.sh install|run|comment" ;;
esac
