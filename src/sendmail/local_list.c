/*
 * local_list - .forward and :include: files, read with the rights of whose they are; and the seals on what they name.
 *
 * A seal says: these rights may run this program because of that alias.  It is made with a key that only this role has, of what this role read itself, so a route that was taken over cannot
 * invent one.  After a restart the key is another: then the alias or the .forward is read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/status.h"
#include "blame.h"
#include "forward.h"
#include "local_int.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/user.h"
#include "proc/form.h"
#include "proc/msg.h"
#include "queue/qfile.h"
#include "worker.h"

#define LOCAL_LIST_TEXT	((size_t)4 << 20)
#define LOCAL_LIST_ANSWER (LOCAL_LIST_TEXT + LOCAL_ANSWER + (size_t)8 * FORWARD_MAX)
#define LIST_AGAIN_MS	100

/* ---- seals ---- */

static struct str
local_seal(const struct local *l, struct arena *a, struct str addr, struct str user, uid_t uid, gid_t gid, struct str alias)
{
	uint8_t		mac[MAC_SIZE];
	struct buf	b;
	struct str	seal;

	buf_init(&b, LOCAL_ANSWER);
	msg_put_str(&b, addr);
	msg_put_str(&b, user.n > 0 ? user : STR(""));
	msg_put_u64(&b, user.n > 0 ? uid : 0);
	msg_put_u64(&b, user.n > 0 ? gid : 0);
	msg_put_str(&b, alias.n > 0 ? alias : STR(""));
	mac_siphash128(l->key, buf_str(&b), mac);
	buf_clear(&b);
	enc_hex(&b, str_mem(mac, sizeof mac));
	seal = arena_str(a, buf_str(&b));
	buf_done(&b);
	return seal;
}

static int	local_include_has(struct local *, struct arena *, const struct attempt_rcpt *, struct err *);
static int local_forward_has(struct local *l, struct arena *a, struct str user, struct str addr, struct err *e);
static int local_alias_has(struct local *l, struct arena *a, struct str alias, struct str addr, struct err *e);

bool
local_sealed(struct local *l, struct arena *a, const struct attempt *at, const struct attempt_rcpt *r, struct err *e)
{
	struct str	want = local_seal(l, a, r->orig.n > 0 ? r->orig : r->addr, r->ctl_user, r->ctl_uid, r->ctl_gid, r->ctl_alias);
	struct os_user	u;
	int		rc;

	if (r->seal.n > 0 && mac_equal(want, r->seal))
		return true;
	if (at->flags & ATTEMPT_TRUSTED)
		return true;
	if (forward_kind(r->ctl_alias) == FORWARD_INCLUDE)
		rc = local_include_has(l, a, r, e);
	else if (r->ctl_user.n > 0) {		/* from a .forward: is it still there, and is it that user's? */
		rc = os_user_by_name(r->ctl_user, a, &u, e);
		if (rc == 1 && (u.uid != r->ctl_uid || u.gid != r->ctl_gid))
			rc = 0;
		if (rc == 1)
			rc = local_forward_has(l, a, r->ctl_user, r->orig.n > 0 ? r->orig : r->addr, e);
	} else
		rc = local_alias_has(l, a, r->ctl_alias, r->orig.n > 0 ? r->orig : r->addr, e);
	if (rc == -1) {
		e->class = ERR_TEMP;
		return false;
	}
	if (rc == 0) {
		err_set(e, ERR_PERM, "%.*s is not named by %.*s any more", STR_ARG(str_first(r->addr, 200)), STR_ARG(str_first(r->ctl_alias, 100)));
		log_line(1, LOG_P_WARNING, NULL, "%.*s: local: no seal for a program or file of alias %.*s", STR_ARG(at->id), STR_ARG(str_first(r->ctl_alias, 100)));
	}
	return rc == 1;
}

/* ---- reading a list, in a child ---- */

struct local_list {
	struct local	*local;
	struct str	*paths;		/* tried in order */
	size_t		 npaths;
	uid_t		 owner;		/* .forward: whose the file must be */
	bool		 forward;
	struct str	 alias;		/* alias lookup instead */
	struct str	 looking_for;
};

struct local_list_said {
	enum list_state	 state;
	bool		 shared;	/* others could have written it: no programs and files */
	struct str	 path, text;
	uid_t		 owner;
	struct str	*item;
	size_t		 n;
};
FORM_STRINGS(list_item_form, LOCAL_LIST_TEXT);
FORM(list_said_form, struct local_list_said, NULL,
    FORM_ENUM(struct local_list_said, state, LIST_NONE, LIST_BAD),
    FORM_BOOL(struct local_list_said, shared),
    FORM_STR(struct local_list_said, path, 8192),
    FORM_STR(struct local_list_said, text, 8192),
    FORM_U32(struct local_list_said, owner),
    FORM_LIST(struct local_list_said, item, n, list_item_form, FORWARD_MAX));

/* Exit code 0 always. */
static int
local_list_say(struct buf *out, enum list_state state, bool shared, struct str path, struct str text, struct str *items, size_t n, uid_t owner)
{
	form_put(out, &list_said_form, &(struct local_list_said){
		.state = state, .shared = shared, .path = path, .text = text, .owner = owner, .item = items, .n = n
	});
	return EXIT_OK;
}

/*
 * DontBlameSendmail in its two steps: a list that others could write may be read with one word; programs and files in it are
 * believed only with the word that ends in Safe.
 */
static unsigned
local_list_allow_safe(const struct local_list *ll)
{
	return blame_allow_safe(ll->local->conf, ll->forward ? BLAME_FORWARD : BLAME_INCLUDE);
}

static unsigned
local_list_allow(const struct local_list *ll)
{
	return blame_allow(ll->local->conf, ll->forward ? BLAME_FORWARD : BLAME_INCLUDE);
}

/* Timeout.fileopen: a list may lie on a file system that does not answer. */
static int
local_list_ms(const struct local_list *ll)
{
	int64_t	s = ll->local->conf->opt.timeout.fileopen;

	return s > 0 && s < LOCAL_READ_MAX_S ? (int)(s * 1000) : LOCAL_READ_MS;
}

/* Somebody else has it and is asked to let go of it (a lease, a delegation of a file server): Timeout.fileopen is there to be waited. */
static int
local_list_open(const struct local_list *ll, const char *path, struct stat *st, struct err *e)
{
	int	fd, left = local_list_ms(ll) - LIST_AGAIN_MS;

	for (;;) {
		err_clear(e);
		fd = os_open_safe(path, O_RDONLY, 0, ll->owner, local_list_allow(ll), st, e);
		if (fd != -1 || (e->sys != EAGAIN && e->sys != EWOULDBLOCK) || left <= LIST_AGAIN_MS)
			return fd;
		(void)poll(NULL, 0, LIST_AGAIN_MS);
		left -= LIST_AGAIN_MS;
	}
}

static int
local_list_read(void *arg, struct buf *out)
{
	struct local_list	*ll = arg;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct err		 e = ERR_INIT;
	struct buf		 text;
	struct stat		 st;
	struct str		*items;
	size_t			 n, i;
	int			 fd = -1, again;
	bool			 shared = false;

	for (i = 0; i < ll->npaths; i++) {
		fd = local_list_open(ll, arena_cstr(a, ll->paths[i]), &st, &e);
		if (fd != -1)
			break;
		if (ll->forward && (e.sys == ENOENT || e.sys == ENOTDIR))
			continue;
		return local_list_say(out, e.class == ERR_PERM || e.sys == ENOENT || e.sys == EACCES ? LIST_BAD : LIST_TEMP, false, ll->paths[i], str_c(e.text), NULL, 0, 0);
	}
	if (fd == -1)
		return local_list_say(out, LIST_NONE, false, STR_NONE, STR_NONE, NULL, 0, 0);
	if (local_list_allow(ll) != local_list_allow_safe(ll)) {
		again = os_open_safe(arena_cstr(a, ll->paths[i]), O_RDONLY, 0, ll->owner, local_list_allow_safe(ll), NULL, NULL);
		shared = again == -1;
		if (again != -1)
			close(again);
	}
	buf_init(&text, LOCAL_LIST_TEXT);
	if (os_read_file(fd, &text) == -1) {
		bool	big = errno == EFBIG;

		return local_list_say(out, big ? LIST_BAD : LIST_TEMP, false, ll->paths[i], big ? STR("longer than 4 megabytes") : STR("cannot be read"), NULL, 0, 0);
	}
	if (forward_parse(arena_str(a, buf_str(&text)), true, a, &items, &n) == -1)
		return local_list_say(out, LIST_BAD, false, ll->paths[i], STR("too many addresses"), NULL, 0, 0);
	return local_list_say(out, LIST_OK, shared, ll->paths[i], STR_NONE, items, n, st.st_uid);
}

/* Fork, read there, and take the answer apart. */
static int
local_list_ask(struct local_list *ll, const struct local_who *who, struct arena *a, struct local_list_said *said, struct err *e)
{
	struct buf	answer;
	int		code, rc = -1;

	buf_init(&answer, LOCAL_LIST_ANSWER);
	if (local_as(who, local_list_read, ll, &answer, local_list_ms(ll), &code, e) == -1)
		goto out;
	if (code != EXIT_OK) {
		err_set(e, ERR_TEMP, "reading the list failed with code %d", code);
		goto out;
	}
	rc = form_get(arena_str(a, buf_str(&answer)), &list_said_form, a, said);
	if (rc == -1)
		err_set(e, ERR_BUG, "a child's answer is malformed");
out:
	buf_done(&answer);
	return rc;
}

/* ForwardPath, expanded for this user. */
static void
local_forward_paths(struct local *l, struct arena *a, const struct os_user *u, struct str detail, struct local_list *ll)
{
	struct buf	b;
	struct str	list, one;

	rule_macro_set(l->rules, STR("z"), u->home);
	rule_macro_set(l->rules, STR("u"), u->name);
	rule_macro_set(l->rules, STR("h"), detail.n > 0 ? detail : STR_NONE);
	buf_init(&b, 16384);
	ll->paths = ARENA_ARRAY(a, struct str, 32);
	if (rule_expand(l->rules, l->conf->opt.forward_path, &b) == 0 && buf_ok(&b)) {
		list = arena_str(a, buf_str(&b));
		while (ll->npaths < 32 && str_split(&list, ':', &one))
			if (one.n > 0 && one.p[0] == '/' && !str_has_nul(one))
				ll->paths[ll->npaths++] = one;
	}
	buf_done(&b);
}

static int
local_forward(struct local *l, struct arena *a, struct str user, struct str detail, struct os_user *u, struct local_list_said *said, struct err *e)
{
	struct local_list	ll = { .local = l, .forward = true };
	struct local_who	who;
	int			rc = os_user_by_name(user, a, u, e);

	said->state = LIST_NONE;
	if (rc != 1)
		return rc;
	local_forward_paths(l, a, u, detail, &ll);
	if (ll.npaths == 0 || u->home.n == 0)
		return 0;
	ll.owner = u->uid;
	who = (struct local_who){ false, u->name, u->uid, u->gid, l->conf->opt.dont_init_groups };
	return local_list_ask(&ll, &who, a, said, e);
}

/* Has the user a shell that /etc/shells knows?  Then programs may be run for them. */
static bool
local_shell_ok(struct arena *a, struct str shell)
{
	struct str	text, line;
	struct err	e = ERR_INIT;

	if (shell.n == 0 || os_slurp("/etc/shells", a, (size_t)1 << 16, &text, &e) == -1)
		return shell.n == 0 || str_eq_c(shell, "/bin/sh") || str_eq_c(shell, "/bin/csh");
	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_eq(line, shell) || str_eq_c(line, "/SENDMAIL/ANY/SHELL/"))
			return true;
	}
	return false;
}

/* In sendmail's words; what it is, programs or files, follows. */
static struct str
local_no_shell(struct local *l, struct arena *a, struct str user)
{
	return arena_fmt(a, "User %.*s@%.*s doesn't have a valid shell for mailing to ", STR_ARG(user),
	    STR_ARG(rule_macro_value(l->rules, STR("j"))));
}

static void
local_list_put(struct local *l, struct arena *a, const struct local_list_said *said, const struct os_user *u, bool programs, struct str why, struct str via, struct buf *out)
{
	struct list_answer	ans;

	memset(&ans, 0, sizeof ans);
	ans.state = said->state;
	ans.path = said->path;
	ans.text = said->text;
	ans.ctl_user = u->name;
	ans.ctl_uid = u->uid;
	ans.ctl_gid = u->gid;
	ans.item = ARENA_ARRAY(a, struct list_item, said->n + 1);
	ans.nitem = said->n;
	for (size_t i = 0; i < said->n; i++) {
		enum forward_kind	kind = forward_kind(said->item[i]);

		ans.item[i].addr = str_first(said->item[i], QF_VALUE_MAX);	/* still too long for route, which says so */
		if (kind != FORWARD_PROG && kind != FORWARD_FILE)
			continue;
		if (programs && !said->shared)
			ans.item[i].seal = local_seal(l, a, said->item[i], u->name, u->uid, u->gid, via);
		else
			ans.text = said->shared ? STR("the list may be written by others") : why;	/* no seal: route refuses these items with that reason */
	}
	list_answer_put(out, &ans);
}

int
local_work_forward(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct local		*l = ctx->state;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct local_list_said	 said = { .state = LIST_NONE };
	struct list_ask		 ask;
	struct os_user		 u;
	int			 rc;

	(void)out_fd;
	memset(&u, 0, sizeof u);
	if (list_ask_get(f->body, &ask) == -1)
		worker_bad(ctx);
	rule_forget(l->rules);
	rule_reset(l->rules);
	if ((rc = local_forward(l, a, ask.user, ask.detail, &u, &said, e)) == 0)
		local_list_put(l, a, &said, &u, local_shell_ok(a, u.shell), local_no_shell(l, a, u.name), ask.user, out);
	arena_free(&a);
	return rc == -1 ? -1 : 0;
}

int
local_work_include(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct local		*l = ctx->state;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct local_list_said	 said = { .state = LIST_NONE };
	struct local_list	 ll = { .local = l };
	struct local_who	 who = { false, STR_NONE, (uid_t)l->conf->opt.default_uid, (gid_t)l->conf->opt.default_gid, false };
	struct list_ask		 ask;
	struct os_user		 u, owner;
	int			 rc = 0;

	(void)out_fd;
	memset(&owner, 0, sizeof owner);
	if (list_ask_get(f->body, &ask) == -1 || ask.path.n == 0 || ask.path.p[0] != '/' || str_has_nul(ask.path))
		worker_bad(ctx);
	ll.paths = &ask.path;
	ll.npaths = 1;
	ll.owner = l->conf->opt.has_trusted ? (uid_t)l->conf->opt.trusted_uid : 0;
	if (ask.user.n > 0 && (rc = os_user_by_name(ask.user, a, &u, e)) == 1) {
		who = (struct local_who){ false, u.name, u.uid, u.gid, l->conf->opt.dont_init_groups };
		ll.owner = u.uid;
	}
	if (rc != -1 && (rc = local_list_ask(&ll, &who, a, &said, e)) == 0) {
		/* Programs and files of the list get the rights of whose .forward names it, else of the file's owner; root's are DefaultUser's. */
		if (ask.user.n > 0)
			owner = u;
		else if (said.owner != 0)
			rc = os_user_by_uid(said.owner, a, &owner, e) == -1 ? -1 : 0;
		if (rc == 0)
			local_list_put(l, a, &said, &owner, owner.name.n == 0 || local_shell_ok(a, owner.shell),
			    local_no_shell(l, a, owner.name), ask.via, out);
	}
	arena_free(&a);
	return rc == -1 ? -1 : 0;
}

/* Does the list still name it, and is it still that user's list? */
static int
local_include_has(struct local *l, struct arena *a, const struct attempt_rcpt *r, struct err *e)
{
	struct local_list_said	said = { .state = LIST_NONE };
	struct str		path = forward_include_path(r->ctl_alias), addr = r->orig.n > 0 ? r->orig : r->addr;
	struct local_list	ll = { .local = l, .paths = &path, .npaths = 1, .owner = r->ctl_uid };
	struct local_who	who = { false, STR_NONE, (uid_t)l->conf->opt.default_uid, (gid_t)l->conf->opt.default_gid, false };

	if (path.n == 0 || path.p[0] != '/')
		return 0;
	if (r->ctl_user.n > 0)
		who = (struct local_who){ false, r->ctl_user, r->ctl_uid, r->ctl_gid, l->conf->opt.dont_init_groups };
	if (local_list_ask(&ll, &who, a, &said, e) == -1 || said.state == LIST_TEMP)
		return -1;
	if (said.state == LIST_OK && !said.shared && said.owner == r->ctl_uid)
		for (size_t i = 0; i < said.n; i++)
			if (str_eq(said.item[i], addr))
				return 1;
	return 0;
}

/* ---- what aliases name ---- */

static int
local_forward_has(struct local *l, struct arena *a, struct str user, struct str addr, struct err *e)
{
	struct local_list_said	said;
	struct os_user		u;

	if (local_forward(l, a, user, STR_NONE, &u, &said, e) == -1 || said.state == LIST_TEMP)
		return -1;
	if (said.state == LIST_OK && !said.shared && local_shell_ok(a, u.shell))
		for (size_t i = 0; i < said.n; i++)
			if (str_eq(said.item[i], addr))
				return 1;
	return 0;
}

/* Does that alias still lead to `addr`?  1 yes, 0 no, -1 cannot be told now. */
static int
local_alias_has(struct local *l, struct arena *a, struct str alias, struct str addr, struct err *e)
{
	struct buf	value;
	struct str	*items;
	size_t		 n, part;
	int		 found = 0;
	enum map_rc	 rc;

	if (alias.n == 0)
		return 0;
	buf_init(&value, MAP_VALUE_MAX);
	rc = maps_alias(l->maps, alias, &value, &part, e);
	if (rc == MAP_NOTFOUND)
		rc = maps_userdb(l->maps, MAPS_UDB_MAILDROP, alias, &value, e);
	if (rc == MAP_FOUND && forward_parse(arena_str(a, buf_str(&value)), false, a, &items, &n) == 0)
		for (size_t i = 0; i < n; i++)
			if (str_eq(items[i], addr))
				found = 1;
	buf_done(&value);
	return rc == MAP_TEMP ? -1 : found;
}

int
local_work_seal(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct local	*l = ctx->state;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct seal_ask	 ask;
	int		 rc;

	(void)out_fd;
	if (seal_ask_get(f->body, &ask) == -1)
		worker_bad(ctx);
	maps_check(l->maps);
	rc = local_alias_has(l, a, ask.alias, ask.addr, e);
	if (rc == 1)
		buf_add(out, local_seal(l, a, ask.addr, STR_NONE, 0, 0, ask.alias));
	else if (rc == 0)
		err_set(e, ERR_PERM, "alias %.*s does not name it", STR_ARG(str_first(ask.alias, 100)));
	arena_free(&a);
	return rc == 1 ? 0 : -1;
}
