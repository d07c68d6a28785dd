/*
 * sasl - exchanges; see sasl.h.
 */
#include <stdlib.h>

#include "auth/sasl.h"
#include "auth/saslex.h"

struct sasl {
	const struct mbconf	*c;
	struct saslex_conf	 how;
	struct saslex_option	 options[5];
	struct saslex		*x;		/* NULL: passwords by cred.h, plain mechanisms only */
	enum { SASL_NONE, SASL_PLAIN, SASL_LOGIN_USER, SASL_LOGIN_PASS, SASL_OTHER } state;
	struct buf		 user;
	char			 peer[64];
};

static bool
sasl_uses_library(const struct mbconf *c)
{
	return c->users == MB_USERS_SASLDB || (c->sasl_conf_dir != NULL && c->users != MB_USERS_PAM);
}

/* With SASLConfDir the site's own file rules, but for UserDatabase=sasldb. */
static void
sasl_library(struct sasl *x, const char *service, const char *host)
{
	const struct mbconf	*c = x->c;

	x->how = (struct saslex_conf){ .app = service[0] == 'i' ? "imapd" : "popd", .service = service, .dir = c->sasl_conf_dir, .host = host, .realm = host,
		.mechs = c->mechanisms, .flags = SASLEX_NOANON, .strict = true };
	if (c->sasl_conf_dir != NULL && c->users != MB_USERS_SASLDB)
		return;
	x->options[0] = (struct saslex_option){ "sasldb_path", c->sasl_db != NULL ? c->sasl_db : "/etc/sasldb2" };
	x->options[1] = (struct saslex_option){ "auxprop_plugin", "sasldb" };
	x->options[2] = (struct saslex_option){ "pwcheck_method", "auxprop" };
	x->options[3] = (struct saslex_option){ "mech_list", c->mechanisms };
	x->how.options = x->options;
}

struct sasl *
sasl_exchange_new(const struct mbconf *c, const char *service, const char *host, struct err *err)
{
	struct sasl	*x = calloc(1, sizeof *x);

	if (x == NULL) {
		err_set(err, ERR_TEMP, "no memory");
		return NULL;
	}
	x->c = c;
	buf_init(&x->user, 1024);
	if (!sasl_uses_library(c)) {
		if (cred_ready(c, err) == 0)
			return x;
		sasl_exchange_free(&x);
		return NULL;
	}
	sasl_library(x, service, host);
	if ((x->x = saslex_new(&x->how, err)) != NULL)
		return x;
	buf_done(&x->user);
	free(x);
	return NULL;
}

void
sasl_exchange_free(struct sasl **xp)
{
	struct sasl	*x = *xp;

	if (x == NULL)
		return;
	saslex_free(&x->x);
	buf_done(&x->user);
	free(x);
	*xp = NULL;
}

void
sasl_exchange_peer(struct sasl *x, struct str peer)
{
	(void)str_copy(x->peer, sizeof x->peer, str_first(peer, sizeof x->peer - 1));
}

static bool
word_among(struct str words, struct str w)
{
	struct str	each;

	while (str_word(&words, &each))
		if (str_caseeq(each, w))
			return true;
	return false;
}

static bool
sasl_is_plain(struct str mech)
{
	return str_caseeq_c(mech, "PLAIN") || str_caseeq_c(mech, "LOGIN");
}

/* In the site's list, and we can do it. */
static bool
sasl_offers(struct sasl *x, struct str mech, bool plain, struct str have)
{
	if (!word_among(str_c(x->c->mechanisms), mech))
		return false;
	return sasl_is_plain(mech) ? plain : word_among(have, mech);
}

static int
sasl_have(struct sasl *x, struct buf *have, struct err *err)
{
	if (x->x != NULL && saslex_mechs(x->x, have) == -1)
		return err_set(err, ERR_TEMP, "the SASL library gives no mechanisms");
	return 0;
}

int
sasl_mechanisms(struct sasl *x, bool plain, struct buf *out, struct err *err)
{
	struct str	list = str_c(x->c->mechanisms), each;
	struct buf	have;
	int		rc;

	buf_init(&have, 4096);
	rc = sasl_have(x, &have, err);
	while (rc == 0 && str_word(&list, &each))
		if (sasl_offers(x, each, plain, buf_str(&have))) {
			if (out->n > 0)
				buf_addch(out, ' ');
			buf_add(out, each);
		}
	buf_done(&have);
	return rc;
}

static enum auth_rc
sasl_check(struct sasl *x, struct str user, struct str password, struct err *err)
{
	buf_clear(&x->user);
	if (user.n == 0 || user.n > 255 || buf_add(&x->user, user) == -1)
		return AUTH_BAD;
	return x->x != NULL ? saslex_check(x->x, user, password, err) : cred_check(x->c, user, password, x->peer, err);
}

/* RFC 4616: [authzid] NUL authcid NUL passwd. */
static enum auth_rc
sasl_plain(struct sasl *x, struct str r, struct err *err)
{
	struct str	authzid, authcid;

	if (!str_split(&r, '\0', &authzid) || str_is_none(r) || !str_split(&r, '\0', &authcid) || str_is_none(r) || str_has_nul(r))
		return AUTH_BAD;
	if (authzid.n > 0 && !str_eq(authzid, authcid))
		return AUTH_NO;				/* nobody acts for another */
	return sasl_check(x, authcid, r, err);
}

/* Who it was, once it is through. */
static enum auth_rc
sasl_known(struct sasl *x, enum auth_rc rc)
{
	struct saslex_who	who = { .author = STR("") };

	if (rc != AUTH_OK)
		return rc;
	saslex_who(x->x, &who);
	buf_clear(&x->user);
	return who.author.n > 0 && buf_add(&x->user, who.author) == 0 ? AUTH_OK : AUTH_TEMP;
}

enum auth_rc
sasl_exchange_begin(struct sasl *x, struct str mech, struct str initial, bool plain, struct buf *out, struct err *err)
{
	struct buf	have;
	bool		ok, has;

	buf_init(&have, 4096);
	ok = sasl_have(x, &have, err) == 0 && sasl_offers(x, mech, plain, buf_str(&have));
	buf_done(&have);
	if (!ok)
		return AUTH_BAD;
	if (str_caseeq_c(mech, "PLAIN")) {
		x->state = SASL_PLAIN;
		return str_is_none(initial) ? AUTH_CONTINUE : sasl_exchange_step(x, initial, out, err);
	}
	if (str_caseeq_c(mech, "LOGIN")) {
		x->state = SASL_LOGIN_USER;
		if (!str_is_none(initial))
			return sasl_exchange_step(x, initial, out, err);
		buf_addc(out, "Username:");
		return AUTH_CONTINUE;
	}
	x->state = SASL_OTHER;
	return sasl_known(x, saslex_begin(x->x, mech, initial, out, &has, err));
}

enum auth_rc
sasl_exchange_step(struct sasl *x, struct str r, struct buf *out, struct err *err)
{
	switch (x->state) {
	case SASL_PLAIN:
		x->state = SASL_NONE;
		return sasl_plain(x, r, err);
	case SASL_LOGIN_USER:
		if (r.n == 0 || r.n > 255 || str_has_nul(r) || buf_add(&x->user, r) == -1)
			return AUTH_BAD;
		x->state = SASL_LOGIN_PASS;
		buf_addc(out, "Password:");
		return AUTH_CONTINUE;
	case SASL_LOGIN_PASS: {
		char		name[256];

		x->state = SASL_NONE;
		if (str_copy(name, sizeof name, buf_str(&x->user)) == -1)
			return AUTH_BAD;
		return sasl_check(x, str_c(name), r, err);
	}
	case SASL_OTHER:
		return sasl_known(x, saslex_step(x->x, r, out, err));
	default:
		return AUTH_BAD;
	}
}

struct str
sasl_exchange_user(const struct sasl *x)
{
	return buf_str(&x->user);
}
