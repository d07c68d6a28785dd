divert(-1)
dnl
dnl vnet - addresses of the form user at node on IBM VNET.
dnl
ifdef(`VNET_RELAY',, `_FAULT_(`FEATURE(vnet) needs VNET_RELAY to be defined before it')')
define(`_PSEUDO_DOMAINS_', ifdef(`_PSEUDO_DOMAINS_', `defn(`_PSEUDO_DOMAINS_')')`CPVNET
')
PUSHDIVERT(4)dnl
R$* < @ $+ . VNET . > $*	$@ $>MailerToTriple < VNET_RELAY > $1 < @ $2 . VNET . > $3
POPDIVERT
