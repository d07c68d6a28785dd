divert(-1)
dnl
dnl mail11 - mail11 carries mail over DECnet.
dnl
ifdef(`DECNET_RELAY',, `define(`_PSEUDO_DOMAINS_', ifdef(`_PSEUDO_DOMAINS_', `defn(`_PSEUDO_DOMAINS_')')`CPDECNET
')')
_DEFAULT_(`MAIL11_MAILER_PATH', `/usr/etc/mail11')
_DEFAULT_(`MAIL11_MAILER_FLAGS', `nsFx')
_DEFAULT_(`MAIL11_MAILER_ARGS', `mail11 $g $x $h $u')
PUSHDIVERT(7)dnl

######################################################################
###  DECnet mailer
######################################################################

Mmail11,	P=MAIL11_MAILER_PATH, F=_FLAGS_(`MAIL11', MAIL11_MAILER_FLAGS), S=Mail11From, R=Mail11To,
		T=DNS/X-DECnet/X-Unix,ifdef(`MAIL11_MAILER_QGRP', ` Q=MAIL11_MAILER_QGRP,')
		A=MAIL11_MAILER_ARGS

# Mail11From, Mail11To: the form  node::user
SMail11From
R< @ >			$n
R$*			$@ $>Mail11To $1

SMail11To
R$+ < @ $- . DECNET . >	$@ $2 :: $1
R$+ < @ $- . DECNET >	$@ $2 :: $1
R$+ < @ $=w . >		$@ $1

POPDIVERT
