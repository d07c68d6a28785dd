divert(-1)
dnl
dnl tls - who must use encryption and certificates, what is offered to whom, and
dnl which AUTH= is believed.
dnl
dnl The code of an error: temporary, unless the .mc defines TLS_PERM_ERR.
define(`_TLS_CODE_', ifdef(`TLS_PERM_ERR', `5.7.0 : 554', `4.7.0 : 454'))
divert(0)dnl

######################################################################
###  trust_auth: may AUTH= be believed
######################################################################

SLocal_trust_auth
Strust_auth
R$*			$: $&{auth_type} $| $1
R$@ $| $*		$#error $@ 5.7.1 $: "550 not authenticated"
R$* $| $*		$: $2 $| $&{auth_authen}
R$* $| $&{auth_authen}	$: $1 $| $1
R$* $| $*		$: $1
R$*			$: $1 $| $>"Local_trust_auth" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
R$&{auth_authen}	$@ identical
R< $&{auth_authen} >	$@ identical
R$*			$#error $@ 5.7.1 $: "550 " $&{auth_authen} " not allowed to act as " $&{auth_author}

# Local_Relay_Auth: rules of the site, asked with the mechanism
SLocal_Relay_Auth

######################################################################
###  What is offered to a client, and used with a server
######################################################################

Ssrv_features
ifdef(`_LOCAL_SRV_FEATURES_', `R$*			$: $1 $| $>"Local_srv_features" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $>D < $&{client_name} > < ? > < ! Srv_Features > < >
R< ? > < $* >		$: $>A < $&{client_addr} > < ? > < ! Srv_Features > < >
R< ? > < $* >		$: $>E < > < ? > < ! Srv_Features > < >
R< ? > < $* >		$@ OK
R< $* <TMPF> > < $* >	$# temp
R< $+ > < $* >		$# $1
')dnl

Sclt_features
ifdef(`_LOCAL_CLT_FEATURES_', `R$*			$: $1 $| $>"Local_clt_features" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $>D < $&{server_name} > < ? > < ! Clt_Features > < >
R< ? > < $* >		$: $>A < $&{server_addr} > < ? > < ! Clt_Features > < >
R< ? > < $* >		$: $>E < > < ? > < ! Clt_Features > < >
R< ? > < $* >		$@ OK
R< $* <TMPF> > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< $+ > < $* >		$# $1
')dnl

Stry_tls
ifdef(`_LOCAL_TRY_TLS_', `R$*			$: $1 $| $>"Local_try_tls" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $>D < $&{server_name} > < ? > < ! Try_TLS > < >
R< ? > < $* >		$: $>A < $&{server_addr} > < ? > < ! Try_TLS > < >
R< ? > < $* >		$: $>E < > < ? > < ! Try_TLS > < >
R< ? > < $* >		$@ OK
R< $* <TMPF> > < $* >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R< NO > < $* >		$#error $@ 5.7.1 $: "550 do not try TLS with " $&{server_name} " [" $&{server_addr} "]"
')dnl

######################################################################
###  Who must use encryption
######################################################################

Stls_rcpt
ifdef(`_LOCAL_TLS_RCPT_', `R$*			$: $1 $| $>"Local_tls_rcpt" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_STS_', `R$*			$: $1 $| $>STS $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $(macro {TLS_Name} $@ $&{server_name} $) $1
R$+			$: < > $>CanonAddr $1
R< > $+ < @ $+ . >	$: < > $1 < @ $2 >
R< > $+ < @ $+ >	$: $>SearchList < ! TLS_Rcpt > $| < F : $1 @ $2 > < U : $1 @ > < D : $2 > < E : > < >
R< > $+			$: $>SearchList < ! TLS_Rcpt > $| < U : $1 @ > < E : > < >
R< ? >			$@ OK
R< $+ >			$: $>TLS_connection $&{verify} $| < $1 >
')dnl

Stls_client
ifdef(`_LOCAL_TLS_CLIENT_', `R$*			$: $1 $| $>"Local_tls_client" $1
R$* $| $* $| $#$*	$#$3
R$* $| $* $| $*		$: $1 $| $2
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $(macro {TLS_Name} $@ $&{client_name} $) $1
R$* $| $*		$: $1 $| $>D < $&{client_name} > < ? > < ! TLS_Clt > < >
R$* $| < ? > < $* >	$: $1 $| $>A < $&{client_addr} > < ? > < ! TLS_Clt > < >
R$* $| < ? > < $* >	$: $1 $| $>E < > < ? > < ! TLS_Clt > < >
R$* $| < $* > < $* >	$@ $>TLS_connection $1 $| < $2 >
', `R$* $| $*		$@ $>TLS_connection $1 $| < ? >
')dnl

Stls_server
ifdef(`_LOCAL_TLS_SERVER_', `R$*			$: $1 $| $>"Local_tls_server" $1
R$* $| $#$*		$#$2
R$* $| $*		$: $1
')dnl
ifdef(`_ACCESS_TABLE_', `R$*			$: $(macro {TLS_Name} $@ $&{server_name} $) $1
R$*			$: $1 $| $>D < $&{server_name} > < ? > < ! TLS_Srv > < >
R$* $| < ? > < $* >	$: $1 $| $>A < $&{server_addr} > < ? > < ! TLS_Srv > < >
R$* $| < ? > < $* >	$: $1 $| $>E < > < ? > < ! TLS_Srv > < >
R$* $| < $* > < $* >	$@ $>TLS_connection $1 $| < $2 >
', `R$*			$@ $>TLS_connection $1 $| < ? >
')dnl

#
# TLS_connection:  verify $| < requirement >
# First the code of an error, then failures of the handshake, then what is asked.
#
STLS_connection
ifdef(`_ACCESS_TABLE_', `dnl
R$* $| < $* <TMPF> >	$#error $@ 4.3.0 $: "_TEMPFAIL_TEXT_"
R$* $| < PERM + $+ >	$: $1 $| 5.7.0 : 503 $| $2
R$* $| < TEMP + $+ >	$: $1 $| 4.7.0 : 403 $| $2
')dnl
R$* $| < $* >		$: $1 $| _TLS_CODE_ $| $2
RSOFTWARE $| $-.$-.$- : $- $| $*	$#error $@ $1.$2.$3 $: $4 " TLS handshake failed."
RPROTOCOL $| $-.$-.$- : $- $| $*	$#error $@ $1.$2.$3 $: $4 " STARTTLS failed."
RCONFIG $| $-.$-.$- : $- $| $*	$#error $@ $1.$2.$3 $: $4 " STARTTLS temporarily not possible."
RDANE_FAIL $| $-.$-.$- : $- $| $*	$#error $@ $1.$2.$3 $: $4 " DANE check failed."
ifdef(`_ACCESS_TABLE_', `dnl
R$={TlsVerified} $| $* $| VERIFY $*	$: $1 $| $2 $| ENCR $3
RNO $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " not authenticated"
RNOT $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " no authentication requested"
RNONE $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " other side does not support STARTTLS"
RFAIL $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " authentication failed"
RCLEAR $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " STARTTLS disabled locally"
R$| $-.$-.$- : $- $| VERIFY $*	$#error $@ $1.$2.$3 $: $4 " authentication required"
R$* $| $-.$-.$- : $- $| VERIFY $* + $+	$#error $@ $2.$3.$4 $: $5 " authentication failure " $7
R$* $| $-.$-.$- : $- $| VERIFY $*	$#error $@ $2.$3.$4 $: $5 " authentication failure "
R$* $| $* $| ENCR : $- $*	$: $2 $| $3 $| $4 $| $>KeyBits $&{cipher_bits} : $&{auth_ssf}
R$* $| $* $| ENCR $*	$: $2 $| 0 $| $3 $| 0
R$* $| $- $| $* $| $-	$: $1 $| $2 $| $3 $| $4 $| $(arith l $@ $4 $@ $2 $)
R$-.$-.$- : $- $| $- $| $* $| $- $| TRUE	$#error $@ $1.$2.$3 $: $4 " encryption too weak " $7 " less than " $5
R$* $| $- $| + $+ $| $- $| $*	$@ $>TLS_req $1 $| $3
')dnl
R$*			$@ OK
ifdef(`_ACCESS_TABLE_', `
# KeyBits: the larger of two numbers, each of which may be missing
SKeyBits
R$* : $*		$: 0 $1 : 0 $2
R0 $- : $*		$: $1 : $2
R$- : 0 $-		$: $1 : $2
R$- : $-		$: $1 : $2 $| $(arith l $@ $1 $@ $2 $)
R$- : $- $| TRUE	$@ $2
R$- : $- $| $*		$@ $1

# TLS_req:  code $| demand ++ demand ...  about the certificate of the other side
STLS_req
R$* $| $+ ++ $+		$: $1 $| $3 $| $>TLS_req $1 $| $2
R$* $| $+ $| $#$*	$#$3
R$* $| $+ $| OK		$@ $>TLS_req $1 $| $2
ifdef(`_CERT_ALTNAMES_', `R$* $| CN : $+		$: $1 $| CN
')dnl
R$* $| CN		$: $1 $| CN : $&{TLS_Name}
R$* $| CN : $&{cn_subject}	$@ OK
ifdef(`_CERT_ALTNAMES_', `R$* $| CN : $={cert_altnames}	$@ OK
')dnl
R$* $| CS : $&{cert_subject}	$@ OK
R$* $| CI : $&{cert_issuer}	$@ OK
R$* $| CITag : $+	$: $1 $| CITag : $(access $2 : $&{cert_issuer} $: ? $)
R$* $| CITag : OK	$@ OK
R$-.$-.$- : $- $| CN : $*	$#error $@ $1.$2.$3 $: $4 " CN " $&{cn_subject} " does not match " $5
R$-.$-.$- : $- $| CS : $*	$#error $@ $1.$2.$3 $: $4 " Cert Subject " $&{cert_subject} " does not match " $5
R$-.$-.$- : $- $| CI : $*	$#error $@ $1.$2.$3 $: $4 " Cert Issuer " $&{cert_issuer} " does not match " $5
R$-.$-.$- : $- $| CITag : $*	$#error $@ $1.$2.$3 $: $4 " Cert Issuer " $&{cert_issuer} " not acceptable"
R$*			$@ OK
')dnl

######################################################################
###  RelayTLS: may the owner of this certificate relay
######################################################################

SRelayTLS
ifdef(`_ACCESS_TABLE_', `R$*			$: < ? > $&{verify}
R< ? > OK		$: OK < $&{cert_issuer} >
R OK < $+ >		$: OK < $(access CERTISSUER : $1 $: ? $) >
ROK < RELAY >		$# RELAY
ROK < SUBJECT >		$: OK < $(access CERTSUBJECT : $&{cert_subject} $: ? $) >
ROK < RELAY >		$# RELAY
')dnl
R$*			$@ NO

######################################################################
###  authinfo: our account at a server
######################################################################

dnl without a table it is left to rules of the site, which follow
Sauthinfo
ifdef(`_AUTHINFO_TABLE_', `R$*			$: < $(authinfo AuthInfo : $&{server_name} $: ? $) >
R< ? >			$: < $(authinfo AuthInfo : $&{server_addr} $: ? $) >
R< ? >			$: < $(authinfo AuthInfo: $: ? $) >
R< ? >			$@ no
R< $* >			$# $1
', `ifdef(`_ACCESS_TABLE_', `R$*			$: $>D < $&{server_name} > < ? > < ! AuthInfo > < >
R< ? > < $* >		$: $>A < $&{server_addr} > < ? > < ! AuthInfo > < >
R< ? > < $* >		$: $>E < > < ? > < ! AuthInfo > < >
R< ? > < $* >		$@ no
R< $+ > < $* >		$# $1
')')dnl
ifdef(`_GREET_PAUSE_', `
######################################################################
###  greet_pause: how long a client waits for the greeting
######################################################################

SLocal_greet_pause
Sgreet_pause
R$*			$: $1 $| $>"Local_greet_pause" $1
R$* $| $* $| $#$*	$#$3
R$* $| $* $| $*		$: $1 $| $2
ifdef(`_ACCESS_TABLE_', `R$+ $| $+		$: $>D < $1 > < ? > < ! GreetPause > < $2 >
R $| $+			$: $>A < $1 > < ? > < ! GreetPause > < >
R< ? > < $+ >		$: $>A < $1 > < ? > < ! GreetPause > < >
R< ? > < $* >		ifelse(_GREET_PAUSE_TIME_, `', `$@', `$# _GREET_PAUSE_TIME_')
R< $* <TMPF> > < $* >	$@
R< $+ > < $* >		$# $1
', `R$*			$# _GREET_PAUSE_TIME_
')')dnl
ifdef(`_COMPAT_CHECK_', `
######################################################################
###  check_compat: pairs of sender and recipient          sender $| recipient
######################################################################

Scheck_compat
R< $* > $| $*		$: $1 $| $2
R$* $| < $* >		$: $1 $| $2
R$* $| $*		$: < $(access Compat : $1 <@> $2 $: ? $) >
R< DISCARD >		$#discard $: " - discarded by check_compat"
R< ERROR : $+ >		$#error $@ UNAVAILABLE $: $1 " error from check_compat"
R< TEMP : $+ >		$#error $@ TEMPFAIL $: $1 " error from check_compat. Try again later"
R$*			$@ OK
')dnl
ifdef(`_RATE_CONTROL_', `
######################################################################
###  RateControl, ConnControl: how often and how many connections
######################################################################

SRateControl
R$*			$: $>SearchList < ! ClientRate > $| < A : $&{client_addr} > < E : > < >
R< $* <TMPF> >		$@ OK
R< 0 >			$@ OK
R< ? >			$@ OK
R< $+ >			$: $(arith l $@ $1 $@ $&{client_rate} $)
RTRUE			$#error $@ 4.3.2 $: _RATE_CODE_ Connection rate limit exceeded.
R$*			$@ OK
')dnl
ifdef(`_CONN_CONTROL_', `
SConnControl
R$*			$: $>SearchList < ! ClientConn > $| < A : $&{client_addr} > < E : > < >
R< $* <TMPF> >		$@ OK
R< 0 >			$@ OK
R< ? >			$@ OK
R< $+ >			$: $(arith l $@ $1 $@ $&{client_connections} $)
RTRUE			$#error $@ 4.3.2 $: _CONN_CODE_ Too many open connections.
R$*			$@ OK
')dnl
ifdef(`_RATE_NODELAY_', `define(`_NODELAY_', `1')')ifdef(`_CONN_NODELAY_', `define(`_NODELAY_', `1')')dnl
ifdef(`_NODELAY_', `
# in spite of delay_checks, this is checked at once
Scheck_relay
ifdef(`_RATE_NODELAY_', `R$*			$: $1 $| $>RateControl x
R$* $| $* $| $#$*	$#$3
R$* $| $* $| $*		$: $1 $| $2
')dnl
ifdef(`_CONN_NODELAY_', `R$*			$: $1 $| $>ConnControl x
R$* $| $* $| $#$*	$#$3
')dnl
R$*			$@ OK
')dnl
