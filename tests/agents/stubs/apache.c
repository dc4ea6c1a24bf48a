/* Stands for the agent's module in Apache httpd: takes its directives, and prints what it gets. */
#include <stdio.h>

#include <httpd.h>
#include <http_config.h>

static const char *print(cmd_parms *parms, void *config, const char *value)
{
    (void)config;
    fprintf(stderr, "stub: %s=%s\n", parms->cmd->name, value);
    return NULL;
}

#define DIRECTIVE(name) AP_INIT_TAKE1("ApacheModule" name, print, NULL, OR_ALL, "one argument")

static const command_rec directives[] = {
    DIRECTIVE("Enabled"),
    DIRECTIVE("OtelExporterEndpoint"),
    DIRECTIVE("OtelSpanExporter"),
    DIRECTIVE("ResolveBackends"),
    DIRECTIVE("ServiceInstanceId"),
    DIRECTIVE("ServiceName"),
    DIRECTIVE("ServiceNamespace"),
    DIRECTIVE("TraceAsError"),
    {NULL},
};

module AP_MODULE_DECLARE_DATA otel_apache_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, NULL, 0,
};
