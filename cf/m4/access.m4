divert(-1)
dnl
dnl access - look things up in the access map.
dnl
dnl A, D, E, F and U get  < key > < default > < mark tag > < rest >  and give
dnl < value > < rest >.  The mark + asks for  tag:key  and then for the bare key, the
dnl mark ! for  tag:key  alone.  Rules of sites call them, so this form is public.
dnl
dnl _CIDR6_(number of groups, pattern, groups): rules that ask for  IPv6:groups::/length
define(`_CIDR6_', `_CIDR6_RULES_(`$1', `$2', `$3', eval($1 * 16), eval($1 + 1), eval($1 + 2), eval($1 + 3), eval($1 + 4))')
define(`_CIDR6_RULES_', `R< ? > < IPv6:$2 > < $`'* > < $`'- $`'- > < $`'* >	$: < $(access $`'$7 : IPv6:$3::/$4 $: ? $) > < IPv6:$3 > < $`'$5 > < $`'$6 $`'$7 > < $`'$8 >
R< ? > < IPv6:$2 > < $`'* > < + $`'- > < $`'* >	$: < $(access IPv6:$3::/$4 $: ? $) > < IPv6:$3 > < $`'$5 > < + $`'$6 > < $`'$7 >
')
divert(0)dnl

######################################################################
###  The access map
######################################################################

C{Accept}OK RELAY

# D: a domain, then the domains above it
SD
R< > < $* > < $* > < $* >	$@ < $1 > < $3 >
R< $+ > < $* > < $- $- > < $* >	$: < $(access $4 : $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $* > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
ifdef(`_LOOKUPDOTDOMAIN_', `R< ? > < $+ > < $* > < $- $- > < $* >	$: < $(access $4 : . $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $* > < + $- > < $* >	$: < $(access . $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
')dnl
R< ? > < [ $+ : $- ] > < $* > < $* > < $* >	$@ $>D < [ $1 ] > < $3 > < $4 > < $5 >
R< ? > < [ $+ . $- ] > < $* > < $* > < $* >	$@ $>D < [ $1 ] > < $3 > < $4 > < $5 >
R< ? > < $- . $+ > < $* > < $* > < $* >	$@ $>D < $2 > < $3 > < $4 > < $5 >
R< $* > < $+ > < $* > < $* > < $* >	$@ $>Found < $1 > < $3 > < $5 >

# A: a network address, then the networks it is in
SA
R< > < $* > < $* > < $* >	$@ < $1 > < $3 >
R< $+ > < $* > < $- $- > < $* >	$: < $(access $4 : $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $* > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
ifdef(`_ACCESS_CIDR_', `dnl
# networks whose length is no multiple of 8, before an octet or a group is left out
R< ? > < $-.$-.$-.$- > < $* > < $- $- > < $* >	$: < $1.$2.$3.$4 > < $5 > < $6 $7 > < $8 > $| $>Cidr < 254 > < 31 > < $6 $7 > < $4 > < $1.$2.$3. > < >
R< ? > < $-.$-.$- > < $* > < $- $- > < $* >	$: < $1.$2.$3 > < $4 > < $5 $6 > < $7 > $| $>Cidr < 254 > < 23 > < $5 $6 > < $3 > < $1.$2. > < .0 >
R< ? > < $-.$- > < $* > < $- $- > < $* >	$: < $1.$2 > < $3 > < $4 $5 > < $6 > $| $>Cidr < 254 > < 15 > < $4 $5 > < $2 > < $1. > < .0.0 >
R< ? > < $- > < $* > < $- $- > < $* >	$: < $1 > < $2 > < $3 $4 > < $5 > $| $>Cidr < 254 > < 7 > < $3 $4 > < $1 > < > < .0.0.0 >
R$+ $| < $* >		$: < $2 > $1
_CIDR6_(`7', `$-:$-:$-:$-:$-:$-:$-', `$1:$2:$3:$4:$5:$6:$7')dnl
_CIDR6_(`6', `$-:$-:$-:$-:$-:$-', `$1:$2:$3:$4:$5:$6')dnl
_CIDR6_(`5', `$-:$-:$-:$-:$-', `$1:$2:$3:$4:$5')dnl
_CIDR6_(`4', `$-:$-:$-:$-', `$1:$2:$3:$4')dnl
_CIDR6_(`3', `$-:$-:$-', `$1:$2:$3')dnl
_CIDR6_(`2', `$-:$-', `$1:$2')dnl
_CIDR6_(`1', `$-', `$1')dnl
')dnl
R< ? > < $+ :: $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
R< ? > < $+ : $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
R< ? > < $+ . $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
R< $* > < $+ > < $* > < $* > < $* >	$@ $>Found < $1 > < $3 > < $5 >

ifdef(`_ACCESS_CIDR_', `dnl
# Cidr:  < mask > < length > < mark tag > < octet > < before > < after >  asks for the network
# before.(octet & mask).after/length,  then for the next larger one, up to the whole octet
SCidr
R< $- > < $- > < $- $- > < $- > < $* > < $* >	$: < $(arith & $@ $5 $@ $1 $) > < $1 > < $2 > < $3 $4 > < $5 > < $6 > < $7 >
R< $- > < $- > < $- > < $- $- > < $- > < $* > < $* >	$: < $(access $5 : $7 $1 $8 / $3 $: ? $) > < $1 > < $2 > < $3 > < $4 $5 > < $6 > < $7 > < $8 >
R< ? > < $- > < $- > < $- > < + $- > < $- > < $* > < $* >	$: < $(access $6 $1 $7 / $3 $: ? $) > < $1 > < $2 > < $3 > < + $4 > < $5 > < $6 > < $7 >
R< ? > < $- > < 0 > $*	$@ < ? >
R< ? > < $- > < $- > < $- > < $- $- > $*	$: < $(arith * $@ $2 $@ 2 $) > < $3 > < $4 $5 > $6
R< $* > < $- > < $- > < $- > < $- $- > $*	$@ < $1 >
R< $- > < $- > < $- $- > $*	$: < $(arith & $@ $1 $@ 255 $) > < $2 > < $3 $4 > $5
R< $- > < $- > < $- $- > $*	$@ $>Cidr < $1 > < $(arith - $@ $2 $@ 1 $) > < $3 $4 > $5

')dnl
# F: a whole address, with its detail and without; U: a user with the at sign
SU
R$*				$@ $>F $1
SF
R< > < $* > < $* > < $* >	$@ < $1 > < $3 >
R< $+ > < $* > < $- $- > < $* >	$: < $(access $4 : $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $* > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
R< ? > < $+ + $* @ $* > < $* > < $- $- > < $* >	$: < $(access $6 : $1 +* @ $3 $: ? $) > < $1 + $2 @ $3 > < $4 > < $5 $6 > < $7 >
R< ? > < $+ + $* @ $* > < $* > < + $- > < $* >	$: < $(access $1 +* @ $3 $: ? $) > < $1 + $2 @ $3 > < $4 > < + $5 > < $6 >
R< ? > < $+ + $* @ $* > < $* > < $* > < $* >	$@ $>F < $1 @ $3 > < $4 > < $5 > < $6 >
R< $* > < $+ > < $* > < $* > < $* >	$@ $>Found < $1 > < $3 > < $5 >

# E: exactly this key, which may be empty
SE
R< $* > < $* > < $- $- > < $* >	$: < $(access $4 : $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< $* > < $* > < $* > < $* > < $* >	$@ $>Found < $1 > < $3 > < $5 >

# Found: the value or the default
SFound
R< ? > < $* > < $* >		$@ < $1 > < $2 >
ifdef(`_ACCESS_SKIP_', `R< SKIP > < $* > < $* >		$@ < $1 > < $2 >
')dnl
R< $+ > < $* > < $* >		$@ < $1 > < $3 >

# SearchList:  < mark tag > $| < letter : key > ... < >  gives the first value, < ? > if none
SSearchList
R< $* > $| < >			$@ < ? >
R< $* > $| < F : $+ > $*	$: < $1 > $>F < $2 > < ? > < $1 > < $3 >
R< $* > $| < U : $+ > $*	$: < $1 > $>U < $2 > < ? > < $1 > < $3 >
R< $* > $| < D : $+ > $*	$: < $1 > $>D < $2 > < ? > < $1 > < $3 >
R< $* > $| < A : $+ > $*	$: < $1 > $>A < $2 > < ? > < $1 > < $3 >
R< $* > $| < E : $* > $*	$: < $1 > $>E < $2 > < ? > < $1 > < $3 >
R< $* > $| < $- : > $*		$: < $1 > < ? > < $3 >
R< $* > < ? > < $+ >		$@ $>SearchList < $1 > $| $2
R< $* > < $+ > < $* >		$@ < $2 >

# Verdict: what a value means for a check:  < ? >  says nothing, one of class
# Accept is returned with $#, everything else refuses
SVerdict
R< ? >				$@ ?
R< $={Accept} >			$# $1
R< REJECT >			ifdef(`confREJECT_MSG', `$#error $: "confREJECT_MSG"', `$#error $@ 5.7.1 $: "550 Access denied"')
R< DISCARD >			$#discard $: discard
R< QUARANTINE : $+ >		$#error $@ quarantine $: $1
R< ERROR : $-.$-.$- : $+ >	$#error $@ $1.$2.$3 $: $4
R< ERROR : $+ >			$#error $: $1
R< $* <TMPF> >			$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< $+ >				$#error $: $1
