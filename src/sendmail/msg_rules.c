/*
 * msg_rules - see the header.
 */
#include "msg_rules.h"

#include <string.h>

#include "base/str.h"

void
msg_rules_type(struct rule_ctx *ctx, struct str name)
{
	static const char *const rcpts[] = { "To", "Cc", "Bcc", "Apparently-To", "Resent-To", "Resent-Cc", "Resent-Bcc" };
	static const char *const senders[] = { "From", "Sender", "Reply-To", "Resent-From", "Resent-Sender", "Resent-Reply-To" };
	const char *type = "h";

	for (size_t i = 0; i < sizeof rcpts / sizeof rcpts[0]; i++)
		if (str_caseeq_c(name, rcpts[i]))
			type = "h r";
	for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++)
		if (str_caseeq_c(name, senders[i]))
			type = "h s";
	(void)rule_macro_set_c(ctx, "addr_type", type);
}

int
msg_rules_of(const struct conf *conf, const struct qf_hdr *h)
{
	const struct conf_header *c = conf_header_check(conf, h->name);

	return c == NULL || str_trim(h->value).n == 0 ? -1 : c->check;
}

/* {currHeader} is one quoted string, so that rules see it whole. */
static struct str
msg_rules_quoted(struct arena *m, struct str value)
{
	char *p = arena_bytes(m, 2 * value.n + 3);
	size_t n = 0;

	p[n++] = '"';
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = chr_is_space(value.p[i]) ? ' ' : value.p[i];
	}
	p[n++] = '"';
	return str_mem(p, n);
}

void
msg_rules_ask(struct rule_ctx *ctx, const struct conf *conf, struct arena *m, const struct qf_hdr *h, struct check_verdict *v)
{
	const struct conf_header *c = conf_header_check(conf, h->name);
	struct str value = str_trim(h->value);

	memset(v, 0, sizeof *v);
	(void)rule_macro_set(ctx, STR("hdr_name"), h->name);
	(void)rule_macro_setf(ctx, "hdrlen", "%zu", h->value.n);
	(void)rule_macro_set(ctx, STR("currHeader"), msg_rules_quoted(m, h->value));
	(void)resolve_check_set(ctx, conf, c->check, value, STR_NONE, (c->keep_comments ? CHECK_KEEP_COMMENTS : 0u) | CHECK_WHOLE, v);
}

struct str
msg_rules_arg(struct arena *m, const struct qf_hdr *h)
{
	struct str value = str_trim(h->value);

	return h->value.n > 0 && chr_is_space(h->value.p[0]) ? arena_cat(m, STR(" "), value) : value;
}
