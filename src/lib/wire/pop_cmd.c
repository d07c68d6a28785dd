/*
 * pop_cmd - POP3 command lines.
 */
#include "wire/pop_cmd.h"

#include "base/num.h"

enum pop_args {
	P_NONE,			/* nothing */
	P_TEXT,			/* all that is behind one blank, not empty: names and passwords may have blanks */
	P_WORDS,		/* none, one or two words */
	P_MSG,			/* a message */
	P_MAYMSG,		/* none, or a message */
	P_MSGLINES		/* a message and a number of lines */
};

static const struct {
	const char	*name;
	enum pop_verb	 verb;
	enum pop_args	 args;
} pop_verbs[] = {
	{ "USER", POP_USER, P_TEXT },	{ "PASS", POP_PASS, P_TEXT },
	{ "AUTH", POP_AUTH, P_WORDS },	{ "CAPA", POP_CAPA, P_NONE },	{ "STLS", POP_STLS, P_NONE },
	{ "STAT", POP_STAT, P_NONE },	{ "LIST", POP_LIST, P_MAYMSG },	{ "RETR", POP_RETR, P_MSG },
	{ "DELE", POP_DELE, P_MSG },	{ "RSET", POP_RSET, P_NONE },	{ "TOP", POP_TOP, P_MSGLINES },
	{ "UIDL", POP_UIDL, P_MAYMSG },	{ "NOOP", POP_NOOP, P_NONE },	{ "QUIT", POP_QUIT, P_NONE },
};

static const char	pop_syntax[] = "syntax error in arguments";

static int
pop_message(struct str s, struct pop_cmd *c)
{
	uint64_t	v;

	if (num_u64(s, 1, UINT32_MAX, &v) == -1)
		return -1;
	c->msg = (uint32_t)v;
	c->has_msg = true;
	return 0;
}

static int
pop_args_read(enum pop_args args, struct str rest, struct pop_cmd *c)
{
	struct str	w[3] = { STR_NONE, STR_NONE, STR_NONE }, text = rest;
	uint64_t	v;
	size_t		n = 0;

	if (args == P_TEXT) {
		c->arg = str_from(rest, 1);
		return c->arg.n > 0 && !str_has_nul(c->arg) ? 0 : -1;
	}
	while (n < 3 && str_word(&text, &w[n]))
		n++;
	switch (args) {
	case P_MSG:
		return n == 1 ? pop_message(w[0], c) : -1;
	case P_MAYMSG:
		return n == 0 ? 0 : n == 1 ? pop_message(w[0], c) : -1;
	case P_MSGLINES:
		if (n != 2 || pop_message(w[0], c) == -1 || num_u64(w[1], 0, UINT32_MAX, &v) == -1)
			return -1;
		c->lines = (uint32_t)v;
		return 0;
	default:
		c->arg = w[0];
		c->arg2 = w[1];
		if (str_has_nul(rest))
			return -1;
		return n <= (args == P_NONE ? 0u : 2u) ? 0 : -1;
	}
}

const char *
pop_cmd_parse(struct str line, struct pop_cmd *c)
{
	size_t		blank = str_chr(line, ' ');
	struct str	verb = str_first(line, blank), rest = str_from(line, blank);

	*c = (struct pop_cmd){ .verb = POP_NONE };
	for (size_t i = 0; i < sizeof pop_verbs / sizeof pop_verbs[0]; i++) {
		if (!str_caseeq_c(verb, pop_verbs[i].name))
			continue;
		c->verb = pop_verbs[i].verb;
		c->name = str_c(pop_verbs[i].name);
		return pop_args_read(pop_verbs[i].args, rest, c) == -1 ? pop_syntax : NULL;
	}
	return "unknown command";
}
