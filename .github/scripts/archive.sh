#!/bin/sh
# archive.sh TARGET PROGRAM FOLDER: packs the program, which must run here, into FOLDER with its manual pages and
# completions, and prints the name of the archive.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

usage="usage: archive.sh TARGET PROGRAM FOLDER"
target=${1:?$usage} program=${2:?$usage} folder=${3:?$usage}
name=otel-inject-$("$program" version | cut -d ' ' -f 2)-$target
case $target in
*-windows-*) ending=.exe archive=$name.zip ;;
*) ending='' archive=$name.tar.gz ;;
esac

parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
mkdir -p "$folder" "$parts/$name/man" "$parts/$name/completions"
folder=$(cd "$folder" && pwd)
cp "$program" "$parts/$name/otel-inject$ending"
cp "$root/LICENSE" "$root/README.md" "$parts/$name"

"$program" man >"$parts/$name/man/otel-inject.1"
commands=$("$program" --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on && $1 != "help" { print $1 }')
for command in $commands; do
	"$program" man "$command" >"$parts/$name/man/otel-inject-$command.1"
done
# By the names that the shells look for.
"$program" completions bash >"$parts/$name/completions/otel-inject.bash"
"$program" completions elvish >"$parts/$name/completions/otel-inject.elv"
"$program" completions fish >"$parts/$name/completions/otel-inject.fish"
"$program" completions powershell >"$parts/$name/completions/_otel-inject.ps1"
"$program" completions zsh >"$parts/$name/completions/_otel-inject"

cd "$parts"
rm -f "$folder/$archive"
case $archive in
*.tar.gz) tar -cf - "$name" | gzip -n >"$folder/$archive" ;;
*)
	if command -v zip >/dev/null; then
		zip -qr "$folder/$archive" "$name"
	else
		7z a -bso0 "$folder/$archive" "$name"
	fi
	;;
esac
echo "$archive"
