/*
 * tls_provider - an OpenSSL provider whose private keys are elsewhere.  Part of module tls.
 *
 * A key here is a public key and the mark that somebody signs for it.  Whatever can be done with the public half is left to the library's own
 * provider; signing goes to the process's signer (tls_set_signer).  The library must not take our implementations for keys that are not ours: all
 * of them have the property angarium.remote, and the process prefers those that have not.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_int.h"

#define PROV_PROPS	"provider=angarium,angarium.remote=yes"
#define PROV_SPKI	"angarium-spki"

typedef void (*prov_fn)(void);

static tls_signer_fn	*prov_signer;
static void		*prov_signer_arg;

void
tls_mod_set_signer(tls_signer_fn *fn, void *arg)
{
	prov_signer = fn;
	prov_signer_arg = arg;
}

/* ---- keys ---- */

struct prov_key {
	const char	*alg;
	EVP_PKEY	*pub;
	bool		 remote;
	unsigned char	 id[TLS_KEY_ID];
};

static void *
prov_key_new(const char *alg)
{
	struct prov_key *k = calloc(1, sizeof *k);

	if (k != NULL)
		k->alg = alg;
	return k;
}

static void *prov_new_rsa(void *p) { (void)p; return prov_key_new("RSA"); }
static void *prov_new_pss(void *p) { (void)p; return prov_key_new("RSA-PSS"); }
static void *prov_new_ec(void *p) { (void)p; return prov_key_new("EC"); }
static void *prov_new_ed25519(void *p) { (void)p; return prov_key_new("ED25519"); }
static void *prov_new_ed448(void *p) { (void)p; return prov_key_new("ED448"); }

static void
prov_key_free(void *key)
{
	struct prov_key *k = key;

	if (k != NULL)
		EVP_PKEY_free(k->pub);
	free(k);
}

static int
prov_key_has(const void *key, int selection)
{
	const struct prov_key *k = key;

	return k != NULL && k->pub != NULL && ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || k->remote);
}

/* From a certificate's key as it stands there (ours), or from the numbers of a public key (to be compared with). */
static int
prov_key_import(void *key, int selection, const OSSL_PARAM params[])
{
	struct prov_key		*k = key;
	const OSSL_PARAM	*spki = OSSL_PARAM_locate_const(params, PROV_SPKI);
	const unsigned char	*p;
	EVP_PKEY_CTX		*c;
	size_t			 n;

	(void)selection;
	if (k->pub != NULL)
		return 0;
	if (spki != NULL) {
		if (OSSL_PARAM_get_octet_string_ptr(spki, (const void **)&p, &n) != 1 || (k->pub = d2i_PUBKEY(NULL, &p, (long)n)) == NULL)
			return 0;
		k->remote = true;
		return tls_key_digest(k->pub, k->id) == 0;
	}
	if ((c = EVP_PKEY_CTX_new_from_name(NULL, k->alg, NULL)) == NULL)
		return 0;
	if (EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &k->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)(uintptr_t)params) != 1)
		k->pub = NULL;
	EVP_PKEY_CTX_free(c);
	return k->pub != NULL;
}

static const OSSL_PARAM *
prov_key_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_string(PROV_SPKI, NULL, 0), OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

/* Only the public half leaves: another provider would sign otherwise, and has nothing to sign with. */
static int
prov_key_export(void *key, int selection, OSSL_CALLBACK *cb, void *arg)
{
	struct prov_key *k = key;

	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	return k->pub != NULL && EVP_PKEY_export(k->pub, selection, cb, arg) == 1;
}

static int
prov_key_match(const void *a, const void *b, int selection)
{
	const struct prov_key *x = a, *y = b;

	(void)selection;
	return x->pub != NULL && y->pub != NULL && EVP_PKEY_eq(x->pub, y->pub) == 1;
}

static int
prov_key_get(void *key, OSSL_PARAM params[])
{
	struct prov_key *k = key;

	return k->pub != NULL && EVP_PKEY_get_params(k->pub, params) == 1;
}

static const OSSL_PARAM *
prov_key_gettable(void *prov)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL), OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END
	};

	(void)prov;
	return list;
}

static const char *prov_op_rsa(int op) { (void)op; return "RSA"; }
static const char *prov_op_ec(int op) { (void)op; return "ECDSA"; }
static const char *prov_op_ed25519(int op) { (void)op; return "ED25519"; }
static const char *prov_op_ed448(int op) { (void)op; return "ED448"; }

#define PROV_KEYMGMT(name, fn_new, fn_op)							\
	static const OSSL_DISPATCH name[] = {							\
		{ OSSL_FUNC_KEYMGMT_NEW, (prov_fn)fn_new },					\
		{ OSSL_FUNC_KEYMGMT_FREE, (prov_fn)prov_key_free },				\
		{ OSSL_FUNC_KEYMGMT_HAS, (prov_fn)prov_key_has },				\
		{ OSSL_FUNC_KEYMGMT_IMPORT, (prov_fn)prov_key_import },				\
		{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (prov_fn)prov_key_types },			\
		{ OSSL_FUNC_KEYMGMT_EXPORT, (prov_fn)prov_key_export },				\
		{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (prov_fn)prov_key_types },			\
		{ OSSL_FUNC_KEYMGMT_MATCH, (prov_fn)prov_key_match },				\
		{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (prov_fn)prov_key_get },			\
		{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (prov_fn)prov_key_gettable },		\
		{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (prov_fn)fn_op },			\
		{ 0, NULL }									\
	}

PROV_KEYMGMT(prov_rsa, prov_new_rsa, prov_op_rsa);
PROV_KEYMGMT(prov_pss, prov_new_pss, prov_op_rsa);
PROV_KEYMGMT(prov_ec, prov_new_ec, prov_op_ec);
PROV_KEYMGMT(prov_ed25519, prov_new_ed25519, prov_op_ed25519);
PROV_KEYMGMT(prov_ed448, prov_new_ed448, prov_op_ed448);

static const OSSL_ALGORITHM prov_keys[] = {
	{ "RSA:rsaEncryption", PROV_PROPS, prov_rsa, NULL }, { "RSA-PSS:RSASSA-PSS", PROV_PROPS, prov_pss, NULL },
	{ "EC:id-ecPublicKey", PROV_PROPS, prov_ec, NULL }, { "ED25519", PROV_PROPS, prov_ed25519, NULL },
	{ "ED448", PROV_PROPS, prov_ed448, NULL }, { NULL, NULL, NULL, NULL }
};

/* ---- signatures ---- */

struct prov_sig {
	struct prov_key	*key;		/* borrowed: the library holds it as long as us */
	char		 md[16];
	int		 pad, salt;	/* salt: RSA_PSS_SALTLEN_ */
};

static void *
prov_sig_new(void *prov, const char *propq)
{
	(void)prov, (void)propq;
	return calloc(1, sizeof(struct prov_sig));
}

static void *
prov_sig_dup(void *ctx)
{
	struct prov_sig *new = malloc(sizeof *new);

	if (new != NULL)
		memcpy(new, ctx, sizeof *new);
	return new;
}

static int
prov_sig_set(void *ctx, const OSSL_PARAM params[])
{
	static const struct { const char *name; int id; } pads[] = { { "pkcs1", RSA_PKCS1_PADDING }, { "pss", RSA_PKCS1_PSS_PADDING } };
	struct prov_sig		*s = ctx;
	const OSSL_PARAM	*p;

	if (params == NULL)
		return 1;
	if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) != NULL) {
		int n = 0;

		if (p->data_type == OSSL_PARAM_UTF8_STRING) {
			for (size_t i = 0; i < sizeof pads / sizeof pads[0]; i++)
				if (strcmp(p->data, pads[i].name) == 0)
					n = pads[i].id;
		} else if (OSSL_PARAM_get_int(p, &n) != 1)
			return 0;
		if (n != RSA_PKCS1_PADDING && n != RSA_PKCS1_PSS_PADDING)
			return 0;
		s->pad = n;
	}
	if ((p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) != NULL) {
		if (p->data_type != OSSL_PARAM_UTF8_STRING) {
			if (OSSL_PARAM_get_int(p, &s->salt) != 1)
				return 0;
		} else
			s->salt = strcmp(p->data, "digest") == 0 ? RSA_PSS_SALTLEN_DIGEST : strcmp(p->data, "max") == 0 ? RSA_PSS_SALTLEN_MAX :
			    strcmp(p->data, "auto") == 0 ? RSA_PSS_SALTLEN_AUTO : atoi(p->data);
	}
	return 1;
}

static const OSSL_PARAM *
prov_sig_settable(void *ctx, void *prov)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0), OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0), OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	(void)ctx, (void)prov;
	return list;
}

static int
prov_sig_init(void *ctx, const char *md, void *key, const OSSL_PARAM params[])
{
	struct prov_sig		*s = ctx;
	struct prov_key		*k = key != NULL ? key : s->key;
	const EVP_MD		*m = md != NULL && md[0] != '\0' ? tls_md(md) : NULL;

	if (k == NULL || !k->remote || (md != NULL && md[0] != '\0' && m == NULL))
		return 0;
	s->key = k;
	s->md[0] = '\0';
	if (m != NULL) {
		static const struct { int nid; const char *name; } names[] = {
			{ NID_sha256, "SHA2-256" }, { NID_sha384, "SHA2-384" }, { NID_sha512, "SHA2-512" }, { NID_sha224, "SHA2-224" },
			{ NID_sha1, "SHA1" }, { NID_md5_sha1, "MD5-SHA1" }
		};

		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (EVP_MD_get_type(m) == names[i].nid)
				(void)str_copy(s->md, sizeof s->md, str_c(names[i].name));
		if (s->md[0] == '\0')
			return 0;
	}
	s->pad = strcmp(k->alg, "RSA") == 0 ? RSA_PKCS1_PADDING : strcmp(k->alg, "RSA-PSS") == 0 ? RSA_PKCS1_PSS_PADDING : 0;
	s->salt = RSA_PSS_SALTLEN_DIGEST;
	return prov_sig_set(ctx, params);
}

static int
prov_sig_sign(void *ctx, unsigned char *sig, size_t *nsig, size_t size, const unsigned char *tbs, size_t ntbs)
{
	struct prov_sig		*s = ctx;
	struct tls_sign		 q;
	unsigned char		 out[TLS_SIGN_MAX], digest[EVP_MAX_MD_SIZE];
	unsigned		 n = 0;
	size_t			 want = (size_t)EVP_PKEY_get_size(s->key->pub);

	if (sig == NULL) {
		*nsig = want;
		return 1;
	}
	memset(&q, 0, sizeof q);
	memcpy(q.key, s->key->id, sizeof q.key);
	memcpy(q.md, s->md, sizeof q.md);
	q.pad = s->pad;
	q.salt = s->salt;
	if (s->md[0] != '\0') {
		if (EVP_Digest(tbs, ntbs, digest, &n, tls_md(s->md), NULL) != 1)
			return 0;
		q.data = digest;
		q.ndata = n;
	} else if (ntbs > TLS_SIGN_DATA)
		return 0;
	else {
		q.data = tbs;
		q.ndata = ntbs;
	}
	if (prov_signer == NULL || prov_signer(prov_signer_arg, &q, out, nsig) == -1 || *nsig > size || *nsig > sizeof out)
		return 0;
	memcpy(sig, out, *nsig);
	return 1;
}

static const OSSL_DISPATCH prov_sign[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (prov_fn)prov_sig_new },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (prov_fn)free },
	{ OSSL_FUNC_SIGNATURE_DUPCTX, (prov_fn)prov_sig_dup },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (prov_fn)prov_sig_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (prov_fn)prov_sig_sign },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (prov_fn)prov_sig_set },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (prov_fn)prov_sig_settable },
	{ 0, NULL }
};

static const OSSL_ALGORITHM prov_signatures[] = {
	{ "RSA:rsaEncryption", PROV_PROPS, prov_sign, NULL }, { "ECDSA", PROV_PROPS, prov_sign, NULL },
	{ "ED25519", PROV_PROPS, prov_sign, NULL }, { "ED448", PROV_PROPS, prov_sign, NULL }, { NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *
prov_query(void *prov, int op, int *no_cache)
{
	(void)prov;
	*no_cache = 0;
	return op == OSSL_OP_KEYMGMT ? prov_keys : op == OSSL_OP_SIGNATURE ? prov_signatures : NULL;
}

static int
prov_init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **prov)
{
	static const OSSL_DISPATCH functions[] = { { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (prov_fn)prov_query }, { 0, NULL } };
	static int dummy;

	(void)core, (void)in;
	*out = functions;
	*prov = &dummy;
	return 1;
}

static int
prov_load(struct err *e)
{
	static OSSL_PROVIDER *ours, *volatile usual;	/* held as long as the process lives */

	if (ours != NULL)
		return 0;
	/* a provider that is asked for by name keeps the default one from coming by itself */
	if (OSSL_PROVIDER_add_builtin(NULL, "angarium", prov_init) != 1 ||
	    (!OSSL_PROVIDER_available(NULL, "fips") && (usual = OSSL_PROVIDER_load(NULL, "default")) == NULL) ||
	    (ours = OSSL_PROVIDER_load(NULL, "angarium")) == NULL ||
	    EVP_set_default_properties(NULL, EVP_default_properties_is_fips_enabled(NULL) ? "fips=yes,?angarium.remote!=yes" : "?angarium.remote!=yes") != 1)
		return tls_err(e, ERR_TEMP, "provider", NULL);
	return 0;
}

EVP_PKEY *
tls_remote_key(X509 *cert, const char *file, struct err *e)
{
	EVP_PKEY	*pub = X509_get0_pubkey(cert), *key = NULL;
	const char	*name = pub == NULL ? NULL : EVP_PKEY_get0_type_name(pub);
	EVP_PKEY_CTX	*c = NULL;
	unsigned char	*der = NULL;
	OSSL_PARAM	 params[2];
	int		 n = 0;

	if (prov_load(e) == -1)
		return NULL;
	if (name != NULL && (n = i2d_PUBKEY(pub, &der)) > 0 &&
	    (c = EVP_PKEY_CTX_new_from_name(NULL, name, "angarium.remote=yes,-fips")) != NULL) {
		params[0] = OSSL_PARAM_construct_octet_string(PROV_SPKI, der, (size_t)n);
		params[1] = OSSL_PARAM_construct_end();
		if (EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) != 1)
			key = NULL;
	}
	if (key == NULL)
		tls_err(e, ERR_PERM, "no signatures for the key of", file);
	EVP_PKEY_CTX_free(c);
	OPENSSL_free(der);
	return key;
}
