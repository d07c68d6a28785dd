/*
 * status - the one table of outcomes.
 *
 * Rows with a name are what rulesets write behind $#error $@ and what programs exit
 * with; they come first, so a search by exit code finds them.  The others give a reply
 * code its enhanced status code and text (RFC 5321 4.2.3, RFC 3463, RFC 5248).
 */
#include "base/status.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

static const struct status status_rows[] = {
	{ EXIT_OK,		250, "2.0.0", "OK",				"ok" },
	{ EXIT_USAGE,		501, "5.0.0", "Command line usage error",	"usage" },
	{ EXIT_DATAERR,		501, "5.6.0", "Data format error",		"dataerr" },
	{ EXIT_NOINPUT,		550, "5.3.0", "Cannot open input",		"noinput" },
	{ EXIT_NOUSER,		550, "5.1.1", "User unknown",			"nouser" },
	{ EXIT_NOHOST,		550, "5.1.2", "Host unknown",			"nohost" },
	{ EXIT_UNAVAILABLE,	554, "5.0.0", "Service unavailable",		"unavailable" },
	{ EXIT_SOFTWARE,	554, "5.3.0", "Internal error",			"software" },
	{ EXIT_OSERR,		451, "4.0.0", "Operating system error",		"oserr" },
	{ EXIT_OSFILE,		554, "5.3.5", "System file missing",		"osfile" },
	{ EXIT_CANTCREAT,	550, "5.0.0", "Can't create output",		"cantcreat" },
	{ EXIT_IOERR,		451, "4.0.0", "I/O error",			"ioerr" },
	{ EXIT_TEMPFAIL,	450, "4.0.0", "Deferred",			"tempfail" },
	{ EXIT_PROTOCOL,	554, "5.5.0", "Remote protocol error",		"protocol" },
	{ EXIT_NOPERM,		550, "5.0.0", "Insufficient permission",	"noperm" },
	{ EXIT_CONFIG,		554, "5.3.5", "Local configuration error",	"config" },

	{ EXIT_OK,		211, "2.0.0", "System status",			NULL },
	{ EXIT_OK,		214, "2.0.0", "Help",				NULL },
	{ EXIT_OK,		220, "2.0.0", "Service ready",			NULL },
	{ EXIT_OK,		221, "2.0.0", "Closing connection",		NULL },
	{ EXIT_OK,		235, "2.7.0", "Authentication succeeded",	NULL },
	{ EXIT_OK,		251, "2.1.5", "User not local; will forward",	NULL },
	{ EXIT_OK,		252, "2.5.2", "Cannot VRFY user; try RCPT to attempt delivery (or try finger)", NULL },
	{ EXIT_OK,		334, "3.0.0", "Continue",			NULL },
	{ EXIT_OK,		354, "3.0.0", "Enter mail, end with \".\" on a line by itself", NULL },
	{ EXIT_TEMPFAIL,	421, "4.3.0", "Service not available, closing connection", NULL },
	{ EXIT_TEMPFAIL,	432, "4.7.12", "A password transition is needed", NULL },
	{ EXIT_TEMPFAIL,	451, "4.3.0", "Local error in processing",	NULL },
	{ EXIT_TEMPFAIL,	452, "4.3.1", "Insufficient system storage",	NULL },
	{ EXIT_TEMPFAIL,	453, "4.3.2", "You have no mail",		NULL },
	{ EXIT_TEMPFAIL,	454, "4.7.0", "Temporary authentication failure", NULL },
	{ EXIT_TEMPFAIL,	455, "4.3.0", "Server unable to accommodate parameters", NULL },
	{ EXIT_PROTOCOL,	500, "5.5.1", "Command unrecognized",		NULL },
	{ EXIT_DATAERR,		501, "5.5.4", "Syntax error in parameters",	NULL },
	{ EXIT_PROTOCOL,	502, "5.5.1", "Command not implemented",	NULL },
	{ EXIT_PROTOCOL,	503, "5.5.1", "Bad sequence of commands",	NULL },
	{ EXIT_PROTOCOL,	504, "5.5.4", "Command parameter not implemented", NULL },
	{ EXIT_NOHOST,		521, "5.3.2", "Host does not accept mail",	NULL },
	{ EXIT_TEMPFAIL,	530, "5.7.0", "Authentication required",	NULL },
	{ EXIT_NOPERM,		534, "5.7.9", "Authentication mechanism is too weak", NULL },
	{ EXIT_NOPERM,		535, "5.7.8", "Authentication credentials invalid", NULL },
	{ EXIT_NOPERM,		538, "5.7.11", "Encryption required for requested authentication mechanism", NULL },
	{ EXIT_NOUSER,		551, "5.1.6", "User has moved; please try another address", NULL },
	{ EXIT_UNAVAILABLE,	552, "5.2.2", "Message exceeds storage allocation", NULL },
	{ EXIT_DATAERR,		553, "5.1.3", "Mailbox name not allowed",	NULL },
	{ EXIT_UNAVAILABLE,	555, "5.5.4", "Parameters not recognized or not implemented", NULL },
	{ EXIT_NOHOST,		556, "5.1.10", "Host does not accept mail (null MX)", NULL },
};

/* The default outcome of a reply code where several rows have it. */
static const struct {
	int	code;
	enum ex	ex;
} status_smtp_first[] = {
	{ 451, EXIT_TEMPFAIL }, { 501, EXIT_DATAERR }, { 550, EXIT_NOUSER }, { 554, EXIT_UNAVAILABLE }
};

/*
 * Subject and detail of a permanent status code to what a program exits with: sendmail 8.17's answers, since scripts know them.  The first
 * row that fits (-1: any); no row: EXIT_UNAVAILABLE.
 */
static const struct {
	int	subject, detail;
	enum ex	ex;
} status_dsn[] = {
	{ 1, 0, EXIT_DATAERR },		{ 1, 1, EXIT_NOUSER },		{ 1, 2, EXIT_NOHOST },		{ 1, 3, EXIT_USAGE },
	{ 1, 5, EXIT_CONFIG },		{ 1, 6, EXIT_NOUSER },		{ 1, 7, EXIT_USAGE },		{ 1, 8, EXIT_NOHOST },
	{ 2, 3, EXIT_DATAERR },		{ 3, -1, EXIT_OSERR },
	{ 4, 0, EXIT_IOERR },		{ 4, 1, EXIT_TEMPFAIL },	{ 4, 2, EXIT_IOERR },		{ 4, 3, EXIT_TEMPFAIL },
	{ 4, 4, EXIT_PROTOCOL },	{ 4, 5, EXIT_TEMPFAIL },	{ 4, 6, EXIT_CONFIG },
	{ 5, -1, EXIT_PROTOCOL },	{ 7, -1, EXIT_DATAERR },
};

const struct status *
status_by_ex(int ex)
{
	for (size_t i = 0; i < COUNT(status_rows); i++)
		if ((int)status_rows[i].ex == ex)
			return &status_rows[i];
	return NULL;
}

const struct status *
status_by_name(struct str name)
{
	for (size_t i = 0; i < COUNT(status_rows) && status_rows[i].name != NULL; i++)
		if (str_caseeq_c(name, status_rows[i].name))
			return &status_rows[i];
	return NULL;
}

const struct status *
status_by_smtp(int code)
{
	const struct status	*found = NULL;
	int			 ex = -1;

	for (size_t i = 0; i < COUNT(status_smtp_first); i++)
		if (status_smtp_first[i].code == code)
			ex = (int)status_smtp_first[i].ex;
	for (size_t i = 0; i < COUNT(status_rows); i++) {
		if (status_rows[i].smtp != code || (ex != -1 && (int)status_rows[i].ex != ex))
			continue;
		found = &status_rows[i];	/* the row without a name is the more exact one */
		if (found->name == NULL)
			break;
	}
	return found;
}

static size_t
status_digits(struct str s, int *v)
{
	size_t	n = 0;

	for (*v = 0; n < s.n && chr_is_digit(s.p[n]) && n < 4; n++)
		*v = *v * 10 + (s.p[n] - '0');
	return n <= 3 ? n : 0;
}

/* Class, subject and detail at the front of s: how long that is, or 0. */
static size_t
status_dsn_parse(struct str s, int *class, int *subject, int *detail)
{
	size_t	n, m;

	if (s.n < 5 || s.p[1] != '.' || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5'))
		return 0;
	*class = s.p[0] - '0';
	if ((n = status_digits(str_from(s, 2), subject)) == 0)
		return 0;
	n += 2;
	if (n >= s.n || s.p[n] != '.' || (m = status_digits(str_from(s, n + 1), detail)) == 0)
		return 0;
	return n + 1 + m;
}

size_t
status_dsn_len(struct str s)
{
	int	class, subject, detail;

	return status_dsn_parse(s, &class, &subject, &detail);
}

int
status_ex_of_dsn(struct str dsn)
{
	int	class, subject, detail;

	if (status_dsn_parse(dsn, &class, &subject, &detail) == 0)
		return EXIT_UNAVAILABLE;
	if (class != 5)
		return class == 2 ? EXIT_OK : EXIT_TEMPFAIL;
	for (size_t i = 0; i < COUNT(status_dsn); i++)
		if (status_dsn[i].subject == subject &&
		    (status_dsn[i].detail == -1 || status_dsn[i].detail == detail))
			return (int)status_dsn[i].ex;
	return EXIT_UNAVAILABLE;
}

int
status_ex_of_smtp(int code)
{
	const struct status	*s = status_by_smtp(code);

	if (s != NULL)
		return (int)s->ex;
	return code >= 200 && code < 400 ? EXIT_OK : code >= 400 && code < 500 ? EXIT_TEMPFAIL : EXIT_UNAVAILABLE;
}

int
status_ex_of_reply(enum status_phase phase, int code)
{
	switch (phase) {
	case STATUS_MAIL:
		return code == 501 || code == 553 ? EXIT_DATAERR : EXIT_UNAVAILABLE;
	case STATUS_RCPT:
		return code == 550 || code == 551 || code == 553 ? EXIT_NOUSER : EXIT_UNAVAILABLE;
	case STATUS_DOT:
		return code / 10 == 55 ? EXIT_UNAVAILABLE : EXIT_PROTOCOL;
	case STATUS_DATA:
	case STATUS_OTHER:
		break;
	}
	return EXIT_UNAVAILABLE;
}

const char *
status_dsn_of_reply(enum status_phase phase, int code)
{
	static const struct { enum status_phase phase; int code; const char *dsn; } codes[] = {
		{ STATUS_MAIL, 450, "4.2.0" }, { STATUS_MAIL, 552, "5.3.4" },
		{ STATUS_RCPT, 450, "4.2.0" }, { STATUS_RCPT, 550, "5.1.1" }, { STATUS_RCPT, 551, "5.1.6" }, { STATUS_RCPT, 552, "5.2.2" },
		{ STATUS_RCPT, 553, "5.1.3" },
		{ STATUS_DOT, 450, "4.2.0" }, { STATUS_DOT, 550, "5.2.0" }, { STATUS_DOT, 552, "5.2.2" },
	};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].phase == phase && codes[i].code == code)
			return codes[i].dsn;
	return code >= 500 ? "5.0.0" : "4.0.0";
}
