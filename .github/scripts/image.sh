#!/bin/sh
# image.sh DESTINATION ARCHITECTURE=PROGRAM…: packs static programs for Linux into one container image, copies it to
# DESTINATION (oci:FOLDER, docker://REGISTRY/NAME:TAG), and prints its digest. Needs buildah. The architectures are
# amd64 and arm64. The labels take the repository and the commit from GITHUB_REPOSITORY and GITHUB_SHA.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

fail() {
	echo "image.sh: $*" >&2
	exit 1
}

usage="usage: image.sh DESTINATION ARCHITECTURE=PROGRAM..."
destination=${1:?$usage}
shift
: "${1:?$usage}" "${GITHUB_REPOSITORY:?}" "${GITHUB_SHA:?}"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)

work=$(mktemp -d)
# Only root could remove what is in the folders of a layer: they are read-only.
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
# Nothing stays behind on this machine, and any file system will do.
with_store() {
	buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" "$@"
}

mkdir -p "$work/context/functions/image"
cp "$root/functions/image/passwd" "$work/context/functions/image/passwd"
for pair; do
	architecture=${pair%%=*} program=${pair#*=}
	# The byte of an ELF header that says for which machine the program is.
	case $architecture in
	amd64) machine=3e ;;
	arm64) machine=b7 ;;
	*) fail "the architecture is \"$architecture\", not amd64 or arm64" ;;
	esac
	[ -f "$program" ] || fail "there is no program \"$program\""
	if [ "$(od -An -tx1 -j18 -N1 "$program" | tr -d ' ')" != $machine ]; then
		fail "\"$program\" is not a program for $architecture"
	fi
	cp "$program" "$work/context/otel-inject"
	# Whatever the umask of this machine, the image is the same.
	chmod 755 "$work/context/otel-inject"
	chmod 644 "$work/context/functions/image/passwd"
	with_store build --quiet --isolation chroot --platform "linux/$architecture" --manifest otel-inject \
		--timestamp "${SOURCE_DATE_EPOCH:-0}" --identity-label=false \
		--build-arg VERSION="$version" --build-arg REVISION="$GITHUB_SHA" \
		--build-arg SOURCE="${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY" \
		--file "$root/Containerfile" "$work/context" >/dev/null
done
with_store manifest push --quiet --all --digestfile "$work/digest" otel-inject "$destination" >/dev/null
printf '%s\n' "$(cat "$work/digest")"
