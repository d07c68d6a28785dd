/*
 * conf_finish - what surrounds the lines of a configuration: our own names before, completion after.
 */
#include <string.h>

#include "conf_int.h"
#include "net/idna.h"

static void
host_define(struct reading *r, const char *name, struct str value)
{
	struct err	e;
	size_t		taken;

	rules_define(r->rules, rules_name_take(r->rules, str_c(name), &taken, &e), value);
}

static void
host_class(struct reading *r, const char *name, struct str member)
{
	struct err	e;
	size_t		taken;

	rules_class_add(r->rules, rules_name_take(r->rules, str_c(name), &taken, &e), member);
}

static const struct {
	const char	*class;
	const char	*member;
} built_in[] = {
	{ "e", "7bit" }, { "e", "8bit" }, { "e", "binary" },
	{ "n", "multipart/signed" },
	{ "s", "rfc822" },
	{ "{checkMIMETextHeaders}", "content-description" },
	{ "{checkMIMEFieldHeaders}", "content-disposition" }, { "{checkMIMEFieldHeaders}", "content-type" },
	{ "{checkMIMEHeaders}", "content-disposition" }, { "{checkMIMEHeaders}", "content-id" },
	{ "{checkMIMEHeaders}", "content-transfer-encoding" }, { "{checkMIMEHeaders}", "content-type" },
	{ "{checkMIMEHeaders}", "mime-version" },
	{ "{persistentMacros}", "r" }, { "{persistentMacros}", "s" }, { "{persistentMacros}", "_" },
	{ "{persistentMacros}", "{if_addr}" }, { "{persistentMacros}", "{daemon_flags}" },
};

/*
 * $w is the first part of our canonical name, $j all of it, $m the rest; class w knows them and our addresses.
 */
void
conf_hosts(struct reading *r)
{
	struct buf	b;
	struct err	e = ERR_INIT;
	struct str	text, line, word, name = STR_NONE, canon = STR_NONE;
	size_t		dot;

	for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
		host_class(r, built_in[i].class, str_c(built_in[i].member));
	host_define(r, "v", STR(CONF_VERSION));
	host_define(r, "n", STR("MAILER-DAEMON"));
	buf_init(&b, 1 << 20);
	if (r->loader->ask(r->loader->arg, CONF_ASK_HOST, STR(""), &b, &e) != CONF_FOUND)
		conf_warn(r, "our own host name: %s", e.text);
	text = buf_str(&b);
	for (struct str t = text; str_split(&t, '\n', &line);)
		if (str_word(&line, &word)) {
			line = str_trim(line);
			if (str_eq_c(word, "name"))
				name = line;
			else if (str_eq_c(word, "canon"))
				canon = line;
		}
	if (canon.n == 0)
		canon = name;
	if (canon.n == 0)
		canon = STR("localhost");
	dot = str_chr(canon, '.');
	host_define(r, "w", str_first(canon, dot == SIZE_MAX ? canon.n : dot));
	host_define(r, "j", canon);
	host_class(r, "w", canon);
	host_class(r, "w", str_first(canon, dot == SIZE_MAX ? canon.n : dot));	/* as people say it at home */
	if (name.n > 0)
		host_class(r, "w", name);
	host_class(r, "w", STR("localhost"));
	host_class(r, "w", STR("[127.0.0.1]"));
	host_class(r, "w", STR("[localhost]"));
	if (dot != SIZE_MAX) {
		host_define(r, "m", str_from(canon, dot + 1));
		host_class(r, "m", str_from(canon, dot + 1));
	}
	host_define(r, "k", name.n > 0 ? name : canon);
	host_class(r, "k", name.n > 0 ? name : canon);
	buf_done(&b);
}

/* The other names of this machine, once DontProbeInterfaces is known. */
static void
finish_interfaces(struct reading *r)
{
	struct buf	b;
	struct str	text, line, word;
	char		probe = r->conf->opt.dont_probe_interfaces;

	if (probe == 't')
		return;
	buf_init(&b, 1 << 20);
	if (r->loader->ask(r->loader->arg, CONF_ASK_HOST, STR("interfaces"), &b, NULL) == CONF_FOUND) {
		text = buf_str(&b);
		while (str_split(&text, '\n', &line))
			if (str_word(&line, &word) && (str_eq_c(word, "addr") || str_eq_c(word, "alias") ||
			    (str_eq_c(word, "loop") && probe != 'l')))
				host_class(r, "w", str_trim(line));
	}
	buf_done(&b);
}

/* $j as it is now, for class w and whoever asks the configuration without a context. */
static void
finish_names(struct reading *r)
{
	struct str	j = conf_expand(r, STR("$j"));

	if (j.n > 0) {
		host_define(r, "j", j);
		host_class(r, "w", j);
	}
}

static void
finish_trusted(struct reading *r)
{
	struct err	e;
	size_t		taken;
	int		id = rules_name_take(r->rules, STR("t"), &taken, &e);

	for (size_t i = 0; i < rules_class_count(r->rules, id); i++)
		conf_list_add(r, &r->conf->trusted, rules_class_member(r->rules, id, i));
}

static void
finish_default_group(struct reading *r)
{
	struct conf_queue_group	*g, *v = r->conf->groups;
	size_t			 n = r->conf->ngroups;

	/* mqueue comes first and has the options' values */
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(v[i].name, "mqueue")) {
			struct conf_queue_group	x = v[i];

			memmove(v + 1, v, i * sizeof *v);
			v[0] = x;
			return;
		}
	g = ARENA_ARRAY(r->conf->arena, struct conf_queue_group, n + 1);
	if (n > 0)
		memcpy(g + 1, v, n * sizeof *g);
	g[0].name = STR("mqueue");
	g[0].path = r->conf->opt.queue_directory;
	g[0].runners = (int)r->conf->opt.max_runners_per_queue;
	conf_flag_add(&g[0].flags, 'f');
	g[0].nice = (int)r->conf->opt.nice_queue_run;
	r->conf->groups = g;
	r->conf->ngroups = n + 1;
}

/* A domain is the same in letters and in ASCII: a class that has it in one form has it in both. */
static void
finish_classes(struct reading *r)
{
	if (!r->conf->opt.smtp_utf8)
		return;
	for (int class = 0; class < rules_classes(r->rules); class++)
		for (size_t i = 0, n = rules_class_count(r->rules, class); i < n; i++) {
			struct str	s = rules_class_member(r->rules, class, i), ascii, letters;

			if (!idna_key_may(s))
				continue;
			if (idna_key(s, true, r->conf->arena, &ascii))
				rules_class_add(r->rules, class, ascii);
			if (idna_key(ascii, false, r->conf->arena, &letters) && !str_eq(letters, s))
				rules_class_add(r->rules, class, letters);
		}
}

void
conf_finish(struct reading *r)
{
	finish_interfaces(r);
	finish_names(r);
	finish_classes(r);
	finish_trusted(r);
	finish_default_group(r);
	for (size_t i = 0; i < r->conf->nmaps; i++)
		if (!r->conf->maps[i].declared)
			rules_map_is_unknown(r->rules, (int)i);
	if (r->conf->ndaemons == 0)
		conf_read_daemon(r, STR("Name=MTA"), false);
	if (r->conf->opt.milter_log_level < 0)
		r->conf->opt.milter_log_level = r->conf->opt.log_level;
}
