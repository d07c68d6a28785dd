/*
 * tlsrpt_report - a day's counts as reports (RFC 8460 4.4).  What is read was written by us, but may be torn.
 */
#include "tlsrpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "os/file.h"

#define REPORT_MAX	((size_t)65 << 20)
#define REPORT_FIELDS	9

enum { F_COUNT, F_DOMAIN, F_TYPE, F_POLICY, F_MX, F_IP, F_SENDER, F_RESULT, F_WHY };

struct report_line {
	struct str	 f[REPORT_FIELDS];
	uint64_t	 n;
};

static int
report_compare(const void *a, const void *b)
{
	static const int keys[] = { F_DOMAIN, F_TYPE, F_POLICY, F_RESULT, F_MX, F_IP, F_SENDER, F_WHY };
	const struct report_line *x = a, *y = b;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		int c = str_cmp(x->f[keys[i]], y->f[keys[i]]);

		if (c != 0)
			return c;
	}
	return 0;
}

static bool
report_same(const struct report_line *a, const struct report_line *b, int upto)
{
	static const int keys[] = { F_DOMAIN, F_TYPE, F_POLICY, F_RESULT, F_MX, F_IP, F_SENDER, F_WHY };

	for (int i = 0; i < upto; i++)
		if (!str_eq(a->f[keys[i]], b->f[keys[i]]))
			return false;
	return true;
}

static struct str
report_unescape(struct str s, struct arena *a)
{
	char *p = (char *)(uintptr_t)arena_str(a, s).p;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;
			p[n++] = s.p[i] == 'n' ? '\n' : s.p[i] == 't' ? '\t' : s.p[i];
		} else
			p[n++] = s.p[i];
	return str_mem(p, n);
}

static size_t
report_read(struct str text, struct str only, struct arena *a, struct report_line *v, size_t max)
{
	struct str line;
	size_t n = 0;

	while (n < max && str_split(&text, '\n', &line)) {
		struct report_line *l = &v[n];
		size_t k = 0;

		while (k < REPORT_FIELDS && str_split(&line, '\t', &l->f[k]))
			k++;
		if (k != REPORT_FIELDS || num_u64(l->f[F_COUNT], 1, UINT32_MAX, &l->n) == -1)
			continue;
		for (k = 1; k < REPORT_FIELDS; k++)
			l->f[k] = report_unescape(l->f[k], a);
		if (only.n == 0 || str_caseeq(only, l->f[F_DOMAIN]))
			n++;
	}
	return n;
}

static void
report_text(FILE *out, struct str s)
{
	(void)fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)fprintf(out, "\\u%04x", c);
		else if (c < 0x80)
			(void)fputc(c, out);
		else
			(void)fputs("?", out);
	}
	(void)fputc('"', out);
}

static void
report_member(FILE *out, const char *name, struct str value, const char *end)
{
	(void)fprintf(out, "\"%s\":", name);
	report_text(out, value);
	(void)fputs(end, out);
}

/* An address as the JSON has it: without the brackets and "IPv6:" of mail. */
static void
report_ip(FILE *out, const char *name, struct str ip)
{
	if (ip.n > 2 && ip.p[0] == '[')
		ip = str_sub(ip, 1, ip.n - 1);
	if (str_casestarts(ip, STR("IPv6:")))
		ip = str_from(ip, 5);
	if (ip.n > 0)
		report_member(out, name, ip, ",");
}

/* Lines of a policy, and the patterns of MTA-STS among them. */
static void
report_policy(FILE *out, const struct report_line *l)
{
	struct str rest = l->f[F_POLICY], line;
	bool first = true;

	(void)fputs("{\"policy\":{", out);
	report_member(out, "policy-type", l->f[F_TYPE], ",\"policy-string\":[");
	while (rest.n > 0 && str_split(&rest, '\n', &line)) {
		(void)fputs(first ? "" : ",", out);
		report_text(out, line);
		first = false;
	}
	(void)fputs("],", out);
	report_member(out, "policy-domain", l->f[F_DOMAIN], ",\"mx-host\":[");
	first = true;
	for (rest = l->f[F_POLICY]; rest.n > 0 && str_split(&rest, '\n', &line);)
		if (str_starts(line, STR("mx: "))) {
			(void)fputs(first ? "" : ",", out);
			report_text(out, str_from(line, 4));
			first = false;
		}
	(void)fputs("]},", out);
}

static void
report_details(FILE *out, const struct report_line *v, size_t n)
{
	uint64_t good = 0, bad = 0;
	bool first = true;

	for (size_t i = 0; i < n; i++)
		*(v[i].f[F_RESULT].n == 0 ? &good : &bad) += v[i].n;
	(void)fprintf(out, "\"summary\":{\"total-successful-session-count\":%llu,\"total-failure-session-count\":%llu}", (unsigned long long)good,
	    (unsigned long long)bad);
	if (bad == 0)
		return;
	(void)fputs(",\"failure-details\":[", out);
	for (size_t i = 0, k; i < n; i = k) {
		uint64_t sum = 0;

		for (k = i; k < n && report_same(&v[i], &v[k], 8); k++)
			sum += v[k].n;
		if (v[i].f[F_RESULT].n == 0)
			continue;
		(void)fputs(first ? "{" : ",{", out);
		first = false;
		report_member(out, "result-type", v[i].f[F_RESULT], ",");
		report_member(out, "receiving-mx-hostname", v[i].f[F_MX], ",");
		report_ip(out, "receiving-ip", v[i].f[F_IP]);
		report_ip(out, "sending-mta-ip", v[i].f[F_SENDER]);
		report_member(out, "failure-reason-code", v[i].f[F_WHY], ",");
		(void)fprintf(out, "\"failed-session-count\":%llu}", (unsigned long long)sum);
	}
	(void)fputs("]", out);
}

static void
report_domain(FILE *out, const struct report_line *v, size_t n, const char *day, struct str org, struct str contact)
{
	(void)fputs("{", out);
	report_member(out, "organization-name", org, ",");
	(void)fprintf(out, "\"date-range\":{\"start-datetime\":\"%sT00:00:00Z\",\"end-datetime\":\"%sT23:59:59Z\"},", day, day);
	report_member(out, "contact-info", contact, ",");
	(void)fprintf(out, "\"report-id\":\"%sT00:00:00Z_%.*s\",\"policies\":[", day, STR_ARG(v[0].f[F_DOMAIN]));
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && report_same(&v[i], &v[k], 3); k++)
			;
		(void)fputs(i > 0 ? "," : "", out);
		report_policy(out, &v[i]);
		report_details(out, v + i, k - i);
		(void)fputs("}", out);
	}
	(void)fputs("]}\n", out);
}

int
tlsrpt_report(const char *dir, const char *day, struct str only, struct str org, struct str contact, FILE *out, struct err *e)
{
	struct arena *a = arena_new(4 * REPORT_MAX);
	struct report_line *v;
	struct str text;
	size_t n, lines = 1;
	int domains = 0;

	if (os_slurp(arena_cstr(a, arena_fmt(a, "%s/tlsrpt.%s", dir, day)), a, REPORT_MAX, &text, e) == -1) {
		arena_free(&a);
		return -1;
	}
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	v = calloc(lines, sizeof *v);
	if (v == NULL) {
		arena_free(&a);
		return err_set(e, ERR_TEMP, "no memory");
	}
	n = report_read(text, only, a, v, lines);
	qsort(v, n, sizeof *v, report_compare);
	for (size_t i = 0, k; i < n; i = k, domains++) {
		for (k = i; k < n && report_same(&v[i], &v[k], 1); k++)
			;
		report_domain(out, v + i, k - i, day, org, contact);
	}
	free(v);
	arena_free(&a);
	return domains;
}
