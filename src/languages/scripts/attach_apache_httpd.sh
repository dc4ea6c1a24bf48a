# Adds the agent's module to a copy of Apache's configuration.
# $1: the directory of the configuration, as Apache sees it.
set -eu
image=/opt/opentelemetry
agent=/opt/opentelemetry-webserver/agent
copy=/opt/opentelemetry-webserver/source-conf
logging=$agent/conf/opentelemetry_sdk_log4cxx.xml

: "${OTEL_APACHE_AGENT_CONF:?}" "${APACHE_SERVICE_INSTANCE_ID:?}"

fail() {
    echo "attach: $1" >&2
    exit 1
}

[ -f "$copy/httpd.conf" ] || fail "no httpd.conf in $1"
cp -r "$image/." "$agent/"
[ -f "$logging.template" ] || fail "no $logging.template"
sed "s,__agent_log_dir__,$agent/logs,g" "$logging.template" >"$logging"

printf '%s' "$OTEL_APACHE_AGENT_CONF" |
    sed "s,<<SID-PLACEHOLDER>>,$APACHE_SERVICE_INSTANCE_ID,g" >"$copy/opentemetry_agent.conf"

include="Include $1/opentemetry_agent.conf"
if ! grep -qxF -e "$include" "$copy/httpd.conf"; then
    # A last line without an end gets one first.
    [ -z "$(tail -c 1 "$copy/httpd.conf")" ] || echo >>"$copy/httpd.conf"
    printf '%s\n' "$include" >>"$copy/httpd.conf"
fi
