/*
 * srv_fuzz - whatever a client says, the session comes to an end, every reply is a reply, and what
 * is committed can be read again.
 *
 * The first octet chooses what srv_features relaxes; the rest is all that the client ever says.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "os/fd.h"
#include "queue/qfile.h"
#include "srv.h"
#include "srv_test_cf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const features[] = { "", "Ssrv_features\nR$*\t$# F\n",
	"Ssrv_features\nR$*\t$# F O U G\n", "Ssrv_features\nR$*\t$# F u2 g2\n" };
static struct conf *confs[4];

static const struct conf *
fuzz_conf(unsigned i)
{
	struct conf_loader loader = { cf_ask, NULL };
	struct err_list errors;
	struct buf text;

	if (confs[i] != NULL)
		return confs[i];
	log_set_sink(cf_log, NULL);
	buf_init(&text, 0);
	(void)buf_addc(&text, cf_text);
	(void)buf_addc(&text, features[i]);
	err_list_init(&errors);
	confs[i] = conf_load_text(buf_str(&text), STR("test.cf"), &loader, &errors);
	must(confs[i] != NULL && errors.nerrors == 0);
	err_list_done(&errors);
	buf_done(&text);
	return confs[i];
}

static int
fuzz_user(void *arg, struct str name, bool gecos, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	(void)gecos;
	(void)e;
	memset(u, 0, sizeof *u);
	u->name = arena_str(a, name);
	u->gecos = STR("Joe");
	return str_eq_c(name, "joe");
}

static int
fuzz_commit(void *arg, const struct commit *c, struct err *e)
{
	struct arena *a = arena_new(ARENA_FUZZ);
	struct qf q;

	(void)arg;
	must(qfile_parse(c->qf, a, &q, e) == 0);
	must(q.nrcpt > 0 && !c->in_df && c->content.n == c->size);
	for (size_t i = 0; i < q.nhdr; i++)
		must(!str_has_nul(q.hdr[i].value) && q.hdr[i].name.n > 0);
	arena_free(&a);
	return 0;
}

static void
fuzz_slow(void *arg, unsigned seconds)
{
	(void)arg;
	(void)seconds;
}

/* "250-text CR LF": nothing else is ever said. */
static void
fuzz_replies(int sock)
{
	struct str rest, line;
	struct buf b;

	buf_init(&b, 0);
	must(os_read_file(sock, &b) == 0);
	rest = buf_str(&b);
	while (rest.n > 0) {
		size_t nl = str_chr(rest, '\n');

		must(nl != SIZE_MAX && nl >= 4 && rest.p[nl - 1] == '\r');
		line = str_first(rest, nl - 1);
		must(chr_is_digit(line.p[0]) && chr_is_digit(line.p[1]) &&
		     chr_is_digit(line.p[2]) &&
		     (line.n == 3 || line.p[3] == ' ' || line.p[3] == '-'));
		for (size_t i = 4; i < line.n; i++)
			must((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t');
		rest = str_from(rest, nl + 1);
	}
	buf_done(&b);
}

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
	conf = fuzz_conf(p[0] & 3);
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
