/*
 * req_table - the daemon's trust in writing: every request, who answers it, who may make it, and under what conditions.  Pure.
 */
#include "attempt.h"
#include "net/tls_key.h"
#include "queue/qfile.h"
#include "req.h"

static const char *const role_names[R_MAX] = {
	[R_NONE] = "none", [R_PARENT] = "parent", [R_LOADER] = "loader", [R_GATE] = "gate", [R_SMTPD] = "smtpd",
	[R_LOOKUP] = "lookup", [R_RESOLVER] = "resolver", [R_SPOOL] = "spool", [R_ROUTE] = "route",
	[R_CLIENT] = "client", [R_LOCAL] = "local", [R_LOG] = "log", [R_AUTH] = "auth", [R_KEYS] = "keys", [R_STS] = "sts",
	[R_TALLY] = "tally",
	[R_COMMAND] = "command"
};

const char *
role_name(enum role_id id)
{
	return (unsigned)id < R_MAX ? role_names[id] : "unknown";
}

#define P	ROLE_BIT(R_PARENT)
#define GATE	ROLE_BIT(R_GATE)
#define SMTPD	ROLE_BIT(R_SMTPD)
#define LOOKUP	ROLE_BIT(R_LOOKUP)
#define RESOLVER ROLE_BIT(R_RESOLVER)
#define SPOOL	ROLE_BIT(R_SPOOL)
#define ROUTE	ROLE_BIT(R_ROUTE)
#define CLIENT	ROLE_BIT(R_CLIENT)
#define LOCAL	ROLE_BIT(R_LOCAL)
#define LOG	ROLE_BIT(R_LOG)
#define AUTH	ROLE_BIT(R_AUTH)
#define TALLY	ROLE_BIT(R_TALLY)
#define LOADER	ROLE_BIT(R_LOADER)
#define COMMAND	ROLE_BIT(R_COMMAND)
#define KEYS	ROLE_BIT(R_KEYS)
#define STS	ROLE_BIT(R_STS)
#define ALL	(KEYS|STS|GATE|SMTPD|LOOKUP|RESOLVER|SPOOL|ROUTE|CLIENT|LOCAL|LOG|AUTH|TALLY|LOADER|COMMAND)
#define INSIDE	(KEYS|STS|LOOKUP|RESOLVER|SPOOL|ROUTE|LOCAL|LOG|AUTH|TALLY)	/* who never talks to strangers */
#define MASTERS	(STS|SMTPD|LOOKUP|ROUTE|CLIENT|LOCAL)

#define SMALL	((size_t)4 << 10)
#define SIGNED	(TLS_SIGN_DATA + SMALL)
#define TEXT	((size_t)64 << 10)
#define MAIL	(QF_TEXT_MAX + ATTEMPT_INLINE + SMALL)

#define SOON	30000
#define LATER	600000
#define EVER	(-1)

/* who may ask whom for what:   who answers, who may ask, conditions, longest body, patience in ms */
static const struct req_row req_rows[Q_MAX] = {
#define ROW(q, ...)	[q] = { q, #q, __VA_ARGS__ }
	ROW(Q_BOOT,	ALL,		P,				REQ_FDMAY|REQ_ONCE|REQ_NOANSWER, TEXT,	SOON),
	ROW(Q_CONF,	ALL,		P,				REQ_FDIN|REQ_NOANSWER,		SMALL,	SOON),
	ROW(Q_PEER,	ALL,		P|MASTERS,			REQ_FDIN|REQ_MASTER|REQ_NOANSWER, SMALL, SOON),
	ROW(Q_STOP,	ALL,		P,				REQ_NOANSWER,			0,	SOON),
	ROW(Q_RETIRE,	ALL,		P,				REQ_NOANSWER,			0,	SOON),
	ROW(Q_LEND,	SPOOL|GATE,	ROUTE|CLIENT|SMTPD,		REQ_FDIN|REQ_MASTER|REQ_NOANSWER, SMALL, SOON),
	ROW(Q_RECALL,	SPOOL|GATE,	ROUTE|CLIENT|SMTPD,		REQ_MASTER|REQ_NOANSWER,	SMALL,	SOON),
	ROW(Q_BACK,	ROUTE|CLIENT|SMTPD, SPOOL|GATE,			REQ_MASTER|REQ_NOANSWER,	SMALL,	SOON),
	ROW(Q_PING,	ALL & ~(LOADER|COMMAND), P,			0,				0,	EVER),
	ROW(Q_READY,	P,		ALL,				REQ_ONCE|REQ_NOANSWER,		0,	SOON),
	ROW(Q_LOST,	P,		INSIDE|GATE,			REQ_NOANSWER,			1,	SOON),	/* of any two one may: gate of smtpd */
	ROW(Q_BUSY,	P,		SPOOL,				REQ_NOANSWER,			0,	SOON),
	ROW(Q_LOAD,	LOADER,		P,				REQ_FDIN|REQ_FDOUT,		TEXT,	LATER),
	ROW(Q_CLASSFD,	LOADER,		P,				REQ_FDMAY|REQ_NOANSWER,		TEXT,	SOON),
	ROW(Q_LISTEN,	GATE,		P,				REQ_FDMAY|REQ_NOANSWER,		SMALL,	SOON),
	ROW(Q_MAPOPEN,	P,		LOOKUP,				REQ_MASTER|REQ_FDOUT,		SMALL,	SOON),
	ROW(Q_FILTEROPEN, P,		LOOKUP,				REQ_MASTER|REQ_FDOUT,		SMALL,	SOON),
	ROW(Q_PORTOPEN,	P,		LOOKUP,				REQ_MASTER|REQ_FDOUT,		SMALL,	SOON),
	ROW(Q_LOGFD,	LOG,		P,				REQ_FDIN|REQ_ONCE|REQ_NOANSWER,	0,	SOON),

	ROW(Q_VERDICT,	SMTPD,		GATE|COMMAND,			REQ_LEND,			TEXT,	LATER),
	ROW(Q_SESSION,	SMTPD,		GATE|COMMAND,			REQ_FDIN|REQ_FDOUT|REQ_LEND,	TEXT,	EVER),

	ROW(Q_MAP,	LOOKUP,		SMTPD|ROUTE|CLIENT|COMMAND,	0,				TEXT,	LATER),
	ROW(Q_MAPFD,	LOOKUP,		SMTPD|ROUTE|CLIENT|COMMAND,	REQ_FDOUT,			SMALL,	SOON),
	ROW(Q_FILTER,	LOOKUP,		SMTPD,				REQ_FDOUT,			SMALL,	SOON),
	ROW(Q_PORT,	LOOKUP,		CLIENT,				REQ_FDOUT,			SMALL,	SOON),
	ROW(Q_USER,	LOOKUP,		SMTPD|ROUTE|COMMAND,		0,				SMALL,	LATER),
	ROW(Q_SIGN,	KEYS,		SMTPD|CLIENT,			0,				SIGNED,	SOON),
	ROW(Q_KEYS,	KEYS,		SMTPD|CLIENT,			0,				0,	SOON),
	ROW(Q_STS,	STS,		CLIENT,				0,				SMALL,	LATER),
	ROW(Q_TLSRPT,	STS,		CLIENT,				REQ_NOANSWER,			TEXT,	SOON),
	ROW(Q_DNS,	RESOLVER,	GATE|SMTPD|ROUTE|CLIENT|LOOKUP|STS|COMMAND, 0,				SMALL,	LATER),
	ROW(Q_IDENT,	RESOLVER,	GATE,				0,				SMALL,	LATER),
	ROW(Q_TALLY,	TALLY,		SMTPD,				0,				SMALL,	SOON),

	ROW(Q_POLICY,	ROUTE,		CLIENT,				0,				MAIL,	LATER),
	ROW(Q_AUTH,	AUTH,		SMTPD|CLIENT,			REQ_FDOUT,			TEXT,	SOON),
	ROW(Q_AUTHMECHS, AUTH,		SMTPD,				0,				TEXT,	SOON),

	ROW(Q_DF,	SPOOL,		SMTPD|ROUTE|COMMAND,		REQ_FDOUT,			SMALL,	LATER),
	ROW(Q_COMMIT,	SPOOL,		SMTPD|ROUTE|COMMAND,		0,				MAIL,	LATER),
	ROW(Q_ABORT,	SPOOL,		SMTPD|ROUTE|COMMAND,		REQ_NOANSWER,			SMALL,	SOON),
	ROW(Q_ROUTE,	ROUTE,		SPOOL,				REQ_LEND,			MAIL,	EVER),
	ROW(Q_REPORT,	ROUTE,		SPOOL,				REQ_FDMAY|REQ_FDOUT,		MAIL + TEXT + REPORT_OCTETS, EVER),
	ROW(Q_ATTEMPT,	CLIENT,		SPOOL,				REQ_FDMAY|REQ_LEND,		MAIL,	EVER),
	ROW(Q_DELIVER,	LOCAL,		SPOOL,				REQ_FDMAY,			MAIL,	EVER),
	ROW(Q_FORWARD,	LOCAL,		ROUTE,				0,				TEXT,	LATER),
	ROW(Q_INCLUDE,	LOCAL,		ROUTE,				0,				TEXT,	LATER),
	ROW(Q_SEAL,	LOCAL,		ROUTE,				0,				TEXT,	SOON),
	ROW(Q_QRUN,	SPOOL,		P|SMTPD|COMMAND,		0,				TEXT,	LATER),
	ROW(Q_COUNT,	SPOOL,		SMTPD,				REQ_NOANSWER,			SMALL,	SOON),
	ROW(Q_FILTERCOUNT, SPOOL,	SMTPD,				REQ_NOANSWER,			SMALL,	SOON),
	ROW(Q_FILTERSTAT, SPOOL,	P,				0,				0,	SOON),
	ROW(Q_STATUS,	GATE|SPOOL,	P,				0,				0,	SOON),
	ROW(Q_FLUSH,	SPOOL,		P|COMMAND,			0,				0,	EVER),
#undef ROW
};

const struct req_row *
req_row(unsigned type)
{
	return type > Q_NONE && type < Q_MAX ? &req_rows[type] : NULL;
}

bool
req_neighbours(enum role_id asker, enum role_id answerer)
{
	/* Q_PEER alone makes no neighbours: it rides on the channels that the other rows ask for. */
	for (unsigned q = Q_VERDICT; q < Q_MAX; q++)
		if (req_rows[q].at & ROLE_BIT(answerer) && req_rows[q].from & ROLE_BIT(asker))
			return true;
	return false;
}

size_t
req_longest(enum role_id at, enum role_id from)
{
	size_t max = 0;

	if (req_neighbours(at, from) || from == R_PARENT)
		return CHAN_MAX;
	for (unsigned q = 1; q < Q_MAX; q++)
		if (req_rows[q].at & ROLE_BIT(at) && req_rows[q].from & ROLE_BIT(from) && req_rows[q].max > max)
			max = req_rows[q].max;
	return max;
}

const char *
req_check(enum role_id at, enum role_id from, bool from_worker, uint64_t *once, const struct frame *f)
{
	const struct req_row *r = req_row(f->type);

	if (r == NULL)
		return "no such request";
	if (!(r->at & ROLE_BIT(at)))
		return "a request that we do not answer";
	if (!(r->from & ROLE_BIT(from)))
		return "a request that it may not make";
	if (r->flags & REQ_MASTER && from_worker)
		return "a request that only its master may make";
	if (f->flags & (CHAN_ANSWER | CHAN_ERROR))
		return "an answer to nothing";
	if (f->fd != -1 && !(r->flags & (REQ_FDIN | REQ_FDMAY)))
		return "a descriptor that was not asked for";
	if (f->fd == -1 && r->flags & REQ_FDIN)
		return "a request without its descriptor";
	if (f->body.n > r->max)
		return "a request that is too long";
	if (r->flags & REQ_ONCE && once != NULL) {
		if (*once & (uint64_t)1 << r->id)
			return "a request that may come once, again";
		*once |= (uint64_t)1 << r->id;
	}
	return NULL;
}
