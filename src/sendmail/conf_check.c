/*
 * conf_check - what a configuration must have to be used at all.
 */
#include <string.h>

#include "conf_int.h"

/* Mail would go past a filter of which only the name is there. */
static void
check_filters(struct reading *r, struct str list, char between)
{
	struct str	name;

	while (str_split(&list, between, &name)) {
		bool	known = false;

		name = str_trim(name);
		for (size_t i = 0; i < r->conf->nfilters; i++)
			known = known || str_eq(r->conf->filters[i].name, name);
		if (name.n > 0 && !known)
			conf_error(r, "InputFilter %.*s not defined", STR_ARG(name));
	}
}

void
conf_check(struct conf *c, struct err_list *errs)
{
	struct reading	r;

	memset(&r, 0, sizeof r);
	r.conf = c;
	r.errs = errs;
	r.place = (struct conf_place){ c->file, 0, STR_NONE };
	if (c->m_local < 0) {
		conf_error(&r, "No local mailer defined");
		c->m_local = c->m_error;
	}
	if (c->opt.temp_file_mode == 0)
		c->opt.temp_file_mode = 0600;
	for (size_t i = 0; i < c->nmailers; i++) {
		const struct mailer	*m = &c->mailers[i];

		if (m->queue_group.n > 0 && conf_group_find(c, m->queue_group) == NULL)
			conf_error(&r, "mailer %.*s: queue %.*s is not known", STR_ARG(m->name), STR_ARG(m->queue_group));
	}
	check_filters(&r, c->opt.input_mail_filters, ',');
	for (size_t i = 0; i < c->ndaemons; i++) {
		r.place = c->daemons[i].place;
		check_filters(&r, c->daemons[i].filters, ';');
	}
}
