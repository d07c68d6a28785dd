/*
 * srv_fuzz - whatever a client says, the session comes to an end, every reply is a reply, and what
 * is committed can be read again.
 *
 * The first octet chooses what srv_features relaxes; the rest is all that the client ever says.
 */
#include "srv_fuzz_kit.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const features[] = { "", "Ssrv_features\nR$*\t$# F\n",
	"Ssrv_features\nR$*\t$# F O U G\n", "Ssrv_features\nR$*\t$# F u2 g2\n" };
static struct conf *confs[4];

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct srv_services sv = { .user = fuzz_user, .commit = fuzz_commit, .slow = fuzz_slow };
	const struct conf *conf;
	struct arena *a;
	struct stream *io;
	struct park in, out;
	int sock[2];

	if (n < 1 || n > 16384)
		return 0;
	conf = fuzz_conf_with(&confs[p[0] & 3], features[p[0] & 3]);
	must(os_socketpair(sock) == 0 && os_write_all(sock[0], str_mem(p + 1, n - 1)) == 0 &&
	     shutdown(sock[0], SHUT_WR) == 0);
	a = arena_new(ARENA_FUZZ);
	io = stream_new(sock[1], sock[1]);
	srv_local_park(&sv, conf, STR("tester"), a, &in);
	in.greeted = true;	/* all input is there from the beginning */
	must(srv_run(&sv, conf, io, &in, 0, a, &out) == SRV_DONE);
	stream_free(&io);
	fuzz_replies(sock[0]);
	close(sock[0]);
	arena_free(&a);
	return 0;
}
