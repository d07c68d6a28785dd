/*
 * mbconf - mailbox.cf: where mailboxes are, who has one, how they are reached.  One file for mail.local, popd and imapd.
 *
 * Lines are "O Name=value", comments begin with '#'; the table is mailbox.cf(5).  The file is the administrator's, but a slip in it must be told with
 * file and line; m4's "#line" marks add the line of the .mc.  Parsing is pure.
 */
#ifndef AUTH_MBCONF_H
#define AUTH_MBCONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#ifndef PATH_MAILBOX_CF
#define PATH_MAILBOX_CF	"/etc/mail/mailbox.cf"
#endif

enum mb_service { MB_IMAP, MB_POP3, MB_LMTP };
enum mb_tls { MB_TLS_NO, MB_TLS_STARTTLS, MB_TLS_IMPLICIT };
enum mb_users { MB_USERS_SYSTEM, MB_USERS_FILE, MB_USERS_SASLDB, MB_USERS_PAM };

struct mb_listen {
	const char	*name;
	const char	*addr;		/* "127.0.0.1", "::", "*" for all */
	uint16_t	 port;		/* 0: a unix socket */
	const char	*socket;	/* LMTP: its whole path */
	int		 mode;		/* of the socket: who may connect */
	const char	*group;		/* of the socket; NULL: ours */
	const char	*allow;		/* LMTP over the internet: networks that may connect, blank separated */
	enum mb_service	 service;
	enum mb_tls	 tls;
};

#define MB_LISTEN_MAX	32
#define MB_FRONTS_MAX	64

struct mbconf {
	bool		 maildir;		/* MailboxFormat */
	const char	*mailbox_path;		/* %u user, %n its local part, %d domain, %h home */
	const char	*folder_path;		/* NULL: none given */
	enum mb_users	 users;
	const char	*user_file;		/* of UserDatabase=file: */
	const char	*pam_service;		/* of UserDatabase=pam */
	const char	*pam_conf_dir;		/* NULL: the system's */
	const char	*virtual_users;		/* NULL: none */
	const char	*mechanisms;		/* "PLAIN LOGIN" */
	const char	*sasl_conf_dir, *sasl_db;
	bool		 plaintext_always;
	const char	*cert_file, *key_file, *ca_file;
	const char	*run_as;
	const char	*pid_file;	/* %s is the program's name: mbconf_pid_file */
	int		 log_level;
	int		 fronts;		/* processes that face the network; 0: as many as cores */
	int		 max_connections, max_per_ip;
	int		 login_timeout, idle_timeout;	/* seconds */
	int		 role_timeout;		/* seconds; 0: for ever */
	int64_t		 max_message;		/* bytes of an APPEND */
	const char	*host_name;		/* NULL: the system's */
	const char	*socket_dir;
	struct mb_listen listen[MB_LISTEN_MAX];
	size_t		 nlisten;
};

/* What holds without a file. */
void	mbconf_default(struct mbconf *);
/* Over the defaults.  Strings are in the arena.  -1: "FILE: line 3 (mailbox.mc line 7): ...". */
int	mbconf_parse(struct arena *, struct str text, const char *file, struct mbconf *, struct err *);
/* PidFile of this program; NULL: none. */
const char *mbconf_pid_file(const struct mbconf *, struct arena *, const char *program);
/* "ADDRESS/BITS": bits -1 where none are given. */
bool	mbconf_network(struct str, struct str *addr, int *bits);
/* Read and parse; a missing file is an error with err.sys ENOENT. */
int	mbconf_load(const char *file, struct arena *, struct mbconf *, struct str *text, struct err *);

#endif
