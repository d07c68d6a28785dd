/*
 * http - see the header: the door to the module.
 */
#include "net/http.h"

static const struct http_ops *http_module;

int
http_load(struct err *e)
{
	if (http_module == NULL)
		http_module = (const struct http_ops *)(const void *)os_module_open("http", HTTP_MODULE_VERSION, e);
	return http_module == NULL ? -1 : 0;
}

enum http_rc
http_get(const struct http_ask *q, struct buf *body, struct err *e)
{
	if (http_load(e) == -1)
		return HTTP_FAILED;
	return http_module->get(q, body, e);
}
