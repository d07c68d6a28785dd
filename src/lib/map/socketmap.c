/*
 * socketmap - the questions and answers of a socket map.  The answers are a server's: trusted to be nothing but octets.
 */
#include "base/num.h"
#include "map/socketmap.h"

static const struct {
	const char		*word;
	enum socketmap_status	 status;
} socketmap_words[] = {
	{ "OK", SOCKETMAP_OK }, { "NOTFOUND", SOCKETMAP_NOTFOUND }, { "TEMP", SOCKETMAP_TEMP }, { "TIMEOUT", SOCKETMAP_TIMEOUT },
	{ "PERM", SOCKETMAP_PERM },
};

int
socketmap_put(struct buf *b, struct str map, struct str key)
{
	return buf_addf(b, "%zu:%.*s ", map.n + 1 + key.n, STR_ARG(map)) == -1 || buf_add(b, key) == -1 ? -1 : buf_addch(b, ',');
}

int
socketmap_get(struct str in, struct socketmap_answer *a)
{
	struct str	body, word;
	uint64_t	len;
	size_t		colon, blank;

	for (colon = 0; colon < in.n && chr_is_digit(in.p[colon]); colon++)
		if (colon == 6)
			return -1;
	if (colon == in.n)
		return 0;
	if (in.p[colon] != ':' || num_u64(str_first(in, colon), 1, SOCKETMAP_MAX, &len) == -1)
		return -1;
	if (in.n - colon - 1 < len + 1)
		return 0;
	body = str_sub(in, colon + 1, colon + 1 + (size_t)len);
	a->taken = colon + 1 + (size_t)len + 1;
	if (in.p[a->taken - 1] != ',')
		return -1;
	blank = str_chr(body, ' ');
	word = blank == SIZE_MAX ? body : str_first(body, blank);
	a->result = blank == SIZE_MAX ? STR("") : str_from(body, blank + 1);
	for (size_t i = 0; i < sizeof(socketmap_words) / sizeof(socketmap_words[0]); i++)
		if (str_eq_c(word, socketmap_words[i].word)) {
			a->status = socketmap_words[i].status;
			return 1;
		}
	return -1;
}

int
socketmap_place(struct str s, struct socketmap_place *p)
{
	size_t		at;
	uint64_t	port;

	if (str_starts(s, STR("local:")) || str_starts(s, STR("unix:")))
		s = str_from(s, str_chr(s, ':') + 1);
	if (s.n > 0 && s.p[0] == '/' && !str_has_nul(s)) {
		*p = (struct socketmap_place){ SOCKETMAP_UNIX, s, 0 };
		return 0;
	}
	p->kind = str_starts(s, STR("inet6:")) ? SOCKETMAP_INET6 : SOCKETMAP_INET;
	if (p->kind == SOCKETMAP_INET && !str_starts(s, STR("inet:")))
		return -1;
	s = str_from(s, str_chr(s, ':') + 1);
	if ((at = str_chr(s, '@')) == SIZE_MAX || num_u64(str_first(s, at), 1, 65535, &port) == -1)
		return -1;
	p->host = str_from(s, at + 1);
	p->port = (uint16_t)port;
	if (p->host.n > 2 && p->host.p[0] == '[' && p->host.p[p->host.n - 1] == ']')
		p->host = str_sub(p->host, 1, p->host.n - 1);
	return p->host.n > 0 && !str_has_nul(p->host) ? 0 : -1;
}
