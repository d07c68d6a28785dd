/*
 * imapd - IMAP daemon: the shared front with IMAP's words.
 */
#include "login.h"
#include "mime/charset.h"
#include "session.h"

static const struct front_proto	imap = {
	.name = "imapd", .service = MB_IMAP, .sasl_service = "imap", .size = sizeof(struct imap_login), .input_max = IMAP_LOGIN_INPUT,
	.greet = imap_greet, .input = imap_input, .auth = imap_auth, .failed = imap_failed, .bye = imap_bye, .prepare = charset_load, .session = imap_session,
};

int
main(int argc, char **argv)
{
	return front_main(argc, argv, &imap);
}
