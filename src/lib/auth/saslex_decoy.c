/*
 * saslex_decoy - see the header.
 */
#include "auth/saslex_decoy.h"

#include <poll.h>

#include "base/enc.h"
#include "os/load.h"

#define DECOY_NONCE	24	/* octets, and the count of iterations: as the library's */
#define DECOY_ROUNDS	"4096"
#define DECOY_MS	40

size_t
saslex_decoy_salt(struct str mech)
{
	static const struct { const char *name; size_t salt; } rows[] = {
		{ "SCRAM-SHA-1", 20 }, { "SCRAM-SHA-224", 28 }, { "SCRAM-SHA-256", 32 }, { "SCRAM-SHA-384", 48 }, { "SCRAM-SHA-512", 64 },
	};

	if (mech.n > 5 && str_caseeq_c(str_from(mech, mech.n - 5), "-PLUS"))
		mech = str_first(mech, mech.n - 5);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_caseeq_c(mech, rows[i].name))
			return rows[i].salt;
	return 0;
}

static void
decoy_bytes(struct buf *out, size_t n)
{
	unsigned char v[64];

	os_random(v, n);
	(void)enc_b64(out, str_mem((const char *)v, n));
}

/* "n,,n=joe,r=nonce": a comma in a name is written =2C, so that ",r=" is the nonce's. */
int
saslex_decoy(struct str first, size_t salt, struct buf *out)
{
	size_t at = str_find(first, STR(",r="));
	struct str nonce;

	if (at == SIZE_MAX || salt > 64)
		return -1;
	nonce = str_from(first, at + 3);
	nonce = str_first(nonce, str_chr(nonce, ','));
	if (nonce.n == 0)
		return -1;
	(void)buf_addc(out, "r=");
	(void)buf_add(out, nonce);
	decoy_bytes(out, DECOY_NONCE);
	(void)buf_addc(out, ",s=");
	decoy_bytes(out, salt);
	(void)buf_addc(out, ",i=" DECOY_ROUNDS);
	return 0;
}

void
saslex_decoy_wait(size_t salt, uint64_t begun_ms)
{
	uint64_t now = os_now_ms();

	if (salt > 0 && now < begun_ms + DECOY_MS)
		(void)poll(NULL, 0, (int)(begun_ms + DECOY_MS - now));
}
