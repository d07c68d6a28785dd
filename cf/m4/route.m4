divert(-1)
dnl
dnl route - what a table or a relay name means.
dnl
divert(0)dnl

######################################################################
###  Ruleset 95 - MailerToTriple: < mailer:host > address  becomes a decision
######################################################################

SMailerToTriple=95

R< > $*				$@ $1				nothing said
R< error : $-.$-.$- : $+ > $*	$#error $@ $1.$2.$3 $: $4
R< error : $+ > $*		$#error $: $1
R< local : $* > $* < @ $+ . >	$: < local : $1 > $2 < @ $3 >
R< local : > $* < @ $* >	$#_LOCAL_ $@ $1 @ $2 $: $1
R< local : $+ @ $+ > $* < @ $* >	$#_LOCAL_ $@ $3 @ $4 $: $1
R< local : $+ > $* < @ $* >	$#_LOCAL_ $@ $2 @ $3 $: $1
R< local : > $*			$#_LOCAL_ $@ $1 $: $1
R< local : $+ > $*		$#_LOCAL_ $@ $2 $: $1
R< $~[ : > $* < @ $+ > $*	$# $1 $@ $3 $: $2 < @ $3 > $4	no host: the one of the address
R< $~[ : $+ @ $+ > $* < @ $* > $*	$# $1 $@ $3 $: $2 < @ $3 >	mailer:user@host
R< $~[ : $+ > $*		$# $1 $@ $2 $: $3		mailer:host
R< $=w > $*			$@ $2				ourselves: ignored
R< $+ > $*			$#_RELAY_ $@ $1 $: $2		a host
ifdef(`_MAILER_TABLE_', `
######################################################################
###  Ruleset 90 - Mailertable:  < left. > < host > address  looks for .parent
######################################################################

SMailertable=90
R< $* > < $- . $+ > $*		$: < $(mailertable .$3 $@ $1 $2 $: $) > < $1 $2 . > < $3 > $4
R< $~[ : $* > < $* > < $+ > $*	$@ $>MailerToTriple < $1 : $2 > $5
R< $* > < $* > < $+ . $+ > $*	$@ $>Mailertable < $2 > < $3 . $4 > $5
R< $* > < $* > < $+ > $*	$: < $2 > < $3 > $4
R< $* > < $+ > $*		$: < $(mailertable . $@ $1$2 $: $) > $3
R< $~[ : $* > $*		$@ $>MailerToTriple < $1 : $2 > $3
R< $* > $*			$@ $2
')dnl
ifdef(`_VIRTUSER_TABLE_', `
#
# VirtUser: look  user < @ host >  up, from the closest key to @host.
#
SVirtUser
R$+ < @ $+ >			$: < $(virtuser $1 @ $2 $@ $1 $: $) > $1 < @ $2 >
R< > $+ + $+ < @ $+ >		$: < $(virtuser $1 ++ @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ + $* < @ $+ >		$: < $(virtuser $1 +* @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ + $* < @ $+ >		$: < $(virtuser $1 @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ + $+ < @ $+ >		$: < $(virtuser ++ @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ + $* < @ $+ >		$: < $(virtuser +* @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ + $* < @ $+ >		$: < $(virtuser @ $3 $@ $1 $@ $2 $@ +$2 $: $) > $1 + $2 < @ $3 >
R< > $+ < @ $+ >		$: < $(virtuser @ $2 $@ $1 $: $) > $1 < @ $2 >
R< > $+ < @ $+ >		$@ $1 < @ $2 . >
R< $+ > $+ < @ $+ >		$@ < $1 > $2 < @ $3 . >
')dnl
ifdef(`_GENERICS_TABLE_', `
#
# Generic:  < key > address  looks the key up; the answer replaces the address.
#
SGeneric
R< $+ > $*			$: < $(generics $1 $: $) > < $1 > $2
R< > < $+ + $* @ $+ > $*	$: < $(generics $1 +* @ $3 $@ $2 $: $) > < $1 + $2 @ $3 > $4
R< > < $+ + $* @ $+ > $*	$: < $(generics $1 @ $3 $@ $2 $: $) > < $1 + $2 @ $3 > $4
R< > < $+ @ $+ > $*		$: < $(generics @ $2 $@ $1 $: $) > < $1 @ $2 > $3
R< > < $+ @ $+ > $*		$: < $(generics $1 $: $) > < $1 @ $2 > $3
R< > < $+ + $* @ $+ > $*	$: < $(generics $1 +* $@ $2 $: $) > < $1 + $2 @ $3 > $4
R< > < $+ + $* @ $+ > $*	$: < $(generics $1 $@ $2 $: $) > < $1 + $2 @ $3 > $4
R< > < $+ > $*			$@ $2
R< $+ > < $+ > $*		$: < > $>canonify $1
R< > $* < @ $* > $*		$@ $1 < @ $2 > $3
R< > $*				$@ $1 < @ *LOCAL* >
')dnl
