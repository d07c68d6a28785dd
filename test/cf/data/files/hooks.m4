divert(6)dnl
Dwmail
Dmexample.org
Cwmail.example.org example.org
Cmexample.org
CLluser
divert(9)dnl
# ways into rulesets that want two arguments
STrelay
R$* ~ $*	$@ $>check_relay $1 $| $2
STclient
R$* ~ $*	$@ $>tls_client $1 $| $2
STcompat
R$* ~ $*	$@ $>check_compat $1 $| $2
STgreet
R$* ~ $*	$@ $>greet_pause $1 $| $2
STsrv
R$* ~ $*	$@ $>srv_features $1 $| $2
STclt
R$* ~ $*	$@ $>clt_features $1 $| $2
STauth
R$*		$@ $>Local_Relay_Auth $1
divert(0)dnl
