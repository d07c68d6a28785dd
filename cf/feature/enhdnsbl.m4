divert(-1)
dnl
dnl enhdnsbl(domain, message, t or message, answer, ...) - a DNS list of which only some
dnl answers refuse; the answers may be patterns of rules.
dnl
ifelse(defn(`_ARG_'), `', `_FAULT_(`FEATURE(enhdnsbl) needs the domain of the list')')
_DEFAULT_(`EDNSBL_TO', `5')
dnl As in FEATURE(dnsbl), unless answers are given; map ednsbl puts a dot behind them.
_DEFAULT_(`_EDNSBL_ANSWERS_', `R$`'* $| < ? 127.255.255.$`'-. >	$: $`'1 $| < ? 127.255.255.$`'2 <TMP> >
R$`'* $| < ? 127.$`'-.$`'-.$`'-. >	$: $`'1 $| < ! 127.$`'2.$`'3.$`'4 >
R$`'* $| < ? $`'-.$`'-.$`'-.$`'-. >	$: $`'1
R$`'* $| < ! $`'+ >	$: $`'1 $| < ? $`'2 >
')
ifdef(`_EDNSBL_',, `define(`_EDNSBL_', `1')PUSHDIVERT(6)dnl
Kednsbl dns -R A -a. -T<TMP> -r`'EDNSBL_TO
POPDIVERT')
define(`_EDNSBL_TEXT_', ifelse(defn(`_ARG2_'), `', ``"550 Rejected: " $&{client_addr} " listed at _ARG_"'', `defn(`_ARG2_')'))
define(`_EDNSBL_ACTION_', `ifelse(defn(`_ARG2_'), `discard', ``$'`#discard $: discard'', defn(`_ARG2_'), `quarantine', ``$'`#error $'`@ quarantine $: _ARG_'', ``$'`#error $'`@ 5.7.1 $: '_EDNSBL_TEXT_')')
define(`_EDNSBL_RULE_', `ifelse(`$1', `', `', `R$'`* $| < ? $1 >	_EDNSBL_ACTION_
')')
PUSHDIVERT(8)dnl
# the DNS list _ARG_
R$*			$: $1 $| $&{client_addr}
R$* $| $-.$-.$-.$-	$: $1 $| < ? $(ednsbl $5.$4.$3.$2._ARG_. $: OK $) >
R$* $| < ? OK >		$: $1
ifelse(defn(`_ARG4_'), `', `_EDNSBL_ANSWERS_()')dnl
ifelse(defn(`_ARG3_'), `', `R$* $| < ? $+ <TMP> >	$: $1
', `R$* $| < ? $+ <TMP> >	$#error $@ 4.4.3 $: ifelse(defn(`_ARG3_'), `t', `"451 Temporary lookup failure of " $&{client_addr} " at _ARG_"', `_ARG3_')
')dnl
ifelse(defn(`_ARG4_'), `', `_EDNSBL_RULE_(`$+')', `_EDNSBL_RULE_(defn(`_ARG4_'))_EDNSBL_RULE_(defn(`_ARG5_'))_EDNSBL_RULE_(defn(`_ARG6_'))_EDNSBL_RULE_(defn(`_ARG7_'))_EDNSBL_RULE_(defn(`_ARG8_'))_EDNSBL_RULE_(defn(`_ARG9_'))')dnl
R$* $| $*		$: $1
POPDIVERT
