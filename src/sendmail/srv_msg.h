/*
 * srv_msg - a message while it is read, as srv_data.c (DATA) and srv_bdat.c (BDAT) share it.
 */
#ifndef SENDMAIL_SRV_MSG_H
#define SENDMAIL_SRV_MSG_H

#include "srv_int.h"
#include "wire/smtp_body.h"

#define SRV_BLOCK	((size_t)64 << 10)	/* octets decoded at once */
#define SRV_ROOM	((size_t)1 << 20)	/* octets of a long message that may be on their way, or wait for us in the system */
#define SRV_PACE	((size_t)64 << 10)	/* octets that have to come within Timeout.datablock */

struct srv_msg {
	struct srv	*s;
	struct env	*e;
	struct buf	 head;		/* header lines so far */
	bool		 in_head;
	bool		 head_large;
	size_t		 head_max;
	bool		 bad;		/* a check said no: the reply stands here */
	int		 code;
	const char	*dsn;
	struct str	 text;
};

/* May a message begin?  False: refused and said so. */
bool	srv_msg_may(struct srv *);
void	srv_msg_begin(struct srv *, struct srv_msg *, struct smtp_body *);
/* A piece as it came: decoded, header and body told apart.  `rest` keeps what is not decided yet. */
enum smtp_body_rc srv_msg_piece(struct srv *, struct srv_msg *, struct smtp_body *, struct buf *rest, struct str some, size_t *used);
/* Does this line (without its end) belong to the header?  The header is whole: it becomes the envelope's; `end`: env.h, hdr_end. */
bool	srv_msg_is_head(const struct srv_msg *, struct str line);
void	srv_msg_head_done(struct srv_msg *, size_t end);
/* It is beyond MaxMessageSize. */
void	srv_msg_too_large(struct srv *, struct srv_msg *);
/* The reply to a message with a fault, and its line in the log. */
void	srv_msg_refused(struct srv *, const struct srv_msg *);
/* The session ends over a bare CR or LF, if that is what rc says. */
void	srv_msg_bare(struct srv *, enum smtp_body_rc rc);
/* The client is gone in the middle of it. */
void	srv_msg_lost(struct srv *, enum stream_end);
/* All of it is there: the answer, and the end of the transaction. */
void	srv_msg_end(struct srv *, struct srv_msg *, const struct smtp_body *);
/* How long a piece may take. */
int	srv_msg_ms(const struct srv *);
/* So many octets come now, 0: nobody knows.  More than the first 64 KiB of them may be on their way at once; to be called before the client goes on. */
void	srv_expect(struct srv *, uint64_t octets);
/* More of a message.  *block: octets of the present block of SRV_PACE, 0 to begin with; afterwards the caller takes the stream's deadline away. */
enum stream_end srv_msg_some(struct srv *, size_t max, size_t *block, struct str *some);

#endif
