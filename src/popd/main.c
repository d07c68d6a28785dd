/*
 * popd - POP3 daemon: the shared front with POP3's words.
 */
#include "popd.h"

static const struct front_proto	pop3 = {
	.name = "popd", .service = MB_POP3, .sasl_service = "pop", .size = sizeof(struct pop_login), .input_max = 32768,
	.greet = pop_greet, .input = pop_input, .auth = pop_auth, .failed = pop_failed, .bye = pop_bye, .session = pop_session,
};

int
main(int argc, char **argv)
{
	return front_main(argc, argv, &pop3);
}
