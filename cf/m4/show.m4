divert(-1)
dnl
dnl show - the name a sender or a header shows: masquerading, genericstable.
dnl
dnl *LOCAL* as a host stands for this one, by whatever name it is to be shown.
dnl
divert(0)dnl

######################################################################
###  Ruleset 93 - MasqHdr: masquerade an address of a header
######################################################################

SMasqHdr=93
ifdef(`_GENERICS_TABLE_', `
# genericstable
R$+ < @ *LOCAL* >		$: < $1 @ $j > $1 < @ *LOCAL* >
R$+ < @ ifdef(`_GENERICS_ENTIRE_DOMAIN_', `$* $=G . >		$: < $1 @ $2 $3 > $1 < @ $2 $3 . >', `$=G . >			$: < $1 @ $2 > $1 < @ $2 . >')
R< $+ > $+ < @ $+ >		$: $>Generic < $1 > $2 < @ $3 >
# a domain from the table is shown as it is
R< > $*				$@ $1
')dnl

# users of class E are shown with the host they are on
R$=E < @ *LOCAL* >		$@ $1 < @ $j . >
ifdef(`MASQUERADE_NAME', `ifdef(`_LIMITED_MASQUERADE_', `', `R$=E < @ $=w . >		$@ $1 < @ $2 . >
')dnl
R$=E < @ ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `$* $=M . >		$@ $1 < @ $2 $3 . >', `$=M . >		$@ $1 < @ $2 . >')
ifdef(`_MASQ_EXCEPT_', `
# hosts of class N, and those below them, keep their names
R$+ < @ $* $=N . >		$@ $1 < @ $2 $3 . >
')dnl

R$* < @ ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `$* $=M . > $*		$: $1 < @ *LOCAL* > $4', `$=M . > $*		$: $1 < @ *LOCAL* > $3')
ifdef(`_LIMITED_MASQUERADE_', `', `R$* < @ $=w . > $*		$: $1 < @ *LOCAL* > $3
')dnl
R$* < @ *LOCAL* > $*		$@ $1 < @ $M . > $2
', `R$* < @ *LOCAL* > $*		$@ $1 < @ $j . > $2
')dnl

######################################################################
###  Ruleset 94 - MasqEnv: masquerade an address of the envelope
######################################################################

SMasqEnv=94
ifdef(`_MASQUERADE_ENVELOPE_', `R$*				$@ $>MasqHdr $1
', `R$* < @ *LOCAL* > $*		$: $1 < @ $j . > $2
')dnl

######################################################################
###  Ruleset 98 - ParseLocal: rules of the site
######################################################################

SParseLocal=98
undivert(3)dnl
