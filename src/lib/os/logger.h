/*
 * logger - is there a system logger?
 */
#ifndef OS_LOGGER_H
#define OS_LOGGER_H

#include <stdbool.h>

/*
 * Is there a socket that syslog(3) writes to?  True where we do not know its name.  The answer is looked up once a second at most: without a logger
 * each syslog(3) is three system calls in vain.
 */
bool	os_logger_is_there(void);

#endif
