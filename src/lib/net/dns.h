/*
 * dns - questions to the resolver role and their answers; DNSSEC's verdict is kept.
 *
 * Roles ask through a channel (dns_set_asker gives the way); the resolver role itself, and programs without roles, ask a backend:
 * dns_unbound.c (module) or dns_resolv.c.  Answers are decoded records, never packets.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/ip.h"

enum dns_type {
	DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33, DNS_TLSA = 52, DNS_AFSDB = 18, DNS_ANY = 255
};

enum dns_rc {
	DNS_OK,			/* at least one record */
	DNS_NODATA,		/* the name exists, not this type */
	DNS_NXDOMAIN,
	DNS_TEMP		/* SERVFAIL, timeout, refused, bogus */
};

struct dns_rr {
	uint16_t	type;
	uint32_t	ttl;
	uint16_t	pref;		/* MX, SRV priority, AFSDB */
	uint16_t	weight, port;	/* SRV */
	struct str	name;		/* owner, lower case, no final dot */
	struct str	data;		/* target name; TXT joined; TLSA raw bytes */
	struct ip	ip;		/* A, AAAA */
};

struct dns_answer {
	enum dns_rc	 rc;
	bool		 secure;	/* validated */
	struct str	 canon;		/* the name at the end of the CNAME chain */
	struct dns_rr	*rr;		/* of the asked type, in the answer's order */
	size_t		 nrr;
};

/* As a service switch has it: "files dns", "files", "dns files", "dns". */
enum dns_order {
	DNS_FILES_FIRST,
	DNS_FILES_ONLY,		/* what the hosts file has not does not exist */
	DNS_FILES_LAST,		/* what DNS has not, or cannot say now, is looked for there */
	DNS_NO_FILES
};

struct dns_conf {
	const char	*server;	/* "127.0.0.1" or NULL: resolv.conf */
	int		 port;		/* 53 */
	const char	*hosts_file;	/* NULL: none */
	int		 timeout_ms;	/* of one question in all; 0: 30 s */
	int		 tries;		/* 0: the backend's own */
	struct str	 hosts;		/* text of a hosts file, if not none instead of hosts_file (a role without files) */
	struct str	 resolv;	/* text of resolv.conf, if not none instead of the file */
	const char	*anchor_file;	/* DNSSEC trust anchors (DS or DNSKEY records); NULL: answers are not validated */
	const char	*insecure;	/* zones that are not signed though what is above them is, blank separated; or NULL */
	struct str	 anchors;	/* their text, if not none instead of the file (a role without files) */
	enum dns_order	 order;		/* of the hosts file and DNS */
};

/* One question, the name as it is (no search list). Memory from the arena. -1 only when nobody can be asked. */
int	dns_ask(struct str name, enum dns_type, struct arena *, struct dns_answer *, struct err *);
/* From now on no question of this process takes longer (ms); 0: the usual.  The resolver role is told with each question. */
void	dns_patience(int ms);
int	dns_patience_now(void);
/* How dns_ask does it in this process. */
typedef int dns_asker_fn(void *arg, struct str name, enum dns_type, struct arena *, struct dns_answer *, struct err *);
void	dns_set_asker(dns_asker_fn *, void *arg);
/* Who is asked now, for one who asks before him. */
dns_asker_fn *dns_asker_now(void **arg);
/* The asker says DNS_TEMP of what it will know later: no failure, and nothing to be logged. */
void	dns_pending(bool);
bool	dns_is_pending(void);
/* The backend as asker: unbound module if it can be had, else the C library's resolver. */
int	dns_backend(const struct dns_conf *, struct err *);

/*
 * An engine asks in the background: on a loop (the resolver role; libunbound) or blocking (everyone else).  With libresolv a question on a
 * loop blocks it: the resolver role then forks for each (dns_engine_blocks).
 */
struct dns_engine;
struct loop;
typedef void dns_done_fn(void *arg, const struct dns_answer *);
/* loop may be NULL (dns_engine_ask only). One question is asked here, so that files are read before any chroot. */
struct dns_engine *dns_engine_open(const struct dns_conf *, struct loop *, struct err *);
void	dns_engine_close(struct dns_engine **);
bool	dns_engine_blocks(const struct dns_engine *);
const char *dns_engine_name(const struct dns_engine *);
/* Blocking. */
int	dns_engine_ask(struct dns_engine *, struct str name, enum dns_type, struct arena *, struct dns_answer *, struct err *);
/* On the loop: `done` is called once, perhaps at once; never later than timeout_ms (DNS_TEMP then).  -1: not asked. */
int	dns_engine_start(struct dns_engine *, struct str name, enum dns_type, dns_done_fn *done, void *arg, struct err *);

/* A name that may be asked for: 1 to 253 bytes without a final dot, labels of 1 to 63, printable ASCII. */
bool	dns_name_ok(struct str);
/*
 * Decode a packet: the CNAME chain from `name` is followed within the answer.  -1: malformed.  Names come out in lower case without a final dot; odd
 * bytes are escaped as \ddd.
 */
int	dns_msg_parse(struct str packet, struct str name, enum dns_type, struct arena *, struct dns_answer *);
/* The search list and options of resolv.conf; at most 6 domains, in arena memory. */
int	dns_search_list(struct str resolv_text, struct arena *, const char ***list, size_t *n);

/* Coding of question and answer for channels (used by the resolver role and by its askers). */
struct buf;
struct msg_in;
void	dns_answer_put(struct buf *, const struct dns_answer *);
int	dns_answer_get(struct msg_in *, struct arena *, struct dns_answer *);

/*
 * Host and MX questions on top of dns_ask.  dns_mx: hosts in order of preference, equals shuffled by `seed`; an empty list with rc OK is a null MX
 * (RFC 7505); no MX: the name itself with `implicit`.
 */
struct dns_mx {
	struct str	host;
	uint16_t	pref;
	bool		secure;		/* the answer was validated */
};
int	dns_mx(struct str domain, uint64_t seed, struct arena *, enum dns_rc *, struct dns_mx **, size_t *n, bool *implicit, struct err *);
/* For shuffling what is equal; no secret. */
uint64_t dns_random(uint64_t *seed);
int	dns_addrs(struct str host, bool v4, bool v6, struct arena *, enum dns_rc *, struct ip **, size_t *n, struct err *);
/* Name of an address, checked forwards: *matches says whether the name leads back to the address. */
int	dns_reverse(const struct ip *, struct arena *, enum dns_rc *, struct str *name, bool *matches, struct err *);
/* $[name$]: canonical name by search list (from resolv.conf), A, AAAA, MX, CNAME; *found false: unknown. */
int	dns_canon(struct str name, const char *const *search, size_t nsearch, bool expand_cnames, struct arena *, enum dns_rc *, struct str *out, struct err *);

#endif
