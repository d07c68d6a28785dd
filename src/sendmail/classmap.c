/*
 * classmap - maps as sources of class members.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "classmap.h"
#include "map/map.h"
#include "maps.h"
#include "os/file.h"
#include "os/user.h"
#include "proc/child.h"

#define CLASSMAP_PROGRAM_MS	60000
#define CLASSMAP_VALUES		((size_t)16 << 20)

struct class_maps {
	struct conf_direct	*direct;
	struct map_env		 env;
};

static int
class_env_open(void *arg, const struct map *m, const char *path, int *fd, struct err *e)
{
	struct class_maps	*c = arg;
	unsigned		 allow = OS_SAFE_ANYOWNER | OS_SAFE_LINK | OS_SAFE_GROUPWRITE | OS_SAFE_STICKY;
	int			 rc = 1;

	(void)m;
	if (c->direct->open != NULL)
		rc = c->direct->open(c->direct->open_arg, str_c(path), fd, e);
	if (rc == 1) {
		*fd = os_open_safe(path, 0, 0, 0, allow, NULL, e);
		rc = *fd == -1 ? -1 : 0;
	}
	return rc;
}

static int
class_env_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	return os_user_by_name(name, a, u, e);
}

static struct map *
class_env_find(void *arg, struct str name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static size_t
class_env_service(void *arg, struct str service, struct str *out, size_t max)
{
	(void)arg;
	(void)service;
	(void)out;
	(void)max;
	return 0;
}

static enum map_result
class_env_program(void *arg, const struct map *m, struct str command, struct str key, struct buf *value, struct err *e)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct child_spec	 spec = { .in = -1, .out = -1, .err = -1, .dir = "/" };
	char			*argv[64];
	struct buf		 out;
	struct str		 w;
	size_t			 n = 0;
	int			 status;
	enum map_result		 r = MAPR_NONE;

	(void)arg;
	(void)m;
	buf_init(&out, MAP_VALUE_MAX);
	while (n < sizeof argv / sizeof *argv - 2 && str_word(&command, &w))
		argv[n++] = arena_cstr(a, w);
	argv[n] = arena_cstr(a, key);
	argv[n + 1] = NULL;
	spec.path = argv[0];
	spec.argv = argv;
	if (n == 0)
		r = MAPR_NONE;
	else if (child_run(&spec, STR_NONE, &out, CLASSMAP_PROGRAM_MS, &status, e) == -1)
		r = MAPR_TEMP;
	else if (status == 0 && out.n > 0) {
		buf_add(value, buf_str(&out));
		r = MAPR_FOUND;
	}
	buf_done(&out);
	arena_free(&a);
	return r;
}

/* Of many values, each is a member: they are to stand on lines of their own. */
static struct str
class_map_args(struct arena *a, struct str class, struct str args)
{
	return str_caseeq_c(class, "ldap") ? arena_cat(a, STR("-z\\n "), args) : args;
}

static enum conf_found
class_map_ask(void *arg, struct str class, struct str args, struct str key, struct buf *out, struct err *e)
{
	struct class_maps	*c = arg;
	struct arena		*a = arena_new(CLASSMAP_VALUES);
	struct map_call		 call = { .scratch = a };
	struct map		*m;
	enum map_result		 r = MAPR_TEMP;

	m = map_new(a, &c->env, 0, key.n > 0 ? key : STR("class"), arena_lower(a, class), class_map_args(a, class, args), "", e);
	if (m != NULL) {
		r = map_open(m, e) == -1 ? MAPR_TEMP : map_lookup(m, &call, key, NULL, 0, out, e);
		map_close(m);
	}
	arena_free(&a);
	return r == MAPR_TEMP ? CONF_FAILED : CONF_FOUND;	/* no such key: no member */
}

struct class_maps *
class_maps_new(struct conf_direct *d)
{
	struct class_maps	*c = calloc(1, sizeof *c);

	must_have(c);
	c->direct = d;
	c->env = (struct map_env){
		.arg = c, .open = class_env_open, .user = class_env_user, .find = class_env_find, .service = class_env_service,
		.program = class_env_program, .blank_sub = ' ',
	};
	d->map = class_map_ask;
	d->arg = c;
	return c;
}

void
class_maps_free(struct class_maps **c)
{
	if (*c == NULL)
		return;
	(*c)->direct->map = NULL;
	free(*c);
	*c = NULL;
}

struct str
class_map_file(struct arena *a, struct str spec)
{
	static const struct map_env	none = { .blank_sub = ' ' };
	struct err			e = ERR_INIT;
	struct str			class;
	struct map			*m;

	if (!str_split(&spec, ':', &class))
		return STR_NONE;
	m = map_new(a, &none, 0, STR("class"), arena_lower(a, class), class_map_args(a, class, spec), "", &e);
	return m == NULL || map_file(m) == NULL ? STR_NONE : str_c(map_file(m));
}

int
class_map_open(const struct conf *conf, const char *path, int *fd, struct err *e)
{
	return maps_open_file(conf, path, fd, e);
}
