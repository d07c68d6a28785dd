/*
 * popd - what its files share: POP3 before and after login (RFC 1939, 2449, 2595, 5034).
 */
#ifndef POPD_POPD_H
#define POPD_POPD_H

#include "front/front.h"

#define POP_LINE	255		/* RFC 2449 4; longer ones are refused */
#define POP_AUTH_LINE	16384		/* a SASL response */

struct pop_login {
	char	user[256];
	bool	has_user;
	bool	exchange;		/* the next line is a SASL response */
	int	failures;
};

void	pop_greet(struct login *);
void	pop_input(struct login *);
void	pop_auth(struct login *, enum auth_rc, struct str challenge);
void	pop_failed(struct login *);
void	pop_bye(struct login *, const char *why);
int	pop_session(struct session *);

#endif
