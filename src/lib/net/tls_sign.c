/*
 * tls_sign - the question for a signature, as it goes from who talks TLS to who has the keys.  Pure.
 */
#include <string.h>

#include "net/tls_key.h"
#include "proc/msg.h"

void
tls_sign_put(struct buf *b, const struct tls_sign *q)
{
	msg_put_str(b, str_mem((const char *)q->key, sizeof q->key));
	msg_put_str(b, str_c(q->md));
	msg_put_u8(b, (uint8_t)q->pad);
	msg_put_u32(b, (uint32_t)q->salt);
	msg_put_str(b, str_mem((const char *)q->data, q->ndata));
}

int
tls_sign_get(struct str body, struct tls_sign *q)
{
	struct msg_in in = msg_in(body);
	struct str key, md, data;

	memset(q, 0, sizeof *q);
	key = msg_str(&in, sizeof q->key);
	md = msg_str(&in, sizeof q->md - 1);
	q->pad = msg_u8(&in);
	q->salt = (int)msg_u32(&in);
	data = msg_str(&in, TLS_SIGN_DATA);
	if (!msg_end(&in) || str_chr(md, '\0') != SIZE_MAX || key.n != sizeof q->key || str_copy(q->md, sizeof q->md, md) == -1)
		return -1;
	memcpy(q->key, key.p, key.n);
	q->data = (const unsigned char *)data.p;
	q->ndata = data.n;
	return 0;
}
