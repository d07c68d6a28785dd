/*
 * conf_optset - options whose values are words of a list, users, intervals with sub-options, or act on the rules.
 */
#include <string.h>

#include "base/near.h"
#include "conf_opt.h"

static char
first_letter(struct str v, char none)
{
	v = str_ltrim(v);
	return v.n == 0 ? none : chr_lower(v.p[0]);
}

/* The next word between commas and blanks. */
static bool
next_word(struct str *s, struct str *word)
{
	size_t	n = 0;

	while (s->n > 0 && (s->p[0] == ',' || chr_is_space(s->p[0])))
		*s = str_from(*s, 1);
	while (n < s->n && s->p[n] != ',' && !chr_is_space(s->p[n]))
		n++;
	*word = str_first(*s, n);
	*s = str_from(*s, n);
	return n > 0;
}

void
conf_opt_call_defaults(struct conf *c)
{
	struct conf_opts	*o = &c->opt;
	struct conf_timeouts	*t = &o->timeout;

	o->eight_bit_mode = 'p';
	o->smtp_extensions = SMTPX_CHUNKING | SMTPX_BINARYMIME | SMTPX_LIMITS | SMTPX_REQUIRETLS | SMTPX_TLSREQUIRED;
	o->future_release = 7 * 86400;
	o->delivery_mode = 'b';
	o->error_mode = 'p';
	o->super_safe = SUPERSAFE_YES;
	o->queue_sort_order = 'p';
	o->no_recipient_action = 'n';
	o->dont_probe_interfaces = 'f';
	o->blank_sub = ' ';
	o->min_free_blocks = 100;
	o->default_uid = o->default_gid = 1;
	o->default_user = STR("1:1");
	o->double_bounce_address = STR("postmaster");
	o->max_mime_header_length = 2048;
	o->max_mime_param_length = 1024;
	o->milter_log_level = -1;
	o->operator_chars = STR(".:@[]");
	o->alias_file = o->resolver_options = o->time_zone_spec = o->run_as_user = o->trusted_user = STR("");
	*t = (struct conf_timeouts){
		.initial = 300, .helo = 300, .mail = 600, .rcpt = 3600, .datainit = 300, .datablock = 3600, .datafinal = 3600,
		.rset = 300, .quit = 120, .misc = 120, .command = 3600, .ident = 5, .fileopen = 60, .lhlo = 120, .auth = 600,
		.starttls = 3600, .control = 120, .hoststatus = 1800, .role = 300,
		.res_retrans_first = -1, .res_retrans_normal = -1, .res_retry_first = -1, .res_retry_normal = -1,
	};
	for (int i = 0; i < TO_CLASSES; i++) {
		t->queuereturn[i] = 5 * 86400;
		t->queuewarn[i] = 0;
	}
}

/* ---- one letter out of several ---- */

void
opt_eight_bit_mode(struct reading *r, struct str sub, struct str v)
{
	char	c = first_letter(v, 'p');

	(void)sub;
	if (strchr("pms", c) == NULL)
		conf_error(r, "Unknown 8-bit mode %c", c);
	else
		r->conf->opt.eight_bit_mode = c;
}

void
opt_delivery_mode(struct reading *r, struct str sub, struct str v)
{
	char	c = first_letter(v, 'i');

	(void)sub;
	if (strchr("biqd", c) == NULL)
		conf_error(r, "Unknown delivery mode %c", c);
	else
		r->conf->opt.delivery_mode = c;
}

void
opt_error_mode(struct reading *r, struct str sub, struct str v)
{
	char	c = first_letter(v, 'p');

	(void)sub;
	if (strchr("pqmwe", c) != NULL)
		r->conf->opt.error_mode = c;
}

void
opt_queue_sort_order(struct reading *r, struct str sub, struct str v)
{
	char	c = first_letter(v, 'p');

	(void)sub;
	if (strchr("fhmnprt", c) == NULL)
		conf_error(r, "Invalid queue sort order \"%.*s\"", STR_ARG(v));
	else
		r->conf->opt.queue_sort_order = c;
}

void
opt_super_safe(struct reading *r, struct str sub, struct str v)
{
	char	c = first_letter(v, 't');

	(void)sub;
	r->conf->opt.super_safe = c == 'i' ? SUPERSAFE_INTERACTIVE : c == 'p' ? SUPERSAFE_POSTMILTER :
	    strchr("ty1", c) != NULL ? SUPERSAFE_YES : SUPERSAFE_NO;
}

void
opt_no_recipient_action(struct reading *r, struct str sub, struct str v)
{
	static const struct {
		const char	*word;
		char		 action;
	} words[] = {
		{ "none", 'n' }, { "add-to", 't' }, { "add-apparently-to", 'a' }, { "add-bcc", 'b' }, { "add-to-undisclosed", 'u' }
	};

	(void)sub;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_caseeq_c(str_trim(v), words[i].word)) {
			r->conf->opt.no_recipient_action = words[i].action;
			return;
		}
	conf_error(r, "Invalid NoRecipientAction: %.*s", STR_ARG(v));
}

void
opt_dont_probe(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	r->conf->opt.dont_probe_interfaces = str_caseeq_c(str_trim(v), "loopback") ? 'l' :
	    strchr("ty1", first_letter(v, 't')) != NULL ? 't' : 'f';
}

/* ---- lists of words ---- */

static const struct {
	const char	*word;
	unsigned	 bits;
} privacy_words[] = {
	{ "public", 0 }, { "needmailhelo", PRIV_NEEDMAILHELO }, { "needexpnhelo", PRIV_NEEDEXPNHELO },
	{ "needvrfyhelo", PRIV_NEEDVRFYHELO }, { "noexpn", PRIV_NOEXPN|PRIV_NOVERB }, { "novrfy", PRIV_NOVRFY },
	{ "restrictexpand", PRIV_RESTRICTEXPAND }, { "restrictmailq", PRIV_RESTRICTMAILQ },
	{ "restrictqrun", PRIV_RESTRICTQRUN }, { "noetrn", PRIV_NOETRN }, { "noverb", PRIV_NOVERB },
	{ "authwarnings", PRIV_AUTHWARNINGS }, { "noreceipts", PRIV_NORECEIPTS }, { "nobodyreturn", PRIV_NOBODYRETN },
	{ "goaway", PRIV_GOAWAY }, { "noactualrecipient", PRIV_NOACTUALRECIPIENT },
};

static const char *
privacy_word(size_t i)
{
	return i < sizeof privacy_words / sizeof *privacy_words ? privacy_words[i].word : NULL;
}

/* sendmail's message, and what was meant if something is near. */
static void
word_unknown(struct reading *r, const char *what, struct str word, const char *(*words)(size_t))
{
	struct str near = near_word(word, words);

	conf_error(r, "%s %.*s unrecognized%s%.*s%s", what, STR_ARG(word), near.n > 0 ? "; did you mean " : "", STR_ARG(near), near.n > 0 ? "?" : "");
}

void
opt_privacy(struct reading *r, struct str sub, struct str v)
{
	struct str	word;
	size_t		i;

	(void)sub;
	while (next_word(&v, &word)) {		/* they add up, also those of -O */
		for (i = 0; i < sizeof privacy_words / sizeof *privacy_words; i++)
			if (str_caseeq_c(word, privacy_words[i].word))
				break;
		if (i == sizeof privacy_words / sizeof *privacy_words)
			word_unknown(r, "readcf: Op line:", word, privacy_word);
		else
			r->conf->opt.privacy |= privacy_words[i].bits;
	}
}

static const char *const blame_words[] = {
	"safe", "assumesafechown", "classfileinunsafedirpath", "dontwarnforwardfileinunsafedirpath",
	"errorheaderinunsafedirpath", "filedeliverytohardlink", "filedeliverytosymlink", "forwardfileinunsafedirpath",
	"forwardfileinunsafedirpathsafe", "forwardfileingroupwritabledirpath", "groupreadableaudit", "groupreadablekeyfile",
	"groupreadabledefaultauthinfofile", "groupreadablesasldbfile", "groupwritablealiasfile", "groupwritabledirpathsafe",
	"groupwritableforwardfile", "groupwritableforwardfilesafe", "groupwritableincludefile", "groupwritableincludefilesafe",
	"groupwritablesasldbfile", "helpfileinunsafedirpath", "includefileinunsafedirpath", "includefileinunsafedirpathsafe",
	"includefileingroupwritabledirpath", "insufficiententropy", "linkedaliasfileinwritabledir",
	"linkedclassfileinwritabledir", "linkedforwardfileinwritabledir", "linkedincludefileinwritabledir",
	"linkedmapinwritabledir", "linkedserviceswitchfileinwritabledir", "mapinunsafedirpath", "nonrootsafeaddr",
	"runprograminunsafedirpath", "runwritableprogram", "trustsasldbfile", "trustworldwritableforwardfile", "trustworldwritableincludefile",
	"trustedforwardfile", "trustedincludefile", "trustsharedsasldbfile", "trustpathinfo", "trustprogrammailer", "trustedroot", "truststickybit",
	"worldwritablealiasfile", "worldwritableforwardfile", "worldwritableincludefile", "writemaptohardlink",
	"writemaptosymlink", "writestatstohardlink", "writestatstosymlink", "groupwritabledefaultauthinfofile", "certowner",
};

static const char *
blame_word(size_t i)
{
	return i < sizeof blame_words / sizeof *blame_words ? blame_words[i] : NULL;
}

void
opt_dont_blame(struct reading *r, struct str sub, struct str v)
{
	struct str	word;
	size_t		i;

	(void)sub;
	while (next_word(&v, &word)) {
		for (i = 0; i < sizeof blame_words / sizeof *blame_words; i++)
			if (str_caseeq_c(word, blame_words[i]))
				break;
		if (i == sizeof blame_words / sizeof *blame_words)
			word_unknown(r, "readcf: DontBlameSendmail option:", word, blame_word);
		else if (i == 0)
			r->conf->opt.dont_blame.n = 0;
		else {
			conf_list_add(r, &r->conf->opt.dont_blame, str_c(blame_words[i]));
			conf_idle_blame(r, word);
		}
	}
}

void
opt_resolver_options(struct reading *r, struct str sub, struct str v)
{
	static const char *const words[] = {
		"debug", "aaonly", "usevc", "primary", "igntc", "recurse", "defnames", "stayopen", "use_inet6", "dnsrch", "rotate",
		"haswildcardmx", "workaroundbrokenaaaa", "edns0", "nsid", "dnssec", "ad"
	};
	struct str	all = v, word;
	size_t		i;

	(void)sub;
	while (next_word(&v, &word)) {
		struct str	bare = word.p[0] == '+' || word.p[0] == '-' ? str_from(word, 1) : word;

		for (i = 0; i < sizeof words / sizeof *words; i++)
			if (str_caseeq_c(bare, words[i]))
				break;
		if (i == sizeof words / sizeof *words && !str_casestarts(bare, STR("nameserver=")) &&
		    !str_casestarts(bare, STR("anchor=")) && !str_casestarts(bare, STR("insecure=")))	/* ours: see resolver.c */
			conf_error(r, "readcf: I option value %.*s unrecognized", STR_ARG(bare));
	}
	r->conf->opt.resolver_options = arena_str(r->conf->arena, all);
}

/* Several lines name more files. */
void
opt_alias_file(struct reading *r, struct str sub, struct str v)
{
	struct str	*f = &r->conf->opt.alias_file;

	(void)sub;
	if (f->n > 0 && v.n > 0 && !r->command_line)
		*f = arena_fmt(r->conf->arena, "%.*s,%.*s", STR_ARG(*f), STR_ARG(v));
	else
		*f = arena_str(r->conf->arena, v);
}

/* ---- what acts on the rules ---- */

void
opt_blank_sub(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	r->conf->opt.blank_sub = v.n > 0 ? v.p[0] : ' ';
	rules_set_blank_sub(r->rules, r->conf->opt.blank_sub);
}

void
opt_operator_chars(struct reading *r, struct str sub, struct str v)
{
	struct err	e;
	size_t		taken;

	(void)sub;
	if (r->operators_set) {
		conf_note(r, "Warning: OperatorChars is being redefined.");
		conf_note(r, "         It should only be set before ruleset definitions.");
	}
	r->operators_set = true;
	r->conf->opt.operator_chars = arena_str(r->conf->arena, v);
	rules_set_operators(r->rules, v);
	rules_define(r->rules, rules_name_take(r->rules, STR("o"), &taken, &e), v);
}

/* ---- numbers ---- */

void
opt_min_free_blocks(struct reading *r, struct str sub, struct str v)
{
	size_t	at = str_chr(v, '/');

	(void)sub;
	r->conf->opt.min_free_blocks = conf_number(v);
	if (at != SIZE_MAX)			/* the old form carries MaxMessageSize */
		r->conf->opt.max_message_size = conf_number(str_from(v, at + 1));
}

void
opt_max_mime_header(struct reading *r, struct str sub, struct str v)
{
	struct conf_opts	*o = &r->conf->opt;
	size_t			 at = str_chr(v, '/');

	(void)sub;
	o->max_mime_header_length = conf_number(v);
	o->max_mime_param_length = at == SIZE_MAX ? o->max_mime_header_length / 2 : conf_number(str_from(v, at + 1));
	if (o->max_mime_header_length < 0)
		o->max_mime_header_length = 0;
	if (o->max_mime_param_length < 0)
		o->max_mime_param_length = 0;
	if (o->max_mime_header_length > 0 && o->max_mime_header_length < 128)
		conf_note(r, "Warning: MaxMimeHeaderLength: header length limit set lower than 128");
	if (o->max_mime_param_length > 0 && o->max_mime_param_length < 40)
		conf_note(r, "Warning: MaxMimeHeaderLength: field length limit set lower than 40");
}

/* Words that add to what is offered, or with "!" take away from it; "futurerelease=14d" says how long a message may be held. */
void
opt_smtp_extensions(struct reading *r, struct str sub, struct str v)
{
	static const struct { const char *word; unsigned bit; } words[] = {
		{ "chunking", SMTPX_CHUNKING }, { "binarymime", SMTPX_BINARYMIME }, { "limits", SMTPX_LIMITS },
		{ "requiretls", SMTPX_REQUIRETLS }, { "tls-required", SMTPX_TLSREQUIRED }, { "mt-priority", SMTPX_MTPRIORITY }, { "futurerelease", SMTPX_FUTURERELEASE },
		{ "old-auth", SMTPX_OLDAUTH }
	};
	struct conf_opts	*o = &r->conf->opt;
	struct str		 word;

	(void)sub;
	while (next_word(&v, &word)) {
		bool		off = word.p[0] == '!';
		struct str	value = STR_NONE;
		size_t		eq, i;

		word = str_from(word, off);
		if ((eq = str_chr(word, '=')) != SIZE_MAX) {
			value = str_from(word, eq + 1);
			word = str_first(word, eq);
		}
		for (i = 0; i < sizeof words / sizeof *words && !str_caseeq_c(word, words[i].word); i++)
			;
		if (i == sizeof words / sizeof *words || (!str_is_none(value) && words[i].bit != SMTPX_FUTURERELEASE)) {
			conf_error(r, "SMTPExtensions: unknown extension %.*s", STR_ARG(word));
			continue;
		}
		if (!str_is_none(value))
			o->future_release = conf_time(r, value, 'd');
		o->smtp_extensions = off ? o->smtp_extensions & ~words[i].bit : o->smtp_extensions | words[i].bit;
	}
}

/* ---- users ---- */

void
opt_default_user(struct reading *r, struct str sub, struct str v)
{
	struct conf_opts	*o = &r->conf->opt;
	bool			 has_uid = false, has_gid = false;

	(void)sub;
	o->default_user = arena_str(r->conf->arena, v);
	(void)conf_user(r, v, "option u:", &has_uid, &o->default_uid, &has_gid, &o->default_gid);
}

void
opt_run_as_user(struct reading *r, struct str sub, struct str v)
{
	struct conf_opts	*o = &r->conf->opt;
	bool			 has_gid = false;

	(void)sub;
	o->run_as_user = arena_str(r->conf->arena, v);
	o->has_run_as = false;
	if (v.n > 0 && conf_user(r, v, "option RunAsUser:", &o->has_run_as, &o->run_as_uid, &has_gid, &o->run_as_gid) == 0 &&
	    o->run_as_uid == 0)
		o->has_run_as = false;		/* root is no change */
}

void
opt_trusted_user(struct reading *r, struct str sub, struct str v)
{
	struct conf_opts	*o = &r->conf->opt;
	bool			 has_gid = false;
	uint32_t		 gid = 0;

	(void)sub;
	o->trusted_user = arena_str(r->conf->arena, v);
	o->has_trusted = false;
	(void)conf_user(r, v, "option TrustedUser:", &o->has_trusted, &o->trusted_uid, &has_gid, &gid);
}

/* ---- listeners ---- */

void
opt_daemon(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	conf_read_daemon(r, v, false);
}

void
opt_client(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	conf_read_daemon(r, v, true);
}

/* ---- text whose absence differs from emptiness ---- */

void
opt_double_bounce(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	r->conf->opt.double_bounce_address = arena_str(r->conf->arena, v);
	r->conf->opt.double_bounce_set = true;
}

void
opt_time_zone(struct reading *r, struct str sub, struct str v)
{
	(void)sub;
	r->conf->opt.time_zone_spec = arena_str(r->conf->arena, v);
	r->conf->opt.time_zone_set = true;
}

/* ---- Timeout. ---- */

#define T(field)	offsetof(struct conf_timeouts, field)

static const struct {
	const char	*name;
	size_t		 offset;
	char		 unit;
} timeouts[] = {
	{ "initial", T(initial), 'm' }, { "connect", T(connect), 'm' }, { "iconnect", T(iconnect), 'm' },
	{ "aconnect", T(aconnect), 'm' }, { "helo", T(helo), 'm' }, { "mail", T(mail), 'm' }, { "rcpt", T(rcpt), 'm' },
	{ "datainit", T(datainit), 'm' }, { "datablock", T(datablock), 'm' }, { "datafinal", T(datafinal), 'm' },
	{ "rset", T(rset), 'm' }, { "quit", T(quit), 'm' }, { "misc", T(misc), 'm' }, { "command", T(command), 'm' },
	{ "ident", T(ident), 'm' }, { "fileopen", T(fileopen), 'm' }, { "lhlo", T(lhlo), 'm' }, { "auth", T(auth), 'm' },
	{ "starttls", T(starttls), 'm' }, { "control", T(control), 'm' }, { "hoststatus", T(hoststatus), 'm' },
	{ "role", T(role), 'm' },
	{ "queuereturn.normal", T(queuereturn[TO_NORMAL]), 'd' }, { "queuereturn.urgent", T(queuereturn[TO_URGENT]), 'd' },
	{ "queuereturn.non-urgent", T(queuereturn[TO_NONURGENT]), 'd' }, { "queuereturn.dsn", T(queuereturn[TO_DSN]), 'd' },
	{ "queuewarn.normal", T(queuewarn[TO_NORMAL]), 'h' }, { "queuewarn.urgent", T(queuewarn[TO_URGENT]), 'h' },
	{ "queuewarn.non-urgent", T(queuewarn[TO_NONURGENT]), 'h' }, { "queuewarn.dsn", T(queuewarn[TO_DSN]), 'h' },
	{ "resolver.retrans.first", T(res_retrans_first), 's' }, { "resolver.retrans.normal", T(res_retrans_normal), 's' },
};

static void
timeout_set(struct reading *r, struct str name, struct str v)
{
	struct conf_timeouts	*t = &r->conf->opt.timeout;
	bool			 found = false;

	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
		struct str	row = str_c(timeouts[i].name);
		bool		all = row.n > name.n && str_casestarts(row, name) && row.p[name.n] == '.';

		if (!all && !str_caseeq(row, name))
			continue;
		if (all && !str_caseeq_c(name, "queuereturn") && !str_caseeq_c(name, "queuewarn") &&
		    !str_caseeq_c(name, "resolver.retrans"))
			continue;
		*(int64_t *)(void *)((char *)t + timeouts[i].offset) = str_caseeq_c(v, "now") && str_casestarts(row, STR("queuereturn")) ? CONF_NOW :
		    conf_time(r, v, timeouts[i].unit);
		found = true;
	}
	if (str_caseeq_c(name, "resolver.retry") || str_caseeq_c(name, "resolver.retry.first")) {
		t->res_retry_first = (int)conf_number(v);
		found = true;
	}
	if (str_caseeq_c(name, "resolver.retry") || str_caseeq_c(name, "resolver.retry.normal")) {
		t->res_retry_normal = (int)conf_number(v);
		found = true;
	}
	if (!found)
		conf_error(r, "settimeout: invalid timeout %.*s", STR_ARG(name));
}

/* "Timeout.mail=5m"; the old "Or5m" sets all of the SMTP phases, "Orinitial=5m,mail=10m" some. */
void
opt_timeout(struct reading *r, struct str sub, struct str v)
{
	static const char *const phases[] = {
		"mail", "rcpt", "datainit", "datablock", "datafinal", "command"
	};
	struct str	word;
	size_t		at;

	if (sub.n > 0) {
		timeout_set(r, sub, v);
		return;
	}
	while (next_word(&v, &word)) {
		at = str_chr(word, '=');
		if (at != SIZE_MAX) {
			timeout_set(r, str_first(word, at), str_from(word, at + 1));
			continue;
		}
		for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
			timeout_set(r, str_c(phases[i]), word);
	}
}

/* "5d/4h": return and warn. */
void
opt_queue_timeout(struct reading *r, struct str sub, struct str v)
{
	size_t	at = str_chr(v, '/');

	(void)sub;
	timeout_set(r, STR("queuereturn"), str_first(v, at == SIZE_MAX ? v.n : at));
	if (at != SIZE_MAX)
		timeout_set(r, STR("queuewarn"), str_from(v, at + 1));
}

/* ---- Milter. ---- */

void
opt_milter(struct reading *r, struct str sub, struct str v)
{
	static const char *const stages[] = {
		"macros.connect", "macros.helo", "macros.envfrom", "macros.envrcpt", "macros.data", "macros.eoh", "macros.eom"
	};
	struct str	word;

	if (str_caseeq_c(sub, "loglevel")) {
		r->conf->opt.milter_log_level = conf_number(v);
		return;
	}
	for (size_t i = 0; i < MILTER_STAGES; i++) {
		if (!str_caseeq_c(sub, stages[i]))
			continue;
		r->conf->opt.milter_macros[i].n = 0;
		while (next_word(&v, &word))
			conf_list_add(r, &r->conf->opt.milter_macros[i], word);
		return;
	}
	conf_error(r, "milter_set_option: invalid Milter option %.*s", STR_ARG(sub));
}
