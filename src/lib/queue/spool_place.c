/*
 * spool_place - see the header.
 */
#include "queue/spool_place.h"

#include <stdio.h>
#include <sys/stat.h>

#define PLACE_MAX	1024

int
spool_place(const struct spool_dir *qf, struct str id, struct str name, struct spool_dir **other, struct err *e)
{
	char		path[PLACE_MAX];
	uint64_t	size;
	int		n;

	*other = NULL;
	if (name.n == 0 || spool_df_size(qf, id, &size, NULL) == 0)
		return 0;
	n = snprintf(path, sizeof path, "%s%s%.*s", name.p[0] == '/' ? "" : qf->path, name.p[0] == '/' ? "" : "/../", STR_ARG(name));
	if (n < 0 || (size_t)n >= sizeof path || str_has_nul(name))
		return err_set(e, ERR_PERM, "the directory of its content has a name that is too long");
	if ((*other = spool_open(path, qf->mode, e)) == NULL)
		return -1;
	if (spool_df_size(*other, id, &size, e) == 0)
		return 0;
	spool_close(other);
	return -1;
}
