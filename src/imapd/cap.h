/*
 * cap - what this IMAP server says it can do.
 */
#ifndef IMAPD_CAP_H
#define IMAPD_CAP_H

/* After login. */
#define IMAP_CAP_IN	"IMAP4rev1 LITERAL+ CHILDREN ENABLE ID IDLE MOVE NAMESPACE UIDPLUS UNSELECT"
/* Before login; STARTTLS, LOGINDISABLED and AUTH= are added as they apply. */
#define IMAP_CAP_OUT	"IMAP4rev1 LITERAL+ ENABLE ID SASL-IR"

#endif
