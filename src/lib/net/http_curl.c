/*
 * http_curl - the module that knows libcurl.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "net/http.h"

struct http_body {
	struct buf	*b;
	size_t		 max;
	bool		 full;		/* the rest of an answer that nobody needs */
};

static size_t
http_take(char *p, size_t size, size_t n, void *arg)
{
	struct http_body *h = arg;

	if (size * n > h->max - h->b->n) {
		h->full = true;
		return 0;			/* ends the transfer */
	}
	buf_addmem(h->b, p, size * n);
	return buf_ok(h->b) ? size * n : 0;
}

/* RFC 8461 3.2: text/plain, whatever stands behind it.  RFC 8460 5.4: any success will do. */
static int
http_check(CURL *c, bool sent, struct err *e)
{
	char	*type = NULL;
	long	 code = 0;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	if (sent ? code < 200 || code > 299 : code != 200)
		return err_set(e, ERR_TEMP, "the web server answers %ld", code);
	if (sent)
		return 0;
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
	if (q->type == NULL)
		(void)curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)q->max);
	else {
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->post.n);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->post.p);
	}
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_take);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "Angarium");
}

static enum http_rc
http_perform(CURL *c, const struct http_ask *q, const struct http_body *body, struct err *e)
{
	char		 why[CURL_ERROR_SIZE] = "";
	CURLcode	 code;

	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	if ((code = curl_easy_perform(c)) != CURLE_OK && !(q->type != NULL && body->full)) {
		err_set(e, ERR_TEMP, "%s: %s", q->host, why[0] != '\0' ? why : curl_easy_strerror(code));
		return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ? HTTP_CERT : HTTP_FAILED;
	}
	return http_check(c, q->type != NULL, e) == 0 ? HTTP_OK : HTTP_FAILED;
}

static enum http_rc
http_curl_get(const struct http_ask *q, struct buf *out, struct err *e)
{
	struct http_body	 body = { out, q->max, false };
	struct curl_slist	*resolve = NULL, *fields = NULL;
	char			 url[1000], at[1400], type[100] = "";
	CURL			*c = curl_easy_init();
	enum http_rc		 rc = HTTP_FAILED;

	if (q->type != NULL && snprintf(type, sizeof type, "Content-Type: %s", q->type) < (int)sizeof type)
		fields = curl_slist_append(curl_slist_append(NULL, "Expect:"), type);
	if (c == NULL || (q->type != NULL && fields == NULL) || snprintf(url, sizeof url, "https://%s:%d%s", q->host, q->port, q->path) >= (int)sizeof url ||
	    snprintf(at, sizeof at, "%s:%d:%s", q->host, q->port, q->addrs) >= (int)sizeof at || (resolve = curl_slist_append(NULL, at)) == NULL)
		err_set(e, ERR_TEMP, "%s: too long, or no memory", q->host);
	else {
		http_options(c, q, &body, resolve, url);
		(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
		rc = http_perform(c, q, &body, e);
	}
	curl_slist_free_all(resolve);
	curl_slist_free_all(fields);
	if (c != NULL)
		curl_easy_cleanup(c);
	return rc;
}

static const struct http_ops http_curl_ops = { .mod = { "http", HTTP_MODULE_VERSION }, .get = http_curl_get };

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &http_curl_ops.mod;
