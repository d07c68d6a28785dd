/*
 * keys_role - the private keys of popd's and imapd's listeners, in a process that signs and gives nothing away.
 *
 * It reads them before it gives its rights up; afterwards it opens nothing, starts nothing and connects to nobody.  A front that was taken over can have
 * signed what it likes while it is there; it cannot take a key away.  It lives as long as the fronts of its generation.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "net/tls_key.h"

#define KEYS_MAX	32

struct keys {
	struct loop	*loop;
	struct tls_key	*key[KEYS_MAX];
	size_t		 n;
	struct list	 fronts;
};

struct keys_front {
	struct list	 link;
	struct keys	*keys;
	struct chan	*chan;
};

static int
keys_list(struct keys_front *fr, struct frame *f)
{
	struct buf b;

	if (f->body.n != 0)
		return -1;
	buf_init(&b, 0);
	for (size_t i = 0; i < fr->keys->n; i++)
		(void)buf_addmem(&b, tls_key_id(fr->keys->key[i]), TLS_KEY_ID);
	(void)chan_answer(fr->chan, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

/* An empty answer: no. */
static int
keys_sign(struct keys_front *fr, struct frame *f)
{
	unsigned char sig[TLS_SIGN_MAX];
	struct err e = ERR_INIT;
	struct tls_sign q;
	size_t n = 0;

	if (tls_sign_get(f->body, &q) == -1)
		return -1;
	for (size_t i = 0; i < fr->keys->n; i++)
		if (memcmp(tls_key_id(fr->keys->key[i]), q.key, TLS_KEY_ID) == 0) {
			if (tls_key_sign(fr->keys->key[i], &q, sig, &n, &e) == 0)
				break;
			log_line(1, LOG_P_ERR, NULL, "keys: %s", e.text);
			n = 0;
		}
	(void)chan_answer(fr->chan, f, str_mem((const char *)sig, n), -1);
	return 0;
}

static const struct {
	enum front_msg	what;
	int		(*answer)(struct keys_front *, struct frame *);
} questions[] = {
	{ FM_KEYS, keys_list }, { FM_SIGN, keys_sign },
};

static void
keys_front_free(struct keys_front *fr)
{
	list_remove(&fr->link);
	chan_free(&fr->chan);
	if (list_empty(&fr->keys->fronts))
		loop_stop(fr->keys->loop);		/* nobody is left to sign for */
	free(fr);
}

static void
keys_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct keys_front *fr = arg;

	(void)ch;
	if (f != NULL) {
		for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
			if ((uint16_t)questions[i].what == f->type && f->fd == -1 && questions[i].answer(fr, f) == 0)
				return;
		if (f->fd != -1)
			close(f->fd);
		log_line(1, LOG_P_ERR, NULL, "keys: a front asked what it may not ask (%u)", f->type);
	}
	keys_front_free(fr);
}

static void
keys_parent(void *arg, struct chan *ch, struct frame *f)
{
	struct keys		*k = arg;
	struct keys_front	*fr;

	if (f == NULL) {
		loop_stop(k->loop);
		return;
	}
	if (role_pinged(ch, f))
		return;
	if (f->type != FM_CHANNEL || f->fd == -1 || (fr = calloc(1, sizeof *fr)) == NULL) {
		if (f->fd != -1)
			close(f->fd);
		return;
	}
	fr->keys = k;
	list_append(&k->fronts, &fr->link);
	if ((fr->chan = chan_new(f->fd)) == NULL || chan_on_loop(fr->chan, k->loop, keys_frame, fr, FRONT_CHAN_CAP) == -1)
		keys_front_free(fr);
}

/* Where no key file is named, it stands in the certificate's. */
static int
keys_load(struct keys *k, const struct mbconf *c, struct err *e)
{
	struct str	files = str_c(c->key_file != NULL ? c->key_file : c->cert_file), one;
	char		name[1024];

	while (str_split(&files, ',', &one)) {
		one = str_trim(one);
		if (one.n == 0)
			continue;
		if (str_copy(name, sizeof name, one) == -1 || k->n == KEYS_MAX)
			return err_set(e, ERR_PERM, "ServerKeyFile: too long");
		/* one that cannot be used is told; fronts leave its certificate out */
		if ((k->key[k->n] = tls_key_load(name, e)) != NULL)
			k->n++;
		else
			log_line(0, LOG_P_ERR, NULL, "keys: %s", e->text);
	}
	return k->n > 0 ? 0 : -1;
}

int
keys_role(struct role *r)
{
	struct keys	k = { .n = 0 };
	struct err	e = ERR_INIT;

	list_init(&k.fronts);
	if (r->conf.cert_file == NULL)
		err_set(&e, ERR_BUG, "there are no certificates");
	else if (keys_load(&k, &r->conf, &e) == 0 && role_drop(r, &e) == 0) {
		if ((k.loop = loop_new()) != NULL && chan_on_loop(r->parent, k.loop, keys_parent, &k, FRONT_CHAN_CAP) == 0) {
			(void)loop_run(k.loop);
			return EXIT_OK;
		}
		err_set(&e, ERR_TEMP, "out of memory");
	}
	log_line(0, LOG_P_ERR, NULL, "keys: %s", e.text);
	return EXIT_CONFIG;
}
