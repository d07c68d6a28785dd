/*
 * ask_role - bodies of what the parent tells a role (who it is, its configuration, its neighbours and listeners), and of what the loader answers.
 */
#include "ask_int.h"

FORM(boot_form, struct role_boot, NULL,
    FORM_ENUM(struct role_boot, role, 0, R_MAX - 1),
    ASK_LINE(struct role_boot, user),
    FORM_U32(struct role_boot, uid),
    FORM_U32(struct role_boot, gid),
    FORM_BOOL(struct role_boot, foreground),
    FORM_BOOL(struct role_boot, verbose),
    FORM_BOOL(struct role_boot, command),
    FORM_I64(struct role_boot, queue_interval),
    ASK_LINE(struct role_boot, empty_dir),
    ASK_LINE(struct role_boot, title),
    ASK_LINE(struct role_boot, trace),
    ASK_LINE(struct role_boot, tag));
FORM_PAIR(role_boot, role_boot, boot_form)

FORM(bundle_form, struct conf_bundle, NULL,
    ASK_LINE(struct conf_bundle, file),
    FORM_STR(struct conf_bundle, cf, CONF_BUNDLE_MAX),
    FORM_STR(struct conf_bundle, answers, CONF_BUNDLE_MAX),
    FORM_STR(struct conf_bundle, hosts, CONF_BUNDLE_MAX),
    FORM_STR(struct conf_bundle, resolv, CONF_BUNDLE_MAX),
    FORM_STR(struct conf_bundle, overrides, CONF_BUNDLE_MAX),
    FORM_STR(struct conf_bundle, messages, CONF_BUNDLE_MAX),
    FORM_U32(struct conf_bundle, nerrors));
FORM_PAIR(conf_bundle, conf_bundle, bundle_form)

FORM(override_form, struct conf_override, NULL,
    FORM_CHAR(struct conf_override, kind),
    FORM_STR(struct conf_override, text, ASK_TEXT_MAX));

/* As many as there are: the body ends with the last. */
void
conf_overrides_put(struct buf *b, const struct conf_override *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		form_put(b, &override_form, &v[i]);
}

int
conf_overrides_get(struct str body, struct arena *a, struct conf_override **out, size_t *n)
{
	struct msg_in	in = msg_in(body);
	size_t		max = body.n / 5 + 1;

	*out = ARENA_ARRAY(a, struct conf_override, max);
	*n = 0;
	while (!in.bad && in.s.n > 0) {
		form_take(&in, &override_form, NULL, &(*out)[*n]);
		if (!in.bad)
			++*n;
	}
	return msg_end(&in) ? 0 : -1;
}

FORM(class_form, struct class_fd, NULL,
    FORM_STR(struct class_fd, path, ASK_TEXT_MAX),
    FORM_STR(struct class_fd, why, ASK_TEXT_MAX),
    FORM_INT(struct class_fd, sys, INT32_MAX));
FORM_PAIR(class_fd, class_fd, class_form)

FORM(peer_form, struct peer_ask, NULL, FORM_ENUM(struct peer_ask, role, 0, R_MAX - 1));
FORM_PAIR(peer_ask, peer_ask, peer_form)

FORM(listen_form, struct listen_ask, NULL,
    FORM_U32(struct listen_ask, daemon),
    FORM_BOOL(struct listen_ask, last));
FORM_PAIR(listen_ask, listen_ask, listen_form)
