divert(-1)
dnl
dnl local - the mailers local and prog.
dnl
ifdef(`_NULL_CLIENT_', `_DEFAULT_(`_LOCAL_BASE_FLAGS_', `lsDFM5q')', `_DEFAULT_(`_LOCAL_BASE_FLAGS_', `lsDFMAw5:/|@q')')
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/mail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Prmn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -d $u')
_DEFAULT_(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `X-Unix')
_DEFAULT_(`LOCAL_MAILER_SENDER', `EnvFromL/HdrFromL')
_DEFAULT_(`LOCAL_SHELL_PATH', `/bin/sh')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `eu9')
_DEFAULT_(`LOCAL_SHELL_ARGS', `sh -c $u')
_DEFAULT_(`LOCAL_SHELL_DIR', `$z:/')
_DEFAULT_(`_SHELL_BASE_FLAGS_', `lsDFMoq')
define(`_LOCAL_FLAGS_', `_FLAGS_(`LOCAL', _LOCAL_BASE_FLAGS_`'LOCAL_MAILER_FLAGS)')
define(`_SHELL_FLAGS_', `_FLAGS_(`SHELL', _SHELL_BASE_FLAGS_`'LOCAL_SHELL_FLAGS)')
PUSHDIVERT(7)dnl

######################################################################
###  Local and program mailers
######################################################################

Mlocal,		P=LOCAL_MAILER_PATH, F=_LOCAL_FLAGS_, S=LOCAL_MAILER_SENDER, R=EnvToL/HdrToL,ifdef(`LOCAL_MAILER_EOL', ` E=LOCAL_MAILER_EOL,')ifdef(`LOCAL_MAILER_MAX', ` M=LOCAL_MAILER_MAX,')ifdef(`LOCAL_MAILER_MAXMSGS', ` m=LOCAL_MAILER_MAXMSGS,')ifdef(`LOCAL_MAILER_MAXRCPTS', ` r=LOCAL_MAILER_MAXRCPTS,')ifdef(`LOCAL_MAILER_CHARSET', ` C=LOCAL_MAILER_CHARSET,')
		T=DNS/RFC822/LOCAL_MAILER_DSN_DIAGNOSTIC_CODE,ifdef(`LOCAL_MAILER_QGRP', ` Q=LOCAL_MAILER_QGRP,')
		A=LOCAL_MAILER_ARGS
Mprog,		P=LOCAL_SHELL_PATH, F=_SHELL_FLAGS_, S=EnvFromL/HdrFromL, R=EnvToL/HdrToL, D=LOCAL_SHELL_DIR,ifdef(`LOCAL_MAILER_MAX', ` M=LOCAL_MAILER_MAX,')
		T=X-Unix/X-Unix/X-Unix,ifdef(`LOCAL_PROG_QGRP', ` Q=LOCAL_PROG_QGRP,')
		A=LOCAL_SHELL_ARGS

# sender and recipient of the envelope, sender and recipient of headers
SEnvFromL
R< @ >			$n				our own errors
R@ < @ $* >		$n
R$+			$: $>AddDomain $1
ifdef(`_LOCAL_NO_MASQUERADE_', `R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
', `R$*			$: $>MasqEnv $1
')dnl

SEnvToL
R$+ < @ $* >		$: $1				users need no host

SHdrFromL
R< @ >			$n
R@ < @ $* >		$n
R$+			$: $>AddDomain $1
ifdef(`_LOCAL_NO_MASQUERADE_', `', `R$*			$: $>MasqHdr $1
')dnl

SHdrToL
R$+			$: $>AddDomain $1
ifdef(`_ALL_MASQUERADE_', `ifdef(`_LOCAL_NO_MASQUERADE_', `', `R$*			$: $>MasqHdr $1
')')dnl

# AddDomain: give names without a host that of this one, if the site wants it
SAddDomain
ifdef(`_ALWAYS_ADD_DOMAIN_', `R$* < @ $* > $*		$@ $1 < @ $2 > $3
R$+			$@ $1 < @ ifelse(_ALWAYS_ADD_DOMAIN_, `', `*LOCAL*', `_ALWAYS_ADD_DOMAIN_') >
')dnl
POPDIVERT
