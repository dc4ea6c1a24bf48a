# Copies nginx's configuration, and notes the version that its module must fit.
# $1: the directory of the configuration.
set -eu
copy=/opt/opentelemetry-webserver/source-conf

fail() {
    echo "clone: $1" >&2
    exit 1
}

[ -d "$1" ] || fail "no directory $1"
cp -r "$1/." "$copy/"
said=$(nginx -v 2>&1) || fail "nginx -v failed: $said"
printf '%s\n' "${said##*/}" >"$copy/version.txt"
