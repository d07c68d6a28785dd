divert(-1)
dnl
dnl xclient - proxies that may say who the client behind them is, with XCLIENT as Postfix has it:
dnl XClient: entries of the access map with OK, for an address, a network or a name.  Other
dnl sendmails do not ask the ruleset.
dnl
_NEEDS_(`FEATURE(xclient)', `FEATURE(access_db)', `_ACCESS_TABLE_')
PUSHDIVERT(9)dnl

# xclient: $# ok for those who are trusted            host $| address
Sxclient
R$*			$: $>SearchList < ! XClient > $| < A : $&{client_addr} > < D : $&{client_name} > < >
R< OK >			$# ok
R$*			$@ no
POPDIVERT
