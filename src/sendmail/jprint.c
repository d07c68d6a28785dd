/*
 * jprint - see the header.  One line a record:
 *
 *	journal.001  generation 1795316987
 *	     512  2026-11-22 06:01:54  message 6AM39l5A000001 b, 5 octets, from <a@b.c> to <d@e.f> and 2 more
 *	    2048  2026-11-22 06:01:55  done 6AM39l5A000001 (1795316987/512)
 *	    2560  2026-11-22 06:01:55  done for <d@e.f> of 6AM39l5A000001 (1795316987/512)
 *	    3072  damaged, 512 octets
 *
 * What stands in a record is a stranger's: control characters never reach the terminal.
 */
#include "jprint.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "queue/journal.h"
#include "queue/qfile.h"

static void
jprint_text(struct str s, size_t max)
{
	for (size_t i = 0; i < s.n && i < max; i++)
		putchar((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void
jprint_message(const struct jrec_message *m)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct qf	 q;

	printf("message ");
	jprint_text(m->id, QID_MAX);
	printf(" %c, %llu octets%s", m->mode, (unsigned long long)m->size, m->in_df && m->place == 0 ? " in df" : "");
	if (m->place != 0)
		printf(" in journal.body.%u", m->place - 1);
	if (qfile_parse(m->qf, a, &q, NULL) == 0 && q.nrcpt > 0) {
		printf(", from <");
		jprint_text(q.sender, 80);
		printf("> to <");
		jprint_text(q.rcpt[0].addr, 80);
		putchar('>');
		if (q.nrcpt > 1)
			printf(" and %zu more", q.nrcpt - 1);
	} else
		printf(", an envelope that cannot be read");
	arena_free(&a);
}

static void
jprint_done(const struct jrec *r)
{
	struct jrec_done d;

	printf("done");
	for (size_t i = 0; i < jrec_done_count(r); i++)
		if (jrec_done_get(r, i, &d) == 0)
			printf(" %s (%llu/%u)", d.id, (unsigned long long)d.ref.gen, (unsigned)d.ref.at);
}

static void
jprint_part(const struct jrec_part *part)
{
	struct str	list = part->list, name;

	printf("done for");
	while (jrec_part_next(&list, &name)) {
		printf(" <");
		jprint_text(name, 80);
		putchar('>');
	}
	printf(" of %s (%llu/%u)", part->of.id, (unsigned long long)part->of.ref.gen, (unsigned)part->of.ref.at);
}

static void
jprint_record(void *arg, uint32_t slot, const struct jrec *r, struct str damage, uint64_t at)
{
	struct jrec_message	m;
	struct jrec_part	part;
	struct tm		tm;
	time_t			t;
	char			when[32] = "?";

	(void)arg;
	if (at == 0) {
		printf("journal.%03u  ", (unsigned)slot);
		if (r != NULL)
			printf("generation %llu\n", (unsigned long long)r->life.gen);
		else
			puts("its own record is damaged");
		return;
	}
	printf("%10llu  ", (unsigned long long)at);
	if (r == NULL) {
		printf("damaged, %zu octets\n", damage.n);
		return;
	}
	t = (time_t)r->time;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s  ", when);
	if (jrec_message_get(r, &m) == 0)
		jprint_message(&m);
	else if (r->type == JREC_DONE)
		jprint_done(r);
	else if (jrec_part_get(r, &part) == 0)
		jprint_part(&part);
	else
		printf("something else");
	putchar('\n');
}

int
jprint_directory(const struct spool_dir *d, struct err *e)
{
	struct journal	*j = journal_look(d->fd, e);
	int		 rc;

	if (j == NULL)
		return -1;
	rc = journal_walk(j, jprint_record, NULL, e);
	journal_close(&j);
	return rc;
}
