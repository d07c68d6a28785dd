divert(-1)
dnl
dnl uucp - uucp-old (uucp), uucp-new (suucp) and, with smtp, uucp-dom, uucp-uudom.
dnl
_DEFAULT_(`UUCP_MAILER_PATH', `/usr/bin/uux')
_DEFAULT_(`UUCP_MAILER_FLAGS', `')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`UUCP_MAILER_MAX', `100000')
ifdef(`_NO_UUCP_', `_WARN_(`MAILER(uucp) makes little sense with FEATURE(nouucp)')')
ifdef(`_MAILER_smtp_',, `_WARN_(`without MAILER(smtp) before it, MAILER(uucp) has no uucp-dom and uucp-uudom')')
define(`_CLASS_U_', `1')define(`_CLASS_Y_', `1')define(`_CLASS_Z_', `1')
define(`_UUCP_LINE_', `M$1,		P=UUCP_MAILER_PATH, F=_FLAGS_(`UUCP', $2`'UUCP_MAILER_FLAGS), S=$3, R=$4, M=UUCP_MAILER_MAX,ifdef(`UUCP_MAILER_CHARSET', ` C=UUCP_MAILER_CHARSET,')
		T=X-UUCP/X-UUCP/X-Unix,ifdef(`UUCP_MAILER_QGRP', ` Q=UUCP_MAILER_QGRP,')
		A=UUCP_MAILER_ARGS
')
PUSHDIVERT(6)dnl
# our UUCP name
DU$k
POPDIVERT
PUSHDIVERT(4)dnl
# neighbours by UUCP: old ones, those that take several recipients, those with domains
R$* < @ $=U . UUCP . > $*	$#uucp-old $@ $2 $: $1 < @ $2 . UUCP . > $3
R$* < @ $=Y . UUCP . > $*	$#uucp-new $@ $2 $: $1 < @ $2 . UUCP . > $3
ifdef(`_MAILER_smtp_', `R$* < @ $=Z . UUCP . > $*	$#uucp-uudom $@ $2 $: $1 < @ $2 . UUCP . > $3
')dnl
POPDIVERT
PUSHDIVERT(7)dnl

######################################################################
###  UUCP mailers
######################################################################

_UUCP_LINE_(`uucp', `DFMhuUd', `FromU', `EnvToU/HdrToU')dnl
_UUCP_LINE_(`uucp-old', `DFMhuUd', `FromU', `EnvToU/HdrToU')dnl
_UUCP_LINE_(`suucp', `mDFMhuUd', `FromU', `EnvToU/HdrToU')dnl
_UUCP_LINE_(`uucp-new', `mDFMhuUd', `FromU', `EnvToU/HdrToU')dnl
ifdef(`_MAILER_smtp_', `_UUCP_LINE_(`uucp-dom', `mDFMhud', `EnvFromUD/HdrFromSMTP', `EnvToSMTP')dnl
_UUCP_LINE_(`uucp-uudom', `mDFMhud', `EnvFromUUD/HdrFromSMTP', `EnvToSMTP')dnl
')dnl

# FromU: senders as bang paths that begin with our name
SFromU
R< @ >			$n
R: ; < @ >		$@
R$* < @ $* . UUCP . >	$@ $U ! $2 ! $1
R$* < @ $* . UUCP >	$@ $U ! $2 ! $1
R$=w ! $+		$2
R$* < @ *LOCAL* >	$@ $U ! $1
R$* < @ $=w . >		$@ $U ! $1
R$* < @ $+ . >		$@ $U ! $2 ! $1
R$* < @ $+ >		$@ $U ! $2 ! $1
R$U ! $+		$@ $U ! $1
R$+			$@ $U ! $1

# EnvToU, HdrToU: recipients as bang paths
SEnvToU
R: ; < @ >		$@
R$* < @ $=w . >		$@ $1
R$* < @ $- . UUCP . >	$@ $2 ! $1
R$* < @ $- . UUCP >	$@ $2 ! $1
R$* < @ $+ . >		$@ $2 ! $1
R$* < @ $+ >		$@ $2 ! $1

SHdrToU
R$+			$@ $>FromU $1
ifdef(`_MAILER_smtp_', `
# EnvFromUD: senders with domains; EnvFromUUD: bang paths without our name
SEnvFromUD
R< @ >			$n
R$+			$@ $>EnvFromSMTP $1

SEnvFromUUD
R$+			$: $>EnvFromUD $1
R$* < @ *LOCAL* >	$: $1 < @ $j . >
R$* < @ $+ . >		$: $1 < @ $2 >
R$* < @ $- . UUCP >	$@ $2 ! $1
R$* < @ $+ >		$@ $2 ! $1
')dnl
POPDIVERT
