divert(-1)
dnl
dnl remember - checks that ask what is remembered of clients and accounts: Angarium only.
dnl
dnl _GREY_SEARCH_(what): the value of Greylist: for an address, unless there is one
define(`_GREY_SEARCH_', `R< ? > $`'* $| < ? >	$: < ? > $`'1 $| $>$1
')
dnl _ACCOUNT_CHECK_(map, tag, default, what, how many): keeps the workspace  count $| account
define(`_ACCOUNT_CHECK_', `ifdef(`_ACCESS_TABLE_', `R$`'+ $| $`'+		$: $`'1 $| $`'2 $| $>SearchList < ! $2 > $| < F : $`'2 > < E : > < >
R$`'+ $| $`'+ $| < $`'* <TMPF> >	$: $`'1 $| $`'2 $| < 0 >
R$`'+ $| $`'+ $| < ? >	$: $`'1 $| $`'2 $| < $3 >
', `R$`'+ $| $`'+		$: $`'1 $| $`'2 $| < $3 >
')dnl
R$`'+ $| $`'+ $| < 0 >	$: $`'1 $| $`'2
R$`'+ $| $`'+ $| < $`'- >	$: $`'1 $| $`'2 $| $`'3 $| $($1 $`'2 $`'@ $`'3 $`'@ $5 $: OK $)
R$`'+ $| $`'+ $| $`'- $| OK	$: $`'1 $| $`'2
R$`'+ $| $`'+ $| $`'- $| $`'-	$`'#error $`'@ 4.7.1 $: "452 Too many $4 from " $`'2 ", the limit is " $`'3 " in _ACCOUNT_WINDOW_, please try again in " $`'4 " seconds"
')
divert(0)dnl
ifdef(`_GREYLIST_', `
######################################################################
###  check_rcpt with greylist: what may come in, if not for the first time
######################################################################

Scheck_rcpt
R$*			$: $1 $| $>"known_rcpt" $1
R$* $| $#$*		$#$2				refused, or trusted
R$* $| $*		$: $2 $| $>"Greylist" $1
R$* $| $#$*		$#$2
R$* $| $*		$@ $1

# Greylist: is this client, sender and recipient known
SLocal_greylist
SGreylist
R$*			$: $1 $| $>"Local_greylist" $1
R$* $| $#$*		$#$2
R$* $| OK		$@ OK
R$* $| $*		$: $&{auth_type} $| $1
R$+ $| $*		$@ OK				who has authenticated
R$| $*			$: $1 $| $>Relay_ok x
R$* $| RELAY		$@ OK				a client of ours
R$* $| $*		$: < ? > $1 $| < ? >
ifdef(`_ACCESS_TABLE_', `_GREY_SEARCH_(`SearchList < ! Greylist > $| < A : $&{client_addr} > < D : $&{client_name} > < >')dnl
_GREY_SEARCH_(`GreyAddress $1')dnl
_GREY_SEARCH_(`GreyAddress $&f')dnl
')dnl
R< ? > $* $| < $* >	$: < $2 > $1
R< $* <TMPF> > $*	$@ OK
ifdef(`_GREY_OPTIN_', `R< ? > $*		$@ OK
', `R< ? > $*		$: < YES > $1
')dnl
R< NO > $*		$@ OK
R< $={Accept} > $*	$@ OK
R< YES > $*		$: $(greylist $&{client_addr} $@ $&f $@ $1 $: OK $)
R< $- > $*		$: $(greylist $&{client_addr} $@ $&f $@ $2 $@ $1 $: OK $)
ROK			$@ OK
R$-			$#error $@ 4.7.1 $: "confGREYLIST_MSG " $1 " seconds"
R$*			$@ OK
ifdef(`_ACCESS_TABLE_', `
# GreyAddress: what the access map says with the tag Greylist
SGreyAddress
R$*			$: $>CanonAddr $1
R$+ < @ $+ . >		$: $1 < @ $2 >
R$+ < @ $+ >		$@ $>SearchList < ! Greylist > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < >
R$+			$@ $>SearchList < ! Greylist > $| < U : $1 @ > < >
R$*			$@ < ? >
')')dnl
ifdef(`_ACCOUNT_LIMITS_', `
######################################################################
###  check_data with account_limits              number of recipients
######################################################################

Scheck_data
R$*			$: $1 $| $&{auth_authen}
_ACCOUNT_CHECK_(`accountmessages', `AuthMessages', `_ACCOUNT_MESSAGES_', `messages', `1')dnl
_ACCOUNT_CHECK_(`accountrcpts', `AuthRcpts', `_ACCOUNT_RCPTS_', `recipients', `$`'1')dnl
R$* $| $*		$: $1
')dnl
