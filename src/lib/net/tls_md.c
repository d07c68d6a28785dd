/*
 * tls_md - digests by name, each looked up once in a process: the library goes through all names it knows for each of its own names (SHA2-256) that an
 * older table does not have, several times a handshake.  Part of module tls.
 */
#include <openssl/evp.h>
#include <strings.h>

#include "net/tls_int.h"

static struct {
	const char	*name, *other;
	EVP_MD		*md;		/* held as long as the process lives */
} tls_mds[] = {
	{ "SHA2-256", "SHA256", NULL }, { "SHA2-384", "SHA384", NULL }, { "SHA2-512", "SHA512", NULL }, { "SHA2-224", "SHA224", NULL },
	{ "SHA1", "SHA-1", NULL }, { "MD5-SHA1", NULL, NULL },
};

const EVP_MD *
tls_md(const char *name)
{
	for (size_t i = 0; i < sizeof tls_mds / sizeof tls_mds[0]; i++)
		if (strcasecmp(name, tls_mds[i].name) == 0 || (tls_mds[i].other != NULL && strcasecmp(name, tls_mds[i].other) == 0)) {
			if (tls_mds[i].md == NULL)
				tls_mds[i].md = EVP_MD_fetch(NULL, tls_mds[i].name, NULL);
			return tls_mds[i].md;
		}
	return EVP_get_digestbyname(name);
}
