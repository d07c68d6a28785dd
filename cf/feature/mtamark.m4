divert(-1)
dnl
dnl mtamark(message, t or message, prefix) - refuse hosts whose reverse name says that they
dnl send no mail.
dnl
PUSHDIVERT(6)dnl
Kmtamark dns -R TXT -a. -T<TMP> -r5
POPDIVERT
PUSHDIVERT(8)dnl
# MTA mark of the client
R$*			$: $1 $| $&{client_addr}
R$* $| $-.$-.$-.$-	$: $1 $| < ? $(mtamark ifelse(defn(`_ARG3_'), `', `_perm._smtp._srv', `_ARG3_').$5.$4.$3.$2.in-addr.arpa. $: OK $) >
R$* $| < ? 0. >		$#error $@ 5.7.1 $: ifelse(defn(`_ARG_'), `', `"550 Rejected: " $&{client_addr} " not listed as MTA"', `_ARG_')
ifelse(defn(`_ARG2_'), `', `', `R$* $| < ? $+ <TMP> >	$#error $@ 4.4.3 $: ifelse(defn(`_ARG2_'), `t', `"451 Temporary lookup failure of " $&{client_addr}', `_ARG2_')
')dnl
R$* $| $*		$: $1
POPDIVERT
