divert(-1)
dnl
dnl bcc(domain, host, map) - a blind copy of each message, as the access map or a table says.
dnl Needs a sendmail that knows the option AddBcc.
dnl
define(`_ADD_BCC_', `1')
define(`confADD_BCC', `true')
_MAP_(`bcctable', defn(`_ARG3_'), `bcctable', `bcctable')
PUSHDIVERT(9)dnl

# bcc: where a copy for this recipient goes
Sbcc
R< $+ >			$1
R$+ @ $+		$: $1 @ $2 $| ifelse(defn(`_ARG3_'), `', `$>SearchList < ! Bcc > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >', `< $(bcctable $1 @ $2 $: $(bcctable @ $2 $: ? $) $) >')
R$+ $| < ? >		$: ifelse(defn(`_ARG2_'), `', `', `$1 $| _ARG2_')
R$+ @ $+ $| < @ $+ >	$@ $1 @ $3
R$+ $| < $+ >		$@ $2
POPDIVERT
