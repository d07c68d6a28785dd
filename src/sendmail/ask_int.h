/*
 * ask_int - what the files of requests' bodies share.
 */
#ifndef SENDMAIL_ASK_INT_H
#define SENDMAIL_ASK_INT_H

#include "ask.h"
#include "proc/form.h"

/* A row for a string that is used as a name or line: no NUL in it. */
#define ASK_LINE(s, m)	FORM_TEXT(s, m, ASK_TEXT_MAX)

#endif
