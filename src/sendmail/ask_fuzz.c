/*
 * A body that decodes encodes to the same bytes: nothing in it is overlooked, nothing is read in two ways.
 */
#include "ask.h"
#include "base/must.h"
#include "net/tls_key.h"
#include "lease.h"
#include "portask.h"
#include "signask.h"
#include "stsask.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define EACH(type, name)						\
	do {								\
		struct type x;						\
		memset(&x, 0, sizeof x);				\
		buf_clear(&b);						\
		if (name##_get(s, &x) == 0) {				\
			name##_put(&b, &x);				\
			must(str_eq(buf_str(&b), s));			\
		}							\
	} while (0)

static void
fuzz_sts(struct str s, struct arena *a, struct buf *b)
{
	struct sts_answer x;
	struct str domain;

	buf_clear(b);
	if (sts_answer_get(s, a, &x) == 0) {
		sts_answer_put(b, &x);
		must(str_eq(buf_str(b), s));
	}
	buf_clear(b);
	if (sts_ask_get(s, &domain) == 0) {
		sts_ask_put(b, domain);
		must(str_eq(buf_str(b), s));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str		 s = str_mem(p, n);
	struct arena		*a = arena_new(ARENA_FUZZ);
	struct conf_override	*over;
	struct buf		 b;
	size_t			 nover;

	buf_init(&b, 0);
	EACH(role_boot, role_boot);
	EACH(conf_bundle, conf_bundle);
	EACH(peer_ask, peer_ask);
	EACH(listen_ask, listen_ask);
	EACH(verdict_ask, verdict_ask);
	EACH(verdict, verdict);
	EACH(park, park);
	EACH(session_done, session_done);
	EACH(map_ask, map_ask);
	EACH(map_answer, map_answer);
	EACH(mapfd_ask, mapfd_ask);
	EACH(mapfd, mapfd);
	EACH(user_ask, user_ask);
	EACH(user_answer, user_answer);
	EACH(dns_question_ask, dns_question);
	EACH(qrun_ask, qrun_ask);
	EACH(qrun_answer, qrun_answer);
	EACH(count_ask, count_ask);
	EACH(status_answer, status_answer);
	EACH(ident_ask, ident_ask);
	EACH(port_ask, port_ask);
	EACH(lease_lend, lease_lend);
	EACH(lease_id, lease_id);
	EACH(lease_back, lease_back);
	EACH(tls_sign, tls_sign);
	EACH(tlsrpt_note, tlsrpt_note);
	fuzz_sts(s, a, &b);
	if (conf_overrides_get(s, a, &over, &nover) == 0) {
		buf_clear(&b);
		conf_overrides_put(&b, over, nover);
		must(str_eq(buf_str(&b), s));
	}
	buf_done(&b);
	arena_free(&a);
	return 0;
}
