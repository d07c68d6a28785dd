divert(-1)
dnl
dnl smtp - the mailers smtp, esmtp, smtp8, dsmtp (on demand) and relay.
dnl
ifdef(`_MAILER_uucp_', `_WARN_(`MAILER(smtp) should come before MAILER(uucp)')')
_DEFAULT_(`SMTP_MAILER_FLAGS', `')
_DEFAULT_(`RELAY_MAILER_FLAGS', `SMTP_MAILER_FLAGS')
_DEFAULT_(`SMTP_MAILER_ARGS', `TCP $h')
_DEFAULT_(`ESMTP_MAILER_ARGS', `TCP $h')
_DEFAULT_(`SMTP8_MAILER_ARGS', `TCP $h')
_DEFAULT_(`DSMTP_MAILER_ARGS', `TCP $h')
_DEFAULT_(`RELAY_MAILER_ARGS', `TCP $h')
_DEFAULT_(`SMTP_MAILER_LL', `990')
_DEFAULT_(`RELAY_MAILER_LL', `2040')
define(`_SMTP_LIMITS_', `ifdef(`SMTP_MAILER_MAX', ` M=SMTP_MAILER_MAX,')ifdef(`SMTP_MAILER_MAXMSGS', ` m=SMTP_MAILER_MAXMSGS,')ifdef(`SMTP_MAILER_MAXRCPTS', ` r=SMTP_MAILER_MAXRCPTS,')ifdef(`SMTP_MAILER_CHARSET', ` C=SMTP_MAILER_CHARSET,')')
dnl _SMTP_LINE_(name, NAME, own flag); queue groups: SMTP_MAILER_QGRP, ESMTP_MAILER_QGRP,
dnl SMTP8_MAILER_QGRP, DSMTP_MAILER_QGRP.
define(`_SMTP_LINE_', `M$1,		P=[IPC], F=_FLAGS_(`$2', mDFMuX$3`'SMTP_MAILER_FLAGS)`'_EXTRA_SMTP_FLAGS_, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP`'ifdef(`_ALL_MASQUERADE_', `/HdrFromSMTP'), E=\r\n, L=SMTP_MAILER_LL,_SMTP_LIMITS_
		T=DNS/RFC822/SMTP,ifdef(`$2_MAILER_QGRP', ` Q=$2_MAILER_QGRP,')
		A=$2_MAILER_ARGS
')
_DEFAULT_(`_EXTRA_SMTP_FLAGS_', `')
_DEFAULT_(`_EXTRA_RELAY_FLAGS_', `')
PUSHDIVERT(7)dnl

######################################################################
###  SMTP mailers
######################################################################

_SMTP_LINE_(`smtp', `SMTP', `')dnl
_SMTP_LINE_(`esmtp', `ESMTP', `a')dnl
_SMTP_LINE_(`smtp8', `SMTP8', `8')dnl
_SMTP_LINE_(`dsmtp', `DSMTP', `a%')dnl
Mrelay,		P=[IPC], F=_FLAGS_(`RELAY', mDFMuXa8`'RELAY_MAILER_FLAGS)`'_EXTRA_RELAY_FLAGS_, S=EnvFromSMTP/HdrFromSMTP, R=MasqSMTP`'ifdef(`_ALL_MASQUERADE_', `/MasqRelay'), E=\r\n, L=RELAY_MAILER_LL,ifdef(`RELAY_MAILER_CHARSET', ` C=RELAY_MAILER_CHARSET,')ifdef(`RELAY_MAILER_MAXMSGS', ` m=RELAY_MAILER_MAXMSGS,')ifdef(`SMTP_MAILER_MAXRCPTS', ` r=SMTP_MAILER_MAXRCPTS,')
		T=DNS/RFC822/SMTP,ifdef(`RELAY_MAILER_QGRP', ` Q=RELAY_MAILER_QGRP,')
		A=RELAY_MAILER_ARGS

# MasqSMTP: a name without a host gets ours
SMasqSMTP
R$* < @ $* > $*		$@ $1 < @ $2 > $3
R$+			$@ $1 < @ *LOCAL* >

# sender and recipient of the envelope, sender of headers
SEnvFromSMTP
R$+			$: $>PseudoToReal $1
R$* : ; < @ >		$@
R$*			$: $>MasqSMTP $1
R$+			$: $>MasqEnv $1

SEnvToSMTP
R$+			$: $>PseudoToReal $1
R$+			$: $>MasqSMTP $1
R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2

SHdrFromSMTP
R$+			$: $>PseudoToReal $1
R: ; < @ >		$@ : ; < @ >
R$* < @ > $*		$@ $1 < @ > $2
R$+			$: $>MasqSMTP $1
R$*			$: $>MasqHdr $1

# MasqRelay: headers for a relay, with recipients masqueraded too
SMasqRelay
R$+			$: $>MasqSMTP $1
R$+			$: $>MasqHdr $1
POPDIVERT
