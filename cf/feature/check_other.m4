divert(-1)
dnl
dnl check_other(expression) - end a session whose unknown command looks like a header.
dnl
_DEFAULT_(`_CHECK_OTHER_', `1')
PUSHDIVERT(6)dnl
Kbadcmd regex -m -a<BADCMD> ifelse(defn(`_ARG_'), `', `^[[:print:]]+ *:', `_ARG_')
POPDIVERT
PUSHDIVERT(9)dnl

Scheck_other
R$* $| 5		$: $(badcmd $1 $)
R$* <BADCMD>		$#error $@ 4.7.0 $: 421 bad command
POPDIVERT
