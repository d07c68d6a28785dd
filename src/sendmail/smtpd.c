/*
 * smtpd - the role that talks to whoever connects: a master that hands out work, and workers of
 * which each runs one session at a time.
 *
 * Certificates and the help file are read before rights are given up; a worker opens nothing
 * afterwards.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "bundle.h"
#include "capacity.h"
#include "door_dns.h"
#include "os/file.h"
#include "os/near.h"
#include "req.h"
#include "roles.h"
#include "signask.h"
#include "srv_role.h"
#include "tlsfiles.h"
#include "worker.h"

#define SMTPD_SPARE	2
#define SMTPD_RECYCLE	2000
#define SMTPD_HELP_MAX	((size_t)256 << 10)

struct smtpd {
	struct tls_ctx	*tls;
	struct str	 help;
	struct srv_role	 role;		/* in workers */
	bool		 sealed;	/* the last session came to TLS, and so will the next one most likely */
};

static const char *
smtpd_c(struct role_ctx *ctx, struct str s)
{
	return s.n == 0 ? NULL : arena_cstr(ctx->arena, s);
}

static void
smtpd_refused(void *arg, const char *why)
{
	(void)arg;
	log_line(1, LOG_P_ERR, NULL, "STARTTLS=server, error: %s", why);
}

int
smtpd_prepare(struct role_ctx *ctx, struct err *e)
{
	const struct conf_opts *o = &ctx->conf->opt;
	struct smtpd *d = ARENA_NEW(ctx->arena, struct smtpd);
	struct tlsfiles extra;
	struct err why = ERR_INIT;

	(void)e;
	ctx->state = d;
	if ((o->server_cert_file.n > 0 && o->server_key_file.n > 0) || str_chr(o->tls_srv_options, 'C') != (size_t)-1) {
		struct tls_conf t = { .cert_file = smtpd_c(ctx, o->server_cert_file),
			.key_file = smtpd_c(ctx, o->server_key_file),
			.ca_file = smtpd_c(ctx, o->ca_cert_file),
			.ca_path = smtpd_c(ctx, o->ca_cert_path),
			.crl_file = smtpd_c(ctx, o->crl_file),
			.crl_path = smtpd_c(ctx, o->crl_path),
			.options = smtpd_c(ctx, o->server_ssl_options),
			.fingerprint = smtpd_c(ctx, o->cert_fingerprint_algorithm),
			.no_cert = str_chr(o->tls_srv_options, 'C') != (size_t)-1,
			.ciphers = smtpd_c(ctx, o->cipher_list),
			.ciphersuites = smtpd_c(ctx, o->cipher_suites),
			.dh_params = smtpd_c(ctx, o->dh_parameters),
			.ask_client_cert = str_chr(o->tls_srv_options, 'V') == (size_t)-1 };

		t.remote_keys = true;
		t.warm = true;
		t.refused = smtpd_refused;
		tlsfiles_extra(ctx->conf, ctx->cf_text, true, false, ctx->arena, &extra);
		t.extra_certs = extra.v;
		t.extra_told = extra.literal;
		if ((d->tls = tls_server_new(&t, &why)) == NULL)
			log_line(1, LOG_P_WARNING, NULL, "STARTTLS=server, error: not offered: %s", why.text);
	} else if (o->server_cert_file.n > 0 || o->server_key_file.n > 0)
		log_line(1, LOG_P_WARNING, NULL, "STARTTLS=server, error: not offered: %s", o->server_cert_file.n > 0 ? "ServerCertFile without ServerKeyFile" :
		    "ServerKeyFile without ServerCertFile");
	err_clear(&why);
	if (o->help_file.n > 0 && os_slurp(arena_cstr(ctx->arena, o->help_file), ctx->arena,
				      SMTPD_HELP_MAX, &d->help, &why) == -1) {
		d->help = STR_NONE;
		if (why.sys != ENOENT)		/* the m4 tree names it whether there is one or not; HELP has words of its own */
			log_line(9, LOG_P_INFO, NULL, "HelpFile: %s", why.text);
	}
	return 0;
}

int
smtpd_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	tlsfiles_hashed(ctx->conf, ctx->arena, read_paths, max);
	write_paths[0] = NULL;
	return 0;
}

/* In each new worker. */
static int
smtpd_start(struct role_ctx *ctx)
{
	struct smtpd *d = ctx->state;
	struct err_list errors;
	struct maps *maps;

	err_list_init(&errors);
	maps = maps_role(ctx, &errors);
	err_list_done(&errors);
	if (maps == NULL)
		return -1;
	role_use_dns(ctx);
	sign_begin(ctx, &d->tls, tlsfiles_any(ctx->conf, true), str_chr(ctx->conf->opt.tls_srv_options, 'C') == SIZE_MAX, "server");
	srv_role_init(&d->role, ctx, maps);
	d->role.sv.tls = d->tls;
	d->role.sv.help = d->help;
	return 0;
}

static int
smtpd_verdict(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct smtpd *d = ctx->state;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct verdict_ask q;
	struct verdict v;

	(void)out_fd;
	(void)e;
	if (verdict_ask_get(f->body, &q) == -1)
		worker_bad(ctx);
	maps_check(d->role.maps);
	srv_verdict(&d->role.sv, ctx->conf, &q, a, &v);
	verdict_put(out, &v);
	arena_free(&a);
	return 0;
}

/* What goes to gate with a parked session: its connection, with those to filters in one descriptor.  When that cannot be made the session is over. */
static int
smtpd_pack(int client, struct session_done *done)
{
	struct park *p = &done->park;
	int fd[BUNDLE_MAX], bundle;

	if (p->nfilters == 0)
		return client;
	fd[0] = client;
	memcpy(fd + 1, p->filters, p->nfilters * sizeof *fd);
	bundle = bundle_make(fd, p->nfilters + 1);
	for (uint32_t i = 0; i <= p->nfilters; i++)
		close(fd[i]);
	done->parked = bundle != -1;
	return bundle;
}

/*
 * A connection that comes without a verdict (gate_direct.c).  True: there is one now, and it may be greeted at once.  Else gate goes on with what is known.
 */
static bool
smtpd_admit(struct role_ctx *ctx, struct park *in, struct arena *a)
{
	struct smtpd *d = ctx->state;
	struct verdict_ask q = { .daemon = in->daemon, .client = in->client, .local = in->local, .client_rate = in->client_rate,
		.total_rate = in->total_rate, .client_connections = in->client_connections, .total_connections = in->total_connections,
		.ident = in->verdict.ident, .dns = in->verdict.dns };

	maps_check(d->role.maps);
	srv_verdict(&d->role.sv, ctx->conf, &q, a, &in->verdict);
	in->verdict.dns = q.dns;
	return in->verdict.kind == VERDICT_OK && in->verdict.pause_ms == 0 && in->verdict.tarpit_ms == 0;
}

static unsigned
smtpd_flags(const struct smtpd *d, const struct park *in)
{
	return ((in->from & PARK_FROM_COMMAND) == 0 ? SRV_MAY_PARK : 0) | ((in->from & PARK_FROM_LOCAL) != 0 ? SRV_LOCAL : 0) |
	    (in->from == 0 && !in->parked && !d->sealed && in->total_connections <= FEW_CONNECTIONS ? SRV_NEAR : 0);
}

static int
smtpd_session(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct smtpd *d = ctx->state;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct buf body;
	struct stream *io;
	struct park in;
	struct session_done done;
	struct door_dns dns;
	char who[128];
	int fd[BUNDLE_MAX];
	unsigned flags;

	memset(&done, 0, sizeof done);
	buf_init(&body, 0);
	(void)buf_add(&body, f->body);		/* the frame's memory is used again by questions */
	if (park_get(buf_str(&body), &in) == -1 || f->fd == -1)
		worker_bad(ctx);
	if (in.nfilters > 0) {
		if (bundle_open(f->fd, fd, in.nfilters + 1) == -1)
			worker_bad(ctx);
		f->fd = fd[0];
		in.filters = fd + 1;
	}
	flags = smtpd_flags(d, &in);
	if ((flags & SRV_NEAR) == 0)
		os_anywhere();
	if (in.verdict.kind == VERDICT_WAIT) {
		if (in.from != 0 || in.parked || in.greeted || in.nfilters > 0)
			worker_bad(ctx);
		if (!smtpd_admit(ctx, &in, a)) {
			done = (struct session_done){ .parked = true, .park = in };
			session_done_put(out, &done);
			*out_fd = f->fd;
			f->fd = -1;
			buf_done(&body);
			arena_free(&a);
			return 0;
		}
		flags |= SRV_FRESH;
	}
	if ((io = stream_new(f->fd, f->fd)) == NULL) {
		buf_done(&body);
		arena_free(&a);
		return err_set(e, ERR_TEMP, "out of memory");
	}
	f->fd = -1;
	stream_transcript(io, ctx->transcript);
	door_dns_begin(&dns, in.verdict.dns, true);
	role_title(ctx, "server %s cmd read", log_esc(who, sizeof who, in.verdict.name));
	if (in.input.n > 0)
		(void)stream_unread(io, in.input);
	done.parked = srv_run(&d->role.sv, ctx->conf, io, &in, flags, a, &done.park) == SRV_PARKED;
	srv_role_counted(&d->role, !in.parked);
	d->sealed = tls_is_on(io);
	door_dns_end(&dns);
	door_dns_done(&dns);
	if (done.parked)
		*out_fd = smtpd_pack(stream_detach(&io), &done);
	else
		stream_free(&io);
	session_done_put(out, &done);
	buf_done(&body);
	arena_free(&a);
	return 0;
}

/* The master, which has no worker for a session and no room to let it wait. */
static void
smtpd_turn_away(uint16_t type, struct str body, int fd)
{
	static const char	say[] = "421 4.3.2 too busy, try again later\r\n";
	struct park		p;

	if (type != Q_SESSION || park_get(body, &p) == -1 || p.nfilters > 0)
		return;
	(void)send(fd, say, sizeof say - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
}

const struct work smtpd_works[] = {
	{ Q_VERDICT,	smtpd_verdict },
	{ Q_SESSION,	smtpd_session },
	{ 0, NULL }
};

int
smtpd_run(struct role_ctx *ctx)
{
	struct worker_ops ops = { .spare = SMTPD_SPARE, .recycle = SMTPD_RECYCLE, .start = smtpd_start, .refused = smtpd_turn_away };
	struct capacity room;

	tls_ctx_confined(((struct smtpd *)ctx->state)->tls, smtpd_refused, NULL);
	capacity_here(&ctx->conf->opt, &room);
	ops.max = room.sessions;
	return worker_master(ctx, &ops);
}
