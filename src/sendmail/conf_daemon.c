/*
 * conf_daemon - DaemonPortOptions and ClientPortOptions: key=value rows for listeners and for our own end of connections.
 */
#include <string.h>

#include "conf_int.h"
#include "net/ip.h"

static const char *const families[] = { "inet", "inet6", "unix", "local", "iso", "ns", "x.25" };

static bool
family_known(struct str s)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (str_caseeq_c(s, families[i]))
			return true;
	return false;
}

/* "Ea" as {daemon_flags} has it: "EE a": upper case doubled, blanks between. */
static struct str
modifiers_text(struct reading *r, struct str letters)
{
	char	*out = arena_bytes(r->conf->arena, letters.n * 3 + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < letters.n; i++) {
		char	c = letters.p[i];

		if (chr_is_space(c))
			continue;
		if (n > 0)
			out[n++] = ' ';
		out[n++] = c;
		if (c >= 'A' && c <= 'Z')
			out[n++] = c;
	}
	out[n] = '\0';
	return str_mem(out, n);
}

static void
set_modifiers(struct reading *r, struct conf_daemon *d, struct str v)
{
	conf_flags_set(&d->modifiers, v);
	d->modifier_text = modifiers_text(r, v);
	d->ssl = conf_flag(&d->modifiers, 's');
}

/* Keys are known by their first letter, upper and lower case apart. */
static void
set_pair(struct reading *r, struct conf_daemon *d, char key, struct str v)
{
	switch (key) {
	case 'A':
		d->addr = v;
		break;
	case 'c':
		d->children = (int)conf_number(v);
		break;
	case 'D':
		d->delivery_mode = v.n > 0 ? chr_lower(v.p[0]) : '\0';
		if (d->delivery_mode == '\0' || strchr("biqd", d->delivery_mode) == NULL) {
			conf_error(r, "Unknown delivery mode %.*s", STR_ARG(v));
			d->delivery_mode = 0;
		}
		break;
	case 'd':
		d->delay_la = (int)conf_number(v);
		break;
	case 'F':
		if (family_known(v))
			d->family = arena_lower(r->conf->arena, v);
		else
			conf_error(r, "Unknown address family %.*s in Family=option", STR_ARG(v));
		break;
	case 'I':
		d->filters = v;
		d->has_filters = true;
		break;
	case 'L':
		d->backlog = (int)conf_number(v);
		break;
	case 'M':
		set_modifiers(r, d, v);
		break;
	case 'N':
		d->name = v;
		break;
	case 'P':
		d->port = v;
		break;
	case 'q':
		d->queue_la = (int)conf_number(v);
		break;
	case 'r':
		d->refuse_la = (int)conf_number(v);
		break;
	case 'R':
		d->rcvbuf = (int)conf_number(v);
		break;
	case 'S':
		d->sndbuf = (int)conf_number(v);
		break;
	default:
		conf_error(r, "%s: unknown parameter \"%c\"", "PortOptions", key);
		break;
	}
}

/* Family=inet unless said, as sendmail has it: an address of the other family is a mistake, not a wish. */
static void
family_fits(struct reading *r, const struct conf_daemon *d)
{
	struct str	 addr = d->addr;
	struct ip	 ip;

	if (addr.n > 2 && addr.p[0] == '[' && addr.p[addr.n - 1] == ']')
		addr = str_sub(addr, 1, addr.n - 1);
	if (ip_parse(addr, &ip) == 0 && !str_caseeq_c(d->family, ip.family == 6 ? "inet6" : "inet"))
		conf_error(r, "Addr=%.*s is no address of Family=%.*s", STR_ARG(d->addr), STR_ARG(d->family));
}

void
conf_read_daemon(struct reading *r, struct str s, bool client)
{
	struct conf_daemon	*d;
	struct str		 part, key;
	size_t			 at;

	if (r->command_line && !r->ports_said[client]) {
		*(client ? &r->conf->nclients : &r->conf->ndaemons) = 0;
		r->ports_said[client] = true;
	}
	if (!client && r->conf->ndaemons == CONF_DAEMONS) {
		conf_error(r, "too many daemons defined (%d max)", CONF_DAEMONS);
		return;
	}
	d = client ? CONF_PUSH(r, r->conf->clients, r->conf->nclients) : CONF_PUSH(r, r->conf->daemons, r->conf->ndaemons);
	memset(d, 0, sizeof *d);
	d->text = arena_str(r->conf->arena, s);
	d->name = client ? STR("") : arena_fmt(r->conf->arena, "Daemon%zu", r->conf->ndaemons - 1);
	d->family = STR("inet");
	d->port = d->addr = d->filters = d->modifier_text = STR("");
	d->backlog = 0;			/* what the system allows: 10, as of old, lost connections that came at once */
	d->children = d->queue_la = d->delay_la = d->refuse_la = -1;
	d->place = r->place;
	s = d->text;
	while (str_split(&s, ',', &part)) {
		part = str_trim(part);
		if (part.n == 0)
			continue;
		at = str_chr(part, '=');
		if (at == SIZE_MAX || at == 0) {
			conf_error(r, "%.*s: `=' expected", STR_ARG(part));
			continue;
		}
		key = str_trim(str_first(part, at));
		set_pair(r, d, key.n > 0 ? key.p[0] : '?', str_trim(str_from(part, at + 1)));
	}
	family_fits(r, d);
}
