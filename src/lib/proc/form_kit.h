/*
 * form_kit - a form with every kind of row in it, for its test and its fuzz target.
 */
#ifndef PROC_FORM_KIT_H
#define PROC_FORM_KIT_H

#include "proc/form.h"

enum kit_colour { KIT_RED = 1, KIT_GREEN, KIT_BLUE };
struct kit_item {
	struct str	 name;
	uint16_t	 port;
};
struct kit {
	uint8_t		 u8;			/* at most 6 */
	uint32_t	 u32, upto;		/* at most 100 */
	uint64_t	 u64;
	int64_t		 i64;
	bool		 yes;
	char		 letter;
	int		 code, errnum, found;	/* code: 15 bits */
	enum kit_colour	 colour;
	struct str	 line, text, why;	/* at most 20 bytes; no NUL; cut to 4 */
	uint8_t		 bytes[3];
	struct kit_item	 inner, maybe;
	bool		 has;
	uint32_t	 six[6], nsome;
	struct str	 some[2];
	struct kit_item	*list;			/* at most 3 */
	size_t		 nlist;
	int		 local;			/* does not travel */
};

static bool
kit_ok(const void *p)
{
	const struct kit *k = p;

	return k->letter != '!';
}

FORM(kit_item, struct kit_item, NULL, FORM_STR(struct kit_item, name, 20), FORM_U16(struct kit_item, port));
FORM(kit_number, uint32_t, NULL, FORM_SELF_U32);
FORM_STRINGS(kit_string, 8);
FORM(kit, struct kit, kit_ok,
    FORM_U8(struct kit, u8, 6),
    FORM_U32(struct kit, u32),
    FORM_UPTO(struct kit, upto, 100),
    FORM_U64(struct kit, u64),
    FORM_I64(struct kit, i64),
    FORM_BOOL(struct kit, yes),
    FORM_CHAR(struct kit, letter),
    FORM_INT(struct kit, code, 0x7fff),
    FORM_WIDE(struct kit, errnum, INT32_MAX),
    FORM_SIGN(struct kit, found),
    FORM_ENUM(struct kit, colour, KIT_RED, KIT_BLUE),
    FORM_STR(struct kit, line, 20),
    FORM_TEXT(struct kit, text, 20),
    FORM_CUT(struct kit, why, 4),
    FORM_BYTES(struct kit, bytes),
    FORM_IN(struct kit, inner, kit_item),
    FORM_MAYBE(struct kit, maybe, has, kit_item),
    FORM_EACH(struct kit, six, kit_number),
    FORM_SOME(struct kit, some, nsome, kit_string),
    FORM_LIST(struct kit, list, nlist, kit_item, 3));

#endif
