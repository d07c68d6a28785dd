divert(-1)
dnl
dnl badmx(expression) - refuse senders whose mail exchangers have impossible addresses.
dnl
define(`_BADMX_', `1')
PUSHDIVERT(6)dnl
# addresses that no mail exchanger of another site can have
KBadMXIP regex -a<BADMXIP> ifelse(defn(`_ARG_'), `', `^(127\.|10\.|0\.0\.0\.0)', `_ARG_')
Kmxlist bestmx -z: -T<TEMP>
KdnsA dns -R A -a. -T<TEMP>
POPDIVERT
PUSHDIVERT(9)dnl

# BadMX: an error if a mail exchanger of this domain has such an address
SBadMX
R$+			$: < $(mxlist $1 $: ? $) > $1
R< $* <TEMP> > $*	$@ OK
R< ? > $*		$@ OK
R< $* > $*		$@ $>BadMXList $1 :
SBadMXList
R: $*			$1
R$@			$@ OK
R$+ : $*		$: < $(dnsA $1 $: ? $) > $2
R< $* > $*		$: < $(BadMXIP $1 $) > $2
R< $* <BADMXIP> > $*	$#error $@ 5.1.2 $: "550 Illegal MX record for host " $&{mail_host}
R< $* > $*		$@ $>BadMXList $2
POPDIVERT
