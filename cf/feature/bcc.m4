divert(-1)
dnl
dnl bcc(map, next hop, address, rewriting map) - a blind copy of mail for some recipients.
dnl The map is empty (bcctable), `access' (tag Bcc:), or a specification. Its keys are
dnl user@domain, domain and .domain; OK: a copy for the address of the third argument, or for
dnl the recipient; anything else is the address, @domain just another host. The next hop
dnl (mailer:host) is where copies go, else each goes where its address leads.
dnl Needs a sendmail that knows the option AddBcc.
dnl
define(`_ADD_BCC_', `1')
define(`confADD_BCC', `true')
ifelse(defn(`_ARG_'), `access', `', `_MAP_(`bcctable', defn(`_ARG_'), `bcctable', `bcctable', `-T<TMPF>')')
ifelse(defn(`_ARG4_'), `', `', `_MAP_(`bcccanon', defn(`_ARG4_'), `bcccanon', `bcccanon')')
define(`_BCC_HOP_', defn(`_ARG2_'))
define(`_BCC_COLON_', index(defn(`_BCC_HOP_'), `:'))
ifelse(index(defn(`_BCC_HOP_'), `['), `0', `define(`_BCC_COLON_', `-1')')
PUSHDIVERT(9)dnl

# bcc: who gets a copy of what is for this recipient
Sbcc
R< $* >			$1
R$- 			$: $1 @ $j
R$* < $* > $*		$1 $2 $3
ifelse(defn(`_ARG_'), `access', `R$+ @ $+		$: $1 @ $2 $| $>SearchList < ! Bcc > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >
', `R$+ @ $+		$: $1 @ $2 $| < $2 > < $(bcctable $1 @ $2 $: ? $) >
R$+ $| < $+ > < ? >	$: $1 $| < . $2 > < $(bcctable $2 $: ? $) >
R$+ $| < . $- . $+ > < ? >	$1 $| < . $3 > < $(bcctable . $3 $: ? $) >
R$+ $| < $* > < $* >	$: $1 $| < $3 >
')dnl
R$* $| $* < TMPF > $*	$#error $@ 4.3.0 $: "451 4.3.0 Temporary system failure. Please try again later."
R$* $| $* < ? >		$@
R$* $| < >		$@
R$+ $| < OK >		$: ifelse(defn(`_ARG3_'), `', `$1', `_ARG3_')
R$+ @ $+ $| < @ $+ >	$: $1 @ $3
R$+ $| < $+ >		$: $2
ifelse(defn(`_ARG4_'), `', `', `R$+			$: $(bcccanon $1 $: $1 $)
')dnl
ifelse(defn(`_BCC_HOP_'), `', `', `R$+			$# ifelse(_BCC_COLON_, `-1', `_RELAY_', `substr(defn(`_BCC_HOP_'), `0', _BCC_COLON_)') $@ ifelse(_BCC_COLON_, `-1', `_BCC_HOP_', `substr(defn(`_BCC_HOP_'), incr(_BCC_COLON_))') $: $1
')dnl
POPDIVERT
