/*
 * parent_filters - the control socket's command "filters": what each filter did since the daemon began, a line each.
 */
#include "milterask.h"
#include "parent_int.h"
#include "proc/msg.h"

static const char *const names[MILTER_COUNTS] = {
	[MILTER_N_SESSIONS] = "sessions", [MILTER_N_MESSAGES] = "messages", [MILTER_N_ACCEPT] = "accepted", [MILTER_N_REJECT] = "rejected",
	[MILTER_N_TEMP] = "tempfailed", [MILTER_N_DISCARD] = "discarded", [MILTER_N_QUARANTINE] = "quarantined", [MILTER_N_CHANGES] = "changes",
	[MILTER_N_ERRORS] = "errors"
};

void
parent_filters_print(struct str body, struct buf *b)
{
	struct msg_in	in = msg_in(body);
	uint64_t	n[MILTER_COUNTS];

	while (in.s.n > 0 && !in.bad) {
		struct str name = msg_str(&in, 1024);

		for (int i = 0; i < MILTER_COUNTS; i++)
			n[i] = msg_u64(&in);
		if (in.bad)
			return;
		(void)buf_addf(b, "%.*s", STR_ARG(name));
		for (int i = 0; i < MILTER_COUNTS; i++)
			if (names[i] != NULL)
				(void)buf_addf(b, " %s=%llu", names[i], (unsigned long long)n[i]);
		(void)buf_addf(b, " time=%llu.%03llus longest=%llu.%03llus\r\n", (unsigned long long)(n[MILTER_N_USEC] / 1000000),
		    (unsigned long long)(n[MILTER_N_USEC] / 1000 % 1000), (unsigned long long)(n[MILTER_N_MAX_USEC] / 1000000),
		    (unsigned long long)(n[MILTER_N_MAX_USEC] / 1000 % 1000));
	}
}
