divert(-1)
dnl
dnl cssubdomain - names of one subdomain are known in the other too.
dnl
PUSHDIVERT(2)dnl
R$* < @ $* . $m > $*	$: $1 < @ $2 . $m > $3
POPDIVERT
