/*
 * conf_direct - the configuration's questions answered by this machine.
 */
#ifndef SENDMAIL_CONF_DIRECT_H
#define SENDMAIL_CONF_DIRECT_H

#include "conf.h"

enum conf_found	direct_file(struct conf_direct *, struct str question, struct buf *, struct err *);
enum conf_found	direct_program(struct conf_direct *, struct str command, struct buf *, struct err *);
enum conf_found	direct_map(struct conf_direct *, struct str question, struct buf *, struct err *);
enum conf_found	direct_user(struct conf_direct *, struct str name, struct buf *, struct err *);
enum conf_found	direct_group(struct conf_direct *, struct str name, struct buf *, struct err *);
enum conf_found	direct_host(struct conf_direct *, struct str none, struct buf *, struct err *);

#endif
