#!/bin/sh
# version.sh TAG: prints the version in Cargo.toml, and fails if the tag is of another one.
set -eu
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
if [ "${1:?usage: version.sh TAG}" != "v$version" ]; then
	echo "version.sh: the tag is $1, but Cargo.toml has version $version, whose tag is v$version" >&2
	exit 1
fi
echo "$version"
