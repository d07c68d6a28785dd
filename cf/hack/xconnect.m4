divert(-1)
dnl
dnl xconnect - clients whose Connect entry says so may use XCONNECT.
dnl
_NEEDS_(`HACK(xconnect)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(9)dnl

Sx_connect
R$* $| $*		$: $>D < $1 > < ? > < ! XCONNECT > < $2 >
R< ? > < $* >		$: $>A < $1 > < ? > < ! XCONNECT > < >
R< $+ > < $* >		$@ $1
POPDIVERT
