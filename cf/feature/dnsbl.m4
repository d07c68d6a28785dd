divert(-1)
dnl
dnl dnsbl(domain, message or discard or quarantine, t or message) - refuse clients that a
dnl DNS list holds.  The last argument says what happens if the list cannot be asked.
dnl
ifelse(defn(`_ARG_'), `', `_FAULT_(`FEATURE(dnsbl) needs the domain of the list')')
_DEFAULT_(`DNSBL_MAP', `dns -R A')
_DEFAULT_(`DNSBL_MAP_OPT', `')
dnl A list answers in 127.0.0.0/8 (RFC 5782 2.1); what a domain that is for sale answers lists
dnl nobody, and 127.255.255 is a list's word for an error.
_DEFAULT_(`_DNSBL_ANSWERS_', `R$`'* $| < ? 127.255.255.$`'- >	$: $`'1 $| < ? 127.255.255.$`'2 <TMP> >
R$`'* $| < ? 127.$`'-.$`'-.$`'- >	$: $`'1 $| < ! 127.$`'2.$`'3.$`'4 >
R$`'* $| < ? $`'-.$`'-.$`'-.$`'- >	$: $`'1
R$`'* $| < ! $`'+ >	$: $`'1 $| < ? $`'2 >
')
ifdef(`_DNSBL_',, `define(`_DNSBL_', `1')PUSHDIVERT(6)dnl
Kdnsbl DNSBL_MAP -T<TMP>ifelse(defn(`DNSBL_MAP_OPT'), `', `', ` DNSBL_MAP_OPT')
POPDIVERT')
PUSHDIVERT(8)dnl
# the DNS list _ARG_
R$*			$: $1 $| $&{client_addr}
R$* $| $-.$-.$-.$-	$: $1 $| < ? $(dnsbl $5.$4.$3.$2._ARG_. $: OK $) >
R$* $| < ? OK >		$: $1
_DNSBL_ANSWERS_()dnl
ifelse(defn(`_ARG3_'), `', `R$* $| < ? $+ <TMP> >	$: $1
', `R$* $| < ? $+ <TMP> >	$#error $@ 4.4.3 $: ifelse(defn(`_ARG3_'), `t', `"451 Temporary lookup failure of " $&{client_addr} " at _ARG_"', `_ARG3_')
')dnl
R$* $| < ? $+ >		ifelse(defn(`_ARG2_'), `', `$#error $@ 5.7.1 $: "550 Rejected: " $&{client_addr} " listed at _ARG_"',
	defn(`_ARG2_'), `discard', `$#discard $: _ARG_', defn(`_ARG2_'), `quarantine', `$#error $@ quarantine $: _ARG_', `$#error $@ 5.7.1 $: _ARG2_')
R$* $| $*		$: $1
POPDIVERT
