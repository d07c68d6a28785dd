divert(-1)
dnl
dnl vnet - hosts of IBM VNET, which have several domains, are reached through VNET_RELAY.
dnl
PUSHDIVERT(6)dnl
# domains of VNET
CA vnet vnet.ibm.com ipnet rscs
POPDIVERT
PUSHDIVERT(2)dnl
R$* < @ $- . $=A > $*	$: $1 < @ $2 . vnet . > $4
POPDIVERT
PUSHDIVERT(3)dnl
# hosts of VNET, and VNET itself
R$* < @ $- . vnet . > $*	$`'#confRELAY_MAILER $`'@ ifdef(`VNET_RELAY', `VNET_RELAY') $: $1 < @ $2 . VNET . > $3
R$* < @ $* vnet.ibm.com > $*	$`'#confRELAY_MAILER $`'@ $2 vnet.ibm.com $: $1 < @ $2 vnet.ibm.com > $3
POPDIVERT
