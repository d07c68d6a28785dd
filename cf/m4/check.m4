divert(-1)
dnl
dnl check - what a client, a sender and a recipient of SMTP must pass.
dnl
dnl Each check asks the ruleset Local_check_... of the site first, which decides
dnl with $#, or leaves it to us.  A result that begins with $#error or $#discard
dnl refuses; any other accepts.
dnl
dnl With delay_checks the checks of client and sender have other names and are
dnl called by check_rcpt.
dnl
define(`_CHECK_RELAY_', ifdef(`_DELAY_CHECKS_', `checkrelay', `check_relay'))
define(`_CHECK_MAIL_', ifdef(`_DELAY_CHECKS_', `checkmail', `check_mail'))
define(`_CHECK_RCPT_', ifdef(`_DELAY_CHECKS_', `checkrcpt', ifdef(`_GREYLIST_', `known_rcpt', `check_rcpt')))
divert(0)dnl

######################################################################
###  CanonAddr, ParseRecipient: addresses as the checks want them
######################################################################

SCanonAddr
R$*			$: $>Parse0 $>canonify $1

# ParseRecipient: where it will go in the end; relays of ours in a route or before
# a percent sign are taken off
SParseRecipient
R$*			$: $>CanonAddr $1
R$* < @ $* . >		$: $1 < @ $2 >
ifdef(`_LOOSE_RELAY_CHECK_', `', `R$* $=O $* < @ $+ >	$: $1 $2 $3 < @ $4 > $| $>RelayHost $4
R$* < @ $* > $| RELAY	$@ $>ParseRecipient $1
R$* $| $*		$: $1
')dnl

# RelayHost: RELAY if mail for this host is ours to relay
SRelayHost
R$+			$: $>RelayClass $1
RRELAY			$@ RELAY
ifdef(`_ACCESS_TABLE_', `R$+			$: ifdef(`_RELAY_HOSTS_ONLY_', `$>F', `$>D') < $1 > < ? > < + To > < $1 >
R< RELAY > < $* >	$@ RELAY
R< $* <TMPF> > < $* >	$@ TEMP
R< $* > < $* >		$: $2
')dnl
R$+			$@ $>RelayMX $1

# RelayClass: RELAY if a class says so, else the host itself
SRelayClass
R$=w			$@ RELAY
ifdef(`_RELAY_ENTIRE_DOMAIN_', `R$* $=m			$@ RELAY
')dnl
ifdef(`_RELAY_HOSTS_ONLY_', `R$=R			$@ RELAY
', `R$* $=R			$@ RELAY
')dnl

# RelayMX: RELAY if the name service says that we are its mail exchanger
SRelayMX
ifdef(`_BESTMX_', `R`'ifdef(`_BESTMX_CLASS_', `$* $=B		$: < $(bestmx $1 $2 $: $) > $1 $2', `$+			$: < $(bestmx $1 $: $) > $1')
R< $=w . > $*		$@ RELAY
R< $* > $*		$: $2
')dnl
ifdef(`_RELAY_MX_SERVED_', `R$+			$: < : $(mxserved $1 $) : > $1
R< : $* <TEMP> : > $*	$@ MXTEMP
R< $* : $=w . : $* > $*	$@ RELAY
')dnl
R$*			$@ NO

######################################################################
###  _CHECK_RELAY_: may this client connect        host $| address
######################################################################

SLocal_check_relay
S`'_CHECK_RELAY_
ifdef(`_USE_CLIENT_PTR_', `R$* $| $*		$: $&{client_ptr} $| $2
')dnl
R$*			$: $1 $| $>"Local_check_relay" $1
R$* $| $* $| $#$*	$#$3
R$* $| $* $| $*		$@ $>"Basic_check_relay" $1 $| $2

SBasic_check_relay
R$* $| $*		$: < $&{deliveryMode} > $1 $| $2
R< d > $*		$@ deferred
R< $* > $*		$: $2
ifdef(`_ACCESS_TABLE_', `R$+ $| $+		$: $>D < $1 > < ? > < + Connect > < $2 >
R $| $+			$: $>A < $1 > < ? > < + Connect > < >
R< ? > < $+ >		$: $>A < $1 > < ? > < + Connect > < $1 >
R< ? > < $* : $+ >	$: $>A < [ $1 : $2 ] > < ? > < + Connect > < $1 : $2 >
R< $={Accept} > < $* >	$@ $1
R< $* > < $* >		$: $2 $| $>Verdict < $1 >
R$* $| $#$*		$#$2
R$* $| $*		$: $1 $| $1
')dnl
ifdef(`_RDNS_CHECK_', `_RDNS_CHECK_()')dnl
undivert(8)dnl
ifdef(`_RATE_CONTROL_', `ifdef(`_RATE_NODELAY_', `', `R$*			$: $1 $| $>RateControl x
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')')dnl
ifdef(`_CONN_CONTROL_', `ifdef(`_CONN_NODELAY_', `', `R$*			$: $1 $| $>ConnControl x
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')')dnl
R$*			$@ OK

######################################################################
###  _CHECK_MAIL_: the sender of MAIL FROM
######################################################################

SLocal_check_mail
S`'_CHECK_MAIL_
R$*			$: $1 $| $>"Local_check_mail" $1
R$* $| $#$*		$#$2
R$* $| $*		$@ $>"Basic_check_mail" $1

SBasic_check_mail
R$*			$: < $&{deliveryMode} > $1
R< d > $*		$@ deferred
R< $* > $*		$: $2

R$*			$: $1 $| $>"tls_client" $&{verify} $| MAIL
R$* $| $#$*		$#$2
R$* $| $*		$: $1

R< >			$@ < OK >			bounces are welcome
R< $+ >			$: $1

ifdef(`_ACCEPT_UNQUALIFIED_', `', `dnl
# names that only a host of ours may use
R$+			$: < $&{daemon_flags} > $1
R< $* u $* > $+		$: $3
R< $* f $* > $+ @ $-	$: $&{client_name} $| $3 @ $4
R< $* > $+ @ localhost	$: $&{client_name} $| $2 @ localhost
R< $* > $+ @ localhost . $m	$: $&{client_name} $| $2 @ localhost . $m
ifdef(`_NO_UUCP_', `', `R< $* > $+ @ localhost . UUCP	$: $&{client_name} $| $2 @ localhost . UUCP
')dnl
R< $* > $+ @ [ 127.0.0.1 ]	$: $&{client_name} $| $2 @ [ 127.0.0.1 ]
R< $* > $+ @ [ IPv6:0:0:0:0:0:0:0:1 ]	$: $&{client_name} $| $2 @ [ IPv6:0:0:0:0:0:0:0:1 ]
R< $* > $+ @ [ IPv6:::1 ]	$: $&{client_name} $| $2 @ [ IPv6:::1 ]
R< $* > $+		$: $2
R$=w $| $+		$: $2
R$@ $| $+		$: $1
R$+ $| $+		$#error $@ 5.5.4 $: "553 Real domain name required for sender address"
')dnl

# the domain must exist
R$*			$: < ? > $>CanonAddr $1
R< ? > $* $# $*		$: < ? >			what cannot be parsed has no domain
R< ? > $* < @ >		$: < ? >
R< ? > $+ < @ $+ . >	$: < ? > $1 < @ $2 >
ifdef(`_ACCEPT_UNRESOLVABLE_', `R< ? > $+ < @ $+ > $*	$: < OKR > $1 < @ $2 > $3
', `R< ? > $+ < @ $* $=P > $*	$: < OKR > $1 < @ $2 $3 > $4
R< ? > $+ < @ $j > $*	$: < OKR > $1 < @ $j > $2
R< ? > $+ < @ $+ > $*	$: < $(resolve $2 $: $2 <PERM> $) > $1 < @ $2 > $3
R< $* < $- > > $*	$: < $2 > $3
')dnl
ifdef(`_RHSBL_RULES_', `_RHSBL_RULES_()')dnl
ifdef(`_ACCESS_TABLE_', `
# what the access map says about the sender
R< $- > $+ < @ $+ > $*	$: < $1 > $2 < @ $3 > $4 $| $>SearchList < + From > $| < F : $2 @ $3 > < U : $2 @ > < D : $3 > < >
R< ? > $+		$: < ? > $1 $| $>NoHost $1
R$* $| < $* >		$: $1 $| $>Verdict < $2 >
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl

# a sender without a domain
R< ? > $*		$: < ? $&{client_addr} > $1
R< ? > $*		$@ < OKR >			written on this host
ifdef(`_ACCEPT_UNQUALIFIED_', `R< ? $+ > $*		$@ < OKR >
', `R< ? $+ > $*		$: < $&{daemon_flags} > < ? > $2
R< $* u $* > < ? > $*	$@ < OKR >
R< $* > < ? > $*	$#error $@ 5.5.4 $: "553 Domain name required for sender address " $&f
')dnl
ifdef(`_ACCEPT_UNRESOLVABLE_', `', `
ifdef(`_BADMX_', `R< $={ResOk} > $* < @ $+ > $*	$: < $1 > $2 < @ $3 > $4 $| $>BadMX $3
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
R< $={ResOk} > $*	$@ < $1 >
R< TEMP > $*		$#error $@ 4.1.8 $: "451 Domain of sender address " $&f " does not resolve"
R< PERM > $*		$#error $@ 5.1.8 $: "553 Domain of sender address " $&f " does not exist"
')dnl
R$*			$@ < OKR >
ifdef(`_ACCESS_TABLE_', `
# NoHost: a sender that has no domain, by its user alone
SNoHost
R$+			$@ $>SearchList < + From > $| < U : $1 @ > < >
R$*			$@ < ? >
')dnl

######################################################################
###  _CHECK_RCPT_: the recipient of RCPT TO
######################################################################

SLocal_check_rcpt
S`'_CHECK_RCPT_
R$*			$: $1 $| $>"Local_check_rcpt" $1
R$* $| $#$*		$#$2
R$* $| $*		$@ $>"Basic_check_rcpt" $1

SBasic_check_rcpt
R$@			$#error $@ nouser $: "553 User address required"
R< >			$#error $@ nouser $: "553 User address required"
R$*			$: < $&{deliveryMode} > $1
R< d > $*		$@ deferred
R< $* > $*		$: $2
R$*			$: $>ParseRecipient $1
R$* < @ >		$#error $@ 5.1.3 $: "553 List:; syntax illegal for recipient addresses"
ifdef(`_BLOCKLIST_RCPT_', `
# what the access map says about the recipient
R$+			$: $1 $| $>BlockedRcpt $1
R$* $| $#OK		$: $1
R$* $| $#RELAY		$: $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl

# is it ours, or may it be relayed
R$*			$: $1 $| $>Rcpt_ok $1
R$* $| $#$*		$#$2
R$* $| RELAY		$@ RELAY
R$* $| $*		$: $1 $| $>Relay_ok $1
R$* $| $#$*		$#$2
R$* $| RELAY		$@ RELAY

# it may not
R$*			$: < $&{client_resolve} >
R<TEMP>			$#error $@ 4.4.0 $: "450 Relaying temporarily denied. Cannot resolve PTR record for " $&{client_addr}
R<FORGED>		$#error $@ 5.7.1 $: "550 Relaying denied. IP name possibly forged " $&{client_name}
R<FAIL>			$#error $@ 5.7.1 $: "550 Relaying denied. IP name lookup failed " $&{client_name}
R$*			$#error $@ 5.7.1 $: "_RELAY_TEXT_"
ifdef(`_BLOCKLIST_RCPT_', `
# BlockedRcpt: look the recipient up with the tag To
SBlockedRcpt
R$+ < @ $=w >		$: $>SearchList < + To > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >
R$+ < @ $+ >		$: $>SearchList < + To > $| < F : $1 @ $2 > < D : $2 > < >
R< $* >			$@ $>BlockedVerdict < $1 >
R$+			$: $>SearchList < + To > $| < U : $1 @ > < >
R< $* >			$@ $>BlockedVerdict < $1 >

SBlockedVerdict
R< REJECT >		$#error $@ 5.2.1 $: "550 Mailbox disabled for this recipient"
R$*			$@ $>Verdict $1
')dnl

# Rcpt_ok: authenticated clients may send anywhere, everybody to what is ours
SRcpt_ok
R$*			$: $1 $| $>"RelayTLS" $1
R$* $| $# $*		$# $2
R$* $| $*		$: $1
R$*			$: $1 $| $>"Local_Relay_Auth" $&{auth_type}
R$* $| $# $*		$# $2
R$* $| NO		$: $1 $|
R$* $| $*		$: $1 $| $&{auth_type}
ifdef(`_TRUST_AUTH_', `R$* $| $={TrustAuthMech}	$# RELAY
')dnl
R$* $| $*		$: $1
ifelse(defn(`_NO_UUCP_'), `r', `R$* ! $*		$@ NO
')ifelse(defn(`_NO_PERCENTHACK_'), `r', `R$* % $*		$@ NO
')dnl
ifdef(`_RELAY_FULL_ADDR_', `R$+ < @ $+ >		$: $1 < @ $2 > $| $>RelayClass $2
R$+ $| RELAY		$@ RELAY
R$+ < @ $+ > $| $*	$: $1 < @ $2 > $| $>SearchList < + To > $| < F : $1 @ $2 > < D : $2 > < >
R$+ $| < RELAY >	$@ RELAY
R$+ $| < $* <TMPF> >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R$+ < @ $+ > $| $*	$: $1 < @ $2 > $| $>RelayMX $2
', `R$+ < @ $+ >		$: $1 < @ $2 > $| $>RelayHost $2
')dnl
R$+ < @ $+ > $| TEMP	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R$+ < @ $+ > $| MXTEMP	$#error $@ 4.4.0 $: "450 Can not check MX records for recipient host " $2
R$+ < @ $+ > $| $*	$@ $3
R$+			$@ RELAY			a user here

# Relay_ok: clients that may send anywhere
SRelay_ok
ifdef(`_PROMISCUOUS_RELAY_', `R$*			$@ RELAY
')dnl
R$*			$: $&{client_addr}
R$@			$@ RELAY			written on this host
R0			$@ RELAY
R127.0.0.1		$@ RELAY
RIPv6:0:0:0:0:0:0:0:1	$@ RELAY
RIPv6:::1		$@ RELAY
R$=R $*			$@ RELAY			a network we relay for
ifdef(`_ACCESS_TABLE_', `R$+			$: $>A < $1 > < ? > < + Connect > < $1 >
R< RELAY > < $* >	$@ RELAY
R< $* <TMPF> > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< $* > < $* >		$: $2
')dnl
ifdef(`_DRAC_', `R$+			$: < $(drac $1 $: $) > $1
R< $+ > $*		$@ RELAY
R< > $*			$: $1
')dnl
R$*			$: [ $1 ]
R$=w			$@ RELAY			an address of ours
ifdef(`_RELAY_LOCAL_FROM_', `
# a sender that claims to be local
R$*			$: $>CanonAddr $&f
R$+ < @ $=w . >		$@ RELAY
')dnl
ifdef(`_RELAY_MAIL_FROM_', `
# a sender that the access map lists
R$*			$: $>CanonAddr $&f
R$+ < @ $+ . >		$: $1 < @ $2 >
R$+ < @ $+ >		$: $>SearchList < ! From > $| < F : $1 @ $2 > ifdef(`_RELAY_MAIL_FROM_DOMAIN_', `< D : $2 > ')< >
R< RELAY >		$@ RELAY
R< $* <TMPF> >		$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
')dnl

# the name of the client, if it can be trusted
R$*			$: < $&{client_resolve} >
R<TEMP>			$@ NO
R<FORGED>		$@ NO
R<FAIL>			$@ NO
R$*			$: $&{client_name}
R$@			$@ NO
R$* .			$: $1
R$=w			$@ RELAY
ifdef(`_RELAY_ENTIRE_DOMAIN_', `R$* $=m			$@ RELAY
')dnl
ifdef(`_RELAY_HOSTS_ONLY_', `R$=R			$@ RELAY
', `R$* $=R			$@ RELAY
')dnl
ifdef(`_ACCESS_TABLE_', `R$+			$: ifdef(`_RELAY_HOSTS_ONLY_', `$>F', `$>D') < $1 > < ? > < + Connect > < $1 >
R< RELAY > < $* >	$@ RELAY
R< $* <TMPF> > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
')dnl
R$*			$@ NO
ifdef(`_DELAY_CHECKS_', `
######################################################################
###  check_rcpt with delay_checks: recipient, then sender, then client
######################################################################

S`'ifdef(`_GREYLIST_', `known_rcpt', `check_rcpt')
R$*			$: $1 $| $>"checkrcpt" $1
R$* $| $#$*		$#$2				refused, or trusted
R$* $| $*		$: $1
ifdef(`_SPAM_FRIEND_', `R$*			$: $1 $| $>SpamTag $1
R$* $| FRIEND		$@ OK
R$* $| $*		$: $1
')dnl
ifdef(`_SPAM_HATER_', `R$*			$: $1 $| $>SpamTag $1
R$* $| HATER		$: $1
R$* $| $*		$@ OK
')dnl
R$*			$: $1 $| $>"checkmail" ifdef(`_FFR_MAIL_MACRO', `$&{mail_from}', `< $&f >')
R$* $| $#$*		$#$2
ifdef(`_BLOCK_BAD_HELO_', `R$* $| $*		$: $1
R$*			$: $1 $| $>BadHelo $&s
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
R$*			$@ $>"checkrelay" $&{client_name} $| $&{client_addr}
ifdef(`_BLOCK_BAD_HELO_', `
# BadHelo: a HELO name without a dot, or our own, from a client that is not ours
SBadHelo
R$*			$: $&{auth_authen} $| $1
R$+ $| $*		$@ OK				whoever has authenticated
R $| $*			$: $&{client_addr} $| $1
R0 $| $*		$@ OK
R$=R $* $| $*		$@ OK
R$* $| $@		$#error $@ 5.7.1 $: "550 bogus HELO name used: "
R$* $| [ $* ]		$: [ $2 ]
R$* $| $-		$#error $@ 5.7.1 $: "550 bogus HELO name used: " $2
R$* $| $*		$: $2
R$=w			$#error $@ 5.7.1 $: "550 bogus HELO name used: " $1
R$*			$@ OK
')dnl
ifdef(`_SPAM_TAGS_', `
# SpamTag: what the access map says with the tag Spam
SSpamTag
R$*			$: $>ParseRecipient $1
R$+ < @ $=w >		$: $>SearchList < ! Spam > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >
R$+ < @ $+ >		$: $>SearchList < ! Spam > $| < F : $1 @ $2 > < D : $2 > < >
R< $* >			$@ $1
R$+			$: $>SearchList < ! Spam > $| < U : $1 @ > < >
R< $* >			$@ $1
')')dnl
