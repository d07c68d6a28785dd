divert(-1)
dnl
dnl rhsbl(domain, message) - refuse senders whose domain a DNS list holds.
dnl
ifelse(defn(`_ARG_'), `', `_FAULT_(`FEATURE(rhsbl) needs the domain of the list')')
ifdef(`_RHSBL_',, `define(`_RHSBL_', `1')PUSHDIVERT(6)dnl
Krhsbl dns -R A -T<TMP>
POPDIVERT')
define(`_RHSBL_RULES_', ifdef(`_RHSBL_RULES_', `defn(`_RHSBL_RULES_')')`# the DNS list '_ARG_`
R< $`'- > $`'* < @ $`'+ > $`'*	$: < ? $(rhsbl $`'3.'_ARG_`. $: OK $) > < $`'1 > $`'2 < @ $`'3 > $`'4
R< ? OK > $`'*		$: $`'1
R< ? $`'+ <TMP> > $`'*	$: $`'2
R< ? $`'+ > $`'*		$`'#error $`'@ 5.7.1 $: 'ifelse(defn(`_ARG2_'), `', ``"550 Rejected: " $&f " listed at 'defn(`_ARG_')`"'', `defn(`_ARG2_')')`
')
