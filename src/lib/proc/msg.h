/*
 * msg - typed encoding of message bodies: little endian, length-prefixed, decoded to the last byte or refused.
 */
#ifndef PROC_MSG_H
#define PROC_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

void	msg_put_u8(struct buf *, uint8_t);
void	msg_put_u16(struct buf *, uint16_t);
void	msg_put_u32(struct buf *, uint32_t);
void	msg_put_u64(struct buf *, uint64_t);
void	msg_put_i64(struct buf *, int64_t);
void	msg_put_bool(struct buf *, bool);
void	msg_put_str(struct buf *, struct str);		/* u32 length + bytes; STR_NONE is kept apart from "" */
void	msg_put_err(struct buf *, const struct err *);

/* A reader: any shortage or bad value sets `bad`, and from then on everything reads as zero. */
struct msg_in {
	struct str	s;
	bool		bad;
};

struct msg_in	msg_in(struct str body);
uint8_t		msg_u8(struct msg_in *);
uint16_t	msg_u16(struct msg_in *);
uint32_t	msg_u32(struct msg_in *);
uint64_t	msg_u64(struct msg_in *);
int64_t		msg_i64(struct msg_in *);
bool		msg_bool(struct msg_in *);
struct str	msg_str(struct msg_in *, size_t max);	/* borrows from the body */
void		msg_err(struct msg_in *, struct err *);
/* True when everything was read and nothing was bad. */
bool		msg_end(const struct msg_in *);

#endif
