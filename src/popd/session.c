/*
 * session - POP3's TRANSACTION and UPDATE states, as the user.
 *
 * The mailbox is a view that stays as it was at login; what is deleted is taken out at QUIT, by uid, so mail that came meanwhile is not touched.  One row
 * a verb.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/status.h"
#include "popd.h"
#include "wire/pop_cmd.h"

#define POP_PAGE	256u

struct item {
	uint32_t	uid;
	uint64_t	size;
	bool		deleted, seen;
};

struct pop {
	struct session		*ss;
	struct stream		*s;
	struct store		*store;
	struct store_view	*view;
	uint32_t		 uidvalidity;
	struct item		*item;
	size_t			 n;
	bool			 quit;
};

static void
pop_error(struct pop *p, const char *what)
{
	const struct store_error	*e = store_error(p->store);

	log_line(3, LOG_P_WARNING, NULL, "user=%.*s: %s: %s", STR_ARG(p->ss->user.name), what, e->err.text);
	stream_printf(p->s, "-ERR [SYS/%s] %s\r\n", e->err.class == ERR_PERM ? "PERM" : "TEMP", what);
}

/* The message a command means: NULL, and the answer was given. */
static struct item *
pop_item(struct pop *p, const struct pop_cmd *c)
{
	if (c->msg == 0 || c->msg > p->n)
		stream_printf(p->s, "-ERR no such message\r\n");
	else if (p->item[c->msg - 1].deleted)
		stream_printf(p->s, "-ERR this message is deleted\r\n");
	else
		return &p->item[c->msg - 1];
	return NULL;
}

static void
pop_stat(struct pop *p, const struct pop_cmd *c)
{
	uint64_t	n = 0, size = 0;

	(void)c;
	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].deleted) {
			n++;
			size += p->item[i].size;
		}
	stream_printf(p->s, "+OK %llu %llu\r\n", (unsigned long long)n, (unsigned long long)size);
}

static void
pop_list(struct pop *p, const struct pop_cmd *c)
{
	struct item	*x;

	if (c->has_msg) {
		if ((x = pop_item(p, c)) != NULL)
			stream_printf(p->s, "+OK %zu %llu\r\n", (size_t)(x - p->item) + 1, (unsigned long long)x->size);
		return;
	}
	stream_printf(p->s, "+OK\r\n");
	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].deleted)
			stream_printf(p->s, "%zu %llu\r\n", i + 1, (unsigned long long)p->item[i].size);
	stream_printf(p->s, ".\r\n");
}

static void
pop_uidl(struct pop *p, const struct pop_cmd *c)
{
	struct item	*x;

	if (c->has_msg) {
		if ((x = pop_item(p, c)) != NULL)
			stream_printf(p->s, "+OK %zu %08x%08x\r\n", (size_t)(x - p->item) + 1, p->uidvalidity, x->uid);
		return;
	}
	stream_printf(p->s, "+OK\r\n");
	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].deleted)
			stream_printf(p->s, "%zu %08x%08x\r\n", i + 1, p->uidvalidity, p->item[i].uid);
	stream_printf(p->s, ".\r\n");
}

/* Dots doubled at the start of lines; after the header only `lines` lines of the body. */
struct sender {
	struct stream	*s;
	bool		 bol, header, empty;
	uint64_t	 lines;
	bool		 all;
};

static bool
sender_feed(struct sender *x, struct str chunk)
{
	size_t	from = 0;

	for (size_t i = 0; i < chunk.n; i++) {
		char	c = chunk.p[i];

		if (x->bol) {
			if (!x->header && !x->all && x->lines-- == 0) {
				stream_write(x->s, str_sub(chunk, from, i));
				return false;
			}
			x->empty = true;
			x->bol = false;
			if (c == '.') {
				stream_write(x->s, str_sub(chunk, from, i));
				stream_write(x->s, STR("."));
				from = i;
			}
		}
		if (c == '\n') {
			if (x->empty)
				x->header = false;
			x->bol = true;
		} else if (c != '\r')
			x->empty = false;
	}
	stream_write(x->s, str_from(chunk, from));
	return true;
}

static void
pop_send(struct pop *p, struct item *it, uint64_t lines, bool all)
{
	struct sender	x = { p->s, true, true, true, lines, all };
	struct buf	b;
	uint64_t	at = 0;

	buf_init(&b, STORE_CHUNK * 2);
	do {
		buf_clear(&b);
		if (store_read_part(p->view, it->uid, at, STORE_CHUNK, &b) != STORE_OK) {
			if (at == 0)
				pop_error(p, "the message cannot be read");
			else {			/* in the middle of an answer: only an end is honest */
				log_line(1, LOG_P_ERR, NULL, "user=%.*s: %s", STR_ARG(p->ss->user.name), store_error(p->store)->err.text);
				p->quit = true;
			}
			buf_done(&b);
			return;
		}
		if (at == 0)
			stream_printf(p->s, "+OK %llu octets\r\n", (unsigned long long)it->size);
		at += b.n;
	} while (b.n > 0 && sender_feed(&x, buf_str(&b)) && stream_err(p->s)->class == ERR_NONE);
	buf_done(&b);
	stream_printf(p->s, "%s.\r\n", x.bol ? "" : "\r\n");
	if (all)
		it->seen = true;
}

static void
pop_retr(struct pop *p, const struct pop_cmd *c)
{
	struct item	*x = pop_item(p, c);

	if (x != NULL)
		pop_send(p, x, 0, true);
}

static void
pop_top(struct pop *p, const struct pop_cmd *c)
{
	struct item	*x = pop_item(p, c);

	if (x != NULL)
		pop_send(p, x, c->lines, false);
}

static void
pop_dele(struct pop *p, const struct pop_cmd *c)
{
	struct item	*x = pop_item(p, c);

	if (x == NULL)
		return;
	x->deleted = true;
	stream_printf(p->s, "+OK deleted\r\n");
}

static void
pop_rset(struct pop *p, const struct pop_cmd *c)
{
	(void)c;
	for (size_t i = 0; i < p->n; i++)
		p->item[i].deleted = false;
	stream_printf(p->s, "+OK\r\n");
}

static void
pop_noop(struct pop *p, const struct pop_cmd *c)
{
	(void)c;
	stream_printf(p->s, "+OK\r\n");
}

static void
pop_capa(struct pop *p, const struct pop_cmd *c)
{
	(void)c;
	stream_printf(p->s, "+OK\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nIMPLEMENTATION Angarium\r\n.\r\n");
}

/* uids of those for which the flag is set. */
static size_t
pop_collect(struct pop *p, bool deleted, uint32_t *uids)
{
	size_t	n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (deleted ? p->item[i].deleted : p->item[i].seen && !p->item[i].deleted)
			uids[n++] = p->item[i].uid;
	return n;
}

/* What was read is seen; at QUIT what was deleted goes. */
static int
pop_update(struct pop *p, bool expunge)
{
	struct store_flagset	seen = { STORE_SEEN, NULL, 0 };
	uint32_t		*uids = calloc(p->n + 1, sizeof *uids);
	size_t			 n;
	int			 rc = 0;

	if (uids == NULL)
		return -1;
	if ((n = pop_collect(p, false, uids)) > 0)
		(void)store_set_flags(p->view, uids, n, STORE_ADD, &seen, 0, NULL, NULL, NULL);
	if (expunge && (n = pop_collect(p, true, uids)) > 0 && store_expunge(p->view, uids, n, NULL) != STORE_OK)
		rc = -1;
	free(uids);
	return rc;
}

static void
pop_quit(struct pop *p, const struct pop_cmd *c)
{
	(void)c;
	p->quit = true;
	if (pop_update(p, true) == 0)
		stream_printf(p->s, "+OK bye\r\n");
	else
		pop_error(p, "some deleted messages were not removed");
}

static const struct {
	enum pop_verb	verb;
	void		(*run)(struct pop *, const struct pop_cmd *);
} verbs[] = {
	{ POP_STAT, pop_stat }, { POP_LIST, pop_list }, { POP_UIDL, pop_uidl }, { POP_RETR, pop_retr }, { POP_TOP, pop_top },
	{ POP_DELE, pop_dele }, { POP_RSET, pop_rset }, { POP_NOOP, pop_noop }, { POP_CAPA, pop_capa }, { POP_QUIT, pop_quit },
};

static void
pop_command(struct pop *p, struct str line)
{
	struct pop_cmd	 c;
	const char	*bad = pop_cmd_parse(line, &c);

	for (size_t i = 0; bad == NULL && i < sizeof verbs / sizeof verbs[0]; i++)
		if (verbs[i].verb == c.verb) {
			verbs[i].run(p, &c);
			return;
		}
	stream_printf(p->s, "-ERR %s\r\n", bad != NULL ? bad : "not after login");
}

static int
pop_open(struct pop *p)
{
	struct store_id		id;
	struct store_status	st;
	struct store_rec	page[POP_PAGE];
	struct err		e = ERR_INIT;
	uint32_t		from = 1;
	size_t			n;

	if ((p->store = session_store(p->ss, &e)) == NULL) {
		log_line(1, LOG_P_ERR, NULL, "user=%.*s: %s", STR_ARG(p->ss->user.name), e.text);
		stream_printf(p->s, "-ERR [SYS/PERM] your mailbox cannot be opened\r\n");
		return -1;
	}
	if (store_find_box(p->store, STR("INBOX"), &id) != STORE_OK || store_open_view(p->store, &id, true, &p->view) != STORE_OK) {
		pop_error(p, "your mailbox cannot be opened");
		return -1;
	}
	store_view_status(p->view, &st);
	p->uidvalidity = st.uidvalidity;
	if ((p->item = calloc((size_t)st.exists + 1, sizeof *p->item)) == NULL)
		return -1;
	while ((n = store_read_index(p->view, from, 0, page, POP_PAGE)) > 0) {
		for (size_t i = 0; i < n; i++)
			p->item[p->n++] = (struct item){ page[i].uid, page[i].size, false, false };
		from = page[n - 1].uid + 1;
	}
	stream_printf(p->s, "+OK %llu messages\r\n", (unsigned long long)p->n);
	return 0;
}

static void
pop_loop(struct pop *p)
{
	struct str	line;
	enum stream_end	end;

	while (!p->quit) {
		if (!stream_pending(p->s) && stream_flush(p->s) == -1)
			return;
		end = stream_line(p->s, POP_LINE + 2, &line);
		if (end == STREAM_LONG) {
			while ((end = stream_line(p->s, POP_LINE + 2, &line)) == STREAM_LONG)
				continue;
			stream_printf(p->s, "-ERR the line is too long\r\n");
			continue;
		}
		if (end == STREAM_TIMEOUT)
			stream_printf(p->s, "-ERR [SYS/TEMP] idle for too long\r\n");
		if (end != STREAM_OK)
			return;
		pop_command(p, str_trim(line));
	}
}

int
pop_session(struct session *ss)
{
	struct pop	p = { .ss = ss, .s = ss->s };

	if (pop_open(&p) == 0) {
		pop_loop(&p);
		if (!p.quit)
			(void)pop_update(&p, false);
	}
	(void)stream_flush(p.s);
	if (p.view != NULL)
		(void)store_close_view(&p.view);
	store_free(&p.store);
	free(p.item);
	return EXIT_OK;
}
