/*
 * opts - the command line of sendmail and its other names.
 *
 * One row a letter.  Values may stand in the same word or in the next; -d and -q take theirs in the same word only.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/enc.h"
#include "base/num.h"
#include "base/status.h"
#include "opts.h"
#include "os_conf.h"

enum opt_arg { OPT_NONE, OPT_ARG, OPT_GLUED };

struct opt_row {
	char		 letter;
	enum opt_arg	 arg;
	bool		 drops;		/* gives up set-id rights */
	int		 (*set)(struct opts *, struct arena *, char letter, char *value);
};

static int
opt_usage(const char *what, const char *value)
{
	fprintf(stderr, "%s%s%s%s\n", what, value == NULL ? "" : " (", value == NULL ? "" : value, value == NULL ? "" : ")");
	return EXIT_USAGE;
}

static int
opt_override(struct opts *o, struct arena *a, char kind, struct str text)
{
	struct conf_override	*v = ARENA_ARRAY(a, struct conf_override, o->nover + 1);

	if (o->nover > 0)
		memcpy(v, o->over, o->nover * sizeof *v);
	v[o->nover++] = (struct conf_override){ kind, text };
	o->over = v;
	if ((kind == 'O' || kind == 'o') && !conf_opt_is_safe(kind, text))
		o->drop = true;
	return EXIT_OK;
}

static int
opt_set_text(struct opts *o, struct arena *a, char letter, char *value)
{
	struct buf b;
	int rc;

	(void)a;
	switch (letter) {
	case 'C':
		o->cf = value;
		break;
	case 'D':
		o->debug_file = value;
		break;
	case 'F':
		o->full_name = value;
		break;
	case 'f':
	case 'r':
		if (o->sender != NULL && strcmp(o->sender, value) != 0)
			return opt_usage("More than one \"from\" person", NULL);
		o->sender = value;
		break;
	case 'L':
		o->tag = value;
		break;
	case 'p':
		o->protocol = value;
		break;
	case 'X':
		o->traffic = value;
		break;
	case 'V':
		buf_init(&b, 0);
		rc = dec_xtext(&b, str_c(value));
		buf_done(&b);
		if (rc == -1 || value[0] == '\0')
			return opt_usage("Invalid syntax in -V flag", NULL);
		o->envid = value;
		break;
	default:
		o->quarantine = value;
		break;
	}
	return EXIT_OK;
}

static int
opt_set_switch(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)value;
	switch (letter) {
	case 'i':
		o->ignore_dots = true;
		return opt_override(o, a, 'o', STR("iTrue"));
	case 't':
		o->from_headers = true;
		break;
	case 'v':
		o->verbose = true;
		return opt_override(o, a, 'o', STR("vTrue"));
	case 'n':
		o->no_alias = true;
		break;
	case 'm':
		return opt_override(o, a, 'o', STR("mTrue"));
	case 'c':
		return opt_override(o, a, 'o', STR("cTrue"));
	case 'G':
		o->gateway = true;
		break;
	case 'U':
		o->utf8 = true;
		break;
	case 'I':
		o->mode = 'i';
		o->mode_given = true;
		break;
	default:			/* s, T, x, E: old, without effect as documented */
		break;
	}
	return EXIT_OK;
}

static int
opt_set_ignored(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)o;
	(void)a;
	(void)letter;
	(void)value;
	return EXIT_OK;
}

static int
opt_set_mode(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)a;
	(void)letter;
	if (value[0] == 'z')
		return opt_usage("Frozen configurations unsupported", NULL);
	if (value[0] == '\0' || strchr("aCdDghHimpPstTv", value[0]) == NULL) {
		fprintf(stderr, "Invalid operation mode %c\n", value[0]);
		return EXIT_USAGE;
	}
	o->mode = value[0] == 'a' ? 'm' : value[0];	/* the ARPANET's replies are long gone */
	o->mode_given = true;
	return EXIT_OK;
}

static int
opt_set_which(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)a;
	(void)letter;
	if ((value[0] != 'm' && value[0] != 'c') || value[1] != '\0')
		return opt_usage("Invalid -A value: m is sendmail.cf, c is submit.cf", value);
	o->which = value[0];
	return EXIT_OK;
}

static int
opt_set_body(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)a;
	(void)letter;
	if (strcasecmp(value, "7bit") == 0 || strcasecmp(value, "8bitmime") == 0)
		o->body = value;
	else
		fprintf(stderr, "Illegal body type %s\n", value);	/* and goes on without, as documented */
	return EXIT_OK;
}

static int
opt_set_hops(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)a;
	(void)letter;
	return num_int(str_c(value), 0, 10000, &o->hops) == -1 ? opt_usage("Bad hop count", value) : EXIT_OK;
}

static int
opt_set_notify(struct opts *o, struct arena *a, char letter, char *value)
{
	struct str	list = str_c(value), w;

	(void)a;
	(void)letter;
	if (strcasecmp(value, "never") != 0)
		while (str_split(&list, ',', &w))
			if (!str_caseeq_c(w, "success") && !str_caseeq_c(w, "failure") && !str_caseeq_c(w, "delay"))
				return opt_usage("Invalid -N argument", NULL);
	o->notify = value;
	return EXIT_OK;
}

static int
opt_set_ret(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)a;
	(void)letter;
	if (strcasecmp(value, "full") != 0 && strcasecmp(value, "hdrs") != 0)
		return opt_usage("Invalid -R value", NULL);
	o->ret = value;
	return EXIT_OK;
}

static int
opt_set_trace(struct opts *o, struct arena *a, char letter, char *value)
{
	(void)letter;
	if (o->trace != NULL)
		value = arena_cstr(a, arena_fmt(a, "%s,%s", o->trace, value));
	o->trace = value;
	return EXIT_OK;
}

/* -ov, -O Verbose: -v by another name. */
static bool
opt_is_verbose(char letter, const char *value)
{
	if (letter == 'o')
		return value[0] == 'v' && (value[1] == '\0' || strchr("tTyY", value[1]) != NULL);
	return strcasecmp(value, "Verbose") == 0 || (strncasecmp(value, "Verbose=", 8) == 0 && value[8] != '\0' && strchr("tTyY", value[8]) != NULL);
}

static int
opt_set_option(struct opts *o, struct arena *a, char letter, char *value)
{
	if (letter == 'e')
		return opt_override(o, a, 'o', arena_fmt(a, "e%s", value));
	o->verbose |= opt_is_verbose(letter, value);
	return value[0] == '\0' ? opt_usage("Missing option name", NULL) : opt_override(o, a, letter, str_c(value));
}

static int
opt_queue_term(struct opts *o, char what, bool negate, const char *text)
{
	struct qrun_ask	*q = &o->queue_select;

	if (q->nterm == QRUN_TERMS)
		return opt_usage("Too many queue selections", NULL);
	if (what == 'G' && text[0] == '\0')
		return opt_usage("Queue group name is missing behind -qG", NULL);
	if (what == 'Q') {
		q->quarantined = true;
		if (text[0] == '\0')
			return EXIT_OK;
	}
	q->term[q->nterm++] = (struct qrun_term){ what, negate, str_c(text) };
	return EXIT_OK;
}

static int
opt_set_queue(struct opts *o, struct arena *a, char letter, char *value)
{
	bool	negate = value[0] == '!';
	char	c = value[negate ? 1 : 0];

	(void)a;
	(void)letter;
	o->queue_run = true;
	if (c != '\0' && strchr("IRSQG", c) != NULL)
		return opt_queue_term(o, c, negate, value + (negate ? 2 : 1));
	if (negate)
		return opt_usage("Nothing to select behind -q!", NULL);
	switch (c) {
	case 'L':
		return opt_queue_term(o, 'L', false, "");
	case 'f':
		o->queue_foreground = true;
		return EXIT_OK;
	case 'p':
		o->queue_persistent = true;
		o->queue_interval = 1;
		if (value[1] == '\0')
			return EXIT_OK;
		return num_time(str_c(value + 1), 'm', &o->queue_interval) == -1 ? opt_usage("Invalid time", value + 1) : EXIT_OK;
	case '\0':
		return EXIT_OK;
	default:
		return num_time(str_c(value), 'm', &o->queue_interval) == -1 ? opt_usage("Invalid queue interval", value) : EXIT_OK;
	}
}

static const struct opt_row opt_rows[] = {
	{ 'A', OPT_ARG, false, opt_set_which },		{ 'B', OPT_ARG, false, opt_set_body },
	{ 'b', OPT_ARG, false, opt_set_mode },		{ 'C', OPT_ARG, true, opt_set_text },
	{ 'c', OPT_NONE, false, opt_set_switch },	{ 'D', OPT_ARG, true, opt_set_text },
	{ 'd', OPT_GLUED, true, opt_set_trace },	{ 'E', OPT_NONE, false, opt_set_switch },
	{ 'e', OPT_ARG, false, opt_set_option },	{ 'F', OPT_ARG, false, opt_set_text },
	{ 'f', OPT_ARG, false, opt_set_text },		{ 'G', OPT_NONE, false, opt_set_switch },
	{ 'h', OPT_ARG, false, opt_set_hops },		{ 'I', OPT_NONE, false, opt_set_switch },
	{ 'i', OPT_NONE, false, opt_set_switch },	{ 'J', OPT_ARG, false, opt_set_ignored },
	{ 'L', OPT_ARG, false, opt_set_text },		{ 'M', OPT_ARG, true, opt_set_option },
	{ 'm', OPT_NONE, false, opt_set_switch },	{ 'N', OPT_ARG, false, opt_set_notify },
	{ 'n', OPT_NONE, false, opt_set_switch },	{ 'O', OPT_ARG, false, opt_set_option },
	{ 'o', OPT_ARG, false, opt_set_option },	{ 'p', OPT_ARG, false, opt_set_text },
	{ 'Q', OPT_GLUED, false, opt_set_text },	{ 'q', OPT_GLUED, false, opt_set_queue },
	{ 'R', OPT_ARG, false, opt_set_ret },		{ 'r', OPT_ARG, false, opt_set_text },
	{ 's', OPT_NONE, false, opt_set_switch },	{ 'T', OPT_GLUED, false, opt_set_ignored },
	{ 't', OPT_NONE, false, opt_set_switch },	{ 'U', OPT_NONE, false, opt_set_switch },
	{ 'V', OPT_ARG, false, opt_set_text },		{ 'v', OPT_NONE, false, opt_set_switch },
	{ 'X', OPT_ARG, true, opt_set_text },		{ 'x', OPT_NONE, false, opt_set_switch },
};

/* What the program's name alone says. */
static const struct {
	const char	*name;
	char		 mode;
} opt_names[] = {
	{ "newaliases", 'i' }, { "mailq", 'p' }, { "smtpd", 'd' }, { "hoststat", 'h' }, { "purgestat", 'H' },
};

static const struct opt_row *
opt_find(char letter)
{
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++)
		if (opt_rows[i].letter == letter)
			return &opt_rows[i];
	return NULL;
}

/* One word of letters; *i is the word's place and moves on when a value is in the next. */
static int
opt_word(struct opts *o, struct arena *a, int argc, char **argv, int *i)
{
	static char	nothing[] = "";
	char		*w = argv[*i] + 1;

	while (*w != '\0') {
		const struct opt_row	*r = opt_find(*w);
		char			*value = w + 1;
		int			 rc;

		if (r == NULL) {
			fprintf(stderr, "%s: illegal option -- %c\n", o->argv0, *w);
			return EXIT_USAGE;
		}
		if (r->drops)
			o->drop = true;
		if (r->arg == OPT_NONE) {
			if ((rc = r->set(o, a, r->letter, nothing)) != EXIT_OK)
				return rc;
			w++;
			continue;
		}
		/* -Q's may be there or not */
		if (*value == '\0' && *w == 'Q' && *i + 1 < argc && argv[*i + 1][0] != '-' && argv[*i + 1][0] != '\0')
			value = argv[++*i];
		if (*value == '\0' && r->arg == OPT_ARG) {
			if (*i + 1 >= argc) {
				fprintf(stderr, "%s: option requires an argument -- %c\n", o->argv0, *w);
				return EXIT_USAGE;
			}
			value = argv[++*i];
		}
		return r->set(o, a, r->letter, value);
	}
	return EXIT_OK;
}

static void
opt_defaults(struct opts *o, char **argv)
{
	const char	*slash;

	memset(o, 0, sizeof *o);
	o->argv0 = argv[0] == NULL ? "sendmail" : argv[0];
	slash = strrchr(o->argv0, '/');
	o->name = slash == NULL ? o->argv0 : slash + 1;
	o->mode = 'm';
	o->hops = -1;
	for (size_t i = 0; i < sizeof(opt_names) / sizeof(opt_names[0]); i++)
		if (strcmp(o->name, opt_names[i].name) == 0) {
			o->mode = opt_names[i].mode;
			o->mode_given = true;
		}
}

static int
opt_help(const struct opts *o, bool all)
{
	printf("Angarium sendmail " CONF_VERSION "\n");
	if (all)
		printf("usage: %s [-t] [-i] [-f sender] [-F name] [-v] recipient ...    send the message on standard input\n"
		    "       -bd -q15m   daemon          -bs   SMTP on standard input    -bp   the queue (mailq)\n"
		    "       -bi         newaliases      -bv   where would it go?        -q    work off the queue now\n"
		    "       --make-cert [--days=N] [--rsa] [--dir=FOLDER] [name]        key, request, certificate and TLSA record\n"
		    "       -bT host    what would a delivery verify? (TLS)\n"
		    "       -bt         test rules      -bC   check the configuration   -bD   daemon in the foreground\n"
		    "       -C file     configuration   -O option=value   -d0.1  what is built in   -X file   log all traffic\n"
		    "See sendmail(8).\n", o->name);
	return OPTS_DONE;
}

/* --make-cert and what belongs to it: 1, 0 for another word, -1 for a value that is of no use. */
static int
opt_make_cert(struct opts *o, const char *word)
{
	if (strcmp(word, "--make-cert") == 0) {
		o->mode = OPTS_MAKE_CERT;
		o->drop = true;
		o->mode_given = true;
	} else if (strcmp(word, "--rsa") == 0)
		o->make_rsa = true;
	else if (strncmp(word, "--dir=", 6) == 0) {
		if (*(o->make_dir = word + 6) == '\0') {
			fprintf(stderr, "%s: --dir=: no folder\n", o->name);
			return -1;
		}
	} else if (strncmp(word, "--days=", 7) == 0) {
		if (num_int(str_c(word + 7), 1, 36500, &o->make_days) == -1) {
			fprintf(stderr, "%s: %s: not a number from 1 to 36500\n", o->name, word);
			return -1;
		}
	} else
		return 0;
	return 1;
}

int
opts_parse(struct arena *a, int argc, char **argv, struct opts *o)
{
	int	i, rc;

	opt_defaults(o, argv);
	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			break;
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0)
			return opt_help(o, argv[i][2] == 'h');
		if ((rc = opt_make_cert(o, argv[i])) != 0) {
			if (rc == -1)
				return EXIT_USAGE;
			continue;
		}
		if (strcmp(argv[i], "--equal") == 0 && i + 1 < argc) {
			o->check_against = argv[++i];
			continue;
		}
		if (strncmp(argv[i], "--equal=", 8) == 0) {
			o->check_against = argv[i] + 8;
			continue;
		}
		if (strcmp(argv[i], "--explain") == 0) {
			o->explain = true;
			continue;
		}
		if (strcmp(argv[i], "--svg") == 0 && i + 1 < argc) {
			o->explain_svg = argv[++i];
			o->drop = true;		/* it will be written to */
			continue;
		}
		if (strcmp(argv[i], "--journal") == 0) {
			o->journal = true;
			continue;
		}
		if (strcmp(argv[i], "-role") == 0 && i + 1 < argc) {
			o->role = argv[++i];
			continue;
		}
		if ((rc = opt_word(o, a, argc, argv, &i)) != EXIT_OK)
			return rc;
	}
	o->rcpt = argv + i;
	o->nrcpt = i < argc ? (size_t)(argc - i) : 0;
	if ((o->queue_run || o->quarantine != NULL) && !o->mode_given)
		o->mode = 'q';
	if (o->queue_run && strchr("tishHvaC", o->mode) != NULL) {
		fprintf(stderr, "Can not use -q with -b%c\n", o->mode);
		return EXIT_USAGE;
	}
	if (o->queue_interval > 0)
		(void)opt_override(o, a, 'B', arena_fmt(a, "{queue_interval}%02d:%02d:%02d", (int)(o->queue_interval / 3600 % 100),
		    (int)(o->queue_interval / 60 % 60), (int)(o->queue_interval % 60)));
	if (o->verbose && strchr("mt", o->mode) != NULL)	/* who watches waits, whatever was asked for */
		return opt_override(o, a, 'o', STR("di"));
	return EXIT_OK;
}

const char *
opts_cf(const struct opts *o)
{
	if (o->cf != NULL)
		return o->cf;
	if (o->mode == 'C')
		for (size_t i = 0; i < o->nrcpt; i++) {
			if (strcmp(o->rcpt[i], "--equal") == 0)
				i++;
			else if (o->rcpt[i][0] != '-')
				return o->rcpt[i];
		}
	if (o->which == 'c' || (o->which == 0 && strchr("ms", o->mode) != NULL))
		return CONF_ETCDIR "/submit.cf";
	return CONF_ETCDIR "/sendmail.cf";
}
