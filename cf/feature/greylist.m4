divert(-1)
dnl
dnl greylist(wait, retry, keep, senders, optin) - put off the first mail of a stranger.
dnl
dnl A triplet of network, sender and recipient that was never seen is told to come
dnl again; it may after `wait' (5m), must within `retry' (2d) and is known for `keep'
dnl (36d).  After so many `senders' (5; 0: never) of a network have come again the whole
dnl network is let in.  Greylist: entries of the access map except clients, recipients
dnl and senders; with `optin' only what they name with YES or a time is put off.
dnl
_DEFAULT_(`_GREY_WAIT_', ifelse(defn(`_ARG_'), `', `5m', `_ARG_'))
_DEFAULT_(`_GREY_RETRY_', ifelse(defn(`_ARG2_'), `', `2d', `_ARG2_'))
_DEFAULT_(`_GREY_KEEP_', ifelse(defn(`_ARG3_'), `', `36d', `_ARG3_'))
_DEFAULT_(`_GREY_GOOD_', ifelse(defn(`_ARG4_'), `', `5', `_ARG4_'))
ifelse(defn(`_ARG5_'), `', `', defn(`_ARG5_'), `optin', `define(`_GREY_OPTIN_', `1')',
	`_FAULT_(`FEATURE(greylist) knows only optin as its fifth argument')')
ifdef(`_GREY_OPTIN_', `_NEEDS_(`FEATURE(greylist, , , , , optin)', `FEATURE(access_db)', `_ACCESS_TABLE_')')
_DEFAULT_(`confGREYLIST_MSG', `451 Greylisted, please try again in')
define(`_GREYLIST_', `1')
define(`_ANGARIUM_ONLY_', `1')
PUSHDIVERT(6)dnl
Kgreylist greylist -w`'_GREY_WAIT_ -r`'_GREY_RETRY_ -k`'_GREY_KEEP_ -n`'_GREY_GOOD_
POPDIVERT
