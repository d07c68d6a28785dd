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
# Generic:  < key > address  looks the key up; the answer replaces the address, with < > before it if it has a domain.
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
R< > $* < @ $* > $*		$@ < > $1 < @ $2 > $3
R< > $*				$@ $1 < @ *LOCAL* >
')dnl
ifdef(`_LDAP_ROUTING_', `
######################################################################
###  LDAPExpand: where a directory sends an address   < address > < key > < detail >
######################################################################

SLDAPExpand
R< $* > < $+ > < $* >		$: < $(ldapmra $2 $: $) > < $(ldapmh $2 $: $) > < $1 > < $2 > < $3 >
ifdef(`_LDAP_TEMPFAIL_', `R< $* <TMPF> > < $* > < $+ > < $+ > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< $* > < $* <TMPF> > < $+ > < $+ > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
', `R< $* <TMPF> > < $* > < $+ > < $+ > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< $* > < $* <TMPF> > < $+ > < $+ > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
')dnl
# an address, and a host that is ours or none: go on with that address
R< $+ > < > < $* > < $* > < $* >	$@ $>LDAPLocal < $1 > < $4 >
R< $+ > < $=w > < $* > < $* > < $* >	$@ $>LDAPLocal < $1 > < $5 >
# a host that is ours and no address: the address as it was
R< > < $=w > < $+ > < $* > < $* >	$@ $2
# a host elsewhere
R< > < $+ > < $+ > < $* > < $* >	$@ $>LDAPHost < $1 > $2
R< $+ > < $+ > < $* > < $* > < $* >	$@ $>LDAPHost < $2 > $>canonify $1
# nothing: without the detail, then the domain alone
ifdef(`_LDAP_DETAIL_', `R< > < > < $+ > < $+ + $* @ $+ > < $* >	$@ $>LDAPExpand < $1 > < $2 @ $4 > < + $3 >
')dnl
ifdef(`_LDAP_NODOMAIN_', `', `R< > < > < $+ > < $- @ $+ > < $* >	$@ $>LDAPExpand < $1 > < @ $3 > < $4 >
R< > < > < $+ > < $+ @ $+ > < $* >	$@ $>LDAPExpand < $1 > < @ $3 > < $4 >
')dnl
ifdef(`_LDAP_BOUNCE_', `R< > < > < $+ > < $* > < $* >	$: < $&{addr_type} > $1
R< e r > $*			$#error $@ nouser $: "550 User unknown"
ifdef(`_LDAP_SENDER_', `R< e s > $*			$#error $@ nouser $: "550 User unknown"
')R< $* > $*			$@ $2
', `R< > < > < $+ > < $* > < $* >	$@ $1
')dnl

# LDAPLocal: go on with another address, which keeps the detail if the site wants it
SLDAPLocal
ifelse(defn(`_LDAP_DETAIL_'), `p', `R< $+ @ $+ > < + $* >		$: < $1 + $3 @ $2 > < >
')dnl
R< $+ > < $* >			$@ $>Parse0 $>canonify $1

# LDAPHost: the mailertable may know the host better
SLDAPHost
ifdef(`_MAILER_TABLE_', `R< $+ > $+			$: < $(mailertable $1 $: $1 $) > $2
')dnl
R< $~[ : $+ > $*		$@ $>MailerToTriple < $1 : $2 > $3
R< $+ > $*			$@ $>MailerToTriple < _RELAY_ : $1 > $2
')dnl
