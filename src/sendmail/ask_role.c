/*
 * ask_role - bodies of what the parent tells a role (who it is, its configuration, its neighbours and listeners), and of what the loader answers.
 *
 * Getters as in ask.c: to the last byte, each value that has a range checked.
 */
#include "ask_int.h"

void
role_boot_put(struct buf *b, const struct role_boot *m)
{
	msg_put_u8(b, (uint8_t)m->role);
	msg_put_str(b, m->user);
	msg_put_u32(b, (uint32_t)m->uid);
	msg_put_u32(b, (uint32_t)m->gid);
	msg_put_bool(b, m->foreground);
	msg_put_bool(b, m->verbose);
	msg_put_bool(b, m->command);
	msg_put_i64(b, m->queue_interval);
	msg_put_str(b, m->empty_dir);
	msg_put_str(b, m->title);
	msg_put_str(b, m->trace);
	msg_put_str(b, m->tag);
}

int
role_boot_get(struct str body, struct role_boot *m)
{
	struct msg_in in = msg_in(body);

	m->role = (enum role_id)ask_enum(&in, R_MAX - 1);
	m->user = ask_text(&in);
	m->uid = (uid_t)msg_u32(&in);
	m->gid = (gid_t)msg_u32(&in);
	m->foreground = msg_bool(&in);
	m->verbose = msg_bool(&in);
	m->command = msg_bool(&in);
	m->queue_interval = msg_i64(&in);
	m->empty_dir = ask_text(&in);
	m->title = ask_text(&in);
	m->trace = ask_text(&in);
	m->tag = ask_text(&in);
	return ask_end(&in);
}

void
conf_bundle_put(struct buf *b, const struct conf_bundle *m)
{
	msg_put_str(b, m->file);
	msg_put_str(b, m->cf);
	msg_put_str(b, m->answers);
	msg_put_str(b, m->hosts);
	msg_put_str(b, m->resolv);
	msg_put_str(b, m->overrides);
	msg_put_str(b, m->messages);
	msg_put_u32(b, m->nerrors);
}

int
conf_bundle_get(struct str body, struct conf_bundle *m)
{
	struct msg_in in = msg_in(body);

	m->file = ask_text(&in);
	m->cf = msg_str(&in, CONF_BUNDLE_MAX);
	m->answers = msg_str(&in, CONF_BUNDLE_MAX);
	m->hosts = msg_str(&in, CONF_BUNDLE_MAX);
	m->resolv = msg_str(&in, CONF_BUNDLE_MAX);
	m->overrides = msg_str(&in, CONF_BUNDLE_MAX);
	m->messages = msg_str(&in, CONF_BUNDLE_MAX);
	m->nerrors = msg_u32(&in);
	return ask_end(&in);
}

void
conf_overrides_put(struct buf *b, const struct conf_override *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		msg_put_u8(b, (uint8_t)v[i].kind);
		msg_put_str(b, v[i].text);
	}
}

int
conf_overrides_get(struct str body, struct arena *a, struct conf_override **out, size_t *n)
{
	struct msg_in	in = msg_in(body);
	size_t		max = body.n / 5 + 1;

	*out = ARENA_ARRAY(a, struct conf_override, max);
	*n = 0;
	while (!in.bad && in.s.n > 0) {
		struct conf_override *o = &(*out)[*n];

		o->kind = (char)msg_u8(&in);
		o->text = msg_str(&in, ASK_TEXT_MAX);
		if (!in.bad)
			++*n;
	}
	return ask_end(&in);
}

void
class_fd_put(struct buf *b, const struct class_fd *m)
{
	msg_put_str(b, m->path);
	msg_put_str(b, m->why);
	msg_put_u32(b, (uint32_t)m->sys);
}

int
class_fd_get(struct str body, struct class_fd *m)
{
	struct msg_in in = msg_in(body);

	m->path = msg_str(&in, ASK_TEXT_MAX);
	m->why = msg_str(&in, ASK_TEXT_MAX);
	m->sys = (int32_t)(msg_u32(&in) & 0x7fffffff);
	return ask_end(&in);
}

void
peer_ask_put(struct buf *b, const struct peer_ask *m)
{
	msg_put_u8(b, (uint8_t)m->role);
}

int
peer_ask_get(struct str body, struct peer_ask *m)
{
	struct msg_in in = msg_in(body);

	m->role = (enum role_id)ask_enum(&in, R_MAX - 1);
	return ask_end(&in);
}

void
listen_ask_put(struct buf *b, const struct listen_ask *m)
{
	msg_put_u32(b, m->daemon);
	msg_put_bool(b, m->last);
}

int
listen_ask_get(struct str body, struct listen_ask *m)
{
	struct msg_in in = msg_in(body);

	m->daemon = msg_u32(&in);
	m->last = msg_bool(&in);
	return ask_end(&in);
}
