/*
 * dns_engine - one way to ask, whichever backend there is: hosts first, then DNS, always within a time limit.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "net/dns_int.h"
#include "net/idna.h"
#include "os/file.h"
#include "proc/loop.h"

#define DNS_ANSWER_MEM	((size_t)4 << 20)
#define DNS_HOSTS_MAX	((size_t)8 << 20)

struct dns_engine {
	const struct dns_backend_ops	*ops;
	void				*ctx;
	struct loop			*loop;
	struct dns_hosts		*hosts;
	int				 timeout_ms;
	enum dns_order			 order;		/* FILES_ONLY: no backend */
};

struct dns_question {			/* one that runs on the loop */
	struct dns_engine	*engine;
	struct loop_timer	*timer;
	dns_done_fn		*done;		/* NULL once the time was over: the backend still owes its answer */
	void			*arg;
	enum dns_type		 type;
	bool			 known;		/* the hosts file has the name */
	struct str		 name;
	char			 text[DNS_NAME_MAX + 2];
};

static struct str
dns_hosts_text(const struct dns_conf *c, struct arena *a)
{
	struct str text = STR_NONE;

	if (!str_is_none(c->hosts))
		return c->hosts;
	if (c->hosts_file != NULL)
		(void)os_slurp(c->hosts_file, a, DNS_HOSTS_MAX, &text, NULL);
	return text;
}

void
dns_answer_temp(struct dns_answer *out)
{
	memset(out, 0, sizeof *out);
	out->rc = DNS_TEMP;
}

void
dns_engine_close(struct dns_engine **dp)
{
	struct dns_engine *d = *dp;

	if (d == NULL)
		return;
	if (d->ctx != NULL)
		d->ops->close(d->ctx);
	dns_hosts_free(&d->hosts);
	free(d);
	*dp = NULL;
}

struct dns_engine *
dns_engine_open(const struct dns_conf *c, struct loop *loop, struct err *e)
{
	struct dns_engine		*d = calloc(1, sizeof *d);
	const struct dns_backend_ops	*unbound;
	struct arena			*a = arena_new_soft(2 * DNS_HOSTS_MAX);

	if (d == NULL || a == NULL)
		goto bad;
	d->loop = loop;
	d->timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : DNS_TIMEOUT_MS;
	if ((d->hosts = dns_hosts_new(dns_hosts_text(c, a))) == NULL)
		goto bad;
	if ((d->order = c->order) == DNS_FILES_ONLY) {
		arena_free(&a);
		return d;
	}
	if (loop != NULL)
		(void)idna_load(NULL);		/* no files can be opened later */
	unbound = (const struct dns_backend_ops *)(const void *)os_module_open("dns_unbound", DNS_MODULE_VERSION, e);
	d->ops = unbound != NULL ? unbound : &dns_resolv_ops;
	if ((d->ctx = d->ops->open(c, loop != NULL ? loop_base(loop) : NULL, e)) == NULL)
		goto out;
	arena_free(&a);
	return d;
bad:
	err_set(e, ERR_TEMP, "no memory for DNS");
out:
	if (a != NULL)
		arena_free(&a);
	dns_engine_close(&d);
	return NULL;
}

bool
dns_engine_blocks(const struct dns_engine *d)
{
	return d->order != DNS_FILES_ONLY && (d->loop == NULL || d->ops->start == NULL);	/* files answer at once */
}

const char *
dns_engine_name(const struct dns_engine *d)
{
	return d->order == DNS_FILES_ONLY ? "files" : d->ops->mod.name;
}

/* The name as it is asked for: names of any script in their ASCII form. */
static int
dns_question_name(struct str name, char dst[DNS_NAME_MAX + 2], struct err *e)
{
	struct arena	*a = NULL;
	int		 n = -1;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (!str_is_ascii(name) && ((a = arena_new_soft(DNS_ANSWER_MEM)) == NULL || idna_to_ascii(name, a, &name, e) == -1))
		goto out;
	if (dns_name_ok(name)) {
		memcpy(dst, name.p, name.n);
		dst[name.n] = '.';
		dst[name.n + 1] = '\0';
		n = (int)name.n;
	} else
		err_set(e, ERR_PERM, "not a name for DNS");
out:
	if (a != NULL)
		arena_free(&a);
	return n;
}

/* Nothing of this type, or nothing at all, and nobody else to ask. */
static void
dns_absent(struct str name, bool known, struct arena *a, struct dns_answer *out)
{
	memset(out, 0, sizeof *out);
	out->rc = known ? DNS_NODATA : DNS_NXDOMAIN;
	out->canon = arena_lower(a, name);
}

/* What the hosts file says, where it is asked before DNS. */
static bool
dns_hosts_early(const struct dns_engine *d, struct dns_question *q, struct arena *a, struct dns_answer *out)
{
	return (d->order == DNS_FILES_FIRST || d->order == DNS_FILES_ONLY) && dns_hosts_ask(d->hosts, q->name, q->type, a, out, &q->known) == 1;
}

/* A packet (or none) as an answer. */
static void
dns_digest(const struct dns_question *q, const void *packet, size_t n, bool secure, struct arena *a,
    struct dns_answer *out)
{
	if (packet == NULL || dns_msg_parse(str_mem(packet, n), q->name, q->type, a, out) == -1)
		dns_answer_temp(out);
	out->secure = secure && out->rc != DNS_TEMP;
	if (out->rc != DNS_OK && q->engine->order == DNS_FILES_LAST) {
		struct dns_answer	 own;
		bool			 known;

		if (dns_hosts_ask(q->engine->hosts, q->name, q->type, a, &own, &known) == 1)
			*out = own;
		else if (known && out->rc == DNS_NXDOMAIN)
			out->rc = DNS_NODATA;
	}
	if (out->rc == DNS_NXDOMAIN && q->known)
		out->rc = DNS_NODATA;
}

struct dns_blocking {
	struct dns_question	 q;
	struct arena		*a;
	struct dns_answer	*out;
};

static void
dns_blocking_done(void *arg, const void *packet, size_t n, bool secure)
{
	struct dns_blocking *b = arg;

	dns_digest(&b->q, packet, n, secure, b->a, b->out);
}

int
dns_engine_ask(struct dns_engine *d, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out,
    struct err *e)
{
	struct dns_blocking	b = { .a = a, .out = out };
	int			n = dns_question_name(name, b.q.text, e);

	if (n == -1) {				/* no such name can exist */
		memset(out, 0, sizeof *out);
		out->rc = DNS_NXDOMAIN;
		out->canon = arena_lower(a, name);
		return 0;
	}
	b.q.name = str_mem(b.q.text, (size_t)n);
	b.q.type = type;
	b.q.engine = d;
	if (dns_hosts_early(d, &b.q, a, out))
		return 0;
	if (d->order == DNS_FILES_ONLY) {
		dns_absent(b.q.name, b.q.known, a, out);
		return 0;
	}
	return d->ops->ask(d->ctx, b.q.text, (int)type, dns_blocking_done, &b, e);
}

static void
dns_question_free(struct dns_question *q)
{
	loop_timer_free(&q->timer);
	free(q);
}

static void
dns_question_late(void *arg)
{
	struct dns_question	*q = arg;
	struct dns_answer	 out;
	dns_done_fn		*done = q->done;

	q->done = NULL;
	dns_answer_temp(&out);
	done(q->arg, &out);
}

static void
dns_question_done(void *arg, const void *packet, size_t n, bool secure)
{
	struct dns_question	*q = arg;
	struct arena		*a;
	struct dns_answer	 out;

	if (q->done != NULL) {
		dns_answer_temp(&out);
		if ((a = arena_new_soft(DNS_ANSWER_MEM)) != NULL)
			dns_digest(q, packet, n, secure, a, &out);
		q->done(q->arg, &out);
		if (a != NULL)
			arena_free(&a);
	}
	dns_question_free(q);
}

int
dns_engine_start(struct dns_engine *d, struct str name, enum dns_type type, dns_done_fn *done, void *arg, struct err *e)
{
	struct dns_question	*q = calloc(1, sizeof *q);
	struct dns_answer	 out;
	struct arena		*a = NULL;
	int			 n, ms = d->timeout_ms;

	if (dns_patience_now() > 0 && dns_patience_now() < ms)
		ms = dns_patience_now();
	if (q == NULL || (a = arena_new_soft(DNS_ANSWER_MEM)) == NULL)
		goto memory;
	q->engine = d;
	q->type = type;
	q->done = done;
	q->arg = arg;
	if ((n = dns_question_name(name, q->text, e)) == -1) {
		memset(&out, 0, sizeof out);
		out.rc = DNS_NXDOMAIN;
		out.canon = arena_lower(a, name);
		goto answered;
	}
	q->name = str_mem(q->text, (size_t)n);
	if (dns_hosts_early(d, q, a, &out))
		goto answered;
	if (d->order == DNS_FILES_ONLY) {
		dns_absent(q->name, q->known, a, &out);
		goto answered;
	}
	arena_free(&a);
	if ((q->timer = loop_timer_new(d->loop, dns_question_late, q)) == NULL ||
	    loop_timer_set(q->timer, (uint64_t)ms) == -1)
		goto memory;
	if (d->ops->start(d->ctx, q->text, (int)type, dns_question_done, q, e) == -1) {
		dns_question_free(q);
		return -1;
	}
	return 0;
answered:
	free(q);
	done(arg, &out);
	arena_free(&a);
	return 0;
memory:
	if (a != NULL)
		arena_free(&a);
	if (q != NULL)
		dns_question_free(q);
	return err_set(e, ERR_TEMP, "no memory for a DNS question");
}
