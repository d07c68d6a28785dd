/*
 * blame - what DontBlameSendmail lets pass.  See blame.h.
 *
 * A folder that others than its owner may write to is unsafe; GroupWritableDirPathSafe and TrustStickyBit change what that means, the other words
 * let one kind of file pass all the same.  A link that stands in an unsafe folder needs a word of its own besides.
 */
#include "blame.h"

#include <sys/stat.h>

#include "os/file.h"

struct blame_word {
	const char	*word;
	unsigned	 allow;
};

#define BLAME_WORDS	6

static const struct {
	unsigned		 always;
	struct blame_word	 read[BLAME_WORDS];	/* it may be read */
	struct blame_word	 safe[BLAME_WORDS];	/* and believed: see blame_allow_safe */
} blame_table[] = {
	[BLAME_MAP] = { OS_SAFE_ANYOWNER | OS_SAFE_GROUPWRITE | OS_SAFE_WORLDWRITE, {
		{ "mapinunsafedirpath", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "linkedmapinwritabledir", OS_SAFE_LINK },
	}, { { NULL, 0 } } },
	[BLAME_ALIASES] = { OS_SAFE_ANYOWNER, {
		{ "groupwritablealiasfile", OS_SAFE_GROUPWRITE },
		{ "worldwritablealiasfile", OS_SAFE_WORLDWRITE },
		{ "mapinunsafedirpath", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "linkedaliasfileinwritabledir", OS_SAFE_LINK },
	}, { { NULL, 0 } } },
	[BLAME_FORWARD] = { 0, {
		{ "groupwritableforwardfile", OS_SAFE_GROUPWRITE },
		{ "worldwritableforwardfile", OS_SAFE_WORLDWRITE },
		{ "forwardfileinunsafedirpath", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "forwardfileingroupwritabledirpath", OS_SAFE_DIRGROUP },
		{ "linkedforwardfileinwritabledir", OS_SAFE_LINK },
	}, {
		{ "groupwritableforwardfilesafe", OS_SAFE_GROUPWRITE },
		{ "forwardfileinunsafedirpathsafe", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "linkedforwardfileinwritabledir", OS_SAFE_LINK },
	} },
	[BLAME_INCLUDE] = { OS_SAFE_ANYOWNER, {
		{ "groupwritableincludefile", OS_SAFE_GROUPWRITE },
		{ "worldwritableincludefile", OS_SAFE_WORLDWRITE },
		{ "includefileinunsafedirpath", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "includefileingroupwritabledirpath", OS_SAFE_DIRGROUP },
		{ "linkedincludefileinwritabledir", OS_SAFE_LINK },
	}, {
		{ "groupwritableincludefilesafe", OS_SAFE_GROUPWRITE },
		{ "includefileinunsafedirpathsafe", OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD },
		{ "linkedincludefileinwritabledir", OS_SAFE_LINK },
	} },
	[BLAME_SOCKET] = { OS_SAFE_ANYOWNER, { { NULL, 0 } }, { { NULL, 0 } } },
};

bool
blame_has(const struct conf *c, const char *word)
{
	for (size_t i = 0; i < c->opt.dont_blame.n; i++)
		if (str_caseeq_c(c->opt.dont_blame.v[i], word))
			return true;
	return false;
}

int
blame_auth_info(const struct conf *c, const char *file, struct err *e)
{
	struct stat st;

	if (stat(file, &st) == -1)
		return err_sys(e, ERR_TEMP, "%s", file);
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return err_set(e, ERR_PERM, "%s: others may %s it", file, st.st_mode & S_IROTH ? "read" : "write");
	if (st.st_mode & S_IRGRP && !blame_has(c, "groupreadabledefaultauthinfofile"))
		return err_set(e, ERR_PERM, "%s: its group may read it (DontBlameSendmail=GroupReadableDefaultAuthInfoFile)", file);
	if (st.st_mode & S_IWGRP && !blame_has(c, "groupwritabledefaultauthinfofile"))
		return err_set(e, ERR_PERM, "%s: its group may write to it (DontBlameSendmail=GroupWritableDefaultAuthInfoFile)", file);
	return 0;
}

static unsigned
blame_words(const struct conf *c, const struct blame_word w[BLAME_WORDS])
{
	unsigned	allow = OS_SAFE_LINKSAFE;

	if (blame_has(c, "groupwritabledirpathsafe"))
		allow |= OS_SAFE_GROUPDIR;
	if (blame_has(c, "truststickybit"))
		allow |= OS_SAFE_STICKY;
	for (size_t i = 0; i < BLAME_WORDS && w[i].word != NULL; i++)
		if (blame_has(c, w[i].word))
			allow |= w[i].allow;
	return allow;
}

unsigned
blame_allow_safe(const struct conf *c, enum blame_what what)
{
	unsigned	allow = blame_table[what].always | blame_words(c, blame_table[what].safe);

	if (!c->opt.unsafe_group_writes)
		allow |= OS_SAFE_GROUPWRITE;
	return allow;
}

unsigned
blame_allow(const struct conf *c, enum blame_what what)
{
	unsigned	allow = blame_table[what].always | blame_words(c, blame_table[what].read);

	return what == BLAME_FORWARD || what == BLAME_INCLUDE ? allow | blame_allow_safe(c, what) : allow;
}
