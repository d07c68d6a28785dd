/*
 * milter_pkt - packets between a mail server and its filters (the protocol of sendmail's Milter, versions 2 to 6): take apart, put together.
 *
 * A packet is a length of four octets (big endian; the letter counts), a letter, and data whose form the letter tells; one table has the
 * forms of both directions.  Filters are other people's programs, servers may be anybody: nothing is believed of either side, every length is
 * checked, and what does not have the form of its letter is refused.  Pure.
 */
#ifndef WIRE_MILTER_PKT_H
#define WIRE_MILTER_PKT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define MILTER_VERSION		6
#define MILTER_VERSION_MIN	2

/* What a filter may do with a message (negotiated). */
#define MILTER_A_ADDHDRS	0x001u
#define MILTER_A_CHGBODY	0x002u
#define MILTER_A_ADDRCPT	0x004u
#define MILTER_A_DELRCPT	0x008u
#define MILTER_A_CHGHDRS	0x010u
#define MILTER_A_QUARANTINE	0x020u
#define MILTER_A_CHGFROM	0x040u
#define MILTER_A_ADDRCPT_PAR	0x080u
#define MILTER_A_SETSYMLIST	0x100u
#define MILTER_A_ALL		0x1ffu

/* Steps: what is not sent, what is not answered, and other wishes (negotiated). */
#define MILTER_P_NOCONNECT	0x000001u
#define MILTER_P_NOHELO		0x000002u
#define MILTER_P_NOMAIL		0x000004u
#define MILTER_P_NORCPT		0x000008u
#define MILTER_P_NOBODY		0x000010u
#define MILTER_P_NOHDRS		0x000020u
#define MILTER_P_NOEOH		0x000040u
#define MILTER_P_NR_HDR		0x000080u
#define MILTER_P_NOUNKNOWN	0x000100u
#define MILTER_P_NODATA		0x000200u
#define MILTER_P_SKIP		0x000400u
#define MILTER_P_RCPT_REJ	0x000800u	/* show recipients that are refused, too */
#define MILTER_P_NR_CONN	0x001000u
#define MILTER_P_NR_HELO	0x002000u
#define MILTER_P_NR_MAIL	0x004000u
#define MILTER_P_NR_RCPT	0x008000u
#define MILTER_P_NR_DATA	0x010000u
#define MILTER_P_NR_UNKN	0x020000u
#define MILTER_P_NR_EOH		0x040000u
#define MILTER_P_NR_BODY	0x080000u
#define MILTER_P_HDR_LEADSPC	0x100000u	/* blanks in front of a header's value are sent, and not added */
#define MILTER_P_ALL		0x1fffffu
#define MILTER_P_MDS_256K	0x10000000u	/* larger packets of body */
#define MILTER_P_MDS_1M		0x20000000u
/* What versions before the newest can say. */
#define MILTER_P_V2		0x00007fu
#define MILTER_A_V2		0x00003fu

#define MILTER_CHUNK		65535u		/* octets of body in a packet; 256 and 1024 KiB less one when negotiated */
#define MILTER_MAX		(1024u * 1024u)	/* octets of a packet that we read */

/* Letters. Server to filter: */
enum {
	MILTER_C_ABORT = 'A', MILTER_C_BODY = 'B', MILTER_C_CONNECT = 'C', MILTER_C_MACRO = 'D', MILTER_C_EOM = 'E',
	MILTER_C_HELO = 'H', MILTER_C_QUIT_NC = 'K', MILTER_C_HEADER = 'L', MILTER_C_MAIL = 'M', MILTER_C_EOH = 'N',
	MILTER_C_OPTIONS = 'O', MILTER_C_QUIT = 'Q', MILTER_C_RCPT = 'R', MILTER_C_DATA = 'T', MILTER_C_UNKNOWN = 'U'
};
/* Filter to server: */
enum {
	MILTER_R_ADDRCPT = '+', MILTER_R_DELRCPT = '-', MILTER_R_ADDRCPT_PAR = '2', MILTER_R_SHUTDOWN = '4', MILTER_R_ACCEPT = 'a',
	MILTER_R_BODY = 'b', MILTER_R_CONTINUE = 'c', MILTER_R_DISCARD = 'd', MILTER_R_CHGFROM = 'e', MILTER_R_CONNFAIL = 'f',
	MILTER_R_ADDHEADER = 'h', MILTER_R_INSHEADER = 'i', MILTER_R_SETSYMLIST = 'l', MILTER_R_CHGHEADER = 'm', MILTER_R_PROGRESS = 'p',
	MILTER_R_QUARANTINE = 'q', MILTER_R_REJECT = 'r', MILTER_R_SKIP = 's', MILTER_R_TEMPFAIL = 't', MILTER_R_REPLY = 'y'
};

/* A packet; slices borrow from what was parsed. */
struct milter_pkt {
	char		letter;
	char		mark;		/* D: the letter that the macros are for; C: family of the address, U L 4 6 */
	uint32_t	n[3];		/* O: version, actions, steps; i, m: index in n[0]; C: port in n[0] */
	struct str	s[2];		/* H U: text; L h i m: name, value; + - 2 e: address, arguments (s[1] none: not there); q y: text; C: name, address */
	struct str	rest;		/* B b: octets; D M R: strings, each with its NUL; O of a filter: lists of macros */
};

/*
 * The first packet of `in`: 1 and its letter and data, and how many octets it has; 0: more octets are needed; -1: it is empty, or longer than max.
 */
int	milter_frame(struct str in, uint32_t max, char *letter, struct str *data, size_t *used);
/* A packet's data by the form of its letter; `answer`: it came from a filter.  -1: no such letter in this direction, or another form. */
int	milter_parse(char letter, bool answer, struct str data, struct milter_pkt *);
/* Append a packet with its length.  -1: no such letter in this direction, a NUL in a string, or too long. */
int	milter_put(struct buf *, bool answer, const struct milter_pkt *);
bool	milter_equal(const struct milter_pkt *, const struct milter_pkt *);
/* A packet that is its letter. */
void	milter_put_letter(struct buf *, char letter);

/* The next of strings that end in NUL each; false at the end. */
bool	milter_string(struct str *rest, struct str *out);
/* The next list of macros of a filter's O or l: stage (0 connect, 1 helo, 2 mail, 3 rcpt, 4 data, 5 eom, 6 eoh) and names; false at the end. */
bool	milter_symlist(struct str *rest, uint32_t *stage, struct str *names);

#endif
