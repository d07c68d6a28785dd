/*
 * queue_int - what files of this room share.
 */
#ifndef QUEUE_INT_H
#define QUEUE_INT_H


struct qf_letter {
	char		letter;
	unsigned	flag;
};

extern const struct qf_letter qf_env_letters[];		/* F line; ends with letter 0 */
extern const struct qf_letter qf_rcpt_letters[];	/* R line */

#define QF_META		'\377'			/* in H lines: the next byte is literal (0200 to 0237, and itself) */
#define QF_MACRO	'\201'			/* in H lines: $x */
#define QF_VERSION	8

#endif
