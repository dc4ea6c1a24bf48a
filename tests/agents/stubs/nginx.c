/* Stands for the agent's module in nginx: takes its directives, and prints what it gets. */
#include <stdio.h>

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

static char *print(ngx_conf_t *conf, ngx_command_t *command, void *module_conf)
{
    ngx_str_t *words = conf->args->elts;
    (void)module_conf;
    fprintf(stderr, "stub: %.*s=%.*s\n", (int)command->name.len, command->name.data,
            (int)words[1].len, words[1].data);
    return NGX_CONF_OK;
}

#define DIRECTIVE(name) \
    {ngx_string("NginxModule" name), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, print, NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL}

static ngx_command_t directives[] = {
    DIRECTIVE("Enabled"),
    DIRECTIVE("OtelExporterEndpoint"),
    DIRECTIVE("OtelSpanExporter"),
    DIRECTIVE("ResolveBackends"),
    DIRECTIVE("ServiceInstanceId"),
    DIRECTIVE("ServiceName"),
    DIRECTIVE("ServiceNamespace"),
    DIRECTIVE("TraceAsError"),
    ngx_null_command,
};

static ngx_http_module_t context = {NULL};

ngx_module_t ngx_http_opentelemetry_module = {
    NGX_MODULE_V1, &context, directives, NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING,
};

ngx_module_t *ngx_modules[] = {&ngx_http_opentelemetry_module, NULL};
char *ngx_module_names[] = {"ngx_http_opentelemetry_module", NULL};
char *ngx_module_order[] = {NULL};
