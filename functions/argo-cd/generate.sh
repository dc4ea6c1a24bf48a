#!/bin/sh
# Builds the application in the current folder with Helm or kustomize, and prints the build with the injection.
# The build goes to a file: the exit code of a pipe is that of its last command, so a failed build would go unnoticed.
set -eu

here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
	echo "otel-inject: $*" >&2
	exit 1
}

build_chart() {
	set -- --include-crds
	if [ -n "${ARGOCD_APP_NAMESPACE:-}" ]; then set -- "$@" --namespace "$ARGOCD_APP_NAMESPACE"; fi
	if [ -n "${KUBE_VERSION:-}" ]; then set -- "$@" --kube-version "$KUBE_VERSION"; fi
	if [ -n "${KUBE_API_VERSIONS:-}" ]; then set -- "$@" --api-versions "$KUBE_API_VERSIONS"; fi
	# The parameter values-files of the Application.
	count=0
	while file=$(printenv "PARAM_VALUES_FILES_$count"); do
		case /$file/ in
		*/../* | //* | *:*) fail "the values file \"$file\" is not a path in the application's folder" ;;
		esac
		set -- "$@" --values "$file"
		count=$((count + 1))
	done
	if grep -q '^dependencies:' Chart.yaml; then helm dependency build . >&2; fi
	helm template "$ARGOCD_APP_NAME" . "$@"
}

build() {
	if [ -f Chart.yaml ]; then
		build_chart
	elif [ -f kustomization.yaml ] || [ -f kustomization.yml ] || [ -f Kustomization ]; then
		kustomize build .
	else
		fail "the application's folder has no Chart.yaml and no kustomization.yaml"
	fi
}

build >"$folder/built.yaml"

# An application without resources is fine here, since a failed build does not get this far.
set -- --allow-empty
if [ -n "${ARGOCD_APP_NAMESPACE:-}" ]; then set -- "$@" --namespace "$ARGOCD_APP_NAMESPACE"; fi
# An application's own otel-inject.yaml replaces the one of the plugin.
if [ ! -f otel-inject.yaml ]; then set -- "$@" --config "$here/otel-inject.yaml"; fi
otel-inject "$@" <"$folder/built.yaml"
