/*
 * classmap - maps as sources of class members: F{w}key@class:arguments.
 *
 * The configuration is still being read, so there are no K lines, no other maps and no roles: a map of its own is made for each question.
 */
#ifndef SENDMAIL_CLASSMAP_H
#define SENDMAIL_CLASSMAP_H

#include "conf.h"

struct class_maps;

/* Fill in d->map and what goes with it; files are opened through d->open first.  The result lives as long as `d` is used. */
struct class_maps *class_maps_new(struct conf_direct *d);
void		 class_maps_free(struct class_maps **);

/* The database file behind "class:arguments", STR_NONE when there is none. */
struct str	 class_map_file(struct arena *, struct str spec);
/* Open it as maps of this configuration are opened. */
int		 class_map_open(const struct conf *, const char *path, int *fd, struct err *);

#endif
