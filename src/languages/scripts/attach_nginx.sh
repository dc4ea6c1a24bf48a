# Adds the agent's module to a copy of nginx's configuration.
# $1: the name of the configuration's file.
set -eu
image=/opt/opentelemetry
agent=/opt/opentelemetry-webserver/agent
copy=/opt/opentelemetry-webserver/source-conf
logging=$agent/conf/opentelemetry_sdk_log4cxx.xml
main=$copy/$1

: "${OTEL_NGINX_AGENT_CONF:?}" "${OTEL_NGINX_SERVICE_INSTANCE_ID:?}"

fail() {
    echo "attach: $1" >&2
    exit 1
}

[ -f "$main" ] || fail "no file $1 in the configuration"
[ -f "$copy/version.txt" ] || fail "no version.txt beside $1"
cp -r "$image/." "$agent/"
[ -f "$logging.template" ] || fail "no $logging.template"
sed "s,__agent_log_dir__,$agent/logs,g" "$logging.template" >"$logging"

mkdir -p "$copy/conf.d"
printf '%s' "$OTEL_NGINX_AGENT_CONF" |
    sed "s,<<SID-PLACEHOLDER>>,$OTEL_NGINX_SERVICE_INSTANCE_ID,g" >"$copy/conf.d/opentelemetry_agent.conf"

module="$agent/WebServerModule/Nginx/$(cat "$copy/version.txt")/ngx_http_opentelemetry_module.so"
[ -f "$module" ] || fail "no $module: the agent does not know this version of nginx"
lines="env OTEL_RESOURCE_ATTRIBUTES;
load_module $module;"
if [ "$(head -n 2 "$main")" != "$lines" ]; then
    {
        printf '%s\n' "$lines"
        cat "$main"
    } >"$main.otel"
    mv "$main.otel" "$main"
fi
