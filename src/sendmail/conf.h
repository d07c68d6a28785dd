/*
 * conf - the configuration: one const structure, made from the text of a sendmail.cf.
 *
 * conf_load_text parses lines of V1 to V10, asks a struct conf_loader for whatever the text alone does not say (class files,
 * programs, users, our own host name), and returns everything in one arena.  It is passed, never global, and shared after fork.
 * A person wrote the text: each mistake is reported with file, line and the .mc line behind it; the text is trusted no further.
 */
#ifndef SENDMAIL_CONF_H
#define SENDMAIL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "rule/rule.h"

#define CONF_VERSION	"0.1"		/* $v */

/* Where something in the configuration stands. */
struct conf_place {
	struct str	file;		/* sendmail.cf */
	unsigned	line;
	struct str	origin;		/* "sendmail.mc:12", or empty */
};

/* A set of byte-sized flags: mailer flags, modifiers, letters. */
struct conf_flags {
	uint64_t	bits[4];
};
static inline bool
conf_flag(const struct conf_flags *f, char c)
{
	return f->bits[(unsigned char)c >> 6] >> ((unsigned char)c & 63) & 1;
}

enum mailer_kind {
	MAILER_PROG,		/* path is a program */
	MAILER_IPC,		/* [IPC] (or [TCP]), argv[0] TCP or FILE */
	MAILER_FILE,		/* [FILE] */
	MAILER_ERROR, MAILER_DISCARD, MAILER_INCLUDE
};

struct mailer {
	struct str	 name;
	int		 index;		/* its own place in conf.mailers */
	enum mailer_kind kind;
	struct str	 path;		/* P= */
	struct conf_flags flags;	/* F=, mailer_has() */
	struct str	 flag_text;	/* as written */
	int		 se_rules, sh_rules;	/* S=: envelope and header senders; ruleset index, -1 none */
	int		 re_rules, rh_rules;	/* R= */
	struct str	*argv;		/* A=: templates for rule_expand */
	size_t		 argc;
	bool		 argv_has_user;	/* $u occurs: without it SMTP or LMTP is spoken */
	struct str	 eol;		/* E=, default CRLF for SMTP, LF else */
	int64_t		 max_size;	/* M=, 0 none */
	int		 line_limit;	/* L=, 0 none */
	struct str	 dirs;		/* D=: template */
	struct str	 root;		/* /=: template */
	struct str	 user_text;	/* U= as written */
	bool		 has_uid, has_gid;
	uint32_t	 uid, gid;
	int		 nice;		/* N= */
	struct str	 charset;	/* C= */
	struct str	 mta_type, addr_type, diag_type;	/* T= */
	int		 max_messages;	/* m=, 0 infinite */
	int		 max_rcpts;	/* r=, default 100 */
	int64_t		 wait;		/* W= in seconds, 0 none */
	struct str	 queue_group;	/* Q= */
	struct conf_place place;
};

static inline bool
mailer_has(const struct mailer *m, char flag)
{
	return conf_flag(&m->flags, flag);
}

struct conf_header {
	struct str	 name;		/* "Received" */
	struct str	 template;	/* for rule_expand; may hold line breaks */
	struct conf_flags flags;	/* ?DF? ; only when has_flags */
	bool		 has_flags;
	struct str	 macro;		/* ?${name}?: its name, or empty */
	int		 check;		/* ruleset of "H*: $>x" lines, -1 none */
	bool		 keep_comments;	/* $>+ */
	bool		 is_default;	/* the name is "*" */
	struct conf_place place;
};

struct conf_map {
	struct str	 name;		/* as in $(name ... $) */
	struct str	 class;		/* "hash" */
	struct str	 args;		/* the rest of the K line, macros expanded, not parsed */
	bool		 declared;	/* false: used in rules but never declared */
	struct conf_place place;
};

struct conf_filter {			/* X line */
	struct str	 name;
	struct str	 socket;	/* "inet:8891@localhost" */
	struct conf_flags flags;	/* R T 4 */
	int64_t		 t_connect, t_send, t_reply, t_eom;	/* seconds; 0 m: see operations guide */
	struct conf_place place;
};

struct conf_queue_group {		/* Q line; [0] is mqueue */
	struct str	 name;
	struct str	 path;
	struct conf_flags flags;
	int		 nice, runners, jobs, max_rcpts;
	bool		 declared;	/* by a Q line */
	bool		 has_runners;	/* Runners= was given */
	int64_t		 interval;	/* 0: that of -q */
	struct conf_place place;
};

struct conf_daemon {			/* one DaemonPortOptions or ClientPortOptions */
	struct str	 name;		/* "MTA", "Daemon0" */
	struct str	 port;		/* as written: "smtp", "587", empty: default */
	struct str	 addr;		/* as written, may be a name; empty: any */
	struct str	 family;	/* "inet", "inet6", "unix", "local", ... */
	bool		 ssl;		/* modifier s */
	int		 backlog;
	struct conf_flags modifiers;
	struct str	 modifier_text;	/* "E c" form of {daemon_flags}: upper case doubled, blanks between */
	int		 sndbuf, rcvbuf;
	int		 children;	/* -1: MaxDaemonChildren */
	char		 delivery_mode;	/* 0: DeliveryMode */
	int		 queue_la, delay_la, refuse_la;	/* -1: the options */
	bool		 has_filters;
	struct str	 filters;	/* InputMailFilters=, separated by ';' */
	struct str	 text;		/* as written */
	struct conf_place place;
};

/* Where an option was set. */
struct conf_option_place {
	const char	*name;
	struct conf_place place;
};

/* An option that is set to something and does nothing here. */
struct conf_idle {
	struct str	 name;
	const char	*why;
	struct conf_place place;
};

/* An F line: what its class is read from. */
struct conf_source {
	enum { SOURCE_FILE, SOURCE_PROGRAM, SOURCE_MAP } kind;
	struct str	 class;		/* as written: "w", "{VirtHost}" */
	struct str	 text;		/* path, command, or "class:args" of a map, expanded */
	struct str	 key;		/* of a map */
	unsigned	 allow;		/* CONF_UNSAFE_ bits */
	bool		 optional;	/* -o */
	struct conf_place place;
};

#define CONF_DAEMONS		256	/* rows of DaemonPortOptions */

/* What DontBlameSendmail said about class files when the F line was read. */
#define CONF_UNSAFE_DIR		0x01	/* ClassFileInUnsafeDirPath */
#define CONF_UNSAFE_GROUPDIR	0x02	/* GroupWritableDirPathSafe */
#define CONF_UNSAFE_LINK	0x04	/* LinkedClassFileInWritableDir */
#define CONF_UNSAFE_STICKY	0x08	/* TrustStickyBit */

struct conf_precedence {
	struct str	 name;
	int		 value;
};

struct conf_str_list {
	struct str	*v;
	size_t		 n;
};

/* PrivacyOptions */
#define PRIV_NEEDMAILHELO	0x0001u
#define PRIV_NEEDEXPNHELO	0x0002u
#define PRIV_NEEDVRFYHELO	0x0004u
#define PRIV_NOEXPN		0x0008u
#define PRIV_NOVRFY		0x0010u
#define PRIV_AUTHWARNINGS	0x0020u
#define PRIV_NOVERB		0x0040u
#define PRIV_RESTRICTMAILQ	0x0080u
#define PRIV_RESTRICTQRUN	0x0100u
#define PRIV_RESTRICTEXPAND	0x0200u
#define PRIV_NOETRN		0x0400u
#define PRIV_NOBODYRETN		0x0800u
#define PRIV_NORECEIPTS		0x1000u
#define PRIV_NOACTUALRECIPIENT	0x2000u
#define PRIV_GOAWAY		(PRIV_NEEDMAILHELO|PRIV_NEEDEXPNHELO|PRIV_NEEDVRFYHELO|PRIV_NOEXPN|PRIV_NOVRFY|\
				PRIV_AUTHWARNINGS|PRIV_NOVERB)	/* as sendmail counts: noactualrecipient came later, and is not in it */

/* SMTPExtensions */
#define SMTPX_CHUNKING		0x01u
#define SMTPX_BINARYMIME	0x02u
#define SMTPX_LIMITS		0x04u
#define SMTPX_REQUIRETLS	0x08u
#define SMTPX_MTPRIORITY	0x10u
#define SMTPX_FUTURERELEASE	0x20u
#define SMTPX_TLSREQUIRED	0x40u	/* not offered: the header field TLS-Required is heeded */
#define SMTPX_OLDAUTH		0x80u	/* AUTH= as well as AUTH, as clients older than RFC 2554 want it */

enum conf_super_safe { SUPERSAFE_NO, SUPERSAFE_INTERACTIVE, SUPERSAFE_POSTMILTER, SUPERSAFE_YES };
enum conf_milter_stage {
	MILTER_CONNECT, MILTER_HELO, MILTER_ENVFROM, MILTER_ENVRCPT, MILTER_DATA, MILTER_EOH, MILTER_EOM, MILTER_STAGES
};
enum conf_class_time { TO_NORMAL, TO_URGENT, TO_NONURGENT, TO_DSN, TO_CLASSES };

/* Seconds; 0 is "no limit" where sendmail has it so. */
#define CONF_NOW	((int64_t)-2)	/* queuereturn: give up at once */
struct conf_timeouts {
	int64_t	initial, connect, iconnect, aconnect, helo, mail, rcpt, datainit, datablock, datafinal, rset, quit, misc,
		command, ident, fileopen, lhlo, auth, starttls, control, hoststatus, role;
	int64_t	queuereturn[TO_CLASSES], queuewarn[TO_CLASSES];
	int64_t	res_retrans_first, res_retrans_normal;	/* -1 unset */
	int	res_retry_first, res_retry_normal;
};

/* One field an option; the type says its form. Names, defaults and meanings: conf_opt.c. */
struct conf_opts {
	bool		add_bcc, allow_bogus_helo, check_aliases, colon_ok_in_addr, dont_expand_cnames, dont_init_groups,
			dont_prune_routes, fork_each_job, hold_expensive, ignore_dots, match_gecos, me_too, old_style_headers,
			reject_nul, requires_dirfsync, rrt_implies_dsn, save_from_line, send_mime_errors, set_cert_altnames,
			seven_bit_input, single_line_from_header, single_thread_delivery, smtp_utf8, soft_bounce,
			strict_transport_security, tls_fallback_to_clear, try_null_mx_list, unsafe_group_writes,
			use_compressed_ipv6_addresses, use_errors_to, use_msp, verbose;
	char		delivery_mode;		/* i b q d */
	char		eight_bit_mode;		/* p m s */
	unsigned	smtp_extensions;	/* SMTPX_ */
	int64_t		future_release;		/* longest hold of FUTURERELEASE, seconds */
	char		error_mode;		/* p q m w e */
	char		queue_sort_order;	/* p h t f m r n */
	char		no_recipient_action;	/* n none, t Add-To, a Add-Apparently-To, b Add-Bcc, u Add-To-Undisclosed */
	char		dont_probe_interfaces;	/* f, t, l (loopback) */
	char		blank_sub;
	enum conf_super_safe super_safe;
	unsigned	privacy;		/* PRIV_ bits */
	struct conf_str_list dont_blame;	/* DontBlameSendmail words in lower case */
	int64_t		min_free_blocks, checkpoint_interval, max_hop_count, connection_cache_size, log_level, queue_la,
			refuse_la, delay_la, queue_factor, recipient_factor, class_factor, retry_factor, max_message_size,
			max_queue_run_size, max_daemon_children, max_queue_children, max_runners_per_queue, max_recipients_per_message,
			max_alias_recursion, max_mime_header_length, max_mime_param_length, max_headers_length, max_noop_commands,
			connection_rate_throttle, bad_rcpt_throttle, bad_rcpt_shutdown, bad_rcpt_shutdown_good, auth_max_bits,
			fast_split, nice_queue_run, shared_memory_key, data_file_buffer_size, xscript_file_buffer_size;
	int64_t		alias_wait, connection_cache_timeout, min_queue_age, max_queue_age, dial_delay, deliver_by_min,
			reject_log_interval, connection_rate_window_size;	/* seconds */
	int		temp_file_mode, queue_file_mode;	/* -1: unset */
	struct str	alias_file, error_header, forward_path, help_file, hosts_file, host_status_directory, postmaster_copy,
			queue_directory, resolver_options, service_switch_file, status_file, time_zone_spec, user_database_spec,
			fallback_mx_host, fallback_smart_host, default_char_set, safe_file_environment, must_quote_chars,
			smtp_greeting_message, unix_from_line, operator_chars, double_bounce_address, pid_file, dead_letter_drop,
			connect_only_to, control_socket_name, process_title_prefix, default_auth_info, auth_mechanisms, auth_options,
			auth_realm, server_cert_file, server_key_file, client_cert_file, client_key_file, ca_cert_file, ca_cert_path,
			dh_parameters, cert_fingerprint_algorithm, cipher_list, cipher_suites, rand_file, tls_srv_options, crl_file,
			crl_path, server_ssl_options, client_ssl_options, ssl_engine, ssl_engine_path, input_mail_filters,
			direct_submission_modifiers, mailbox_database, shared_memory_key_file, helo_name, ldap_default_spec, dane;
	bool		double_bounce_set, time_zone_set;	/* given at all; empty has a meaning */
	/* users by name as written, and what the loader found */
	struct str	default_user, run_as_user, trusted_user;
	uint32_t	default_uid, default_gid, run_as_uid, run_as_gid, trusted_uid;
	bool		has_run_as, has_trusted;
	struct conf_timeouts timeout;
	int64_t		milter_log_level;			/* -1: LogLevel */
	struct conf_str_list milter_macros[MILTER_STAGES];	/* names without $ */
	/* Options that only Angarium knows */
	struct str	role_user, sasl_conf_dir, tally_directory, sts_directory, tls_report_address;
	int64_t		sts_port;
	int64_t		journal_segments, journal_segment_size, journal_max_message, journal_memory;
};

struct conf {
	struct arena	*arena;		/* everything stands here */
	struct str	 file;		/* path of the .cf */
	int		 level;		/* V line */
	struct str	 vendor;
	const struct rules *rules;	/* rulesets, macros and classes */
	struct conf_opts opt;
	struct mailer	*mailers;	size_t nmailers;
	int		 m_local, m_prog, m_file, m_include, m_error, m_discard;	/* always there */
	struct conf_header *headers;	size_t nheaders;	/* H lines with a template, in order */
	struct conf_header *checks;	size_t nchecks;		/* H lines with a ruleset */
	struct conf_map	*maps;		size_t nmaps;		/* [i] is map number i of rule_lookup_fn */
	struct conf_precedence *precedences; size_t nprecedences;
	struct conf_option_place *option_places;	size_t noption_places;
	struct conf_idle *idle;		size_t nidle;
	struct conf_source *sources;	size_t nsources;	/* F lines, in order */
	struct conf_str_list trusted;	/* T lines and class t */
	struct conf_filter *filters;	size_t nfilters;	/* X lines, as declared */
	struct conf_queue_group *groups; size_t ngroups;
	struct conf_str_list env;	/* E lines: NAME=value, or NAME to take it from our environment */
	struct conf_daemon *daemons;	size_t ndaemons;
	struct conf_daemon *clients;	size_t nclients;	/* ClientPortOptions */
	/* rulesets asked for by name all the time; -1: none */
	int		 set_parse, set_sender, set_rcpt, set_canonify, set_final, set_local;
};

/* ---- what is asked beyond the text ---- */

enum conf_ask {
	CONF_ASK_FILE,		/* "path", or "path\n3" with CONF_UNSAFE_ bits: whole text of a class file */
	CONF_ASK_PROGRAM,	/* output of F|program */
	CONF_ASK_MAP,		/* "class:args\nkey" of F{w}key@class:args: values, one a line */
	CONF_ASK_USER,		/* "name" -> "uid gid" */
	CONF_ASK_GROUP,		/* "name" -> "gid" */
	CONF_ASK_HOST		/* "" or "interfaces" (with names of their addresses) -> lines "name mail", "canon mail.corp.test", "domain corp.test", "node mail", "alias NAME" ... */
};
enum conf_found { CONF_FOUND = 0, CONF_ABSENT = 1, CONF_FAILED = -1 };

struct conf_loader {
	/* Append the answer. CONF_FAILED and CONF_ABSENT say why in err ("No such file or directory"). */
	enum conf_found	(*ask)(void *arg, enum conf_ask, struct str question, struct buf *answer, struct err *);
	void		*arg;
};

/*
 * The direct way: this process opens files, runs programs, asks passwd and the host's name (`-bt`, commands, the loader role).
 * `map` may be NULL: then map forms of F lines fail.  `open` may be NULL, or give a file that somebody with more rights opened: 0, or -1 and
 * why; 1: not known, open it yourself.
 */
struct conf_direct {
	enum conf_found	(*map)(void *arg, struct str class, struct str args, struct str key, struct buf *, struct err *);
	void		*arg;
	int		(*open)(void *arg, struct str path, int *fd, struct err *);
	void		*open_arg;
};
/*
 * Open a class file: a plain file; as root only where nobody else may replace it (CONF_UNSAFE_ bits say what is allowed all the same).
 * 0 and *fd; -1 and why, err.sys ENOENT when it is missing.
 */
int	conf_file_open(const char *path, unsigned allow, int *fd, struct err *);
struct conf_loader conf_loader_direct(struct conf_direct *);

/* Asks `from` and keeps what it said, so that it can be sent to the roles. */
struct conf_record;
struct conf_record *conf_record_new(struct conf_loader from);
void		 conf_record_free(struct conf_record **);
struct conf_loader conf_record_loader(struct conf_record *);
struct str	 conf_record_text(struct conf_record *);	/* valid until the next question */

/* Answers from such a text (which must outlive it); a question it does not hold fails. */
struct conf_replay;
struct conf_replay *conf_replay_new(struct str text, struct err *);
void		 conf_replay_free(struct conf_replay **);
struct conf_loader conf_replay_loader(struct conf_replay *);

/* ---- loading ---- */

struct conf_message {
	struct conf_place place;
	bool		 warning;
	struct str	 text;		/* without place */
};
struct err_list {
	struct arena	*arena;
	struct conf_message *v;
	size_t		 n, size;
	size_t		 nerrors;	/* of them not warnings */
	size_t		 nfiles;	/* of these: class files that cannot be opened */
};
/* The code with which sendmail leaves: EX_CONFIG, EX_OSERR when only files are missing, EX_OK. */
int	err_list_code(const struct err_list *);
void	err_list_init(struct err_list *);
void	err_list_done(struct err_list *);
/* "/etc/mail/sendmail.cf: line 7: unknown option name Foo (sendmail.mc:3)" */
void	err_list_print(const struct conf_message *, struct buf *);

/* -O, -o, -M, -D of the command line, used when the file has been read. */
struct conf_override {
	char		 kind;		/* 'O' "Name=value", 'o' "xvalue", 'M' "xvalue"; 'B' as 'M', but before the file is read */
	struct str	 text;
};

/*
 * Never NULL unless there is no memory or no text: with errors in the list the configuration holds what could be read
 * (sendmail -bt goes on); callers that must not go on leave with EXIT_CONFIG.
 */
struct conf	*conf_load_text(struct str cf_text, struct str name, const struct conf_loader *, struct err_list *);
struct conf	*conf_load_file(const char *path, const struct conf_loader *, struct err_list *);	/* NULL: not readable */
struct conf	*conf_load_with(struct str cf_text, struct str name, const struct conf_loader *, const struct conf_override *,
			size_t, struct err_list *);
void		 conf_free(struct conf **);

/* Refuse or warn about what hangs together badly (conf_check.c); also done by conf_load_. */
void		 conf_check(struct conf *, struct err_list *);

/* ---- asking ---- */

const struct mailer *conf_mailer_find(const struct conf *, struct str name);	/* case folded; NULL */
int		 conf_map_find(const struct conf *, struct str name);		/* -1 */
const struct conf_queue_group *conf_group_find(const struct conf *, struct str name);
int		 conf_precedence(const struct conf *, struct str name);		/* 0 when unknown */
bool		 conf_is_trusted(const struct conf *, struct str user);
/* The H line with a check for that header (or "*"), NULL none. */
const struct conf_header *conf_header_check(const struct conf *, struct str name);

/* An option as a row of the table: for -O by ordinary users, and for documentation. */
struct conf_opt_info {
	const char	*name;
	char		 letter;	/* one-letter form, or 0 */
	bool		 safe;		/* an ordinary user's -O keeps privileges */
	const char	*def;		/* default as text */
};
const struct conf_place *conf_option_place(const struct conf *, const char *name);	/* where it was set last; NULL: nowhere in a file */
const struct conf_opt_info *conf_opt_info(size_t i);		/* NULL past the last */
/* "Name=value" or "xvalue": is it safe for ordinary users? Unknown ones are not. */
bool		 conf_opt_is_safe(char kind, struct str text);

#endif
