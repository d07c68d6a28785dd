/*
 * unquote - a user's name as a mailer wants it, and the sender's as UUCP does.
 */
#include "unquote.h"

struct str
unquote_user(struct arena *a, const struct mailer *m, struct str user)
{
	char	*p;
	size_t	 n = 0;

	if (mailer_has(m, 's') && (str_chr(user, '"') != SIZE_MAX || str_chr(user, '\\') != SIZE_MAX)) {
		p = arena_bytes(a, user.n);
		for (size_t i = 0; i < user.n; i++) {
			if (user.p[i] == '"')
				continue;
			if (user.p[i] == '\\' && ++i == user.n)
				break;
			p[n++] = user.p[i];
		}
		return str_mem(p, n);
	}
	if (mailer_has(m, 'B'))
		while (user.n > 0 && user.p[0] == '\\')
			user = str_from(user, 1);
	return user;
}

struct str
unquote_uucp_from(struct arena *a, struct str line)
{
	struct str	rest = str_from(line, 5);
	size_t		bang = str_chr(rest, '!'), blank = str_chr(rest, ' ');

	if (!str_starts(line, STR("From ")) || bang == SIZE_MAX || bang == 0 || (blank != SIZE_MAX && blank < bang))
		return line;
	return arena_fmt(a, "From %.*s remote from %.*s", STR_ARG(str_from(rest, bang + 1)), STR_ARG(str_first(rest, bang)));
}
