/*
 * conf_opt - the table of options, for the two files that make it.
 */
#ifndef SENDMAIL_CONF_OPT_H
#define SENDMAIL_CONF_OPT_H

#include "conf_int.h"

enum opt_kind {
	K_BOOL, K_INT,
	K_SECONDS, K_MINUTES, K_HOURS,	/* an interval; the unit of a bare number */
	K_MODE,				/* octal */
	K_STR,				/* macros expanded now */
	K_RAW,				/* template, expanded when it is used */
	K_CALL				/* its own function */
};

typedef void opt_fn(struct reading *, struct str sub, struct str value);

struct conf_opt {
	const char	*name;
	char		 letter;
	enum opt_kind	 kind;
	size_t		 offset;	/* in struct conf_opts */
	bool		 safe;
	const char	*def;
	opt_fn		*set;
};

void	conf_opt_call_defaults(struct conf *);

opt_fn	opt_eight_bit_mode, opt_alias_file, opt_blank_sub, opt_min_free_blocks, opt_delivery_mode, opt_error_mode,
	opt_resolver_options, opt_daemon, opt_client, opt_privacy, opt_timeout, opt_super_safe, opt_queue_timeout, opt_time_zone,
	opt_default_user, opt_queue_sort_order, opt_no_recipient_action, opt_operator_chars, opt_double_bounce, opt_run_as_user,
	opt_dont_blame, opt_dont_probe, opt_trusted_user, opt_max_mime_header, opt_milter, opt_smtp_extensions;

#endif
