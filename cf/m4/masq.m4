divert(-1)
dnl
dnl masq - ruleset 5: a local name that no alias has changed goes to a hub, or loses
dnl its detail, or is a user here.
dnl
divert(0)dnl

######################################################################
###  Ruleset 5 - localaddr: a local name that no alias has changed
######################################################################

SLocal_localaddr
Slocaladdr=5

R$+			$: $1 $| $>"Local_localaddr" $1
R$+ $| $# ok		$@ $1
R$+ $| $# $*		$# $2
R$+ $| $*		$: $1
ifdef(`_MSP_', `
# everything goes to the daemon
R$+			$: $>CanonAddr $1
R$+ < @ $+ . >		$: $1 < @ $2 >
R$+ < @ $+ >		$#_RELAY_ $@ ${MTAHost} $: $1 < @ $2 >
ifdef(`LOCAL_RELAY', `R$+			$@ $>MailerToTriple < $R > $1 < @ _HOST_IN_(LOCAL_RELAY) >
', `R$+			$#_RELAY_ $@ ${MTAHost} $: $1 < @ $j >
')dnl
', `ifdef(`_PLUS_DETAIL_', `', `
# user+detail: try the aliases of user+* and of user; the detail goes to the mailer
R$+ + *			$#_LOCAL_ $@ $&h $: $1
R$+ + $*		$#_LOCAL_ $@ + $2 $: $1 + *
')dnl
ifdef(`LUSER_RELAY', `
# names that are no users here, with their detail
R$+			$: < $(user $1 $: < > $) > $1
ifdef(`_PLUS_DETAIL_', `R< < > > $+ + $*	$: < $(user $1 $: < > $) > < $1 + $2 >
R< < > > < $+ >		$: < < > > $1
R< $+ > < $+ >		$: < $2 > $2
')dnl
R< < > > $+		$: < > $&h $| $1
R< > + $* $| $+		$: < > $2 + $1
ifdef(`_PRESERVE_LUSER_HOST_', `R< > $+ $| $+		$: < > $2 @ $1		the host that the triple has
')R< > $* $| $+		$: < > $2
R< $+ > $+		$: $1
ifelse(index(LUSER_RELAY, `local:'), `0', `R< > $+			$@ $>MailerToTriple < $L > $1
', `ifdef(`_PRESERVE_LUSER_HOST_', `R< > $+ @ $+		$@ $>MailerToTriple < $L > $1 < @ $2 >
')R< > $+			$@ $>MailerToTriple < $L > $1 < @ _HOST_IN_(LUSER_RELAY) >
')')dnl
ifdef(`MAIL_HUB', `define(`_ELSEWHERE_')', `ifdef(`LOCAL_RELAY', `define(`_ELSEWHERE_')')')dnl
ifdef(`_ELSEWHERE_', `
# another host has the mailboxes, and knows what to do with details
R$+			$: $&h $| $1
R+ $* $| $+		$: $2 + $1
R$* $| $+		$: $2
ifdef(`MAIL_HUB', `R$+			$@ $>MailerToTriple < $H > $1 < @ _HOST_IN_(MAIL_HUB) >
', `R$+			$@ $>MailerToTriple < $R > $1 < @ _HOST_IN_(LOCAL_RELAY) >
')', `
# what stood behind the + is the host, for .forward+detail and arguments of the mailer; the @ ends the search
R$+			$: $&h $| $1
R+ $* $| $+		$#_LOCAL_ $@ $1 $: @ $2
R$* $| $+		$@ $2
')')dnl
