divert(-1)
dnl
dnl address - rulesets 3 (one form for every address), 4 (back to what is sent),
dnl 0 (which mailer, which host, which user), and what they share.
dnl
dnl Inside, an address is  user < @ host . >  : the brackets show the host that
dnl counts, the last dot says that the name service (or we) know that name.
dnl A ruleset below is mostly a list of special cases that leave with $@.
dnl
divert(0)dnl

######################################################################
###  Ruleset 3 - canonify: any address becomes  user < @ host . >
######################################################################

Scanonify=3

R$@			$@ < @ >			nothing is the null address
R$*			$: $>Members $1
R: ; $*			$@ : ; < @ >			a list of nobody
R$* < $* < $*		< $3				the innermost brackets count
R$* < > $*		$@ < @ >
R$* < @ > $*		$@ : ; < @ >			a list of nobody, too
R$* < $+ > $*		$: $2

# a route  @a,@b:user@host  is used up to its end only
R@ $+ , $+		$2
R@ [ $* ] : $+		$2
R@ $+ : $+		$2

# the members of a list that has a domain of its own
R$+ : $* ; @ $+		$@ $>Canonify2 $1 : $2 ; < @ $3 >
R$+ : ;			$@ $1 : ; < @ >
R$+ ;			$: $1

# the host is what stands behind the last at sign
R$+ @ $+		$: $1 < @ $2 >
R$+ < @ $* @ $+ >	$1 @ $2 < @ $3 >
R$+ < @ $+ >		$@ $>Canonify2 $1 < @ $2 >
ifdef(`_NO_UUCP_', `', `
# host!user: a name with dots is a domain, any other a UUCP neighbour
R$+ ! $+		$: $2 < @ $1 . UUCP >
R$+ < @ $+ . $- . UUCP >	$: $1 < @ $2 . $3 >
R$+ < @ $+ >		$@ $>Canonify2 $1 < @ $2 >
')dnl
ifdef(`_DECNET_SYNTAX_', `
# host::user
R$- :: $+		$@ $>Canonify2 $2 < @ $1 . DECNET >
R$- . $- :: $+		$@ $>Canonify2 $3 < @ $1 . $2 . DECNET >
')dnl
ifdef(`_NO_PERCENTHACK_', `
# an at sign with nothing before or behind it
R$* @ $*		$: $1 < @ $2 >
R$* < @ $* >		$@ $>Canonify2 $1 < @ $2 >
', `
# user%host: the last sign that is left counts as an at sign
R$* @ $*		$1 % $2
R$* % $*		$: $1 < @ $2 >
R$* < @ $* % $* >	$1 % $2 < @ $3 >
R$* < @ $* >		$@ $>Canonify2 $1 < @ $2 >
')dnl

R$*			$@ $>Canonify2 $1		a name of ours

# Members: take the group syntax  name: members;  off, unless the colon belongs
# to something else
SMembers
R$* < $* > $*		$@ $1 < $2 > $3
R@ $*			$@ @ $1				a route
R$* [ IPv6 : $+ ] $*	$@ $1 [ IPv6 : $2 ] $3		an address literal
R$* :: $*		$@ $1 :: $2			DECnet
R:`include': $*		$@ :`include': $1			a list in a file
R$* : $*		$: $2
R$* ;			$1
R$@			$@ : ;

######################################################################
###  Ruleset 96 - Canonify2: is the host ours, is it known, what is its name
######################################################################

SCanonify2=96

R$* < @ localhost > $*			$: $1 < @ $j . > $2
R$* < @ localhost . $m > $*		$: $1 < @ $j . > $2
ifdef(`_NO_UUCP_', `', `R$* < @ localhost . UUCP > $*		$: $1 < @ $j . > $2
')dnl

# an address literal is ours or is left alone
R$* < @ [ $+ ] > $*			$: < literal > $1 < @ [ $2 ] > $3
R< literal > $* < @ $=w > $*		$: $1 < @ $j . > $3
R< literal > $*				$@ $1
ifdef(`_DOMAIN_TABLE_', `
# domaintable
R$* < @ $+ > $*				$: $1 < @ $(domaintable $2 $) > $3
')dnl
undivert(2)dnl
ifdef(`_BITDOMAIN_TABLE_', `
# bitdomain: the Internet name of a BITNET host
R$* < @ $+ . BITNET > $*		$: $1 < @ $(bitdomain $2 $: $2.BITNET $) > $3
')dnl
ifdef(`_UUDOMAIN_TABLE_', `
# uucpdomain: the Internet name of a UUCP host
R$* < @ $+ . UUCP > $*			$: $1 < @ $(uudomain $2 $: $2.UUCP $) > $3
')dnl
ifdef(`_NO_UUCP_', `', `
ifdef(`UUCP_RELAY', `R$* < @ $=V . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3
',`')dnl
ifdef(`_CLASS_U_', `R$* < @ $=U . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3
')dnl
ifdef(`_CLASS_W_', `R$* < @ $=W . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3
')dnl
ifdef(`_CLASS_X_', `R$* < @ $=X . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3
')dnl
ifdef(`_CLASS_Y_', `R$* < @ $=Y . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3
')dnl
ifdef(`UUCP_RELAY', `', `ifdef(`_NO_CANONIFY_', `', `# a UUCP name that the name service knows is a domain
R$* < @ $+ . UUCP > $*			$: $1 < @ $[ $2 $] . UUCP . > $3
R$* < @ $+ . . UUCP . > $*		$@ $1 < @ $2 . > $3
')')')dnl

# a name under a pseudo domain, or with a dot at its end, is final
R$* < @ $* $=P > $*			$: $1 < @ $2 $3 . > $4
R$* < @ $* . . > $*			$1 < @ $2 . > $3
ifdef(`_NO_CANONIFY_', `dnl
# nocanonify: names are taken as they are (the daemon flag c turns it off)
R$* < @ $+ > $*				$: < $&{daemon_flags} > $1 < @ $2 > $3
R< $* > $* < @ $* . > $*		$: $2 < @ $3 . > $4
R< $* c $* > $* < @ $+ > $*		$: $3 < @ $[ $4 $] > $5
ifdef(`_CANONIFY_CLASS_', `dnl
R< $* > $* < @ $={Canonify} > $*	$: $2 < @ $[ $3 $] > $4
R< $* > $* < @ $* $={Canonify} > $*	$: $2 < @ $[ $3 $4 $] > $5
')dnl
ifdef(`_CANONIFY_HOSTS_', `dnl
R< $* > $* < @ $- > $*			$: $2 < @ $[ $3 $] > $4
')dnl
R< $* > $* < @ $+ . $+ > $*		$: $2 < @ $3 . $4 . > $5
R< $* > $* < @ $+ > $*			$: $2 < @ $3 > $4
', `dnl
# ask the name service (not if the daemon flag C is set)
R$* < @ $+ > $*				$: < $&{daemon_flags} > $1 < @ $2 > $3
R< $* > $* < @ $* . > $*		$: $2 < @ $3 . > $4
R< $* CC $* > $* < @ $+ . $+ > $*	$: $3 < @ $4 . $5 . > $6
R< $* CC $* > $* < @ $+ > $*		$: $3 < @ $4 > $5
R< $* > $* < @ $+ > $*			$: $2 < @ $[ $3 $] > $4
')dnl

# names of ours are known in any case
R$* < @ $=w > $*			$: $1 < @ $2 . > $3
ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `R$* < @ $* $=M > $*			$: $1 < @ $2 $3 . > $4
', `R$* < @ $=M > $*			$: $1 < @ $2 . > $3
')dnl
ifdef(`_VIRTUSER_TABLE_', `ifdef(`_VIRTUSER_ENTIRE_DOMAIN_', `R$* < @ $* $={VirtHost} > $*		$: $1 < @ $2 $3 . > $4
', `R$* < @ $={VirtHost} > $*		$: $1 < @ $2 . > $3
')')dnl
ifdef(`_GENERICS_TABLE_', `ifdef(`_GENERICS_ENTIRE_DOMAIN_', `R$* < @ $* $=G > $*			$: $1 < @ $2 $3 . > $4
', `R$* < @ $=G > $*			$: $1 < @ $2 . > $3
')')dnl
R$* < @ $* . . > $*			$1 < @ $2 . > $3

######################################################################
###  Ruleset 4 - final: what is shown and sent
######################################################################

Sfinal=4

R$+ : ; < @ >		$@ $1 :				the empty list
R$* < @ >		$@				the null address
R$* < @ $+ . > $*	$1 < @ $2 > $3			without the dot of known names
R$* < @ *LOCAL* > $*	$: $1 < @ $j > $2
R$* < $+ > $*		$1 $2 $3			without the brackets
R@ $+ : @ $+ : $+	@ $1 , @ $2 : $3		a route has one colon
R@ $*			$@ @ $1
ifdef(`_NO_UUCP_', `', `R$+ @ $- . UUCP		$2 ! $1
')dnl
ifdef(`_DECNET_SYNTAX_', `R$+ @ $+ . DECNET	$2 :: $1
')dnl
R$+ % $=w @ $=w		$1 @ $2				our own name twice

######################################################################
###  Ruleset 97: once more from the start
######################################################################

SRecurse=97

R$*			$: $>canonify $1
R$*			$@ $>parse $1

######################################################################
###  Ruleset 0 - parse: mailer, host and user of a recipient
######################################################################

Sparse=0

R$*			$: $>Parse0 $1			refuse what cannot be
R< @ >			$#_LOCAL_ $: < @ >
R$*			$: $>ParseLocal $1		rules of the site
R$*			$: $>Parse1 $1			decide

#
# Parse0: the address as it came, without a host of ours that only forwards
# (user%host@here), or an error.
#
SParse0

R< @ >			$@ < @ >
R$* : $* ; < @ >	$#error $@ 5.1.3 $: "553 List:; syntax illegal for recipient addresses"
R@ < @ $* >		< @ $1 >
R< @ $+ >		$#error $@ 5.1.3 $: "553 User address required"
R$+ < @ >		$#error $@ 5.1.3 $: "553 Hostname required"
R$+ < @ $+ >		$: $1 < @ $2 > $| $>HostSyntax $2
R$* $| $# $*		$# $2
R$* $| $*		$: $1
R$* @ $* < @ $* >	$#error $@ 5.1.3 $: "553 Invalid route address"

# at a host of ours, quotes do not hide what forwards
R$=O			$@ $1
R$-			$: $(dequote $1 $) < @ *LOCAL* >
R$- < @ $=w . >		$: $(dequote $1 $) < @ $2 . >
R< @ $+ >		$#error $@ 5.1.3 $: "553 User address required"
R$* $=O $* < @ *LOCAL* >	$@ $>Parse0 $>canonify $1 $2 $3
R$* $=O $* < @ $=w . >	$@ $>Parse0 $>canonify $1 $2 $3
R$* < @ *LOCAL* >	$: $1

# HostSyntax: an error if this cannot be the name of a host
SHostSyntax
R[ $* ] $+		$#error $@ 5.1.2 $: "553 Invalid address"
R[ $* ]			$@ ok
R. $*			$#error $@ 5.1.2 $: "553 Invalid host name"
R$* . . $*		$#error $@ 5.1.2 $: "553 Invalid host name"
R$* : $*		$#error $@ 5.1.2 $: "553 Colon illegal in host name part"
R$* @ $*		$#error $@ 5.1.2 $: "553 Invalid route address"

#
# Parse1: the decision.
#
SParse1
ifdef(`_REDIRECT_', `
# people who have moved
R$* < @ $+ . REDIRECT . >	$#error $@ 5.1.1 $: "551 User has moved; please try " < $1 @ $2 >
')dnl
ifdef(`_LDAP_ROUTING_', `
# ldap_routing
R$+ < @ $={LDAPRoute} . >	$: $>LDAPExpand < $1 < @ $2 . > > < $1 @ $2 > < >
R$+ < @ $={LDAPRouteEquiv} . >	$: $>LDAPExpand < $1 < @ $2 . > > < $1 @ $M > < >
')dnl

# an address literal is its own host
R$* < @ [ $+ ] > $*	$: $>ParseLocal $1 < @ [ $2 ] > $3
ifdef(`_MAILER_smtp_', `dnl
R$* < @ [ $+ ] $* > $*	$: < $S > $1 < @ [ $2 ] $3 > $4
R< > $* < @ [ $+ ] : $+ > $*	$#_SMTP_ $@ [ $2 ] : $3 $: $1 < @ [ $2 ] : $3 > $4
R< > $* < @ [ $+ ] > $*	$#_SMTP_ $@ [ $2 ] $: $1 < @ [ $2 ] > $3
R< $~[ : $+ > $* < @ [ $+ ] $* > $*	$@ $>MailerToTriple < $1 : $2 > $3 < @ [ $4 ] $5 > $6
R< $+ > $* < @ [ $+ ] $* > $*	$#_SMTP_ $@ $1 $: $2 < @ [ $3 ] $4 > $5
')dnl
ifdef(`_VIRTUSER_TABLE_', `
# virtusertable: what it says is parsed from the start
R$+ < @ $=w . >		$: < virtual > $1 < @ $2 >
R$+ < @ $={VirtHost} . >	$: < virtual > $1 < @ $2 >
ifdef(`_VIRTUSER_ENTIRE_DOMAIN_', `R$+ < @ $* $={VirtHost} . >	$: < virtual > $1 < @ $2 $3 >
')dnl
R< virtual > $+ < @ $+ >	$: $>VirtUser $1 < @ $2 >
R< error : $-.$-.$- : $+ > $*	$#error $@ $1.$2.$3 $: $4
R< error : $- $+ > $*	$#error $@ $(dequote $1 $) $: $2
R< $+ > $+ < @ $+ . >	$: $(macro {Virtual} $@ $2 @ $3 $) < $1 > $2 < @ $3 . >
R< $&{Virtual} > $+ < @ $+ . >	$#_LOCAL_ $: $1 @ $2			an address that is its own value
R< $+ > $+ < @ $+ >	$@ $>Recurse $1
')dnl

# mail for this host
ifdef(`_STICKY_HOST_', `ifdef(`MAIL_HUB', `R$+ < @ $=w . >		$@ $>MailerToTriple < $H > $1 < @ $2 . >
', `R$+ + $* < @ $=w . >	$#_LOCAL_ $: $1 + $2
R$+ < @ $=w . >		$#_LOCAL_ $: @ $1
')', `R$=L < @ $=w . >	$#_LOCAL_ $: @ $1			class L: always here
R$+ < @ $=w . >		$#_LOCAL_ $: $1
')dnl
ifdef(`_MAILER_TABLE_', `
# mailertable
R$* < @ $+ > $*		$: < $2 > $1 < @ $2 > $3
R< $+ . > $*		$: < $1 > $2
R< $+ > $*		$: < $(mailertable $1 $: $) > < $1 > $2
R< $~[ : $* > < $+ > $*	$@ $>MailerToTriple < $1 : $2 > $4
R< $* > < $+ > $*	$: $>Mailertable < > < $2 > $3
')dnl
undivert(4)dnl
ifdef(`_NO_UUCP_', `', `ifdef(`_CLASS_V_', `R$* < @ $=V . UUCP . > $*	$@ $>MailerToTriple < $V > $1 < @ $2 . UUCP . > $3
')ifdef(`_CLASS_W_', `R$* < @ $=W . UUCP . > $*	$@ $>MailerToTriple < $W > $1 < @ $2 . UUCP . > $3
')ifdef(`_CLASS_X_', `R$* < @ $=X . UUCP . > $*	$@ $>MailerToTriple < $X > $1 < @ $2 . UUCP . > $3
')ifdef(`UUCP_RELAY', `R$* < @ $* . UUCP . > $*	$@ $>MailerToTriple < $Y > $1 < @ $2 . UUCP . > $3
', `ifdef(`_MAILER_uucp_', `R$* < @ $* . UUCP . > $*	$`'#confUUCP_MAILER $@ $2 $: $1 < @ $2 . UUCP . > $3
')')')dnl
dnl
# pseudo domains have their relays
ifdef(`BITNET_RELAY', `R$* < @ $+ . BITNET . > $*	$@ $>MailerToTriple < $B > $1 < @ $2 . BITNET . > $3
')ifdef(`DECNET_RELAY', `R$* < @ $+ . DECNET . > $*	$@ $>MailerToTriple < $C > $1 < @ $2 . DECNET . > $3
', `ifdef(`_MAILER_mail11_', `R$* < @ $+ . DECNET . > $*	$#mail11 $@ $2 $: $1 $3
')')ifdef(`_MAILER_pop_', `R$+ < @ POP . >		$#pop $: $1
')ifdef(`_MAILER_fax_', `R$+ < @ $+ . FAX . >	$#fax $@ $2 $: $1
', `ifdef(`FAX_RELAY', `R$+ < @ $+ . FAX . >	$@ $>MailerToTriple < $F > $1 < @ $2 . FAX . >
')')ifdef(`_BESTMX_', `
# a host whose best mail exchanger is this one
ifdef(`_BESTMX_CLASS_', `R$* < @ $* $=B . > $*	$: < $(bestmx $2 $3 . $: $) > $1 < @ $2 $3 . > $4
', `R$* < @ $+ > $*		$: < $(bestmx $2 $: $) > $1 < @ $2 > $3
')R< $=w . > $* $=O $* < @ $* > $*	$@ $>Recurse $2 $3 $4
R< $=w . > $* < @ $* > $*	$#_LOCAL_ $@ $: $2
R< $* > $* < @ $+ > $*	$: $2 < @ $3 > $4
')dnl
undivert(1)dnl

# whatever still has a host: the smart host, else the name itself
ifdef(`_NO_SMART_RULES_',, `dnl
R$* < @ $* > $*		$: $>MailerToTriple < $S > $1 < @ $2 > $3
')dnl
ifdef(`_MAILER_smtp_', `dnl
R$* < @ $* > $*		$#_SMTP_ $@ $2 $: $1 < @ $2 > $3
', `dnl
R$* < @ $* > $*		$#error $@ 5.1.2 $: "553 Unrecognized host name " $2
')dnl

# a name without a host
ifdef(`_MAILER_usenet_', `R$+ . USENET		$#usenet $@ usenet $: $1
')dnl
R$=L			$#_LOCAL_ $: @ $1
R$+			$#_LOCAL_ $: $1
