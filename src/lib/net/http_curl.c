/*
 * http_curl - the module that knows libcurl.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "net/http.h"

struct http_body {
	struct buf	*b;
	size_t		 max;
};

static size_t
http_take(char *p, size_t size, size_t n, void *arg)
{
	struct http_body *h = arg;

	if (size * n > h->max - h->b->n)
		return 0;			/* ends the transfer */
	buf_addmem(h->b, p, size * n);
	return buf_ok(h->b) ? size * n : 0;
}

/* RFC 8461 3.2: text/plain, whatever stands behind it. */
static int
http_check(CURL *c, struct err *e)
{
	char	*type = NULL;
	long	 code = 0;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	if (code != 200)
		return err_set(e, ERR_TEMP, "the web server answers %ld", code);
	if (type == NULL || !str_casestarts(str_c(type), STR("text/plain")))
		return err_set(e, ERR_TEMP, "the web server sends no text/plain");
	return 0;
}

static void
http_options(CURL *c, const struct http_ask *q, struct http_body *body, struct curl_slist *resolve, const char *url)
{
	struct curl_blob roots = { .data = (void *)(uintptr_t)q->roots.p, .len = q->roots.n, .flags = CURL_BLOB_NOCOPY };

	(void)curl_easy_setopt(c, CURLOPT_URL, url);
	(void)curl_easy_setopt(c, CURLOPT_RESOLVE, resolve);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	(void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &roots);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)q->timeout_ms);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)q->timeout_ms);
	(void)curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)q->max);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_take);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "Angarium");
}

static enum http_rc
http_curl_get(const struct http_ask *q, struct buf *out, struct err *e)
{
	struct http_body	 body = { out, q->max };
	struct curl_slist	*resolve;
	char			 url[600], at[1400], why[CURL_ERROR_SIZE] = "";
	CURL			*c = curl_easy_init();
	enum http_rc		 rc = HTTP_FAILED;
	CURLcode		 code;

	if (c == NULL || snprintf(url, sizeof url, "https://%s:%d%s", q->host, q->port, q->path) >= (int)sizeof url ||
	    snprintf(at, sizeof at, "%s:%d:%s", q->host, q->port, q->addrs) >= (int)sizeof at || (resolve = curl_slist_append(NULL, at)) == NULL) {
		if (c != NULL)
			curl_easy_cleanup(c);
		err_set(e, ERR_TEMP, "%s: too long, or no memory", q->host);
		return HTTP_FAILED;
	}
	http_options(c, q, &body, resolve, url);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	if ((code = curl_easy_perform(c)) != CURLE_OK) {
		err_set(e, ERR_TEMP, "%s: %s", q->host, why[0] != '\0' ? why : curl_easy_strerror(code));
		rc = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ? HTTP_CERT : HTTP_FAILED;
	} else if (http_check(c, e) == 0)
		rc = HTTP_OK;
	curl_slist_free_all(resolve);
	curl_easy_cleanup(c);
	return rc;
}

static const struct http_ops http_curl_ops = { .mod = { "http", HTTP_MODULE_VERSION }, .get = http_curl_get };

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &http_curl_ops.mod;
