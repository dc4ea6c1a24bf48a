#!/bin/sh
# changelog.sh VERSION: prints the section of that version in CHANGELOG.md, and fails if there is none.
set -eu
cd "$(dirname "$0")/../.."

section=$(awk -v version="${1:?usage: changelog.sh VERSION}" '
	/^## / { is_wanted = ($2 "" == version ""); next }
	is_wanted && (NF || is_begun) { is_begun = 1; print }
' CHANGELOG.md)
if [ -z "$section" ]; then
	echo "changelog.sh: CHANGELOG.md has nothing below a heading \"## $1\"" >&2
	exit 1
fi
printf '%s\n' "$section"
