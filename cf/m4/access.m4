divert(-1)
dnl
dnl access - look things up in the access map.
dnl
dnl A, D, E, F and U get  < key > < default > < mark tag > < rest >  and give
dnl < value > < rest >.  The mark + asks for  tag:key  and then for the bare key, the
dnl mark ! for  tag:key  alone.  Rules of sites call them, so this form is public.
dnl
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
ifdef(`_ACCESS_CIDR_', `dnl
R< $+ > < $* > < $- $- > < $* >	$: < $(accessnets $4 : $1 $@ $3 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
', `dnl
R< $+ > < $* > < $- $- > < $* >	$: < $(access $4 : $1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $* > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
R< ? > < $+ :: $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
R< ? > < $+ : $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
R< ? > < $+ . $- > < $* > < $* > < $* >	$@ $>A < $1 > < $3 > < $4 > < $5 >
')dnl
R< $* > < $+ > < $* > < $* > < $* >	$@ $>Found < $1 > < $3 > < $5 >

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
