/*
 * mc_words - the names that a .mc may use.
 */
#ifndef SENDMAIL_MC_WORDS_H
#define SENDMAIL_MC_WORDS_H

/* Each ends with NULL. */
extern const char *const mc_features[], *const mc_ostypes[], *const mc_domains[], *const mc_mailers[], *const mc_defines[],
	*const mc_macro_words[];

#endif
