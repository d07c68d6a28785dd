/*
 * saslex - the door to the module; see the header.
 */
#include "auth/saslex.h"

#include <stdlib.h>

struct saslex {
	const struct saslex_ops	*ops;
	void			*conn;
	const char		*mechs;
	bool			 client;
};

struct saslex *
saslex_new(const struct saslex_conf *c, struct err *e)
{
	struct saslex *x = calloc(1, sizeof *x);

	if (x == NULL) {
		err_set(e, ERR_TEMP, "no memory");
		return NULL;
	}
	x->mechs = c->mechs;
	x->client = c->client;
	x->ops = (const struct saslex_ops *)(const void *)os_module_open("saslex", SASLEX_MODULE_VERSION, e);
	if (x->ops != NULL && (x->conn = x->ops->open(c, e)) != NULL)
		return x;
	free(x);
	return NULL;
}

void
saslex_free(struct saslex **xp)
{
	if (*xp == NULL)
		return;
	(*xp)->ops->close((*xp)->conn);
	free(*xp);
	*xp = NULL;
}

static bool
saslex_among(struct str words, struct str w)
{
	struct str each;

	while (str_word(&words, &each))
		if (str_caseeq(each, w))
			return true;
	return false;
}

/* Those of `list` that are in `have`, too. */
static void
saslex_both(struct str list, struct str have, struct buf *out)
{
	struct str each;

	while (str_word(&list, &each))
		if (saslex_among(have, each)) {
			if (out->n > 0)
				buf_addch(out, ' ');
			buf_add(out, each);
		}
}

int
saslex_mechs(struct saslex *x, struct buf *out)
{
	struct buf have;
	int rc;

	buf_init(&have, 4096);
	if ((rc = x->ops->mechs(x->conn, &have)) == 0)
		saslex_both(str_c(x->mechs), buf_str(&have), out);
	buf_done(&have);
	return rc;
}

enum auth_rc
saslex_begin(struct saslex *x, struct str mech, struct str initial, struct buf *out, bool *has_out, struct err *e)
{
	struct buf can;
	enum auth_rc rc = AUTH_BAD;

	*has_out = false;
	buf_init(&can, 4096);
	if (x->client)
		saslex_both(str_c(x->mechs), mech, &can);
	else if (saslex_mechs(x, &can) == 0 && saslex_among(buf_str(&can), mech)) {
		buf_clear(&can);
		buf_add(&can, mech);
	} else
		buf_clear(&can);
	if (can.n > 0 && buf_ok(&can))
		rc = x->ops->begin(x->conn, buf_c(&can), initial, out, has_out, e);
	buf_done(&can);
	return rc;
}

enum auth_rc
saslex_step(struct saslex *x, struct str in, struct buf *out, struct err *e)
{
	return x->ops->step(x->conn, in, out, e);
}

void
saslex_who(struct saslex *x, struct saslex_who *w)
{
	x->ops->who(x->conn, w);
}

enum auth_rc
saslex_check(struct saslex *x, struct str user, struct str password, struct err *e)
{
	return x->ops->check(x->conn, user, password, e);
}

int
saslex_wrap(struct saslex *x, struct str in, struct buf *out, struct err *e)
{
	return x->ops->wrap(x->conn, in, out, e);
}

int
saslex_unwrap(struct saslex *x, struct str in, struct buf *out, struct err *e)
{
	return x->ops->unwrap(x->conn, in, out, e);
}
